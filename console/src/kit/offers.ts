// What forms offer to choose from, as the API lists it.
import { list, text, texts, type Answer, type Call, type Params } from "../api/call.ts";
import { str, type Entries, type Entry, type Field, type Offer, type Option } from "./form.ts";
import { ipv6Of, numberOf, part, PARTS } from "./ipv6.ts";
import type { Paging } from "./paging.ts";

type Search = (typed: string) => Params;

/** What the API finds by itself: the older products names by their beginning, the newer ones whole names. */
const older = (prefix: string, id: string, name: string): Search => (typed) => (typed.startsWith(prefix) ? { [id]: typed } : { [name]: `${typed}*` });
const newer = (prefix: string, ids: string, names: string): Search => (typed) => ({ [typed.startsWith(prefix) ? ids : names]: [typed] });

function named(id: string, name: string): Option {
  return { value: id, label: name === "" ? id : `${name} (${id})` };
}

/** How a list is read: where its rows are, and which of their texts are id and name. */
interface Rows {
  path: string;
  id: string;
  name: string;
}

function offer(call: Call, paging: Paging, { path, id, name }: Rows, search?: Search): Offer {
  const pick = (answer: Answer) => list(answer, path).map((row) => named(text(row, id), text(row, name)));
  return { call, paging, pick, ...(search && { search }) };
}

export const vpcs = (): Offer =>
  offer({ product: "Vpc", action: "DescribeVpcs" }, "number", { path: "Vpcs.Vpc", id: "VpcId", name: "VpcName" }, older("vpc-", "VpcId", "VpcName"));

export const zones = (): Offer => offer({ product: "Vpc", action: "DescribeZones" }, "none", { path: "Zones.Zone", id: "ZoneId", name: "" });

/** The vSwitches of a VPC, in one zone of it when that is given. */
export function vswitches(vpc: Entry, zone?: Entry): Offer | undefined {
  if (str(vpc) === "") return undefined;
  const call: Call = { product: "Vpc", action: "DescribeVSwitches", params: { VpcId: str(vpc), ZoneId: str(zone) } };
  const pick = (answer: Answer) =>
    list(answer, "VSwitches.VSwitch").map((row) => {
      const place = ["ZoneId", "CidrBlock", "Ipv6CidrBlock"].map((name) => text(row, name)).filter((shown) => shown !== "");
      return { value: text(row, "VSwitchId"), label: `${text(row, "VSwitchName") || text(row, "VSwitchId")} · ${place.join(", ")}` };
    });
  return { call, paging: "number", pick, search: older("vsw-", "VSwitchId", "VSwitchName") };
}

/** The parts of a VPC's IPv6 range that no vSwitch has; none while the VPC has no IPv6. A part is known by its number. */
export function ipv6Parts(vpc: Entry): Offer | undefined {
  const others = vswitches(vpc);
  if (others === undefined) return undefined;
  const call: Call = { product: "Vpc", action: "DescribeVpcs", params: { VpcId: str(vpc) } };
  const parts = (range: string) => Array.from({ length: PARTS }, (_, number) => ({ value: String(number), label: part(range, number) }));
  const numbered = (answer: Answer) => {
    const used = list(answer, "VSwitches.VSwitch").map((row) => text(row, "Ipv6CidrBlock"));
    return used.filter((range) => range !== "").map((range) => String(numberOf(range)));
  };
  return {
    call,
    paging: "none",
    pick: (answer) => list(answer, "Vpcs.Vpc").map((row) => text(row, "Ipv6CidrBlock")).filter((range) => range !== "").flatMap(parts),
    taken: { call: others.call, paging: others.paging, pick: numbered },
  };
}

/** The zones in which a VPC has a vSwitch. */
export function zonesOf(vpc: Entry): Offer | undefined {
  const all = vswitches(vpc);
  if (all === undefined) return undefined;
  const pick = (answer: Answer) => {
    const names = new Set(list(answer, "VSwitches.VSwitch").map((row) => text(row, "ZoneId")));
    return [...names].sort().map((name) => ({ value: name, label: name }));
  };
  return { call: all.call, paging: all.paging, pick };
}

export function securityGroups(vpc: Entry): Offer | undefined {
  if (str(vpc) === "") return undefined;
  const call: Call = { product: "Ecs", action: "DescribeSecurityGroups", params: { VpcId: str(vpc) } };
  const rows = { path: "SecurityGroups.SecurityGroup", id: "SecurityGroupId", name: "SecurityGroupName" };
  return offer(call, "number", rows, older("sg-", "SecurityGroupIds", "SecurityGroupName"));
}

/** The instances of a VPC. */
export const instances = (vpc: Entry): Offer | undefined => (str(vpc) === "" ? undefined : allInstances({ VpcId: str(vpc) }));

export const allInstances = (params: Params = {}): Offer =>
  offer(
    { product: "Ecs", action: "DescribeInstances", params },
    "number",
    { path: "Instances.Instance", id: "InstanceId", name: "InstanceName" },
    older("i-", "InstanceIds", "InstanceName"),
  );

/** The instances of a VPC as servers: each by itself and, where a group takes both families, by each of its IPv6 addresses. */
export function candidates(vpc: Entry, dualStack: boolean): Offer | undefined {
  const all = instances(vpc);
  if (all === undefined || !dualStack) return all;
  const pick = (answer: Answer) =>
    list(answer, "Instances.Instance").flatMap((row) => {
      const one = named(text(row, "InstanceId"), text(row, "InstanceName"));
      const more = list(row, "NetworkInterfaces.NetworkInterface").flatMap(ipv6Of);
      return [one, ...more.map((address) => ({ value: `${one.value} ${address}`, label: `${one.label} ${address}` }))];
    });
  return { ...all, pick };
}

export const loadBalancers = (zone: Entry): Offer | undefined =>
  str(zone) === ""
    ? undefined
    : offer(
        { product: "Nlb", action: "ListLoadBalancers", params: { ZoneId: str(zone) } },
        "token",
        { path: "LoadBalancers", id: "LoadBalancerId", name: "LoadBalancerName" },
        newer("nlb-", "LoadBalancerIds", "LoadBalancerNames"),
      );

/** The server groups of a VPC that a listener of this protocol can use. */
export function serverGroups(vpc: string, protocol: Entry): Offer {
  const wanted = str(protocol) === "TCPSSL" ? ["TCP", "TCPSSL"] : [str(protocol), "TCP_UDP"];
  const call: Call = { product: "Nlb", action: "ListServerGroups", params: { VpcId: vpc } };
  const pick = (answer: Answer) =>
    list(answer, "ServerGroups")
      .filter((row) => wanted.includes(text(row, "Protocol")))
      .map((row) => named(text(row, "ServerGroupId"), text(row, "ServerGroupName")));
  return { call, paging: "token", pick, search: newer("sgp-", "ServerGroupIds", "ServerGroupNames") };
}

export function services(): Offer {
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServicesByEndUser" };
  const pick = (answer: Answer) =>
    list(answer, "Services").map((row) => ({
      value: text(row, "ServiceId"),
      label: `${text(row, "ServiceId")} (${texts(row, "Zones").join(", ")})`,
    }));
  return { call, paging: "token", pick, search: (ServiceId) => ({ ServiceId }) };
}

/** The zones of a service, of which an endpoint takes some. */
export function zonesOfService(entries: Entries): Offer | undefined {
  const id = str(entries["ServiceId"]);
  const name = str(entries["ServiceName"]);
  if (id === "" && name === "") return undefined;
  const params = { ServiceId: id, ServiceName: name };
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServicesByEndUser", params };
  const pick = (answer: Answer) =>
    texts(list(answer, "Services")[0], "Zones").map((zone) => ({ value: zone, label: zone }));
  return { call, paging: "none", pick };
}

/** What an endpoint service can serve a zone by. */
export function resourcesOf(service: string, zone: Entry): Offer {
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServiceResources", params: { ServiceId: service } };
  const pick = (answer: Answer) =>
    list(answer, "Resources")
      .filter((row) => text(row, "ZoneId") === str(zone))
      .map((row) => named(text(row, "ResourceId"), ""));
  return { call, paging: "token", pick };
}

export const certificates = (): Offer =>
  offer(
    { product: "Cas", action: "ListUserCertificateOrder" },
    "cas",
    { path: "CertificateOrderList", id: "CertificateId", name: "Name" },
    (Keyword) => ({ Keyword }),
  );

export const securityPolicies = (): Offer =>
  offer(
    { product: "Nlb", action: "ListSecurityPolicy" },
    "token",
    { path: "SecurityPolicies", id: "SecurityPolicyId", name: "SecurityPolicyName" },
    newer("tls-", "SecurityPolicyIds", "SecurityPolicyNames"),
  );

/** The resource group, which every create form asks for last. */
export const resourceGroup: Field = {
  name: "ResourceGroupId",
  label: "resourceGroup",
  kind: "offered",
  offer: () =>
    offer({ product: "ResourceManager", action: "ListResourceGroups" }, "number", { path: "ResourceGroups.ResourceGroup", id: "Id", name: "DisplayName" }),
};
