//! Local addresses: those from which a zone of a load balancer speaks to servers that do not see their clients'.

use std::collections::BTreeMap;

use tables::{AddressKind, DropReason, FlowKey, FlowState, Rule};

use crate::{
    drops::{dropped, take_source_ports},
    forward::{FIRST, NEXT, arrived},
    ipv6::{ENDPOINT6, NLB6, arrived6, served_by_ipv6},
    rig::*,
    wire::*,
    wire6::{six, tcp6},
};

const LOCALS: [&str; 2] = ["10.0.0.201", "10.0.0.202"];

/// The world whose load balancer hides its clients, and speaks from these addresses.
fn rig(addresses: &[&str]) -> Rig {
    let mut rig = Rig::new();
    speaks(&mut rig, addresses);
    rig
}

fn speaks(rig: &mut Rig, addresses: &[&str]) {
    rig.listener(80, 6, |l| l.preserve_client = 0);
    rig.locals(false, addresses);
    for address in addresses {
        rig.address(2, address, |a| a.kind = AddressKind::Local as u8);
    }
}

fn source(outcome: &Outcome) -> String {
    outcome.packet.tuple().split(':').next().expect("a source").to_owned()
}

#[test]
fn connections_spread_over_them_and_answers_come_back() {
    let mut rig = rig(&LOCALS);
    let mut seen = BTreeMap::new();
    for port in 5000..5200 {
        let out = rig.send(ANN, &tcp(ANN, port, ENDPOINT, 80, SYN));
        let from = source(&out);
        arrived(&out, ONE, &format!("{from}:{port} > 10.0.0.30:8080"), FIRST);
        let out = rig.send(ONE, &tcp(ONE, 8080, &from, port, SYN | ACK));
        arrived(&out, ANN, &format!("10.0.0.100:80 > 10.0.0.10:{port}"), NEXT);
        *seen.entry(from).or_insert(0) += 1;
    }
    assert_eq!(seen.keys().collect::<Vec<_>>(), LOCALS);
    assert!(seen.values().all(|count| (70..=130).contains(count)), "{seen:?}");
}

#[test]
fn a_server_that_sees_its_clients_sees_none_of_them_but_in_a_hairpin() {
    let mut rig = rig(&LOCALS);
    rig.listener(80, 6, |_| ());
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived(&out, ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ONE, &tcp(ONE, 5000, NLB, 80, SYN));
    assert!(LOCALS.contains(&source(&out).as_str()), "{}", out.packet.tuple());
    assert_eq!(out.counts, [("forwarded", 1), ("hairpin", 1), ("new", 1)].into());
}

#[test]
fn security_groups_of_servers_judge_the_zonal_address() {
    for (let_in, passes) in [(NLB, true), (LOCALS[0], false)] {
        let mut rig = rig(&LOCALS[..1]);
        rig.policy(ONE_IN, &[Rule { peer: alone(let_in), ..accept() }]);
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
        if passes {
            arrived(&out, ONE, "10.0.0.201:5000 > 10.0.0.30:8080", FIRST);
        } else {
            dropped(&out, DropReason::IngressPolicy, &[ANN.index, ONE.index]);
        }
    }
}

#[test]
fn the_last_free_source_port_of_all_of_them_is_found() {
    let mut rig = Rig::with_flows(1 << 19);
    speaks(&mut rig, &LOCALS);
    let key = take_source_ports(&mut rig);
    let other = LOCALS.map(ip).into_iter().find(|address| *address != key.dst).expect("another one");
    // So are the other address' ports, by the same connections.
    rig.rewrite_flows(|key, flow| {
        let taken = flow.is_reply().then_some((FlowKey { dst: other, ..*key }, *flow));
        [(*key, *flow)].into_iter().chain(taken).collect()
    });
    for (client, address) in [(6000, key.dst), (6001, other)] {
        let opening = tcp(ANN, client, ENDPOINT, 80, SYN);
        dropped(&rig.send(ANN, &opening), DropReason::SourcePorts, &[ANN.index, ONE.index]);
        let free = FlowKey { dst: address, dport: 50_000u16.to_be(), ..key };
        rig.remove_flow(&free);
        // Nobody looks through all of them again for a second.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        let out = rig.send(ANN, &opening);
        let from = std::net::Ipv4Addr::from(address.to_ne_bytes());
        let counts = &[("forwarded", 1), ("new", 1), ("remapped", 1)];
        arrived(&out, ONE, &format!("{from}:50000 > 10.0.0.30:8080"), counts);
    }
}

/// Ann is connected in the name of the one local address.
fn connected() -> Rig {
    let mut rig = rig(&LOCALS[..1]);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    rig.send(ONE, &tcp(ONE, 8080, LOCALS[0], 5000, SYN | ACK));
    rig
}

#[test]
fn a_connection_keeps_its_address_while_the_zone_has_it() {
    let again = &[("forwarded", 1), ("rejudged", 1)];
    let mut rig = connected();
    rig.locals(false, &LOCALS);
    rig.epoch(2);
    let data = tcp(ANN, 5000, ENDPOINT, 80, ACK);
    arrived(&rig.send(ANN, &data), ONE, "10.0.0.201:5000 > 10.0.0.30:8080", again);
    // Whoever shows clients to servers shows them in new connections alone.
    rig.listener(80, 6, |_| ());
    rig.epoch(3);
    arrived(&rig.send(ANN, &data), ONE, "10.0.0.201:5000 > 10.0.0.30:8080", again);
}

#[test]
fn a_connection_ends_with_its_address_on_both_sides() {
    for (server_first, shows_clients) in [(false, false), (true, false), (false, true)] {
        let mut rig = connected();
        rig.locals(false, &LOCALS[1..]);
        rig.listener(80, 6, |l| l.preserve_client = u8::from(shows_clients));
        rig.epoch(2);
        if server_first {
            let reply = tcp(ONE, 8080, LOCALS[0], 5000, ACK);
            dropped(&rig.send(ONE, &reply), DropReason::Replaced, &[ANN.index, ONE.index]);
        } else {
            let data = tcp(ANN, 5000, ENDPOINT, 80, ACK);
            dropped(&rig.send(ANN, &data), DropReason::Replaced, &[ANN.index, ONE.index]);
        }
        assert!(rig.flows().iter().all(|(_, flow)| flow.is(FlowState::Cut)), "the agent resets both ends");
    }
}

#[test]
fn what_spoke_from_the_zonal_address_goes_on_when_the_zone_gets_others() {
    let mut rig = Rig::new();
    rig.listener(80, 6, |l| l.preserve_client = 0);
    rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    speaks(&mut rig, &LOCALS);
    rig.epoch(2);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK));
    arrived(&out, ONE, "10.0.0.200:5000 > 10.0.0.30:8080", &[("forwarded", 1), ("rejudged", 1)]);
}

#[test]
fn nothing_listens_there() {
    let mut rig = rig(&LOCALS);
    let packet = tcp(TWO, 5000, LOCALS[0], 80, SYN);
    dropped(&rig.send(TWO, &packet), DropReason::NoListener, &[TWO.index]);
}

#[test]
fn each_family_of_servers_has_its_own() {
    let mut rig = crate::ipv6::rig();
    speaks(&mut rig, &LOCALS[..1]);
    rig.listener_of_ipv6(|l| l.preserve_client = 0);
    served_by_ipv6(&mut rig);
    let first = tcp6(ANN, 5000, ENDPOINT6, 80, SYN);
    arrived6(&rig.send(ANN, &first), ONE, &format!("[{NLB6}]:5000 > [{}]:8080", six(ONE)), FIRST);
    rig.names_ipv6("240.0.0.201", "fd00:2::c9");
    rig.locals(true, &["240.0.0.201"]);
    let out = rig.send(ANN, &tcp6(ANN, 5001, ENDPOINT6, 80, SYN));
    arrived6(&out, ONE, "[fd00:2::c9]:5001 > [fd00:2::3]:8080", FIRST);
    let out = rig.send(ONE, &tcp6(ONE, 8080, "fd00:2::c9", 5001, SYN | ACK));
    arrived6(&out, ANN, "[fd00:1::64]:80 > [fd00:1::1]:5001", NEXT);
    // A server of IPv4 is spoken to from one of IPv4.
    rig.server(SERVER_ONE, ONE, |_| ());
    let out = rig.send(ANN, &tcp6(ANN, 5002, ENDPOINT6, 80, SYN));
    arrived(&out, ONE, "10.0.0.201:5002 > 10.0.0.30:8080", FIRST);
}

#[test]
fn the_proxy_speaks_from_the_one_that_its_alias_stands_for_and_is_judged_as_the_zonal_one() {
    let mut rig = Rig::new();
    rig.policy(ONE_IN, &[Rule { peer: alone(NLB), ..accept() }]);
    let alias = Peer { address: "100.112.0.43", ..HOST };
    rig.address(tables::SERVICES_NETWORK, alias.address, |a| {
        a.kind = AddressKind::LoadBalancer as u8;
        (a.vip, a.nlb_address, a.address) = (VIP, ip(NLB), ip(LOCALS[0]));
    });
    let out = rig.send(HOST, &tcp(alias, 40000, ONE.alias, 8080, SYN));
    arrived(&out, ONE, "10.0.0.201:40000 > 10.0.0.30:8080", FIRST);
    let out = rig.send(ONE, &tcp(ONE, 8080, LOCALS[0], 40000, SYN | ACK));
    arrived(&out, HOST, "100.64.0.13:8080 > 100.112.0.43:40000", NEXT);
}
