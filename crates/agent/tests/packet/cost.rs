//! What an established packet costs.

use tables::{FlowMark, FlowState, Rule};

use crate::{
    rig::{ANN, BOB, ENDPOINT, ONE, ONE_IN, Peer, Rig, accept, alone},
    wire::{ACK, FIN, Packet, SYN, tcp},
};

/// Median nanoseconds of the program on a packet, less those of a program that does nothing.
///
/// A test run repeats on the same bytes, and the program rewrites them; so the flow table is made to lead the
/// rewritten packet back to the first one, as if it came in through the same port.
fn net_cost(rig: &mut Rig, from: Peer, packet: &Packet) -> i128 {
    let mut runs: Vec<i128> = (0..7)
        .map(|_| {
            let full = rig.time("ingress", from.ifindex, &packet.0, 200_000) as i128;
            full - rig.time("empty", from.ifindex, &packet.0, 200_000) as i128
        })
        .collect();
    runs.sort_unstable();
    runs[runs.len() / 2]
}

/// Makes both directions of the one connection acceptable from one port, for ever.
fn close_the_circle(rig: &mut Rig, from: Peer) {
    let gateway = tables::mac(tables::GATEWAY_MAC);
    rig.rewrite_flows(|key, flow| {
        if !flow.is_reply() {
            let mut back = (*key, *flow);
            back.0 = tables::FlowKey {
                src: flow.src,
                dst: flow.dst,
                sport: flow.sport,
                dport: flow.dport,
                ..*key
            };
            (back.1.src, back.1.dst, back.1.sport, back.1.dport) = (key.src, key.dst, key.sport, key.dport);
            let undo = |delta: u16| if delta == 0 { 0 } else { 0xffff - delta };
            (back.1.address_delta, back.1.port_delta) = (undo(flow.address_delta), undo(flow.port_delta));
            let mut entries = vec![(*key, *flow), back];
            for (_, flow) in &mut entries {
                flow.marks &= !(FlowMark::Hop as u8);
                flow.state = FlowState::Established as u8;
                flow.src_mac = gateway;
                flow.egress = from.ifindex;
            }
            entries
        } else {
            vec![]
        }
    });
}

#[test]
fn established_packets_are_cheap() {
    for (what, to, server, port) in
        [("inside a network", BOB.address, BOB, 80), ("through an endpoint", ENDPOINT, ONE, 8080)]
    {
        let mut rig = Rig::new();
        rig.send(ANN, &tcp(ANN, 5000, to, 80, SYN));
        rig.send(server, &tcp(server, port, ANN.address, 5000, SYN | ACK));
        close_the_circle(&mut rig, ANN);
        let from_gateway = Peer { mac: tables::GATEWAY_MAC, ..ANN };
        let cost = net_cost(&mut rig, ANN, &tcp(from_gateway, 5000, to, 80, ACK));
        println!("{what}: {cost} ns more than an empty program");
        assert!(cost < 2000, "{what}: {cost} ns: this is not the fast path");
    }
}

/// As many as an interface may have: all but the last speak of somebody else.
fn two_hundred() -> Vec<Rule> {
    let mut rules = vec![Rule { peer: alone("10.9.9.9"), ..accept() }; 199];
    rules.push(accept());
    rules
}

/// What a first packet and an established one cost under these rules, ns.
fn costs(rules: &[Rule]) -> (i128, i128) {
    let mut rig = Rig::with_flows(1 << 13);
    rig.policy(ONE_IN, rules);
    let mut first: Vec<i128> = (5000..7000)
        .map(|port| {
            let packet = tcp(ANN, port, ENDPOINT, 80, SYN);
            let full = rig.time("ingress", ANN.ifindex, &packet.0, 1) as i128;
            full - rig.time("empty", ANN.ifindex, &packet.0, 1) as i128
        })
        .collect();
    first.sort_unstable();
    let mut rig = Rig::new();
    rig.policy(ONE_IN, rules);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK));
    close_the_circle(&mut rig, ANN);
    let from_gateway = Peer { mac: tables::GATEWAY_MAC, ..ANN };
    let established = net_cost(&mut rig, ANN, &tcp(from_gateway, 5000, ENDPOINT, 80, ACK));
    (first[first.len() / 2], established)
}

#[test]
fn two_hundred_rules_cost_a_first_packet_less_than_three_microseconds_and_an_established_one_nothing() {
    let holds = |_| {
        let [(one, before), (many, after)] = [costs(&[accept()]), costs(&two_hundred())];
        println!(
            "first packet: {one} ns with one rule, {many} ns with 200; established: {before} and {after} ns"
        );
        // Two measurements of the same differ, too; rules would cost a microsecond.
        many - one < 3000 && after < before * 5 / 4 + 20
    };
    // A machine with other things to do may be slow once.
    assert!((0..3).any(holds), "not in any of three turns");
}

#[test]
fn the_program_loads_quickly() {
    let mut rig = Rig::new();
    let info = rig.program("ingress").info().expect("what the kernel knows of the program");
    let verified = info.verified_instruction_count().expect("Linux 5.16");
    println!("{verified} instructions verified, {:?} bytes of machine code", info.size_jitted());
    assert!(verified < 200_000, "{verified} instructions verified");
}

/// Everything that one connection through an endpoint sends, in order: who, what, and flags.
const LIFE: [(bool, &str, u8); 8] = [
    (true, "SYN", SYN),
    (false, "SYN ACK", SYN | ACK),
    (true, "ACK", ACK),
    (true, "request", ACK),
    (false, "answer", ACK),
    (false, "server's FIN", FIN | ACK),
    (true, "client's FIN", FIN | ACK),
    (false, "last ACK", ACK),
];

/// Every packet of a connection's life but the first costs about what an established one costs.
#[test]
fn only_the_first_packet_of_a_connection_is_judged() {
    let mut rig = Rig::with_flows(1 << 13);
    let mut times = [const { Vec::new() }; LIFE.len()];
    let mut empty = Vec::new();
    for port in 5000..7000 {
        for (times, (client, _, flags)) in times.iter_mut().zip(LIFE) {
            let packet = if client {
                tcp(ANN, port, ENDPOINT, 80, flags)
            } else {
                tcp(ONE, 8080, ANN.address, port, flags)
            };
            let from = if client { ANN } else { ONE };
            times.push(rig.time("ingress", from.ifindex, &packet.0, 1));
            empty.push(rig.time("empty", from.ifindex, &packet.0, 1));
        }
    }
    let median = |times: &mut Vec<u128>| {
        times.sort_unstable();
        times[times.len() / 2] as i128
    };
    let empty = median(&mut empty);
    let costs = times.each_mut().map(|times| median(times) - empty);
    for ((_, what, _), cost) in LIFE.iter().zip(costs) {
        println!("{what}: {cost} ns more than an empty program");
    }
    let later = costs[1..].iter().max().expect("more than one packet");
    assert!(*later < costs[0], "{later} ns: a later packet costs more than the first, {} ns", costs[0]);
}
