//! VPC 2: the servers, their load balancer and the service that it becomes.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use control::rpc::Product;

use super::session::Session;
use super::{Machine, Vpc, ZONES, machine, until_running, vpc};
use crate::client::text;

/// The NLB and what belongs to it.
pub(super) struct Balancer {
    pub(super) id: String,
    pub(super) server_group: String,
    pub(super) listener: String,
}

/// VPC 2, ECS 03 and ECS 04, in the default security group that comes with the first instance.
pub(super) fn servers(session: &mut Session<'_>) -> Result<(Vpc, [Machine; 2])> {
    session.part("VPC 2, with the same addresses: two NGINX servers");
    let vpc = vpc(session, "vpc-2")?;
    let mut server = |name, zone: usize, address| {
        let page = STANDARD.encode(user_data(name, ZONES[zone]));
        machine(session, &vpc, (name, zone, address), &[("UserData", &page)])
    };
    let machines = [server("ECS 03", 0, "10.0.1.30")?, server("ECS 04", 1, "10.0.2.40")?];
    for machine in &machines {
        until_running(session, machine)?;
    }
    Ok((vpc, machines))
}

/// Starts NGINX with a page that tells who answers and whom it sees.
fn user_data(name: &str, zone: &str) -> String {
    format!(
        r#"#!/bin/sh
cat >/etc/nginx/nginx.conf <<'END'
events {{}}
http {{
    access_log /var/log/nginx/access.log;
    server {{
        listen 80;
        default_type text/plain;
        # Nobody but Isthmus ends a connection.
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
        location / {{ return 200 "{name} in {zone} serves $remote_addr\n"; }}
    }}
}}
END
exec nginx
"#
    )
}

/// The NLB in both zones, its server group and its listener, as soon as its servers are healthy.
pub(super) fn load_balancer(
    session: &mut Session<'_>,
    vpc: &Vpc,
    servers: &[Machine; 2],
) -> Result<Balancer> {
    session.part("VPC 2: a network load balancer before them");
    let parameters = [
        ("LoadBalancerName", "nlb-1"),
        ("AddressType", "Intranet"),
        ("VpcId", &vpc.id),
        ("ZoneMappings.1.ZoneId", ZONES[0]),
        ("ZoneMappings.1.VSwitchId", &vpc.vswitches[0]),
        ("ZoneMappings.2.ZoneId", ZONES[1]),
        ("ZoneMappings.2.VSwitchId", &vpc.vswitches[1]),
    ];
    let id = session.create(Product::Nlb, "CreateLoadBalancer", "LoadbalancerId", &parameters)?;
    let server_group = server_group(session, vpc, servers)?;
    let parameters = [
        ("LoadBalancerId", id.as_str()),
        ("ListenerProtocol", "TCP"),
        ("ListenerPort", "80"),
        ("ServerGroupId", &server_group),
    ];
    let listener = session.create(Product::Nlb, "CreateListener", "ListenerId", &parameters)?;
    let which = [("LoadBalancerId", id.as_str())];
    let call = (Product::Nlb, "GetLoadBalancerAttribute", &which[..]);
    session.until("load balancer", "Active", call, |answer| text(answer, "LoadBalancerStatus"))?;
    let which = [("ListenerId", listener.as_str())];
    let call = (Product::Nlb, "GetListenerHealthStatus", &which[..]);
    session.until("listener", "healthy", call, |answer| {
        let groups = answer.get("ListenerHealthStatus")?.get(0)?.get("ServerGroupInfos")?.as_array()?;
        let sick = groups.iter().map(|group| group.get("NonNormalServers")?.as_array().map(Vec::len));
        let sick = sick.sum::<Option<usize>>()?;
        Some(if sick == 0 { "healthy".to_owned() } else { format!("{sick} servers away from healthy") })
    })?;
    Ok(Balancer { id, server_group, listener })
}

fn server_group(session: &mut Session<'_>, vpc: &Vpc, servers: &[Machine; 2]) -> Result<String> {
    let parameters = [("ServerGroupName", "rs-1"), ("Protocol", "TCP"), ("VpcId", vpc.id.as_str())];
    let id = session.create(Product::Nlb, "CreateServerGroup", "ServerGroupId", &parameters)?;
    let parameters = [
        ("ServerGroupId", id.as_str()),
        ("Servers.1.ServerType", "Ecs"),
        ("Servers.1.ServerId", &servers[0].id),
        ("Servers.1.Port", "80"),
        ("Servers.1.Weight", "100"),
        ("Servers.2.ServerType", "Ecs"),
        ("Servers.2.ServerId", &servers[1].id),
        ("Servers.2.Port", "80"),
        ("Servers.2.Weight", "100"),
    ];
    session.order(Product::Nlb, "AddServersToServerGroup", "ECS 03 and ECS 04, port 80", &parameters)?;
    Ok(id)
}

/// The endpoint service over the NLB in both zones; the provider wants to allow each connection.
pub(super) fn service(session: &mut Session<'_>, load_balancer: &str) -> Result<String> {
    session.part("VPC 2: an endpoint service over the load balancer");
    let parameters = [
        ("ServiceResourceType", "nlb"),
        ("Resource.1.ResourceType", "nlb"),
        ("Resource.1.ResourceId", load_balancer),
        ("Resource.1.ZoneId", ZONES[0]),
        ("Resource.2.ResourceType", "nlb"),
        ("Resource.2.ResourceId", load_balancer),
        ("Resource.2.ZoneId", ZONES[1]),
    ];
    let id = session.create(Product::Privatelink, "CreateVpcEndpointService", "ServiceId", &parameters)?;
    let which = [("ServiceId", id.as_str())];
    let call = (Product::Privatelink, "GetVpcEndpointServiceAttribute", &which[..]);
    session.until("service", "Active", call, |answer| text(answer, "ServiceStatus"))?;
    Ok(id)
}
