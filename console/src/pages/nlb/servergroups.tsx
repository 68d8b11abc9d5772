import { Link } from "react-router";
import { list, text, texts } from "../../api/call.ts";
import { single, str, type Entries, type Field, type FormSpec } from "../../kit/form.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup, vpcs } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";

const plain = (values: string[]) => values.map((value) => ({ value, label: { text: value } }));
const checked = (entries: Entries) => entries["check"] === true;
const advanced = (entries: Entries) => checked(entries) && entries["advanced"] === true;
const byHttp = (entries: Entries) => advanced(entries) && entries["HealthCheckType"] === "HTTP";
const number = (name: string, label: Field["label"], least: number, most: number): Field => ({
  name,
  label,
  kind: "number",
  least,
  most,
  when: advanced,
});

const health: Field[] = [
  { name: "check", label: "configureHealthCheck", kind: "switch", initial: true },
  { name: "advanced", label: "advancedSettings", kind: "switch", when: checked },
  { name: "HealthCheckType", label: "healthCheckProtocol", kind: "select", initial: "TCP", options: plain(["TCP", "HTTP", "UDP"]), when: advanced },
  number("HealthCheckConnectPort", "healthCheckPort", 0, 65535),
  number("HealthCheckConnectTimeout", "responseTimeout", 1, 300),
  number("HealthCheckInterval", "interval", 1, 50),
  number("HealthyThreshold", "healthyThreshold", 2, 10),
  number("UnhealthyThreshold", "unhealthyThreshold", 2, 10),
  { name: "HealthCheckDomain", label: "domainName", kind: "text", when: byHttp },
  { name: "HealthCheckUrl", label: "path", kind: "text", when: byHttp },
  { name: "HttpCheckMethod", label: "method", kind: "select", options: plain(["GET", "HEAD"]), when: byHttp },
];

const SENT = ["HealthCheckConnectPort", "HealthCheckConnectTimeout", "HealthCheckInterval", "HealthyThreshold", "UnhealthyThreshold"];
const SENT_TO_HTTP = ["HealthCheckDomain", "HealthCheckUrl", "HttpCheckMethod"];

function healthConfig(entries: Entries) {
  const names = [...(advanced(entries) ? ["HealthCheckType", ...SENT] : []), ...(byHttp(entries) ? SENT_TO_HTTP : [])];
  return { HealthCheckEnabled: checked(entries), ...Object.fromEntries(names.map((name) => [name, entries[name]])) };
}

const create: FormSpec = {
  title: "createServerGroup",
  send: "create",
  terraform: "alicloud_nlb_server_group",
  steps: single("createServerGroup", [
    {
      name: "ServerGroupType",
      label: "serverGroupType",
      kind: "select",
      initial: "Instance",
      options: [
        { value: "Instance", label: "serverType" },
        { value: "Ip", label: "ipType" },
      ],
    },
    { name: "ServerGroupName", label: "serverGroupName", kind: "text", required: true },
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs },
    { name: "Protocol", label: "backendProtocol", kind: "select", initial: "TCP", options: plain(["TCP", "UDP", "TCP_UDP"]) },
    {
      name: "Scheduler",
      label: "scheduler",
      kind: "select",
      initial: "Wrr",
      options: [
        { value: "Wrr", label: "wrr" },
        { value: "Wlc", label: "wlc" },
        { value: "Rr", label: "rr" },
        { value: "Sch", label: "sch" },
        { value: "Tch", label: "tch" },
        { value: "Qch", label: "qch" },
      ],
    },
    { name: "ipv6", label: "ipv6Support", kind: "switch" },
    { name: "drain", label: "connectionDraining", kind: "switch" },
    { name: "ConnectionDrainTimeout", label: "drainTimeout", kind: "number", least: 0, most: 900, initial: 300, when: (e) => e["drain"] === true },
    { name: "PreserveClientIpEnabled", label: "clientIpPreservation", kind: "switch", initial: true },
    { name: "AnyPortEnabled", label: "allPortForwarding", kind: "switch" },
    ...health,
    resourceGroup,
  ]),
  call: (entries) => ({
    product: "Nlb",
    action: "CreateServerGroup",
    params: {
      ServerGroupName: str(entries["ServerGroupName"]),
      ServerGroupType: str(entries["ServerGroupType"]),
      VpcId: str(entries["VpcId"]),
      Protocol: str(entries["Protocol"]),
      Scheduler: str(entries["Scheduler"]),
      AddressIPVersion: entries["ipv6"] === true ? "DualStack" : undefined,
      ConnectionDrainEnabled: entries["drain"] === true ? true : undefined,
      ConnectionDrainTimeout: entries["drain"] === true ? (entries["ConnectionDrainTimeout"]) : undefined,
      PreserveClientIpEnabled: entries["PreserveClientIpEnabled"] === true,
      AnyPortEnabled: entries["AnyPortEnabled"] === true ? true : undefined,
      HealthCheckConfig: healthConfig(entries),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const groups: ListSpec = {
  title: "serverGroups",
  call: { product: "Nlb", action: "ListServerGroups" },
  paging: "token",
  rows: (answer) => list(answer, "ServerGroups"),
  id: (row) => text(row, "ServerGroupId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/nlb/servergroups/${text(row, "ServerGroupId")}`}>{text(row, "ServerGroupId")}</Link> },
    { title: "name", show: (row) => text(row, "ServerGroupName") },
    { title: "vpc", show: (row) => text(row, "VpcId") },
    { title: "protocol", show: (row) => text(row, "Protocol") },
    { title: "scheduler", show: (row) => text(row, "Scheduler") },
    { title: "backendServers", show: (row) => text(row, "ServerCount") },
    { title: "usedBy", show: (row) => texts(row, "RelatedLoadBalancerIds").join(", ") },
    { title: "status", show: (row) => <Status status={text(row, "ServerGroupStatus")} /> },
  ],
  empty: "noServerGroups",
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Nlb", action: "DeleteServerGroup", params: { ServerGroupId: text(row, "ServerGroupId") } }),
    },
  ],
};

export default function ServerGroups() {
  return <List spec={groups} />;
}
