//! Servers that leave under real connections: who is reset, and when.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use model::id::{Revision, ServerGroupIndex, ServerIndex};
use model::plan::HostPlan;
use tables::{DropReason, EventKind};

use crate::agent_run::Running;
use crate::fixture::{self, CLIENT_G, CLIENT_K, Host};
use crate::flows;
use crate::traffic::{Connection, Server, connect};

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
    let begin = Instant::now();
    assert_eq!(leaving.ended(), ErrorKind::ConnectionReset);
    while servers[0].resets() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "the server does not know");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((staying.ask().as_str(), servers[1].resets()), ("k", 0));
    for _ in 0..10 {
        assert_eq!(connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap().ask(), "k");
    }
    let [told] = &flows::of_operator(&host, EventKind::Reset)[..] else { panic!("one end is told") };
    assert_eq!(told.reason, Some(agent::flows::FlowReason::Known(DropReason::ServerGone)));
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

#[test]
fn when_a_listener_is_gone_both_ends_of_its_connections_are_reset_and_no_others() {
    let plan = fixture::plan();
    let (host, mut agent, servers, mut connections) = connected("unheard", &plan);
    let _neighbour = crate::traffic::serve(host.netns(CLIENT_K), "10.0.2.10:80", "n");
    let mut direct = connect(host.netns(CLIENT_G), "10.0.2.10:80").unwrap();
    direct.ask();
    let mut without = plan.clone();
    without.revision = Revision(2);
    without.listeners.clear();
    without.server_groups.clear();
    agent.send(&without);
    agent.wait("the listener is gone", |report| report.observed == Revision(2));
    assert!(connections.iter_mut().all(|one| one.ended() == ErrorKind::ConnectionReset));
    let begin = Instant::now();
    while servers.iter().any(|server| server.resets() == 0) {
        assert!(begin.elapsed() < Duration::from_secs(10), "a server does not know");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(direct.ask(), "n");
    let told = flows::of_operator(&host, EventKind::Reset);
    let reason = Some(agent::flows::FlowReason::Known(DropReason::NoListener));
    assert_eq!(told.iter().map(|told| told.reason).collect::<Vec<_>>(), [reason; 2]);
}
