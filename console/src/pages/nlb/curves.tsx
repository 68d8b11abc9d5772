// The curves of a load balancer's listeners, with the servers behind them.
import { text, type Answer } from "../../api/call.ts";
import { useWords } from "../../i18n/index.tsx";
import { Monitoring, serversOf } from "../../traffic/monitoring.tsx";
import type { Reading, Subject } from "../../traffic/readings.ts";
import { ports } from "./listeners.tsx";

function subject(value: string, label: string, listeners: Answer[], readings: readonly Reading[]): Subject {
  const groups = [...new Set(listeners.map((row) => text(row, "ServerGroupId")))];
  return { value, label, carriers: listeners.map((row) => text(row, "ListenerId")), servers: groups.flatMap((group) => serversOf(readings, group)) };
}

/** The listeners together and each of them. */
export function Curves({ balancer, listeners }: { balancer: string; listeners: Answer[] }) {
  const t = useWords();
  const subjects = (readings: readonly Reading[]): [Subject, ...Subject[]] => {
    const each = listeners.map((row) => subject(text(row, "ListenerId"), `${text(row, "ListenerProtocol")} ${ports(row)}`, [row], readings));
    return [subject("", t("allListeners"), listeners, readings), ...(each.length > 1 ? each : [])];
  };
  return <Monitoring of={{ scope: { LoadBalancerId: balancer }, subjects }} />;
}
