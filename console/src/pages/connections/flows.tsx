// The flow log of the account, alive: what becomes of its connections, and why.
import { Alert, Empty, Input, Select, Space, Table, Tag } from "antd";
import { useEffect, useState } from "react";
import { text, type Answer } from "../../api/call.ts";
import { useSession } from "../../api/session.tsx";
import { follow } from "../../api/stream.ts";
import { useLanguage, useWords } from "../../i18n/index.tsx";
import { because } from "../../i18n/reasons.ts";
import { status } from "../../i18n/statuses.ts";
import { Sentence } from "../../kit/ids.tsx";
import { EMPTY, ends, EVENTS, fits, grown, type Flow, type Log } from "./record.ts";

/** Time in which records are gathered before they are shown, milliseconds: a table that is drawn for each cannot be read. */
const GATHER = 300;

function useFlows(): Log {
  const { key } = useSession();
  const [log, setLog] = useState(EMPTY);
  useEffect(() => {
    let waiting: string[] = [];
    // A stream that begins anew tells what is kept once more.
    let anew = true;
    const stop = follow(key, "/console/flows", {
      begun: () => {
        waiting = [];
        anew = true;
      },
      told: (events) => {
        waiting.push(...events);
      },
      broken: () => undefined,
    });
    const clock = setInterval(() => {
      if (waiting.length === 0) return;
      const [events, fresh] = [waiting, anew];
      waiting = [];
      anew = false;
      setLog((log) => grown(fresh ? { ...EMPTY, missed: log.missed } : log, events));
    }, GATHER);
    return () => {
      clearInterval(clock);
      stop();
    };
  }, [key]);
  return log;
}

const COLOURS: Record<string, string> = { new: "green", denied: "red", reset: "orange" };

function Way({ record, side }: { record: Answer; side: "asked" | "served" }) {
  return <span className="mono">{ends(record, side)}</span>;
}

function Through({ record }: { record: Answer }) {
  return (
    <div className="mono id">
      <Sentence text={[text(record, "endpoint"), text(record, "listener")].join(" ")} />
    </div>
  );
}

export default function Flows() {
  const t = useWords();
  const { language } = useLanguage();
  const { flows, missed } = useFlows();
  const [event, setEvent] = useState<string>();
  const [wanted, setWanted] = useState("");
  const shown = flows.filter((flow) => fits(flow, event, wanted));
  const columns = [
    { key: "time", title: t("time"), render: ({ record }: Flow) => new Date(Number(text(record, "time_ms"))).toLocaleTimeString(language) },
    { key: "event", title: t("event"), render: ({ record }: Flow) => <Tag color={COLOURS[text(record, "event")] ?? "default"}>{status(language, text(record, "event"))}</Tag> },
    { key: "protocol", title: t("protocol"), render: ({ record }: Flow) => text(record, "protocol").toUpperCase() },
    { key: "asked", title: t("asAsked"), render: ({ record }: Flow) => <Way record={record} side="asked" /> },
    { key: "served", title: t("asServed"), render: ({ record }: Flow) => <Way record={record} side="served" /> },
    { key: "through", title: t("through"), render: ({ record }: Flow) => <Through record={record} /> },
    { key: "bytes", title: t("sentReceived"), render: ({ record }: Flow) => `${text(record, "sent.bytes")} / ${text(record, "received.bytes")}` },
    { key: "why", title: t("why"), render: ({ record }: Flow) => <div className="unwell">{because(language, text(record, "reason"))}</div> },
  ];
  return (
    <section>
      <div className="bar">
        <h2>{t("flows")}</h2>
        <Space>
          <Select aria-label={t("event")} placeholder={t("event")} allowClear value={event} onChange={setEvent} options={EVENTS.map((value) => ({ value, label: status(language, value) }))} className="event" />
          <Input aria-label={t("filterFlows")} placeholder={t("filterFlows")} allowClear value={wanted} onChange={(change) => setWanted(change.target.value)} />
        </Space>
      </div>
      <p>{t("flowsHint")}</p>
      {missed > 0 && <Alert type="warning" showIcon title={`${missed} ${t("flowsMissed")}`} className="problem" />}
      <Table
        rowKey="number"
        columns={columns}
        dataSource={shown}
        pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
        size="small"
        locale={{ emptyText: <Empty description={t(flows.length === 0 ? "noFlows" : "noFlowsLikeThis")} /> }}
      />
    </section>
  );
}
