//! Who gets the next connection, and how long its segments may be.

use std::collections::BTreeMap;

use tables::Choice;

use crate::{
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// The server of a packet that left.
fn server(outcome: &Outcome) -> Peer {
    let tuple = outcome.packet.tuple();
    [ONE, TWO].into_iter().find(|peer| tuple.contains(&format!("> {}:", peer.address))).expect("a server")
}

fn two_servers(choice: Choice) -> Rig {
    let mut rig = Rig::with_flows(1 << 16);
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.choose(choice, &[SERVER_ONE, SERVER_TWO]);
    rig
}

#[test]
fn a_source_stays_with_its_server() {
    let mut rig = two_servers(Choice::Source);
    let mut chosen = BTreeMap::new();
    for host in 1..=200u8 {
        let address: &'static str = format!("10.0.7.{host}").leak();
        let client = Peer { address, ..ANN };
        rig.port(client, |_| ());
        let of_port: Vec<Peer> = (5000..5005)
            .map(|port| server(&rig.send(client, &tcp(client, port, ENDPOINT, 80, SYN))))
            .collect();
        assert!(of_port.iter().all(|it| *it == of_port[0]), "{address}: {of_port:?}");
        *chosen.entry(of_port[0].index).or_insert(0) += 1;
    }
    assert!(chosen.values().all(|clients| (70..=130).contains(clients)), "{chosen:?}");
}

#[test]
fn the_server_with_the_fewest_connections_for_its_weight_is_chosen() {
    let mut rig = two_servers(Choice::LeastConnections);
    rig.weigh(SERVER_ONE, 100, 0);
    rig.weigh(SERVER_TWO, 300, 0);
    for port in 5000..5400 {
        rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
    }
    assert_eq!((rig.connections(SERVER_ONE), rig.connections(SERVER_TWO)), (100, 300));
}

#[test]
fn a_connection_that_has_ended_counts_no_more() {
    let mut rig = two_servers(Choice::LeastConnections);
    rig.weigh(SERVER_ONE, 100, 0);
    rig.weigh(SERVER_TWO, 100, 10);
    for port in 5000..5004 {
        assert_eq!(server(&rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN))), ONE);
        // What comes again is no new connection.
        rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
        rig.send(ONE, &tcp(ONE, 8080, ANN.address, port, SYN | ACK));
    }
    assert_eq!(rig.connections(SERVER_ONE), 4);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, FIN | ACK));
    assert_eq!(rig.connections(SERVER_ONE), 4, "half closed");
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, FIN | ACK));
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5001, RST));
    rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, RST));
    assert_eq!((rig.connections(SERVER_ONE), rig.connections(SERVER_TWO)), (2, 10));
}

/// A QUIC datagram with a long header: version, destination id, source id.
pub(crate) fn long(
    from: Peer,
    sport: u16,
    to: &str,
    dport: u16,
    destination: &[u8],
    source: &[u8],
) -> Packet {
    let mut payload = vec![0xc3, 0, 0, 0, 1, destination.len() as u8];
    payload.extend(destination);
    payload.push(source.len() as u8);
    payload.extend(source);
    payload.extend(b"handshake");
    datagram(from, sport, to, dport, &payload)
}

/// A QUIC datagram with a short header.
fn short(from: Peer, sport: u16, to: &str, dport: u16, destination: &[u8]) -> Packet {
    datagram(from, sport, to, dport, &[&[0x43], destination, b"some data"].concat())
}

#[test]
fn a_quic_connection_stays_with_its_server_when_the_client_moves() {
    let mut rig = two_servers(Choice::ConnectionId);
    let mut chosen = BTreeMap::new();
    for number in 0..100u8 {
        let sport = 5000 + u16::from(number);
        let (clients_id, servers_id) = ([number; 8], [number, 9, 9, 9, 9, 9, 9, 9, 7, 7, 7, 7]);
        let first = rig.send(ANN, &long(ANN, sport, ENDPOINT, 53, &clients_id, b"abcd"));
        let at = server(&first);
        arrived(&first, at, &format!("10.0.0.10:{sport} > {}:8080", at.address), FIRST);
        let reply = rig.send(at, &long(at, 8080, ANN.address, sport, b"abcd", &servers_id));
        arrived(&reply, ANN, &format!("10.0.0.100:53 > 10.0.0.10:{sport}"), NEXT);
        // The same connection from another port, and then from another address.
        let moved = rig.send(ANN, &short(ANN, 6000 + sport, ENDPOINT, 53, &servers_id));
        assert_eq!(server(&moved), at);
        let moved = rig.send(BOB, &short(BOB, sport, ENDPOINT, 53, &servers_id));
        assert_eq!(server(&moved), at);
        *chosen.entry(at.index).or_insert(0) += 1;
    }
    assert!(chosen.values().all(|connections| (30..=70).contains(connections)), "{chosen:?}");
}

#[test]
fn an_id_of_a_server_that_is_in_another_group_by_now_leads_to_none_of_its() {
    let mut rig = two_servers(Choice::ConnectionId);
    let first = server(&rig.send(ANN, &long(ANN, 5000, ENDPOINT, 53, b"ABCDEFGH", b"abcd")));
    rig.send(first, &long(first, 8080, ANN.address, 5000, b"abcd", b"IJKLMNOP"));
    assert_eq!(server(&rig.send(ANN, &short(ANN, 6000, ENDPOINT, 53, b"IJKLMNOP"))), first);
    let [left, other] = if first == ONE {
        [(SERVER_ONE, ONE), (SERVER_TWO, TWO)]
    } else {
        [(SERVER_TWO, TWO), (SERVER_ONE, ONE)]
    };
    rig.server(left.0, left.1, |s| s.server_group = GROUP + 1);
    rig.choose(Choice::ConnectionId, &[other.0]);
    assert_eq!(server(&rig.send(BOB, &short(BOB, 6000, ENDPOINT, 53, b"IJKLMNOP"))), other.1);
}

#[test]
fn before_the_server_has_spoken_the_clients_own_id_decides() {
    let mut rig = two_servers(Choice::ConnectionId);
    for number in 0..50u8 {
        let id = [number; 8];
        let one = server(&rig.send(ANN, &long(ANN, 5000 + u16::from(number), ENDPOINT, 53, &id, b"")));
        let two = server(&rig.send(BOB, &long(BOB, 7000 + u16::from(number), ENDPOINT, 53, &id, b"")));
        assert_eq!(one, two);
    }
    // No QUIC at all, and too short to be any: the tuple decides.
    arrived_somewhere(&rig.send(ANN, &datagram(ANN, 4000, ENDPOINT, 53, b"")));
    arrived_somewhere(&rig.send(ANN, &datagram(ANN, 4001, ENDPOINT, 53, &[0x80, 0, 0, 0, 1, 255])));
}

fn arrived_somewhere(outcome: &Outcome) {
    assert_eq!((outcome.verdict, outcome.drops.len()), (REDIRECTED, 0));
}

#[test]
fn a_syn_announces_no_longer_segments_than_the_listener_says() {
    let mut rig = Rig::new();
    rig.listener(80, 6, |l| l.mss = 1000);
    let cases: [(&[u8], &[u8]); 6] = [
        (&[2, 4, 0x05, 0xb4], &[2, 4, 0x03, 0xe8]),
        (&[2, 4, 0x02, 0x00], &[2, 4, 0x02, 0x00]),
        (&[1, 2, 4, 0x05, 0xb4, 0, 0, 0], &[1, 2, 4, 0x03, 0xe8, 0, 0, 0]),
        (
            &[8, 10, 1, 1, 1, 1, 0, 0, 0, 0, 2, 4, 0x23, 0x28, 1, 1],
            &[8, 10, 1, 1, 1, 1, 0, 0, 0, 0, 2, 4, 0x03, 0xe8, 1, 1],
        ),
        // Nothing announced; an option that never ends.
        (&[1, 1, 1, 0], &[1, 1, 1, 0]),
        (&[3, 0, 2, 4, 0x05, 0xb4, 0, 0], &[3, 0, 2, 4, 0x05, 0xb4, 0, 0]),
    ];
    for (port, (announced, passed)) in (5000..).zip(cases) {
        let out = rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN).with_tcp_options(announced));
        arrived(&out, ONE, &format!("10.0.0.10:{port} > 10.0.0.30:8080"), FIRST);
        assert_eq!(out.packet.tcp_options(), passed);
        for _ in 0..2 {
            let reply = tcp(ONE, 8080, ANN.address, port, SYN | ACK).with_tcp_options(announced);
            let out = rig.send(ONE, &reply);
            arrived(&out, ANN, &format!("10.0.0.100:80 > 10.0.0.10:{port}"), NEXT);
            assert_eq!(out.packet.tcp_options(), passed);
        }
    }
}
