//! Listeners on ranges of ports, whose servers are reached on the port that the client asked for.

use tables::{DropReason, Listener, Rule};

use crate::{
    drops::{ONLY_ANN, dropped},
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// Ports 1024..2048 lead to server two on any port.
fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.server(SERVER_TWO, TWO, |server| (server.port, server.server_group) = (0, GROUP + 1));
    rig.slots(&[SERVER_ONE, SERVER_TWO]);
    let range = Listener { first_slot: 1, index: 82, server_group: GROUP + 1, ..plain_listener() };
    rig.listens(VIP, (1024, 6), 6, range);
    rig.listens(VIP, (1024, 6), 17, range);
    rig
}

#[test]
fn the_port_that_the_client_asked_for_is_the_servers() {
    let mut rig = rig();
    for port in [1024, 1500, 2047] {
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, port, SYN));
        arrived(&out, TWO, &format!("10.0.0.10:5000 > 10.0.0.31:{port}"), FIRST);
        let out = rig.send(TWO, &tcp(TWO, port, ANN.address, 5000, SYN | ACK));
        arrived(&out, ANN, &format!("10.0.0.100:{port} > 10.0.0.10:5000"), NEXT);
    }
    let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 1053));
    arrived(&out, TWO, "10.0.0.10:5000 > 10.0.0.31:1053", FIRST);
    assert!(rig.flows().iter().all(|(_, flow)| flow.listener == 82));
}

#[test]
fn beside_the_range_nobody_listens() {
    let mut rig = rig();
    for port in [1023, 2048] {
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, port, SYN));
        dropped(&out, DropReason::NoListener, ONLY_ANN);
    }
}

#[test]
fn a_listener_on_one_port_stands_before_the_range_around_it() {
    let mut rig = rig();
    rig.listener(1500, 6, |_| ());
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1500, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1501, SYN));
    arrived(&out, TWO, "10.0.0.10:5000 > 10.0.0.31:1501", FIRST);
}

#[test]
fn the_servers_policy_is_asked_for_the_port_that_it_is_reached_on() {
    let mut rig = rig();
    rig.policy(ANY, &[Rule { ports: only(1500), ..accept() }]);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1500, SYN));
    arrived(&out, TWO, "10.0.0.10:5000 > 10.0.0.31:1500", FIRST);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1501, SYN));
    dropped(&out, DropReason::IngressPolicy, &[ANN.index, TWO.index]);
}

#[test]
fn a_connection_keeps_server_and_port_when_it_is_judged_again() {
    let mut rig = rig();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1500, SYN));
    rig.epoch(2);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 1500, ACK));
    arrived(&out, TWO, "10.0.0.10:5000 > 10.0.0.31:1500", &[("forwarded", 1), ("rejudged", 1)]);
}
