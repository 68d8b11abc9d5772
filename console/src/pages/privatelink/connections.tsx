// The connections of an endpoint service, which its provider allows and denies.
import { list, text, type Answer } from "../../api/call.ts";
import { single, str, type Entry, type Field, type FormSpec } from "../../kit/form.ts";
import type { ListSpec } from "../../kit/list.tsx";
import { Ids } from "../../kit/ids.tsx";
import { CONNECTION } from "../../kit/narrow.ts";
import { resourcesOf } from "../../kit/offers.ts";
import { searches } from "../../kit/search.ts";
import { Status } from "../../kit/status.tsx";
import { isReverse, Kind } from "./kind.tsx";

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
    { name: "Bandwidth", label: "bandwidth", kind: "number", least: 100, most: 10240, hint: "bandwidthHint", when: () => !isReverse(row) },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "EnableVpcEndpointConnection",
    params: { ...which(row), Bandwidth: entries["Bandwidth"] as number | undefined },
  }),
});

const zone = (row: Answer, id: Entry) => list(row, "Zones").find((zone) => text(zone, "ZoneId") === str(id));
const hasReplaced = (zone: Answer | undefined) => text(zone, "ReplacedResourceId") !== "";

const zoneField = (zones: Answer[]): Field => ({
  name: "ZoneId",
  label: "zone",
  kind: "select",
  required: true,
  resets: ["ResourceId"],
  options: zones.map((zone) => ({ value: text(zone, "ZoneId"), label: { text: text(zone, "ZoneId") } })),
});

/** Which resource serves a zone of the connection: before it is allowed, or instead of the one that does so now. */
const allocate = (row: Answer): FormSpec => ({
  title: "allocateByHand",
  steps: single("allocateByHand", [
    zoneField(list(row, "Zones")),
    {
      name: "ResourceId",
      label: "serviceResource",
      kind: "offered",
      required: true,
      offer: (entries) => (str(entries["ZoneId"]) === "" ? undefined : { ...resourcesOf(text(row, "ServiceId"), entries["ZoneId"]), without: [text(zone(row, entries["ZoneId"]), "ResourceId")] }),
    },
    {
      name: "ResourceReplaceMode",
      label: "replacement",
      kind: "select",
      initial: "Graceful",
      options: [
        { value: "Graceful", label: "replaceGracefully" },
        { value: "Force", label: "replaceByForce" },
      ],
      when: () => !isOff(row),
      check: (entries) => (entries["ResourceReplaceMode"] === "Graceful" && hasReplaced(zone(row, entries["ZoneId"])) ? "replacedStays" : undefined),
    },
  ]),
  call: (entries) => ({
    product: "Privatelink",
    action: "UpdateVpcEndpointZoneConnectionResourceAttribute",
    params: {
      ...which(row),
      ZoneId: str(entries["ZoneId"]),
      ResourceAllocateMode: "Manual",
      ResourceId: str(entries["ResourceId"]),
      ResourceReplaceMode: isOff(row) ? undefined : str(entries["ResourceReplaceMode"]),
    },
  }),
});

/** Ends what a resource still carries that was replaced gracefully. */
const letGo = (row: Answer): FormSpec => ({
  title: "letGo",
  steps: single("letGo", [zoneField(list(row, "Zones").filter(hasReplaced))]),
  call: (entries) => ({
    product: "Privatelink",
    action: "DisableVpcEndpointZoneConnection",
    params: { ...which(row), ZoneId: str(entries["ZoneId"]), ReplacedResource: true },
  }),
});

/** One that is pending is allowed, and is being changed. */
const isOff = (row: Answer) => text(row, "ConnectionStatus") === "Disconnected";

export const connections = (service: string): ListSpec => ({
  title: "endpointConnections",
  call: { product: "Privatelink", action: "ListVpcEndpointConnections", params: { ServiceId: service } },
  paging: "token",
  rows: (answer) => list(answer, "Connections"),
  id: (row) => text(row, "EndpointId"),
  columns: [
    { title: "endpoint", show: (row) => text(row, "EndpointId") },
    { title: "status", show: (row) => <Status status={text(row, "ConnectionStatus")} /> },
    { title: "endpointType", show: (row) => <Kind of={row} /> },
    { title: "owner", show: (row) => text(row, "EndpointOwnerId") },
    { title: "vpc", show: (row) => text(row, "EndpointVpcId") },
    {
      title: "zone",
      show: (row) =>
        list(row, "Zones").map((zone) => (
          <div key={text(zone, "ZoneId")}>
            {text(zone, "ZoneId")} <Status status={text(zone, "ZoneStatus")} /> <Ids of={[text(zone, isReverse(row) ? "EniId" : "ResourceId")]} />
          </div>
        )),
    },
    { title: "bandwidth", show: (row) => `${text(row, "Bandwidth")} Mbit/s` },
  ],
  search: searches.connections,
  filters: [CONNECTION],
  empty: "noConnections",
  actions: [
    { label: "allow", form: allow, when: isOff },
    { label: "allocateByHand", form: allocate, when: (row) => !isReverse(row) },
    { label: "letGo", form: letGo, when: (row) => list(row, "Zones").some(hasReplaced) },
    {
      label: "deny",
      confirm: "denyThis",
      when: (row) => !isOff(row),
      call: (row) => ({ product: "Privatelink", action: "DisableVpcEndpointConnection", params: which(row) }),
    },
  ],
});
