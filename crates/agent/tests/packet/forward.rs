//! Packets that arrive.

use crate::{
    rig::{ANN, BOB, ENDPOINT, ONE, Outcome, Peer, REDIRECTED, Rig, gateway},
    wire::{ACK, SYN, tcp},
};

/// Asserts that a packet left for `to` with this tuple and these counters, and nothing else.
pub(crate) fn arrived(outcome: &Outcome, to: Peer, tuple: &str, counts: &[(&str, u64)]) {
    assert_eq!(outcome.drops, [].into(), "drops");
    assert_eq!(outcome.verdict, REDIRECTED, "verdict");
    assert_eq!(outcome.packet.check().tuple(), tuple);
    assert_eq!(outcome.packet.macs(), (gateway(), to.mac));
    assert_eq!(outcome.counts, counts.iter().copied().collect());
}

pub(crate) const FIRST: &[(&str, u64)] = &[("forwarded", 1), ("new", 1)];
pub(crate) const NEXT: &[(&str, u64)] = &[("forwarded", 1)];

#[test]
fn a_connection_inside_a_network_is_not_translated() {
    let mut rig = Rig::new();
    let out = rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN));
    arrived(&out, BOB, "10.0.0.10:5000 > 10.0.0.20:80", FIRST);
    assert_eq!(out.packet.ttl(), 64);
    let out = rig.send(BOB, &tcp(BOB, 80, ANN.address, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.20:80 > 10.0.0.10:5000", NEXT);
    let out = rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, ACK));
    arrived(&out, BOB, "10.0.0.10:5000 > 10.0.0.20:80", NEXT);
}

#[test]
fn an_endpoint_leads_to_a_server_that_sees_the_client() {
    let mut rig = Rig::new();
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    assert_eq!(out.packet.ttl(), 63);
    let out = rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    for _ in 0..2 {
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK));
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
        assert_eq!(out.packet.ttl(), 63);
        let out = rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, ACK));
        arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    }
}

/// The two entries of a connection always differ, even if both ends are the same.
#[test]
fn who_talks_to_itself_from_a_port_to_the_same_port_gets_another_one() {
    let mut rig = Rig::new();
    let out = rig.send(ANN, &tcp(ANN, 5000, ANN.address, 5000, SYN));
    assert_eq!(out.counts, [("forwarded", 1), ("new", 1), ("remapped", 1)].into());
    assert!(out.packet.check().tuple().ends_with(" > 10.0.0.10:5000"));
    assert_eq!(rig.flows().len(), 2);
}
