//! What the flow log is told, by which packet, and what it is not told.

use tables::{Counter, DropReason, Event, EventKind, FlowKey, Talk, idle};

use crate::{rig::*, wire::*};

/// What happened to the connection from Ann's port 5000: kind, reason, and who has sent how many packets.
fn told(events: &[Event]) -> Vec<(EventKind, Option<DropReason>, [u64; 2])> {
    let short = |event: &Event| {
        assert_eq!((event.key.src, event.key.sport), (ip(ANN.address), 5000u16.to_be()), "{event:?}");
        let kind = EventKind::from_number(event.kind).expect("a kind");
        let reason = DropReason::from_number(event.reason.into());
        (kind, reason, [event.sent.packets, event.received.packets])
    };
    events.iter().map(short).collect()
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
    rig
}

#[test]
fn a_new_connection_is_told_as_it_was_asked_for_and_as_its_server_sees_it() {
    let mut rig = Rig::new();
    let packet = ask(SYN);
    let events = rig.send(ANN, &packet).events;
    let [event] = events[..] else { panic!("{events:?}") };
    assert!(rig.now() - event.time < 1_000_000_000, "it has its time");
    let expected = Event {
        time: event.time,
        key: FlowKey {
            way: FlowKey::way(ANN.ifindex, Talk::Tcp),
            src: ip(ANN.address),
            dst: ip(ENDPOINT),
            sport: 5000u16.to_be(),
            dport: 80u16.to_be(),
        },
        src: ip(ANN.address),
        dst: ip(ONE.address),
        sport: 5000u16.to_be(),
        dport: 8080u16.to_be(),
        egress: ONE.ifindex,
        listener: plain_listener().index,
        server: SERVER_ONE,
        endpoint: CONNECTION,
        vip: 0,
        kind: EventKind::New as u8,
        reason: 0,
        pad: [0; 6],
        sent: Counter { packets: 1, bytes: packet.0.len() as u64 },
        received: Counter::default(),
    };
    assert_eq!(event, expected);
}

#[test]
fn packets_of_an_established_connection_tell_nothing() {
    let mut rig = established();
    for _ in 0..10 {
        assert_eq!(rig.send(ANN, &ask(ACK)).events, []);
        assert_eq!(rig.send(ONE, &reply(ACK)).events, []);
    }
    assert_eq!(rig.send(ANN, &arp(ANN, ANN.address, GATEWAY, 1)).events, []);
    assert_eq!(rig.send(ANN, &echo(ANN, GATEWAY, 8, 7)).events, [], "what is answered here is no connection");
}

#[test]
fn the_second_fin_closes_and_is_counted() {
    let mut rig = established();
    assert_eq!(rig.send(ANN, &ask(FIN | ACK)).events, []);
    let closed = rig.send(ONE, &reply(FIN | ACK)).events;
    assert_eq!(told(&closed), [(EventKind::Closed, None, [2, 2])]);
    let bytes = |packet: &Packet| packet.0.len() as u64;
    assert_eq!(closed[0].received.bytes, bytes(&reply(SYN | ACK)) + bytes(&reply(FIN | ACK)));
    assert_eq!(
        (closed[0].dst, closed[0].egress),
        (ip(ONE.address), ONE.ifindex),
        "told from the client's side"
    );
    assert_eq!(rig.send(ANN, &ask(ACK)).events, []);
    assert_eq!(rig.send(ANN, &ask(RST)).events, [], "a connection ends once");
    rig.age(u64::from(idle::CLOSED) + 10);
    // The same ports again: the old connection's end is not told once more.
    assert_eq!(told(&rig.send(ANN, &ask(SYN)).events), [(EventKind::New, None, [1, 0])]);
}

#[test]
fn a_reset_is_told_whoever_sends_it() {
    let mut rig = established();
    assert_eq!(told(&rig.send(ANN, &ask(RST)).events), [(EventKind::Reset, None, [2, 1])]);
    let mut rig = established();
    assert_eq!(told(&rig.send(ONE, &reply(RST | ACK)).events), [(EventKind::Reset, None, [1, 2])]);
}

#[test]
fn what_is_over_or_idle_is_told_when_another_takes_its_place() {
    let mut rig = established();
    rig.send(ANN, &ask(FIN | ACK));
    let events = rig.send(ANN, &ask(SYN)).events;
    assert_eq!(told(&events), [(EventKind::Closed, None, [2, 1]), (EventKind::New, None, [1, 0])]);
    rig.change_flows(|flow| flow.timeout = 40);
    rig.age(100);
    let events = rig.send(ANN, &ask(ACK)).events;
    let gone = (EventKind::Denied, Some(DropReason::NoConnection), [1, 0]);
    assert_eq!(told(&events), [(EventKind::Expired, None, [1, 0]), gone]);
}

#[test]
fn a_refused_packet_is_told_with_the_reason_and_as_far_as_it_came() {
    let mut rig = Rig::new();
    rig.policy(ONE_IN, &[]);
    let events = rig.send(ANN, &ask(SYN)).events;
    assert_eq!(told(&events), [(EventKind::Denied, Some(DropReason::IngressPolicy), [1, 0])]);
    let [event] = events[..] else { panic!("{events:?}") };
    assert_eq!((event.dst, event.egress, event.server), (ip(ONE.address), ONE.ifindex, SERVER_ONE));
    assert_eq!((event.endpoint, event.listener, event.vip), (CONNECTION, plain_listener().index, VIP));

    let [event] = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 81, SYN)).events[..] else { panic!("one event") };
    assert_eq!(event.reason, DropReason::NoListener as u8);
    assert_eq!((event.endpoint, event.vip, event.egress), (CONNECTION, VIP, 0));

    rig.policy(ENDPOINT_IN, &[]);
    let [event] = rig.send(ANN, &ask(SYN)).events[..] else { panic!("one event") };
    assert_eq!(event.reason, DropReason::EndpointPolicy as u8);
    assert_eq!((event.endpoint, event.vip, event.egress), (0, 0, 0), "nothing of what lies behind");
}

#[test]
fn what_is_cut_is_told_with_what_it_has_carried() {
    for reverse in [false, true] {
        let mut rig = established();
        rig.address(1, ENDPOINT, |a| a.vip = 0);
        rig.epoch(2);
        let out = if reverse { rig.send(ONE, &reply(ACK)) } else { rig.send(ANN, &ask(ACK)) };
        assert_eq!(told(&out.events), [(EventKind::Reset, Some(DropReason::NotConnected), [1, 1])]);
        assert_eq!(out.events[0].server, SERVER_ONE);
        assert_eq!(rig.send(ANN, &ask(ACK)).events, [], "once");
    }
}

#[test]
fn what_is_judged_again_and_kept_is_not_told() {
    let mut rig = established();
    rig.epoch(2);
    assert_eq!(rig.send(ONE, &reply(ACK)).events, []);
    assert_eq!(rig.send(ANN, &ask(ACK)).events, []);
}

#[test]
fn forged_and_broken_packets_are_no_connections() {
    let mut rig = Rig::new();
    assert_eq!(rig.send(ANN, &tcp(BOB, 5000, ENDPOINT, 80, SYN)).events, []);
    assert_eq!(rig.send(ANN, &ask(SYN).with(14, &[0x55])).events, []);
    assert_eq!(rig.send(ANN, &udp(ANN, 5000, BOB.address, 53).fragment(1, false)).events, []);
}

/// Fills the ring, which loses events and no packets.
#[test]
fn a_full_ring_loses_events_and_no_packets() {
    let mut rig = Rig::with_flows(1 << 17);
    let room = (1 << 21) / (8 + size_of::<Event>()) as u32;
    for n in 0..room + 2 {
        let packet = tcp(ANN, 1024 + (n % 60_000) as u16, BOB.address, 80 + (n / 60_000) as u16, SYN);
        assert_eq!(rig.pass(ANN, &packet), REDIRECTED);
    }
    let lost = rig.send(ANN, &tcp(ANN, 1000, BOB.address, 80, SYN));
    assert_eq!(lost.counts, [("event lost", 1), ("forwarded", 1), ("new", 1)].into());
    assert_eq!(lost.verdict, REDIRECTED);
    assert!(lost.events.len() as u32 >= room - 1, "what was there before is not lost: {}", lost.events.len());
    let next = rig.send(ANN, &tcp(ANN, 1001, BOB.address, 80, SYN));
    assert_eq!((next.events.len(), next.counts.contains_key("event lost")), (1, false));
}
