// A cross-section of the API through the official Node clients: the generic one of today (ACS3 signatures) and the older
// pop-core (signature 1.0). Both check nothing of the answer themselves, so these tests do.

import assert from "node:assert/strict";
import { test } from "node:test";

import openapi from "@alicloud/openapi-client";
import popCore from "@alicloud/pop-core";

const OpenApi = openapi.default.default ?? openapi.default;
const Pop = popCore.RPCClient ?? popCore;
const address = process.env.ISTHMUS_ADDRESS;
const REGION = "cn-hangzhou";
const ZONES = ["cn-hangzhou-g", "cn-hangzhou-k"];
const VERSIONS = {
  Ecs: "2014-05-26",
  Nlb: "2022-04-30",
  Privatelink: "2020-04-15",
  Pvtz: "2018-01-01",
  Sts: "2015-04-01",
  Vpc: "2016-04-28",
};

/** Calls an action through the generic client: lists and objects are flattened by it. */
async function current(product, action, parameters = {}, secret = "dev") {
  const client = new OpenApi(
    new openapi.Config({ accessKeyId: "dev", accessKeySecret: secret, endpoint: address, protocol: "HTTP" }),
  );
  const what = new openapi.Params({
    action,
    version: VERSIONS[product],
    protocol: "HTTP",
    method: "POST",
    authType: "AK",
    style: "RPC",
    pathname: "/",
    reqBodyType: "json",
    bodyType: "json",
  });
  const query = flat({ RegionId: REGION, ...parameters });
  const runtime = { toMap: () => ({}) };
  return (await client.callApi(what, new openapi.OpenApiRequest({ query }), runtime)).body;
}

/** Calls an action through pop-core: it flattens lists of plain values and of objects itself. */
function older(product, action, parameters = {}, method = "POST", secret = "dev") {
  const client = new Pop({
    accessKeyId: "dev",
    accessKeySecret: secret,
    endpoint: `http://${address}`,
    apiVersion: VERSIONS[product],
  });
  return client.request(action, { RegionId: REGION, ...parameters }, { method, formatParams: false });
}

function flat(value, name = "") {
  if (Array.isArray(value)) {
    return Object.assign({}, ...value.map((one, index) => flat(one, `${name}.${index + 1}`)));
  }
  if (value !== null && typeof value === "object") {
    const inner = (key) => (name ? `${name}.${key}` : key);
    return Object.assign({}, ...Object.entries(value).map(([key, one]) => flat(one, inner(key))));
  }
  return { [name]: String(value) };
}

async function until(holds) {
  const end = Date.now() + 30_000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, "it does not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ways = { current, older };

for (const [name, call] of Object.entries(ways)) {
  test(`${name}: who am I`, async () => {
    const me = await call("Sts", "GetCallerIdentity");
    assert.match(me.AccountId, /^\d{16}$/);
    assert.ok(me.RequestId);
  });

  test(`${name}: a network from its first VPC to its last vSwitch`, async () => {
    const { VpcId } = await call("Vpc", "CreateVpc", { VpcName: `node-${name}`, CidrBlock: "10.0.0.0/16" });
    const make = async (ZoneId, index) => {
      const made = await call("Vpc", "CreateVSwitch", { VpcId, ZoneId, CidrBlock: `10.0.${index}.0/24` });
      return made.VSwitchId;
    };
    const vswitches = [await make(ZONES[0], 1), await make(ZONES[1], 2)];
    const { VSwitches } = await call("Vpc", "DescribeVSwitches", { VpcId, PageSize: 1, PageNumber: 2 });
    assert.equal(VSwitches.VSwitch.length, 1);
    const attribute = () => call("Vpc", "DescribeVpcAttribute", { VpcId });
    await until(async () => (await attribute()).Status === "Available");
    await assert.rejects(call("Vpc", "DeleteVpc", { VpcId }), { code: "DependencyViolation.VSwitch" });
    for (const VSwitchId of vswitches) await call("Vpc", "DeleteVSwitch", { VSwitchId });
    await call("Vpc", "DeleteVpc", { VpcId });
    await assert.rejects(attribute(), { code: "InvalidVpcId.NotFound" });
  });

  test(`${name}: an address of IPv6, out of the range that a VPC was given`, async () => {
    const { VpcId } = await call("Vpc", "CreateVpc", { CidrBlock: "10.0.0.0/16", EnableIpv6: true });
    const { Ipv6CidrBlock } = await call("Vpc", "DescribeVpcAttribute", { VpcId });
    const part = { VpcId, ZoneId: ZONES[0], CidrBlock: "10.0.1.0/24", Ipv6CidrBlock: 7 };
    const { VSwitchId } = await call("Vpc", "CreateVSwitch", part);
    const prefix = Ipv6CidrBlock.replace("00::/56", "07:");
    const shown = await call("Vpc", "DescribeVSwitchAttributes", { VSwitchId });
    assert.equal(shown.Ipv6CidrBlock, `${prefix}:/64`);
    const { SecurityGroupId } = await call("Ecs", "CreateSecurityGroup", { VpcId });
    const wanted = flat({ VSwitchId, SecurityGroupId, Ipv6Address: [`${prefix}:77`] });
    const { NetworkInterfaceId } = await call("Ecs", "CreateNetworkInterface", wanted);
    const more = await call("Ecs", "AssignIpv6Addresses", { NetworkInterfaceId, Ipv6AddressCount: 1 });
    const both = [`${prefix}:77`, ...more.Ipv6Sets.Ipv6Address];
    const seen = async () => {
      const asked = flat({ NetworkInterfaceId: [NetworkInterfaceId] });
      const { NetworkInterfaceSets } = await call("Ecs", "DescribeNetworkInterfaces", asked);
      const { Ipv6Sets } = NetworkInterfaceSets.NetworkInterfaceSet[0];
      return Ipv6Sets.Ipv6Set.map(({ Ipv6Address }) => Ipv6Address);
    };
    assert.deepEqual((await seen()).sort(), [...both].sort());
    await call("Ecs", "UnassignIpv6Addresses", flat({ NetworkInterfaceId, Ipv6Address: [both[0]] }));
    assert.deepEqual(await seen(), [both[1]]);
    await call("Ecs", "DeleteNetworkInterface", { NetworkInterfaceId });
    await call("Ecs", "DeleteSecurityGroup", { SecurityGroupId });
    await call("Vpc", "DeleteVSwitch", { VSwitchId });
    await call("Vpc", "DeleteVpc", { VpcId });
  });

  test(`${name}: lists and objects reach the load balancer`, async () => {
    const { VpcId } = await call("Vpc", "CreateVpc", { CidrBlock: "10.0.0.0/16" });
    const zones = [];
    for (const [index, ZoneId] of ZONES.entries()) {
      const made = await call("Vpc", "CreateVSwitch", { VpcId, ZoneId, CidrBlock: `10.0.${index}.0/24` });
      zones.push({ ZoneId, VSwitchId: made.VSwitchId });
    }
    const wanted = flat({ LoadBalancerName: "node", AddressType: "Intranet", VpcId, ZoneMappings: zones });
    const { LoadbalancerId: LoadBalancerId } = await call("Nlb", "CreateLoadBalancer", wanted);
    const attribute = () => call("Nlb", "GetLoadBalancerAttribute", { LoadBalancerId });
    await until(async () => (await attribute()).LoadBalancerStatus === "Active");
    const seen = (await attribute()).ZoneMappings.map(({ ZoneId, VSwitchId }) => ({ ZoneId, VSwitchId }));
    assert.deepEqual(seen, zones);
    const { JobId } = await call("Nlb", "DeleteLoadBalancer", { LoadBalancerId });
    await until(async () => (await call("Nlb", "GetJobStatus", { JobId })).Status === "Succeeded");
    for (const { VSwitchId } of zones) await call("Vpc", "DeleteVSwitch", { VSwitchId });
    await call("Vpc", "DeleteVpc", { VpcId });
  });

  test(`${name}: a private link from its service to the last that remains`, async () => {
    const link = (action, parameters) => call("Privatelink", action, flat(parameters));
    const nlb = (action, parameters) => call("Nlb", action, flat(parameters));
    const job = async (action, parameters) => {
      const { JobId } = await nlb(action, parameters);
      await until(async () => (await nlb("GetJobStatus", { JobId })).Status === "Succeeded");
    };
    const network = async () => {
      const { VpcId } = await call("Vpc", "CreateVpc", { CidrBlock: "10.0.0.0/16" });
      const zones = [];
      for (const [index, ZoneId] of ZONES.entries()) {
        const made = await call("Vpc", "CreateVSwitch", { VpcId, ZoneId, CidrBlock: `10.0.${index}.0/24` });
        zones.push({ ZoneId, VSwitchId: made.VSwitchId });
      }
      const { SecurityGroupId } = await call("Ecs", "CreateSecurityGroup", { VpcId });
      return { VpcId, zones, SecurityGroupId };
    };
    const [provider, consumer] = [await network(), await network()];

    const balancer = { VpcId: provider.VpcId, AddressType: "Intranet", ZoneMappings: provider.zones };
    const { LoadbalancerId: LoadBalancerId } = await nlb("CreateLoadBalancer", balancer);
    const group = { ServerGroupName: `node-${name}`, VpcId: provider.VpcId, ServerGroupType: "Ip" };
    const { ServerGroupId } = await nlb("CreateServerGroup", {
      ...group,
      HealthCheckConfig: { HealthCheckEnabled: true, HealthCheckInterval: 3 },
    });
    const servers = [{ ServerType: "Ip", ServerId: "10.0.0.9", Port: 80, Weight: 10 }];
    await job("AddServersToServerGroup", { ServerGroupId, Servers: servers });
    const listener = { LoadBalancerId, ListenerProtocol: "TCP", ListenerPort: 80, ServerGroupId };
    const { ListenerId } = await nlb("CreateListener", listener);
    await until(async () => (await nlb("GetListenerAttribute", { ListenerId })).ListenerStatus === "Running");
    await job("UpdateListenerAttribute", { ListenerId, ListenerDescription: "of the link" });

    const resource = (ZoneId) => ({ ResourceType: "nlb", ResourceId: LoadBalancerId, ZoneId });
    const made = await link("CreateVpcEndpointService", { Resource: [resource(ZONES[0])], ServiceDescription: "node" });
    const { ServiceId, ServiceName } = made;
    await link("AttachResourceToVpcEndpointService", { ServiceId, ...resource(ZONES[1]) });
    await link("AddUserToVpcEndpointService", { ServiceId, UserId: "2000000000000002" });
    const users = await link("ListVpcEndpointServiceUsers", { ServiceId });
    assert.deepEqual(users.Users.map(({ UserId }) => String(UserId)), ["2000000000000002"]);
    const service = () => link("GetVpcEndpointServiceAttribute", { ServiceId });
    await until(async () => (await service()).ServiceStatus === "Active");
    assert.deepEqual((await service()).Zones, ZONES);

    const { VpcId, zones, SecurityGroupId } = consumer;
    const asked = { VpcId, ServiceName, SecurityGroupId: [SecurityGroupId], Zone: zones, EndpointName: "of-node" };
    const { EndpointId } = await link("CreateVpcEndpoint", asked);
    const both = { ServiceId, EndpointId };
    const connection = async () => (await link("ListVpcEndpointConnections", both)).Connections[0];
    const is = (status) => until(async () => (await connection()).ConnectionStatus === status);
    await is("Disconnected");
    await link("EnableVpcEndpointConnection", { ...both, Bandwidth: 200 });
    await is("Connected");
    assert.equal((await connection()).Bandwidth, 200);
    const seen = (await link("ListVpcEndpointZones", { EndpointId })).Zones;
    assert.deepEqual(seen.map(({ ZoneId, ZoneStatus }) => [ZoneId, ZoneStatus]), ZONES.map((zone) => [zone, "Connected"]));

    await assert.rejects(link("DeleteVpcEndpointService", { ServiceId }), { code: /^EndpointService/ });
    await link("DisableVpcEndpointConnection", both);
    await is("Disconnected");
    for (const ZoneId of ZONES) await link("RemoveZoneFromVpcEndpoint", { EndpointId, ZoneId });
    await link("DeleteVpcEndpoint", { EndpointId });
    await until(async () => (await link("ListVpcEndpoints", { EndpointId })).Endpoints.length === 0);
    for (const ZoneId of ZONES) await link("DetachResourceFromVpcEndpointService", { ServiceId, ...resource(ZoneId) });
    await link("DeleteVpcEndpointService", { ServiceId });
    await assert.rejects(service(), { code: "EndpointServiceNotFound" });
    await job("DeleteListener", { ListenerId });
    await job("RemoveServersFromServerGroup", { ServerGroupId, Servers: servers });
    await job("DeleteServerGroup", { ServerGroupId });
    await job("DeleteLoadBalancer", { LoadBalancerId });
    for (const { VpcId, zones, SecurityGroupId } of [provider, consumer]) {
      await call("Ecs", "DeleteSecurityGroup", { SecurityGroupId });
      for (const { VSwitchId } of zones) await call("Vpc", "DeleteVSwitch", { VSwitchId });
      await call("Vpc", "DeleteVpc", { VpcId });
    }
  });

  test(`${name}: a repeated token brings the first answer`, async () => {
    const parameters = { CidrBlock: "10.0.0.0/16", ClientToken: `node-${name}-${Date.now()}` };
    const first = await call("Vpc", "CreateVpc", parameters);
    assert.equal((await call("Vpc", "CreateVpc", parameters)).VpcId, first.VpcId);
    await call("Vpc", "DeleteVpc", { VpcId: first.VpcId });
  });

  test(`${name}: refusals keep their codes`, async () => {
    const unknown = { ServiceId: "epsrv-unknown" };
    await assert.rejects(call("Privatelink", "GetVpcEndpointServiceAttribute", unknown), {
      code: "EndpointServiceNotFound",
    });
    await assert.rejects(call("Pvtz", "DescribeZoneInfo", { ZoneId: "unknown" }), { code: "Zone.NotExists" });
    await assert.rejects(call("Ecs", "NoSuchAction"), { code: "InvalidAction.NotFound" });
  });
}

test("current: a wrong secret", async () => {
  await assert.rejects(current("Vpc", "DescribeVpcs", {}, "wrong"), { code: "SignatureDoesNotMatch" });
});

test("older: a wrong secret, and GET beside POST", async () => {
  await assert.rejects(older("Vpc", "DescribeVpcs", {}, "POST", "wrong"), { code: "SignatureDoesNotMatch" });
  assert.ok((await older("Vpc", "DescribeVpcs", {}, "GET")).Vpcs);
});
