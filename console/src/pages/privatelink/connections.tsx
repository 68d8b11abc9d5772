// The connections of an endpoint service, which its provider allows and denies.
import { list, text, type Answer } from "../../api/call.ts";
import { single, str, type FormSpec } from "../../kit/form.ts";
import type { ListSpec } from "../../kit/list.tsx";
import { Status } from "../../kit/status.tsx";

const which = (row: Answer) => ({ EndpointId: text(row, "EndpointId"), ServiceId: text(row, "ServiceId") });

const allow = (row: Answer): FormSpec => ({
  title: "allowConnection",
  steps: single("allowConnection", [
    {
      name: "allocation",
      label: "allocation",
      kind: "select",
      initial: "automatic",
      options: [{ value: "automatic", label: "allowAutomatically" }],
    },
    { name: "Bandwidth", label: "bandwidth", kind: "number", least: 100, most: 10240, hint: "bandwidthHint" },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "EnableVpcEndpointConnection",
    params: { ...which(row), Bandwidth: entries["Bandwidth"] as number | undefined },
  }),
});

/** Another resource than the one that was allocated, for one zone of the connection. */
const allocate = (row: Answer): FormSpec => ({
  title: "allocateByHand",
  steps: single("allocateByHand", [
    {
      name: "ZoneId",
      label: "zone",
      kind: "select",
      required: true,
      options: list(row, "Zones").map((zone) => ({ value: text(zone, "ZoneId"), label: { text: text(zone, "ZoneId") } })),
    },
    {
      name: "ResourceId",
      label: "serviceResource",
      kind: "offered",
      required: true,
      offer: (entries) => ({
        call: { product: "Privatelink", action: "ListVpcEndpointServiceResources", params: { ServiceId: text(row, "ServiceId") } },
        paging: "token",
        pick: (answer) =>
          list(answer, "Resources")
            .filter((resource) => text(resource, "ZoneId") === str(entries["ZoneId"]))
            .map((resource) => ({ value: text(resource, "ResourceId"), label: text(resource, "ResourceId") })),
      }),
    },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "EnableVpcEndpointZoneConnection",
    params: { ...which(row), ZoneId: str(entries["ZoneId"]) , ResourceId: str(entries["ResourceId"]) },
  }),
});

const isOff = (row: Answer) => ["Disconnected", "Pending"].includes(text(row, "ConnectionStatus"));

export const connections = (service: string): ListSpec => ({
  title: "endpointConnections",
  call: { product: "Privatelink", action: "ListVpcEndpointConnections", params: { ServiceId: service } },
  paging: "token",
  rows: (answer) => list(answer, "Connections"),
  id: (row) => text(row, "EndpointId"),
  columns: [
    { title: "endpoint", show: (row) => text(row, "EndpointId") },
    { title: "owner", show: (row) => text(row, "EndpointOwnerId") },
    { title: "vpc", show: (row) => text(row, "EndpointVpcId") },
    {
      title: "zone",
      show: (row) =>
        list(row, "Zones").map((zone) => (
          <div key={text(zone, "ZoneId")}>
            {text(zone, "ZoneId")} <Status status={text(zone, "ZoneStatus")} /> {text(zone, "ResourceId")}
          </div>
        )),
    },
    { title: "bandwidth", show: (row) => `${text(row, "Bandwidth")} Mbit/s` },
    { title: "status", show: (row) => <Status status={text(row, "ConnectionStatus")} /> },
  ],
  empty: "noConnections",
  actions: [
    { label: "allow", form: allow, when: isOff },
    { label: "allocateByHand", form: allocate, when: isOff },
    {
      label: "deny",
      confirm: "denyThis",
      when: (row) => !isOff(row),
      call: (row) => ({ product: "Privatelink", action: "DisableVpcEndpointConnection", params: which(row) }),
    },
  ],
});
