// How the API finds things by a text, as each product takes it.
import type { Params } from "../api/call.ts";
import type { Word } from "../i18n/index.tsx";

/** What is said of a search, and what a text becomes in the call. */
export interface Search {
  hint: Word;
  params: (typed: string) => Params;
}

/** The older products find an id, and names by how they begin. */
const older = (prefix: string, id: string, name: string): Search => ({
  hint: "idOrBeginning",
  params: (typed) => (typed.startsWith(prefix) ? { [id]: typed } : { [name]: `${typed}*` }),
});

/** The newer ones find ids and whole names, of which a call may give several. */
const newer = (prefix: string, ids: string, names: string): Search => ({
  hint: "wholeIdOrName",
  params: (typed) => ({ [typed.startsWith(prefix) ? ids : names]: [typed] }),
});

const either = (hint: Word, begins: RegExp, name: string, other: string): Search => ({
  hint,
  params: (typed) => ({ [begins.test(typed) ? name : other]: typed }),
});

export const searches = {
  vpcs: older("vpc-", "VpcId", "VpcName"),
  vswitches: older("vsw-", "VSwitchId", "VSwitchName"),
  routeTables: either("wholeIdOrName", /^vtb-/, "RouteTableId", "RouteTableName"),
  instances: older("i-", "InstanceIds", "InstanceName"),
  securityGroups: older("sg-", "SecurityGroupIds", "SecurityGroupName"),
  prefixLists: older("pl-", "PrefixListId", "PrefixListName"),
  loadBalancers: newer("nlb-", "LoadBalancerIds", "LoadBalancerNames"),
  serverGroups: newer("sgp-", "ServerGroupIds", "ServerGroupNames"),
  servers: { hint: "idOrAddress", params: (typed) => ({ [/^[\d.:a-f]+$/.test(typed) ? "ServerIps" : "ServerIds"]: [typed] }) },
  securityPolicies: newer("tls-", "SecurityPolicyIds", "SecurityPolicyNames"),
  services: either("idOrServiceName", /^epsrv-/, "ServiceId", "ServiceName"),
  endpoints: either("wholeIdOrName", /^ep-/, "EndpointId", "EndpointName"),
  connections: either("idOrAccount", /^\d+$/, "EndpointOwnerId", "EndpointId"),
  users: { hint: "accountHint", params: (UserId) => ({ UserId }) },
  resourceGroups: either("wholeIdOrName", /^rg-/, "ResourceGroupId", "Name"),
  /** What has a text anywhere in its name. */
  keyword: { hint: "partOfName", params: (Keyword) => ({ Keyword }) },
} satisfies Record<string, Search>;
