//! Servers that leave, and connections that the agent cuts.

use tables::{Choice, DropReason::*, EventKind, FlowState};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

const AGAIN: &[(&str, u64)] = &[("forwarded", 1), ("rejudged", 1)];
const TO_ONE: &str = "10.0.0.10:5000 > 10.0.0.30:8080";
const TO_TWO: &str = "10.0.0.10:5000 > 10.0.0.31:8080";

/// The first server leaves, or fails its check; from now on the second one is chosen.
fn leave(rig: &mut Rig) {
    let until = rig.now() + 1_000_000_000;
    rig.server(SERVER_ONE, ONE, |server| server.until = until);
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.slot(SERVER_TWO);
    rig.epoch(2);
}

fn ask(flags: u8) -> Packet {
    tcp(ANN, 5000, ENDPOINT, 80, flags)
}

fn reply(flags: u8) -> Packet {
    tcp(ONE, 8080, ANN.address, 5000, flags)
}

fn established() -> Rig {
    let mut rig = Rig::new();
    rig.send(ANN, &ask(SYN));
    rig.send(ONE, &reply(SYN | ACK));
    rig.send(ANN, &ask(ACK));
    rig
}

/// As the agent does it.
fn cut(rig: &mut Rig) {
    rig.change_flows(|flow| {
        flow.state |= FlowState::Cut as u8;
        flow.epoch -= 1;
    });
}

/// What the two ends have acknowledged: the client, the server.
fn acknowledged(rig: &mut Rig) -> [u32; 2] {
    let mut flows = rig.flows();
    flows.sort_by_key(|(_, flow)| flow.is_reply());
    [flows[0].1.ack, flows[1].1.ack].map(u32::from_be)
}

fn acknowledging(packet: Packet, number: u32) -> Packet {
    packet.with(42, &number.to_be_bytes())
}

#[test]
fn an_established_connection_stays_with_a_server_that_leaves_and_a_new_one_goes_elsewhere() {
    let mut rig = established();
    leave(&mut rig);
    arrived(&rig.send(ANN, &ask(ACK)), ONE, TO_ONE, AGAIN);
    arrived(&rig.send(ONE, &reply(ACK)), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    let new = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    arrived(&new, TWO, "10.0.0.10:5001 > 10.0.0.31:8080", FIRST);
}

#[test]
fn an_established_connection_whose_listener_is_gone_waits_for_its_reset_and_others_are_refused() {
    let mut rig = established();
    rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    rig.remove_listener(80);
    rig.epoch(2);
    let asked = rig.send(ANN, &acknowledging(ask(ACK), 2001));
    dropped(&asked, NoListener, &[ANN.index]);
    let answered = rig.send(ONE, &reply(ACK));
    dropped(&answered, NoListener, &[ANN.index, ONE.index]);
    assert_eq!((asked.events, answered.events), (vec![], vec![]), "the agent tells its end");
    let unanswered = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    assert_eq!(unanswered.events[0].kind, EventKind::Denied as u8);
    assert_eq!(rig.flows().len(), 2, "the established one is there to be reset");
    dropped(&rig.send(ANN, &tcp(ANN, 5002, ENDPOINT, 80, SYN)), NoListener, &[ANN.index]);
}

#[test]
fn a_datagram_to_a_server_that_leaves_goes_to_another_one_and_replies_still_come() {
    let mut rig = Rig::new();
    let datagram = udp(ANN, 5000, ENDPOINT, 53);
    let answer = |from| udp(from, 8080, ANN.address, 5000);
    arrived(&rig.send(ANN, &datagram), ONE, TO_ONE, FIRST);
    arrived(&rig.send(ONE, &answer(ONE)), ANN, "10.0.0.100:53 > 10.0.0.10:5000", NEXT);
    leave(&mut rig);
    for _ in 0..2 {
        arrived(&rig.send(ONE, &answer(ONE)), ANN, "10.0.0.100:53 > 10.0.0.10:5000", NEXT);
    }
    let moved = rig.send(ANN, &datagram);
    arrived(&moved, TWO, TO_TWO, FIRST);
    let [end, begin] = moved.events[..] else { panic!("{:?}", moved.events) };
    assert_eq!((end.kind, end.reason), (EventKind::Reset as u8, ServerGone as u8));
    assert_eq!((end.server, end.sent.packets, end.received.packets), (SERVER_ONE, 1, 3));
    assert_eq!((begin.kind, begin.server), (EventKind::New as u8, SERVER_TWO));
    arrived(&rig.send(TWO, &answer(TWO)), ANN, "10.0.0.100:53 > 10.0.0.10:5000", NEXT);
}

#[test]
fn a_datagram_to_a_server_that_has_gone_goes_to_another_one() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    leave(&mut rig);
    rig.remove_server(SERVER_ONE);
    arrived(&rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53)), TWO, TO_TWO, FIRST);
}

#[test]
fn datagrams_stay_with_a_server_that_gets_no_new_flow() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.slot(SERVER_TWO);
    rig.epoch(2);
    arrived(&rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53)), ONE, TO_ONE, AGAIN);
}

#[test]
fn an_opening_that_a_server_did_not_answer_before_it_left_goes_to_another_one() {
    let mut rig = Rig::new();
    rig.send(ANN, &ask(SYN));
    leave(&mut rig);
    arrived(&rig.send(ANN, &ask(SYN)), TWO, TO_TWO, FIRST);
    // What it has answered on its way out is established.
    let mut rig = Rig::new();
    rig.send(ANN, &ask(SYN));
    leave(&mut rig);
    arrived(&rig.send(ONE, &reply(SYN | ACK)), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    arrived(&rig.send(ANN, &ask(ACK)), ONE, TO_ONE, AGAIN);
}

#[test]
fn a_quic_connection_whose_server_leaves_is_led_to_another_one() {
    let mut rig = Rig::new();
    rig.choose(Choice::ConnectionId, &[SERVER_ONE]);
    // A long header: version, the client's id, the server's id.
    let given = [&[0xc3, 0, 0, 0, 1, 4][..], b"abcd", &[8], b"ABCDEFGH", b"handshake"].concat();
    let moved = [&[0x43][..], b"ABCDEFGH", b"some data"].concat();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    rig.send(ONE, &datagram(ONE, 8080, ANN.address, 5000, &given));
    let out = rig.send(BOB, &datagram(BOB, 5000, ENDPOINT, 53, &moved));
    arrived(&out, ONE, "10.0.0.20:5000 > 10.0.0.30:8080", FIRST);
    leave(&mut rig);
    rig.choose(Choice::ConnectionId, &[SERVER_TWO]);
    let out = rig.send(EVE, &datagram(EVE, 5000, ENDPOINT, 53, &moved));
    arrived(&out, TWO, "10.0.0.21:5000 > 10.0.0.31:8080", FIRST);
}

#[test]
fn what_each_end_has_acknowledged_is_remembered() {
    let mut rig = Rig::new();
    rig.send(ANN, &ask(SYN));
    rig.send(ONE, &acknowledging(reply(SYN | ACK), 1001));
    rig.send(ANN, &acknowledging(ask(ACK), 2001));
    assert_eq!(acknowledged(&mut rig), [2001, 1001]);
    rig.send(ANN, &acknowledging(ask(ACK), 2002));
    rig.send(ONE, &acknowledging(reply(ACK), 1003).with_options());
    assert_eq!(acknowledged(&mut rig), [2002, 1003]);
    // A reset without ACK acknowledges nothing.
    rig.send(ONE, &acknowledging(reply(RST), 7));
    assert_eq!(acknowledged(&mut rig), [2002, 1003]);
}

#[test]
fn nothing_of_a_connection_that_was_cut_passes_but_acknowledgements_are_heard() {
    let mut rig = established();
    cut(&mut rig);
    let both = &[ANN.index, ONE.index];
    dropped(&rig.send(ANN, &acknowledging(ask(ACK), 2001)), NoConnection, both);
    let out = rig.send(ONE, &acknowledging(reply(FIN | ACK), 1001));
    dropped(&out, NoConnection, both);
    assert_eq!(out.events, [], "the agent has told its end");
    assert_eq!(acknowledged(&mut rig), [2001, 1001]);
    arrived(&rig.send(ANN, &ask(SYN)), ONE, TO_ONE, FIRST);
}

#[test]
fn an_idle_connection_of_a_listener_waits_for_its_reset() {
    let mut rig = established();
    rig.change_flows(|flow| flow.timeout = 10);
    rig.age(11);
    dropped(&rig.send(ANN, &ask(ACK)), NoConnection, &[ANN.index]);
    dropped(&rig.send(ONE, &reply(ACK)), NoConnection, &[ONE.index]);
    assert_eq!(rig.flows().len(), 2, "the agent finds it");
    arrived(&rig.send(ANN, &ask(SYN)), ONE, TO_ONE, FIRST);
}
