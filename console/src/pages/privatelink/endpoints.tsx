import { Tabs } from "antd";
import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { useWords } from "../../i18n/index.tsx";
import { Copy } from "../../kit/copy.tsx";
import { others, rows, single, str, strs, type Entries, type FormSpec, type Offer } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { ipVersion } from "../../kit/ipversion.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { CONNECTION, ofVpc } from "../../kit/narrow.ts";
import { resourceGroup, securityGroups, services, vpcs, vswitches, zonesOf, zonesOfService } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";

const byName = (entries: Entries) => entries["by"] === "name";

const isReverse = (entries: Entries) => entries["EndpointType"] === "Reverse";

/** The zones that a line can have: of the service, unless the endpoint leads away from it, and of the VPC, and of no other line. */
function zonesFor(entries: Entries, row: Entries): Offer | undefined {
  if (isReverse(entries)) return zonesOf(entries["VpcId"], others(entries["Zone"], row, "ZoneId"));
  const offer = zonesOfService({ ServiceId: str(entries["ServiceId"]), ServiceName: str(entries["ServiceName"]) }, entries["VpcId"]);
  return offer && { ...offer, without: others(entries["Zone"], row, "ZoneId") };
}

const create: FormSpec = {
  title: "createEndpoint",
  steps: single("createEndpoint", [
    { name: "EndpointName", label: "endpointName", kind: "text" },
    {
      name: "EndpointType",
      label: "endpointType",
      kind: "select",
      initial: "Interface",
      resets: ["Zone"],
      options: [
        { value: "Interface", label: "interfaceEndpoint" },
        { value: "Reverse", label: "reverseEndpoint" },
      ],
    },
    {
      name: "by",
      label: "endpointService",
      kind: "select",
      initial: "list",
      resets: ["ServiceId", "ServiceName", "Zone"],
      options: [
        { value: "list", label: "selectService" },
        { value: "name", label: "addByName" },
      ],
    },
    { name: "ServiceId", label: "service", kind: "offered", required: true, offer: services, when: (e) => !byName(e), resets: ["Zone"] },
    { name: "ServiceName", label: "serviceName", kind: "text", required: true, when: byName, resets: ["Zone"] },
    { name: "VpcId", label: "vpc", kind: "offered", required: true, offer: vpcs, resets: ["SecurityGroupId", "Zone"] },
    { ...ipVersion("IPv4", "endpointIpVersion"), when: (e) => !isReverse(e) },
    { name: "SecurityGroupId", label: "securityGroups", kind: "offeredSeveral", required: true, offer: (e) => securityGroups(e["VpcId"]), hint: "rulesLetClientsIn" },
    {
      name: "Zone",
      label: "zoneAndVswitch",
      kind: "group",
      least: 1,
      add: "addVswitch",
      required: true,
      fields: [
        { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zonesFor },
        {
          name: "VSwitchId",
          label: "vswitch",
          kind: "offered",
          required: true,
          offer: (entries, row) => (str(row["ZoneId"]) === "" ? undefined : vswitches(entries["VpcId"], row["ZoneId"])),
        },
      ],
    },
    resourceGroup,
    { name: "EndpointDescription", label: "description", kind: "text" },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "CreateVpcEndpoint",
    params: {
      EndpointName: str(entries["EndpointName"]),
      EndpointType: str(entries["EndpointType"]),
      ServiceId: str(entries["ServiceId"]),
      ServiceName: str(entries["ServiceName"]),
      VpcId: str(entries["VpcId"]),
      AddressIpVersion: isReverse(entries) ? undefined : str(entries["AddressIpVersion"]),
      SecurityGroupId: strs(entries["SecurityGroupId"]),
      Zone: rows(entries["Zone"]).map((row) => ({ ZoneId: str(row["ZoneId"]), VSwitchId: str(row["VSwitchId"]) })),
      EndpointDescription: str(entries["EndpointDescription"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const endpoints: ListSpec = {
  title: "interfaceEndpoint",
  call: { product: "Privatelink", action: "ListVpcEndpoints", params: { EndpointType: "Interface" } },
  paging: "token",
  rows: (answer) => list(answer, "Endpoints"),
  id: (row) => text(row, "EndpointId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/privatelink/endpoints/${text(row, "EndpointId")}`}>{text(row, "EndpointId")}</Link> },
    { title: "name", show: (row) => text(row, "EndpointName") },
    { title: "status", show: (row) => <Status status={text(row, "EndpointStatus")} /> },
    { title: "connection", show: (row) => <Status status={text(row, "ConnectionStatus")} /> },
    { title: "vpc", show: (row) => <Ids of={[text(row, "VpcId")]} /> },
    { title: "ipVersion", show: (row) => <Said word={text(row, "AddressIpVersion")} /> },
    { title: "domainName", show: (row) => <Copy text={text(row, "EndpointDomain")} /> },
  ],
  search: searches.endpoints,
  filters: [ofVpc(), CONNECTION],
  empty: "noEndpoints",
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Privatelink", action: "DeleteVpcEndpoint", params: { EndpointId: text(row, "EndpointId") } }),
    },
  ],
};

const reverse: ListSpec = {
  ...endpoints,
  title: "reverseEndpoint",
  call: { product: "Privatelink", action: "ListVpcEndpoints", params: { EndpointType: "Reverse" } },
  columns: endpoints.columns.filter(({ title }) => title !== "domainName"),
  empty: "noReverseEndpoints",
};

export default function Endpoints() {
  const t = useWords();
  return (
    <>
      <h2>{t("endpoints")}</h2>
      <Tabs
        items={[
          { key: "interface", label: t("interfaceEndpoint"), children: <List level={3} spec={endpoints} /> },
          { key: "reverse", label: t("reverseEndpoint"), children: <List level={3} spec={reverse} /> },
        ]}
      />
    </>
  );
}
