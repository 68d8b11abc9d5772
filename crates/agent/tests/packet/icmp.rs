//! ICMP through flows.

use tables::DropReason::*;

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

#[test]
fn pings_go_both_ways() {
    let mut rig = Rig::new();
    arrived(&rig.send(ANN, &echo(ANN, BOB.address, 8, 7)), BOB, "10.0.0.10:7 > 10.0.0.20:7", FIRST);
    arrived(&rig.send(BOB, &echo(BOB, ANN.address, 0, 7)), ANN, "10.0.0.20:7 > 10.0.0.10:7", NEXT);
    arrived(&rig.send(ANN, &echo(ANN, BOB.address, 8, 7)), BOB, "10.0.0.10:7 > 10.0.0.20:7", NEXT);
}

#[test]
fn a_ping_does_not_open_the_way_for_pings_back() {
    let mut rig = Rig::new();
    rig.port(BOB, |p| p.egress_policy = 99);
    rig.send(ANN, &echo(ANN, BOB.address, 8, 7));
    dropped(&rig.send(BOB, &echo(BOB, ANN.address, 8, 7)), NoPolicy, &[BOB.index]);
}

/// Port unreachable or fragmentation needed, sent by the server about what it got through the endpoint.
#[test]
fn errors_about_translated_packets_are_translated() {
    for (first, tuple) in [
        (tcp(ANN, 5000, ENDPOINT, 80, SYN), "10.0.0.10:5000 > 10.0.0.100:80"),
        (udp(ANN, 5000, ENDPOINT, 53), "10.0.0.10:5000 > 10.0.0.100:53"),
    ] {
        let mut rig = Rig::new();
        let got = rig.send(ANN, &first).packet;
        let out = rig.send(ONE, &icmp_error(ONE, ANN.address, 3, 4, &got));
        assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()));
        assert_eq!(out.counts, [("icmp", 1)].into());
        assert_eq!(out.packet.macs(), (gateway(), ANN.mac));
        assert!(out.packet.check().tuple().starts_with("10.0.0.100:"));
        let quoted = out.packet.quoted();
        assert_eq!(quoted.check().tuple(), tuple);
        assert_eq!(quoted.0[34..], first.0[34..], "all that Ann sent after the IP header");
    }
}

#[test]
fn a_short_quote_is_enough() {
    let mut rig = Rig::new();
    let mut got = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)).packet;
    got.0.truncate(14 + 28);
    let out = rig.send(ONE, &icmp_error(ONE, ANN.address, 3, 4, &got));
    assert_eq!(out.counts, [("icmp", 1)].into());
    assert_eq!(out.packet.check().quoted().check_ip().tuple(), "10.0.0.10:5000 > 10.0.0.100:80");
}

#[test]
fn errors_of_the_client_reach_the_server() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    let got = rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK)).packet;
    let out = rig.send(ANN, &icmp_error(ANN, ENDPOINT, 3, 3, &got));
    assert_eq!(out.counts, [("icmp", 1)].into());
    assert!(out.packet.check().tuple().starts_with("10.0.0.10:"));
    assert_eq!(out.packet.quoted().check().tuple(), "10.0.0.30:8080 > 10.0.0.10:5000");
}

#[test]
fn errors_about_pings_arrive() {
    let mut rig = Rig::new();
    let got = rig.send(ANN, &echo(ANN, BOB.address, 8, 7)).packet;
    let out = rig.send(BOB, &icmp_error(BOB, ANN.address, 3, 1, &got));
    assert_eq!(out.counts, [("icmp", 1)].into());
    assert_eq!(out.packet.check().quoted().check().tuple(), "10.0.0.10:7 > 10.0.0.20:7");
}

#[test]
fn a_forged_quote_goes_nowhere() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    let never_sent = tcp(ANN, 5001, ONE.address, 8080, SYN);
    dropped(&rig.send(ONE, &icmp_error(ONE, ANN.address, 3, 3, &never_sent)), IcmpError, &[ONE.index]);
    let sent = tcp(ANN, 5000, ONE.address, 8080, SYN);
    dropped(&rig.send(ONE, &icmp_error(ONE, BOB.address, 3, 3, &sent)), IcmpError, &[ONE.index]);
}

#[test]
fn an_error_is_never_answered_by_an_error() {
    let mut rig = Rig::new();
    let got = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)).packet;
    let last = icmp_error(ONE, ANN.address, 3, 4, &got).with(22, &[1]);
    dropped(&rig.send(ONE, &last), TtlExpired, &[ONE.index]);
}
