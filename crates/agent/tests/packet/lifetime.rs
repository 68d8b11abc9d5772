//! How long a flow lives.

use tables::{DropReason::*, FlowState, idle};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

const TIMEOUT: u16 = 40;
const TUPLE: &str = "10.0.0.10:5000 > 10.0.0.20:80";

fn ann(flags: u8) -> Packet {
    tcp(ANN, 5000, BOB.address, 80, flags)
}

fn bob(flags: u8) -> Packet {
    tcp(BOB, 80, ANN.address, 5000, flags)
}

fn established() -> Rig {
    let mut rig = Rig::new();
    rig.send(ANN, &ann(SYN));
    rig.send(BOB, &bob(SYN | ACK));
    rig.send(ANN, &ann(ACK));
    // The clock starts with the machine, which may not have run for an hour.
    rig.change_flows(|flow| flow.timeout = TIMEOUT);
    rig
}

#[test]
fn an_idle_connection_is_forgotten() {
    let mut rig = established();
    rig.age(TIMEOUT as u64 - 10);
    arrived(&rig.send(ANN, &ann(ACK)), BOB, TUPLE, NEXT);
    rig.age(TIMEOUT as u64 + 10);
    dropped(&rig.send(ANN, &ann(ACK)), NoConnection, &[ANN.index]);
    assert_eq!(rig.flows(), []);
}

#[test]
fn a_direction_that_talks_keeps_the_other_alive() {
    let mut rig = established();
    rig.age(TIMEOUT as u64 + 10);
    let now = rig.clock().now;
    rig.change_flows(|flow| {
        if !flow.is_reply() {
            flow.last_seen = now;
        }
    });
    arrived(&rig.send(BOB, &bob(ACK)), ANN, "10.0.0.20:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn an_unanswered_opening_does_not_live_long() {
    let mut rig = Rig::new();
    rig.send(ANN, &ann(SYN));
    rig.age(idle::OPENING as u64 - 10);
    arrived(&rig.send(ANN, &ann(SYN)), BOB, TUPLE, NEXT);
    rig.age(idle::OPENING as u64 + 10);
    arrived(&rig.send(ANN, &ann(SYN)), BOB, TUPLE, FIRST);
}

#[test]
fn the_listener_says_how_long() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    rig.age(15);
    arrived(&rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", NEXT);
    rig.age(25);
    arrived(&rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
}

#[test]
fn states_follow_the_handshakes() {
    let mut rig = Rig::new();
    let states = |rig: &mut Rig| {
        let mut flows = rig.flows();
        flows.sort_by_key(|(_, f)| f.is_reply());
        [flows[0].1.state, flows[1].1.state]
    };
    const A: u8 = FlowState::Answered as u8;
    const E: u8 = FlowState::Answered as u8 | FlowState::Established as u8;
    const C: u8 = FlowState::Closing as u8;
    const D: u8 = FlowState::Closed as u8;
    rig.send(ANN, &ann(SYN));
    assert_eq!(states(&mut rig), [0, 0]);
    rig.send(BOB, &bob(SYN | ACK));
    assert_eq!(states(&mut rig), [A, A]);
    // More of the server's, and the client's SYN once more: nobody knows yet whether the client has heard the server.
    rig.send(BOB, &bob(ACK));
    rig.send(ANN, &ann(SYN));
    assert_eq!(states(&mut rig), [A, A]);
    rig.send(ANN, &ann(ACK));
    assert_eq!(states(&mut rig), [E, E]);
    rig.send(ANN, &ann(FIN | ACK));
    assert_eq!(states(&mut rig), [E | C, E]);
    arrived(&rig.send(ANN, &ann(ACK)), BOB, TUPLE, NEXT);
    rig.send(BOB, &bob(FIN | ACK));
    assert_eq!(states(&mut rig), [E | C | D, E | C | D]);
    arrived(&rig.send(ANN, &ann(ACK)), BOB, TUPLE, NEXT);
    rig.age(idle::CLOSED as u64 + 10);
    dropped(&rig.send(ANN, &ann(ACK)), NoConnection, &[ANN.index]);
}

#[test]
fn a_reset_ends_both_directions() {
    let mut rig = established();
    arrived(&rig.send(BOB, &bob(RST)), ANN, "10.0.0.20:80 > 10.0.0.10:5000", NEXT);
    assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Reset)));
}

#[test]
fn ports_of_a_closed_connection_can_be_used_again() {
    let mut rig = established();
    rig.send(ANN, &ann(FIN | ACK));
    rig.send(BOB, &bob(FIN | ACK));
    arrived(&rig.send(ANN, &ann(SYN)), BOB, TUPLE, FIRST);
    assert!(rig.flows().iter().all(|(_, flow)| flow.state == FlowState::Opening as u8));
}

#[test]
fn a_flow_counts_its_packets_and_bytes() {
    let mut rig = established();
    rig.send(ANN, &ann(ACK));
    let (_, flow) = rig.flows().into_iter().find(|(_, f)| !f.is_reply()).expect("a forward entry");
    assert_eq!((flow.packets, flow.bytes), (3, 3 * ann(ACK).0.len() as u64));
}

#[test]
fn the_clock_of_flows_goes_as_fast_as_every_other() {
    let mut rig = Rig::new();
    let (begin, from) = (rig.clock(), rig.now());
    std::thread::sleep(std::time::Duration::from_millis(300));
    let (end, to) = (rig.clock(), rig.now());
    let seconds = f64::from(end.now.0.wrapping_sub(begin.now.0)) / f64::from(end.hz);
    let passed = (to - from) as f64 / 1e9;
    // A step at either end, and what lies between two readings.
    assert!((seconds - passed).abs() < 2.0 / f64::from(end.hz) + 0.02, "{seconds} s of {passed}");
}
