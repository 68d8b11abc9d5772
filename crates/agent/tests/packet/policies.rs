//! Rules of security groups.

use tables::{DropReason::*, Rule, RuleAction};

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
    let mut rig = rules(&[Rule { port_low: 80, port_high: 90, protocol: 6, ..accept() }]);
    for (port, expected) in [(79, false), (80, true), (90, true), (91, false)] {
        assert_eq!(passes(&mut rig, &to_bob(port)), expected, "{port}");
    }
    assert!(!passes(&mut rig, &udp(ANN, 5000, BOB.address, 80)), "another protocol");
}

#[test]
fn pings_have_no_port() {
    let mut rig = rules(&[Rule { protocol: 1, port_low: 1, port_high: 1, ..accept() }]);
    assert!(passes(&mut rig, &echo(ANN, BOB.address, 8, 7)));
}

#[test]
fn ranges_of_addresses() {
    let mask = u32::from_ne_bytes([255, 255, 255, 252]);
    let near = Rule { address: ip("10.0.0.8"), mask, ..accept() };
    assert!(passes(&mut rules(&[near]), &to_bob(80)));
    let far = Rule { address: ip("10.0.0.12"), mask, ..accept() };
    assert!(!passes(&mut rules(&[far]), &to_bob(80)));
}

#[test]
fn groups_as_sources() {
    let mut rig = rules(&[Rule { group: 7, ..accept() }]);
    assert!(!passes(&mut rig, &to_bob(80)));
    rig.member(7, ANN.address);
    assert!(passes(&mut rig, &to_bob(80)));
}

#[test]
fn a_consumer_is_never_taken_for_a_neighbour_of_the_server() {
    let mut rig = Rig::new();
    rig.policy(
        ONE_IN,
        &[Rule { address: ip(ANN.address), mask: !0, ..accept() }, Rule { group: 7, ..accept() }],
    );
    rig.member(7, ANN.address);
    rig.member(7, NLB);
    // Her twin has the same address, but lives in the server's network.
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    dropped(&out, IngressPolicy, &[ANN.index, ONE.index]);
    let out = rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    rig.policy(ONE_IN, &[Rule { address: ip(NLB), mask: !0, port_low: 8080, port_high: 8080, ..accept() }]);
    let out = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5001 > 10.0.0.30:8080", FIRST);
}

#[test]
fn the_last_of_a_thousand_rules_counts() {
    let mut many = vec![Rule { port_low: 1, port_high: 1, ..drop() }; 999];
    many.push(accept());
    let mut rig = rules(&many);
    assert!(passes(&mut rig, &to_bob(80)));
}

#[test]
fn long_lists_are_judged_quickly() {
    let no_match = Rule { port_low: 1, port_high: 1, ..accept() };
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
