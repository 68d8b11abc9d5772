//! A change of plan: flows are judged again on their next packet.

use tables::{AddressKind, DropReason::*, FlowState, mac};

use crate::{
    drops::{dropped, explained},
    forward::{NEXT, arrived},
    rig::*,
    wire::*,
};

pub(crate) const AGAIN: &[(&str, u64)] = &[("forwarded", 1), ("rejudged", 1)];

/// A connection from Ann through the endpoint to the first server.
fn connected() -> Rig {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    rig
}

fn data() -> Packet {
    tcp(ANN, 5000, ENDPOINT, 80, ACK)
}

fn reply() -> Packet {
    tcp(ONE, 8080, ANN.address, 5000, ACK)
}

#[test]
fn a_flow_keeps_its_server_while_that_is_in_the_group() {
    let mut rig = connected();
    let before: u64 = rig.flows().iter().map(|(_, f)| f.packets).sum();
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.slot(SERVER_TWO);
    rig.epoch(2);
    arrived(&rig.send(ANN, &data()), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", AGAIN);
    arrived(&rig.send(ANN, &data()), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
    arrived(&rig.send(ONE, &reply()), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    assert_eq!(rig.flows().iter().map(|(_, f)| f.packets).sum::<u64>(), before + 3, "counters stay");
}

#[test]
fn a_reply_makes_the_flow_be_judged_as_its_first_packet_was() {
    let mut rig = connected();
    // The server itself may send nothing: that is not asked of replies.
    rig.port(ONE, |p| p.egress_policy = 99);
    rig.epoch(2);
    arrived(&rig.send(ONE, &reply()), ANN, "10.0.0.100:80 > 10.0.0.10:5000", AGAIN);
    arrived(&rig.send(ANN, &data()), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
}

#[test]
fn a_revoked_connection_is_cut_from_both_sides_and_waits_for_its_reset() {
    for server_first in [false, true] {
        let mut rig = connected();
        rig.address(1, ENDPOINT, |a| a.vip = 0);
        rig.epoch(2);
        if server_first {
            dropped(&rig.send(ONE, &reply()), NotConnected, &[ANN.index, ONE.index]);
        } else {
            dropped(&rig.send(ANN, &data()), NotConnected, &[ANN.index]);
        }
        assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)));
        dropped(&rig.send(ANN, &data()), NoConnection, &[ANN.index, ONE.index]);
        dropped(&rig.send(ONE, &reply()), NoConnection, &[ANN.index, ONE.index]);
        // It does not come back by itself.
        rig.address(1, ENDPOINT, |a| a.vip = VIP);
        rig.epoch(3);
        dropped(&rig.send(ANN, &data()), NoConnection, &[ANN.index, ONE.index]);
        assert_eq!(rig.flows().len(), 2);
    }
}

#[test]
fn an_opening_whose_endpoint_was_revoked_is_forgotten() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    rig.address(1, ENDPOINT, |a| a.vip = 0);
    rig.epoch(2);
    dropped(&rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)), NotConnected, &[ANN.index]);
    assert_eq!(rig.flows(), []);
}

#[test]
fn new_rules_hold_for_old_connections() {
    let mut rig = connected();
    rig.policy(ONE_IN, &[]);
    rig.epoch(2);
    dropped(&rig.send(ANN, &data()), IngressPolicy, &[ANN.index, ONE.index]);
    assert_eq!(rig.flows(), []);
}

#[test]
fn nothing_passes_to_or_from_a_server_that_is_deleted_until_the_agent_resets_both_ends() {
    let mut rig = connected();
    rig.remove_server(SERVER_ONE);
    rig.epoch(2);
    dropped(&rig.send(ANN, &data()), ServerGone, &[ANN.index]);
    dropped(&rig.send(ONE, &reply()), ServerGone, &[ANN.index, ONE.index]);
    assert_eq!(rig.flows().len(), 2);
}

#[test]
fn a_port_that_moved_is_followed() {
    let mut rig = connected();
    rig.server(SERVER_ONE, ONE, |s| s.mac = mac([2, 0, 0, 0, 9, 9]));
    rig.epoch(2);
    let out = rig.send(ANN, &data());
    assert_eq!(out.packet.macs(), (gateway(), [2, 0, 0, 0, 9, 9]));
}

#[test]
fn a_remapped_source_port_stays_as_it_is() {
    let mut rig = Rig::new();
    rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    let first = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)).packet.tuple();
    rig.epoch(2);
    arrived(&rig.send(ANN, &data()), ONE, &first, AGAIN);
}

#[test]
fn connections_inside_a_network_are_judged_again() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN));
    rig.epoch(2);
    let packet = tcp(ANN, 5000, BOB.address, 80, ACK);
    arrived(&rig.send(ANN, &packet), BOB, "10.0.0.10:5000 > 10.0.0.20:80", AGAIN);
    rig.epoch(3);
    rig.remove_address(1, BOB.address);
    explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, &[ANN.index], [3, 1]);
}

#[test]
fn who_is_connected_with_an_address_that_another_has_by_now_is_cut() {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN));
    rig.send(BOB, &tcp(BOB, 80, ANN.address, 5000, SYN | ACK));
    rig.address(1, BOB.address, |a| (a.ifindex, a.index) = (EVE.ifindex, EVE.index));
    rig.epoch(2);
    let packet = tcp(ANN, 5000, BOB.address, 80, ACK);
    dropped(&rig.send(ANN, &packet), ServerGone, &[ANN.index, EVE.index]);
    assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)), "the agent resets both ends");
}

/// The new owner of an address answers pings itself: the flow to the old one must not live on with it.
#[test]
fn a_ping_whose_target_became_an_address_that_answers_by_itself_is_cut() {
    for reply_first in [false, true] {
        let mut rig = Rig::new();
        rig.send(ANN, &echo(ANN, BOB.address, 8, 7));
        // Another network's packet on the same CPU.
        rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
        rig.address(1, BOB.address, |a| a.kind = AddressKind::Gateway as u8);
        rig.epoch(2);
        if reply_first {
            dropped(&rig.send(BOB, &echo(BOB, ANN.address, 0, 7)), NoConnection, &[ANN.index, BOB.index]);
        } else {
            dropped(&rig.send(ANN, &echo(ANN, BOB.address, 8, 7)), NoConnection, &[ANN.index]);
        }
        assert_eq!(rig.flows().len(), 2, "only the twin's connection is left");
        assert_eq!(rig.send(ANN, &echo(ANN, BOB.address, 8, 7)).counts, [("echo", 1)].into());
    }
}

/// Interface numbers start anew with a namespace: the flows of the old interface are not the new port's.
#[test]
fn a_port_does_not_inherit_the_flows_of_its_interface() {
    let mut rig = connected();
    let heir = Peer { index: 9, mac: [2, 0, 0, 0, 0, 9], ..ANN };
    rig.port(heir, |_| ());
    rig.epoch(2);
    dropped(&rig.send(ONE, &reply()), UnknownPort, &[ONE.index]);
    assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)));
    let mut rig = connected();
    rig.port(heir, |_| ());
    rig.epoch(2);
    dropped(&rig.send(heir, &tcp(heir, 5000, ENDPOINT, 80, ACK)), UnknownPort, &[heir.index]);
}
