//! What listeners, endpoints and servers have carried outlives the connections that have carried it, and counts once.

use std::collections::BTreeMap;

use tables::{Carried, CarriedBy, CarriedKey, Counter};

use crate::{rig::*, wire::*};

fn ask(flags: u8) -> Packet {
    tcp(ANN, 5000, ENDPOINT, 80, flags)
}

fn reply(flags: u8) -> Packet {
    tcp(ONE, 8080, ANN.address, 5000, flags)
}

fn counter(packets: &[Packet]) -> Counter {
    Counter { packets: packets.len() as u64, bytes: packets.iter().map(|packet| packet.0.len() as u64).sum() }
}

fn row(by: CarriedBy, id: u32, endpoint: u32, address: &str, port: u16) -> CarriedKey {
    CarriedKey { id, endpoint, address: ip(address), port: port.to_be(), by: by as u8, agent: 0 }
}

/// What one connection through the endpoint counts for.
fn rows(total: Carried) -> BTreeMap<CarriedKey, Carried> {
    let listener = row(CarriedBy::Listener, plain_listener().index, CONNECTION, ENDPOINT, 0);
    let server = row(CarriedBy::Server, SERVER_ONE, 0, "0.0.0.0", 0);
    [(listener, total), (server, total)].into()
}

fn established() -> Rig {
    let mut rig = Rig::new();
    rig.send(ANN, &ask(SYN));
    rig.send(ONE, &reply(SYN | ACK));
    rig
}

fn total(connections: u64, sent: &[Packet], received: &[Packet]) -> Carried {
    Carried { connections, sent: counter(sent), received: counter(received) }
}

#[test]
fn while_it_lives_a_connection_counts_for_itself() {
    let mut rig = established();
    for _ in 0..5 {
        rig.send(ANN, &ask(ACK));
    }
    assert_eq!(rig.carried(), [].into());
}

#[test]
fn what_finds_no_room_is_counted_as_lost() {
    let mut rig = established();
    rig.fill_carried();
    // The ports' new owner: both entries go, each of which counted for listener and server.
    rig.send(ANN, &ask(RST));
    let out = rig.send(ANN, &ask(SYN));
    assert_eq!(out.counts.get("carried lost"), Some(&4), "{:?}", out.counts);
    assert_eq!(out.verdict, REDIRECTED);
}

#[test]
fn what_another_connection_replaces_is_kept_with_its_last_packet() {
    let mut rig = established();
    for (from, packet) in [(ANN, ask(FIN | ACK)), (ONE, reply(FIN | ACK)), (ANN, ask(ACK))] {
        rig.send(from, &packet);
    }
    assert_eq!(rig.carried(), [].into());
    rig.send(ANN, &ask(SYN));
    let first = total(1, &[ask(SYN), ask(FIN | ACK), ask(ACK)], &[reply(SYN | ACK), reply(FIN | ACK)]);
    assert_eq!(rig.carried(), rows(first));
    rig.send(ANN, &ask(RST));
    rig.send(ANN, &ask(SYN));
    let mut both = first;
    both += total(1, &[ask(SYN), ask(RST)], &[]);
    assert_eq!(rig.carried(), rows(both), "sums grow");
}

#[test]
fn what_is_idle_or_cut_is_kept() {
    let all = rows(total(1, &[ask(SYN)], &[reply(SYN | ACK)]));
    let mut rig = established();
    rig.change_flows(|flow| flow.timeout = 1);
    rig.age(100);
    rig.send(ANN, &ask(ACK));
    assert_eq!(rig.carried(), all, "idle");
    // A rule refuses it by now.
    let mut rig = established();
    rig.policy(ENDPOINT_IN, &[]);
    rig.epoch(2);
    rig.send(ONE, &reply(ACK));
    assert_eq!((rig.carried(), rig.flows()), (all, vec![]), "cut");
}

#[test]
fn an_idle_connection_whose_reply_tuple_is_taken_is_kept() {
    let mut rig = established();
    rig.change_flows(|flow| flow.timeout = 1);
    rig.age(100);
    // The client's twin asks from the load balancer's own network with the same tuple behind it.
    rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN));
    let kept = rig.carried();
    assert_eq!(kept, rows(total(1, &[ask(SYN)], &[reply(SYN | ACK)])));
}

#[test]
fn at_the_balancers_own_address_the_address_tells_the_zone() {
    let mut rig = Rig::new();
    let packet = tcp(TWO, 5000, NLB, 80, SYN);
    rig.send(TWO, &packet);
    rig.age(100_000);
    rig.send(TWO, &packet);
    let listener = row(CarriedBy::Listener, plain_listener().index, 0, NLB, 0);
    assert_eq!(rig.carried().get(&listener), Some(&total(1, &[packet], &[])));
}

#[test]
fn a_proxied_connection_counts_for_its_listener_and_the_proxys_for_the_server() {
    let mut rig = Rig::new();
    rig.listener(443, 6, |l| l.proxied = 1);
    let asked = tcp(ANN, 5000, ENDPOINT, 443, SYN);
    let served = tcp(Peer { address: NLB_ALIAS, ..HOST }, 6000, ONE.alias, 8080, SYN);
    let answer = tcp(ONE, 8080, NLB, 6000, SYN | ACK);
    rig.send(ANN, &asked);
    rig.send(HOST, &served);
    rig.send(ONE, &answer);
    // Between neighbours nothing is balanced.
    rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN));
    rig.age(100_000);
    rig.send(ANN, &asked);
    rig.send(HOST, &served);
    rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN));
    let listener = row(CarriedBy::Listener, plain_listener().index, CONNECTION, ENDPOINT, 0);
    let server = row(CarriedBy::Proxied, ip(NLB_ALIAS), 0, ONE.alias, 8080);
    let expected = [(listener, total(1, &[asked], &[])), (server, total(1, &[served], &[answer]))];
    assert_eq!(rig.carried(), expected.into());
}
