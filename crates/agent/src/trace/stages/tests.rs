//! What is told of listeners, and of who gets what they take.

use std::net::Ipv4Addr;

use model::id::PortIndex;
use model::net::Transport;
use model::nlb::ProxyProtocol;
use tables::{Counter, Event, EventKind, Talk};

use super::*;
use crate::compile::tests::plan;
use crate::headers::tests::tls;
use crate::kernel::packed::{flow_key, packed};
use crate::trace::{From, Protocol};

const LISTENER: ListenerIndex = ListenerIndex(1);
const TOLD: &str = "tells servers their clients by a header of the PROXY protocol";

/// The plan with a listener of this protocol, which tells servers their clients or does not.
fn listening(protocol: Transport, told: bool) -> HostPlan {
    let mut plan = plan();
    let listener = plan.listeners.get_mut(&LISTENER).unwrap();
    let wanted = ProxyProtocol { enabled: true, vpc: false, endpoint: false, service: false };
    (listener.protocol, listener.proxy_protocol) = (protocol, told.then_some(wanted));
    plan
}

fn speaking_tls(told: bool) -> HostPlan {
    let mut plan = listening(Transport::Tcp, told);
    plan.listeners.get_mut(&LISTENER).unwrap().tls = Some(tls());
    plan
}

/// What the program says of the client's connection to the load balancer.
fn led(server: u32, to: Ipv4Addr, dropped: Option<DropReason>) -> Rehearsed {
    let nothing = Counter { packets: 0, bytes: 0 };
    let client = "10.0.0.1:49152".parse().unwrap();
    let event = Event {
        time: 0,
        key: flow_key(11, client, "10.0.0.101:80".parse().unwrap(), Talk::Tcp),
        src: packed(*client.ip()),
        dst: packed(to),
        sport: client.port().to_be(),
        dport: 80_u16.to_be(),
        egress: 12,
        listener: LISTENER.0,
        server,
        endpoint: 0,
        vip: 0,
        kind: EventKind::New as u8,
        reason: 0,
        pad: [0; 6],
        sent: nothing,
        received: nothing,
    };
    Rehearsed { dropped, event: Some(event) }
}

/// Decision and reason of the stages `listener`, `server` and `verdict`, as far as they are told.
fn told(plan: &HostPlan, rehearsed: &Rehearsed) -> Vec<(String, Option<String>)> {
    let port = &plan.ports[&PortIndex(1)];
    let to = IpAddr::from([10, 0, 0, 101]);
    let asked = Question {
        from: From::Eni(port.eni.clone()),
        to: to.to_string(),
        family: None,
        port: 80,
        protocol: Protocol::Tcp,
    };
    let source = "10.0.0.1:49152".parse().unwrap();
    let (ipv6, viewer) = (&Ipv6Addresses::of(plan), &Viewer::Operator);
    let stages = Walk { plan, ipv6, port, to, source, asked: &asked, rehearsed, viewer }.stages();
    let is_asked_for = |stage: &Stage| ["listener", "server", "verdict"].contains(&stage.stage);
    stages.into_iter().filter(is_asked_for).map(|stage| (stage.decision, stage.by)).collect()
}

fn said(decision: &str, by: &str) -> (String, Option<String>) {
    (decision.to_owned(), Some(by.to_owned()))
}

#[test]
fn a_listener_that_tells_servers_their_clients_says_so_and_leads_to_a_server_itself() {
    let served = led(2, [10, 0, 0, 2].into(), None);
    let plain = told(&listening(Transport::Tcp, false), &served);
    assert_eq!(plain[0], ("lsn-a@80".to_owned(), None));
    let telling = told(&listening(Transport::Tcp, true), &served);
    assert_eq!(telling[0], said("lsn-a@80", TOLD));
    assert_eq!(telling[1], said("10.0.0.2:80", "sgp-a by Wrr"));
    assert_eq!(telling[1..], plain[1..]);
}

#[test]
fn what_ends_at_the_proxy_is_said_to_end_there_and_no_server_is_named() {
    let taken = led(0, [100, 64, 0, 2].into(), None);
    let told_too = format!("ends at the proxy, {TOLD}");
    let cases = [
        (speaking_tls(false), "ends at the proxy"),
        (speaking_tls(true), told_too.as_str()),
        (listening(Transport::Udp, true), told_too.as_str()),
    ];
    for (plan, manner) in cases {
        assert_eq!(
            told(&plan, &taken),
            [
                said("lsn-a@80", manner),
                said("as the proxy chooses", "sgp-a by Wrr"),
                said("passes to the proxy", "which asks a server itself"),
            ]
        );
    }
}

#[test]
fn why_a_listener_or_all_its_servers_refuse_a_connection_comes_before_how_they_take_it() {
    let refused = |dropped| told(&speaking_tls(true), &led(0, [0, 0, 0, 0].into(), Some(dropped)));
    let rate = DropReason::NewConnections;
    assert_eq!(refused(rate), [said("lsn-a@80", rate.text()), said("dropped", rate.text())]);
    let nobody = refused(DropReason::NoServer);
    assert_eq!(nobody[1], said("none", DropReason::NoServer.text()));
}
