// Everything that the picture shows, as the API lists it.
import { list, text, type Answer, type Call, type Params, type Product } from "../../api/call.ts";
import { pagesOf, type Ask, type Paging } from "../../kit/paging.ts";


export interface Things {
  vpcs: Answer[];
  instances: Answer[];
  balancers: Answer[];
  listeners: Answer[];
  groups: Answer[];
  servers: Answer[];
  /** Servers that are not well, with the listener that finds them so. */
  sick: Answer[];
  services: Answer[];
  resources: Answer[];
  endpoints: Answer[];
  connections: Answer[];
  /** Zones of endpoints, with the interfaces in them. */
  zones: Answer[];
  /** Whether there is more of something than is gathered. */
  cut: boolean;
}

/** Most that is gathered of one kind. */
export const GATHERED = 10_000;

/** Endpoints whose interfaces are shown: beyond, there is a call for each and nobody reads them. */
const WITH_ZONES = 24;

async function every(ask: Ask, call: Call, paging: Paging, path: string): Promise<Answer[]> {
  const found: Answer[] = [];
  for await (const answer of pagesOf(ask, call, paging)) {
    found.push(...list(answer, path));
    // One more says that there are more.
    if (found.length > GATHERED) break;
  }
  return found.slice(0, GATHERED + 1);
}

const byToken = (ask: Ask, product: Product, action: string, path: string, params: Params = {}) => every(ask, { product, action, params }, "token", path);
const byNumber = (ask: Ask, product: Product, action: string, path: string) => every(ask, { product, action }, "number", path);

async function each(rows: Answer[], id: string, more: (id: string) => Promise<Answer[]>): Promise<Answer[]> {
  const found = await Promise.all(rows.map(async (row) => (await more(text(row, id))).map((one) => ({ ...one, [id]: text(row, id) }))));
  return found.flat();
}

/** What the health checks behind a listener find wrong. */
async function sickBehind(ask: Ask, listener: string): Promise<Answer[]> {
  const answer = await ask({ product: "Nlb", action: "GetListenerHealthStatus", params: { ListenerId: listener } });
  const groups = list(list(answer, "ListenerHealthStatus")[0], "ServerGroupInfos");
  return groups.flatMap((group) => list(group, "NonNormalServers").map((server) => ({ ...server, ServerGroupId: text(group, "ServerGroupId") })));
}

export async function gather(ask: Ask): Promise<Things> {
  const all = await Promise.all([
    byNumber(ask, "Vpc", "DescribeVpcs", "Vpcs.Vpc"),
    byNumber(ask, "Ecs", "DescribeInstances", "Instances.Instance"),
    byToken(ask, "Nlb", "ListLoadBalancers", "LoadBalancers"),
    byToken(ask, "Nlb", "ListListeners", "Listeners"),
    byToken(ask, "Nlb", "ListServerGroups", "ServerGroups"),
    byToken(ask, "Nlb", "ListServerGroupServers", "Servers"),
    byToken(ask, "Privatelink", "ListVpcEndpointServices", "Services"),
    byToken(ask, "Privatelink", "ListVpcEndpoints", "Endpoints"),
    byToken(ask, "Privatelink", "ListVpcEndpointConnections", "Connections"),
  ]);
  const cut = all.some((rows) => rows.length > GATHERED);
  const [vpcs = [], instances = [], balancers = [], listeners = [], groups = [], servers = [], services = [], endpoints = [], connections = []] = all.map((rows) =>
    rows.slice(0, GATHERED),
  );
  const zonesOf = (EndpointId: string) => byToken(ask, "Privatelink", "ListVpcEndpointZones", "Zones", { EndpointId });
  const resourcesOf = (ServiceId: string) => byToken(ask, "Privatelink", "ListVpcEndpointServiceResources", "Resources", { ServiceId });
  const [zones, resources, sick] = await Promise.all([
    each(endpoints.slice(0, WITH_ZONES), "EndpointId", zonesOf),
    each(services, "ServiceId", resourcesOf),
    each(listeners, "ListenerId", (id) => sickBehind(ask, id)),
  ]);
  return { vpcs, instances, balancers, listeners, groups, servers, sick, services, resources, endpoints, connections, zones, cut };
}
