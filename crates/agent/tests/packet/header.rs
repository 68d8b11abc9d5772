//! Listeners with the PROXY protocol: the header stands in front of a connection's first byte, whatever gets lost.

use tables::{DropReason, Rule};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    ipv6::{ENDPOINT6, arrived6, served_by_ipv6},
    rig::*,
    wire::*,
    wire6::{six, tcp6, with6},
};

/// The client's first sequence number, and the server's: one of them goes round.
const CLIENT: u32 = u32::MAX - 5;
const SERVER: u32 = 7000;
/// What is told of Ann through the endpoint: addresses, and a value of 5 bytes.
const VALUE: &[u8] = b"\xe1\x00\x02\x02e";
const LENGTH: u32 = 28 + 5;
const TOLD: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x11\x0a\x00\x00\x0a\x0a\x00\x00\x64\x13\x88\x00\x50\xe1\x00\x02\x02e";
const PUSH: u8 = 8;

fn prepare(mut rig: Rig) -> Rig {
    rig.header(CONNECTION, VALUE);
    rig.header(0, b"");
    rig.listener(80, 6, |l| (l.header, l.preserve_client) = (1, 0));
    rig
}

/// The world whose listener on port 80 has the protocol, with and without sight of checksums.
fn rigs() -> [Rig; 2] {
    [Rig::new(), Rig::without_sight()].map(prepare)
}

/// Ann's packet, numbered from her first byte on.
fn asks(flags: u8, at: u32, heard: u32) -> Packet {
    let (seq, ack) = (CLIENT.wrapping_add(1).wrapping_add(at), SERVER + 1 + heard);
    tcp(ANN, 5000, ENDPOINT, 80, flags).numbered(seq, ack).saying(b"")
}

/// The server's, which counts the header.
fn answers(flags: u8, at: u32, heard: u32) -> Packet {
    let (seq, ack) = (SERVER + 1 + at, CLIENT.wrapping_add(1 + heard));
    tcp(ONE, 8080, NLB, 5000, flags).numbered(seq, ack).saying(b"")
}

const TO_SERVER: &str = "10.0.0.200:5000 > 10.0.0.30:8080";
const TO_CLIENT: &str = "10.0.0.100:80 > 10.0.0.10:5000";

/// What the server gets, with where it begins in the client's stream and what it has heard.
fn at_server(out: &Outcome, at: u32, heard: u32, data: &[u8]) {
    arrived(out, ONE, TO_SERVER, NEXT);
    assert_eq!(out.packet.numbers(), [CLIENT.wrapping_add(1 + at), SERVER + 1 + heard]);
    assert_eq!(out.packet.data(), data);
}

fn at_client(out: &Outcome, at: u32, heard: u32) {
    arrived(out, ANN, TO_CLIENT, NEXT);
    assert_eq!(
        out.packet.numbers(),
        [(SERVER + 1).wrapping_add(at), CLIENT.wrapping_add(1).wrapping_add(heard)]
    );
}

/// Ann has asked, and the server has accepted.
fn accepted(rig: &mut Rig) {
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(CLIENT, 0).saying(b""));
    arrived(&out, ONE, TO_SERVER, FIRST);
    assert_eq!(out.packet.numbers(), [CLIENT, 0]);
    let out = rig.send(ONE, &tcp(ONE, 8080, NLB, 5000, SYN | ACK).numbered(SERVER, CLIENT + 1).saying(b""));
    arrived(&out, ANN, TO_CLIENT, NEXT);
    assert_eq!(out.packet.numbers(), [SERVER, CLIENT + 1]);
}

/// The same, and the server has heard who asks.
fn told(rig: &mut Rig) {
    accepted(rig);
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH)), 0, 0);
}

#[test]
fn the_last_packet_of_the_handshake_carries_it_and_numbers_are_apart_from_then_on() {
    for mut rig in rigs() {
        accepted(&mut rig);
        let out = rig.send(ANN, &asks(ACK, 0, 0));
        at_server(&out, 0, 0, TOLD);
        assert_eq!((out.packet.tcp_flags(), out.packet.ttl()), (ACK | PUSH, 63));
        at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH)), 0, 0);
        at_server(&rig.send(ANN, &asks(ACK, 0, 0).saying(b"hello")), LENGTH, 0, b"hello");
        at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH + 5).saying(b"well")), 0, 5);
        at_server(&rig.send(ANN, &asks(ACK | FIN, 5, 4)), LENGTH + 5, 4, b"");
        at_client(&rig.send(ONE, &answers(ACK | FIN, 4, LENGTH + 6)), 4, 6);
        at_server(&rig.send(ANN, &asks(ACK, 6, 5)), LENGTH + 6, 5, b"");
    }
}

#[test]
fn inside_the_load_balancers_own_vpc_it_tells_the_addresses_alone() {
    let mut rig = prepare(Rig::new());
    let own = |flags, seq, ack| tcp(TWO, 6000, NLB, 80, flags).numbered(seq, ack).saying(b"");
    rig.send(TWO, &own(SYN, 9, 0));
    rig.send(ONE, &tcp(ONE, 8080, NLB, 6000, SYN | ACK).numbered(20, 10).saying(b""));
    let out = rig.send(TWO, &own(ACK, 10, 21));
    arrived(&out, ONE, "10.0.0.200:6000 > 10.0.0.30:8080", NEXT);
    assert_eq!(
        out.packet.data(),
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x0a\x00\x00\x1f\x0a\x00\x00\xc8\x17\x70\x00\x50"
    );
}

#[test]
fn until_the_server_acknowledges_it_every_empty_packet_at_the_beginning_carries_it() {
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    for _ in 0..2 {
        at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    }
    at_server(&rig.send(ANN, &asks(ACK, 0, 0).saying(b"hello")), LENGTH, 0, b"hello");
    // Also one after data that the server cannot have taken.
    at_server(&rig.send(ANN, &asks(ACK, 5, 0)), 0, 0, TOLD);
    at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH)), 0, 0);
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), LENGTH, 0, b"");
}

#[test]
fn a_server_that_resets_what_comes_without_it_gets_it_and_one_that_is_gone_has_the_last_word() {
    for mut rig in rigs() {
        accepted(&mut rig);
        at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
        let reset = tcp(ONE, 8080, NLB, 5000, RST).numbered(SERVER + 1, 0).saying(b"");
        for _ in 0..2 {
            at_server(&rig.send(ANN, &asks(ACK, 0, 0).saying(b"hello")), LENGTH, 0, b"hello");
            // The client is asked, by a number that it has had, and answers.
            let out = rig.send(ONE, &reset);
            at_client(&out, u32::MAX, 0);
            assert_eq!(out.packet.data(), b"");
            assert_eq!(out.packet.tcp_flags(), ACK);
            at_server(&rig.send(ANN, &asks(ACK, 5, 0)), 0, 0, TOLD);
        }
        let out = rig.send(ONE, &reset);
        arrived(&out, ANN, TO_CLIENT, NEXT);
        assert_eq!((out.packet.tcp_flags(), out.packet.numbers()), (RST, [SERVER + 1, 0]));
    }
    // One that says why (RFC 9293, section 3.5.3) is none of those.
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    let out = rig.send(ONE, &tcp(ONE, 8080, NLB, 5000, RST).numbered(SERVER + 1, 0));
    arrived(&out, ANN, TO_CLIENT, NEXT);
    assert_eq!((out.packet.tcp_flags(), out.packet.data()), (RST, &b"payload!!!"[..]));
}

/// Time stamps, as nearly every packet has them.
fn times(own: u32, heard: u32) -> Vec<u8> {
    [&[1, 1, 8, 10][..], &own.to_be_bytes(), &heard.to_be_bytes()].concat()
}

#[test]
fn a_server_that_misses_it_gets_it_for_its_own_acknowledgement() {
    for mut rig in rigs() {
        accepted(&mut rig);
        // The client's ACK was lost, or its first data came in its place.
        at_server(&rig.send(ANN, &asks(ACK, 0, 0).saying(b"hello")), LENGTH, 0, b"hello");
        let out = rig.send(ONE, &answers(ACK, 0, 0).with_tcp_options(&times(70, 50)));
        at_server(&out, 0, 0, TOLD);
        assert_eq!(out.packet.tcp_options(), times(50, 70));
        at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH + 5)), 0, 5);
        // From now on it is an answer like others.
        at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH + 5)), 0, 5);
    }
}

#[test]
fn what_the_server_says_meanwhile_reaches_the_client() {
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    at_client(&rig.send(ONE, &answers(ACK, 0, 0).saying(b"220 ready")), 0, 0);
    // A straggler of an older connection says nothing of this one.
    for heard in [u32::MAX - 99, 1 << 31] {
        at_client(&rig.send(ONE, &answers(ACK, 0, heard)), 0, heard);
    }
    at_client(&rig.send(ONE, &answers(ACK, 9, LENGTH)), 9, 0);
}

#[test]
fn selective_acknowledgements_say_what_the_client_has_sent() {
    let blocks = |by: u32| {
        let edges = [20, 30, 50, 60].map(|at| CLIENT.wrapping_add(1 + at + by).to_be_bytes());
        edges.concat()
    };
    for mut rig in rigs() {
        told(&mut rig);
        // Where the option stands at an even place, and at an odd one.
        for (before, after) in [(&[1, 1][..], &[][..]), (&[1][..], &[0][..])] {
            let options = |by| [&times(70, 50), before, &[5, 18], &blocks(by), after].concat();
            let out = rig.send(ONE, &answers(ACK, 0, LENGTH).with_tcp_options(&options(LENGTH)));
            at_client(&out, 0, 0);
            assert_eq!(out.packet.tcp_options(), options(0));
        }
    }
}

#[test]
fn selective_acknowledgements_without_time_stamps_and_before_the_header_say_so_too() {
    let option = |from: u32| {
        let edges = [from, from.wrapping_add(10)].map(|at| CLIENT.wrapping_add(1 + at).to_be_bytes());
        [&[1, 1, 5, 10][..], &edges.concat()].concat()
    };
    for mut rig in rigs() {
        told(&mut rig);
        let out = rig.send(ONE, &answers(ACK, 0, LENGTH).with_tcp_options(&option(LENGTH + 20)));
        at_client(&out, 0, 0);
        assert_eq!(out.packet.tcp_options(), option(20));
        // Time stamps alone go the fast way.
        let out = rig.send(ONE, &answers(ACK, 0, LENGTH).with_tcp_options(&times(70, 50)));
        at_client(&out, 0, 0);
        assert_eq!(out.packet.tcp_options(), times(70, 50));
    }
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    at_server(&rig.send(ANN, &asks(ACK, 20, 0).saying(b"0123456789")), LENGTH + 20, 0, b"0123456789");
    let out = rig.send(ONE, &answers(ACK, 0, 0).saying(b"220 ready").with_tcp_options(&option(LENGTH + 20)));
    at_client(&out, 0, 0);
    assert_eq!(out.packet.tcp_options(), option(20));
}

#[test]
fn a_reset_is_one_that_its_receiver_believes() {
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    // A client that is gone answers with the number that the server has named.
    let out = rig.send(ANN, &asks(RST, 0, 0));
    at_server(&out, 0, 0, b"");
    for mut rig in rigs() {
        told(&mut rig);
        at_server(&rig.send(ANN, &asks(RST | ACK, 0, 0)), LENGTH, 0, b"");
    }
    let mut rig = prepare(Rig::new());
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(CLIENT, 0).saying(b""));
    let refused = tcp(ONE, 8080, NLB, 5000, RST | ACK).numbered(0, CLIENT + 1).saying(b"");
    let out = rig.send(ONE, &refused);
    arrived(&out, ANN, TO_CLIENT, NEXT);
    assert_eq!(out.packet.numbers(), [0, CLIENT + 1], "the port is closed");
}

#[test]
fn errors_about_its_packets_quote_what_the_client_has_sent() {
    for mut rig in rigs() {
        told(&mut rig);
        let got = rig.send(ANN, &asks(ACK, 40, 0).saying(b"hello")).packet;
        let out = rig.send(ONE, &icmp_error(ONE, NLB, 3, 4, &got));
        assert_eq!((out.verdict, &out.drops, &out.counts), (REDIRECTED, &[].into(), &[("icmp", 1)].into()));
        let quoted = out.packet.check().quoted();
        quoted.check();
        assert_eq!(quoted.tuple(), "10.0.0.10:5000 > 10.0.0.100:80");
        assert_eq!(quoted.numbers()[0], CLIENT.wrapping_add(41));
    }
}

#[test]
fn data_do_not_come_before_it() {
    let mut rig = prepare(Rig::new());
    let early = tcp(ANN, 5000, ENDPOINT, 80, SYN);
    dropped(&rig.send(ANN, &early), DropReason::EarlyData, &[ANN.index]);
    assert!(rig.flows().is_empty());
    // Nor is a server asked for a cookie with which they might, or for a stream with numbers of its own.
    let options = |[cookie, paths]: [u8; 2]| [2, 4, 5, 180, 1, cookie, 2, paths, 4, 0, 1, 0];
    let asking = early.clone().saying(b"").with_tcp_options(&options([34, 30]));
    let out = rig.send(ANN, &asking);
    arrived(&out, ONE, TO_SERVER, FIRST);
    assert_eq!(out.packet.tcp_options(), options([253, 253]));
    dropped(&rig.send(ANN, &early), DropReason::EarlyData, &[ANN.index]);
    let plain = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 81, SYN));
    assert_eq!(plain.verdict, DROPPED);
}

#[test]
fn a_client_cannot_write_a_header_of_its_own_by_numbers_before_its_first_byte() {
    const FORGED: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x00\x01\x00\x02";
    let before = |by: u32| 0u32.wrapping_sub(by);
    let refused = |rig: &mut Rig, packet: &Packet| {
        dropped(&rig.send(ANN, packet), DropReason::EarlyData, &[ANN.index]);
    };
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    for by in [LENGTH, LENGTH - 1, 1, 1 << 31] {
        refused(&mut rig, &asks(ACK, before(by), 0).saying(FORGED));
        refused(&mut rig, &asks(ACK | FIN, before(by), 0));
    }
    // Nor when the header has been sent, and may have been lost.
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    refused(&mut rig, &asks(ACK | PUSH, before(LENGTH), 0).saying(FORGED));
    // Nor with an opening that is none.
    refused(&mut rig, &tcp(ANN, 5000, ENDPOINT, 80, SYN | ACK).numbered(CLIENT, SERVER + 1).saying(FORGED));
    at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH)), 0, 0);
    // From now on the server knows such a number for one that it has had.
    at_server(&rig.send(ANN, &asks(ACK, before(1), 0)), LENGTH - 1, 0, b"");
}

#[test]
fn a_client_cannot_go_on_with_an_opening_that_its_flow_does_not_know() {
    let opening = |seq| tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(seq, 0).saying(b"");
    let accepts = |seq, number| tcp(ONE, 8080, NLB, 5000, SYN | ACK).numbered(seq, number + 1).saying(b"");
    // Where the second number puts the header, so far before the first that nothing looks early.
    let second = CLIENT - LENGTH - 1000;
    // A server that waits for the first says so, and accepts nothing.
    let mut rig = prepare(Rig::new());
    rig.send(ANN, &opening(CLIENT));
    rig.send(ONE, &accepts(SERVER, CLIENT));
    rig.send(ANN, &asks(RST, 1 << 30, 0));
    rig.send(ANN, &opening(second));
    at_client(&rig.send(ONE, &answers(ACK, 0, 0)), 0, 0);
    let forged = asks(ACK, 0u32.wrapping_sub(LENGTH), 0).saying(b"forged");
    dropped(&rig.send(ANN, &forged), DropReason::EarlyData, &[ANN.index]);
    // One that answers with cookies accepts either: the client goes on with the one that was answered last.
    let mut rig = prepare(Rig::new());
    rig.send(ANN, &opening(CLIENT));
    rig.send(ONE, &accepts(SERVER, CLIENT));
    rig.send(ANN, &opening(second));
    rig.send(ONE, &accepts(SERVER + 77, second));
    dropped(&rig.send(ANN, &forged), DropReason::EarlyData, &[ANN.index]);
    let last = |data| tcp(ANN, 5000, ENDPOINT, 80, ACK).numbered(second + 1, SERVER + 78).saying(data);
    let out = rig.send(ANN, &last(b"hello"));
    assert_eq!((out.packet.numbers()[0], out.packet.data()), (second + 1 + LENGTH, &b"hello"[..]));
    assert_eq!(rig.send(ANN, &last(b"")).packet.data(), TOLD);
}

#[test]
fn data_that_acknowledge_what_an_untold_server_has_said_pass() {
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    at_server(&rig.send(ANN, &asks(ACK, 0, 0)), 0, 0, TOLD);
    at_client(&rig.send(ONE, &answers(ACK, 0, 0).saying(b"220 ready")), 0, 0);
    at_server(&rig.send(ANN, &asks(ACK, 0, 9).saying(b"hello")), LENGTH, 9, b"hello");
}

#[test]
fn an_opening_in_pieces_brings_no_data_either() {
    let mut rig = prepare(Rig::new());
    let piece =
        tcp(ANN, 5000, ENDPOINT, 80, SYN).saying(b"").with_tcp_options(&[2, 4, 5, 180]).fragment(0, true);
    dropped(&rig.send(ANN, &piece), DropReason::EarlyData, &[ANN.index]);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(CLIENT, 0).saying(b""));
    dropped(&rig.send(ANN, &piece), DropReason::EarlyData, &[ANN.index]);
}

#[test]
fn a_server_accepts_nobody_who_has_not_accepted_it() {
    let mut rig = prepare(Rig::new());
    accepted(&mut rig);
    // Another opening with the ports of one that waits for its client: the server says what it waits for, and the client, who
    // knows nothing of it, ends that.
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(99, 0).saying(b""));
    arrived(&out, ONE, TO_SERVER, NEXT);
    for _ in 0..2 {
        at_client(&rig.send(ONE, &answers(ACK, 0, 0)), 0, 0);
    }
    at_server(&rig.send(ANN, &asks(RST, 0, 0)), 0, 0, b"");
}

#[test]
fn to_the_groups_of_the_server_it_is_the_load_balancer_that_asks() {
    let mut rig = prepare(Rig::new());
    let only_from = |address| Rule { peer: alone(address), ..accept() };
    let ask = tcp(TWO, 5000, NLB, 80, SYN).saying(b"");
    rig.policy(ONE_IN, &[only_from(TWO.address)]);
    dropped(&rig.send(TWO, &ask), DropReason::IngressPolicy, &[TWO.index, ONE.index]);
    rig.policy(ONE_IN, &[only_from(NLB)]);
    arrived(&rig.send(TWO, &ask), ONE, "10.0.0.200:5000 > 10.0.0.30:8080", FIRST);
}

#[test]
fn connections_go_on_under_a_new_plan_whether_it_has_the_protocol_or_not() {
    let mut rig = prepare(Rig::new());
    told(&mut rig);
    rig.listener(80, 6, |_| ());
    rig.epoch(2);
    let again = &[("forwarded", 1), ("rejudged", 1)];
    let out = rig.send(ANN, &asks(ACK, 0, 0).saying(b"hello"));
    arrived(&out, ONE, TO_SERVER, again);
    assert_eq!(out.packet.numbers()[0], CLIENT.wrapping_add(1 + LENGTH));
    at_client(&rig.send(ONE, &answers(ACK, 0, LENGTH + 5)), 0, 5);
}

#[test]
fn what_cannot_be_told_does_not_pass() {
    let mut rig = Rig::new();
    rig.listener(80, 6, |l| l.header = 1);
    let ask = tcp(ANN, 5000, ENDPOINT, 80, SYN).saying(b"");
    dropped(&rig.send(ANN, &ask), DropReason::NoListener, &[ANN.index]);
}

/// The header of a client of IPv6.
fn told6() -> Vec<u8> {
    let octets = |address: &str| address.parse::<std::net::Ipv6Addr>().expect("an address").octets();
    let ends = [octets(&six(ANN)), octets(ENDPOINT6)].concat();
    [&b"\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x29"[..], &ends, b"\x13\x88\x00\x50", VALUE].concat()
}

#[test]
fn clients_of_ipv6_are_told_of_as_such_to_servers_of_either_family() {
    for server_of_ipv6 in [true, false] {
        let mut rig = prepare(crate::ipv6::rig());
        if server_of_ipv6 {
            served_by_ipv6(&mut rig);
        }
        let asks = |flags, seq: u32, ack: u32, data: &[u8]| {
            let mut packet = tcp6(ANN, 5000, ENDPOINT6, 80, flags);
            packet.0.truncate(74);
            packet.0.extend(data);
            let length = (20 + data.len() as u16).to_be_bytes();
            with6(with6(packet, 18, &length), 58, &[seq.to_be_bytes(), ack.to_be_bytes()].concat())
        };
        let answers = |flags, seq: u32, ack: u32| {
            if !server_of_ipv6 {
                return tcp(ONE, 8080, NLB, 5000, flags).numbered(seq, ack).saying(b"");
            }
            let mut packet = tcp6(ONE, 8080, "fd00:2::c8", 5000, flags);
            packet.0.truncate(74);
            with6(with6(packet, 18, &[0, 20]), 58, &[seq.to_be_bytes(), ack.to_be_bytes()].concat())
        };
        let at_server = |out: &Outcome, count: &[(&str, u64)], seq: u32, data: &[u8]| {
            if server_of_ipv6 {
                arrived6(out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", count);
            } else {
                arrived(out, ONE, TO_SERVER, count);
            }
            assert_eq!((out.packet.numbers()[0], out.packet.data()), (seq, data));
        };
        let header = told6();
        let length = header.len() as u32;
        at_server(&rig.send(ANN, &asks(SYN, 100, 0, b"")), FIRST, 100, b"");
        rig.send(ONE, &answers(SYN | ACK, 500, 101));
        at_server(&rig.send(ANN, &asks(ACK, 101, 501, b"")), NEXT, 101, &header);
        at_server(&rig.send(ONE, &answers(ACK, 501, 101)), NEXT, 101, &header);
        for _ in 0..2 {
            let out = rig.send(ONE, &answers(ACK, 501, 101 + length));
            arrived6(&out, ANN, "[fd00:1::64]:80 > [fd00:1::1]:5000", NEXT);
            assert_eq!(out.packet.numbers(), [501, 101]);
        }
        at_server(&rig.send(ANN, &asks(ACK, 101, 501, b"hello")), NEXT, 101 + length, b"hello");
    }
}

#[test]
fn clients_of_ipv4_are_told_of_as_such_to_servers_of_ipv6() {
    let mut rig = prepare(crate::ipv6::rig());
    served_by_ipv6(&mut rig);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN).numbered(CLIENT, 0).saying(b""));
    let answers = |flags, seq: u32, ack: u32| {
        let mut packet = tcp6(ONE, 8080, "fd00:2::c8", 5000, flags);
        packet.0.truncate(74);
        with6(with6(packet, 18, &[0, 20]), 58, &[seq.to_be_bytes(), ack.to_be_bytes()].concat())
    };
    rig.send(ONE, &answers(SYN | ACK, SERVER, CLIENT + 1));
    let out = rig.send(ANN, &asks(ACK, 0, 0));
    arrived6(&out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", NEXT);
    assert_eq!((out.packet.numbers()[0], out.packet.data()), (CLIENT + 1, TOLD));
    at_client(&rig.send(ONE, &answers(ACK, SERVER + 1, CLIENT.wrapping_add(1 + LENGTH))), 0, 0);
}
