// The documentation's picture, made by the API: what the walkthrough makes by mouse, for tests of what is shown of it.
import { text, texts } from "../src/api/call.ts";
import type { Account } from "./account.ts";
import { nginx, ZONES } from "./browser.ts";

interface Network {
  vpc: string;
  vswitches: readonly [string, string];
}

async function network(owner: Account, name: string): Promise<Network> {
  const vpc = text(await owner.api("Vpc", "CreateVpc", { VpcName: name, CidrBlock: "10.0.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId: vpc }, "Vpcs.Vpc.0.Status=Available");
  const vswitch = async (zone: string, third: number) =>
    text(await owner.api("Vpc", "CreateVSwitch", { VpcId: vpc, ZoneId: zone, CidrBlock: `10.0.${third}.0/24`, VSwitchName: `${name}-${zone}` }), "VSwitchId");
  return { vpc, vswitches: [await vswitch(ZONES[0], 1), await vswitch(ZONES[1], 2)] };
}

async function instance(owner: Account, name: string, vswitch: string, script = ""): Promise<string> {
  const UserData = Buffer.from(script).toString("base64");
  const made = await owner.api("Ecs", "RunInstances", { ImageId: "host", InstanceName: name, VSwitchId: vswitch, UserData });
  return texts(made, "InstanceIdSets.InstanceIdSet")[0] ?? "";
}

export interface Provided extends Network {
  servers: string[];
  balancer: string;
  group: string;
  listener: string;
  service: string;
}

/** An NLB in both zones of a network. */
export async function balance(owner: Account, { vpc, vswitches }: Network, name: string): Promise<string> {
  const ZoneMappings = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  const made = await owner.api("Nlb", "CreateLoadBalancer", { LoadBalancerName: name, AddressType: "Intranet", VpcId: vpc, ZoneMappings });
  const balancer = text(made, "LoadbalancerId");
  await owner.api("Nlb", "GetLoadBalancerAttribute", { LoadBalancerId: balancer }, "LoadBalancerStatus=Active");
  return balancer;
}

/** Servers are probed every second: tests wait for what their probes say. */
const OFTEN = { HealthCheckEnabled: true, HealthCheckInterval: 1, HealthyThreshold: 2, UnhealthyThreshold: 2 };

/** VPC 2 with ECS 03 and ECS 04 behind an NLB, and an endpoint service of it that says who may connect. */
export async function provide(owner: Account, ...consumers: string[]): Promise<Provided> {
  const { vpc, vswitches } = await network(owner, "vpc-2");
  const servers = [await instance(owner, "ECS-03", vswitches[0], nginx("ECS-03")), await instance(owner, "ECS-04", vswitches[1], nginx("ECS-04"))];
  const balancer = await balance(owner, { vpc, vswitches }, "nlb-1");
  const group = text(await owner.api("Nlb", "CreateServerGroup", { ServerGroupName: "RS-1", VpcId: vpc, Protocol: "TCP", HealthCheckConfig: OFTEN }), "ServerGroupId");
  const Servers = servers.map((ServerId) => ({ ServerType: "Ecs", ServerId, Port: 80, Weight: 100 }));
  await owner.api("Nlb", "AddServersToServerGroup", { ServerGroupId: group, Servers });
  const listener = text(await owner.api("Nlb", "CreateListener", { LoadBalancerId: balancer, ListenerProtocol: "TCP", ListenerPort: 80, ServerGroupId: group }), "ListenerId");
  const Resource = ZONES.map((ZoneId) => ({ ResourceType: "nlb", ResourceId: balancer, ZoneId }));
  const service = text(await owner.api("Privatelink", "CreateVpcEndpointService", { ServiceResourceType: "nlb", Resource, ServiceDescription: "shop" }), "ServiceId");
  await owner.api("Privatelink", "GetVpcEndpointServiceAttribute", { ServiceId: service }, "ServiceStatus=Active");
  for (const UserId of consumers) await owner.api("Privatelink", "AddUserToVpcEndpointService", { ServiceId: service, UserId });
  return { vpc, vswitches, servers, balancer, group, listener, service };
}

export interface Consumed extends Network {
  securityGroup: string;
  endpoint: string;
}

/** VPC 1 with ECS 01 and an endpoint of a service. */
export async function consume(owner: Account, service: string): Promise<Consumed> {
  const { vpc, vswitches } = await network(owner, "vpc-1");
  const securityGroup = text(await owner.api("Ecs", "CreateSecurityGroup", { VpcId: vpc, SecurityGroupName: "clients" }), "SecurityGroupId");
  await instance(owner, "ECS-01", vswitches[0]);
  const Zone = ZONES.map((ZoneId, index) => ({ ZoneId, VSwitchId: vswitches[index] }));
  const wanted = { EndpointName: "endpoint-1", ServiceId: service, VpcId: vpc, SecurityGroupId: [securityGroup], Zone };
  const endpoint = text(await owner.api("Privatelink", "CreateVpcEndpoint", wanted), "EndpointId");
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: endpoint }, "EndpointStatus=Active");
  return { vpc, vswitches, securityGroup, endpoint };
}
