import { expect, test } from "vitest";
import type { Params, Value } from "../api/call.ts";
import provider from "./provider.json" with { type: "json" };
import { actions, asTerraform, named, resourcesOf } from "./terraform.ts";

test("an endpoint is a resource, its zones others that refer to it, by the provider's names", () => {
  const Zone = [
    { ZoneId: "g", VSwitchId: "vsw-1" },
    { ZoneId: "k", VSwitchId: "vsw-2" },
  ];
  const params = { EndpointName: 'a "b" ${c}', ServiceId: "epsrv-1", ServiceName: "", VpcId: "vpc-1", SecurityGroupId: ["sg-1"], Zone };
  expect(asTerraform({ product: "Privatelink", action: "CreateVpcEndpoint", params })).toBe(`resource "alicloud_privatelink_vpc_endpoint" "this" {
  vpc_endpoint_name = "a \\"b\\" $\${c}"
  service_id = "epsrv-1"
  vpc_id = "vpc-1"
  security_group_ids = ["sg-1"]
}

resource "alicloud_privatelink_vpc_endpoint_zone" "this_1" {
  endpoint_id = alicloud_privatelink_vpc_endpoint.this.id
  zone_id = "g"
  vswitch_id = "vsw-1"
}

resource "alicloud_privatelink_vpc_endpoint_zone" "this_2" {
  endpoint_id = alicloud_privatelink_vpc_endpoint.this.id
  zone_id = "k"
  vswitch_id = "vsw-2"
}`);
});

test("what a call changes is written as arguments of the resource that is there", () => {
  const Tag = [{ Key: "team", Value: "shop" }];
  expect(asTerraform({ product: "Vpc", action: "TagResources", params: { ResourceType: "VPC", ResourceId: ["vpc-1"], Tag } })).toBe(
    '# In the resource of type alicloud_vpc that is vpc-1:\ntags = {\n  "team" = "shop"\n}',
  );
  const HealthCheckConfig = { HealthCheckEnabled: true, HealthCheckInterval: 5 };
  expect(asTerraform({ product: "Nlb", action: "UpdateServerGroupAttribute", params: { ServerGroupId: "sgp-1", HealthCheckConfig } })).toBe(
    "# In the resource of type alicloud_nlb_server_group that is sgp-1:\nhealth_check {\n  health_check_enabled = true\n  health_check_interval = 5\n}",
  );
  expect(asTerraform({ product: "Privatelink", action: "DisableVpcEndpointZoneConnection" })).toBe("# The provider has no resource for DisableVpcEndpointZoneConnection.");
});

/** Arguments of the provider that the API calls otherwise, or nests otherwise. */
test("rules, servers, routes, vSwitches and services have the provider's arguments", () => {
  const names = (action: string, params: object) => resourcesOf({ product: "Nlb", action, params: { ...params } }).map((one) => [one.type, Object.keys(one.arguments).join()]);
  const Permissions = [{ Policy: "accept", Priority: 1, IpProtocol: "tcp", PortRange: "80/80", SourceCidrIp: "10.0.0.0/8" }];
  expect(names("AuthorizeSecurityGroup", { SecurityGroupId: "sg-1", Permissions })).toEqual([
    ["alicloud_security_group_rule", "type,security_group_id,policy,priority,ip_protocol,port_range,cidr_ip"],
  ]);
  const Servers = [
    { ServerType: "Ecs", ServerId: "i-1", Port: 80, Weight: 100 },
    { ServerType: "Ecs", ServerId: "i-2", Port: 80, Weight: 50 },
  ];
  const server = ["alicloud_nlb_server_group_server_attachment", "server_group_id,server_type,server_id,port,weight"];
  expect(names("AddServersToServerGroup", { ServerGroupId: "sgp-1", Servers })).toEqual([server, server]);
  expect(names("CreateRouteEntry", { RouteTableId: "vtb-1", DestinationCidrBlock: "0.0.0.0/0", NextHopType: "Instance", NextHopId: "i-1", RouteEntryName: "a" })).toEqual([
    ["alicloud_route_entry", "route_table_id,destination_cidrblock,nexthop_type,nexthop_id,name"],
  ]);
  expect(names("CreateVSwitch", { VpcId: "vpc-1", VSwitchName: "a", Ipv6CidrBlock: "7" })).toEqual([["alicloud_vswitch", "vpc_id,vswitch_name,enable_ipv6,ipv6_cidr_block_mask"]]);
  expect(names("CreateServerGroup", { ServerGroupName: "a", AddressIPVersion: "DualStack", HealthCheckConfig: {} })).toEqual([["alicloud_nlb_server_group", "server_group_name,address_ip_version,health_check"]]);
  expect(names("CreateVpcEndpointService", { AutoAcceptEnabled: true, Resource: [{ ResourceType: "nlb", ResourceId: "nlb-1", ZoneId: "g" }] })).toEqual([
    ["alicloud_privatelink_vpc_endpoint_service", "auto_accept_connection"],
    ["alicloud_privatelink_vpc_endpoint_service_resource", "service_id,resource_type,resource_id,zone_id"],
  ]);
});

/** What a resource or a block of it takes: a `!` is behind the name of what must be given, a block has arguments of its own. */
interface Block {
  [name: string]: Block | 1;
}

const RESOURCES = provider as unknown as Record<string, Block>;
const TAG = { ResourceId: ["x-1"], Tag: [{ Key: "team", Value: "shop" }] };
const TAGGED = ["VPC", "VSWITCH", "ROUTETABLE", "instance", "securitygroup", "loadbalancer", "listener", "servergroup", "vpcendpoint", "vpcendpointservice"];
const RULE = { SecurityGroupId: "sg-1", Permissions: [{ Policy: "accept", Priority: 1, IpProtocol: "tcp", PortRange: "80/80", Description: "a" }] };
const rules = (...peers: string[]) => peers.map((peer): Params => ({ ...RULE, Permissions: RULE.Permissions.map((rule) => ({ ...rule, [peer]: "x" })) }));
const HEALTH = { HealthCheckEnabled: true, HealthCheckType: "HTTP", HealthCheckConnectPort: 80, HealthCheckConnectTimeout: 5, HealthCheckInterval: 5, HealthyThreshold: 2, UnhealthyThreshold: 2, HealthCheckDomain: "a.example", HealthCheckUrl: "/", HttpCheckMethod: "GET" };
const UDP = { HealthCheckEnabled: true, HealthCheckType: "UDP", HealthCheckReq: "ping", HealthCheckExp: "pong" };
const SERVERS = { ServerGroupId: "sgp-1", Servers: [{ ServerType: "Ecs", ServerId: "i-1", ServerIp: "fd00::1", Port: 80, Weight: 100 }] };
const RECORD = { Rr: "www", Type: "MX", Value: "10.0.0.1", Priority: 1, Ttl: 60 };

/** The calls of forms, with all that can be entered. */
const CALLS: Record<string, Params[]> = {
  CreateVpc: [{ VpcName: "a", CidrBlock: "10.0.0.0/16", EnableIpv6: true, Description: "a", ResourceGroupId: "rg-1" }],
  AssociateVpcCidrBlock: [{ VpcId: "vpc-1", SecondaryCidrBlock: "172.16.0.0/16" }],
  CreateVSwitch: [{ VpcId: "vpc-1", ZoneId: "g", CidrBlock: "10.0.1.0/24", Ipv6CidrBlock: "7", VSwitchName: "a" }],
  ModifyVSwitchAttribute: [{ VSwitchId: "vsw-1", EnableIPv6: true, Ipv6CidrBlock: "7" }],
  CreateRouteTable: [{ VpcId: "vpc-1", RouteTableName: "a" }],
  CreateRouteEntry: [{ RouteTableId: "vtb-1", DestinationCidrBlock: "0.0.0.0/0", NextHopType: "Instance", NextHopId: "i-1", RouteEntryName: "a" }],
  AssociateRouteTable: [{ RouteTableId: "vtb-1", VSwitchId: "vsw-1" }],
  AddZone: [{ ZoneName: "a.example", ProxyPattern: "ZONE", ResourceGroupId: "rg-1" }],
  AddZoneRecord: [{ ZoneId: "1", ...RECORD }],
  UpdateZoneRecord: [{ RecordId: 1, ...RECORD }],
  BindZoneVpc: [{ ZoneId: "1", Vpcs: [{ VpcId: "vpc-1", RegionId: "cn-hangzhou" }] }],
  RunInstances: [{ ImageId: "host", InstanceName: "a", VSwitchId: "vsw-1", SecurityGroupIds: ["sg-1"], PrivateIpAddress: "10.0.0.1", Ipv6AddressCount: 1, UserData: "IyE=", ResourceGroupId: "rg-1" }],
  AssignIpv6Addresses: [{ NetworkInterfaceId: "eni-1", Ipv6AddressCount: 1 }],
  CreateSecurityGroup: [{ SecurityGroupName: "a", VpcId: "vpc-1", SecurityGroupType: "normal", Description: "a", ResourceGroupId: "rg-1" }],
  AuthorizeSecurityGroup: rules("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId"),
  AuthorizeSecurityGroupEgress: rules("DestCidrIp", "Ipv6DestCidrIp", "DestGroupId", "DestPrefixListId"),
  CreatePrefixList: [{ PrefixListName: "a", AddressFamily: "IPv4", MaxEntries: 1, Entry: [{ Cidr: "10.0.0.0/8", Description: "a" }], Description: "a" }],
  ModifyPrefixList: [{ PrefixListId: "pl-1", AddEntry: [{ Cidr: "10.0.0.0/8", Description: "a" }] }, { PrefixListId: "pl-1", PrefixListName: "a", Description: "a" }],
  CreateLoadBalancer: [{ RegionId: "cn-hangzhou", LoadBalancerName: "a", AddressType: "Intranet", AddressIpVersion: "IPv4", VpcId: "vpc-1", ZoneMappings: [{ ZoneId: "g", VSwitchId: "vsw-1" }], ResourceGroupId: "rg-1" }],
  CreateServerGroup: [HEALTH, UDP].map((HealthCheckConfig) => ({ ServerGroupName: "a", ServerGroupType: "Instance", VpcId: "vpc-1", Protocol: "TCP", Scheduler: "Wrr", AddressIPVersion: "DualStack", ConnectionDrainEnabled: true, ConnectionDrainTimeout: 10, PreserveClientIpEnabled: true, AnyPortEnabled: true, HealthCheckConfig, ResourceGroupId: "rg-1" })),
  UpdateServerGroupAttribute: [{ ServerGroupId: "sgp-1", HealthCheckConfig: HEALTH }],
  AddServersToServerGroup: [SERVERS],
  UpdateServerGroupServersAttribute: [SERVERS],
  CreateListener: [{ LoadBalancerId: "nlb-1", ListenerProtocol: "TCPSSL", ListenerPort: 443, StartPort: 1, EndPort: 2, ServerGroupId: "sgp-1", ListenerDescription: "a", CertificateIds: ["1"], SecurityPolicyId: "tls-1", ProxyProtocolEnabled: true, IdleTimeout: 1 }],
  CreateSecurityPolicy: [{ SecurityPolicyName: "a", TlsVersions: ["TLSv1.2"], Ciphers: ["A"], ResourceGroupId: "rg-1" }],
  UploadUserCertificate: [{ Name: "a", Cert: "a", Key: "a", ResourceGroupId: "rg-1" }],
  CreateVpcEndpointService: [{ ServiceResourceType: "nlb", Resource: [{ ResourceType: "nlb", ResourceId: "nlb-1", ZoneId: "g" }], AddressIpVersion: "IPv4", AutoAcceptEnabled: true, ZoneAffinityEnabled: true, ServiceDescription: "a", ResourceGroupId: "rg-1" }],
  AttachResourceToVpcEndpointService: [{ ServiceId: "epsrv-1", ResourceType: "nlb", ZoneId: "g", ResourceId: "nlb-1" }],
  AddUserToVpcEndpointService: [{ ServiceId: "epsrv-1", UserId: "1" }],
  CreateVpcEndpoint: [{ EndpointName: "a", EndpointType: "Interface", ServiceId: "epsrv-1", ServiceName: "a", VpcId: "vpc-1", AddressIpVersion: "IPv4", SecurityGroupId: ["sg-1"], Zone: [{ ZoneId: "g", VSwitchId: "vsw-1" }], EndpointDescription: "a", ResourceGroupId: "rg-1" }],
  AddZoneToVpcEndpoint: [{ EndpointId: "ep-1", ZoneId: "g", VSwitchId: "vsw-1" }],
  EnableVpcEndpointConnection: [{ ServiceId: "epsrv-1", EndpointId: "ep-1", Bandwidth: 100 }],
  CreateResourceGroup: [{ Name: "a", DisplayName: "a" }],
  TagResources: TAGGED.map((ResourceType) => ({ ResourceType, ...TAG })),
};

/** As the package that the provider's schema was read from has it: in one word, and lists in the plural. */
const camel = (name: string) => name.replace(" =", "").replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const plural = (name: string) => (name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}s`);

/** What the provider would say to arguments: those that it does not know, and, of what is new, those that it needs and that are not there. */
function complaints(block: Block, given: Params, isNew: boolean): string[] {
  const known = (name: string) => [camel(name), plural(camel(name))].flatMap((one) => [one, `${one}!`]).find((one) => one in block);
  const used = Object.entries(given).map(([name, value]) => ({ name, value, key: known(name) }));
  const inside = (value: Value, inner: Block | 1 | undefined): string[] => {
    if (typeof inner !== "object") return [];
    return [value].flat().flatMap((one) => complaints(inner, named(one as Params), true));
  };
  const needed = isNew ? Object.keys(block).filter((key) => key.endsWith("!") && !used.some((one) => one.key === key)) : [];
  return [...used.flatMap(({ name, value, key }) => (key === undefined ? [`unknown: ${name}`] : inside(value, block[key]))), ...needed.map((key) => `missing: ${key}`)];
}

test("what the provider has no tags for is not tagged", () => {
  expect(asTerraform({ product: "Ecs", action: "TagResources", params: { ResourceType: "prefixlist", ...TAG } })).toBe("# The provider has no resource for TagResources.");
});

test("every call of a form that the provider has resources for is a call of this test", () => {
  expect(Object.keys(CALLS).sort()).toEqual([...actions].sort());
});

test("the provider knows each argument of each snippet, and no snippet lacks what it needs", () => {
  for (const [action, calls] of Object.entries(CALLS)) {
    for (const params of calls) {
      const resources = resourcesOf({ product: "Nlb", action, params });
      expect(resources.length, action).toBeGreaterThan(0);
      for (const { type, of, arguments: given } of resources) {
        const block = RESOURCES[type];
        expect(block, `${action}: ${type}`).toBeDefined();
        expect(complaints(block ?? {}, given, of === undefined), `${action}: ${type}`).toEqual([]);
      }
    }
  }
});
