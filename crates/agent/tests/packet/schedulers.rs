//! How a listener chooses among its servers: shares, and what moves when one comes or goes.

use std::collections::BTreeMap;

use tables::Choice;

use crate::{chosen::long, rig::*, wire::*};

/// Servers like `SERVER_ONE`, told apart by the port that they are reached on.
const FIRST_PORT: u16 = 9000;

/// Sets the listener's servers: one for each weight, from id `first` on.
fn servers(rig: &mut Rig, choice: Choice, weights: &[(u32, u32)]) {
    for (id, _) in weights {
        rig.server(*id, ONE, |server| server.port = (FIRST_PORT + *id as u16).to_be());
    }
    let slots: Vec<u32> = match choice {
        Choice::Turn => {
            let candidates: Vec<_> = weights
                .iter()
                .map(|(id, weight)| agent::compile::Candidate { id: *id, weight: *weight })
                .collect();
            agent::turns::round(&candidates)
        }
        Choice::LeastConnections => unreachable!("see `chosen`"),
        Choice::Source | Choice::Tuple | Choice::ConnectionId => {
            weights.iter().flat_map(|(id, weight)| [*id, *weight]).collect()
        }
    };
    rig.slots(&slots);
    for (port, protocol, index) in [(80, 6, 81), (443, 17, 82)] {
        rig.listener(port, protocol, |listener| {
            (listener.index, listener.slots) = (index, slots.len() as u32);
            listener.choice = choice as u8;
        });
    }
}

fn equal(ids: std::ops::Range<u32>) -> Vec<(u32, u32)> {
    ids.map(|id| (id, 100)).collect()
}

/// The id of the server that a packet went to.
fn server_of(out: &Outcome) -> u32 {
    let tuple = out.packet.tuple();
    let port = tuple.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    u32::from(port.expect("a port") - FIRST_PORT)
}

fn open(rig: &mut Rig, port: u16) -> u32 {
    let out = rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
    assert_eq!(out.verdict, REDIRECTED, "{:?}", out.drops);
    server_of(&out)
}

/// The opening of one of many flows: what its server is chosen by differs from that of all others.
fn opening(choice: Choice, flow: u32) -> Packet {
    let number = flow.to_be_bytes();
    match choice {
        Choice::Turn | Choice::LeastConnections | Choice::Tuple => {
            let packet = tcp(ANN, (flow % 50_000) as u16 + 1024, ENDPOINT, 80, SYN);
            packet.with(26, &[10, 1, (flow / 50_000) as u8, 1])
        }
        Choice::Source => {
            tcp(ANN, 5000, ENDPOINT, 80, SYN).with(26, &[10, 1 + number[1], number[2], number[3]])
        }
        Choice::ConnectionId => long(ANN, 5000, ENDPOINT, 443, &[number, *b"name"].concat(), b"client"),
    }
}

/// The servers of so many flows. Flows are forgotten as they come.
fn spread(rig: &mut Rig, choice: Choice, flows: u32) -> Vec<u32> {
    let ports = (0..flows).map(|flow| rig.first(ANN, &opening(choice, flow)));
    ports.map(|port| u32::from(port - FIRST_PORT)).collect()
}

fn counts(chosen: &[u32]) -> BTreeMap<u32, u32> {
    chosen.iter().fold(BTreeMap::new(), |mut counts, id| {
        *counts.entry(*id).or_default() += 1;
        counts
    })
}

const FLOWS: u32 = 100_000;

/// Five standard deviations of what chance gives a server with this share. That is less than 1 % of all flows, and for a server
/// that is to have few of them far less.
fn by_chance(share: f64) -> f64 {
    5.0 * (f64::from(FLOWS) * share * (1.0 - share)).sqrt()
}

#[test]
fn a_hundred_thousand_flows_follow_the_weights_within_a_percent() {
    for choice in [Choice::Turn, Choice::Tuple, Choice::Source, Choice::ConnectionId] {
        let mut rig = Rig::new();
        rig.anyone(ANN);
        let weights = [(1, 100), (2, 50), (3, 25), (4, 7), (5, 1)];
        servers(&mut rig, choice, &weights);
        let counts = counts(&spread(&mut rig, choice, FLOWS));
        for (id, weight) in weights {
            let share = f64::from(weight) / 183.0;
            let wanted = f64::from(FLOWS) * share;
            let got = f64::from(counts[&id]);
            let most = if choice == Choice::Turn { 2.0 } else { by_chance(share) };
            assert!(most < 0.01 * f64::from(FLOWS));
            assert!((got - wanted).abs() < most, "{choice:?} {id}: {got} for {wanted}, {most} by chance");
        }
    }
}

#[test]
fn hashed_flows_move_only_from_the_server_that_goes_and_to_the_one_that_comes() {
    for choice in [Choice::Tuple, Choice::Source, Choice::ConnectionId] {
        moves_no_more_than_it_must(choice);
    }
}

fn moves_no_more_than_it_must(choice: Choice) {
    let mut rig = Rig::new();
    rig.anyone(ANN);
    let mut with = |ids| {
        servers(&mut rig, choice, &equal(ids));
        spread(&mut rig, choice, FLOWS)
    };
    let (before, without, with_one_more) = (with(1..11), with(1..10), with(1..12));
    for (after, servers, moved_for) in [(without, 10.0, 10), (with_one_more, 11.0, 11)] {
        let moved: Vec<_> = before.iter().zip(&after).filter(|(a, b)| a != b).collect();
        let share = moved.len() as f64 / f64::from(FLOWS);
        assert!(share <= 1.0 / servers + 0.01, "{choice:?}: {share} moved");
        assert!(
            moved.iter().all(|(a, b)| **a == moved_for || **b == moved_for),
            "{choice:?}: nothing else moves"
        );
    }
}

#[test]
fn turns_are_taken_by_each_listener_for_itself() {
    let mut rig = Rig::new();
    servers(&mut rig, Choice::Turn, &equal(1..3));
    let mut chosen = Vec::new();
    for port in 5000..5004 {
        chosen.push(open(&mut rig, port));
        rig.send(ANN, &udp(ANN, port, ENDPOINT, 443));
    }
    assert_eq!(chosen, [1, 2, 1, 2]);
}

#[test]
fn a_server_of_weight_zero_gets_no_new_flow() {
    for choice in [Choice::Source, Choice::Tuple, Choice::ConnectionId] {
        let mut rig = Rig::new();
        servers(&mut rig, choice, &[(1, 0), (2, 1)]);
        assert!((5000..5050).all(|port| open(&mut rig, port) == 2), "{choice:?}");
    }
}
