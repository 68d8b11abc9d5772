// What forms offer to choose from, as the API lists it.
import { list, text, texts, type Answer, type Call, type Params } from "../api/call.ts";
import { str, type Entry, type Field, type Offer, type Option, type Values } from "./form.ts";
import { ipv6Of, numberOf, part, PARTS } from "./ipv6.ts";
import type { Paging } from "./paging.ts";
import { searches, type Search } from "./search.ts";

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
  return { call, paging, pick, ...(search && { search: search.params }) };
}

export const vpcs = (): Offer =>
  offer({ product: "Vpc", action: "DescribeVpcs" }, "number", { path: "Vpcs.Vpc", id: "VpcId", name: "VpcName" }, searches.vpcs);

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
  return { call, paging: "number", pick, search: searches.vswitches.params };
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

const plain = (value: string): Option => ({ value, label: value });

/** The zones in which a VPC has a vSwitch, but for those of other lines. */
export function zonesOf(vpc: Entry, without: string[] = []): Offer | undefined {
  const all = vswitches(vpc);
  if (all === undefined) return undefined;
  const pick = (answer: Answer) => list(answer, "VSwitches.VSwitch").map((row) => plain(text(row, "ZoneId")));
  return { call: all.call, paging: all.paging, pick, without };
}

/** The zones in which there is a load balancer. */
export const zonesOfBalancers = (): Offer => ({
  call: { product: "Nlb", action: "ListLoadBalancers" },
  paging: "token",
  pick: (answer) => list(answer, "LoadBalancers").flatMap((row) => list(row, "ZoneMappings").map((zone) => plain(text(zone, "ZoneId")))),
});

export function securityGroups(vpc: Entry): Offer | undefined {
  if (str(vpc) === "") return undefined;
  const call: Call = { product: "Ecs", action: "DescribeSecurityGroups", params: { VpcId: str(vpc) } };
  const rows = { path: "SecurityGroups.SecurityGroup", id: "SecurityGroupId", name: "SecurityGroupName" };
  return offer(call, "number", rows, searches.securityGroups);
}

/** The prefix lists of an address family, or all. */
export function prefixLists(family: string): Offer {
  const call: Call = { product: "Ecs", action: "DescribePrefixLists", params: { AddressFamily: family } };
  return offer(call, "token", { path: "PrefixLists.PrefixList", id: "PrefixListId", name: "PrefixListName" }, searches.prefixLists);
}

/** The instances of a VPC. */
export const instances = (vpc: Entry): Offer | undefined => (str(vpc) === "" ? undefined : allInstances({ VpcId: str(vpc) }));

export const allInstances = (params: Params = {}): Offer =>
  offer(
    { product: "Ecs", action: "DescribeInstances", params },
    "number",
    { path: "Instances.Instance", id: "InstanceId", name: "InstanceName" },
    searches.instances,
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
        searches.loadBalancers,
      );

/** What a listener is to be, as far as it says which server groups fit. */
export interface Listening {
  protocol: Entry;
  byRange: boolean;
}

/** The server groups of a VPC that a listener can use: of its protocol; for TLS without the client's address; every port with every port. */
export function serverGroups(vpc: string, { protocol, byRange }: Listening): Offer {
  const wanted = str(protocol) === "TCPSSL" ? ["TCP"] : [str(protocol), "TCP_UDP"];
  const call: Call = { product: "Nlb", action: "ListServerGroups", params: { VpcId: vpc } };
  const fits = (row: Answer) =>
    wanted.includes(text(row, "Protocol")) &&
    (text(row, "AnyPortEnabled") === "true") === byRange &&
    !(str(protocol) === "TCPSSL" && text(row, "PreserveClientIpEnabled") === "true");
  const pick = (answer: Answer) =>
    list(answer, "ServerGroups")
      .filter(fits)
      .map((row) => named(text(row, "ServerGroupId"), text(row, "ServerGroupName")));
  return { call, paging: "token", pick, search: searches.serverGroups.params };
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

/** The zones of a service in which a VPC has a vSwitch: an endpoint takes some of them. */
export function zonesOfService(service: { ServiceId: string; ServiceName?: string }, vpc: Entry): Offer | undefined {
  const own = zonesOf(vpc);
  if (own === undefined || (service.ServiceId === "" && !service.ServiceName)) return undefined;
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointServicesByEndUser", params: service };
  const pick = (answer: Answer) => texts(list(answer, "Services")[0], "Zones").map(plain);
  return { call, paging: "none", pick, among: { ...own, pick: (answer) => own.pick(answer).map(({ value }) => value) } };
}

/** The interfaces of reverse endpoints that services of this account may use. */
export function reverseInterfaces(): Offer {
  const call: Call = { product: "Privatelink", action: "ListVpcEndpointConnections", params: { ConnectionStatus: "Connected" } };
  const pick = (answer: Answer) =>
    list(answer, "Connections")
      .filter((row) => text(row, "EndpointType") === "Reverse")
      .flatMap((row) => list(row, "Zones").map((zone) => ({ value: text(zone, "EniId"), label: `${text(row, "EndpointId")} · ${text(zone, "ZoneId")} (${text(zone, "EniId")})` })));
  return { call, paging: "token", pick };
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

/** What a service has in a zone already. */
export function resourcesIn(service: string, zone: Entry): Values {
  const offer = resourcesOf(service, zone);
  return { ...offer, pick: (answer) => offer.pick(answer).map(({ value }) => value) };
}

export const certificates = (): Offer =>
  offer(
    { product: "Cas", action: "ListUserCertificateOrder" },
    "cas",
    { path: "CertificateOrderList", id: "CertificateId", name: "Name" },
    searches.keyword,
  );

export const securityPolicies = (): Offer =>
  offer(
    { product: "Nlb", action: "ListSecurityPolicy" },
    "token",
    { path: "SecurityPolicies", id: "SecurityPolicyId", name: "SecurityPolicyName" },
    searches.securityPolicies,
  );

/** The resource group, which every create form asks for last. */
export const resourceGroup: Field = {
  name: "ResourceGroupId",
  label: "resourceGroup",
  kind: "offered",
  offer: () =>
    offer({ product: "ResourceManager", action: "ListResourceGroups" }, "number", { path: "ResourceGroups.ResourceGroup", id: "Id", name: "DisplayName" }),
};
