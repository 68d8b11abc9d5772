import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { Copy } from "../../kit/copy.tsx";
import { others, rows, single, str, type Entries, type FormSpec, type Offer } from "../../kit/form.ts";
import { ipVersion } from "../../kit/ipversion.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { loadBalancers, resourceGroup, zonesOfBalancers } from "../../kit/offers.ts";
import { among } from "../../kit/narrow.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";

/** The load balancers of a line's zone, but for those that other lines have in it. */
function balancersFor(lines: Entries[], line: Entries): Offer | undefined {
  const offer = loadBalancers(line["ZoneId"]);
  const same = lines.filter((other) => other["ZoneId"] === line["ZoneId"]);
  return offer && { ...offer, without: others(same, line, "ResourceId") };
}

const create: FormSpec = {
  title: "createEndpointService",
  steps: single("createEndpointService", [
    { name: "ServiceResourceType", label: "serviceResourceType", kind: "select", initial: "nlb", options: [{ value: "nlb", label: { text: "NLB" } }] },
    {
      name: "Resource",
      label: "selectServiceResource",
      kind: "group",
      least: 1,
      add: "addResourceFromAnotherZone",
      required: true,
      fields: [
        { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zonesOfBalancers },
        { name: "ResourceId", label: "serviceResource", kind: "offered", required: true, offer: (entries, row) => balancersFor(rows(entries["Resource"]), row) },
      ],
    },
    ipVersion("IPv4", "serviceIpVersion"),
    { name: "AutoAcceptEnabled", label: "autoAccept", kind: "switch" },
    { name: "ZoneAffinityEnabled", label: "zoneAffinity", kind: "switch" },
    resourceGroup,
    { name: "ServiceDescription", label: "description", kind: "text" },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "CreateVpcEndpointService",
    params: {
      ServiceResourceType: str(entries["ServiceResourceType"]),
      Resource: rows(entries["Resource"]).map((row) => ({
        ResourceType: str(entries["ServiceResourceType"]),
        ResourceId: str(row["ResourceId"]),
        ZoneId: str(row["ZoneId"]),
      })),
      AddressIpVersion: str(entries["AddressIpVersion"]),
      AutoAcceptEnabled: entries["AutoAcceptEnabled"] === true,
      ZoneAffinityEnabled: entries["ZoneAffinityEnabled"] === true,
      ServiceDescription: str(entries["ServiceDescription"]),
      ResourceGroupId: str(entries["ResourceGroupId"]),
    },
  }),
};

const services: ListSpec = {
  title: "endpointServices",
  call: { product: "Privatelink", action: "ListVpcEndpointServices" },
  paging: "token",
  rows: (answer) => list(answer, "Services"),
  id: (row) => text(row, "ServiceId"),
  columns: [
    { title: "id", show: (row) => <Link to={`/privatelink/services/${text(row, "ServiceId")}`}>{text(row, "ServiceId")}</Link> },
    { title: "description", show: (row) => text(row, "ServiceDescription") },
    { title: "serviceName", show: (row) => <Copy text={text(row, "ServiceName")} /> },
    { title: "ipVersion", show: (row) => <Said word={text(row, "AddressIpVersion")} /> },
    { title: "autoAccept", show: (row) => <Said word={text(row, "AutoAcceptEnabled")} /> },
    { title: "status", show: (row) => <Status status={text(row, "ServiceStatus")} /> },
  ],
  search: searches.services,
  filters: [among("status", "ServiceStatus", ["Creating", "Pending", "Active", "Deleting"])],
  empty: "noServices",
  create: [create],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({ product: "Privatelink", action: "DeleteVpcEndpointService", params: { ServiceId: text(row, "ServiceId") } }),
    },
  ],
};

export default function Services() {
  return <List spec={services} />;
}
