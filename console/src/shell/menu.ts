// The menu: products and their pages, by the names that the documentation uses.
import type { Word } from "../i18n/index.tsx";

export interface Entry {
  label: Word;
  path: string;
}

export const MENU: { label: Word; entries: Entry[] }[] = [
  {
    label: "networks",
    entries: [
      { label: "topology", path: "/topology" },
      { label: "flows", path: "/flows" },
      { label: "connectivity", path: "/connectivity" },
      { label: "vpcs", path: "/vpc/vpcs" },
      { label: "vswitches", path: "/vpc/vswitches" },
      { label: "routeTables", path: "/vpc/routetables" },
      { label: "privateZones", path: "/pvtz/zones" },
    ],
  },
  {
    label: "compute",
    entries: [
      { label: "instances", path: "/ecs/instances" },
      { label: "securityGroups", path: "/ecs/securitygroups" },
      { label: "prefixLists", path: "/ecs/prefixlists" },
    ],
  },
  {
    label: "nlb",
    entries: [
      { label: "nlbInstances", path: "/nlb/instances" },
      { label: "serverGroups", path: "/nlb/servergroups" },
      { label: "certificates", path: "/cas/certificates" },
      { label: "securityPolicies", path: "/nlb/securitypolicies" },
    ],
  },
  {
    label: "privateLink",
    entries: [
      { label: "endpointServices", path: "/privatelink/services" },
      { label: "endpoints", path: "/privatelink/endpoints" },
    ],
  },
  {
    label: "account",
    entries: [
      { label: "accountAndKeys", path: "/account" },
      { label: "resourceGroups", path: "/resourcegroups" },
    ],
  },
];
