//! The host's own services: resolver, metadata, probes. Ports are known there by their aliases.

use crate::{
    drops::explained,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// Another address of the services' namespace.
fn resolver() -> Peer {
    Peer { address: RESOLVER, ..HOST }
}

#[test]
fn the_resolver_knows_instances_by_their_aliases() {
    let mut rig = Rig::new();
    rig.policy(ANN_OUT, &[]);
    for (peer, alias) in [(ANN, "100.64.0.11"), (TWIN, "100.64.0.15")] {
        let out = rig.send(peer, &udp(peer, 5000, RESOLVER, 53));
        arrived(&out, HOST, &format!("{alias}:5000 > 100.100.2.136:53"), FIRST);
        assert_eq!(out.packet.ttl(), 64);
        let out = rig.send(HOST, &udp(resolver(), 53, alias, 5000));
        arrived(&out, peer, "100.100.2.136:53 > 10.0.0.10:5000", NEXT);
    }
}

#[test]
fn probes_enter_below_security_groups() {
    let mut rig = Rig::new();
    rig.policy(ONE_IN, &[]);
    rig.port(ONE, |p| p.egress_policy = 0);
    let out = rig.send(HOST, &tcp(HOST, 40000, ONE.alias, 8080, SYN));
    arrived(&out, ONE, "100.64.0.1:40000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ONE, &tcp(ONE, 8080, HOST.address, 40000, SYN | ACK));
    arrived(&out, HOST, "100.64.0.13:8080 > 100.64.0.1:40000", NEXT);
    let out = rig.send(HOST, &tcp(HOST, 40000, ONE.alias, 8080, ACK));
    arrived(&out, ONE, "100.64.0.1:40000 > 10.0.0.30:8080", NEXT);
}

#[test]
fn services_survive_a_change_of_plan() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, RESOLVER, 53));
    rig.epoch(2);
    let out = rig.send(HOST, &udp(resolver(), 53, ANN.alias, 5000));
    arrived(&out, ANN, "100.100.2.136:53 > 10.0.0.10:5000", &[("forwarded", 1), ("rejudged", 1)]);
}

#[test]
fn an_instance_does_not_open_connections_to_the_prober() {
    let mut rig = Rig::new();
    let packet = tcp(ANN, 5000, HOST.address, 80, SYN);
    explained(ANN, &packet, &rig.send(ANN, &packet), tables::DropReason::NoRoute, &[ANN.index], [3, 1]);
}

#[test]
fn the_host_finds_aliases_behind_the_gateway() {
    let mut rig = Rig::new();
    let out = rig.send(HOST, &arp(HOST, RESOLVER, ANN.alias, 1));
    assert_eq!((out.verdict, out.counts), (REDIRECTED, [("arp", 1)].into()));
}
