// What forms offer to choose from, as the API lists it.
import { list, text, texts, type Answer, type Call, type Params, type Product } from "../api/call.ts";
import { str, type Entries, type Entry, type Field, type Offer, type Option } from "./form.ts";
import { ipv6Of, numberOf, part, PARTS } from "./ipv6.ts";

/** Most choices that one list shows; what is beyond is found by its name or id. */
const MOST = 50;

type Search = (typed: string) => Params;

/** The older products find names by their beginning; the newer ones find whole names. */
const older = (prefix: string, id: string, name: string): Search => (typed) => (typed.startsWith(prefix) ? { [id]: typed } : { [name]: `${typed}*` });
const newer = (prefix: string, ids: string, names: string): Search => (typed) => ({ [typed.startsWith(prefix) ? ids : names]: [typed] });

function named(id: string, name: string): Option {
  return { value: id, label: name === "" ? id : `${name} (${id})` };
}

function offer(product: Product, action: string, params: Params, path: string, id: string, name: string, search?: Search): Offer {
  const call: Call = { product, action, params };
  const pick = (answer: Answer) => list(answer, path).map((row) => named(text(row, id), text(row, name)));
  return { call, pick, ...(search && { search }) };
}

export const vpcs = (): Offer => offer("Vpc", "DescribeVpcs", { PageSize: MOST }, "Vpcs.Vpc", "VpcId", "VpcName", older("vpc-", "VpcId", "VpcName"));

export const zones = (): Offer => offer("Vpc", "DescribeZones", {}, "Zones.Zone", "ZoneId", "");

/** The vSwitches of a VPC, in one zone of it when that is given. */
export function vswitches(vpc: Entry, zone?: Entry): Offer | undefined {
  if (str(vpc) === "") return undefined;
  const call: Call = { product: "Vpc", action: "DescribeVSwitches", params: { VpcId: str(vpc), ZoneId: str(zone), PageSize: MOST } };
  const pick = (answer: Answer) =>
    list(answer, "VSwitches.VSwitch").map((row) => {
      const place = ["ZoneId", "CidrBlock", "Ipv6CidrBlock"].map((name) => text(row, name)).filter((shown) => shown !== "");
      return { value: text(row, "VSwitchId"), label: `${text(row, "VSwitchName") || text(row, "VSwitchId")} · ${place.join(", ")}` };
    });
  return { call, pick, search: older("vsw-", "VSwitchId", "VSwitchName") };
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
    pick: (answer) => list(answer, "Vpcs.Vpc").map((row) => text(row, "Ipv6CidrBlock")).filter((range) => range !== "").flatMap(parts),
    taken: { call: others.call, pick: numbered },
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
  return { call: all.call, pick };
}

export function securityGroups(vpc: Entry): Offer | undefined {
  if (str(vpc) === "") return undefined;
  const params = { VpcId: str(vpc), PageSize: MOST };
  const search = older("sg-", "SecurityGroupIds", "SecurityGroupName");
  return offer("Ecs", "DescribeSecurityGroups", params, "SecurityGroups.SecurityGroup", "SecurityGroupId", "SecurityGroupName", search);
}

/** The instances of a VPC. */
export const instances = (vpc: Entry): Offer | undefined => (str(vpc) === "" ? undefined : allInstances({ VpcId: str(vpc) }));

export const allInstances = (params: Params = {}): Offer =>
  offer("Ecs", "DescribeInstances", { ...params, PageSize: MOST }, "Instances.Instance", "InstanceId", "InstanceName", older("i-", "InstanceIds", "InstanceName"));

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
    : offer("Nlb", "ListLoadBalancers", { ZoneId: str(zone), MaxResults: MOST }, "LoadBalancers", "LoadBalancerId", "LoadBalancerName", newer("nlb-", "LoadBalancerIds", "LoadBalancerNames"));

/** The server groups of a VPC that a listener of this protocol can use. */
export function serverGroups(vpc: string, protocol: Entry): Offer {
  const wanted = str(protocol) === "TCPSSL" ? ["TCP", "TCPSSL"] : [str(protocol), "TCP_UDP"];
  const call: Call = { product: "Nlb", action: "ListServerGroups", params: { VpcId: vpc, MaxResults: MOST } };
  const pick = (answer: Answer) =>
    list(answer, "ServerGroups")
      .filter((row) => wanted.includes(text(row, "Protocol")))
      .map((row) => named(text(row, "ServerGroupId"), text(row, "ServerGroupName")));
  return { call, pick, search: newer("sgp-", "ServerGroupIds", "ServerGroupNames") };
}

export function services(): Offer {
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServicesByEndUser", params: { MaxResults: MOST } };
  const pick = (answer: Answer) =>
    list(answer, "Services").map((row) => ({
      value: text(row, "ServiceId"),
      label: `${text(row, "ServiceId")} (${texts(row, "Zones").join(", ")})`,
    }));
  return { call, pick, search: (ServiceId) => ({ ServiceId }) };
}

/** The zones of a service, of which an endpoint takes some. */
export function zonesOfService(entries: Entries): Offer | undefined {
  const id = str(entries["ServiceId"]);
  const name = str(entries["ServiceName"]);
  if (id === "" && name === "") return undefined;
  const params = { ServiceId: id, ServiceName: name, MaxResults: MOST };
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServicesByEndUser", params };
  const pick = (answer: Answer) =>
    texts(list(answer, "Services")[0], "Zones").map((zone) => ({ value: zone, label: zone }));
  return { call, pick };
}

export const certificates = (): Offer =>
  offer("Cas", "ListUserCertificateOrder", { ShowSize: MOST }, "CertificateOrderList", "CertificateId", "Name", (Keyword) => ({ Keyword }));

export const securityPolicies = (): Offer =>
  offer("Nlb", "ListSecurityPolicy", { MaxResults: MOST }, "SecurityPolicies", "SecurityPolicyId", "SecurityPolicyName", newer("tls-", "SecurityPolicyIds", "SecurityPolicyNames"));

/** The resource group, which every create form asks for last. */
export const resourceGroup: Field = {
  name: "ResourceGroupId",
  label: "resourceGroup",
  kind: "offered",
  offer: () =>
    offer("ResourceManager", "ListResourceGroups", { PageSize: MOST }, "ResourceGroups.ResourceGroup", "Id", "DisplayName"),
};
