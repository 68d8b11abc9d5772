//! Datagrams in pieces.

use tables::DropReason::{EndpointPolicy, Fragment};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT},
    rig::*,
    wire::*,
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
