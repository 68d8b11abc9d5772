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

/// From a client to server One: who asks whom, and what the world must be like for that.
type Way = (Peer, &'static str, fn(&mut Rig));

/// With the client's own address, with the load balancer's, inside its network, and with another source port.
const WAYS: [Way; 4] = [
    (ANN, ENDPOINT, |_| ()),
    (ANN, ENDPOINT, |rig| {
        for (port, protocol) in [(80, 6), (53, 17)] {
            rig.listener(port, protocol, |l| l.preserve_client = 0);
        }
    }),
    (TWO, NLB, |_| ()),
    (ANN, ENDPOINT, |rig| {
        rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
        rig.send(TWIN, &udp(TWIN, 5000, NLB, 53));
    }),
];

/// Address and port of both ends.
fn ends(packet: &Packet) -> [(String, u16); 2] {
    let tuple = packet.tuple();
    let ends = tuple.split(" > ").map(|end| end.split_once(':').expect("an end"));
    let ends: Vec<_> =
        ends.map(|(address, port)| (address.to_owned(), port.parse().expect("a port"))).collect();
    ends.try_into().expect("two ends")
}

/// Unreachable (net, host, port, too long with the size that fits), too many hops, too slow a reassembly, a bad header: from the
/// server to its client, and from the client to its server.
#[test]
fn every_error_arrives_in_both_directions_through_every_translation() {
    for (client, target, prepare) in WAYS {
        for asked in [tcp(client, 5000, target, 80, SYN), udp(client, 5000, target, 53)] {
            let mut rig = Rig::new();
            prepare(&mut rig);
            let got = rig.send(client, &asked).packet;
            let [(seen, port), _] = ends(&got);
            let replied = match asked.protocol() {
                6 => tcp(ONE, 8080, &seen, port, SYN | ACK),
                _ => udp(ONE, 8080, &seen, port),
            };
            let reply = rig.send(ONE, &replied).packet;
            for (kind, code) in [(3, 0), (3, 1), (3, 3), (3, 4), (11, 0), (11, 1), (12, 0)] {
                for (from, to, sender, about, sent) in
                    [(ONE, seen.as_str(), client, &got, &asked), (client, target, ONE, &reply, &replied)]
                {
                    let error = icmp_error(from, to, kind, code, about).with(40, &1300u16.to_be_bytes());
                    let out = rig.send(from, &error);
                    assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()), "{error:?}");
                    assert_eq!(out.counts, [("icmp", 1)].into());
                    assert_eq!(out.packet.macs(), (gateway(), sender.mac));
                    let [sent_from, sent_to] = ends(sent).map(|(address, _)| address);
                    let tuple = format!("{sent_to}:0 > {sent_from}:0");
                    assert_eq!(out.packet.check().tuple(), tuple, "from whom it was sent to");
                    assert_eq!(
                        (&out.packet.0[34..36], &out.packet.0[40..42]),
                        (&[kind, code][..], &[5, 20][..])
                    );
                    assert_eq!(out.packet.quoted().check().0[26..], sent.0[26..], "what was sent");
                }
            }
        }
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

/// A flow is judged under a new plan by its own packets, which come again: an error is not one of them.
#[test]
fn after_a_change_of_the_plan_errors_pass_once_their_connection_was_judged() {
    let mut rig = Rig::new();
    let asked = tcp(ANN, 5000, ENDPOINT, 80, SYN);
    let got = rig.send(ANN, &asked).packet;
    let error = icmp_error(ONE, ANN.address, 3, 4, &got);
    rig.epoch(2);
    dropped(&rig.send(ONE, &error), IcmpError, &[ONE.index]);
    rig.send(ANN, &asked);
    assert_eq!(rig.send(ONE, &error).counts, [("icmp", 1)].into());
}

#[test]
fn an_error_is_never_answered_by_an_error() {
    let mut rig = Rig::new();
    let got = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)).packet;
    let last = icmp_error(ONE, ANN.address, 3, 4, &got).with(22, &[1]);
    dropped(&rig.send(ONE, &last), TtlExpired, &[ONE.index]);
}
