import { expect, test } from "vitest";
import { asTerraform, resourcesOf } from "./terraform.ts";

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
