//! Datagrams in pieces.

use tables::DropReason::{EndpointPolicy, Fragment};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT},
    ipv6::{self, ENDPOINT6, arrived6, served_by_ipv6},
    rig::*,
    wire::*,
    wire6::*,
};

#[test]
fn later_fragments_follow_the_first() {
    let mut rig = Rig::new();
    let whole = udp(ANN, 5000, ENDPOINT, 53);
    let first = rig.send(ANN, &whole.clone().fragment(0, true));
    assert_eq!((first.verdict, first.drops), (REDIRECTED, [].into()));
    assert_eq!(first.counts, FIRST.iter().copied().collect());
    assert_eq!(first.packet.check_ip().tuple(), "10.0.0.10:5000 > 10.0.0.30:8080");
    let later = rig.send(ANN, &whole.clone().fragment(2, false));
    assert_eq!((later.verdict, later.drops), (REDIRECTED, [].into()));
    assert_eq!(later.counts, NEXT.iter().copied().collect());
    assert!(later.packet.check_ip().tuple().starts_with("10.0.0.10:"));
    assert_eq!(later.packet.0[30..34], ip(ONE.address).to_ne_bytes());
    assert_eq!(later.packet.0[34..], whole.0[34..], "data is not touched");
}

#[test]
fn the_checksum_of_a_datagram_in_pieces_is_right() {
    let mut rig = Rig::new();
    let first = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53).fragment(0, true)).packet;
    // The same bytes in one piece: what reassembly would give.
    first.fragment(0, false).check();
}

#[test]
fn replies_in_pieces_come_back_too() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    let whole = udp(ONE, 8080, ANN.address, 5000);
    for (offset, more) in [(0, true), (185, true), (370, false)] {
        let out = rig.send(ONE, &whole.clone().fragment(offset, more));
        assert_eq!((out.verdict, out.drops), (REDIRECTED, [].into()));
        assert_eq!(out.counts, NEXT.iter().copied().collect());
        assert_eq!(out.packet.macs(), (gateway(), ANN.mac));
        assert_eq!(out.packet.check_ip().0[26..30], ip(ENDPOINT).to_ne_bytes());
        assert_eq!((&out.packet.0[18..22], out.packet.ttl()), (&whole.fragment_of(offset, more)[..], 63));
        assert_eq!(out.packet.0[34..36] == 53u16.to_be_bytes(), offset == 0, "only the first has ports");
    }
}

/// No piece is kept until the first comes: who is first on the way is first here, as pieces do not overtake each other.
#[test]
fn a_piece_that_comes_before_the_first_is_dropped_and_the_ones_after_it_are_not() {
    let mut rig = Rig::new();
    let whole = udp(ANN, 5000, ENDPOINT, 53);
    dropped(&rig.send(ANN, &whole.clone().fragment(2, false)), Fragment, &[ANN.index]);
    rig.send(ANN, &whole.clone().fragment(0, true));
    for offset in [4, 2] {
        let out = rig.send(ANN, &whole.clone().fragment(offset, offset != 4));
        assert_eq!((out.verdict, out.counts), (REDIRECTED, NEXT.iter().copied().collect()));
    }
}

#[test]
fn what_the_first_piece_was_refused_the_later_ones_are_too() {
    let mut rig = Rig::new();
    rig.policy(ENDPOINT_IN, &[]);
    let whole = udp(ANN, 5000, ENDPOINT, 53);
    dropped(&rig.send(ANN, &whole.clone().fragment(0, true)), EndpointPolicy, &[ANN.index]);
    dropped(&rig.send(ANN, &whole.fragment(2, false)), Fragment, &[ANN.index]);
}

#[test]
fn fragments_of_another_datagram_are_not_mixed_in() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53).fragment(0, true));
    let other = udp(ANN, 5000, ENDPOINT, 53).with(18, &[9, 9]).fragment(2, false);
    dropped(&rig.send(ANN, &other), Fragment, &[ANN.index]);
}

#[test]
fn pieces_of_ipv6_follow_the_first() {
    let mut rig = ipv6::rig();
    let [first, later] = fragments6(&udp6(ANN, 5000, &six(BOB), 53), 16);
    dropped(&rig.send(ANN, &later), Fragment, &[ANN.index]);
    arrived6(&rig.send(ANN, &first), BOB, "[fd00:1::1]:5000 > [fd00:1::2]:53", FIRST);
    let out = rig.send(ANN, &later);
    assert_eq!((out.verdict, &out.drops, out.packet.macs()), (REDIRECTED, &[].into(), (gateway(), BOB.mac)));
    assert_eq!(out.packet.0[14..], later.0[14..]);
}

#[test]
fn pieces_of_ipv6_pass_an_endpoint_both_ways() {
    let mut rig = ipv6::rig();
    served_by_ipv6(&mut rig);
    let asked = udp6(ANN, 5000, ENDPOINT6, 53);
    let replied = udp6(ONE, 8080, &six(ANN), 5000);
    for (from, to, whole, tuple) in [
        (ANN, ONE, &asked, "[fd00:1::1]:5000 > [fd00:2::3]:8080"),
        (ONE, ANN, &replied, "[fd00:1::64]:53 > [fd00:1::1]:5000"),
    ] {
        let [first, later] = fragments6(whole, 16);
        let out = rig.send(from, &first);
        assert_eq!((out.verdict, out.packet.macs().1, &out.drops), (REDIRECTED, to.mac, &[].into()));
        assert_eq!(tuple6(&out.packet), tuple);
        let out = rig.send(from, &later);
        assert_eq!((out.verdict, out.packet.macs().1), (REDIRECTED, to.mac));
        assert_eq!(out.counts, [("forwarded", 1)].into());
        assert_eq!(out.packet.0[54..], later.0[54..], "data is not touched");
    }
}

/// What was in pieces, as the receiver puts it together: the first one's headers before all of the data.
fn joined(first: &Packet, later: &Packet) -> Packet {
    let mut whole = first.clone();
    if first.0[12] == 0x86 {
        whole.0[20] = whole.0[54];
        whole.0.drain(54..62);
        whole.0.extend(&later.0[62..]);
        let length = whole.0.len() as u16 - 54;
        whole.0[18..20].copy_from_slice(&length.to_be_bytes());
        return whole;
    }
    whole.0.extend(&later.0[34..]);
    let length = whole.0.len() as u16 - 14;
    whole.0[16..18].copy_from_slice(&length.to_be_bytes());
    whole.fragment(0, false)
}

#[test]
fn pieces_go_from_either_family_to_the_other() {
    let mut rig = ipv6::rig();
    let asked = udp6(ANN, 5000, ENDPOINT6, 53);
    let there = fragments6(&asked, 16).map(|piece| rig.send(ANN, &piece));
    let replied = udp(ONE, 8080, NLB, 5000);
    let [mut start, mut end] = [replied.clone(), replied.clone()];
    start.0.truncate(34 + 16);
    end.0.drain(34..34 + 16);
    let pieces = [start.with_length().fragment(0, true), end.with_length().fragment(2, false)];
    let back = pieces.map(|piece| rig.send(ONE, &piece));
    for out in there.iter().chain(&back) {
        assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()));
    }
    assert_eq!([&there[0].counts, &there[1].counts].map(|it| it["forwarded"]), [1, 1]);
    // The lower half of the identification; more of them, and the second is the last, from byte 16 on.
    assert_eq!(there[0].packet.check_ip().0[18..22], [2, 3, 0x20, 0]);
    assert_eq!(there[1].packet.check_ip().0[18..22], [2, 3, 0, 2]);
    let whole = joined(&there[0].packet, &there[1].packet);
    assert_eq!(whole.check().tuple(), "10.0.0.200:5000 > 10.0.0.30:8080");
    assert_eq!(whole.0[42..], asked.0[62..]);
    assert_eq!(back[0].packet.0[54..62], [17, 0, 0, 1, 0, 0, 0x12, 0x34]);
    assert_eq!(back[1].packet.0[54..62], [17, 0, 0, 16, 0, 0, 0x12, 0x34]);
    let whole = joined(&back[0].packet, &back[1].packet);
    assert_eq!(tuple6(&whole), "[fd00:1::64]:53 > [fd00:1::1]:5000");
    assert_eq!(whole.0[62..], replied.0[42..]);
}

/// One of IPv4, too, and a fragment header that says nothing (RFC 6946).
#[test]
fn pieces_reach_a_server_of_the_other_family_and_one_that_is_whole_is() {
    let mut rig = ipv6::rig();
    let [atomic, _] = fragments6(&udp6(ANN, 5000, ENDPOINT6, 53), 18);
    let out = rig.send(ANN, &atomic.changed(57, 0));
    assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()));
    assert_eq!(out.packet.check().tuple(), "10.0.0.200:5000 > 10.0.0.30:8080");
    served_by_ipv6(&mut rig);
    let asked = udp(ANN, 5001, ENDPOINT, 53);
    let [mut start, mut end] = [asked.clone(), asked.clone()];
    start.0.truncate(34 + 16);
    end.0.drain(34..34 + 16);
    let pieces = [start.with_length().fragment(0, true), end.with_length().fragment(2, false)];
    let [first, later] = pieces.map(|piece| rig.send(ANN, &piece).packet);
    let whole = joined(&first, &later);
    assert_eq!(tuple6(&whole), "[fd00:2::c8]:5001 > [fd00:2::3]:8080");
    assert_eq!(whole.0[62..], asked.0[42..]);
}
