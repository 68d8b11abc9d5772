//! VPC 1: the clients and their endpoint.

use anyhow::{Context, Result};
use control::rpc::Product;

use super::session::Session;
use super::{CIDR, EndpointZone, Machine, Vpc, ZONES, machine, until_running, vpc};
use crate::client::text;

/// VPC 1, its security group, ECS 01 and ECS 02.
pub(super) fn clients(session: &mut Session<'_>) -> Result<(Vpc, String, [Machine; 2])> {
    session.part("VPC 1: two clients");
    let vpc = vpc(session, "vpc-1")?;
    let name = [("VpcId", vpc.id.as_str()), ("SecurityGroupName", "clients")];
    let group = session.create(Product::Ecs, "CreateSecurityGroup", "SecurityGroupId", &name)?;
    for (protocol, ports) in [("tcp", "80/80"), ("icmp", "-1/-1")] {
        let rule = [("IpProtocol", protocol), ("PortRange", ports), ("SourceCidrIp", CIDR)];
        let parameters = [&[("SecurityGroupId", group.as_str())], &rule[..]].concat();
        let about = format!("{protocol} from {CIDR}");
        session.order(Product::Ecs, "AuthorizeSecurityGroup", &about, &parameters)?;
    }
    let more = [("SecurityGroupId", group.as_str())];
    let machines = [
        machine(session, &vpc, ("ECS 01", 0, "10.0.1.10"), &more)?,
        machine(session, &vpc, ("ECS 02", 1, "10.0.2.20"), &more)?,
    ];
    for machine in &machines {
        until_running(session, machine)?;
    }
    Ok((vpc, group, machines))
}

/// The endpoint: its id, its name and its zones, as soon as its interfaces are there.
pub(super) fn endpoint(
    session: &mut Session<'_>,
    vpc: &Vpc,
    group: &str,
    service: &str,
) -> Result<(String, String, [EndpointZone; 2])> {
    session.part("VPC 1: an endpoint of that service");
    let parameters = [
        ("EndpointName", "endpoint-1"),
        ("ServiceId", service),
        ("VpcId", &vpc.id),
        ("SecurityGroupId.1", group),
        ("Zone.1.ZoneId", ZONES[0]),
        ("Zone.1.VSwitchId", &vpc.vswitches[0]),
        ("Zone.2.ZoneId", ZONES[1]),
        ("Zone.2.VSwitchId", &vpc.vswitches[1]),
    ];
    let id = session.create(Product::Privatelink, "CreateVpcEndpoint", "EndpointId", &parameters)?;
    let which = [("EndpointId", id.as_str())];
    let call = (Product::Privatelink, "GetVpcEndpointAttribute", &which[..]);
    session.until("endpoint", "Active", call, |answer| text(answer, "EndpointStatus"))?;
    session.until("connection", "Disconnected", call, |answer| text(answer, "ConnectionStatus"))?;
    let attributes = session.ask(Product::Privatelink, "GetVpcEndpointAttribute", &which)?;
    let domain = text(&attributes, "EndpointDomain").context("the endpoint has no name")?;
    let zones = session.ask(Product::Privatelink, "ListVpcEndpointZones", &which)?;
    let zone = |name: &'static str| {
        let listed =
            zones.get("Zones").and_then(|zones| zones.as_array()).context("the endpoint has no zones")?;
        let zone = listed.iter().find(|zone| text(zone, "ZoneId").as_deref() == Some(name));
        let field =
            |field| zone.and_then(|zone| text(zone, field)).with_context(|| format!("{name}: no {field}"));
        anyhow::Ok(EndpointZone { zone: name, domain: field("ZoneDomain")?, address: field("EniIp")? })
    };
    Ok((id, domain, [zone(ZONES[0])?, zone(ZONES[1])?]))
}
