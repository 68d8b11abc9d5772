// The listeners of an NLB: the wizard, and how healthy what is behind each of them is.
import { Link } from "react-router";
import { list, text, type Answer } from "../../api/call.ts";
import { useAnswer } from "../../api/live.tsx";
import { useWords } from "../../i18n/index.tsx";
import { str, strs, type Entries, type FormSpec } from "../../kit/form.ts";
import { Sentence } from "../../kit/ids.tsx";
import type { ListSpec } from "../../kit/list.tsx";
import { certificates, securityPolicies, serverGroups } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";
import { Unwell } from "./unwell.tsx";

const isTls = (entries: Entries) => entries["ListenerProtocol"] === "TCPSSL";
const isRange = (entries: Entries) => entries["byRange"] === true;

const create = (balancer: string, vpc: string): FormSpec => ({
  title: "createListener",
  steps: [
    {
      title: "configureListener",
      fields: [
        {
          name: "ListenerProtocol",
          label: "listenerProtocol",
          kind: "select",
          initial: "TCP",
          resets: ["ServerGroupId"],
          options: ["TCP", "UDP", "TCPSSL"].map((value) => ({ value, label: { text: value } })),
        },
        { name: "byRange", label: "listenByRange", kind: "switch", resets: ["ServerGroupId"] },
        { name: "ListenerPort", label: "listenerPort", kind: "number", least: 1, most: 65535, required: true, when: (e) => !isRange(e) },
        { name: "StartPort", label: "startPort", kind: "number", least: 1, most: 65535, required: true, when: isRange },
        { name: "EndPort", label: "endPort", kind: "number", least: 1, most: 65535, required: true, when: isRange, check: (e) => (Number(e["EndPort"]) <= Number(e["StartPort"]) ? "endAfterStart" : undefined) },
        { name: "ListenerDescription", label: "listenerName", kind: "text" },
        { name: "CertificateIds", label: "certificates", kind: "offeredSeveral", required: true, offer: certificates, when: isTls },
        { name: "SecurityPolicyId", label: "securityPolicy", kind: "offered", hint: "policyHint", offer: securityPolicies, when: isTls },
        { name: "ProxyProtocolEnabled", label: "proxyProtocol", kind: "switch" },
        { name: "IdleTimeout", label: "idleTimeout", kind: "number", least: 1, most: 900 },
      ],
    },
    {
      title: "selectServerGroup",
      fields: [
        {
          name: "ServerGroupId",
          label: "serverGroup",
          kind: "offered",
          required: true,
          hint: "serverGroupsOfVpc",
          offer: (entries) => serverGroups(vpc, { protocol: entries["ListenerProtocol"], byRange: isRange(entries) }),
        },
      ],
    },
  ],
  call: (entries) => ({
    product: "Nlb",
    action: "CreateListener",
    params: {
      LoadBalancerId: balancer,
      ListenerProtocol: str(entries["ListenerProtocol"]),
      ListenerPort: isRange(entries) ? 0 : (entries["ListenerPort"]),
      StartPort: isRange(entries) ? (entries["StartPort"]) : undefined,
      EndPort: isRange(entries) ? (entries["EndPort"]) : undefined,
      ServerGroupId: str(entries["ServerGroupId"]),
      ListenerDescription: str(entries["ListenerDescription"]),
      CertificateIds: isTls(entries) ? strs(entries["CertificateIds"]) : undefined,
      SecurityPolicyId: isTls(entries) ? str(entries["SecurityPolicyId"]) : undefined,
      ProxyProtocolEnabled: entries["ProxyProtocolEnabled"] === true ? true : undefined,
      IdleTimeout: entries["IdleTimeout"] as number | undefined,
    },
  }),
});

/** Healthy, or which server is not and why. */
export function Health({ listener }: { listener: string }) {
  const t = useWords();
  const { answer } = useAnswer({ product: "Nlb", action: "GetListenerHealthStatus", params: { ListenerId: listener } });
  if (answer === undefined) return null;
  const groups = list(list(answer, "ListenerHealthStatus")[0], "ServerGroupInfos");
  if (groups.every((group) => text(group, "HeathCheckEnabled") === "false")) return <span>{t("notChecked")}</span>;
  const sick = groups.flatMap((group) => list(group, "NonNormalServers"));
  if (sick.length === 0) return <Status status="Healthy" />;
  return (
    <div>
      {sick.map((server) => (
        <div key={text(server, "ServerId") + text(server, "Port")}>
          {text(server, "ServerIp") || text(server, "ServerId")}:{text(server, "Port")} <Unwell server={server} />
        </div>
      ))}
    </div>
  );
}

export const ports = (row: Answer) =>
  text(row, "ListenerPort") === "0" ? `${text(row, "StartPort")}–${text(row, "EndPort")}` : text(row, "ListenerPort");

const turn = (action: "StartListener" | "StopListener" | "DeleteListener") => (row: Answer) => ({
  product: "Nlb" as const,
  action,
  params: { ListenerId: text(row, "ListenerId") },
});

export const listeners = (balancer: string, vpc: string): ListSpec => ({
  title: "listener",
  call: { product: "Nlb", action: "ListListeners", params: { LoadBalancerIds: [balancer] } },
  paging: "token",
  rows: (answer) => list(answer, "Listeners"),
  id: (row) => text(row, "ListenerId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/nlb/instances/${balancer}/listeners/${text(row, "ListenerId")}`}>{text(row, "ListenerId")}</Link> },
    { title: "name", show: (row) => text(row, "ListenerDescription") },
    { title: "protocol", show: (row) => text(row, "ListenerProtocol") },
    { title: "port", show: ports },
    { title: "serverGroup", show: (row) => <Sentence text={text(row, "ServerGroupId")} /> },
    { title: "healthCheckStatus", show: (row) => <Health listener={text(row, "ListenerId")} /> },
    { title: "status", show: (row) => <Status status={text(row, "ListenerStatus")} /> },
  ],
  empty: "noListeners",
  create: [create(balancer, vpc)],
  actions: [
    { label: "stop", confirm: "stopListener", call: turn("StopListener"), when: (row) => text(row, "ListenerStatus") === "Running" },
    { label: "start", confirm: "startListener", call: turn("StartListener"), when: (row) => text(row, "ListenerStatus") === "Stopped" },
    { label: "remove", confirm: "removeThis", call: turn("DeleteListener") },
  ],
});
