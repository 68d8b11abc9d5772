//! What a provider makes: a VPC with two zones, instances, an NLB with a listener, an endpoint service.

use super::cloud::{Cloud, ZONES};
use crate::rpc::Product::{Ecs, Nlb, Privatelink, Vpc};

/// A VPC with a vSwitch in each zone and a security group, with IPv6.
pub(super) struct Network {
    pub(super) vpc: String,
    pub(super) vswitches: [String; 2],
    pub(super) group: String,
}

impl Network {
    pub(super) async fn new(cloud: &Cloud) -> Self {
        let params = [("CidrBlock", "10.0.0.0/8"), ("EnableIpv6", "true")];
        let vpc = cloud.get(Vpc, "CreateVpc", &params, "/VpcId").await;
        let mut vswitches = Vec::new();
        for (zone, number) in ZONES.into_iter().zip(["1", "2"]) {
            let cidr = format!("10.0.{number}.0/24");
            let place = [("VpcId", vpc.as_str()), ("ZoneId", zone)];
            let params = [place[0], place[1], ("CidrBlock", &cidr), ("Ipv6CidrBlock", number)];
            vswitches.push(cloud.get(Vpc, "CreateVSwitch", &params, "/VSwitchId").await);
        }
        let group = cloud.get(Ecs, "CreateSecurityGroup", &[("VpcId", &vpc)], "/SecurityGroupId").await;
        Self { vpc, vswitches: vswitches.try_into().unwrap(), group }
    }

    pub(super) async fn instance(&self, cloud: &Cloud, zone: usize) -> String {
        let params = [
            ("VSwitchId", self.vswitches[zone].as_str()),
            ("SecurityGroupId", &self.group),
            ("ImageId", "host"),
            ("InstanceType", "ecs.t6-c1m1.large"),
        ];
        cloud.get(Ecs, "RunInstances", &params, "/InstanceIdSets/InstanceIdSet/0").await
    }

    pub(super) async fn load_balancer(&self, cloud: &Cloud) -> String {
        let params = [
            ("LoadBalancerName", "nlb-1"),
            ("VpcId", self.vpc.as_str()),
            ("AddressType", "Intranet"),
            ("ZoneMappings.1.ZoneId", ZONES[0]),
            ("ZoneMappings.1.VSwitchId", &self.vswitches[0]),
            ("ZoneMappings.1.AllocationId", ""),
            ("ZoneMappings.2.ZoneId", ZONES[1]),
            ("ZoneMappings.2.VSwitchId", &self.vswitches[1]),
        ];
        cloud.get(Nlb, "CreateLoadBalancer", &params, "/LoadbalancerId").await
    }

    pub(super) async fn server_group(&self, cloud: &Cloud) -> String {
        let params = [("ServerGroupName", "rs-1"), ("VpcId", self.vpc.as_str())];
        cloud.get(Nlb, "CreateServerGroup", &params, "/ServerGroupId").await
    }
}

/// The walkthrough's provider.
pub(super) struct Provider {
    pub(super) network: Network,
    pub(super) load_balancer: String,
    pub(super) server_group: String,
    pub(super) listener: String,
    pub(super) service: String,
}

impl Provider {
    pub(super) async fn new(cloud: &Cloud) -> Self {
        let network = Network::new(cloud).await;
        let servers = [network.instance(cloud, 0).await, network.instance(cloud, 1).await];
        let load_balancer = network.load_balancer(cloud).await;
        let server_group = network.server_group(cloud).await;
        let json =
            servers.map(|id| format!(r#"{{"ServerType":"Ecs","ServerId":"{id}","Port":80}}"#)).join(",");
        let json = format!("[{json}]");
        let params = [("ServerGroupId", server_group.as_str()), ("Servers", &json)];
        cloud.call(Nlb, "AddServersToServerGroup", &params).await;
        let params = [
            ("LoadBalancerId", load_balancer.as_str()),
            ("ListenerProtocol", "TCP"),
            ("ListenerPort", "80"),
            ("ServerGroupId", &server_group),
            ("CaEnabled", "false"),
        ];
        let listener = cloud.get(Nlb, "CreateListener", &params, "/ListenerId").await;
        let service = service(cloud, &load_balancer).await;
        Self { network, load_balancer, server_group, listener, service }
    }
}

async fn service(cloud: &Cloud, load_balancer: &str) -> String {
    let params = [
        ("ServiceResourceType", "nlb"),
        ("Resource.1.ResourceType", "nlb"),
        ("Resource.1.ResourceId", load_balancer),
        ("Resource.1.ZoneId", ZONES[0]),
    ];
    let service = cloud.get(Privatelink, "CreateVpcEndpointService", &params, "/ServiceId").await;
    let params = [
        ("ServiceId", service.as_str()),
        ("ResourceType", "nlb"),
        ("ResourceId", load_balancer),
        ("ZoneId", ZONES[1]),
    ];
    cloud.call(Privatelink, "AttachResourceToVpcEndpointService", &params).await;
    service
}

/// An endpoint in both zones of a consumer's network.
pub(super) async fn endpoint(cloud: &Cloud, consumer: &Network, service: &str) -> String {
    let params = [
        ("VpcId", consumer.vpc.as_str()),
        ("ServiceName", &format!("com.aliyuncs.privatelink.cn-hangzhou.{service}")),
        ("EndpointName", "ep-1"),
        ("SecurityGroupId.1", &consumer.group),
        ("Zone.1.ZoneId", ZONES[0]),
        ("Zone.1.VSwitchId", &consumer.vswitches[0]),
        ("Zone.2.ZoneId", ZONES[1]),
        ("Zone.2.VSwitchId", &consumer.vswitches[1]),
        ("Zone.2.ip", "10.0.2.20"),
    ];
    cloud.get(Privatelink, "CreateVpcEndpoint", &params, "/EndpointId").await
}
