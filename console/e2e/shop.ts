// The documentation's picture, made by the API: what the walkthrough makes by mouse, for tests of what is shown of it.
import { text, texts } from "../src/api/call.ts";
import type { Account } from "./account.ts";
import { nginx, ZONES } from "./browser.ts";

interface Network {
  vpc: string;
  vswitches: readonly [string, string];
}

function network(owner: Account, name: string): Network {
  const vpc = text(owner.api("vpc", "CreateVpc", { VpcName: name, CidrBlock: "10.0.0.0/16" }), "VpcId");
  owner.api("vpc", "DescribeVpcs", { VpcId: vpc }, "Vpcs.Vpc.0.Status=Available");
  const vswitch = (zone: string, third: number) =>
    text(owner.api("vpc", "CreateVSwitch", { VpcId: vpc, ZoneId: zone, CidrBlock: `10.0.${third}.0/24`, VSwitchName: `${name}-${zone}` }), "VSwitchId");
  return { vpc, vswitches: [vswitch(ZONES[0], 1), vswitch(ZONES[1], 2)] };
}

function instance(owner: Account, name: string, vswitch: string, script = ""): string {
  const UserData = Buffer.from(script).toString("base64");
  const made = owner.api("ecs", "RunInstances", { ImageId: "host", InstanceName: name, VSwitchId: vswitch, UserData });
  return texts(made, "InstanceIdSets.InstanceIdSet")[0] ?? "";
}

export interface Provided extends Network {
  servers: string[];
  balancer: string;
  group: string;
  listener: string;
  service: string;
}

/** VPC 2 with ECS 03 and ECS 04 behind an NLB, and an endpoint service of it that says who may connect. */
export function provide(owner: Account, ...consumers: string[]): Provided {
  const { vpc, vswitches } = network(owner, "vpc-2");
  const servers = ["ECS-03", "ECS-04"].map((name, index) => instance(owner, name, vswitches[index] ?? "", nginx(name)));
  const zones = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  const balancer = text(owner.api("nlb", "CreateLoadBalancer", { LoadBalancerName: "nlb-1", AddressType: "Intranet", VpcId: vpc, ZoneMappings: zones }), "LoadbalancerId");
  const group = text(owner.api("nlb", "CreateServerGroup", { ServerGroupName: "RS-1", VpcId: vpc, Protocol: "TCP" }), "ServerGroupId");
  const Servers = servers.map((ServerId) => ({ ServerType: "Ecs", ServerId, Port: 80, Weight: 100 }));
  owner.api("nlb", "AddServersToServerGroup", { ServerGroupId: group, Servers });
  owner.api("nlb", "GetLoadBalancerAttribute", { LoadBalancerId: balancer }, "LoadBalancerStatus=Active");
  const listener = text(owner.api("nlb", "CreateListener", { LoadBalancerId: balancer, ListenerProtocol: "TCP", ListenerPort: 80, ServerGroupId: group }), "ListenerId");
  const Resource = ZONES.map((ZoneId) => ({ ResourceType: "nlb", ResourceId: balancer, ZoneId }));
  const service = text(owner.api("privatelink", "CreateVpcEndpointService", { ServiceResourceType: "nlb", Resource, ServiceDescription: "shop" }), "ServiceId");
  owner.api("privatelink", "GetVpcEndpointServiceAttribute", { ServiceId: service }, "ServiceStatus=Active");
  for (const UserId of consumers) owner.api("privatelink", "AddUserToVpcEndpointService", { ServiceId: service, UserId });
  return { vpc, vswitches, servers, balancer, group, listener, service };
}

export interface Consumed extends Network {
  securityGroup: string;
  endpoint: string;
}

/** VPC 1 with ECS 01 and an endpoint of a service. */
export function consume(owner: Account, service: string): Consumed {
  const { vpc, vswitches } = network(owner, "vpc-1");
  const securityGroup = text(owner.api("ecs", "CreateSecurityGroup", { VpcId: vpc, SecurityGroupName: "clients" }), "SecurityGroupId");
  instance(owner, "ECS-01", vswitches[0]);
  const Zone = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  const wanted = { EndpointName: "endpoint-1", ServiceId: service, VpcId: vpc, SecurityGroupId: [securityGroup], Zone };
  const endpoint = text(owner.api("privatelink", "CreateVpcEndpoint", wanted), "EndpointId");
  owner.api("privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "EndpointStatus=Active");
  return { vpc, vswitches, securityGroup, endpoint };
}
