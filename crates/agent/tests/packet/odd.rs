//! TCP that behaves oddly but legally (RFC 9293): what passes, and what does not.

use tables::{DropReason::*, FlowState, idle};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

const THERE: &str = "10.0.0.10:5000 > 10.0.0.20:80";
const BACK: &str = "10.0.0.20:80 > 10.0.0.10:5000";

fn ann(flags: u8) -> Packet {
    tcp(ANN, 5000, BOB.address, 80, flags)
}

fn bob(flags: u8) -> Packet {
    tcp(BOB, 80, ANN.address, 5000, flags)
}

fn pass(rig: &mut Rig, from: Peer, flags: u8) {
    if from == ANN {
        arrived(&rig.send(ANN, &ann(flags)), BOB, THERE, NEXT);
    } else {
        arrived(&rig.send(BOB, &bob(flags)), ANN, BACK, NEXT);
    }
}

fn established() -> Rig {
    let mut rig = Rig::new();
    arrived(&rig.send(ANN, &ann(SYN)), BOB, THERE, FIRST);
    pass(&mut rig, BOB, SYN | ACK);
    pass(&mut rig, ANN, ACK);
    rig
}

fn states(rig: &mut Rig) -> Vec<u8> {
    let mut flows = rig.flows();
    flows.sort_by_key(|(_, flow)| flow.is_reply());
    flows.into_iter().map(|(_, flow)| flow.state).collect()
}

#[test]
fn two_that_open_at_once_share_one_connection() {
    let mut rig = Rig::new();
    arrived(&rig.send(ANN, &ann(SYN)), BOB, THERE, FIRST);
    pass(&mut rig, BOB, SYN);
    pass(&mut rig, ANN, SYN | ACK);
    pass(&mut rig, BOB, SYN | ACK);
    pass(&mut rig, ANN, ACK);
    let open = FlowState::Answered as u8 | FlowState::Established as u8;
    assert_eq!(states(&mut rig), [open, open]);
}

#[test]
fn an_opening_may_carry_data() {
    let mut rig = Rig::new();
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    assert_eq!(&out.packet.0[54..], b"payload!!!");
}

#[test]
fn one_side_may_go_on_after_the_other_is_done() {
    let mut rig = established();
    rig.change_flows(|flow| flow.timeout = 40);
    pass(&mut rig, ANN, FIN | ACK);
    pass(&mut rig, BOB, ACK);
    // Longer than a closed connection is kept, shorter than an open one.
    rig.age(u64::from(idle::CLOSED) + 6);
    pass(&mut rig, BOB, ACK);
    pass(&mut rig, ANN, ACK);
    pass(&mut rig, BOB, FIN | ACK);
    pass(&mut rig, ANN, ACK);
}

/// Sequence numbers are the ends' own business: a reset that its receiver does not believe costs the connection its long life
/// while both are silent, not the packets that go on.
#[test]
fn a_connection_that_goes_on_after_a_reset_lives_while_it_talks() {
    let mut rig = established();
    pass(&mut rig, BOB, RST);
    for _ in 0..3 {
        rig.age(u64::from(idle::CLOSED) - 2);
        pass(&mut rig, ANN, ACK);
        pass(&mut rig, BOB, ACK);
    }
    rig.age(u64::from(idle::CLOSED) + 2);
    dropped(&rig.send(ANN, &ann(ACK)), NoConnection, &[ANN.index]);
}

#[test]
fn the_ports_of_a_connection_that_waits_for_stragglers_open_another_from_either_side() {
    for (opener, first) in [(ANN, THERE), (BOB, BACK)] {
        let mut rig = established();
        for (from, flags) in [(ANN, FIN | ACK), (BOB, FIN | ACK), (ANN, ACK)] {
            pass(&mut rig, from, flags);
        }
        let (packet, to) = if opener == ANN { (ann(SYN), BOB) } else { (bob(SYN), ANN) };
        arrived(&rig.send(opener, &packet), to, first, FIRST);
        assert_eq!(states(&mut rig), [0, 0]);
    }
}

#[test]
fn an_opening_inside_a_live_connection_is_the_ends_own_business() {
    let mut rig = established();
    pass(&mut rig, ANN, SYN);
    pass(&mut rig, BOB, ACK);
    assert_eq!(rig.flows().len(), 2);
}

/// Urgent data, a window of zero and the probe of it, keep-alives, congestion bits, selective acknowledgements: the ends' own
/// business. Through an endpoint, as the first packet, as a later one and as a reply.
#[test]
fn what_ends_tell_each_other_in_their_headers_stays_as_it_is() {
    const URG_ECE_CWR: u8 = 0xe0;
    let mut rig = Rig::new();
    let dressed = |packet: Packet| {
        let selective = [1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9];
        // Not congested; sequence number, window of zero, urgent pointer.
        let packet = packet.with(15, &[0x2b]).with(38, &[1, 2, 3, 4]);
        packet.with(48, &[0, 0]).with(52, &[0, 7]).with_tcp_options(&selective)
    };
    for (from, flags) in [(ANN, SYN), (ONE, SYN | ACK), (ANN, ACK), (ANN, ACK), (ONE, ACK)] {
        let flags = flags | URG_ECE_CWR;
        let sent = dressed(if from == ANN {
            tcp(ANN, 5000, ENDPOINT, 80, flags)
        } else {
            tcp(ONE, 8080, ANN.address, 5000, flags)
        });
        let out = rig.send(from, &sent);
        assert_eq!((out.verdict, &out.drops), (REDIRECTED, &[].into()));
        let got = out.packet.check();
        assert_eq!((got.0[15], got.ttl()), (0x2b, 63));
        assert_eq!(&got.0[38..50], &sent.0[38..50], "numbers, flags and window");
        assert_eq!(&got.0[52..], &sent.0[52..], "urgent pointer, options and data");
    }
}

#[test]
fn no_flags_at_all_open_nothing() {
    let mut rig = Rig::new();
    for flags in [0, FIN, SYN | FIN | RST | ACK, 0xff] {
        dropped(&rig.send(ANN, &ann(flags)), NoConnection, &[ANN.index]);
    }
}
