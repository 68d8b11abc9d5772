//! What parameters may be: texts in which `<vpc>` stands for the id of a VPC.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::things;
use crate::actions::Action;
use crate::rpc::Product;

/// Ids of things that one account owns, by what they are.
#[derive(Default)]
pub(super) struct Named(pub(super) BTreeMap<&'static str, String>);

impl Named {
    /// The text with these ids.
    pub(super) fn fill(&self, text: &str) -> String {
        let put = |text: String, (what, id): (&&str, &String)| text.replace(&format!("<{what}>"), id);
        let filled = self.0.iter().fold(text.to_owned(), put);
        assert!(!filled.contains('<'), "nothing was made for {filled}");
        filled
    }

    /// The text without these ids.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.values().fold(text.to_owned(), |text, id| text.replace(id, "ID"))
    }

    /// Ids of the same form that nothing has.
    pub(super) fn unknown(&self) -> Self {
        Self(self.0.iter().map(|(what, id)| (*what, changed(id))).collect())
    }
}

/// An id whose fourth to seventh characters behind its prefix are others.
fn changed(id: &str) -> String {
    let prefix = id.find('-').filter(|end| *end <= 5 && id[..*end].chars().all(|c| c.is_ascii_lowercase()));
    let from = prefix.map_or(0, |end| end + 1) + 3;
    let other = |(at, c): (usize, char)| match c {
        '0'..='9' if (from..from + 4).contains(&at) => char::from((c as u8 - b'0' + 5) % 10 + b'0'),
        'a'..='z' if (from..from + 4).contains(&at) => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        _ => c,
    };
    id.chars().enumerate().map(other).collect()
}

/// One way to give a parameter: keys and texts.
type Way = &'static [(&'static str, &'static str)];

/// A certificate that is uploaded without a key.
static AUTHORITY: LazyLock<[(&str, &str); 1]> = LazyLock::new(|| [("Cert", things::text("member_pem"))]);

/// Every way to give a parameter of an action; none for one that names nothing and that no action needs.
pub(super) fn ways(action: &Action, parameter: &str) -> Vec<Way> {
    if matches!(parameter, "ResourceId" | "ResourceType") && action.name != "DescribeAvailableResource" {
        let listed = action.name.to_ascii_lowercase().contains("tag");
        return if listed { tagged(action.product) } else { moved(action).to_vec() };
    }
    match (action.product, parameter) {
        (Product::Privatelink, "SecurityGroupId") if action.name == "CreateVpcEndpoint" => {
            vec![&[("SecurityGroupId.1", "<security_group>")]]
        }
        (Product::Pvtz, "ZoneId") => vec![&[("ZoneId", "<zone>")]],
        (Product::Cas, "Cert") => vec![&*AUTHORITY],
        (Product::Ecs, "Type") => vec![&[("Type", "RunShellScript")]],
        (_, _) => anywhere(parameter),
    }
}

fn tagged(product: Product) -> Vec<Way> {
    let ways: &[Way] = match product {
        Product::Vpc => &[
            &[("ResourceType", "VPC"), ("ResourceId.1", "<vpc>")],
            &[("ResourceType", "VSWITCH"), ("ResourceId.1", "<vswitch>")],
            &[("ResourceType", "ROUTETABLE"), ("ResourceId.1", "<route_table>")],
        ],
        Product::Ecs => &[
            &[("ResourceType", "instance"), ("ResourceId.1", "<instance>")],
            &[("ResourceType", "eni"), ("ResourceId.1", "<eni>")],
            &[("ResourceType", "command"), ("ResourceId.1", "<command>")],
            &[("ResourceType", "invocation"), ("ResourceId.1", "<invocation>")],
            &[("ResourceType", "keypair"), ("ResourceId.1", "<key_pair>")],
            &[("ResourceType", "securitygroup"), ("ResourceId.1", "<security_group>")],
            &[("ResourceType", "prefixlist"), ("ResourceId.1", "<prefix_list>")],
        ],
        Product::Nlb => &[
            &[("ResourceType", "loadbalancer"), ("ResourceId.1", "<balancer>")],
            &[("ResourceType", "servergroup"), ("ResourceId.1", "<server_group>")],
            &[("ResourceType", "listener"), ("ResourceId.1", "<listener>")],
            &[("ResourceType", "securitypolicy"), ("ResourceId.1", "<policy>")],
        ],
        Product::Privatelink => &[
            &[("ResourceType", "vpcendpoint"), ("ResourceId.1", "<endpoint>")],
            &[("ResourceType", "vpcendpointservice"), ("ResourceId.1", "<service>")],
        ],
        _ => &[],
    };
    ways.to_vec()
}

fn moved(action: &Action) -> &'static [Way] {
    match (action.product, action.name) {
        (Product::Vpc, _) => &[&[("ResourceType", "Vpc"), ("ResourceId", "<vpc>")]],
        (Product::Ecs, _) => &[&[("ResourceType", "instance"), ("ResourceId", "<instance>")]],
        (Product::Nlb, _) => &[&[("ResourceType", "loadbalancer"), ("ResourceId", "<balancer>")]],
        (Product::Privatelink, "ChangeResourceGroup") => {
            &[&[("ResourceType", "vpcendpointservice"), ("ResourceId", "<service>")]]
        }
        _ => &[&[("ResourceType", "nlb"), ("ResourceId", "<balancer>"), ("ZoneId", "cn-hangzhou-g")]],
    }
}

macro_rules! table {
    ($($parameter:literal: $([$($key:literal = $text:literal),+])+;)*) => {
        /// The ways that do not depend on the product.
        fn anywhere(parameter: &str) -> Vec<Way> {
            match parameter {
                $($parameter => vec![$(&[$(($key, $text)),+]),+],)*
                _ => Vec::new(),
            }
        }
    };
}

table! {
    // What names something that somebody owns.
    "AdditionalCertificateIds": ["AdditionalCertificateIds.1" = "<certificate>"];
    "CaCertificateIds": ["ListenerProtocol" = "TCPSSL", "CaEnabled" = "true", "CaCertificateIds.1" = "<authority>"];
    "CertId": ["CertId" = "<number>"];
    "CertificateIds": ["ListenerProtocol" = "TCPSSL", "CertificateIds.1" = "<certificate>"];
    "CommandId": ["CommandId" = "<command>"];
    "DNSName": ["DNSName" = "<balancer>.cn-hangzhou.nlb.aliyuncsslb.com"];
    "DestGroupId": ["DestGroupId" = "<security_group>", "DestCidrIp" = ""];
    "DestPrefixListId": ["DestPrefixListId" = "<prefix_list>", "DestCidrIp" = ""];
    "DiskIds": ["DiskIds" = r#"["<disk>"]"#];
    "EndpointId": ["EndpointId" = "<endpoint>"] ["EndpointId.1" = "<endpoint>"];
    "EndpointOwnerId": ["EndpointOwnerId" = "<account>"];
    "EniId": ["EniId" = "<endpoint_eni>"];
    "InstanceId": ["InstanceId" = "<instance>"] ["InstanceId.1" = "<instance>"];
    "InstanceIds": ["InstanceIds" = r#"["<instance>"]"#] ["InstanceIds.1" = "<instance>"];
    "InvokeId": ["InvokeId" = "<invocation>"];
    "JobId": ["JobId" = "<job>"];
    "JobIds": ["JobIds.1" = "<job>"];
    "KeyPairName": ["KeyPairName" = "<key_pair>"];
    "KeyPairNames": ["KeyPairNames" = r#"["<key_pair>"]"#];
    "ListenerId": ["ListenerId" = "<listener>"];
    "ListenerIds": ["ListenerIds.1" = "<listener>"];
    "LoadBalancerId": ["LoadBalancerId" = "<balancer>"];
    "LoadBalancerIds": ["LoadBalancerIds.1" = "<balancer>"];
    "NetworkInterface": ["NetworkInterface.1.VSwitchId" = "<vswitch>"]
        ["NetworkInterface.1.NetworkInterfaceId" = "<eni>"];
    "NetworkInterfaceId": ["NetworkInterfaceId" = "<eni>"] ["NetworkInterfaceId.1" = "<eni>"];
    "NewResourceGroupId": ["NewResourceGroupId" = "<resource_group>"];
    "NextHopId": ["NextHopType" = "NetworkInterface", "NextHopId" = "<eni>"]
        ["NextHopType" = "Instance", "NextHopId" = "<instance>"];
    "NextHopList": ["NextHopList.1.NextHopType" = "Instance", "NextHopList.1.NextHopId" = "<instance>"];
    "Permissions": ["Permissions.1.IpProtocol" = "TCP", "Permissions.1.PortRange" = "81/81",
        "Permissions.1.SourceGroupId" = "<security_group>"]
        ["Permissions.1.IpProtocol" = "TCP", "Permissions.1.PortRange" = "81/81",
        "Permissions.1.DestGroupId" = "<security_group>"];
    "PrefixListId": ["PrefixListId" = "<prefix_list>"] ["PrefixListId.1" = "<prefix_list>"];
    "QueryVpcId": ["QueryVpcId" = "<vpc>"];
    "RecordId": ["RecordId" = "<record>"];
    "ReplacedResourceId": ["ReplacedResourceId" = "<balancer>"];
    "Resource": ["Resource.1.ResourceType" = "nlb", "Resource.1.ResourceId" = "<balancer>",
        "Resource.1.ZoneId" = "cn-hangzhou-g"];
    "ResourceGroupId": ["ResourceGroupId" = "<resource_group>"];
    "ResourceGroupIds": ["ResourceGroupIds.1" = "<resource_group>"];
    "RoleArn": ["RoleArn" = "acs:ram::<account>:role/builder"];
    "RouteEntryId": ["RouteEntryId" = "<route_entry>"];
    "RouteTableId": ["RouteTableId" = "<route_table>"];
    "RouterId": ["RouterId" = "<router>"];
    "SecurityGroupId": ["SecurityGroupId" = "<security_group>"] ["SecurityGroupId.1" = "<security_group>"];
    "SecurityGroupIds": ["SecurityGroupIds.1" = "<security_group>"]
        ["SecurityGroupIds" = r#"["<security_group>"]"#];
    "SecurityGroupRuleId": ["SecurityGroupRuleId" = "<rule>"] ["SecurityGroupRuleId.1" = "<rule>"];
    "SecurityPolicyId": ["SecurityPolicyId" = "<policy>"]
        ["ListenerProtocol" = "TCPSSL", "SecurityPolicyId" = "<policy>"];
    "SecurityPolicyIds": ["SecurityPolicyIds.1" = "<policy>"];
    "ServerGroupId": ["ServerGroupId" = "<server_group>"];
    "ServerGroupIds": ["ServerGroupIds.1" = "<server_group>"];
    "ServerIds": ["ServerIds.1" = "<server>"];
    "Servers": ["Servers.1.ServerType" = "Ecs", "Servers.1.ServerId" = "<instance>", "Servers.1.Port" = "81"]
        ["Servers.1.ServerType" = "Eni", "Servers.1.ServerId" = "<eni>", "Servers.1.Port" = "81"];
    "ServiceId": ["ServiceId" = "<service>"];
    "ServiceName": ["ServiceName" = "com.aliyuncs.privatelink.cn-hangzhou.<service>"];
    "SourceGroupId": ["SourceGroupId" = "<security_group>", "SourceCidrIp" = ""];
    "SourcePrefixListId": ["SourcePrefixListId" = "<prefix_list>", "SourceCidrIp" = ""];
    "UserARN": ["UserARN" = "acs:ram:*:<account>:*"];
    "UserId": ["UserId" = "<account>"];
    "VRouterId": ["VRouterId" = "<router>"];
    "VSwitchId": ["VSwitchId" = "<vswitch>"];
    "VpcId": ["VpcId" = "<vpc>"];
    "VpcIds": ["VpcIds.1" = "<vpc>"];
    "Vpcs": ["Vpcs.1.VpcId" = "<vpc>", "Vpcs.1.RegionId" = "cn-hangzhou"];
    "Zone": ["Zone.1.ZoneId" = "cn-hangzhou-g", "Zone.1.VSwitchId" = "<vswitch>"];
    "ZoneMappings": ["ZoneMappings.1.ZoneId" = "cn-hangzhou-g", "ZoneMappings.1.VSwitchId" = "<vswitch>",
        "ZoneMappings.2.ZoneId" = "cn-hangzhou-k", "ZoneMappings.2.VSwitchId" = "<other_vswitch>"];
    // What actions need besides.
    "AutoAllocatedEnabled": ["AutoAllocatedEnabled" = "true"];
    "ResourceAllocateMode": ["ResourceAllocateMode" = "Manual"];
    "BandwidthPackageId": ["BandwidthPackageId" = "cbwp-a"];
    "PublicKeyBody": ["PublicKeyBody" = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKeT5Cg8nM3Tz1bC1v8h3vX0B0v0xJm3w2mU5y3Yk2Qw"];
    "AddressFamily": ["AddressFamily" = "IPv4"];
    "MaxEntries": ["MaxEntries" = "1"];
    "PrefixListName": ["PrefixListName" = "a-list"];
    "AddressType": ["AddressType" = "Intranet"];
    "Attribute": ["Attribute" = "instanceName"];
    "CidrBlock": ["CidrBlock" = "10.0.77.0/24"];
    "Ciphers": ["Ciphers.1" = "ECDHE-RSA-AES128-GCM-SHA256"];
    "CommandContent": ["CommandContent" = "dHJ1ZQ=="];
    "DestinationCidrBlock": ["DestinationCidrBlock" = "192.168.0.0/24"];
    "DisplayName": ["DisplayName" = "Name"];
    "Id": ["Id" = "cn-hangzhou"];
    "ImageId": ["ImageId" = "host"];
    "InnerAccessPolicy": ["InnerAccessPolicy" = "Accept"];
    "InstanceType": ["InstanceType" = "ecs.t6-c1m1.large"];
    "IpProtocol": ["IpProtocol" = "TCP"];
    "ListenerPort": ["ListenerPort" = "81"];
    "ListenerProtocol": ["ListenerProtocol" = "TCP"];
    "Name": ["Name" = "a-name"];
    "NewDisplayName": ["NewDisplayName" = "Name"];
    "NextHopType": ["NextHopType" = "NetworkInterface", "NextHopId" = "<eni>"];
    "PortRange": ["PortRange" = "81/81"];
    "PrivateIpAddress": ["PrivateIpAddress.1" = "10.0.1.77"];
    "ProxyPattern": ["ProxyPattern" = "ZONE"];
    "QueryRegionId": ["QueryRegionId" = "cn-hangzhou"];
    "RoleSessionName": ["RoleSessionName" = "me"];
    "Rr": ["Rr" = "www"];
    "SecondaryCidrBlock": ["SecondaryCidrBlock" = "192.168.0.0/16"];
    "SecondaryPrivateIpAddressCount": ["SecondaryPrivateIpAddressCount" = "1"];
    "SecurityPolicyName": ["SecurityPolicyName" = "a-policy"];
    "ServerGroupName": ["ServerGroupName" = "a-group"];
    "ServiceRegionId": ["ServiceRegionId" = "cn-hangzhou"];
    "SourceCidrIp": ["SourceCidrIp" = "10.0.0.0/8"];
    "DestCidrIp": ["DestCidrIp" = "10.0.0.0/8"];
    "Status": ["Status" = "DISABLE"];
    "Tag": ["Tag.1.Key" = "key", "Tag.1.Value" = "value"];
    "TagKey": ["TagKey.1" = "key"];
    "TlsVersions": ["TlsVersions.1" = "TLSv1.2"];
    "Type": ["Type" = "A"];
    "Value": ["Value" = "10.0.0.9"];
    "ZoneId": ["ZoneId" = "cn-hangzhou-g"];
    "ZoneName": ["ZoneName" = "b.example"];
}
