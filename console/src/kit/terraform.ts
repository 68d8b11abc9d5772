// What a call is in Terraform: the resources that stand for it, or what changes of one, by the names of the provider's arguments.
import { list, text, type Call, type Params, type Value } from "../api/call.ts";

/** A resource; `of` names the one that is changed where the call makes none. */
export interface Resource {
  type: string;
  of?: string;
  arguments: Params;
}

type Written = (params: Params) => Resource[];

const snake = (name: string) =>
  name
    .replaceAll("VSwitch", "Vswitch")
    .replaceAll("VPC", "Vpc")
    .replaceAll("IPVersion", "IpVersion")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase();

/** Parameters by the provider's names: most are the API's own with underscores, what is called otherwise is in `other`; "" leaves out. */
export function named(params: Params, other: Record<string, string> = {}): Params {
  const pairs = Object.entries(params).map(([name, value]): [string, Value] => [other[name] ?? snake(name), value]);
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}

const made =
  (type: string, other?: Record<string, string>): Written =>
  (params) => [{ type, arguments: named(params, other) }];

/** A resource of which some arguments change; its id stands in a parameter. */
const changed =
  (type: string, id: string, other?: Record<string, string>): Written =>
  (params) => [{ type, of: text(params, id), arguments: named(params, { ...other, [id]: "" }) }];

/** A reference to the resource that stands before. */
const THIS = (type: string) => `\${${type}.this.id}`;

const SERVICE = "alicloud_privatelink_vpc_endpoint_service";
const ENDPOINT = "alicloud_privatelink_vpc_endpoint";
const ZONE_OF_ENDPOINT = "alicloud_privatelink_vpc_endpoint_zone";
const SERVER = "alicloud_nlb_server_group_server_attachment";

/** The other end of a rule has the same arguments in both directions. */
const RULE = {
  SourceCidrIp: "cidr_ip",
  DestCidrIp: "cidr_ip",
  Ipv6SourceCidrIp: "ipv6_cidr_ip",
  Ipv6DestCidrIp: "ipv6_cidr_ip",
  SourceGroupId: "source_security_group_id",
  DestGroupId: "source_security_group_id",
  SourcePrefixListId: "prefix_list_id",
  DestPrefixListId: "prefix_list_id",
};

const rule =
  (type: "ingress" | "egress"): Written =>
  ({ SecurityGroupId, Permissions }) =>
    list({ Permissions }, "Permissions").map((one) => ({
      type: "alicloud_security_group_rule",
      arguments: named(
        { type, SecurityGroupId, ...(one as Params) },
        RULE,
      ),
    }));

/** What a tag is put on, by the type of resource in the call. */
const TAGGED: Record<string, string> = {
  VPC: "alicloud_vpc",
  VSWITCH: "alicloud_vswitch",
  ROUTETABLE: "alicloud_route_table",
  instance: "alicloud_instance",
  securitygroup: "alicloud_security_group",
  loadbalancer: "alicloud_nlb_load_balancer",
  listener: "alicloud_nlb_listener",
  servergroup: "alicloud_nlb_server_group",
  vpcendpoint: ENDPOINT,
  vpcendpointservice: SERVICE,
};

const tagged: Written = (params) => {
  const tags = list(params, "Tag").map((one): [string, Value] => [text(one, "Key"), text(one, "Value")]);
  const type = TAGGED[text(params, "ResourceType")];
  return type === undefined ? [] : [{ type, of: text(params, "ResourceId.0"), arguments: { "tags =": Object.fromEntries(tags) } }];
};

const servers: Written = ({ ServerGroupId, Servers }) => list({ Servers }, "Servers").map((one) => ({ type: SERVER, arguments: named({ ServerGroupId, ...(one as Params) }) }));

const RESOURCES: Record<string, Written> = {
  CreateVpc: made("alicloud_vpc"),
  AssociateVpcCidrBlock: made("alicloud_vpc_ipv4_cidr_block"),
  CreateVSwitch: ({ Ipv6CidrBlock, ...params }) => made("alicloud_vswitch")({ ...params, ...ipv6Part(Ipv6CidrBlock) }),
  ModifyVSwitchAttribute: ({ VSwitchId, Ipv6CidrBlock }) => changed("alicloud_vswitch", "VSwitchId")({ VSwitchId, ...ipv6Part(Ipv6CidrBlock) }),
  CreateRouteTable: made("alicloud_route_table"),
  CreateRouteEntry: made("alicloud_route_entry", { DestinationCidrBlock: "destination_cidrblock", NextHopType: "nexthop_type", NextHopId: "nexthop_id", RouteEntryName: "name" }),
  AssociateRouteTable: made("alicloud_route_table_attachment"),
  AddZone: made("alicloud_pvtz_zone"),
  AddZoneRecord: made("alicloud_pvtz_zone_record"),
  UpdateZoneRecord: changed("alicloud_pvtz_zone_record", "RecordId"),
  BindZoneVpc: made("alicloud_pvtz_zone_attachment"),
  // The provider asks for a type, which the API chooses when none is given.
  RunInstances: (params) => made("alicloud_instance", { SecurityGroupIds: "security_groups", PrivateIpAddress: "private_ip" })({ ...params, InstanceType: "ecs.t6-c1m1.large" }),
  AssignIpv6Addresses: changed("alicloud_ecs_network_interface", "NetworkInterfaceId"),
  CreateSecurityGroup: made("alicloud_security_group"),
  AuthorizeSecurityGroup: rule("ingress"),
  AuthorizeSecurityGroupEgress: rule("egress"),
  CreatePrefixList: made("alicloud_ecs_prefix_list"),
  ModifyPrefixList: changed("alicloud_ecs_prefix_list", "PrefixListId", { AddEntry: "entry" }),
  CreateLoadBalancer: made("alicloud_nlb_load_balancer", { RegionId: "" }),
  CreateServerGroup: made("alicloud_nlb_server_group", { HealthCheckConfig: "health_check" }),
  UpdateServerGroupAttribute: changed("alicloud_nlb_server_group", "ServerGroupId", { HealthCheckConfig: "health_check" }),
  AddServersToServerGroup: servers,
  UpdateServerGroupServersAttribute: (params) => servers(params).map((one) => ({ ...one, of: text(one.arguments, "server_id"), arguments: { weight: one.arguments["weight"] } })),
  CreateListener: made("alicloud_nlb_listener"),
  CreateSecurityPolicy: made("alicloud_nlb_security_policy"),
  UploadUserCertificate: made("alicloud_ssl_certificates_service_certificate", { Name: "certificate_name" }),
  CreateVpcEndpointService: ({ Resource, ...params }) => [
    ...made(SERVICE, { AutoAcceptEnabled: "auto_accept_connection" })(params),
    ...list({ Resource }, "Resource").map((one) => ({ type: `${SERVICE}_resource`, arguments: named({ ServiceId: THIS(SERVICE), ...(one as Params) }) })),
  ],
  AttachResourceToVpcEndpointService: made(`${SERVICE}_resource`),
  AddUserToVpcEndpointService: made(`${SERVICE}_user`),
  CreateVpcEndpoint: ({ Zone, ...params }) => [
    ...made(ENDPOINT, { EndpointName: "vpc_endpoint_name", SecurityGroupId: "security_group_ids" })(params),
    ...list({ Zone }, "Zone").map((one) => ({ type: ZONE_OF_ENDPOINT, arguments: named({ EndpointId: THIS(ENDPOINT), ...(one as Params) }) })),
  ],
  AddZoneToVpcEndpoint: made(ZONE_OF_ENDPOINT),
  EnableVpcEndpointConnection: made("alicloud_privatelink_vpc_endpoint_connection"),
  CreateResourceGroup: made("alicloud_resource_manager_resource_group", { Name: "resource_group_name" }),
  TagResources: tagged,
};

/** A vSwitch says its part of the range by a number, and that it has one. */
const ipv6Part = (part: Value): Params => (part ? { EnableIpv6: true, Ipv6CidrBlockMask: Number(part) } : {});

/** A text of HCL: what is `${…}` is a reference. */
function written(value: Value): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return /^\$\{[^}]*\}$/.test(value) ? value.slice(2, -1) : JSON.stringify(value).replaceAll("${", () => "$${");
}

function attribute(name: string, value: Value, indent: string): string {
  if (value === undefined || value === null || value === "") return "";
  if (Array.isArray(value)) {
    if (value.every((member) => typeof member !== "object")) return `${indent}${name} = [${value.map(written).join(", ")}]\n`;
    return value.map((member) => attribute(name, member, indent)).join("");
  }
  if (typeof value !== "object") return `${indent}${name} = ${written(value)}\n`;
  // A map has an equals sign, a block none; names in a map are somebody's own.
  const members = name.endsWith(" =") ? Object.entries(value).map(([key, member]): [string, Value] => [JSON.stringify(key), member]) : Object.entries(named(value));
  return `${indent}${name} {\n${members.map(([key, member]) => attribute(key, member, `${indent}  `)).join("")}${indent}}\n`;
}

const attributes = (params: Params, indent: string) => Object.entries(params).map(([name, value]) => attribute(name, value, indent)).join("");

/** Several of one type have numbers. */
function block({ type, of, arguments: given }: Resource, index: number, all: Resource[]): string {
  if (of !== undefined) return `# In the resource of type ${type} that is ${of}:\n${attributes(given, "")}`.trimEnd();
  const same = all.filter((other) => other.type === type);
  const name = same.length === 1 ? "this" : `this_${all.slice(0, index + 1).filter((other) => other.type === type).length}`;
  return `resource "${type}" "${name}" {\n${attributes(given, "  ")}}`;
}

/** The calls that the provider has resources for. */
export const actions = Object.keys(RESOURCES);

/** The resources of a call; none where the provider has none for it. */
export const resourcesOf = ({ action, params }: Call): Resource[] => RESOURCES[action]?.(params ?? {}) ?? [];

export function asTerraform(call: Call): string {
  const resources = resourcesOf(call);
  return resources.length === 0 ? `# The provider has no resource for ${call.action}.` : resources.map(block).join("\n\n");
}
