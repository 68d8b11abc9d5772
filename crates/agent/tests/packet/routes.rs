//! Packets to where nobody in the network is: next hops, and what they may send.

use tables::{DropReason::*, FlowState, SOURCES_OF_PORT};

use crate::{
    drops::{ONLY_ANN, dropped, explained},
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// The table of Ann's vSwitch.
const TABLE: u32 = 7;
/// A host far away that Bob answers for.
const FAR: Peer = Peer { address: "192.168.5.5", ..BOB };
const AGAIN: &[(&str, u64)] = &[("forwarded", 1), ("rejudged", 1)];
/// Ann's route table leads everything that is not the network's own to Bob.
fn routed() -> Rig {
    let mut rig = Rig::new();
    rig.port(ANN, |p| p.table = TABLE);
    rig.route(TABLE, "10.0.0.0/24", 0);
    rig.route(TABLE, "0.0.0.0/0", ip(BOB.address));
    rig.route(SOURCES_OF_PORT | BOB.index, "0.0.0.0/0", 1);
    rig.route(SOURCES_OF_PORT | BOB.index, "10.0.0.0/24", 0);
    rig
}

fn out() -> Packet {
    tcp(ANN, 5000, FAR.address, 80, ACK)
}

#[test]
fn a_route_leads_to_its_next_hop_and_replies_come_back() {
    let mut rig = routed();
    let sent = rig.send(ANN, &tcp(ANN, 5000, FAR.address, 80, SYN));
    arrived(&sent, BOB, "10.0.0.10:5000 > 192.168.5.5:80", FIRST);
    let back = rig.send(BOB, &tcp(FAR, 80, ANN.address, 5000, SYN | ACK));
    arrived(&back, ANN, "192.168.5.5:80 > 10.0.0.10:5000", NEXT);
    arrived(&rig.send(ANN, &out()), BOB, "10.0.0.10:5000 > 192.168.5.5:80", NEXT);
}

#[test]
fn the_next_hop_s_security_group_is_asked() {
    let mut rig = routed();
    rig.policy(BOB_IN, &[]);
    let sent = rig.send(ANN, &tcp(ANN, 5000, FAR.address, 80, SYN));
    dropped(&sent, IngressPolicy, &[ANN.index, BOB.index]);
}

#[test]
fn the_longest_range_decides() {
    let mut rig = routed();
    rig.route(TABLE, "192.168.5.0/24", ip(EVE.address));
    let sent = rig.send(ANN, &tcp(ANN, 5000, FAR.address, 80, SYN));
    arrived(&sent, EVE, "10.0.0.10:5000 > 192.168.5.5:80", FIRST);
    let sent = rig.send(ANN, &tcp(ANN, 5000, "192.168.6.5", 80, SYN));
    arrived(&sent, BOB, "10.0.0.10:5000 > 192.168.6.5:80", FIRST);
    rig.route(TABLE, "192.168.5.5/32", 0);
    let packet = tcp(ANN, 5001, FAR.address, 80, SYN);
    explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, ONLY_ANN, [3, 1]);
}

#[test]
fn what_the_network_owns_is_never_routed_away() {
    let mut rig = routed();
    // An address that nobody has, inside a vSwitch.
    let packet = tcp(ANN, 5000, "10.0.0.250", 80, SYN);
    explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, ONLY_ANN, [3, 1]);
    arrived(
        &rig.send(ANN, &tcp(ANN, 5000, EVE.address, 80, SYN)),
        EVE,
        "10.0.0.10:5000 > 10.0.0.21:80",
        FIRST,
    );
    // The host's services come before any route.
    arrived(
        &rig.send(ANN, &udp(ANN, 5000, RESOLVER, 53)),
        HOST,
        "100.64.0.11:5000 > 100.100.2.136:53",
        FIRST,
    );
}

#[test]
fn without_a_table_or_with_a_next_hop_that_is_gone_nothing_is_there() {
    let mut rig = routed();
    let packet = tcp(ANN, 5000, FAR.address, 80, SYN);
    rig.remove_address(1, BOB.address);
    explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, ONLY_ANN, [3, 1]);
    let mut rig = routed();
    rig.port(ANN, |p| p.table = 0);
    explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, ONLY_ANN, [3, 1]);
    // A next hop does not send to itself.
    rig.port(BOB, |p| p.table = TABLE);
    let packet = tcp(BOB, 5000, FAR.address, 80, SYN);
    explained(BOB, &packet, &rig.send(BOB, &packet), NoRoute, &[BOB.index], [3, 1]);
}

#[test]
fn a_next_hop_sends_for_those_behind_it_and_for_nobody_else() {
    let mut rig = routed();
    let sent = rig.send(BOB, &tcp(FAR, 6000, ANN.address, 80, SYN));
    arrived(&sent, ANN, "192.168.5.5:6000 > 10.0.0.10:80", FIRST);
    let back = rig.send(ANN, &tcp(ANN, 80, FAR.address, 6000, SYN | ACK));
    arrived(&back, BOB, "10.0.0.10:80 > 192.168.5.5:6000", NEXT);
    // Not for a neighbour, nor for an address of a vSwitch that nobody has.
    for address in [EVE.address, "10.0.0.250"] {
        let forged = Peer { address, ..BOB };
        dropped(&rig.send(BOB, &tcp(forged, 6001, ANN.address, 80, SYN)), SpoofedAddress, &[BOB.index]);
    }
    // Nobody else is a next hop.
    let forged = Peer { address: FAR.address, ..EVE };
    dropped(&rig.send(EVE, &tcp(forged, 6002, ANN.address, 80, SYN)), SpoofedAddress, &[EVE.index]);
}

/// Fragmentation needed, or too many hops: said by the next hop, or by a router behind it.
#[test]
fn a_next_hop_says_in_its_own_name_why_a_packet_went_no_further() {
    let mut rig = routed();
    let sent = tcp(ANN, 5000, FAR.address, 80, SYN);
    let got = rig.send(ANN, &sent).packet;
    let router = Peer { address: "192.168.5.1", ..BOB };
    for (kind, code, from) in [(3, 4, BOB), (11, 0, router), (3, 1, FAR)] {
        let error = icmp_error(from, ANN.address, kind, code, &got).with(40, &1300u16.to_be_bytes());
        let told = rig.send(BOB, &error);
        assert_eq!((told.verdict, &told.counts), (REDIRECTED, &[("icmp", 1)].into()), "{:?}", told.drops);
        assert_eq!(told.packet.macs(), (gateway(), ANN.mac));
        assert_eq!(told.packet.check().tuple(), format!("{}:0 > 10.0.0.10:0", from.address));
        assert_eq!(told.packet.0[34..36], [kind, code]);
        assert_eq!(told.packet.quoted().0[14..], sent.0[14..], "all that Ann sent");
    }
    for (liar, to) in [(EVE, ANN.address), (BOB, EVE.address)] {
        dropped(&rig.send(liar, &icmp_error(liar, to, 3, 4, &got)), IcmpError, &[liar.index]);
    }
}

#[test]
fn a_next_hop_speaks_to_a_server_for_the_client_behind_it() {
    let mut rig = routed();
    let sent = rig.send(BOB, &tcp(FAR, 5000, ENDPOINT, 80, SYN));
    arrived(&sent, ONE, "192.168.5.5:5000 > 10.0.0.30:8080", FIRST);
    let reply = tcp(ONE, 8080, FAR.address, 5000, SYN | ACK);
    let got = rig.send(ONE, &reply).packet;
    let told = rig.send(BOB, &icmp_error(BOB, ENDPOINT, 3, 4, &got).with(40, &1300u16.to_be_bytes()));
    assert_eq!((told.verdict, &told.counts), (REDIRECTED, &[("icmp", 1)].into()), "{:?}", told.drops);
    assert_eq!(told.packet.macs(), (gateway(), ONE.mac));
    // In the server's network the next hop's own address may be somebody else's.
    assert_eq!(told.packet.check().tuple(), "192.168.5.5:0 > 10.0.0.30:0");
    assert_eq!(told.packet.quoted().0[34..], reply.0[34..]);
}

#[test]
fn an_established_connection_follows_a_changed_route() {
    let mut rig = routed();
    rig.send(ANN, &tcp(ANN, 5000, FAR.address, 80, SYN));
    rig.send(BOB, &tcp(FAR, 80, ANN.address, 5000, SYN | ACK));
    rig.route(TABLE, "0.0.0.0/0", ip(EVE.address));
    rig.route(SOURCES_OF_PORT | EVE.index, "0.0.0.0/0", 1);
    rig.epoch(2);
    // A late reply of the old next hop does not pass, and does no harm.
    let late = tcp(FAR, 80, ANN.address, 5000, ACK);
    dropped(&rig.send(BOB, &late), Rerouted, &[ANN.index, BOB.index]);
    arrived(&rig.send(ANN, &out()), EVE, "10.0.0.10:5000 > 192.168.5.5:80", AGAIN);
    arrived(&rig.send(ANN, &out()), EVE, "10.0.0.10:5000 > 192.168.5.5:80", NEXT);
    let back = tcp(Peer { address: FAR.address, ..EVE }, 80, ANN.address, 5000, ACK);
    arrived(&rig.send(EVE, &back), ANN, "192.168.5.5:80 > 10.0.0.10:5000", NEXT);
    dropped(&rig.send(BOB, &late), NoConnection, &[BOB.index]);
    assert_eq!(rig.flows().len(), 2);
}

#[test]
fn a_deleted_route_cuts_established_connections_and_says_so() {
    let mut rig = routed();
    rig.send(ANN, &tcp(ANN, 5000, FAR.address, 80, SYN));
    rig.send(BOB, &tcp(FAR, 80, ANN.address, 5000, SYN | ACK));
    rig.route(TABLE, "0.0.0.0/0", 0);
    rig.epoch(2);
    explained(ANN, &out(), &rig.send(ANN, &out()), NoRoute, ONLY_ANN, [3, 1]);
    assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)), "the agent resets both ends");
}
