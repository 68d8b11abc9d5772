import { useParams } from "react-router";
import { list, text } from "../../api/call.ts";
import { Copy } from "../../kit/copy.tsx";
import { Detail, type DetailSpec } from "../../kit/detail.tsx";
import { single, str, type Entry, type FormSpec, type Offer } from "../../kit/form.ts";
import { Ids } from "../../kit/ids.tsx";
import { List, type ListSpec } from "../../kit/list.tsx";
import { loadBalancers, resourcesIn, zonesOfBalancers } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Said, Status } from "../../kit/status.tsx";
import { Tags } from "../../kit/tags.tsx";
import { connections } from "./connections.tsx";

/** The load balancers of a zone that a service does not have in it yet. */
function unused(service: string, zone: Entry): Offer | undefined {
  const offer = loadBalancers(zone);
  return offer && { ...offer, taken: resourcesIn(service, zone) };
}

const attach = (service: string): FormSpec => ({
  title: "addServiceResource",
  steps: single("addServiceResource", [
    { name: "ZoneId", label: "zone", kind: "offered", required: true, offer: zonesOfBalancers, resets: ["ResourceId"] },
    { name: "ResourceId", label: "serviceResource", kind: "offered", required: true, offer: (entries) => unused(service, entries["ZoneId"]) },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "AttachResourceToVpcEndpointService",
    params: { ServiceId: service, ResourceType: "nlb", ZoneId: str(entries["ZoneId"]), ResourceId: str(entries["ResourceId"]) },
  }),
});

const resources = (service: string): ListSpec => ({
  title: "serviceResources",
  call: { product: "Privatelink", action: "ListVpcEndpointServiceResources", params: { ServiceId: service } },
  paging: "token",
  rows: (answer) => list(answer, "Resources"),
  id: (row) => text(row, "ZoneId") + text(row, "ResourceId"),
  columns: [
    { title: "zone", show: (row) => text(row, "ZoneId") },
    { title: "serviceResource", show: (row) => <Ids of={[text(row, "ResourceId")]} /> },
    { title: "ipAddress", show: (row) => text(row, "Ip") },
    { title: "usedBy", show: (row) => text(row, "RelatedEndpointCount") },
  ],
  empty: "noResources",
  create: [attach(service)],
  actions: [
    {
      label: "detach",
      confirm: "removeThis",
      call: (row) => ({
        product: "Privatelink",
        action: "DetachResourceFromVpcEndpointService",
        params: { ServiceId: service, ResourceType: "nlb", ResourceId: text(row, "ResourceId"), ZoneId: text(row, "ZoneId") },
      }),
    },
  ],
});

const users = (service: string): ListSpec => ({
  title: "whitelist",
  call: { product: "Privatelink", action: "ListVpcEndpointServiceUsers", params: { ServiceId: service } },
  paging: "token",
  rows: (answer) => list(answer, "Users"),
  id: (row) => text(row, "UserId"),
  columns: [{ title: "account", show: (row) => text(row, "UserId") }],
  search: searches.users,
  empty: "noUsers",
  create: [
    {
      title: "addAccount",
      steps: single("addAccount", [{ name: "UserId", label: "account", kind: "text", required: true, pattern: /^\d+$/, hint: "accountHint" }]),
      call: (entries) => ({
        product: "Privatelink",
        action: "AddUserToVpcEndpointService",
        params: { ServiceId: service, UserId: str(entries["UserId"]) },
      }),
    },
  ],
  actions: [
    {
      label: "remove",
      confirm: "removeThis",
      call: (row) => ({
        product: "Privatelink",
        action: "RemoveUserFromVpcEndpointService",
        params: { ServiceId: service, UserId: text(row, "UserId") },
      }),
    },
  ],
});

const detail = (id: string): DetailSpec => ({
  parent: { label: "endpointServices", path: "/privatelink/services" },
  id,
  call: { product: "Privatelink", action: "GetVpcEndpointServiceAttribute", params: { ServiceId: id } },
  find: (answer) => answer,
  facts: (found) => [
    ["serviceName", <Copy key="name" text={text(found, "ServiceName")} />],
    ["status", <Status key="status" status={text(found, "ServiceStatus")} />],
    ["ipVersion", <Said key="ipVersion" word={text(found, "AddressIpVersion")} />],
    ["autoAccept", <Said key="autoAccept" word={text(found, "AutoAcceptEnabled")} />],
    ["zoneAffinity", <Said key="zoneAffinity" word={text(found, "ZoneAffinityEnabled")} />],
    ["description", text(found, "ServiceDescription")],
    ["domainName", <Copy key="domain" text={text(found, "ServiceDomain")} />],
  ],
  tabs: [
    { label: "endpointConnections", show: () => <List level={3} spec={connections(id)} /> },
    { label: "serviceResources", show: () => <List level={3} spec={resources(id)} /> },
    { label: "whitelist", show: () => <List level={3} spec={users(id)} /> },
    { label: "tags", show: () => <Tags of={{ product: "Privatelink", type: "vpcendpointservice", id }} /> },
  ],
});

export default function Service() {
  const { id = "" } = useParams();
  return <Detail key={id} spec={detail(id)} />;
}
