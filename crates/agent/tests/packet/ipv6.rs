//! IPv6, and translation between the families.

use tables::{DropReason::*, IPV6_RANGE, Rule, RuleFamily, Side};

use crate::{
    drops::dropped,
    forward::{FIRST, NEXT, arrived},
    rig::*,
    wire::{ACK, FIN, Packet, SYN, icmp_error, tcp, udp},
    wire6::*,
};

pub(crate) const ENDPOINT6: &str = "fd00:1::64";
pub(crate) const NLB6: &str = "fd00:2::c8";

/// The world with IPv6: every instance, the endpoint and the load balancer have an address.
pub(crate) fn rig() -> Rig {
    dual_stack(Rig::new())
}

/// The same where the program does not see how checksums stand.
fn sightless() -> Rig {
    dual_stack(Rig::without_sight())
}

fn dual_stack(mut rig: Rig) -> Rig {
    for peer in PEERS {
        if peer.network != tables::SERVICES_NETWORK {
            rig.ipv6(peer);
        }
    }
    rig.names_ipv6("240.0.0.100", ENDPOINT6);
    rig.names_ipv6("240.0.0.200", NLB6);
    for address in [ENDPOINT, "240.0.0.100"] {
        rig.address(1, address, |a| {
            a.kind = tables::AddressKind::Endpoint as u8;
            (a.index, a.ingress_policy, a.vip) = (CONNECTION, ENDPOINT_IN, VIP);
            (a.nlb_address, a.nlb_ipv6) = (ip(NLB), ip("240.0.0.200"));
        });
    }
    for address in [NLB, "240.0.0.200"] {
        rig.address(2, address, |a| {
            a.kind = tables::AddressKind::LoadBalancer as u8;
            (a.index, a.vip) = (VIP, VIP);
            (a.nlb_address, a.nlb_ipv6) = (ip(NLB), ip("240.0.0.200"));
        });
    }
    rig
}

/// The one server is reached by IPv6.
pub(crate) fn served_by_ipv6(rig: &mut Rig) {
    rig.server(SERVER_ONE, ONE, |server| server.address = ip("240.0.0.3"));
}

/// Asserts that a packet left for `to` as IPv6 with this tuple and these counters, and nothing else.
pub(crate) fn arrived6(outcome: &Outcome, to: Peer, tuple: &str, counts: &[(&str, u64)]) {
    assert_eq!(outcome.drops, [].into(), "drops");
    assert_eq!(outcome.verdict, REDIRECTED, "verdict");
    assert_eq!(tuple6(&outcome.packet), tuple);
    assert_eq!(outcome.packet.macs(), (gateway(), to.mac));
    assert_eq!(outcome.counts, counts.iter().copied().collect());
}

#[test]
fn a_connection_inside_a_network_is_not_translated() {
    let mut rig = rig();
    let out = rig.send(ANN, &tcp6(ANN, 5000, &six(BOB), 80, SYN));
    arrived6(&out, BOB, "[fd00:1::1]:5000 > [fd00:1::2]:80", FIRST);
    assert_eq!(hop_limit(&out.packet), 64);
    let out = rig.send(BOB, &tcp6(BOB, 80, &six(ANN), 5000, SYN | ACK));
    arrived6(&out, ANN, "[fd00:1::2]:80 > [fd00:1::1]:5000", NEXT);
    let out = rig.send(ANN, &tcp6(ANN, 5000, &six(BOB), 80, ACK));
    arrived6(&out, BOB, "[fd00:1::1]:5000 > [fd00:1::2]:80", NEXT);
}

#[test]
fn an_endpoint_leads_to_a_server_that_sees_the_client() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    let out = rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, SYN));
    arrived6(&out, ONE, "[fd00:1::1]:5000 > [fd00:2::3]:8080", FIRST);
    assert_eq!(hop_limit(&out.packet), 63);
    let out = rig.send(ONE, &tcp6(ONE, 8080, &six(ANN), 5000, SYN | ACK));
    arrived6(&out, ANN, "[fd00:1::64]:80 > [fd00:1::1]:5000", NEXT);
    let out = rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, ACK));
    arrived6(&out, ONE, "[fd00:1::1]:5000 > [fd00:2::3]:8080", NEXT);
}

#[test]
fn clients_of_each_family_may_have_servers_of_their_own() {
    let mut rig = rig();
    rig.server(SERVER_ONE, ONE, |_| ());
    rig.server(SERVER_TWO, TWO, |server| server.address = ip("240.0.0.4"));
    rig.slots(&[SERVER_ONE, SERVER_TWO]);
    rig.listener_of_ipv6(|listener| listener.first_slot = 1);
    for sport in [5000, 5001] {
        let out = rig.send(ANN, &tcp(ANN, sport, ENDPOINT, 80, SYN));
        arrived(&out, ONE, &format!("10.0.0.10:{sport} > 10.0.0.30:8080"), FIRST);
        let out = rig.send(ANN, &tcp6(ANN, sport, ENDPOINT6, 80, SYN));
        arrived6(&out, TWO, &format!("[fd00:1::1]:{sport} > [fd00:2::4]:8080"), FIRST);
    }
}

/// Or a client that asks in both families would always get the same server in each.
#[test]
fn families_take_turns_by_themselves() {
    let mut rig = rig();
    rig.server(SERVER_TWO, TWO, |_| ());
    rig.slots(&[SERVER_ONE, SERVER_TWO]);
    rig.listener(80, 6, |listener| listener.slots = 2);
    for (sport, server) in [(5000, ONE), (5001, TWO), (5002, ONE)] {
        for asked in [tcp(ANN, sport, ENDPOINT, 80, SYN), tcp6(ANN, sport, ENDPOINT6, 80, SYN)] {
            assert_eq!(rig.send(ANN, &asked).packet.macs().1, server.mac, "{sport}");
        }
    }
}

/// As in `FLOWS`: established packets take a shorter way, which must come to the same.
#[test]
fn established_connections_go_on_as_they_began() {
    for mut rig in [rig(), sightless()] {
        served_by_ipv6(&mut rig);
        rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, SYN));
        rig.send(ONE, &tcp6(ONE, 8080, &six(ANN), 5000, SYN | ACK));
        for _ in 0..3 {
            let out = rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, ACK));
            arrived6(&out, ONE, "[fd00:1::1]:5000 > [fd00:2::3]:8080", NEXT);
            assert_eq!(hop_limit(&out.packet), 63);
            let out = rig.send(ONE, &tcp6(ONE, 8080, &six(ANN), 5000, ACK));
            arrived6(&out, ANN, "[fd00:1::64]:80 > [fd00:1::1]:5000", NEXT);
        }
        let stolen = tcp6(ANN, 5000, ENDPOINT6, 80, ACK).changed(11, 99);
        dropped(&rig.send(ANN, &stolen), SpoofedMac, &[ANN.index]);
        let (mut sent, mut counted) = (0, 0);
        for (_, flow) in rig.flows() {
            sent += flow.packets;
            counted += flow.bytes;
        }
        assert_eq!((sent, counted), (8, 8 * 84));
        rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, FIN | ACK));
        rig.send(ONE, &tcp6(ONE, 8080, &six(ANN), 5000, FIN | ACK));
        assert!(rig.flows().iter().all(|(_, flow)| flow.ended()));
    }
}

#[test]
fn datagrams_go_on_as_they_began() {
    let mut rig = rig();
    rig.listener(53, 17, |l| l.preserve_client = 0);
    served_by_ipv6(&mut rig);
    rig.send(ANN, &udp6(ANN, 5000, ENDPOINT6, 53));
    for _ in 0..2 {
        let out = rig.send(ANN, &udp6(ANN, 5000, ENDPOINT6, 53));
        arrived6(&out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", NEXT);
        let out = rig.send(ONE, &udp6(ONE, 8080, NLB6, 5000));
        arrived6(&out, ANN, "[fd00:1::64]:53 > [fd00:1::1]:5000", NEXT);
    }
}

#[test]
fn where_the_client_is_not_kept_the_load_balancer_speaks_in_its_own_name() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    rig.listener(53, 17, |l| l.preserve_client = 0);
    let out = rig.send(ANN, &udp6(ANN, 5000, ENDPOINT6, 53));
    arrived6(&out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", FIRST);
    let out = rig.send(ONE, &udp6(ONE, 8080, NLB6, 5000));
    arrived6(&out, ANN, "[fd00:1::64]:53 > [fd00:1::1]:5000", NEXT);
}

#[test]
fn a_client_of_ipv6_reaches_a_server_of_ipv4() {
    let mut rig = rig();
    for (first, answer, next, port) in [
        (
            tcp6(ANN, 5000, ENDPOINT6, 80, SYN),
            tcp(ONE, 8080, NLB, 5000, SYN | ACK),
            tcp6(ANN, 5000, ENDPOINT6, 80, ACK),
            80,
        ),
        (udp6(ANN, 5000, ENDPOINT6, 53), udp(ONE, 8080, NLB, 5000), udp6(ANN, 5000, ENDPOINT6, 53), 53),
    ] {
        let out = rig.send(ANN, &first);
        arrived(&out, ONE, "10.0.0.200:5000 > 10.0.0.30:8080", FIRST);
        assert_eq!((out.packet.ttl(), out.packet.0.len()), (63, first.0.len() - 20));
        let out = rig.send(ONE, &answer);
        arrived6(&out, ANN, &format!("[fd00:1::64]:{port} > [fd00:1::1]:5000"), NEXT);
        assert_eq!(out.packet.0.len(), answer.0.len() + 20);
        let out = rig.send(ANN, &next);
        arrived(&out, ONE, "10.0.0.200:5000 > 10.0.0.30:8080", NEXT);
        assert!(next.0.ends_with(&out.packet.0[out.packet.0.len() - 10..]), "the payload");
    }
}

#[test]
fn a_client_of_ipv4_reaches_a_server_of_ipv6() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    for (first, answer, next, port) in [
        (
            tcp(ANN, 5000, ENDPOINT, 80, SYN),
            tcp6(ONE, 8080, NLB6, 5000, SYN | ACK),
            tcp(ANN, 5000, ENDPOINT, 80, ACK),
            80,
        ),
        (udp(ANN, 5000, ENDPOINT, 53), udp6(ONE, 8080, NLB6, 5000), udp(ANN, 5000, ENDPOINT, 53), 53),
    ] {
        let out = rig.send(ANN, &first);
        arrived6(&out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", FIRST);
        assert_eq!(hop_limit(&out.packet), 63);
        let out = rig.send(ONE, &answer);
        arrived(&out, ANN, &format!("10.0.0.100:{port} > 10.0.0.10:5000"), NEXT);
        let out = rig.send(ANN, &next);
        arrived6(&out, ONE, "[fd00:2::c8]:5000 > [fd00:2::3]:8080", NEXT);
    }
}

/// Its address is written behind a prefix that stands for IPv4 (RFC 6052).
#[test]
fn a_load_balancer_without_ipv6_speaks_to_servers_of_ipv6_all_the_same() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    rig.address(1, ENDPOINT, |a| a.nlb_ipv6 = 0);
    let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, SYN));
    arrived6(&out, ONE, "[64:ff9b::a00:c8]:5000 > [fd00:2::3]:8080", FIRST);
    let out = rig.send(ONE, &tcp6(ONE, 8080, "64:ff9b::a00:c8", 5000, SYN | ACK));
    arrived(&out, ANN, "10.0.0.100:80 > 10.0.0.10:5000", NEXT);
}

#[test]
fn a_probe_reaches_a_server_by_the_alias_of_its_ipv6_address() {
    let mut rig = rig();
    let alias = "100.104.0.3";
    let out = rig.send(HOST, &tcp(HOST, 5000, alias, 8080, SYN));
    arrived6(&out, ONE, "[64:ff9b::6440:1]:5000 > [fd00:2::3]:8080", FIRST);
    let out = rig.send(ONE, &tcp6(ONE, 8080, "64:ff9b::6440:1", 5000, SYN | ACK));
    arrived(&out, HOST, "100.104.0.3:8080 > 100.64.0.1:5000", NEXT);
}

#[test]
fn what_is_intercepted_arrives_at_the_proxy_as_ipv4() {
    let mut rig = rig();
    rig.listener(80, 6, |l| l.proxied = 1);
    let out = rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, SYN));
    arrived(&out, HOST, "100.64.0.11:5000 > 100.64.0.2:4578", FIRST);
    let out = rig.send(HOST, &tcp(Peer { address: PROXY, ..HOST }, 4578, ANN.alias, 5000, SYN | ACK));
    arrived6(&out, ANN, "[fd00:1::64]:80 > [fd00:1::1]:5000", NEXT);
}

#[test]
fn pings_go_both_ways_and_addresses_without_an_instance_answer() {
    let mut rig = rig();
    let out = rig.send(ANN, &icmpv6(ANN, &six(BOB), 128, 7));
    arrived6(&out, BOB, "[fd00:1::1]:7 > [fd00:1::2]:7", FIRST);
    let out = rig.send(BOB, &icmpv6(BOB, &six(ANN), 129, 7));
    arrived6(&out, ANN, "[fd00:1::2]:7 > [fd00:1::1]:7", NEXT);
    dropped(&rig.send(BOB, &icmpv6(BOB, &six(ANN), 8, 7)), IcmpError, &[BOB.index]);
    let out = rig.send(ANN, &icmpv6(ANN, ENDPOINT6, 128, 9));
    arrived6(&out, ANN, "[fd00:1::64]:9 > [fd00:1::1]:9", &[("echo", 1)]);
    assert_eq!(out.packet.0[54], 129);
}

#[test]
fn nobody_speaks_in_another_ones_name() {
    let mut rig = rig();
    let good = tcp6(ANN, 5000, &six(BOB), 80, SYN);
    for address in [six(BOB), six(ONE), "fd00:1::99".to_owned(), "64:ff9b::a00:a".to_owned(), "::".to_owned()]
    {
        dropped(&rig.send(ANN, &from6(good.clone(), &address)), SpoofedAddress, &[ANN.index]);
    }
    let stand_in = Peer { address: "240.0.0.1", ..ANN };
    dropped(&rig.send(ANN, &tcp(stand_in, 5000, BOB.address, 80, SYN)), SpoofedAddress, &[ANN.index]);
    dropped(&rig.send(ANN, &tcp(ANN, 5000, "240.0.0.2", 80, SYN)), Multicast, &[ANN.index]);
}

#[test]
fn what_the_network_does_not_have_is_nowhere() {
    let mut rig = rig();
    // A route to everywhere is one of IPv4.
    rig.port(ANN, |p| p.table = 7);
    rig.route(7, "0.0.0.0/0", ip(BOB.address));
    for address in [six(ONE), "fd00:1::99".to_owned(), "64:ff9b::a00:14".to_owned()] {
        let asked = tcp6(ANN, 5000, &address, 80, SYN);
        told(&rig.send(ANN, &asked), NoRoute, ANN, &address, (1, 3), &asked);
    }
    dropped(&rig.send(ANN, &udp6(ANN, 5000, "ff02::fb", 5353)), Multicast, &[ANN.index]);
}

#[test]
fn neighbours_are_not_looked_for() {
    let mut rig = rig();
    for (from, to, kind) in
        [("fe80::1", "ff02::2", 133), ("::", "ff02::1:ff00:1", 135), ("fe80::1", "ff02::16", 143)]
    {
        let out = rig.send(ANN, &from6(icmpv6(ANN, to, kind, 0), from));
        assert_eq!((out.counts, out.drops), ([("swallowed", 1)].into(), [].into()));
        assert_eq!(out.verdict, DROPPED);
    }
}

#[test]
fn a_rule_speaks_of_one_family() {
    let mut rig = rig();
    let of = |family: RuleFamily, group: u32| Rule { peer: Side::members(group, family), ..accept() };
    let asked = tcp6(ANN, 5000, &six(BOB), 80, SYN);
    let outside = IPV6_RANGE | 5;
    rig.member(outside, "240.0.0.7");
    for rule in [of(RuleFamily::Ipv4, 0), of(RuleFamily::Ipv6, outside)] {
        rig.policy(BOB_IN, &[rule]);
        dropped(&rig.send(ANN, &asked), IngressPolicy, &[ANN.index, BOB.index]);
    }
    rig.policy(BOB_IN, &[of(RuleFamily::Ipv6, 0)]);
    dropped(&rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, SYN)), IngressPolicy, &[ANN.index, BOB.index]);
    let inside = IPV6_RANGE | 6;
    rig.member(inside, "240.0.0.1");
    rig.policy(BOB_IN, &[of(RuleFamily::Ipv6, inside)]);
    arrived6(&rig.send(ANN, &asked), BOB, "[fd00:1::1]:5000 > [fd00:1::2]:80", FIRST);
    let about = |group: u32| Rule { own: Side::members(group, RuleFamily::Ipv6), ..accept() };
    rig.policy(BOB_IN, &[about(inside), about(outside)]);
    dropped(&rig.send(ANN, &tcp6(ANN, 5001, &six(BOB), 80, SYN)), IngressPolicy, &[ANN.index, BOB.index]);
    rig.member(outside, "240.0.0.2");
    arrived6(
        &rig.send(ANN, &tcp6(ANN, 5001, &six(BOB), 80, SYN)),
        BOB,
        "[fd00:1::1]:5001 > [fd00:1::2]:80",
        FIRST,
    );
    rig.policy(BOB_IN, &[Rule { protocol: 1, ..of(RuleFamily::Any, 0) }]);
    dropped(&rig.send(ANN, &icmpv6(ANN, &six(BOB), 128, 7)), IngressPolicy, &[ANN.index, BOB.index]);
    rig.policy(BOB_IN, &[Rule { protocol: 58, ..of(RuleFamily::Any, 0) }]);
    assert_eq!(rig.send(ANN, &icmpv6(ANN, &six(BOB), 128, 7)).verdict, REDIRECTED);
}

/// The load balancer's address is of the server's network, so a range that has it lets consumers in.
#[test]
fn a_range_lets_the_load_balancer_in() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    let range = IPV6_RANGE | 6;
    rig.policy(ONE_IN, &[Rule { peer: Side::members(range, RuleFamily::Ipv6), ..accept() }]);
    let asked = tcp6(ANN, 5000, ENDPOINT6, 80, SYN);
    dropped(&rig.send(ANN, &asked), IngressPolicy, &[ANN.index, ONE.index]);
    rig.member(range, "240.0.0.200");
    arrived6(&rig.send(ANN, &asked), ONE, "[fd00:1::1]:5000 > [fd00:2::3]:8080", FIRST);
}

/// Congestion bits, urgent data, numbers and windows, as they are said in each family.
#[test]
fn what_ends_tell_each_other_stays_as_it_is_in_and_between_the_families() {
    let (class, flags, zero_window, urgent) = ([0x62, 0xb0], ACK | 0xe0, [0, 0], [0, 7]);
    let dressed =
        |packet, at: usize| with6(with6(with6(packet, 14, &class), at + 14, &zero_window), at + 18, &urgent);
    let asked = dressed(tcp6(ANN, 5000, ENDPOINT6, 80, flags), 54);
    for by_ipv6 in [false, true] {
        let mut rig = rig();
        if by_ipv6 {
            served_by_ipv6(&mut rig);
        }
        rig.send(ANN, &tcp6(ANN, 5000, ENDPOINT6, 80, SYN));
        let there = rig.send(ANN, &asked);
        assert_eq!((there.verdict, &there.drops), (REDIRECTED, &[].into()));
        let (head, replied) = if by_ipv6 {
            (54, dressed(tcp6(ONE, 8080, &six(ANN), 5000, flags), 54))
        } else {
            (34, tcp(ONE, 8080, NLB, 5000, flags).with(15, &[0x2b]).with(48, &zero_window).with(52, &urgent))
        };
        let got = &there.packet.0;
        assert_eq!(if by_ipv6 { got[14] << 4 | got[15] >> 4 } else { got[15] }, 0x2b);
        assert_eq!(got[head + 4..head + 16], asked.0[58..70], "numbers, flags and window");
        assert_eq!(got[head + 18..], asked.0[72..], "urgent pointer and data");
        let back = rig.send(ONE, &replied);
        assert_eq!((back.verdict, &back.drops), (REDIRECTED, &[].into()));
        let got = &back.packet.0;
        assert_eq!(
            (tuple6(&back.packet).as_str(), &got[14..16]),
            ("[fd00:1::64]:80 > [fd00:1::1]:5000", &class[..])
        );
        assert_eq!(got[58..70], replied.0[head + 4..head + 16]);
        assert_eq!(got[72..], replied.0[head + 18..]);
    }
}

#[test]
fn the_last_hop_is_not_passed() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    let last = tcp6(ANN, 5000, ENDPOINT6, 80, SYN).changed(21, 1);
    told(&rig.send(ANN, &last), TtlExpired, ANN, ENDPOINT6, (3, 0), &last);
}

/// Asserts that a packet was dropped and its sender told why, in the name of whom it was for.
fn told(out: &Outcome, why: tables::DropReason, sender: Peer, by: &str, says: (u8, u8), about: &Packet) {
    assert!(out.drops.contains_key(&(sender.index, why)), "{:?}", out.drops);
    assert_eq!((out.verdict, &out.counts), (REDIRECTED, &[("icmp sent", 1)].into()));
    assert!(tuple6(&out.packet).starts_with(&format!("[{by}]:")), "{}", tuple6(&out.packet));
    assert_eq!((out.packet.macs().1, out.packet.0[54], out.packet.0[55]), (sender.mac, says.0, says.1));
    let quoted = quoted6(&out.packet);
    assert_eq!(quoted.0[22..62], about.0[22..62], "addresses, and eight bytes more");
}

/// Port unreachable and packet too big, by a server about what it got through the endpoint.
#[test]
fn errors_about_translated_packets_are_translated() {
    for (kind, code) in [(1, 4), (2, 0)] {
        for first in [tcp6(ANN, 5000, ENDPOINT6, 80, SYN), udp6(ANN, 5000, ENDPOINT6, 53)] {
            let mut rig = rig();
            served_by_ipv6(&mut rig);
            let got = rig.send(ANN, &first).packet;
            let error = icmpv6_error(ONE, &six(ANN), kind, code, &got).with_mtu6(1400);
            let out = rig.send(ONE, &error);
            assert_eq!((out.verdict, &out.counts), (REDIRECTED, &[("icmp", 1)].into()), "{:?}", out.drops);
            assert!(tuple6(&out.packet).starts_with("[fd00:1::64]:"));
            assert_eq!((out.packet.macs(), &out.packet.0[54..56]), ((gateway(), ANN.mac), &[kind, code][..]));
            assert_eq!(out.packet.0[60..62], 1400u16.to_be_bytes());
            assert_eq!(quoted6(&out.packet).0[22..62], first.0[22..62], "what Ann has sent");
        }
    }
}

#[test]
fn errors_are_told_to_the_other_family() {
    let mut rig = rig();
    let got = rig.send(ANN, &udp6(ANN, 5000, ENDPOINT6, 53)).packet;
    let out = rig.send(ONE, &icmp_error(ONE, NLB, 3, 3, &got));
    assert_eq!((out.verdict, &out.counts), (REDIRECTED, &[("icmp", 1)].into()), "{:?}", out.drops);
    assert!(tuple6(&out.packet).starts_with("[fd00:1::64]:"));
    assert_eq!(out.packet.0[54..56], [1, 4]);
    assert_eq!(quoted6(&out.packet).0[22..60], udp6(ANN, 5000, ENDPOINT6, 53).0[22..60]);
    served_by_ipv6(&mut rig);
    let asked = udp(ANN, 5001, ENDPOINT, 53);
    let got = rig.send(ANN, &asked).packet;
    for (kind, code, says) in [(1, 4, [3, 3]), (2, 0, [3, 4])] {
        let out = rig.send(ONE, &icmpv6_error(ONE, NLB6, kind, code, &got).with_mtu6(1400));
        assert_eq!((out.verdict, &out.counts), (REDIRECTED, &[("icmp", 1)].into()), "{:?}", out.drops);
        assert!(out.packet.check().tuple().starts_with("10.0.0.100:"));
        assert_eq!((&out.packet.0[34..36], &out.packet.0[40..42]), (&says[..], &1380u16.to_be_bytes()[..]));
        assert_eq!(out.packet.quoted().0[26..40], asked.0[26..40]);
    }
}

#[test]
fn a_forged_quote_goes_nowhere() {
    let mut rig = rig();
    served_by_ipv6(&mut rig);
    let got = rig.send(ANN, &udp6(ANN, 5000, ENDPOINT6, 53)).packet;
    dropped(
        &rig.send(ONE, &icmpv6_error(ONE, &six(ANN), 1, 4, &got.clone().changed(55, 9))),
        IcmpError,
        &[ONE.index],
    );
    dropped(&rig.send(ONE, &icmpv6_error(ONE, NLB6, 1, 4, &got)), IcmpError, &[ONE.index]);
    dropped(&rig.send(TWO, &icmpv6_error(TWO, &six(ANN), 1, 4, &got)), IcmpError, &[TWO.index]);
    dropped(&rig.send(ONE, &icmpv6_error(ONE, &six(ANN), 200, 4, &got)), IcmpError, &[ONE.index]);
}

#[test]
fn a_header_that_lies_is_refused() {
    let mut rig = rig();
    let good = tcp6(ANN, 5000, &six(BOB), 80, SYN);
    for bad in [good.clone().changed(19, 200), good.clone().changed(14, 0x50), good.clone().changed(19, 12)] {
        dropped(&rig.send(ANN, &bad), Malformed, &[ANN.index]);
    }
    dropped(&rig.send(ANN, &good.clone().changed(20, 1)), IpProtocol, &[ANN.index]);
    dropped(&rig.send(ANN, &good.changed(20, 60)), IpProtocol, &[ANN.index]);
}
