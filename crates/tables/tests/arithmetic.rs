//! What the kernel program computes, checked on the host.

use proptest::prelude::*;
use tables::{
    Asked, Clock, Flow, FlowKey, FlowState, INGRESS_BITS, Ipv6, Ports, Rule, RuleAction, RuleFamily, Side,
    Talk, Tick, checksum, idle, ipv6, is_ipv6,
};

/// The checksum made anew over all words.
fn full(words: &[u16]) -> u16 {
    let mut sum: u64 = words.iter().map(|w| u64::from(*w)).sum();
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

fn key() -> impl Strategy<Value = FlowKey> {
    let talk = prop_oneof![Just(Talk::Tcp), Just(Talk::Udp), Just(Talk::Request)];
    (0..1u32 << INGRESS_BITS, any::<[u32; 2]>(), any::<[u16; 2]>(), talk).prop_map(
        |(ingress, [src, dst], [sport, dport], talk)| FlowKey {
            way: FlowKey::way(ingress, talk),
            src,
            dst,
            sport,
            dport,
        },
    )
}

fn flow(src: u32, dst: u32, egress: u32) -> Flow {
    Flow {
        src,
        dst,
        sport: 1,
        dport: 2,
        egress,
        dst_mac: [0; 3],
        src_mac: [0; 3],
        epoch: 1,
        address_delta: 0,
        port_delta: 0,
        listener: 0,
        server: 0,
        endpoint: 0,
        timeout: 900,
        marks: 0,
        state: FlowState::Established as u8,
        lease: 0,
        header: 0,
        mss: 0,
        ack: 0,
        last_seen: Tick(0),
        packets: 0,
        bytes: 0,
    }
}

proptest! {
    #[test]
    fn a_checksum_brought_up_to_date_equals_one_made_anew(
        mut words in prop::collection::vec(any::<u16>(), 10), address: u32, port: u16, step in 0u8..2
    ) {
        words[9] = 0x1234; // a sum of zero has two forms
        words[0] = words[0] & 0xff00 | 64;
        let before = full(&words);
        let old = u32::from(words[2]) | u32::from(words[3]) << 16;
        let addresses = checksum::delta(checksum::change32(0, old, address));
        let ports = checksum::delta(checksum::change16(0, words[5], port));
        (words[2], words[3]) = (address as u16, (address >> 16) as u16);
        words[5] = port;
        words[0] -= u16::from(step);
        let after = checksum::apply(before, addresses + ports + 0xffff - u32::from(step));
        prop_assert_eq!(after, full(&words));
    }

    #[test]
    fn no_change_is_zero(word: u32, half: u16) {
        prop_assert_eq!(checksum::delta(checksum::change32(0, word, word)), 0);
        prop_assert_eq!(checksum::delta(checksum::change16(0, half, half)), 0);
        prop_assert_eq!(checksum::delta(checksum::change32(checksum::change32(0, word, 7), 7, word)), 0);
    }

    #[test]
    fn the_pair_of_the_pair_is_the_key_itself(
        key in key(), src: u32, dst: u32, egress in 0..1u32 << INGRESS_BITS
    ) {
        let forward = flow(src, dst, egress);
        let other = key.paired(&forward);
        prop_assert_eq!((other.ingress(), other.src, other.dst), (egress, dst, src));
        let reverse = Flow { src: key.dst, dst: key.src, sport: key.dport, dport: key.sport, egress: key.ingress(), ..forward };
        prop_assert_eq!((other.protocol(), other.is_request()), (key.protocol(), false));
        prop_assert_eq!(other.paired(&reverse), key);
    }

    #[test]
    fn a_rule_covers_its_ranges_of_ports_and_no_others(port: u16, source_port: u16, low: u16, high: u16, peer: u32, own: u32) {
        let all = Rule {
            peer: Side::ANY, own: Side::ANY, source_ports: Ports::ANY, ports: Ports::ANY,
            protocol: 6, action: RuleAction::Accept as u8, pad: [0; 2],
        };
        let asked = Asked { peer, own, source_port, port, protocol: 6 };
        let ports = Ports { low, high };
        for (rule, its) in [(Rule { ports, ..all }, port), (Rule { source_ports: ports, ..all }, source_port)] {
            prop_assert_eq!(rule.covers(&asked), (low..=high).contains(&its));
            let (icmp, ping) = (Rule { protocol: 1, ..rule }, Asked { protocol: 1, ..asked });
            prop_assert!(icmp.covers(&ping), "ICMP has no ports");
            let of_udp = Asked { protocol: 17, ..asked };
            prop_assert!(!rule.covers(&of_udp));
        }
        for (family, is_its) in [(RuleFamily::Ipv4, false), (RuleFamily::Ipv6, true)] {
            let side = Side::of(0, 0, family);
            prop_assert_eq!(Rule { peer: side, ..all }.covers(&asked), is_its == is_ipv6(peer));
            prop_assert_eq!(Rule { own: side, ..all }.covers(&asked), is_its == is_ipv6(own));
        }
    }
}

#[test]
fn what_stands_for_an_ipv6_address_is_none_that_a_packet_carries() {
    for index in [0, 1, (1 << 28) - 1] {
        assert!(is_ipv6(ipv6(index)) && ipv6(index).to_ne_bytes()[0] >= 240);
    }
    let v4 = u32::from_ne_bytes([10, 0, 0, 1]);
    assert!(!is_ipv6(v4));
    let seen: std::net::Ipv6Addr = Ipv6::of_ipv4(v4).0.map(u16::from_be).into();
    assert_eq!(seen.to_string(), "64:ff9b::a00:1");
    assert_eq!(Ipv6::of_ipv4(v4).to_ipv4(), Some(v4));
    assert_eq!(Ipv6([0; 8]).to_ipv4(), None);
}

#[test]
fn only_what_has_flows_is_told_apart() {
    let kinds = [(6, 0), (17, 0), (1, 8), (1, 0), (1, 3), (47, 0), (58, 128)].map(|(p, t)| Talk::of(p, t));
    let known = [Talk::Tcp, Talk::Udp, Talk::Request, Talk::Reply].map(Some);
    assert_eq!(kinds, [known.as_slice(), &[None; 3]].concat()[..]);
}

#[test]
fn neighbouring_connections_spread_evenly() {
    let mut hits = [0u32; 7];
    for port in 0..7000u16 {
        let key = FlowKey {
            way: FlowKey::way(3, Talk::Tcp),
            src: 0x0a00_000a,
            dst: 0x6400_000a,
            sport: port.to_be(),
            dport: 80u16.to_be(),
        };
        hits[(key.hash() % 7) as usize] += 1;
    }
    assert!(hits.iter().all(|n| (880..1120).contains(n)), "{hits:?}");
}

#[test]
fn a_flow_is_idle_after_the_time_that_its_state_allows() {
    let cases = [
        (FlowState::Opening as u8, idle::OPENING),
        (FlowState::Established as u8, 900),
        (FlowState::Established as u8 | FlowState::Closing as u8, 900),
        (FlowState::Established as u8 | FlowState::Closing as u8 | FlowState::Closed as u8, idle::CLOSED),
        (FlowState::Reset as u8, idle::CLOSED),
    ];
    for (state, seconds) in cases {
        // The clock begins anew after a while.
        for (seen, hz) in [(5, 250), (u32::MAX - 7, 100), (1 << 31, 1000)] {
            let flow = Flow { state, last_seen: Tick(seen), ..flow(1, 2, 3) };
            let at = |steps: u32| Clock { now: Tick(seen.wrapping_add(steps)), hz };
            let allowed = u32::from(seconds) * hz;
            assert!(!flow.idle(at(allowed + 1)), "{state}");
            assert!(flow.idle(at(allowed + 2)), "{state}");
            assert!(!flow.idle(at(u32::MAX)), "a clock that runs behind makes nothing idle");
        }
    }
}
