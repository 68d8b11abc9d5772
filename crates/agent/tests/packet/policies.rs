//! Rules of security groups.

use tables::{DropReason::*, Ports, Rule, RuleAction, RuleFamily, Side};

use crate::{
    drops::dropped,
    forward::{FIRST, arrived},
    rig::*,
    wire::*,
};

fn drop() -> Rule {
    Rule { action: RuleAction::Drop as u8, ..accept() }
}

fn rules(rules: &[Rule]) -> Rig {
    let mut rig = Rig::new();
    rig.policy(BOB_IN, rules);
    rig
}

fn passes(rig: &mut Rig, packet: &Packet) -> bool {
    let out = rig.send(ANN, packet);
    if out.verdict == REDIRECTED {
        return true;
    }
    dropped(&out, IngressPolicy, &[ANN.index, BOB.index]);
    false
}

fn to_bob(port: u16) -> Packet {
    tcp(ANN, 5000, BOB.address, port, SYN)
}

#[test]
fn the_first_match_decides() {
    assert!(!passes(&mut rules(&[drop(), accept()]), &to_bob(80)));
    assert!(passes(&mut rules(&[accept(), drop()]), &to_bob(80)));
}

#[test]
fn ports_are_a_range() {
    let mut rig = rules(&[Rule { ports: Ports { low: 80, high: 90 }, protocol: 6, ..accept() }]);
    for (port, expected) in [(79, false), (80, true), (90, true), (91, false)] {
        assert_eq!(passes(&mut rig, &to_bob(port)), expected, "{port}");
    }
    assert!(!passes(&mut rig, &udp(ANN, 5000, BOB.address, 80)), "another protocol");
}

#[test]
fn pings_have_no_port() {
    let mut rig = rules(&[Rule { protocol: 1, ports: only(1), source_ports: only(1), ..accept() }]);
    assert!(passes(&mut rig, &echo(ANN, BOB.address, 8, 7)));
}

#[test]
fn ranges_of_addresses() {
    let mask = u32::from_ne_bytes([255, 255, 255, 252]);
    let from = |address| Rule { peer: Side::of(ip(address), mask, RuleFamily::Ipv4), ..accept() };
    assert!(passes(&mut rules(&[from("10.0.0.8")]), &to_bob(80)));
    assert!(!passes(&mut rules(&[from("10.0.0.12")]), &to_bob(80)));
}

fn members() -> Side {
    Side::members(7, RuleFamily::Any)
}

#[test]
fn groups_as_sources() {
    let mut rig = rules(&[Rule { peer: members(), ..accept() }]);
    assert!(!passes(&mut rig, &to_bob(80)));
    rig.member(7, ANN.address);
    assert!(passes(&mut rig, &to_bob(80)));
}

#[test]
fn a_consumer_is_never_taken_for_a_neighbour_of_the_server() {
    let mut rig = Rig::new();
    rig.policy(
        ONE_IN,
        &[Rule { peer: alone(ANN.address), ..accept() }, Rule { peer: members(), ..accept() }],
    );
    rig.member(7, ANN.address);
    rig.member(7, NLB);
    // Her twin has the same address, but lives in the server's network.
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    dropped(&out, IngressPolicy, &[ANN.index, ONE.index]);
    let out = rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    rig.policy(ONE_IN, &[Rule { peer: alone(NLB), ports: only(8080), ..accept() }]);
    let out = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5001 > 10.0.0.30:8080", FIRST);
}

#[test]
fn a_rule_may_name_source_ports_and_its_own_side() {
    let from = |port| tcp(ANN, port, BOB.address, 80, SYN);
    let mut rig = rules(&[Rule { source_ports: Ports { low: 5000, high: 5001 }, ..accept() }]);
    for (port, expected) in [(4999, false), (5000, true), (5001, true), (5002, false)] {
        assert_eq!(passes(&mut rig, &from(port)), expected, "{port}");
    }
    let about = |address| Rule { own: alone(address), ..accept() };
    assert!(passes(&mut rules(&[about(BOB.address)]), &to_bob(80)));
    assert!(!passes(&mut rules(&[about(ANN.address)]), &to_bob(80)));
    let mut rig = Rig::new();
    rig.policy(ANN_OUT, &[about(BOB.address)]);
    dropped(&rig.send(ANN, &to_bob(80)), EgressPolicy, &[ANN.index]);
    rig.policy(ANN_OUT, &[Rule { source_ports: only(5000), ..about(ANN.address) }]);
    assert!(passes(&mut rig, &to_bob(80)));
}

/// Whoever is balanced to it, a server's own side is its own address.
#[test]
fn rules_of_endpoint_and_server_see_their_own_addresses() {
    let mut rig = Rig::new();
    let about = |address, port| Rule { own: alone(address), source_ports: only(port), ..accept() };
    rig.policy(ENDPOINT_IN, &[about(ENDPOINT, 5000), about(ENDPOINT, 5001)]);
    rig.policy(ONE_IN, &[about(ONE.address, 5000), about(ENDPOINT, 5001), about(NLB, 5001)]);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    dropped(&out, IngressPolicy, &[ANN.index, ONE.index]);
    let out = rig.send(ANN, &tcp(ANN, 5002, ENDPOINT, 80, SYN));
    dropped(&out, EndpointPolicy, &[ANN.index]);
}

#[test]
fn the_last_of_a_thousand_rules_counts() {
    let mut many = vec![Rule { ports: only(1), ..drop() }; 999];
    many.push(accept());
    let mut rig = rules(&many);
    assert!(passes(&mut rig, &to_bob(80)));
}

#[test]
fn long_lists_are_judged_quickly() {
    let no_match = Rule { ports: only(1), ..accept() };
    let cost = |count: usize| {
        let mut rig = rules(&vec![no_match; count]);
        // Refused each time: nothing is rewritten, and no flow makes the next one quicker.
        let runs = (0..5).map(|_| rig.time("ingress", ANN.ifindex, &to_bob(80).0, 20_000) as i128);
        runs.min().expect("five runs")
    };
    let (none, many) = (cost(0), cost(200));
    println!("{none} ns for a first packet that is refused, {} ns more for 200 rules", many - none);
    assert!(many - none < 6000);
}

#[test]
fn replies_are_not_asked_for_a_policy() {
    let mut rig = Rig::new();
    rig.port(BOB, |p| p.egress_policy = 99);
    rig.send(ANN, &to_bob(80));
    let out = rig.send(BOB, &tcp(BOB, 80, ANN.address, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.20:80 > 10.0.0.10:5000", &[("forwarded", 1)]);
}
