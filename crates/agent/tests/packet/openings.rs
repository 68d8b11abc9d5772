//! Half-open connections: a flood of them takes the place of its own kind only.

use tables::EventKind;

use crate::{
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// Opens a connection from a port of the client through the endpoint, as far as the flags of its packets lead.
fn open(rig: &mut Rig, port: u16, from_client: &[u8]) {
    rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
    for flags in from_client {
        rig.send(ONE, &tcp(ONE, 8080, ANN.address, port, SYN | ACK));
        rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, *flags));
    }
}

/// The client's ports that have a connection.
fn ports(rig: &mut Rig) -> Vec<u16> {
    let mut ports: Vec<u16> = rig
        .flows()
        .into_iter()
        .filter(|(_, flow)| !flow.is_reply())
        .map(|(key, _)| u16::from_be(key.sport))
        .collect();
    ports.sort_unstable();
    ports
}

/// The counters of a first packet that took the place of a half-open connection.
const PUSHING: &[(&str, u64)] = &[("forwarded", 1), ("new", 1), ("pushed out", 1)];

#[test]
fn the_oldest_half_open_connection_makes_room() {
    let mut rig = Rig::new();
    open(&mut rig, 5000, &[]);
    open(&mut rig, 5001, &[]);
    rig.come_round_to(0);
    let out = rig.send(ANN, &tcp(ANN, 5002, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5002 > 10.0.0.30:8080", PUSHING);
    assert_eq!(ports(&mut rig), [5001, 5002]);
    let told: Vec<_> = out.events.iter().map(|event| (event.kind, u16::from_be(event.key.sport))).collect();
    assert_eq!(told, [(EventKind::Expired as u8, 5000), (EventKind::New as u8, 5002)]);
}

#[test]
fn an_answer_alone_does_not_protect_an_opening() {
    let mut rig = Rig::new();
    open(&mut rig, 5000, &[]);
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    rig.come_round_to(0);
    let out = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5001 > 10.0.0.30:8080", PUSHING);
    assert_eq!(ports(&mut rig), [5001]);
}

#[test]
fn an_established_connection_is_never_pushed_out() {
    let mut rig = Rig::new();
    open(&mut rig, 5000, &[ACK]);
    rig.come_round_to(0);
    let out = rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5001 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
}

#[test]
fn datagrams_are_half_open_until_somebody_answers() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    rig.send(ANN, &udp(ANN, 5001, ENDPOINT, 53));
    rig.send(ONE, &udp(ONE, 8080, ANN.address, 5001));
    rig.come_round_to(0);
    let out = rig.send(ANN, &udp(ANN, 5002, ENDPOINT, 53));
    arrived(&out, ONE, "10.0.0.10:5002 > 10.0.0.30:8080", PUSHING);
    rig.come_round_to(1);
    let out = rig.send(ANN, &udp(ANN, 5003, ENDPOINT, 53));
    arrived(&out, ONE, "10.0.0.10:5003 > 10.0.0.30:8080", FIRST);
    assert_eq!(ports(&mut rig), [5001, 5002, 5003]);
}

#[test]
fn who_has_the_ports_of_a_forgotten_opening_is_not_taken_for_it() {
    let mut rig = Rig::new();
    open(&mut rig, 5000, &[]);
    rig.rewrite_flows(|_, _| Vec::new());
    open(&mut rig, 5000, &[ACK]);
    rig.come_round_to(0);
    rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN));
    assert_eq!(ports(&mut rig), [5000, 5001]);
}
