//! Listeners whose bytes must change: connections end at the proxy, which opens others in the NLB's name.

use tables::{DropReason, Rule};

use crate::{
    drops::{dropped, explained},
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::*,
};

/// The world with a listener on port 443 that ends at the proxy.
fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.listener(443, 6, |l| l.proxied = 1);
    rig
}

fn proxy() -> Peer {
    Peer { address: PROXY, ..HOST }
}

fn only_from(address: &str) -> Rule {
    Rule { peer: alone(address), ..accept() }
}

fn nlb() -> Peer {
    Peer { address: NLB_ALIAS, ..HOST }
}

#[test]
fn a_client_reaches_the_proxy_as_its_alias_and_the_reply_comes_from_where_it_went() {
    let mut rig = rig();
    for (client, alias, target) in [(ANN, "100.64.0.11", ENDPOINT), (TWO, "100.64.0.14", NLB)] {
        let out = rig.send(client, &tcp(client, 5000, target, 443, SYN));
        arrived(&out, HOST, &format!("{alias}:5000 > 100.64.0.2:4578"), FIRST);
        let out = rig.send(HOST, &tcp(proxy(), 4578, alias, 5000, SYN | ACK));
        arrived(&out, client, &format!("{target}:443 > {}:5000", client.address), NEXT);
        let out = rig.send(client, &tcp(client, 5000, target, 443, ACK));
        arrived(&out, HOST, &format!("{alias}:5000 > 100.64.0.2:4578"), NEXT);
    }
}

#[test]
fn the_flow_of_the_reply_tells_the_proxy_listener_endpoint_and_client() {
    let mut rig = rig();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 443, SYN));
    let flows = rig.flows();
    let (key, flow) = flows.iter().find(|(key, _)| key.ingress() == HOST.ifindex).unwrap();
    assert_eq!((key.src, key.dst), (ip(PROXY), ip("100.64.0.11")));
    assert_eq!((flow.src, flow.dst, flow.dport), (ip(ENDPOINT), ip(ANN.address), 5000u16.to_be()));
    assert_eq!((flow.listener, flow.endpoint, flow.egress), (81, 31, ANN.ifindex));
}

#[test]
fn one_client_port_to_two_listeners_makes_two_connections() {
    let mut rig = rig();
    rig.listener(444, 6, |l| l.proxied = 1);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 443, SYN));
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 444, SYN));
    assert_eq!(out.counts, [("forwarded", 1), ("new", 1), ("remapped", 1)].into());
    assert_eq!(rig.flows().len(), 4);
}

#[test]
fn connections_to_the_proxy_go_on_under_a_new_plan_and_end_with_acceptance() {
    let mut rig = rig();
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 443, SYN));
    rig.send(HOST, &tcp(proxy(), 4578, "100.64.0.11", 5000, SYN | ACK));
    rig.epoch(2);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 443, ACK));
    arrived(&out, HOST, "100.64.0.11:5000 > 100.64.0.2:4578", &[("forwarded", 1), ("rejudged", 1)]);
    rig.address(1, ENDPOINT, |a| a.vip = 0);
    rig.epoch(3);
    let packet = tcp(ANN, 5000, ENDPOINT, 443, ACK);
    dropped(&rig.send(ANN, &packet), DropReason::NotConnected, &[ANN.index]);
}

#[test]
fn the_proxy_reaches_a_server_in_the_name_of_the_nlb() {
    let mut rig = rig();
    rig.policy(ONE_IN, &[only_from(NLB)]);
    let out = rig.send(HOST, &tcp(nlb(), 40000, ONE.alias, 8080, SYN));
    arrived(&out, ONE, "10.0.0.200:40000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ONE, &tcp(ONE, 8080, NLB, 40000, SYN | ACK));
    arrived(&out, HOST, "100.64.0.13:8080 > 100.112.0.41:40000", NEXT);
    let out = rig.send(HOST, &tcp(nlb(), 40000, ONE.alias, 8080, ACK));
    arrived(&out, ONE, "10.0.0.200:40000 > 10.0.0.30:8080", NEXT);
}

#[test]
fn a_server_may_refuse_the_nlb() {
    let mut rig = rig();
    rig.policy(ONE_IN, &[only_from(ANN.address)]);
    let packet = tcp(nlb(), 40000, ONE.alias, 8080, SYN);
    dropped(&rig.send(HOST, &packet), DropReason::IngressPolicy, &[HOST.index, ONE.index]);
}

#[test]
fn nobody_reaches_the_proxy_without_a_listener_and_it_has_no_other_names() {
    let mut rig = rig();
    let packet = tcp(ANN, 5000, PROXY, 4578, SYN);
    explained(ANN, &packet, &rig.send(ANN, &packet), DropReason::NoRoute, &[ANN.index], [3, 1]);
    let stranger = Peer { address: "100.112.0.42", ..HOST };
    let packet = tcp(stranger, 40000, ONE.alias, 8080, SYN);
    dropped(&rig.send(HOST, &packet), DropReason::SpoofedAddress, &[HOST.index, ONE.index]);
}

#[test]
fn datagrams_go_to_the_proxy_and_come_from_it_as_connections_do() {
    let mut rig = Rig::new();
    rig.listener(53, 17, |l| (l.proxied, l.idle_timeout) = (1, 20));
    for count in [FIRST, NEXT] {
        let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
        arrived(&out, HOST, "100.64.0.11:5000 > 100.64.0.2:4578", count);
    }
    let out = rig.send(HOST, &udp(proxy(), 4578, "100.64.0.11", 5000));
    arrived(&out, ANN, "10.0.0.100:53 > 10.0.0.10:5000", NEXT);
    for count in [FIRST, NEXT] {
        let out = rig.send(HOST, &udp(nlb(), 40000, ONE.alias, 8080));
        arrived(&out, ONE, "10.0.0.200:40000 > 10.0.0.30:8080", count);
    }
    let out = rig.send(ONE, &udp(ONE, 8080, NLB, 40000));
    arrived(&out, HOST, "100.64.0.13:8080 > 100.112.0.41:40000", NEXT);
    let timeouts: Vec<_> = rig.flows().iter().map(|(_, flow)| flow.timeout).collect();
    assert_eq!(timeouts.iter().filter(|timeout| **timeout == 20).count(), 2, "the client's: {timeouts:?}");
}

#[test]
fn a_listener_that_gets_a_header_or_loses_it_leads_the_next_datagram_there() {
    let mut rig = Rig::new();
    rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
    for (epoch, proxied, to, tuple) in
        [(2, 1, HOST, "100.64.0.11:5000 > 100.64.0.2:4578"), (3, 0, ONE, "10.0.0.10:5000 > 10.0.0.30:8080")]
    {
        rig.listener(53, 17, |l| (l.proxied, l.idle_timeout) = (proxied, 20));
        rig.epoch(epoch);
        let out = rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
        arrived(&out, to, tuple, FIRST);
        assert_eq!(rig.flows().len(), 2);
    }
}
