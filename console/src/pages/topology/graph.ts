// The picture as a graph: what is in it and what is joined to what. From the clients on the left to the servers on the right.
import { list, text, texts, type Answer } from "../../api/call.ts";
import type { Word } from "../../i18n/index.tsx";
import { pageOf } from "../../kit/ids.tsx";
import { serverKey } from "../../traffic/readings.ts";
import type { Things } from "./things.ts";

/** Columns from left to right. */
export const COLUMNS = ["instance", "endpoint", "service", "loadBalancer", "listener", "serverGroup", "server"] as const satisfies Word[];
export type Kind = (typeof COLUMNS)[number];

/** One thing, or several that are alike and shown as one. */
export interface Box {
  id: string;
  kind: Kind;
  /** The VPC that it stands in, seen from one of its sides; a service stands in none. */
  frame: string | undefined;
  title: string;
  status: string;
  /** Zones with their addresses, and what else there is to say. */
  lines: string[];
  path: string | undefined;
  /** Things of which it is one; it stands for more when there are more. */
  members: number;
}

export interface Frame {
  id: string;
  title: string;
}

export interface Join {
  from: string;
  to: string;
  /** How the two are joined, when that can change. */
  status: string;
  /** Who carries what passes between them, as readings of the traffic name it. */
  carriers: string[];
}

export interface Graph {
  frames: Frame[];
  boxes: Box[];
  joins: Join[];
}

const clients = (vpc: string) => `clients of ${vpc}`;
const servers = (vpc: string) => `servers of ${vpc}`;

const box = (kind: Kind, row: Answer, id: string, more: Partial<Box>): Box => ({
  id: text(row, id),
  kind,
  frame: undefined,
  title: text(row, id),
  status: "",
  lines: [],
  path: pageOf(text(row, id)),
  members: 1,
  ...more,
});

const port = (listener: Answer): string =>
  text(listener, "ListenerPort") === "0" ? `${text(listener, "StartPort")}–${text(listener, "EndPort")}` : text(listener, "ListenerPort");

/** The zone that a row is in, as people call it within their region: K of cn-hangzhou-k. */
const letter = (row: Answer): string => (text(row, "ZoneId").split("-").at(-1) ?? "").toUpperCase();

/** A status that is other than what a picture of what is well would show. */
const unlike = (status: string, well: string): string => (status === well ? "" : status);

function clientBoxes({ instances, servers, endpoints, connections, zones }: Things): Box[] {
  const serving = new Set(servers.map((row) => text(row, "ServerId")));
  const idle = instances.filter((row) => !serving.has(text(row, "InstanceId")));
  const own = new Set(endpoints.map((row) => text(row, "EndpointId")));
  const foreign = connections.filter((row) => !own.has(text(row, "EndpointId")));
  return [
    ...idle.map((row) =>
      box("instance", row, "InstanceId", {
        frame: clients(text(row, "VpcAttributes.VpcId")),
        title: text(row, "InstanceName") || text(row, "InstanceId"),
        status: text(row, "Status"),
        lines: [`${letter(row)} ${texts(row, "VpcAttributes.PrivateIpAddress.IpAddress").join(", ")}`],
      }),
    ),
    ...endpoints.map((row) =>
      box("endpoint", row, "EndpointId", {
        frame: clients(text(row, "VpcId")),
        title: text(row, "EndpointName") || text(row, "EndpointId"),
        status: text(row, "EndpointStatus"),
        lines: zones
          .filter((zone) => text(zone, "EndpointId") === text(row, "EndpointId"))
          .map((zone) => [letter(zone), text(zone, "EniIp"), unlike(text(zone, "ZoneStatus"), "Connected")].join(" ").trim()),
      }),
    ),
    // Of another account one sees the connection alone; its endpoint has no page here.
    ...foreign.map((row) => box("endpoint", row, "EndpointId", { frame: clients(text(row, "EndpointVpcId")), lines: [text(row, "EndpointOwnerId")], path: undefined })),
  ];
}

function serviceBoxes({ services, endpoints }: Things): Box[] {
  const own = new Set(services.map((row) => text(row, "ServiceId")));
  const foreign = new Map(endpoints.filter((row) => !own.has(text(row, "ServiceId"))).map((row) => [text(row, "ServiceId"), row]));
  return [
    ...services.map((row) =>
      box("service", row, "ServiceId", { title: text(row, "ServiceDescription") || text(row, "ServiceId"), status: text(row, "ServiceStatus") }),
    ),
    ...[...foreign.values()].map((row) => box("service", row, "ServiceId", { path: undefined })),
  ];
}

function balancerBoxes({ balancers, listeners }: Things): Box[] {
  const vpcs = new Map(balancers.map((row) => [text(row, "LoadBalancerId"), text(row, "VpcId")]));
  return [
    ...balancers.map((row) =>
      box("loadBalancer", row, "LoadBalancerId", {
        frame: servers(text(row, "VpcId")),
        title: text(row, "LoadBalancerName") || text(row, "LoadBalancerId"),
        status: text(row, "LoadBalancerStatus"),
        lines: list(row, "ZoneMappings").map(
          (zone) => `${letter(zone)} ${text(list(zone, "LoadBalancerAddresses")[0], "PrivateIPv4Address")}`,
        ),
      }),
    ),
    ...listeners.map((row) =>
      box("listener", row, "ListenerId", {
        frame: servers(vpcs.get(text(row, "LoadBalancerId")) ?? ""),
        title: `${text(row, "ListenerProtocol")} ${port(row)}`,
        status: text(row, "ListenerStatus"),
        path: `${pageOf(text(row, "LoadBalancerId"))}/listeners/${text(row, "ListenerId")}`,
      }),
    ),
  ];
}

/** A server stands once in each of its groups. */
const serverId = (row: Answer) => `${text(row, "ServerGroupId")} ${text(row, "ServerId")}:${text(row, "Port")}`;

function serverBoxes({ groups, servers: all, instances, sick }: Things): Box[] {
  const vpcs = new Map(groups.map((row) => [text(row, "ServerGroupId"), text(row, "VpcId")]));
  const names = new Map(instances.map((row) => [text(row, "InstanceId"), text(row, "InstanceName")]));
  const ill = new Map(sick.map((row) => [serverId(row), row]));
  return [
    ...groups.map((row) =>
      box("serverGroup", row, "ServerGroupId", {
        frame: servers(text(row, "VpcId")),
        title: text(row, "ServerGroupName") || text(row, "ServerGroupId"),
        status: text(row, "ServerGroupStatus"),
        lines: [text(row, "Protocol")],
      }),
    ),
    ...all.map((row) => {
      const found = ill.get(serverId(row));
      const reason = text(found, "Reason.ReasonCode");
      return box("server", row, "ServerId", {
        id: serverId(row),
        frame: servers(vpcs.get(text(row, "ServerGroupId")) ?? ""),
        title: names.get(text(row, "ServerId")) || text(row, "ServerId"),
        status: text(found, "Status") || text(row, "Status"),
        lines: [`${letter(row)} ${text(row, "ServerIp")}:${text(row, "Port")}`, ...(reason ? [reason] : [])],
        path: pageOf(text(row, "ServerId")) ?? pageOf(text(row, "ServerGroupId")),
      });
    }),
  ];
}

/** Zones of connections that a service serves by this resource. */
function through(connections: Answer[], resource: Answer): string[] {
  const [service, wanted] = [text(resource, "ServiceId"), text(resource, "ResourceId")];
  return connections
    .filter((row) => text(row, "ServiceId") === service)
    .flatMap((row) =>
      list(row, "Zones")
        .filter((zone) => text(zone, "ResourceId") === wanted)
        .map((zone) => `${text(row, "EndpointId")} ${text(zone, "ZoneId")}`),
    );
}

function joinsOf({ endpoints, connections, resources, listeners, servers }: Things): Join[] {
  const joins = [
    ...[...connections, ...endpoints].map((row) => ({ from: text(row, "EndpointId"), to: text(row, "ServiceId"), status: text(row, "ConnectionStatus"), carriers: [text(row, "EndpointId")] })),
    ...resources.map((row) => ({ from: text(row, "ServiceId"), to: text(row, "ResourceId"), status: "", carriers: through(connections, row) })),
    ...listeners.map((row) => ({ from: text(row, "LoadBalancerId"), to: text(row, "ListenerId"), status: "", carriers: [text(row, "ListenerId")] })),
    ...listeners.map((row) => ({ from: text(row, "ListenerId"), to: text(row, "ServerGroupId"), status: "", carriers: [text(row, "ListenerId")] })),
    ...servers.map((row) => ({
      from: text(row, "ServerGroupId"),
      to: serverId(row),
      status: "",
      carriers: [serverKey(text(row, "ServerGroupId"), text(row, "ServerIp"), text(row, "Port"))],
    })),
  ];
  return [...new Map(joins.map((join) => [`${join.from} ${join.to}`, join])).values()];
}

/** The graph of everything; joins whose ends are not to be seen are left out. */
export function graphOf(things: Things): Graph {
  const boxes = [...clientBoxes(things), ...serviceBoxes(things), ...balancerBoxes(things), ...serverBoxes(things)];
  const known = new Set(boxes.map(({ id }) => id));
  const joins = joinsOf(things).filter(({ from, to }) => known.has(from) && known.has(to));
  const names = new Map(things.vpcs.map((row) => [text(row, "VpcId"), `${text(row, "VpcName") || text(row, "VpcId")} ${text(row, "CidrBlock")}`]));
  const sides = new Set(boxes.flatMap(({ frame }) => frame ?? []));
  // A VPC that has nothing yet is shown, too.
  for (const vpc of names.keys()) if (!sides.has(servers(vpc))) sides.add(clients(vpc));
  const frames = [...sides].sort().map((id) => {
    const vpc = id.split(" of ")[1] ?? "";
    return { id, title: names.get(vpc) ?? vpc };
  });
  return { frames, boxes, joins };
}
