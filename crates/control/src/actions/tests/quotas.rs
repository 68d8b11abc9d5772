//! What a limit that is reached is called in each product.

use model::command::Command;
use model::command::system::{Access, SetLimit};
use model::quota::Quota;

use super::cloud::Cloud;
use super::things;
use crate::rpc::Product::{self, Ecs, Nlb, Privatelink, Pvtz, ResourceManager, Vpc};

/// A call that needs one more, and its refusal.
type Case = (Quota, Product, &'static str, &'static [(&'static str, &'static str)], u16, &'static str);

const TAG: (&str, &str) = ("Tag.1.Key", "one-more");
const ZONES: [(&str, &str); 4] = [
    ("ZoneMappings.1.ZoneId", "cn-hangzhou-g"),
    ("ZoneMappings.1.VSwitchId", "<vswitch>"),
    ("ZoneMappings.2.ZoneId", "cn-hangzhou-k"),
    ("ZoneMappings.2.VSwitchId", "<other_vswitch>"),
];
const SERVER: [(&str, &str); 2] = [("Servers.1.ServerType", "Ecs"), ("Servers.1.ServerId", "<instance>")];
const FULL: &str = "QuotaExceeded.QuotaInsufficient";

#[rustfmt::skip]
const CASES: &[Case] = &[
    (Quota::VpcsAnAccount, Vpc, "CreateVpc", &[], 400, "QuotaExceeded.Vpc"),
    (Quota::VpcsAnAccount, Vpc, "CreateDefaultVpc", &[], 400, "QuotaExceeded.Vpc"),
    (Quota::SecondaryCidrsAVpc, Vpc, "AssociateVpcCidrBlock", &[("VpcId", "<vpc>"), ("SecondaryCidrBlock", "192.168.0.0/16")], 400, "QuotaExceeded.VpcMultiCidr"),
    (Quota::VSwitchesAVpc, Vpc, "CreateVSwitch", &[("VpcId", "<vpc>"), ("ZoneId", "cn-hangzhou-g"), ("CidrBlock", "10.9.0.0/24")], 400, "QuotaExceeded.VSwitch"),
    (Quota::RouteTablesAVpc, Vpc, "CreateRouteTable", &[("VpcId", "<vpc>")], 400, "QuotaExceeded.RouteTable"),
    (Quota::EntriesARouteTable, Vpc, "CreateRouteEntry", &[("RouteTableId", "<route_table>"), ("DestinationCidrBlock", "192.168.0.0/24"), ("NextHopType", "NetworkInterface"), ("NextHopId", "<eni>")], 400, "QuotaExceeded"),
    (Quota::TagsAResource, Vpc, "TagResources", &[("ResourceType", "VPC"), ("ResourceId.1", "<vpc>"), TAG], 400, "QuotaExceeded.TagNum"),
    (Quota::TagsAResource, Ecs, "TagResources", &[("ResourceType", "instance"), ("ResourceId.1", "<instance>"), TAG], 403, "QuotaExceed.Tags"),
    (Quota::TagsAResource, Nlb, "TagResources", &[("ResourceType", "loadbalancer"), ("ResourceId.1", "<balancer>"), TAG], 400, FULL),
    (Quota::TagsAResource, Privatelink, "TagResources", &[("ResourceType", "vpcendpoint"), ("ResourceId.1", "<endpoint>"), TAG], 400, "QuotaExceed.TagsPerResource"),
    (Quota::SecurityGroupsAnAccount, Ecs, "CreateSecurityGroup", &[("VpcId", "<vpc>")], 403, "QuotaExceed.SecurityGroup"),
    (Quota::RulesAGroup, Ecs, "AuthorizeSecurityGroup", &[("SecurityGroupId", "<security_group>"), ("IpProtocol", "UDP"), ("PortRange", "1/1"), ("SourceCidrIp", "10.0.0.0/8")], 403, "AuthorizationLimitExceed"),
    (Quota::GroupsAnEni, Ecs, "RunInstances", &[("ImageId", "host"), ("VSwitchId", "<vswitch>"), ("SecurityGroupId", "<security_group>")], 400, "JoinedGroupLimitExceed"),
    (Quota::AddressesANormalGroup, Ecs, "AssignPrivateIpAddresses", &[("NetworkInterfaceId", "<eni>"), ("SecondaryPrivateIpAddressCount", "1")], 403, "SecurityGroupInstanceLimitExceed"),
    (Quota::EnisAnAccount, Ecs, "CreateNetworkInterface", &[("VSwitchId", "<vswitch>"), ("SecurityGroupId", "<security_group>")], 403, "MaxEniCountExceeded"),
    (Quota::EnisAnInstance, Ecs, "AttachNetworkInterface", &[("InstanceId", "<instance_g>"), ("NetworkInterfaceId", "<eni>")], 403, "EniPerInstanceLimitExceeded"),
    (Quota::AddressesAnEni, Ecs, "AssignPrivateIpAddresses", &[("NetworkInterfaceId", "<eni>"), ("SecondaryPrivateIpAddressCount", "1")], 403, "InvalidOperation.Ipv4CountExceeded"),
    (Quota::Ipv6AddressesAnEni, Ecs, "AssignIpv6Addresses", &[("NetworkInterfaceId", "<eni>"), ("Ipv6AddressCount", "1")], 403, "InvalidOperation.Ipv6CountExceeded"),
    (Quota::PrefixListsAnAccount, Ecs, "CreatePrefixList", &[("PrefixListName", "one-more"), ("AddressFamily", "IPv4"), ("MaxEntries", "1")], 403, "LimitExceed.PrefixList"),
    (Quota::KeyPairsAnAccount, Ecs, "CreateKeyPair", &[("KeyPairName", "one-more")], 403, "QuotaExceed.KeyPair"),
    (Quota::LoadBalancersAnAccount, Nlb, "CreateLoadBalancer", &[("VpcId", "<vpc>"), ("AddressType", "Intranet"), ZONES[0], ZONES[1], ZONES[2], ZONES[3]], 400, FULL),
    (Quota::ServerGroupsAnAccount, Nlb, "CreateServerGroup", &[("VpcId", "<vpc>"), ("ServerGroupName", "one-more")], 400, FULL),
    (Quota::ListenersALoadBalancer, Nlb, "CreateListener", &[("LoadBalancerId", "<balancer>"), ("ListenerProtocol", "TCP"), ("ListenerPort", "82"), ("ServerGroupId", "<server_group>")], 400, FULL),
    (Quota::ServersALoadBalancer, Nlb, "AddServersToServerGroup", &[("ServerGroupId", "<server_group>"), SERVER[0], SERVER[1], ("Servers.1.Port", "82")], 400, FULL),
    (Quota::ServersAGroup, Nlb, "AddServersToServerGroup", &[("ServerGroupId", "<server_group>"), SERVER[0], SERVER[1], ("Servers.1.Port", "83")], 400, FULL),
    (Quota::ServicesAnAccount, Privatelink, "CreateVpcEndpointService", &[("ServiceResourceType", "nlb")], 400, "QuotaMisMatched"),
    (Quota::EndpointsAVpc, Privatelink, "CreateVpcEndpoint", &[("VpcId", "<vpc>"), ("ServiceId", "<service>"), ("SecurityGroupId.1", "<security_group>")], 400, "QuotaExceeded.totalEpPerVpc"),
    (Quota::ZonesAnEndpoint, Privatelink, "CreateVpcEndpoint", &[("VpcId", "<vpc>"), ("ServiceId", "<service>"), ("SecurityGroupId.1", "<security_group>"), ("Zone.1.ZoneId", "cn-hangzhou-g"), ("Zone.1.VSwitchId", "<vswitch>")], 400, "QuotaExceeded.epZonePerEndpoint"),
    (Quota::PrivateZonesAnAccount, Pvtz, "AddZone", &[("ZoneName", "b.example")], 400, "QuotaExceeded"),
    (Quota::ResourceGroupsAnAccount, ResourceManager, "CreateResourceGroup", &[("Name", "one-more"), ("DisplayName", "x")], 400, "QuotaExceeded"),
];

#[tokio::test]
async fn each_product_has_its_own_code_for_a_limit() {
    let cloud = Cloud::new().await;
    let named = things::make(&cloud).await;
    for (quota, product, action, params, status, code) in CASES {
        let set = |limit| {
            Command::Access(Access::Limit(SetLimit { account: cloud.account(), quota: *quota, limit }))
        };
        let params: Vec<_> = params.iter().map(|(key, text)| (*key, named.fill(text))).collect();
        let params: Vec<_> = params.iter().map(|(key, text)| (*key, text.as_str())).collect();
        cloud.operate(set(Some(0))).await;
        let refused = cloud.refused(*product, action, &params).await;
        assert_eq!(refused, (*status, (*code).to_owned()), "{quota:?} {action}");
        cloud.operate(set(None)).await;
        cloud.call(*product, action, &params).await;
    }
}
