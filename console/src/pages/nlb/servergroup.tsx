import { Alert } from "antd";
import { useParams } from "react-router";
import { list, text, texts, type Answer } from "../../api/call.ts";
import { useWords, type Word } from "../../i18n/index.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { forOne, rows, single, str, strs, type Entries, type Field, type FormSpec } from "../../kit/form.ts";
import { isIpv6 } from "../../kit/ipv6.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { candidates, reverseInterfaces } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { Monitoring, serversOf } from "../../traffic/monitoring.tsx";
import type { Reading, Subject } from "../../traffic/readings.ts";
import { Health, Probed } from "./probes.tsx";

const PORT = { name: "Port", label: "port", kind: "number", least: 1, most: 65535, required: true } as const;
const WEIGHT = { name: "Weight", label: "weight", kind: "number", least: 0, most: 100, initial: 100 } as const;

const isAnyPort = (found: Answer) => text(found, "AnyPortEnabled") === "true";
const candidatesOf = (found: Answer) => candidates(text(found, "VpcId"), text(found, "AddressIPVersion") === "DualStack");

/** A group that forwards every port knows no port of its own. */
const portsOf = (anyPort: boolean): Field[] => (anyPort ? [] : [PORT]);

const byInstance = (id: string, found: Answer): FormSpec => ({
  title: "addBackendServer",
  steps: [
    {
      title: "selectServers",
      fields: [{ name: "servers", label: "backendServers", kind: "offeredSeveral", required: true, offer: () => candidatesOf(found) }],
    },
    {
      title: "portsAndWeights",
      fields: [{ name: "each", label: "backendServers", kind: "each", over: "servers", names: () => candidatesOf(found), fields: [...portsOf(isAnyPort(found)), WEIGHT] }],
    },
  ],
  call: (entries) => ({
    product: "Nlb",
    action: "AddServersToServerGroup",
    params: {
      ServerGroupId: id,
      Servers: strs(entries["servers"]).map((server) => {
        const [ServerId, ServerIp] = server.split(" ");
        return { ServerType: "Ecs", ServerId, ServerIp, ...forOne(entries["each"], server) };
      }),
    },
  }),
});

const byAddress = (id: string, anyPort: boolean): FormSpec => ({
  title: "addBackendServer",
  steps: single("addBackendServer", [
    {
      name: "servers",
      label: "backendServers",
      kind: "group",
      least: 1,
      add: "addAddress",
      fields: [{ name: "ServerId", label: "ipAddress", kind: "text", required: true }, ...portsOf(anyPort), { ...WEIGHT, required: true }],
    },
  ]),
  call: (entries) => ({
    product: "Nlb",
    action: "AddServersToServerGroup",
    params: {
      ServerGroupId: id,
      Servers: rows(entries["servers"]).map((row: Entries) => ({
        ServerType: "Ip",
        ServerId: str(row["ServerId"]),
        ServerIp: str(row["ServerId"]),
        Port: row["Port"],
        Weight: row["Weight"],
      })),
    },
  }),
});

/** Servers in consumers' VPCs, each by its address there and the interface that leads to it. */
const behindReverse = (id: string, anyPort: boolean): FormSpec => ({
  title: "addReverseServer",
  steps: single("addReverseServer", [
    {
      name: "servers",
      label: "backendServers",
      kind: "group",
      least: 1,
      add: "addAddress",
      hint: "reverseServersHint",
      fields: [
        { name: "ServerId", label: "reverseEndpoint", kind: "offered", required: true, offer: reverseInterfaces },
        { name: "ServerIp", label: "ipAddress", kind: "text", required: true },
        ...portsOf(anyPort),
        { ...WEIGHT, required: true },
      ],
    },
  ]),
  call: (entries) => ({
    product: "Nlb",
    action: "AddServersToServerGroup",
    params: { ServerGroupId: id, Servers: rows(entries["servers"]).map((row) => ({ ServerType: "Eni", ...row })) },
  }),
});

/** A server as calls about it name it: by its address where its id does not say that. */
const named = (row: Answer) => ({
  ServerType: text(row, "ServerType"),
  ServerId: text(row, "ServerId"),
  ServerIp: text(row, "ServerType") === "Eni" || isIpv6(text(row, "ServerIp")) ? text(row, "ServerIp") : undefined,
  Port: text(row, "Port"),
});

const servers = (id: string, found: Answer): ListSpec => ({
  title: "backendServers",
  call: { product: "Nlb", action: "ListServerGroupServers", params: { ServerGroupId: id } },
  paging: "token",
  rows: (answer) => list(answer, "Servers"),
  id: (row) => `${text(row, "ServerId")} ${text(row, "ServerIp")} ${text(row, "Port")}`,
  columns: [
    { title: "server", show: (row) => <Ids of={[text(row, "ServerId")]} /> },
    { title: "ipAddress", show: (row) => text(row, "ServerIp") },
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "port", show: (row) => text(row, "Port") },
    { title: "weight", show: (row) => text(row, "Weight") },
    { title: "healthCheckStatus", show: (row) => <Health row={row} /> },
    { title: "status", show: (row) => <Status status={text(row, "Status")} /> },
  ],
  around: (rows, table) => (
    <Probed group={id} servers={rows}>
      {table}
    </Probed>
  ),
  search: searches.servers,
  empty: "noServers",
  create: text(found, "ServerGroupType") === "Ip" ? [byAddress(id, isAnyPort(found))] : [byInstance(id, found), behindReverse(id, isAnyPort(found))],
  actions: [
    {
      label: "weight",
      form: (row) => ({
        title: "weight",
        steps: single("weight", [WEIGHT]),
        initial: { Weight: Number(text(row, "Weight")) },
        call: (entries) => ({
          product: "Nlb",
          action: "UpdateServerGroupServersAttribute",
          params: {
            ServerGroupId: id,
            Servers: [{ ...named(row), Weight: entries["Weight"] }],
          },
        }),
      }),
    },
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({
        product: "Nlb",
        action: "RemoveServersFromServerGroup",
        params: {
          ServerGroupId: id,
          Servers: [named(row)],
        },
      }),
    },
  ],
});

function Unused() {
  const t = useWords();
  return <Alert type="info" showIcon title={t("noListenerYet")} className="problem" />;
}

/** The servers together and each of them. */
function Curves({ group }: { group: string }) {
  const t = useWords();
  const subjects = (readings: readonly Reading[]): [Subject, ...Subject[]] => {
    const all = serversOf(readings, group);
    const each = all.map((key) => ({ value: key, label: key.slice(group.length + 1), carriers: [key], servers: [key] }));
    return [{ value: "", label: t("allServers"), carriers: all, servers: all }, ...each];
  };
  return <Monitoring of={{ scope: { ServerGroupId: group }, subjects }} />;
}

/** What UDP servers are asked, and must answer. */
function asked(found: Answer): [Word, string][] {
  const request = text(found, "HealthCheck.HealthCheckReq");
  if (request === "") return [];
  return [
    ["healthCheckRequest", request],
    ["healthCheckResponse", text(found, "HealthCheck.HealthCheckExp")],
  ];
}

const detail = (id: string): DetailSpec => ({
  parent: { label: "serverGroups", path: "/nlb/servergroups" },
  id,
  call: { product: "Nlb", action: "ListServerGroups", params: { ServerGroupIds: [id] } },
  find: (answer) => list(answer, "ServerGroups")[0],
  advice: (found) => texts(found, "RelatedLoadBalancerIds").length === 0 && <Unused />,
  facts: (found) => [
    ["name", text(found, "ServerGroupName")],
    ["status", <Status key="status" status={text(found, "ServerGroupStatus")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["protocol", text(found, "Protocol")],
    ["ipVersion", <Said key="ipVersion" word={text(found, "AddressIPVersion")} />],
    ["scheduler", <Said key="scheduler" word={text(found, "Scheduler")} />],
    ["allPortForwarding", <Said key="allPortForwarding" word={text(found, "AnyPortEnabled")} />],
    ["clientIpPreservation", <Said key="clientIpPreservation" word={text(found, "PreserveClientIpEnabled")} />],
    ["configureHealthCheck", text(found, "HealthCheck.HealthCheckEnabled") === "true" ? text(found, "HealthCheck.HealthCheckType") : <Said key="off" word="false" />],
    ["interval", text(found, "HealthCheck.HealthCheckInterval")],
    ...asked(found),
  ],
  tabs: [
    {
      label: "backendServers",
      show: (found) => <List level={3} spec={servers(id, found)} />,
    },
    { label: "monitoring", show: () => <Curves group={id} /> },
    { label: "tags", show: () => <Tags of={{ product: "Nlb", type: "servergroup", id }} /> },
  ],
});

export default function ServerGroup() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
