//! Servers in a consumer's VPC: a provider's load balancer speaks to them in the name of a Reverse endpoint.

use tables::{AddressKind, DropReason::*, FlowState, Rule, SERVICES_NETWORK, Side};

use crate::{
    change::AGAIN,
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    ipv6::{NLB6, arrived6},
    rig::*,
    wire::*,
    wire6::tcp6,
};

/// Of the Reverse endpoint, in the network of Ann, Bob and Eve.
pub(crate) const REVERSE: &str = "10.0.0.150";
const REVERSE_ALIAS: &str = "100.64.0.50";
pub(crate) const REVERSE_OUT: u32 = 7;

/// Bob is a server of the load balancer of network 2, whose client Twin has an address of Ann's network.
pub(crate) fn rig() -> Rig {
    abroad(Rig::new())
}

fn abroad(mut rig: Rig) -> Rig {
    rig.policy(REVERSE_OUT, &[accept()]);
    for (network, address) in [(1, REVERSE), (SERVICES_NETWORK, REVERSE_ALIAS)] {
        rig.address(network, address, |a| {
            a.kind = AddressKind::Reverse as u8;
            a.index = CONNECTION + 1;
            a.egress_policy = REVERSE_OUT;
            a.nlb_address = ip(REVERSE);
            a.open = 1;
        });
    }
    rig.server(SERVER_TWO, BOB, |s| {
        (s.source, s.network) = (ip(REVERSE), 1);
        s.ingress_policy = BOB_IN;
    });
    rig.slot(SERVER_TWO);
    rig
}

pub(crate) fn set_open(rig: &mut Rig, open: u8) {
    for (network, address) in [(1, REVERSE), (SERVICES_NETWORK, REVERSE_ALIAS)] {
        rig.address(network, address, |a| a.open = open);
    }
}

fn opening() -> Packet {
    tcp(TWIN, 5000, NLB, 80, SYN)
}

fn data() -> Packet {
    tcp(TWIN, 5000, NLB, 80, ACK)
}

fn reply(flags: u8) -> Packet {
    tcp(BOB, 8080, REVERSE, 5000, flags)
}

const THERE: &str = "10.0.0.150:5000 > 10.0.0.20:8080";
const BACK: &str = "10.0.0.200:80 > 10.0.0.10:5000";

/// A connection from Twin to Bob.
fn connected() -> Rig {
    let mut rig = rig();
    rig.send(TWIN, &opening());
    rig.send(BOB, &reply(SYN | ACK));
    rig.send(TWIN, &data());
    rig
}

#[test]
fn a_server_sees_the_endpoint_and_never_the_client_and_its_replies_come_back() {
    let mut rig = rig();
    let out = rig.send(TWIN, &opening());
    arrived(&out, BOB, THERE, FIRST);
    assert_eq!(out.packet.ttl(), 63);
    arrived(&rig.send(BOB, &reply(SYN | ACK)), TWIN, BACK, NEXT);
    arrived(&rig.send(TWIN, &data()), BOB, THERE, NEXT);
    arrived(&rig.send(BOB, &reply(ACK)), TWIN, BACK, NEXT);
}

#[test]
fn who_comes_through_an_endpoint_of_another_consumer_reaches_it_too() {
    let mut rig = rig();
    arrived(&rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)), BOB, THERE, FIRST);
    arrived(&rig.send(BOB, &reply(SYN | ACK)), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn a_client_of_ipv6_reaches_it_in_the_endpoint_s_name() {
    let mut rig = abroad(crate::ipv6::rig());
    let client = |flags| tcp6(TWIN, 5000, NLB6, 80, flags);
    arrived(&rig.send(TWIN, &client(SYN)), BOB, THERE, FIRST);
    arrived6(&rig.send(BOB, &reply(SYN | ACK)), TWIN, "[fd00:2::c8]:80 > [fd00:2::5]:5000", NEXT);
    arrived(&rig.send(TWIN, &client(ACK)), BOB, THERE, NEXT);
}

#[test]
fn a_client_with_the_server_s_own_address_is_no_hairpin() {
    let mut rig = rig();
    let same = Peer { address: BOB.address, ..TWO };
    rig.port(same, |_| ());
    arrived(&rig.send(same, &tcp(same, 5000, NLB, 80, SYN)), BOB, THERE, FIRST);
}

#[test]
fn datagrams_pass_too_and_source_ports_that_are_taken_are_changed() {
    let mut rig = rig();
    arrived(&rig.send(TWIN, &udp(TWIN, 5000, NLB, 53)), BOB, THERE, FIRST);
    let out = rig.send(TWO, &udp(TWO, 5000, NLB, 53));
    assert_eq!(out.counts, [("forwarded", 1), ("new", 1), ("remapped", 1)].into());
    let tuple = out.packet.check().tuple();
    assert!(tuple.starts_with("10.0.0.150:") && tuple.ends_with(" > 10.0.0.20:8080"), "{tuple}");
    let port: u16 = u16::from_be_bytes([out.packet.0[34], out.packet.0[35]]);
    assert_ne!(port, 5000);
    let answer = udp(BOB, 8080, REVERSE, port);
    arrived(&rig.send(BOB, &answer), TWO, "10.0.0.200:53 > 10.0.0.31:5000", NEXT);
}

#[test]
fn the_endpoint_s_groups_judge_what_goes_out_and_the_server_s_what_comes_in() {
    let both = &[BOB.index, TWIN.index];
    let mut rig = rig();
    let out = |peer: &str, port| Rule { peer: alone(peer), ports: only(port), ..accept() };
    for (rule, passes) in
        [(out(BOB.address, 8080), true), (out(BOB.address, 80), false), (out(EVE.address, 8080), false)]
    {
        rig.policy(REVERSE_OUT, &[rule]);
        if passes {
            arrived(&rig.send(TWIN, &opening()), BOB, THERE, FIRST);
            rig.epoch(2);
        } else {
            dropped(&rig.send(TWIN, &opening()), ReversePolicy, both);
        }
    }
    rig.policy(REVERSE_OUT, &[accept()]);
    rig.policy(BOB_IN, &[Rule { peer: alone(TWIN.address), ..accept() }]);
    dropped(&rig.send(TWIN, &opening()), IngressPolicy, both);
    rig.policy(BOB_IN, &[Rule { peer: alone(REVERSE), ..accept() }]);
    arrived(&rig.send(TWIN, &opening()), BOB, THERE, FIRST);
}

#[test]
fn it_comes_from_a_member_of_the_endpoint_s_groups() {
    let mut rig = rig();
    let of_group = Side::members(9, tables::RuleFamily::Any);
    rig.policy(BOB_IN, &[Rule { peer: of_group, ..accept() }]);
    dropped(&rig.send(TWIN, &opening()), IngressPolicy, &[BOB.index, TWIN.index]);
    rig.member(9, REVERSE);
    arrived(&rig.send(TWIN, &opening()), BOB, THERE, FIRST);
}

#[test]
fn nothing_listens_at_its_address() {
    let mut rig = rig();
    for packet in [tcp(ANN, 5000, REVERSE, 80, SYN), udp(ANN, 5000, REVERSE, 53), echo(ANN, REVERSE, 8, 7)] {
        dropped(&rig.send(ANN, &packet), NoListener, &[ANN.index]);
    }
    // Nor is its alias for anybody.
    let packet = tcp(ANN, 5000, REVERSE_ALIAS, 80, SYN);
    crate::drops::explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, &[ANN.index], [3, 1]);
}

#[test]
fn denial_ends_connections_from_both_sides_and_refuses_new_ones() {
    let both = &[BOB.index, TWIN.index];
    for server_first in [false, true] {
        let mut rig = connected();
        set_open(&mut rig, 0);
        rig.epoch(2);
        let packet = if server_first { (BOB, reply(ACK)) } else { (TWIN, data()) };
        let out = rig.send(packet.0, &packet.1);
        dropped(&out, NotConnected, both);
        assert_eq!(out.events.iter().map(|event| event.reason).collect::<Vec<_>>(), [NotConnected as u8]);
        assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)));
        dropped(&rig.send(TWIN, &data()), NoConnection, both);
        dropped(&rig.send(BOB, &reply(ACK)), NoConnection, both);
        dropped(&rig.send(TWIN, &tcp(TWIN, 5001, NLB, 80, SYN)), NotConnected, both);
        set_open(&mut rig, 1);
        rig.epoch(3);
        let again = tcp(TWIN, 5001, NLB, 80, SYN);
        arrived(&rig.send(TWIN, &again), BOB, "10.0.0.150:5001 > 10.0.0.20:8080", FIRST);
    }
}

#[test]
fn an_endpoint_that_is_gone_takes_its_connections_along() {
    let mut rig = connected();
    rig.remove_address(1, REVERSE);
    rig.epoch(2);
    dropped(&rig.send(TWIN, &data()), NotConnected, &[BOB.index, TWIN.index]);
}

#[test]
fn connections_go_on_under_a_new_plan_and_new_rules_hold_for_them() {
    let mut rig = connected();
    rig.epoch(2);
    arrived(&rig.send(BOB, &reply(ACK)), TWIN, BACK, AGAIN);
    arrived(&rig.send(TWIN, &data()), BOB, THERE, NEXT);
    rig.policy(REVERSE_OUT, &[]);
    rig.epoch(3);
    dropped(&rig.send(TWIN, &data()), ReversePolicy, &[BOB.index, TWIN.index]);
    assert_eq!(rig.flows(), []);
}

#[test]
fn the_proxy_speaks_in_the_endpoint_s_name() {
    let mut rig = rig();
    let proxy = Peer { address: REVERSE_ALIAS, ..HOST };
    let from = |flags| tcp(proxy, 40000, BOB.alias, 8080, flags);
    let there = "10.0.0.150:40000 > 10.0.0.20:8080";
    rig.policy(BOB_IN, &[Rule { peer: alone(REVERSE), ..accept() }]);
    arrived(&rig.send(HOST, &from(SYN)), BOB, there, FIRST);
    let answer = tcp(BOB, 8080, REVERSE, 40000, SYN | ACK);
    arrived(&rig.send(BOB, &answer), HOST, "100.64.0.12:8080 > 100.64.0.50:40000", NEXT);
    arrived(&rig.send(HOST, &from(ACK)), BOB, there, NEXT);
    set_open(&mut rig, 0);
    rig.epoch(2);
    dropped(&rig.send(HOST, &from(ACK)), NotConnected, &[BOB.index, HOST.index]);
    assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)));
    set_open(&mut rig, 1);
    rig.policy(REVERSE_OUT, &[]);
    let other = tcp(proxy, 40001, BOB.alias, 8080, SYN);
    dropped(&rig.send(HOST, &other), ReversePolicy, &[BOB.index, HOST.index]);
}
