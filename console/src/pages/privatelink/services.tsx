import { Link } from "react-router";
import { list, text } from "../../api/call.ts";
import { Copy } from "../../kit/copy.tsx";
import { rows, single, str, type FormSpec } from "../../kit/form.ts";
import { ipVersion } from "../../kit/ipversion.ts";
import { List, type ListSpec } from "../../kit/list.tsx";
import { loadBalancers, resourceGroup, zones } from "../../kit/offers.ts";
import { Status } from "../../kit/status.tsx";

const create: FormSpec = {
  title: "createEndpointService",
  terraform: "alicloud_privatelink_vpc_endpoint_service",
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
        { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zones },
        { name: "ResourceId", label: "serviceResource", kind: "offered", required: true, offer: (_, row) => loadBalancers(row["ZoneId"]) },
      ],
    },
    ipVersion("serviceIpVersion"),
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
    { title: "ipVersion", show: (row) => text(row, "AddressIpVersion") },
    { title: "autoAccept", show: (row) => text(row, "AutoAcceptEnabled") },
    { title: "status", show: (row) => <Status status={text(row, "ServiceStatus")} /> },
  ],
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
