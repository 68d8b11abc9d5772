//! Datagrams in pieces.

use tables::DropReason::Fragment;

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
fn fragments_of_another_datagram_are_not_mixed_in() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53).fragment(0, true));
    let other = udp(ANN, 5000, ENDPOINT, 53).with(18, &[9, 9]).fragment(2, false);
    dropped(&rig.send(ANN, &other), Fragment, &[ANN.index]);
}
