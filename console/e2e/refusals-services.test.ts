// What forms of load balancers and private links are refused: the server's code and words are shown, the form stays as it was filled,
// and nothing has changed.
import { execFileSync } from "node:child_process";
import { beforeAll, test } from "vitest";
import { list, text } from "../src/api/call.ts";
import { choose, drawer, fill, menu, press, row, ZONES } from "./browser.ts";
import { asIs, begin, change, chosen, filled, line, lower, of, opened, owner, page, refuse, type Form } from "./refused.ts";
import { balance, consume, provide, type Consumed, type Provided } from "./shop.ts";

let offered: Provided;
let used: Consumed;
/** A second endpoint of the service, in one zone alone, which nobody has allowed. */
let second: string;
/** An NLB that the service does not have. */
let spare: string;
/** A service of its own, which goes. */
let passing: string;
/** Names the service, which is not known yet when forms are listed. */
const shop = { ServiceId: "" };

/** A VPC whose vSwitch has no free address. */
async function withoutRoom(): Promise<void> {
  const VpcId = text(await owner.api("Vpc", "CreateVpc", { VpcName: "vpc-3", CidrBlock: "10.3.0.0/16" }), "VpcId");
  await owner.api("Vpc", "DescribeVpcs", { VpcId }, "Vpcs.Vpc.0.Status=Available");
  const VSwitchId = text(await owner.api("Vpc", "CreateVSwitch", { VpcId, ZoneId: ZONES[0], CidrBlock: "10.3.1.0/29", VSwitchName: "full" }), "VSwitchId");
  const SecurityGroupId = text(await owner.api("Ecs", "CreateSecurityGroup", { VpcId, SecurityGroupName: "third" }), "SecurityGroupId");
  await owner.api("Ecs", "CreateNetworkInterface", { VSwitchId, SecurityGroupId, SecondaryPrivateIpAddressCount: 3 });
}

const certificate = () => execFileSync("openssl", "req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=shop.example -days 30".split(" "), { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

beforeAll(async () => {
  await begin("refused-too");
  offered = await provide(owner);
  const { service, vpc } = offered;
  shop.ServiceId = service;
  used = await consume(owner, service);
  await owner.api("Privatelink", "EnableVpcEndpointConnection", { EndpointId: used.endpoint, ServiceId: service });
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: used.endpoint }, "ConnectionStatus=Connected");
  const wanted = { EndpointName: "endpoint-2", ServiceId: service, VpcId: used.vpc, SecurityGroupId: [used.securityGroup], Zone: [{ ZoneId: ZONES[0], VSwitchId: used.vswitches[0] }] };
  second = text(await owner.api("Privatelink", "CreateVpcEndpoint", wanted), "EndpointId");
  await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: second }, "EndpointStatus=Active");
  spare = await balance(owner, offered, "nlb-2");
  const Resource = [{ ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] }];
  passing = text(await owner.api("Privatelink", "CreateVpcEndpointService", { ServiceResourceType: "nlb", Resource, ServiceDescription: "passing" }), "ServiceId");
  await owner.api("Nlb", "CreateServerGroup", { ServerGroupName: "by-address", ServerGroupType: "Ip", VpcId: vpc });
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: used.vpc, SecurityGroupName: "more" });
  await owner.api("Ecs", "CreateSecurityGroup", { VpcId: used.vpc, SecurityGroupName: "large", SecurityGroupType: "enterprise" });
  await withoutRoom();
});

const BALANCING: Form[] = [
  ["an NLB", async () => {
    await opened("Instances", "Create NLB");
    await chosen("VPC", "vpc-2");
    for (const [index, zone] of ZONES.entries()) {
      await choose(page, line("Zone", index + 1), "Zone", zone);
      await choose(page, line("Zone", index + 1), "vSwitch", zone);
    }
  },
    ["IllegalParam.loadBalancerName", () => filled("Instance Name", "x")],
    ["QuotaExceeded.QuotaInsufficient", async () => { await filled("Instance Name", "fine"); await lower("LoadBalancersAnAccount"); }],
  ],
  ["a listener", async () => {
    await of("Instances", "nlb-1", "Create Listener");
    await filled("Listener Port", "80");
    await press(drawer(page), "Next");
    await chosen("Server Group", "RS-1");
    await press(drawer(page), "Next");
  },
    ["Conflict.Port", asIs],
    ["IllegalParam.ListenerDescription", async () => {
      for (const button of ["Previous", "Previous"]) await press(drawer(page), button);
      await filled("Listener Name", "x");
      for (const button of ["Next", "Next"]) await press(drawer(page), button);
    }],
    ["QuotaExceeded.QuotaInsufficient", async () => {
      for (const button of ["Previous", "Previous"]) await press(drawer(page), button);
      await filled("Listener Name", "");
      await filled("Listener Port", "81");
      await press(drawer(page), "Next");
      await chosen("Server Group", "RS-1");
      await press(drawer(page), "Next");
      await lower("ListenersALoadBalancer");
    }],
    ["QuotaExceeded.QuotaInsufficient", () => lower("ListenersAGroup")],
  ],
  ["a server group", async () => { await opened("Server Groups", "Create Server Group"); await chosen("VPC", "vpc-2"); },
    ["IllegalParam.ServerGroupName", () => filled("Server Group Name", "a")],
    ["IlleagalParam.healthCheckUrl", async () => {
      await filled("Server Group Name", "fine");
      await drawer(page).getByRole("switch", { name: "Advanced Settings" }).click();
      await chosen("Health Check Protocol", "HTTP");
      await filled("Path", "x");
    }],
    ["QuotaExceeded.QuotaInsufficient", async () => { await filled("Path", "/"); await lower("ServerGroupsAnAccount"); }],
  ],
  ["other health checks", async () => { await change("Server Groups", "by-address", "Configure Health Check"); await chosen("Health Check Protocol", "HTTP"); },
    ["IllegalParam.healthCheckDomain", () => filled("Domain Name", "*")],
  ],
  ["a server that is in the group", async () => {
    await of("Server Groups", "RS-1", "Add Backend Server");
    await chosen("Backend Servers", "ECS-03");
    await press(drawer(page), "Next");
    await filled("Port", "80");
    await press(drawer(page), "Next");
  },
    ["DuplicatedParam.Server", asIs],
    ...["ServersALoadBalancer", "ServersAGroup", "ServersACall", "GroupsAServer"].map((limit, index): Form[2] => ["QuotaExceeded.QuotaInsufficient", async () => {
      if (index === 0) {
        await press(drawer(page), "Previous");
        await filled("Port", "81");
        await press(drawer(page), "Next");
      }
      await lower(limit);
    }]),
  ],
  ["a server outside of the VPC", async () => {
    await of("Server Groups", "by-address", "Add Backend Server");
    await fill(line("Backend Servers", 1), "Port", "80");
    await fill(line("Backend Servers", 1), "Weight", "100");
  },
    ["IllegalParam.IP", () => fill(line("Backend Servers", 1), "IP Address", "172.16.0.1")],
    ["QuotaExceeded.QuotaInsufficient", async () => { await fill(line("Backend Servers", 1), "IP Address", "10.0.1.200"); await lower("ServersAGroup"); }],
  ],
  ["another weight of a server that has left meanwhile", async () => {
    await of("Server Groups", "RS-1", "Add Backend Server");
    await press(drawer(page), "Cancel");
    await press(row(page, offered.servers[1] ?? ""), "Weight");
  }, ["ResourceNotFound", async () => {
    const Servers = [{ ServerType: "Ecs", ServerId: offered.servers[1], Port: 80 }];
    await owner.api("Nlb", "RemoveServersFromServerGroup", { ServerGroupId: offered.group, Servers });
    await page.getByRole("main").locator("tbody").getByText(offered.servers[1] ?? "").first().waitFor({ state: "detached" });
  }]],
  ["a TLS policy that nobody could use", async () => { await opened("TLS Security Policies", "Create TLS Security Policy"); await filled("Name", "useless"); await chosen("TLS Versions", "TLSv1.2"); },
    ["IllegalParam", () => chosen("Cipher Suites", "TLS_AES_128_GCM_SHA256")],
    ["QuotaExceeded.QuotaInsufficient", async () => {
      await chosen("TLS Versions", "TLSv1.3");
      await chosen("Cipher Suites", "ECDHE-RSA-AES128-GCM-SHA256");
      await lower("SecurityPoliciesAnAccount");
    }],
  ],
  ["a tag of an NLB", async () => { await of("Instances", "nlb-1", "Add Tag", "Tags"); await filled("Tag Key", "team"); },
    ["QuotaExceeded.QuotaInsufficient", () => lower("TagsAResource")],
    ["InvalidTagValue.Malformed", () => filled("Tag Value", "acs:x")],
    ["InvalidTagKey.Malformed", async () => { await filled("Tag Value", ""); await filled("Tag Key", "aliyun"); }],
  ],
  ["a certificate that is none", async () => { await opened("Certificates", "Upload Certificate"); await filled("Name", "shop"); },
    ["InvalidParameter.Cert", () => filled("Certificate", "-----BEGIN CERTIFICATE-----")],
    ["QuotaExceeded", async () => { await filled("Certificate", certificate()); await lower("CertificatesAnAccount"); }],
  ],
];

const PRIVATE_LINK: Form[] = [
  ["a service", async () => { await opened("Endpoint Services", "Create Endpoint Service"); await choose(page, line("Select Service Resource", 1), "Zone", ZONES[0]); await choose(page, line("Select Service Resource", 1), "Service Resource", "nlb-1"); },
    ["IllegalParamFormat.ServiceDescription", () => filled("Description", "http://x")],
    ["EndpointServiceNotSupportIpv6", async () => { await filled("Description", ""); await chosen("IP Version", "Dual-stack"); }],
    ["QuotaMisMatched", async () => { await chosen("IP Version", "IPv4"); await lower("ServicesAnAccount"); }],
  ],
  ["a resource that the service has got meanwhile", async () => { await of("Endpoint Services", "shop", "Add Service Resource", "Service Resources"); await chosen("Zone", ZONES[0]); await chosen("Service Resource", "nlb-2"); },
    ["QuotaMisMatched", () => lower("ResourcesAService")],
    ["QuotaMisMatched", () => lower("ResourcesAZone")],
    ["EndpointServiceResourceExist", () => owner.api("Privatelink", "AttachResourceToVpcEndpointService", { ...shop, ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] })],
  ],
  ["a tag of an endpoint", async () => { await of("Endpoints", "endpoint-1", "Add Tag", "Tags"); await filled("Tag Key", "team"); },
    ["QuotaExceed.TagsPerResource", () => lower("TagsAResource")],
    ["IllegalTagValueParam", () => filled("Tag Value", "acs:x")],
    ["IllegalTagKeyParam", async () => { await filled("Tag Value", ""); await filled("Tag Key", "aliyun"); }],
  ],
  ["an account of a number that none has", () => of("Endpoint Services", "shop", "Add Account", "Service Whitelist"), ["UserId", () => filled("Account", "99999999999999999999999")]],
  ["an endpoint", async () => {
    await opened("Endpoints", "Create Endpoint");
    await chosen("Service", offered.service);
    await chosen("VPC", "vpc-1");
    await chosen("Security Groups", "clients");
    await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
    await choose(page, line("Zone and vSwitch", 1), "vSwitch", ZONES[0]);
  },
    ["IllegalParamFormat.EndpointName", () => filled("Endpoint Name", "1")],
    ["IllegalParamFormat.EndpointDescription", async () => { await filled("Endpoint Name", "fine"); await filled("Description", "http://x"); }],
    ["NotSupportIpv6", async () => { await filled("Description", ""); await chosen("IP Version", "Dual-stack"); }],
    ["QuotaExceeded.totalEpPerVpc", async () => { await chosen("IP Version", "IPv4"); await lower("EndpointsAVpc"); }],
    ["QuotaExceeded.epZonePerEndpoint", () => lower("ZonesAnEndpoint")],
    ["QuotaMisMatched", () => lower("GroupsAnEndpoint")],
    ["SecurityGroupTypeOnlySingleTypeSupporteded", () => chosen("Security Groups", "large")],
  ],
  ["an endpoint in a vSwitch without a free address", async () => {
    await opened("Endpoints", "Create Endpoint");
    await chosen("Service", offered.service);
    await chosen("VPC", "vpc-3");
    await chosen("Security Groups", "third");
    await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
    await choose(page, line("Zone and vSwitch", 1), "vSwitch", "full");
  }, ["ResourceNotEnough.VSwitchIp", asIs]],
  ["an endpoint of a service that loses its resource meanwhile, and is gone then", async () => {
    await opened("Endpoints", "Create Endpoint");
    await chosen("Service", passing);
    await chosen("VPC", "vpc-1");
    await chosen("Security Groups", "clients");
    await choose(page, line("Zone and vSwitch", 1), "Zone", ZONES[0]);
    await choose(page, line("Zone and vSwitch", 1), "vSwitch", ZONES[0]);
  },
    ["EndpointServiceNotSupportedZone", () => owner.api("Privatelink", "DetachResourceFromVpcEndpointService", { ServiceId: passing, ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] })],
    ["EndpointServiceNotFound", () => owner.api("Privatelink", "DeleteVpcEndpointService", { ServiceId: passing })],
  ],
  ["a zone that the endpoint is in meanwhile", async () => { await of("Endpoints", "endpoint-2", "Add vSwitch"); await chosen("Zone", ZONES[1]); await chosen("vSwitch", ZONES[1]); },
    ["QuotaExceeded.epZonePerEndpoint", () => lower("ZonesAnEndpoint")],
    ["EndpointZoneDuplicated", () => owner.api("Privatelink", "AddZoneToVpcEndpoint", { EndpointId: second, ZoneId: ZONES[1], VSwitchId: used.vswitches[1] })],
  ],
  ["a security group that the endpoint is in meanwhile", async () => { await of("Endpoints", "endpoint-1", "Add Security Group", "Security Groups"); await chosen("Security Group", "more"); },
    ["QuotaMisMatched", () => lower("GroupsAnEndpoint")],
    ["SecurityGroupTypeOnlySingleTypeSupporteded", () => chosen("Security Group", "large")],
    ["SecurityGroupExist", async () => {
      await chosen("Security Group", "more");
      const more = text(list(await owner.api("Ecs", "DescribeSecurityGroups", { SecurityGroupName: "more" }), "SecurityGroups.SecurityGroup")[0], "SecurityGroupId");
      await owner.api("Privatelink", "AttachSecurityGroupToVpcEndpoint", { EndpointId: used.endpoint, SecurityGroupId: more });
    }],
  ],
  ["a resource for a zone, which the service has lost meanwhile", async () => {
    await menu(page, "Endpoint Services");
    await row(page, "shop").getByRole("link").first().click();
    await press(row(page, second), "Allocate by Hand");
    await chosen("Zone", ZONES[0]);
    await chosen("Service Resource", spare);
  }, ["EndpointServiceResourceNotFound", () => owner.api("Privatelink", "DetachResourceFromVpcEndpointService", { ...shop, ResourceType: "nlb", ResourceId: spare, ZoneId: ZONES[0] })]],
  ["a connection that is allowed meanwhile", () => of("Endpoint Services", "shop", "Allow"),
    ["EndpointConnectionOperationDenied", async () => {
      await owner.api("Privatelink", "EnableVpcEndpointConnection", { ...shop, EndpointId: second });
      await owner.api("Privatelink", "GetVpcEndpointAttribute", { EndpointId: second }, "ConnectionStatus=Connected");
    }],
  ],
  ["a replaced resource, which is let go meanwhile", async () => {
    const resource = { ...shop, ResourceId: spare, ZoneId: ZONES[0] };
    await owner.api("Privatelink", "AttachResourceToVpcEndpointService", { ...resource, ResourceType: "nlb" });
    await owner.api("Privatelink", "UpdateVpcEndpointZoneConnectionResourceAttribute", { ...resource, EndpointId: used.endpoint, ResourceAllocateMode: "Manual", ResourceReplaceMode: "Graceful" });
    await menu(page, "Endpoint Services");
    await row(page, "shop").getByRole("link").first().click();
    await press(row(page, used.endpoint), "Let Replaced Resource Go");
    await chosen("Zone", ZONES[0]);
  }, ["IncorrectStatus.VpcEndpointZone", () => owner.api("Privatelink", "DisableVpcEndpointZoneConnection", { ...shop, EndpointId: used.endpoint, ZoneId: ZONES[0], ReplacedResource: true })]],
];

test("every refused form of load balancing stays open with the code and the reason, and has changed nothing", () => refuse(BALANCING));

test("every refused form of private links stays open with the code and the reason, and has changed nothing", () => refuse(PRIVATE_LINK));

