//! Servers that leave under real connections: who is reset, and when.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use agent::flows::{FlowReason, FlowRecord};
use model::id::{Revision, ServerGroupIndex, ServerIndex, VipIndex};
use model::plan::{EndpointZonePlan, HostPlan};
use tables::{DropReason, EventKind};

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, CLIENT_K, Host, SERVER_K};
use crate::flows;
use crate::ipv6;
use crate::traffic::{Connection, Server, connect, connect_from, serve};

const SERVER: ServerIndex = ServerIndex(1);

/// A host whose client has a connection to each of the two servers: first to the one that is to leave.
fn connected(name: &str, plan: &HostPlan) -> (Host, Running, [Server; 2], [Connection; 2]) {
    let host = Host::configured(name);
    let mut agent = Running::start(&host, Some(plan.clone()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let servers = host.servers();
    let to_one_and_other = || {
        let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
        (connection.ask(), connection)
    };
    let (mut first, mut second) = (to_one_and_other(), to_one_and_other());
    if first.0 != "g" {
        std::mem::swap(&mut first, &mut second);
    }
    assert_eq!((first.0.as_str(), second.0.as_str()), ("g", "k"));
    (host, agent, servers, [first.1, second.1])
}

fn without_the_server(plan: &HostPlan) -> HostPlan {
    let mut plan = plan.clone();
    plan.revision = Revision(2);
    plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap().servers.remove(&SERVER);
    plan
}

#[test]
fn without_draining_both_ends_are_reset_before_the_plan_is_reported_as_true() {
    let plan = fixture::plan();
    let (host, mut agent, servers, [mut leaving, mut staying]) = connected("undrained", &plan);
    agent.send(&without_the_server(&plan));
    agent.wait("the server has left", |report| report.observed == Revision(2));
    assert_eq!(leaving.ended(), ErrorKind::ConnectionReset);
    all_reset(&servers[..1]);
    assert_eq!((staying.ask().as_str(), servers[1].resets()), ("k", 0));
    for _ in 0..10 {
        assert_eq!(connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask(), "k");
    }
    let [told] = &flows::of_operator(&host, EventKind::Reset, 1)[..] else { panic!("one end is told") };
    assert_eq!(told.reason, Some(FlowReason::Known(DropReason::ServerGone)));
    assert_eq!(told.served.unwrap().to.to_string(), "10.0.1.10:80");
}

#[test]
fn with_draining_both_ends_are_reset_at_its_end_though_the_agent_was_away() {
    let mut plan = fixture::plan();
    plan.server_groups.values_mut().for_each(|group| group.drain_seconds = Some(6));
    let (host, mut agent, servers, [mut leaving, mut staying]) = connected("drained", &plan);
    let begin = Instant::now();
    agent.send(&without_the_server(&plan));
    agent.wait("the server has left", |report| report.observed == Revision(2));
    for _ in 0..10 {
        assert_eq!(connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask(), "k");
    }
    assert_eq!(leaving.ask(), "g");
    drop(agent);
    assert_eq!(leaving.ask(), "g");
    let _agent = Running::start(&host, None);
    assert_eq!(leaving.ended(), ErrorKind::ConnectionReset);
    assert!(begin.elapsed() >= Duration::from_secs(6), "{:?}", begin.elapsed());
    assert_eq!((staying.ask().as_str(), servers[1].resets()), ("k", 0));
}

/// Waits for the reset of every server's one connection.
fn all_reset(servers: &[Server]) {
    let begin = Instant::now();
    while servers.iter().any(|server| server.resets() == 0) {
        assert!(begin.elapsed() < Duration::from_secs(10), "a server does not know");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Why the flow log says that so many connections were reset.
fn reasons(host: &Host, least: usize) -> Vec<DropReason> {
    let known = |told: &FlowRecord| match told.reason {
        Some(FlowReason::Known(reason)) => reason,
        other => panic!("{other:?}"),
    };
    flows::of_operator(host, EventKind::Reset, least).iter().map(known).collect()
}

/// Whatever takes the road away: connections that say nothing are reset at both ends, and told once.
#[test]
fn when_an_endpoint_or_a_load_balancer_is_gone_both_ends_of_its_connections_are_reset() {
    let deleted = |plan: &mut HostPlan| plan.endpoints.clear();
    let without_balancer = |plan: &mut HostPlan| {
        plan.listeners.clear();
        plan.server_groups.clear();
        plan.vips.clear();
        zones(plan).for_each(|zone| zone.vip = None);
    };
    type Change = fn(&mut HostPlan);
    for (name, change, reason) in [
        ("deleted", deleted as Change, DropReason::NoRoute),
        ("unbalanced", without_balancer, DropReason::NotConnected),
    ] {
        let mut plan = fixture::plan();
        let (host, mut agent, servers, mut connections) = connected(name, &plan);
        plan.revision = Revision(2);
        change(&mut plan);
        agent.send(&plan);
        agent.wait("it is gone", |report| report.observed == Revision(2));
        assert!(connections.iter_mut().all(|one| one.ended() == ErrorKind::ConnectionReset), "{name}");
        all_reset(&servers);
        assert_eq!(reasons(&host, 2), [reason; 2], "{name}");
    }
}

/// What goes on talking is cut by the program, which knows it first, and reset by the agent.
#[test]
fn a_denied_connection_is_reset_at_both_ends_whether_it_talks_or_not() {
    let mut plan = fixture::plan();
    let (host, agent, servers, [mut one, mut other]) = connected("talking", &plan);
    plan.revision = Revision(2);
    zones(&mut plan).for_each(|zone| zone.vip = None);
    agent.send(&plan);
    let begin = Instant::now();
    let patience = Duration::from_millis(20);
    let cut = loop {
        assert!(begin.elapsed() < Duration::from_secs(10), "it goes on");
        match one.try_ask(patience) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => break error.kind(),
            Ok(_) | Err(_) => {}
        }
    };
    assert_eq!((cut, other.ended()), (ErrorKind::ConnectionReset, ErrorKind::ConnectionReset));
    all_reset(&servers);
    assert_eq!(reasons(&host, 2), [DropReason::NotConnected; 2]);
}

/// In both families, with and without a load balancer between them.
#[test]
fn when_an_interface_is_gone_who_was_connected_with_it_is_reset() {
    let mut plan = fixture::plan();
    ipv6::dress(&mut plan);
    let host = Host::configured("detached");
    let mut agent = Running::start(&host, Some(plan.clone()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let servers = host.servers();
    let neighbours = ["10.0.2.10:80", "[fd00:1:0:1::10]:80"].map(|at| serve(host.netns(CLIENT_K), at, "n"));
    let reached = ["10.0.1.200:80", "10.0.1.200:80", "10.0.2.10:80", "[fd00:1:0:1::10]:80"];
    let _connections = reached.map(|to| {
        let mut connection = connect(host.netns(CLIENT_G), to).unwrap();
        connection.ask();
        connection
    });
    plan.revision = Revision(2);
    // Whose interface it was is known from their beginning.
    flows::of_operator(&host, EventKind::New, reached.len());
    plan.ports.remove(&CLIENT_G);
    plan.instances.remove(&fixture::instance(CLIENT_G));
    agent.send(&plan);
    agent.wait("the interface is gone", |report| report.observed == Revision(2));
    all_reset(&servers);
    all_reset(&neighbours);
    assert_eq!(reasons(&host, 4), [DropReason::UnknownPort; 4]);
}

/// A secondary address that is taken off, in both families, and a zone that a load balancer leaves.
#[test]
fn when_an_address_is_nobody_s_any_more_who_was_connected_with_it_is_reset() {
    let mut plan = fixture::plan();
    ipv6::dress(&mut plan);
    let second = "10.0.2.20".parse().unwrap();
    plan.ports.get_mut(&CLIENT_K).unwrap().secondary.push(second);
    let host = Host::configured("unassigned");
    let mut agent = Running::start(&host, Some(plan.clone()));
    agent.wait("the plan is observed", |report| report.observed == Revision(1));
    let _servers = host.servers();
    let asked = serve(host.netns(CLIENT_G), "10.0.1.10:80", "g");
    let here = ["10.0.2.10:80", "10.0.2.20:80", "[fd00:1:0:1::10]:80"];
    let _neighbours = here.map(|at| serve(host.netns(CLIENT_K), at, "n"));
    let connected = |from, to| {
        let mut connection = connect(host.netns(from), to).unwrap();
        connection.ask();
        connection
    };
    let mut stays = [connected(CLIENT_G, here[0]), connected(SERVER_K, "10.0.2.100:80")];
    let own = "10.0.2.20:0".parse().unwrap();
    let mut of_it = connect_from(host.netns(CLIENT_K), own, "10.0.1.10:80").unwrap();
    of_it.ask();
    let mut goes =
        [connected(CLIENT_G, here[1]), connected(CLIENT_G, here[2]), connected(SERVER_K, "10.0.1.100:80")];
    plan.revision = Revision(2);
    let port = plan.ports.get_mut(&CLIENT_K).unwrap();
    (port.secondary, port.ipv6) = (vec![], vec![]);
    plan.vips.remove(&VipIndex(1));
    plan.listeners.values_mut().for_each(|listener| listener.vips.retain(|vip| *vip != VipIndex(1)));
    zones(&mut plan).for_each(|zone| zone.vip = zone.vip.filter(|vip| *vip != VipIndex(1)));
    agent.send(&plan);
    agent.wait("they are gone", |report| report.observed == Revision(2));
    let ends = goes.each_mut().map(Connection::ended);
    assert_eq!(ends, [ErrorKind::ConnectionReset; 3]);
    all_reset(&[asked]);
    for one in &mut stays {
        one.ask();
    }
    let mut why = reasons(&host, 4);
    why.sort_by_key(|reason| *reason as u8);
    let [own, others @ ..] = &why[..] else { panic!("four are told") };
    assert_eq!((*own, others), (DropReason::SpoofedAddress, &[DropReason::NoRoute; 3][..]));
}

fn zones(plan: &mut HostPlan) -> impl Iterator<Item = &mut EndpointZonePlan> {
    plan.endpoints.values_mut().flat_map(|endpoint| &mut endpoint.zones)
}

#[test]
fn when_a_listener_is_gone_both_ends_of_its_connections_are_reset_and_no_others() {
    let plan = fixture::plan();
    let (host, mut agent, servers, mut connections) = connected("unheard", &plan);
    let _neighbour = serve(host.netns(CLIENT_K), "10.0.2.10:80", "n");
    let mut direct = connect(host.netns(CLIENT_G), "10.0.2.10:80").unwrap();
    direct.ask();
    let mut without = plan.clone();
    without.revision = Revision(2);
    without.listeners.clear();
    without.server_groups.clear();
    agent.send(&without);
    agent.wait("the listener is gone", |report| report.observed == Revision(2));
    assert!(connections.iter_mut().all(|one| one.ended() == ErrorKind::ConnectionReset));
    all_reset(&servers);
    assert_eq!(direct.ask(), "n");
    assert_eq!(reasons(&host, 2), [DropReason::NoListener; 2]);
}
