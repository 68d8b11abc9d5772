// The page of one resource: what it is, and tabs of what belongs to it.
import { Descriptions, Spin, Tabs } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Answer, Call } from "../api/call.ts";
import { useAnswer } from "../api/live.tsx";
import { useWords, type Word } from "../i18n/index.tsx";
import { Problem } from "./problem.tsx";

export interface Tab {
  label: Word;
  show: (found: Answer) => ReactNode;
}

export interface DetailSpec {
  /** The list that it stands in. */
  parent: { label: Word; path: string };
  id: string;
  call: Call;
  /** The resource in the answer; nothing when it is gone. */
  find: (answer: Answer) => Answer | undefined;
  facts: (found: Answer) => [Word, ReactNode][];
  /** What comes next, when something is still missing. */
  advice?: (found: Answer) => ReactNode;
  tabs?: Tab[];
}

export function Detail({ spec }: { spec: DetailSpec }) {
  const t = useWords();
  const { answer, error } = useAnswer(spec.call);
  if (answer === undefined) return error ? <Problem error={error} /> : <Spin />;
  const found = spec.find(answer);
  const items = found
    ? spec.facts(found).map(([label, fact]) => ({ key: label, label: t(label), children: fact === "" ? "–" : fact }))
    : [];
  return (
    <section>
      <p className="trail">
        <Link to={spec.parent.path}>{t(spec.parent.label)}</Link> / {spec.id}
      </p>
      <h2>{spec.id}</h2>
      {found === undefined ? (
        <p>{t("gone")}</p>
      ) : (
        <>
          {spec.advice?.(found)}
          <Descriptions column={2} size="small" bordered items={items} />
          {spec.tabs && (
            <Tabs items={spec.tabs.map(({ label, show }) => ({ key: label, label: t(label), children: show(found) }))} />
          )}
        </>
      )}
    </section>
  );
}
