//! Bandwidth of endpoint connections.

use tables::FlowMark;

use crate::{
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// A byte costs 80 ns at 100 Mbit/s.
const BYTE: u64 = 80;
/// As much as may pass at once after a pause, nanoseconds.
const BURST: u64 = 50_000_000;

#[test]
fn a_packet_is_charged_by_its_bytes_in_its_direction_alone() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    let used = rig.now() - 1_000_000;
    rig.limit(100, [used, used]);
    rig.change_flows(|flow| flow.marks |= FlowMark::Limited as u8);
    let data = tcp(ANN, 5000, ENDPOINT, 80, ACK);
    let cost = (data.0.len() as u64 - 14) * BYTE;
    arrived(&rig.send(ANN, &data), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
    assert_eq!(rig.used(), [used + cost, used]);
    let reply = tcp(ONE, 8080, ANN.address, 5000, SYN | ACK);
    arrived(&rig.send(ONE, &reply), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    assert_eq!(rig.used(), [used + cost, used + cost]);
}

#[test]
fn a_pause_is_made_up_for_by_a_burst_and_no_more() {
    let mut rig = Rig::new();
    rig.limit(100, [0, 0]);
    let opening = tcp(ANN, 5000, ENDPOINT, 80, SYN);
    let earliest = rig.now() - BURST;
    arrived(&rig.send(ANN, &opening), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    let [requests, replies] = rig.used();
    assert!(requests > earliest && replies == 0);
}

#[test]
fn two_connections_do_not_share_their_bandwidth() {
    let mut rig = Rig::new();
    let later = rig.now() + 10_000_000_000;
    rig.limit(100, [later, later]);
    rig.address(1, "10.0.0.101", |a| {
        a.kind = tables::AddressKind::Endpoint as u8;
        a.index = CONNECTION + 1;
        a.ingress_policy = ENDPOINT_IN;
        a.vip = VIP;
        a.nlb_address = ip(NLB);
    });
    let opening = tcp(ANN, 5000, "10.0.0.101", 80, SYN);
    arrived(&rig.send(ANN, &opening), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
}
