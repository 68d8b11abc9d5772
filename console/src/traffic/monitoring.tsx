// The curves of a listener, a server or an endpoint, alone or all of them together.
import { Select, Spin } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import type { Params } from "../api/call.ts";
import { useWords } from "../i18n/index.tsx";
import { Problem } from "../kit/problem.tsx";
import { curves, type Reading, type Subject } from "./readings.ts";
import { useReadings } from "./sampling.ts";

/** Loaded with the first curves. */
const Plot = lazy(() => import("./plot.tsx"));

const CHARTS = ["connections", "bytes", "packets", "health"] as const;

export interface Monitored {
  scope: Params;
  /** Of whom curves can be drawn; the first is drawn until another is chosen. */
  subjects: (readings: readonly Reading[]) => [Subject, ...Subject[]];
}

/** All servers of a group that have carried something or are probed. */
export function serversOf(readings: readonly Reading[], group: string): string[] {
  const last = readings.at(-1);
  if (last === undefined) return [];
  const known = new Set([...last.health.keys(), ...last.totals.keys()]);
  return [...known].filter((key) => key.startsWith(`${group} `)).sort();
}

export function Monitoring({ of: { scope, subjects } }: { of: Monitored }) {
  const t = useWords();
  const { readings, error } = useReadings(scope);
  const [chosen, choose] = useState<string>();
  const all = subjects(readings);
  const subject = all.find(({ value }) => value === chosen) ?? all[0];
  const wanted = JSON.stringify(subject);
  const drawn = useMemo(() => curves(readings, JSON.parse(wanted) as Subject), [readings, wanted]);
  const times = useMemo(() => readings.map(({ time }) => time), [readings]);
  return (
    <section>
      <div className="bar">
        <h3>{t("monitoring")}</h3>
        {all.length > 1 && <Select aria-label={t("monitored")} value={subject.value} onChange={choose} options={all} showSearch={{ optionFilterProp: "label" }} className="monitored" />}
      </div>
      <p>{t("monitoringHint")}</p>
      <Problem error={error} />
      <Suspense fallback={<Spin />}>
        <div className="plots">
          {CHARTS.filter((chart) => drawn[chart].length > 0).map((chart) => (
            <Plot key={chart} title={t(chart)} times={times} curves={drawn[chart]} />
          ))}
        </div>
      </Suspense>
    </section>
  );
}
