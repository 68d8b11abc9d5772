// How the servers of a group are, and the last probes that say so: one question for all rows of the table.
import { createContext, use, type ReactNode } from "react";
import { at, beside, list, text, type Answer } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { useLanguage, useWords } from "../../i18n/index.tsx";
import { Status } from "../../kit/status.tsx";
import { Unwell } from "./unwell.tsx";

/** Time after which there are other probes, milliseconds: nobody tells of those that say what the last one has said. */
const PERIOD = 3000;

const ProbesContext = createContext<Answer | undefined>(undefined);

export function Probed({ group, servers, children }: { group: string; servers: Answer[]; children: ReactNode }) {
  const ids = servers.map((row) => text(row, "ServerId"));
  const { answer } = useAnswer(ids.length === 0 ? undefined : beside("probes", { ServerGroupId: group, ServerIds: ids }), PERIOD);
  return <ProbesContext value={answer}>{children}</ProbesContext>;
}

/** Of a duration in microseconds, as it is read. */
const milliseconds = (micros: string) => `${(Number(micros) / 1000).toPrecision(2)} ms`;

/** Least and greatest height of a probe's bar, pixels. */
const [LOW, HIGH] = [4, 18];

/** A bar for each probe, the newest on the right: as high as it took long, compared with the others. */
function Strip({ probes }: { probes: Answer[] }) {
  const t = useWords();
  const { language } = useLanguage();
  const longest = Math.max(1, ...probes.map((probe) => Number(text(probe, "LatencyMicros"))));
  const passed = probes.filter((probe) => text(probe, "ReasonCode") === "").length;
  const told = (probe: Answer) => {
    const time = new Date(Number(text(probe, "Time")) * 1000).toLocaleTimeString(language);
    return `${time} · ${milliseconds(text(probe, "LatencyMicros"))} ${text(probe, "ReasonCode")}`.trim();
  };
  const last = probes.at(-1);
  return (
    <div>
      <div className="probes" role="img" aria-label={`${passed} / ${probes.length} ${t("probesPassed")}`}>
        {probes.map((probe, index) => (
          <i
            key={index}
            className={text(probe, "ReasonCode") === "" ? "passed" : "failed"}
            title={told(probe)}
            style={{ height: LOW + (HIGH - LOW) * (Number(text(probe, "LatencyMicros")) / longest) }}
          />
        ))}
      </div>
      {last && (
        <div className="mono">
          {t("lastProbe")} {told(last)}
        </div>
      )}
    </div>
  );
}

/** How a server is, why, and what its last probes said. */
export function Health({ row }: { row: Answer }) {
  const t = useWords();
  const answer = use(ProbesContext);
  if (answer === undefined) return null;
  if (at(answer, "Checked") === false) return <span>{t("notChecked")}</span>;
  const found = list(answer, "Servers").find((one) => ["ServerId", "ServerIp", "Port"].every((name) => text(one, name) === text(row, name)));
  if (found === undefined) return null;
  const probes = list(found, "Probes");
  const status = text(found, "Status") || "Initial";
  return (
    <>
      {status === "Healthy" ? <Status status={status} /> : <Unwell server={{ Status: status, Reason: { ReasonCode: text(probes.at(-1), "ReasonCode") } }} />}
      {probes.length > 0 && <Strip probes={probes} />}
    </>
  );
}
