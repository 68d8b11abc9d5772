// What several lists are narrowed by.
import type { Params } from "../api/call.ts";
import type { Word } from "../i18n/index.tsx";
import type { Filter } from "./filters.tsx";
import { vpcs, zones } from "./offers.ts";

export const ofVpc = (params: (vpc: string) => Params = (VpcId) => ({ VpcId })): Filter => ({ label: "vpc", offer: vpcs, params });
export const ofZone: Filter = { label: "zone", offer: zones, params: (ZoneId) => ({ ZoneId }) };

/** A filter by one of these words of the API. */
export const among = (label: Word, name: string, values: string[]): Filter => ({
  label,
  options: values.map((value) => ({ value, label: value })),
  params: (chosen) => ({ [name]: chosen }),
});

/** How the connections of endpoints are. */
export const CONNECTION = among("connection", "ConnectionStatus", ["Pending", "Connecting", "Connected", "Disconnecting", "Disconnected", "Deleting", "ServiceDeleted"]);
