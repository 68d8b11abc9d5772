import { Link } from "react-router";
import { list, text, texts, type Answer } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { resourceGroup, vpcs } from "../../kit/offers.ts";
import { among, ofVpc } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";
import { healthCheck, healthConfig, healthOf, lacksPort, plain } from "./healthcheck.ts";

const create: FormSpec = {
  title: "createServerGroup",
  send: "create",
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
      check: (entries) => (entries["Scheduler"] === "Qch" && entries["Protocol"] !== "UDP" ? "qchNeedsUdp" : undefined),
    },
    { name: "ipv6", label: "ipv6Support", kind: "switch" },
    { name: "drain", label: "connectionDraining", kind: "switch" },
    { name: "ConnectionDrainTimeout", label: "drainTimeout", kind: "number", least: 0, most: 900, initial: 300, when: (e) => e["drain"] === true },
    { name: "PreserveClientIpEnabled", label: "clientIpPreservation", kind: "switch", initial: true },
    { name: "AnyPortEnabled", label: "allPortForwarding", kind: "switch", check: (entries) => (entries["AnyPortEnabled"] === true && lacksPort(entries) ? "anyPortNeedsCheckPort" : undefined) },
    ...healthCheck,
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

const changeHealthCheck = (row: Answer): FormSpec => ({
  title: "configureHealthCheck",
  steps: single("configureHealthCheck", healthCheck),
  initial: healthOf(row),
  call: (entries) => ({
    product: "Nlb",
    action: "UpdateServerGroupAttribute",
    params: { ServerGroupId: text(row, "ServerGroupId"), HealthCheckConfig: healthConfig(entries) },
  }),
});

const groups: ListSpec = {
  title: "serverGroups",
  call: { product: "Nlb", action: "ListServerGroups" },
  paging: "token",
  rows: (answer) => list(answer, "ServerGroups"),
  id: (row) => text(row, "ServerGroupId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/nlb/servergroups/${text(row, "ServerGroupId")}`}>{text(row, "ServerGroupId")}</Link> },
    { title: "name", show: (row) => text(row, "ServerGroupName") },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
    { title: "protocol", show: (row) => text(row, "Protocol") },
    { title: "scheduler", show: (row) => <Said word={text(row, "Scheduler")} /> },
    { title: "backendServers", show: (row) => text(row, "ServerCount") },
    { title: "usedBy", show: (row) => <Ids of={texts(row, "RelatedLoadBalancerIds")} /> },
    { title: "status", show: (row) => <Status status={text(row, "ServerGroupStatus")} /> },
  ],
  search: searches.serverGroups,
  filters: [ofVpc(), among("serverGroupType", "ServerGroupType", ["Instance", "Ip"])],
  empty: "noServerGroups",
  create: [create],
  actions: [
    { label: "configureHealthCheck", form: changeHealthCheck },
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
