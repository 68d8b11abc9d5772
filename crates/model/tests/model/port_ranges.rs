//! Listeners on ranges of ports, and groups whose servers take any.

use model::command::nlb::{
    AddServers, CreateListener, CreateServerGroup, NewServer, UpdateListener, UpdateServerGroup,
};
use model::command::{Command, Output};
use model::id::ServerGroupId;
use model::net::PortRange;
use model::nlb::health_check::HealthCheckPatch;
use model::nlb::{ListenerProtocol, Target};
use model::plan::ListenerPlan;
use model::planner::plan;
use model::refusal::{Refusal, ServerRefusal};

use crate::support::{Walkthrough, host};

/// A group of any port in the provider's VPC.
fn any_port(it: &mut Walkthrough) -> ServerGroupId {
    let group = CreateServerGroup {
        any_port: true,
        health_check: HealthCheckPatch { port: Some(80), ..HealthCheckPatch::default() },
        ..CreateServerGroup::new(it.provider.clone())
    };
    let Output::ServerGroup(group, _) = it.world.run(Command::CreateServerGroup(group)) else { panic!() };
    group
}

fn on(it: &Walkthrough, group: &ServerGroupId, low: u16, high: u16) -> Command {
    let first = CreateListener::new(it.load_balancer.clone(), ListenerProtocol::Tcp, low, group.clone());
    Command::CreateListener(CreateListener { ports: PortRange { low, high }, ..first })
}

#[test]
fn a_range_takes_its_ports_from_other_ranges_and_leaves_single_ones_free() {
    let mut it = Walkthrough::new();
    let group = any_port(&mut it);
    assert!(matches!(
        it.world.refused(on(&it, &group, 0, 9)),
        Refusal::OutOfRange { field: "ListenerPort", .. }
    ));
    assert!(matches!(it.world.refused(on(&it, &group, 9, 8)), Refusal::OutOfRange { field: "EndPort", .. }));
    it.world.run(on(&it, &group, 1, 65535));
    assert!(matches!(it.world.refused(on(&it, &group, 70, 80)), Refusal::PortTaken { port: 70, .. }));
    it.world.run(on(&it, &it.server_group, 81, 81));
    let planned = plan(&it.world.state, &host()).listeners;
    let ranges: Vec<PortRange> = planned.values().map(|it: &ListenerPlan| it.ports).collect();
    assert_eq!(ranges.len(), 3);
    assert!(ranges.contains(&PortRange { low: 1, high: 65535 }) && ranges.contains(&PortRange::one(81)));
}

#[test]
fn a_range_and_a_group_of_any_port_belong_together() {
    let mut it = Walkthrough::new();
    let group = any_port(&mut it);
    assert_eq!(it.world.refused(on(&it, &group, 90, 90)), Refusal::OnePortAnyPortGroup);
    assert_eq!(it.world.refused(on(&it, &it.server_group, 90, 99)), Refusal::RangePlainGroup);
    let moved =
        UpdateListener { server_group: Some(group.clone()), ..UpdateListener::new(it.listener.clone()) };
    assert_eq!(it.world.refused(Command::UpdateListener(moved)), Refusal::OnePortAnyPortGroup);
}

#[test]
fn a_server_of_any_port_has_none_and_its_health_check_has_one() {
    let mut it = Walkthrough::new();
    let group = any_port(&mut it);
    let server = |port| {
        let servers = vec![NewServer::new(Target::Ecs(it.ecs[2].clone()), port)];
        Command::AddServers(AddServers { server_group: group.clone(), servers })
    };
    let (with, without) = (server(80), server(0));
    assert_eq!(it.world.refused(with), ServerRefusal::Port { port: 80 }.into());
    it.world.run(without);
    let check = HealthCheckPatch { port: Some(0), ..HealthCheckPatch::default() };
    let update = UpdateServerGroup { health_check: check, ..UpdateServerGroup::new(group) };
    assert_eq!(it.world.refused(Command::UpdateServerGroup(update)), Refusal::AnyPortHealthCheck);
}
