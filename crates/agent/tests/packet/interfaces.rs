//! Ports with several addresses.

use tables::{AddressKind, DropReason::SpoofedAddress, mac};

use crate::{
    drops::{ONLY_ANN, dropped},
    forward::{FIRST, NEXT, arrived},
    rig::{ANN, BOB, ENDPOINT, GATEWAY, ONE, Peer, REDIRECTED, Rig},
    wire::{ACK, SYN, arp, tcp},
};

/// Ann under another address of hers.
const ANNE: Peer = Peer { address: "10.0.0.11", ..ANN };

fn with_two_addresses() -> Rig {
    let mut rig = Rig::new();
    rig.address(1, ANNE.address, |a| {
        a.kind = AddressKind::Port as u8;
        a.ifindex = ANN.ifindex;
        a.address = crate::rig::ip(ANNE.address);
        a.index = ANN.index;
        a.ingress_policy = crate::rig::ANY;
        a.mac = mac(ANN.mac);
    });
    rig
}

#[test]
fn each_address_of_a_port_sends_and_receives() {
    let mut rig = with_two_addresses();
    let out = rig.send(ANN, &tcp(ANNE, 5000, BOB.address, 80, SYN));
    arrived(&out, BOB, "10.0.0.11:5000 > 10.0.0.20:80", FIRST);
    let out = rig.send(BOB, &tcp(BOB, 80, ANNE.address, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.20:80 > 10.0.0.11:5000", NEXT);
    let out = rig.send(BOB, &tcp(BOB, 5000, ANNE.address, 80, SYN));
    arrived(&out, ANN, "10.0.0.20:5000 > 10.0.0.11:80", FIRST);
    let out = rig.send(ANN, &tcp(ANNE, 5001, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.11:5001 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ANN, &arp(ANN, ANNE.address, GATEWAY, 1));
    assert_eq!((out.verdict, out.counts), (REDIRECTED, [("arp", 1)].into()));
}

#[test]
fn an_address_that_was_taken_off_is_a_borrowed_one() {
    let mut rig = with_two_addresses();
    rig.send(ANN, &tcp(ANNE, 5000, BOB.address, 80, SYN));
    rig.remove_address(1, ANNE.address);
    rig.epoch(2);
    dropped(&rig.send(ANN, &tcp(ANNE, 5000, BOB.address, 80, ACK)), SpoofedAddress, ONLY_ANN);
    dropped(&rig.send(ANN, &tcp(ANNE, 5001, BOB.address, 80, SYN)), SpoofedAddress, ONLY_ANN);
    dropped(&rig.send(ANN, &arp(ANN, ANNE.address, GATEWAY, 1)), SpoofedAddress, ONLY_ANN);
}

#[test]
fn an_address_of_the_same_value_in_another_network_is_a_borrowed_one() {
    let mut rig = with_two_addresses();
    let twin = crate::rig::TWIN;
    let packet = tcp(Peer { address: ANNE.address, ..twin }, 5000, ONE.address, 80, SYN);
    dropped(&rig.send(twin, &packet), SpoofedAddress, &[twin.index]);
}
