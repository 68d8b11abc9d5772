// What an account has, that a refused request must not change.
import { list, text, type Product } from "../src/api/call.ts";
import type { Account } from "./account.ts";

const LISTS: [Product, string, string, string][] = [
  ["Vpc", "DescribeVpcs", "Vpcs.Vpc", "VpcId"],
  ["Vpc", "DescribeVSwitches", "VSwitches.VSwitch", "VSwitchId"],
  ["Vpc", "DescribeRouteTableList", "RouterTableList.RouterTableListType", "RouteTableId"],
  ["Ecs", "DescribeInstances", "Instances.Instance", "InstanceId"],
  ["Ecs", "DescribeSecurityGroups", "SecurityGroups.SecurityGroup", "SecurityGroupId"],
  ["Ecs", "DescribePrefixLists", "PrefixLists.PrefixList", "PrefixListId"],
  ["Nlb", "ListLoadBalancers", "LoadBalancers", "LoadBalancerId"],
  ["Nlb", "ListListeners", "Listeners", "ListenerId"],
  ["Nlb", "ListServerGroups", "ServerGroups", "ServerGroupId"],
  ["Nlb", "ListServerGroupServers", "Servers", "ServerId"],
  ["Nlb", "ListSecurityPolicy", "SecurityPolicies", "SecurityPolicyId"],
  ["Cas", "ListUserCertificateOrder", "CertificateOrderList", "CertificateId"],
  ["pvtz", "DescribeZones", "Zones.Zone", "ZoneId"],
  ["Privatelink", "ListVpcEndpointServices", "Services", "ServiceId"],
  ["Privatelink", "ListVpcEndpoints", "Endpoints", "EndpointId"],
  ["ResourceManager", "ListResourceGroups", "ResourceGroups.ResourceGroup", "Id"],
];

export async function everything(owner: Account): Promise<string[]> {
  const ids = LISTS.map(async ([product, action, path, id]) => list(await owner.api(product, action), path).map((row) => text(row, id)));
  return (await Promise.all(ids)).flat().sort();
}
