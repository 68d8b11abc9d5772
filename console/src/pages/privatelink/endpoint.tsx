import { Alert } from "antd";
import { useParams } from "react-router";
import { list, text, type Answer, type Call } from "../../api/call.ts";
import { useWords } from "../../i18n/index.tsx";
import { Copy } from "../../kit/copy.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type FormSpec, type Offer } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { securityGroups, vswitches, zonesOf, zonesOfService } from "../../kit/offers.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { Monitoring } from "../../traffic/monitoring.tsx";
import type { Reading, Subject } from "../../traffic/readings.ts";
import { isReverse, Kind } from "./kind.tsx";

/** Who has to do what next. */
function Advice({ found }: { found: Answer }) {
  const t = useWords();
  switch (text(found, "ConnectionStatus")) {
    case "Disconnected":
      return <Alert type="info" showIcon title={t("waitsForProvider")} className="problem" />;
    case "ServiceDeleted":
      return <Alert type="error" showIcon title={t("serviceIsGone")} className="problem" />;
    default:
      return null;
  }
}

/** The zones of the service that the endpoint is not in yet; of the VPC, where it leads the other way. */
function more(id: string, found: Answer): Offer | undefined {
  const vpc = text(found, "VpcId");
  const offer = isReverse(found) ? zonesOf(vpc) : zonesOfService({ ServiceId: text(found, "ServiceId") }, vpc);
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointZones", params: { EndpointId: id } };
  return offer && { ...offer, taken: { call, paging: "token", pick: (answer) => list(answer, "Zones").map((row) => text(row, "ZoneId")) } };
}

/** The security groups of the VPC that the endpoint is not in yet. */
function otherGroups(id: string, vpc: string): Offer | undefined {
  const offer = securityGroups(vpc);
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointSecurityGroups", params: { EndpointId: id } };
  return offer && { ...offer, taken: { call, paging: "token", pick: (answer) => list(answer, "SecurityGroups").map((row) => text(row, "SecurityGroupId")) } };
}

const addZone = (id: string, found: Answer): FormSpec => ({
  title: "addVswitch",
  steps: single("addVswitch", [
    { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: () => more(id, found), resets: ["VSwitchId"] },
    { name: "VSwitchId", label: "vswitch", kind: "offered", required: true, offer: (e) => (str(e["ZoneId"]) === "" ? undefined : vswitches(text(found, "VpcId"), e["ZoneId"])) },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "AddZoneToVpcEndpoint",
    params: { EndpointId: id, ZoneId: str(entries["ZoneId"]), VSwitchId: str(entries["VSwitchId"]) },
  }),
});

const zones = (id: string, found: Answer): ListSpec => ({
  title: "zoneAndVswitch",
  call: { product: "Privatelink", action: "ListVpcEndpointZones", params: { EndpointId: id } },
  paging: "token",
  rows: (answer) => list(answer, "Zones"),
  id: (row) => text(row, "ZoneId"),
  columns: [
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "status", show: (row) => <Status status={text(row, "ZoneStatus")} /> },
    { title: "vswitch", show: (row) => <Ids of={[text(row, "VSwitchId")]} /> },
    { title: "ipAddress", show: (row) => <Copy text={text(row, "EniIp")} /> },
    { title: "ipv6Addresses", show: (row) => <Copy text={text(row, "ZoneIpv6Address")} /> },
    { title: "domainName", show: (row) => <Copy text={text(row, "ZoneDomain")} /> },
  ],
  empty: "noZones",
  create: [addZone(id, found)],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Privatelink", action: "RemoveZoneFromVpcEndpoint", params: { EndpointId: id, ZoneId: text(row, "ZoneId") } }),
    },
  ],
});

const groups = (id: string, vpc: string): ListSpec => ({
  title: "securityGroups",
  call: { product: "Privatelink", action: "ListVpcEndpointSecurityGroups", params: { EndpointId: id } },
  paging: "token",
  rows: (answer) => list(answer, "SecurityGroups"),
  id: (row) => text(row, "SecurityGroupId"),
  columns: [
    { title: "id", show: (row) => <Ids of={[text(row, "SecurityGroupId")]} /> },
    { title: "status", show: (row) => <Status status={text(row, "SecurityGroupStatus")} /> },
  ],
  empty: "noSecurityGroups",
  create: [
    {
      title: "addSecurityGroup",
      steps: single("addSecurityGroup", [{ name: "SecurityGroupId", label: "securityGroup", kind: "offered", required: true, offer: () => otherGroups(id, vpc) }]),
      call: (entries) => ({
        product: "Privatelink",
        action: "AttachSecurityGroupToVpcEndpoint",
        params: { EndpointId: id, SecurityGroupId: str(entries["SecurityGroupId"]) },
      }),
    },
  ],
  actions: [
    {
      label: "detach",
      confirm: "removeThis",
      call: (row) => ({
        product: "Privatelink",
        action: "DetachSecurityGroupFromVpcEndpoint",
        params: { EndpointId: id, SecurityGroupId: text(row, "SecurityGroupId") },
      }),
    },
  ],
});

/** The zones together and each of them. What is behind the endpoint is its provider's. */
function Curves({ endpoint }: { endpoint: string }) {
  const t = useWords();
  const subjects = (readings: readonly Reading[]): [Subject, ...Subject[]] => {
    const zones = [...(readings.at(-1)?.totals.keys() ?? [])].filter((key) => key.startsWith(`${endpoint} `)).sort();
    const each = zones.map((key) => ({ value: key, label: key.slice(endpoint.length + 1), carriers: [key], servers: [] }));
    return [{ value: "", label: t("allZones"), carriers: [endpoint], servers: [] }, ...each];
  };
  return <Monitoring of={{ scope: { EndpointId: endpoint }, subjects }} />;
}

const detail = (id: string): DetailSpec => ({
  parent: { label: "endpoints", path: "/privatelink/endpoints" },
  id,
  call: { product: "Privatelink", action: "GetVpcEndpointAttribute", params: { EndpointId: id } },
  find: (answer) => answer,
  advice: (found) => <Advice found={found} />,
  facts: (found) => [
    ["name", text(found, "EndpointName")],
    ["endpointType", <Kind key="kind" of={found} />],
    ["status", <Status key="status" status={text(found, "EndpointStatus")} />],
    ["vpc", <Ids key="vpc" of={[text(found, "VpcId")]} />],
    ["ipVersion", <Said key="ipVersion" word={text(found, "AddressIpVersion")} />],
    ["connection", <Status key="connection" status={text(found, "ConnectionStatus")} />],
    ["service", text(found, "ServiceId")],
    ["domainName", <Copy key="domain" text={text(found, "EndpointDomain")} />],
    ["bandwidth", `${text(found, "Bandwidth")} Mbit/s`],
    ["description", text(found, "EndpointDescription")],
  ],
  tabs: [
    { label: "zoneAndVswitch", show: (found) => <List level={3} spec={zones(id, found)} /> },
    { label: "securityGroups", show: (found) => <List level={3} spec={groups(id, text(found, "VpcId"))} /> },
    { label: "monitoring", show: () => <Curves endpoint={id} /> },
    { label: "tags", show: () => <Tags of={{ product: "Privatelink", type: "vpcendpoint", id }} /> },
  ],
});

export default function Endpoint() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
