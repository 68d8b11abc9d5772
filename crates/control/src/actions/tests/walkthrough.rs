//! The road from a VPC to a connected endpoint, and back.

use model::report::{HealthReason, HealthReport, HealthState};
use serde_json::{Value, json};

use super::cloud::{Cloud, ZONES};
use super::provider::{Network, Provider, endpoint};
use crate::rpc::Product::{Nlb, Privatelink};

async fn zone_statuses(cloud: &Cloud, endpoint: &str) -> Vec<Value> {
    let zones = cloud.call(Privatelink, "ListVpcEndpointZones", &[("EndpointId", endpoint)]).await;
    zones["Zones"].as_array().unwrap().iter().map(|zone| zone["ZoneStatus"].clone()).collect()
}

async fn connection(cloud: &Cloud, service: &str) -> String {
    let params = [("ServiceId", service)];
    cloud.get(Privatelink, "ListVpcEndpointConnections", &params, "/Connections/0/ConnectionStatus").await
}

#[tokio::test]
async fn a_load_balancer_is_provisioned_until_its_hosts_say_so() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let id = [("LoadBalancerId", provider.load_balancer.as_str())];
    let status = |path| cloud.get(Nlb, "GetLoadBalancerAttribute", &id, path);
    assert_eq!(status("/LoadBalancerStatus").await, "Provisioning");
    cloud.settle();
    assert_eq!(status("/LoadBalancerStatus").await, "Active");
    let name = format!("{}.cn-hangzhou.nlb.aliyuncsslb.com", provider.load_balancer);
    assert_eq!(status("/DNSName").await, name);
    assert!(
        status("/ZoneMappings/0/LoadBalancerAddresses/0/PrivateIPv4Address").await.starts_with("10.0.1.")
    );

    let update = [id[0], ("CrossZoneEnabled", "false"), ("LoadBalancerName", "nlb-2")];
    let job = cloud.get(Nlb, "UpdateLoadBalancerAttribute", &update, "/JobId").await;
    assert_eq!(cloud.get(Nlb, "GetJobStatus", &[("JobId", &job)], "/Status").await, "Processing");
    cloud.settle();
    assert_eq!(cloud.get(Nlb, "GetJobStatus", &[("JobId", &job)], "/Status").await, "Succeeded");
    assert_eq!(
        (status("/CrossZoneEnabled").await, status("/LoadBalancerName").await),
        ("false".into(), "nlb-2".into())
    );
}

#[tokio::test]
async fn a_listener_forwards_stops_and_tells_which_servers_are_not_well() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let id = [("ListenerId", provider.listener.as_str())];
    let status = || cloud.get(Nlb, "GetListenerAttribute", &id, "/ListenerStatus");
    assert_eq!(status().await, "Provisioning");
    let path = "/ListenerHealthStatus/0/ServerGroupInfos/0/NonNormalServers";
    let bad =
        || async { cloud.call(Nlb, "GetListenerHealthStatus", &id).await.pointer(path).cloned().unwrap() };
    assert_eq!(bad().await[0]["Status"], "Initial");
    cloud.settle();
    assert_eq!((status().await.as_str(), bad().await), ("Running", json!([])));
    let reason = Some(HealthReason::ConnectFailed);
    cloud.settle_with(HealthReport { state: HealthState::Unhealthy, reason, latency_micros: 1 });
    assert_eq!(bad().await[1]["Reason"]["ReasonCode"], "CONNECT_FAILED");
    cloud.call(Nlb, "StopListener", &id).await;
    assert_eq!(status().await, "Stopping");
    cloud.settle();
    assert_eq!(status().await, "Stopped");
    cloud.call(Nlb, "StartListener", &id).await;
    cloud.settle();
    assert_eq!(status().await, "Running");
}

#[tokio::test]
async fn servers_come_change_and_go() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let group = ("ServerGroupId", provider.server_group.as_str());
    let servers = || async { cloud.call(Nlb, "ListServerGroupServers", &[group]).await["Servers"].clone() };
    let before = servers().await;
    assert_eq!(
        (&before[0]["Status"], &before[0]["Weight"], &before[0]["ZoneId"]),
        (&json!("Adding"), &json!(100), &json!(ZONES[0]))
    );
    let id = before[0]["ServerId"].as_str().unwrap();
    let which =
        [group, ("Servers.1.ServerId", id), ("Servers.1.ServerType", "Ecs"), ("Servers.1.Port", "80")];
    let weigh =
        [which.as_slice(), &[("Servers.1.Weight", "10"), ("Servers.1.Description", "small one")]].concat();
    cloud.call(Nlb, "UpdateServerGroupServersAttribute", &weigh).await;
    assert_eq!(
        (&servers().await[0]["Weight"], &servers().await[0]["Description"]),
        (&json!(10), &json!("small one"))
    );
    let refused = cloud.refused(Nlb, "AddServersToServerGroup", &which).await;
    assert_eq!(refused, (400, "DuplicatedParam.Server".to_owned()));
    let job = cloud.get(Nlb, "RemoveServersFromServerGroup", &which, "/JobId").await;
    assert_eq!(servers().await.as_array().unwrap().len(), 1);
    // No host has taken it out yet.
    assert_eq!(cloud.get(Nlb, "GetJobStatus", &[("JobId", &job)], "/Status").await, "Processing");
    cloud.settle();
    assert_eq!(cloud.get(Nlb, "GetJobStatus", &[("JobId", &job)], "/Status").await, "Succeeded");
    let refused = cloud.refused(Nlb, "RemoveServersFromServerGroup", &which).await;
    assert_eq!(refused, (404, "ResourceNotFound.BackendServer".to_owned()));
}

#[tokio::test]
async fn a_server_group_shows_what_it_was_asked_for_and_every_default() {
    let cloud = Cloud::new().await;
    let network = Network::new(&cloud).await;
    let group = network.server_group(&cloud).await;
    let shown = |id: String| {
        let cloud = &cloud;
        async move {
            cloud.call(Nlb, "ListServerGroups", &[("ServerGroupIds.1", &id)]).await["ServerGroups"][0].clone()
        }
    };
    let plain = shown(group.clone()).await;
    let expected =
        [("Protocol", json!("TCP")), ("Scheduler", json!("Wrr")), ("PreserveClientIpEnabled", json!(true))];
    for (name, value) in expected {
        assert_eq!(plain[name], value, "{name}");
    }
    let check = &plain["HealthCheck"];
    assert_eq!((&check["HealthCheckEnabled"], &check["HealthCheckInterval"]), (&json!(true), &json!(5)));
    assert_eq!(
        (&check["HealthCheckUrl"], &check["HealthCheckHttpCode"]),
        (&json!("/"), &json!(["http_2xx"]))
    );

    let http =
        r#"{"HealthCheckType":"HTTP","HealthCheckUrl":"/up","HealthCheckHttpCode":["http_2xx","http_3xx"]}"#;
    let update = [("ServerGroupId", group.as_str()), ("Scheduler", "rr"), ("HealthCheckConfig", http)];
    cloud.call(Nlb, "UpdateServerGroupAttribute", &update).await;
    let changed = shown(group).await;
    assert_eq!(
        (&changed["Scheduler"], &changed["HealthCheck"]["HealthCheckType"]),
        (&json!("rr"), &json!("HTTP"))
    );
    assert_eq!(changed["HealthCheck"]["HealthCheckHttpCode"], json!(["http_2xx", "http_3xx"]));
}

#[tokio::test]
async fn a_connection_is_connected_once_packets_pass_and_disconnected_once_they_do_not() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    assert_eq!(zone_statuses(&cloud, &endpoint).await, ["Creating", "Creating"]);
    cloud.settle();
    assert_eq!(zone_statuses(&cloud, &endpoint).await, ["Wait", "Wait"]);
    assert_eq!(connection(&cloud, &provider.service).await, "Disconnected");

    let pair = [("ServiceId", provider.service.as_str()), ("EndpointId", endpoint.as_str())];
    let denied = cloud.refused(Privatelink, "DisableVpcEndpointConnection", &pair).await;
    assert_eq!(denied, (400, "EndpointConnectionOperationDenied".to_owned()));
    cloud.call(Privatelink, "EnableVpcEndpointConnection", &pair).await;
    assert_eq!(connection(&cloud, &provider.service).await, "Connecting");
    cloud.settle();
    assert_eq!(connection(&cloud, &provider.service).await, "Connected");
    assert_eq!(zone_statuses(&cloud, &endpoint).await, ["Connected", "Connected"]);
    cloud.call(Privatelink, "DisableVpcEndpointConnection", &pair).await;
    assert_eq!(connection(&cloud, &provider.service).await, "Disconnecting");
    cloud.settle();
    assert_eq!(connection(&cloud, &provider.service).await, "Disconnected");
}

#[tokio::test]
async fn an_endpoint_has_an_address_and_a_name_in_each_zone() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let zones = cloud.call(Privatelink, "ListVpcEndpointZones", &[("EndpointId", &endpoint)]).await;
    assert_eq!(zones["Zones"][1]["EniIp"], "10.0.2.20");
    let domain =
        format!("{endpoint}-cn-hangzhou-g.{}.cn-hangzhou.privatelink.aliyuncs.com", provider.service);
    assert_eq!(zones["Zones"][0]["ZoneDomain"], domain);
    let shown = cloud.call(Privatelink, "GetVpcEndpointAttribute", &[("EndpointId", &endpoint)]).await;
    assert_eq!((&shown["EndpointName"], &shown["ResourceOwner"]), (&json!("ep-1"), &json!(true)));
    let groups = cloud.call(Privatelink, "ListVpcEndpointSecurityGroups", &[("EndpointId", &endpoint)]).await;
    assert_eq!(groups["SecurityGroups"][0]["SecurityGroupId"], consumer.group);
}

#[tokio::test]
async fn everything_can_be_taken_down_again() {
    let cloud = Cloud::new().await;
    let provider = Provider::new(&cloud).await;
    let consumer = Network::new(&cloud).await;
    let endpoint = endpoint(&cloud, &consumer, &provider.service).await;
    let service = ("ServiceId", provider.service.as_str());
    for zone in ZONES {
        let params = [("EndpointId", endpoint.as_str()), ("ZoneId", zone)];
        cloud.call(Privatelink, "RemoveZoneFromVpcEndpoint", &params).await;
    }
    cloud.call(Privatelink, "DeleteVpcEndpoint", &[("EndpointId", &endpoint)]).await;
    for zone in ZONES {
        let resource =
            [service, ("ResourceId", &provider.load_balancer), ("ResourceType", "nlb"), ("ZoneId", zone)];
        cloud.call(Privatelink, "DetachResourceFromVpcEndpointService", &resource).await;
    }
    cloud.call(Privatelink, "DeleteVpcEndpointService", &[service]).await;
    cloud.call(Nlb, "DeleteListener", &[("ListenerId", &provider.listener)]).await;
    cloud.call(Nlb, "DeleteServerGroup", &[("ServerGroupId", &provider.server_group)]).await;
    let job =
        cloud.get(Nlb, "DeleteLoadBalancer", &[("LoadBalancerId", &provider.load_balancer)], "/JobId").await;
    cloud.settle();
    assert_eq!(cloud.get(Nlb, "GetJobStatus", &[("JobId", &job)], "/Status").await, "Succeeded");
    assert_eq!(cloud.get(Nlb, "ListLoadBalancers", &[], "/TotalCount").await, "0");
}
