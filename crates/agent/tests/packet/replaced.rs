//! Another resource serves an endpoint's zone.

use tables::{DropReason::*, FlowState};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

const AGAIN: &[(&str, u64)] = &[("forwarded", 1), ("rejudged", 1)];
const OLD: &str = "10.0.0.10:5000 > 10.0.0.30:8080";
const NEW: &str = "10.0.0.10:5001 > 10.0.0.31:8080";
const OTHER_NLB: &str = "10.0.0.201";
const OTHER_VIP: u32 = VIP + 1;

/// Ann is connected to the first server; then another NLB, with the second server, serves the endpoint. It keeps what
/// the first one has if `graceful`.
fn replaced(graceful: bool) -> Rig {
    let mut rig = Rig::new();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    rig.server(SERVER_TWO, TWO, |server| server.server_group = GROUP + 1);
    rig.slots(&[SERVER_ONE, SERVER_TWO]);
    rig.listener_of(OTHER_VIP, 80, 6, |listener| {
        listener.first_slot = 1;
        listener.index += 1;
        listener.server_group = GROUP + 1;
    });
    rig.address(1, ENDPOINT, |a| {
        (a.vip, a.nlb_address, a.lease) = (OTHER_VIP, ip(OTHER_NLB), 1);
        if graceful {
            (a.replaced_vip, a.replaced_address) = (VIP, ip(NLB));
        }
    });
    rig.epoch(2);
    rig
}

fn data(port: u16) -> Packet {
    tcp(ANN, port, ENDPOINT, 80, ACK)
}

#[test]
fn gracefully_old_connections_stay_and_new_ones_go_to_the_new_resource() {
    let mut rig = replaced(true);
    arrived(&rig.send(ANN, &data(5000)), ONE, OLD, AGAIN);
    arrived(&rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN)), TWO, NEW, FIRST);
    let reply = tcp(ONE, 8080, ANN.address, 5000, ACK);
    arrived(&rig.send(ONE, &reply), ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    // They stay through every later change, and are judged by what serves them.
    rig.epoch(3);
    arrived(&rig.send(ONE, &reply), ANN, "10.0.0.100:80 > 10.0.0.10:5000", AGAIN);
    arrived(&rig.send(ANN, &data(5001)), TWO, NEW, AGAIN);
    rig.address(1, ENDPOINT, |a| (a.replaced_vip, a.replaced_address) = (0, 0));
    rig.epoch(4);
    dropped(&rig.send(ANN, &data(5000)), Replaced, &[ANN.index]);
    arrived(&rig.send(ANN, &data(5001)), TWO, NEW, AGAIN);
}

#[test]
fn by_force_old_connections_are_cut_from_both_sides() {
    for server_first in [false, true] {
        let mut rig = replaced(false);
        // That their server is behind the new resource too does not help them.
        rig.server(SERVER_ONE, ONE, |server| server.server_group = GROUP + 1);
        if server_first {
            let reply = tcp(ONE, 8080, ANN.address, 5000, ACK);
            dropped(&rig.send(ONE, &reply), Replaced, &[ANN.index, ONE.index]);
        } else {
            dropped(&rig.send(ANN, &data(5000)), Replaced, &[ANN.index]);
        }
        assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)), "the agent resets both ends");
        arrived(&rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN)), TWO, NEW, FIRST);
    }
}

#[test]
fn what_was_replaced_twice_is_gone() {
    let mut rig = replaced(true);
    rig.address(1, ENDPOINT, |a| a.lease = 2);
    dropped(&rig.send(ANN, &data(5000)), Replaced, &[ANN.index]);
}

#[test]
fn what_was_replaced_is_asked_for_its_own_listener() {
    let mut rig = replaced(true);
    rig.server(SERVER_ONE, ONE, |server| server.server_group = GROUP + 2);
    dropped(&rig.send(ANN, &data(5000)), ServerGone, &[ANN.index]);
}
