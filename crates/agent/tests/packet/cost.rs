//! What an established packet costs.

use tables::FlowState;

use crate::{
    rig::{ANN, BOB, ENDPOINT, ONE, Peer, Rig},
    wire::{ACK, Packet, SYN, tcp},
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
        if flow.reverse == 0 {
            let mut back = (*key, *flow);
            back.0 = tables::FlowKey {
                src: flow.src,
                dst: flow.dst,
                sport: flow.sport,
                dport: flow.dport,
                ..*key
            };
            (back.1.src, back.1.dst, back.1.sport, back.1.dport) = (key.src, key.dst, key.sport, key.dport);
            let undo = |delta: u32| if delta == 0 { 0 } else { 0xffff - delta };
            (back.1.address_delta, back.1.port_delta) = (undo(flow.address_delta), undo(flow.port_delta));
            let mut entries = vec![(*key, *flow), back];
            for (_, flow) in &mut entries {
                flow.ttl_step = 0;
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

#[test]
fn the_program_loads_quickly() {
    let mut rig = Rig::new();
    let info = rig.program("ingress").info().expect("what the kernel knows of the program");
    let verified = info.verified_instruction_count().expect("Linux 5.16");
    println!("{verified} instructions verified, {:?} bytes of machine code", info.size_jitted());
    assert!(verified < 200_000, "{verified} instructions verified");
}
