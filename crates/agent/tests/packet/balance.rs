//! Endpoints and load balancers: translation, hairpins, collisions.

use tables::DropReason;

use crate::{
    drops::{dropped, take_source_ports},
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

#[test]
fn overlapping_clients_are_told_apart_by_where_they_are() {
    let mut rig = Rig::new();
    // Ann in network 1 and her twin in network 2 have one address.
    arrived(
        &rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)),
        ONE,
        "10.0.0.10:5000 > 10.0.0.30:8080",
        FIRST,
    );
    let out = rig.send(TWIN, &tcp(TWIN, 5001, NLB, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5001 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    let out = rig.send(ONE, &tcp(ONE, 8080, TWIN.address, 5001, SYN | ACK));
    arrived(&out, TWIN, "10.0.0.200:80 > 10.0.0.10:5001", NEXT);
}

#[test]
fn a_tuple_that_is_taken_gets_another_source_port() {
    let mut rig = Rig::new();
    rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    let tuple = out.packet.tuple();
    let port = tuple
        .strip_prefix("10.0.0.10:")
        .and_then(|t| t.strip_suffix(" > 10.0.0.30:8080"))
        .expect("the server");
    let port: u16 = port.parse().expect("a port");
    assert!(port != 5000 && port >= 1024);
    arrived(&out, ONE, &tuple, &[("forwarded", 1), ("new", 1), ("remapped", 1)]);
    let out = rig.send(ONE, &tcp(ONE, 8080, ANN.address, port, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK));
    arrived(&out, ONE, &tuple, NEXT);
    let out = rig.send(ONE, &tcp(ONE, 8080, TWIN.address, 5000, SYN | ACK));
    arrived(&out, TWIN, "10.0.0.200:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn a_tuple_of_a_dead_connection_is_free() {
    let mut rig = Rig::new();
    rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    rig.age(100);
    arrived(
        &rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)),
        ONE,
        "10.0.0.10:5000 > 10.0.0.30:8080",
        FIRST,
    );
    assert_eq!(rig.flows().len(), 2, "the dead pair is gone");
}

#[test]
fn a_server_that_calls_itself_sees_the_load_balancer() {
    let mut rig = Rig::new();
    let out = rig.send(ONE, &tcp(ONE, 5000, NLB, 80, SYN));
    arrived(&out, ONE, "10.0.0.200:5000 > 10.0.0.30:8080", &[("forwarded", 1), ("hairpin", 1), ("new", 1)]);
    let out = rig.send(ONE, &tcp(ONE, 8080, NLB, 5000, SYN | ACK));
    arrived(&out, ONE, "10.0.0.200:80 > 10.0.0.30:5000", NEXT);
}

#[test]
fn a_client_with_the_address_of_the_server_is_a_hairpin_too() {
    let mut rig = Rig::new();
    rig.server(SERVER_ONE, TWIN, |_| ());
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived(&out, TWIN, "10.0.0.200:5000 > 10.0.0.10:8080", &[("forwarded", 1), ("hairpin", 1), ("new", 1)]);
    let out = rig.send(TWIN, &tcp(TWIN, 8080, NLB, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn without_client_preservation_the_server_sees_the_load_balancer() {
    let mut rig = Rig::new();
    rig.listener(80, 6, |l| l.preserve_client = 0);
    arrived(
        &rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN)),
        ONE,
        "10.0.0.200:5000 > 10.0.0.30:8080",
        FIRST,
    );
    let out = rig.send(ONE, &tcp(ONE, 8080, NLB, 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn datagrams_are_balanced() {
    let mut rig = Rig::new();
    rig.server(SERVER_ONE, ONE, |s| s.port = 5353u16.to_be());
    for counts in [FIRST, NEXT] {
        let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:5353", counts);
        assert_eq!(out.packet.ttl(), 63);
    }
    let out = rig.send(ONE, &udp(ONE, 5353, ANN.address, 5000));
    arrived(&out, ANN, "10.0.0.100:53 > 10.0.0.10:5000", NEXT);
}

#[test]
fn a_datagram_without_checksum_stays_without() {
    let mut rig = Rig::new();
    for counts in [FIRST, NEXT] {
        let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53).changed(40, 0).changed(41, 0));
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", counts);
        assert_eq!(out.packet.0[40..42], [0, 0]);
    }
}

#[test]
fn connections_spread_over_the_slots() {
    let mut rig = Rig::new();
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.slots(&[SERVER_ONE, SERVER_TWO]);
    rig.listener(80, 6, |l| l.slots = 2);
    let mut to_one = 0;
    for port in 5000..5200 {
        let out = rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
        let first = out.packet.tuple().contains("10.0.0.30");
        to_one += first as u32;
        let again = rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
        assert_eq!(again.packet.tuple(), out.packet.tuple(), "a repeated SYN goes to the same server");
    }
    assert!((70..=130).contains(&to_one), "{to_one} of 200");
}

#[test]
fn ip_options_do_not_stand_in_the_way() {
    let mut rig = Rig::new();
    for counts in [FIRST, NEXT] {
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).with_options());
        arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", counts);
    }
}

#[test]
fn the_last_free_source_port_is_found() {
    let mut rig = Rig::with_flows(1 << 18);
    let key = take_source_ports(&mut rig);
    let opening = tcp(ANN, 6000, ENDPOINT, 80, SYN);
    dropped(&rig.send(ANN, &opening), DropReason::SourcePorts, &[ANN.index, ONE.index]);
    rig.remove_flow(&tables::FlowKey { dport: 50_000u16.to_be(), ..key });
    // Nobody looks through all of them again for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let counts = &[("forwarded", 1), ("new", 1), ("remapped", 1)];
    arrived(&rig.send(ANN, &opening), ONE, "10.0.0.10:50000 > 10.0.0.30:8080", counts);
}
