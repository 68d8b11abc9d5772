//! One test for each reason of a drop.

use tables::DropReason::{self, *};

use crate::{
    forward::{FIRST, arrived},
    rig::*,
    wire::*,
};

/// Asserts a silent drop for this reason, counted for these ports and nowhere else.
pub(crate) fn dropped(outcome: &Outcome, reason: DropReason, ports: &[u32]) {
    assert_eq!(outcome.drops, ports.iter().map(|port| ((*port, reason), 1)).collect(), "drops");
    assert_eq!(outcome.verdict, DROPPED);
    assert_eq!(outcome.counts, [].into(), "counters");
}

/// Asserts a drop of which the sender is told by an ICMP error that quotes its packet.
pub(crate) fn explained(
    from: Peer,
    packet: &Packet,
    outcome: &Outcome,
    reason: DropReason,
    ports: &[u32],
    error: [u8; 2],
) {
    assert_eq!(outcome.drops, ports.iter().map(|port| ((*port, reason), 1)).collect(), "drops");
    assert_eq!(outcome.verdict, REDIRECTED);
    assert_eq!(outcome.counts, [("icmp sent", 1)].into());
    assert_eq!(outcome.packet.macs(), (gateway(), from.mac));
    assert_eq!(outcome.packet.check().check_ip().0[34..36], error);
    assert_eq!(outcome.packet.0[30..34], ip(from.address).to_ne_bytes());
    assert_eq!(outcome.packet.quoted().0[14..], packet.0[14..42]);
}

macro_rules! drops {
    ($($reason:ident, $name:ident => |$rig:ident| $body:block)*) => {
        $(#[test]
        fn $name() {
            let mut rig = Rig::new();
            let $rig = &mut rig;
            $body
        })*

        const COVERED: &[DropReason] = &[$($reason),*];
    };
}

fn opening(to: &str, port: u16) -> Packet {
    tcp(ANN, 5000, to, port, SYN)
}

/// Somebody else takes each tuple towards the server that Ann's connections could have; gives the key of one of them.
pub(crate) fn take_source_ports(rig: &mut Rig) -> tables::FlowKey {
    rig.send(ANN, &opening(ENDPOINT, 80));
    let (key, flow) = rig.flows().into_iter().find(|(_, f)| f.is_reply()).expect("a reverse entry");
    for port in 0..=u16::MAX {
        let key = tables::FlowKey { dport: port, ..key };
        rig.insert_flow(key, tables::Flow { dport: port, egress: BOB.ifindex, ..flow });
        let forward = key.paired(&tables::Flow { dport: port, egress: BOB.ifindex, ..flow });
        rig.insert_flow(
            forward,
            tables::Flow { marks: flow.marks & !(tables::FlowMark::Reply as u8), ..flow },
        );
    }
    key
}

pub(crate) const ONLY_ANN: &[u32] = &[ANN.index];
const ANN_AND_BOB: &[u32] = &[ANN.index, BOB.index];
const ANN_AND_ONE: &[u32] = &[ANN.index, ONE.index];

drops! {
    Malformed, headers_that_do_not_fit => |rig| {
        let good = opening(BOB.address, 80);
        let bad = [
            good.clone().with(14, &[0x55]),
            good.clone().with(14, &[0x44]),
            good.clone().with(16, &[0x10, 0]),
            good.clone().with(16, &[0, 0]),
            good.clone().with(16, &[0, 8]),
            good.clone().with(16, &[0, 28]),
            good.clone().with(46, &[0x40]),
            Packet(good.0[..46].to_vec()).with(16, &[0, 32]),
            Packet(arp(ANN, ANN.address, GATEWAY, 1).0[..38].to_vec()),
            Packet(arp(ANN, ANN.address, GATEWAY, 1).0).changed(15, 2),
        ];
        for packet in bad {
            dropped(&rig.send(ANN, &packet), Malformed, ONLY_ANN);
        }
    }
    EtherType, what_is_not_ip_is_not_carried => |rig| {
        let packet = opening(BOB.address, 80).changed(12, 0x88).changed(13, 0xcc);
        dropped(&rig.send(ANN, &packet), EtherType, ONLY_ANN);
    }
    OtherFamily, options_and_a_missing_checksum_for_a_server_of_the_other_family => |rig| {
        rig.ipv6(ONE);
        rig.server(SERVER_ONE, ONE, |server| server.address = ip("240.0.0.3"));
        let datagram = udp(ANN, 5000, ENDPOINT, 53);
        for packet in [datagram.clone().with_options(), datagram.changed(40, 0).changed(41, 0)] {
            dropped(&rig.send(ANN, &packet), OtherFamily, ANN_AND_ONE);
        }
    }
    IpProtocol, gre_is_not_carried => |rig| {
        dropped(&rig.send(ANN, &opening(BOB.address, 80).with(23, &[47])), IpProtocol, ONLY_ANN);
    }
    SpoofedMac, a_borrowed_mac_address => |rig| {
        let packet = opening(BOB.address, 80).changed(11, 99);
        dropped(&rig.send(ANN, &packet), SpoofedMac, ONLY_ANN);
        dropped(&rig.send(ANN, &arp(BOB, ANN.address, GATEWAY, 1)), SpoofedMac, ONLY_ANN);
        dropped(&rig.send(ANN, &arp(ANN, ANN.address, GATEWAY, 1).changed(27, 99)), SpoofedMac, ONLY_ANN);
        arrived(&rig.send(ANN, &opening(BOB.address, 80)), BOB, "10.0.0.10:5000 > 10.0.0.20:80", FIRST);
        dropped(&rig.send(ANN, &packet), SpoofedMac, ONLY_ANN);
    }
    SpoofedAddress, a_borrowed_address => |rig| {
        let packet = tcp(Peer { mac: ANN.mac, ..BOB }, 5000, ENDPOINT, 80, SYN);
        dropped(&rig.send(ANN, &packet), SpoofedAddress, ONLY_ANN);
        dropped(&rig.send(ANN, &arp(ANN, BOB.address, GATEWAY, 1)), SpoofedAddress, ONLY_ANN);
    }
    UnknownPort, an_interface_of_nobody => |rig| {
        dropped(&rig.send_bytes(1, &opening(BOB.address, 80).0), UnknownPort, &[0]);
    }
    EgressPolicy, the_sender_may_not_send => |rig| {
        rig.policy(ANN_OUT, &[]);
        for to in [BOB.address, ENDPOINT, "10.0.0.250"] {
            dropped(&rig.send(ANN, &opening(to, 80)), EgressPolicy, ONLY_ANN);
        }
        dropped(&rig.send(ANN, &echo(ANN, GATEWAY, 8, 7)), EgressPolicy, ONLY_ANN);
    }
    IngressPolicy, the_receiver_may_not_receive => |rig| {
        rig.policy(BOB_IN, &[]);
        rig.policy(ONE_IN, &[]);
        dropped(&rig.send(ANN, &opening(BOB.address, 80)), IngressPolicy, ANN_AND_BOB);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), IngressPolicy, ANN_AND_ONE);
        dropped(&rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN)), IngressPolicy, &[ONE.index, TWIN.index]);
    }
    EndpointPolicy, the_endpoint_may_not_receive => |rig| {
        rig.policy(ENDPOINT_IN, &[]);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), EndpointPolicy, ONLY_ANN);
        dropped(&rig.send(ANN, &echo(ANN, ENDPOINT, 8, 7)), EndpointPolicy, ONLY_ANN);
    }
    BalancerPolicy, the_load_balancer_may_not_receive => |rig| {
        rig.policy(NLB_IN, &[]);
        let only_twin = &[TWIN.index];
        let opening = tcp(TWIN, 5000, NLB, 80, SYN);
        arrived(&rig.send(TWIN, &tcp(TWIN, 5001, NLB, 80, SYN)), ONE, "10.0.0.10:5001 > 10.0.0.30:8080", FIRST);
        rig.address(2, NLB, |a| a.ingress_policy = NLB_IN);
        dropped(&rig.send(TWIN, &opening), BalancerPolicy, only_twin);
        dropped(&rig.send(TWIN, &echo(TWIN, NLB, 8, 7)), BalancerPolicy, only_twin);
        rig.policy(NLB_IN, &[accept()]);
        arrived(&rig.send(TWIN, &opening), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    }
    ReversePolicy, the_reverse_endpoint_may_not_send => |_rig| {
        let mut rig = crate::reverse::rig();
        rig.policy(crate::reverse::REVERSE_OUT, &[]);
        dropped(&rig.send(TWIN, &tcp(TWIN, 5000, NLB, 80, SYN)), ReversePolicy, &[BOB.index, TWIN.index]);
    }
    NotConnected, the_provider_has_not_accepted => |rig| {
        rig.address(1, ENDPOINT, |a| a.vip = 0);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), NotConnected, ONLY_ANN);
        dropped(&rig.send(ANN, &echo(ANN, ENDPOINT, 8, 7)), NotConnected, ONLY_ANN);
    }
    NoListener, nobody_listens => |rig| {
        dropped(&rig.send(ANN, &opening(ENDPOINT, 81)), NoListener, ONLY_ANN);
        dropped(&rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 80)), NoListener, ONLY_ANN);
        dropped(&rig.send(ANN, &opening(GATEWAY, 80)), NoListener, ONLY_ANN);
    }
    NoServer, an_empty_server_group => |rig| {
        rig.listener(80, 6, |l| l.slots = 0);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), NoServer, ONLY_ANN);
        rig.listener(80, 6, |_| ());
        rig.slot(SERVER_TWO);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), NoServer, ONLY_ANN);
    }
    NoConnection, not_a_first_packet => |rig| {
        for flags in [ACK, SYN | ACK, RST, FIN | ACK, SYN | RST, SYN | FIN] {
            dropped(&rig.send(ANN, &tcp(ANN, 5000, BOB.address, 80, flags)), NoConnection, ONLY_ANN);
        }
        dropped(&rig.send(ANN, &echo(ANN, BOB.address, 0, 7)), NoConnection, ONLY_ANN);
    }
    FlowTableFull, no_room_for_a_flow => |_rig| {
        // Elements of a hash map come in batches for each CPU, so the exact limit is a little higher.
        let mut rig = Rig::with_flows(1);
        let outcomes: Vec<_> = (5000..5200).map(|p| rig.send(ANN, &tcp(ANN, p, BOB.address, 80, SYN))).collect();
        dropped(outcomes.last().expect("many"), FlowTableFull, ANN_AND_BOB);
        let flows = rig.flows();
        assert!(flows.iter().all(|(key, flow)| flows.iter().any(|(other, _)| *other == key.paired(flow))));
    }
    SourcePorts, every_source_port_is_taken => |_rig| {
        let mut rig = Rig::with_flows(1 << 18);
        take_source_ports(&mut rig);
        dropped(&rig.send(ANN, &tcp(ANN, 6000, ENDPOINT, 80, SYN)), SourcePorts, ANN_AND_ONE);
    }
    NoRoute, nothing_is_there => |rig| {
        // Another network's addresses, and aliases, which are for the host's own services alone.
        for to in ["10.0.0.250", ONE.address, BOB.alias] {
            let packet = opening(to, 80);
            explained(ANN, &packet, &rig.send(ANN, &packet), NoRoute, ONLY_ANN, [3, 1]);
        }
        let packet = tcp(HOST, 5000, BOB.address, 80, SYN);
        explained(HOST, &packet, &rig.send(HOST, &packet), NoRoute, &[HOST.index], [3, 1]);
    }
    Fragment, the_first_fragment_is_missing => |rig| {
        dropped(&rig.send(ANN, &udp(ANN, 5000, BOB.address, 53).fragment(1, false)), Fragment, ONLY_ANN);
        dropped(&rig.send(ANN, &echo(ANN, GATEWAY, 8, 7).fragment(0, true)), Fragment, ONLY_ANN);
    }
    IcmpError, an_error_about_nothing => |rig| {
        let about = tcp(BOB, 80, ANN.address, 5000, ACK);
        dropped(&rig.send(ANN, &icmp_error(ANN, BOB.address, 3, 3, &about)), IcmpError, ONLY_ANN);
        // Redirects are no errors that we carry.
        dropped(&rig.send(ANN, &icmp_error(ANN, BOB.address, 5, 1, &about)), IcmpError, ONLY_ANN);
    }
    ServerGone, the_server_left_its_group => |rig| {
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
        rig.server(SERVER_ONE, ONE, |s| s.server_group = GROUP + 1);
        rig.epoch(2);
        dropped(&rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK)), ServerGone, ONLY_ANN);
        assert_eq!(rig.flows(), []);
    }
    Multicast, to_many => |rig| {
        dropped(&rig.send(ANN, &udp(ANN, 5353, "224.0.0.251", 5353)), Multicast, ONLY_ANN);
        dropped(&rig.send(ANN, &udp(ANN, 68, "255.255.255.255", 67)), Multicast, ONLY_ANN);
        dropped(&rig.send(ANN, &opening(BOB.address, 80).changed(0, 0x01)), Multicast, ONLY_ANN);
        dropped(&rig.send(ANN, &opening(BOB.address, 80).changed(0, 0xff)), Multicast, ONLY_ANN);
    }
    NoPolicy, without_a_policy_nothing_passes => |rig| {
        rig.port(ANN, |p| p.egress_policy = 0);
        dropped(&rig.send(ANN, &opening(BOB.address, 80)), NoPolicy, ONLY_ANN);
        rig.port(ANN, |p| p.egress_policy = 99);
        dropped(&rig.send(ANN, &opening(BOB.address, 80)), NoPolicy, ONLY_ANN);
        rig.port(ANN, |_| ());
        rig.port(BOB, |p| p.ingress_policy = 0);
        dropped(&rig.send(ANN, &opening(BOB.address, 80)), NoPolicy, ANN_AND_BOB);
        rig.server(SERVER_ONE, ONE, |s| s.ingress_policy = 0);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), NoPolicy, ANN_AND_ONE);
        rig.address(1, ENDPOINT, |a| a.ingress_policy = 0);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), NoPolicy, ONLY_ANN);
    }
    Rerouted, the_next_hop_is_another_one_by_now => |rig| {
        let far = Peer { address: "192.168.0.9", ..BOB };
        rig.port(ANN, |p| p.table = 1);
        rig.route(1, "0.0.0.0/0", ip(BOB.address));
        rig.route(tables::SOURCES_OF_PORT | BOB.index, "0.0.0.0/0", 1);
        rig.send(ANN, &opening(far.address, 80));
        rig.route(1, "0.0.0.0/0", ip(EVE.address));
        rig.epoch(2);
        dropped(&rig.send(BOB, &tcp(far, 80, ANN.address, 5000, SYN | ACK)), Rerouted, ANN_AND_BOB);
    }
    Limited, the_connection_is_at_its_bandwidth => |rig| {
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
        let data = tcp(ANN, 5000, ENDPOINT, 80, ACK);
        rig.limit(100, [rig.now() + 10_000_000_000, 0]);
        rig.epoch(2);
        let again = &[("forwarded", 1), ("rejudged", 1)];
        let reply = tcp(ONE, 8080, ANN.address, 5000, SYN | ACK);
        arrived(&rig.send(ONE, &reply), ANN, "10.0.0.100:80 > 10.0.0.10:5000", again);
        let before = rig.flows();
        for packet in [data.clone(), udp(ANN, 5000, ENDPOINT, 53), opening(ENDPOINT, 80), tcp(ANN, 5001, ENDPOINT, 80, SYN)] {
            dropped(&rig.send(ANN, &packet), Limited, ANN_AND_ONE);
        }
        assert_eq!(rig.flows().len(), before.len());
        // Whoever does not use the endpoint has room, and everybody once there is no limit.
        arrived(&rig.send(ANN, &opening(BOB.address, 80)), BOB, "10.0.0.10:5000 > 10.0.0.20:80", FIRST);
        rig.address(1, ENDPOINT, |a| a.limited = 0);
        rig.epoch(3);
        arrived(&rig.send(ANN, &data), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", again);
    }
    Replaced, the_resource_was_replaced_and_let_go => |rig| {
        rig.send(ANN, &opening(ENDPOINT, 80));
        rig.address(1, ENDPOINT, |a| a.lease = 1);
        rig.epoch(2);
        dropped(&rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK)), Replaced, ONLY_ANN);
        assert_eq!(rig.flows(), []);
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    }
    NewConnections, the_listener_has_its_rate => |rig| {
        rig.rate(VIP, 81, 1);
        rig.listener(80, 6, |l| l.rated = 1);
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
        dropped(&rig.send(ANN, &tcp(ANN, 5001, ENDPOINT, 80, SYN)), NewConnections, ONLY_ANN);
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80)), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", crate::forward::NEXT);
    }
    EarlyData, data_come_before_the_server_is_told_its_client => |rig| {
        rig.header(CONNECTION, b"");
        rig.listener(80, 6, |l| l.header = 1);
        dropped(&rig.send(ANN, &opening(ENDPOINT, 80)), EarlyData, ONLY_ANN);
        assert_eq!(rig.flows(), []);
        arrived(&rig.send(ANN, &opening(ENDPOINT, 80).saying(b"")), ONE, "10.0.0.10:5000 > 10.0.0.30:8080", FIRST);
    }
    Rewrite, what_the_server_is_to_be_told_has_another_length_by_now => |rig| {
        rig.header(CONNECTION, b"");
        rig.listener(80, 6, |l| l.header = 1);
        rig.send(ANN, &opening(ENDPOINT, 80).saying(b""));
        rig.send(ONE, &tcp(ONE, 8080, ANN.address, 5000, SYN | ACK).numbered(0, 1).saying(b""));
        rig.header(CONNECTION, b"\xe1\x00\x01\x02");
        let out = rig.send(ANN, &tcp(ANN, 5000, ENDPOINT, 80, ACK).numbered(1, 1).saying(b""));
        assert_eq!((out.verdict, out.drops), (DROPPED, [((ANN.index, Rewrite), 1)].into()));
    }
    TtlExpired, no_hop_left => |rig| {
        let last = opening(ENDPOINT, 80).with(22, &[1]);
        explained(ANN, &last, &rig.send(ANN, &last), TtlExpired, ANN_AND_ONE, [11, 0]);
        assert_eq!(rig.flows(), []);
        rig.send(ANN, &udp(ANN, 5000, ENDPOINT, 53));
        let last = udp(ANN, 5000, ENDPOINT, 53).with(22, &[1]);
        explained(ANN, &last, &rig.send(ANN, &last), TtlExpired, ONLY_ANN, [11, 0]);
    }
}

#[test]
fn every_reason_has_a_test() {
    for reason in DropReason::ALL {
        assert!(COVERED.contains(reason), "{reason:?}");
    }
}
