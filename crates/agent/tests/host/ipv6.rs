//! IPv6 in real namespaces: inside a VPC, through an endpoint, and between the families.

use std::io::ErrorKind;

use agent::carried::{self, Carrier};
use agent::kernel::frames::Frames;
use agent::kernel::maps::Maps;
use agent::kernel::programs::maps_dir;
use agent::resets::Reset;
use agent::sweep::{Memory, sweep};
use agent::whois::{Question, Receiver, whois};
use model::id::{EndpointIndex, GroupIndex, Ipv6Index, PortIndex, Revision, ServerGroupIndex, VipIndex};
use model::net::{PortRange, Transport};
use model::plan::{AddressPlan, HostPlan, Ipv6Plan, PeerPlan, RulePlan, ServerGroupPlan};
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};

use crate::fixture::{self, CLIENT_G, CLIENT_K, Host, SERVER_G, SERVER_K, long_ago};
use crate::traffic::{connect, repeat, repeated, serve, serve_udp, udp_exchange};

fn ipv6(index: u32, address: &str) -> Ipv6Plan {
    Ipv6Plan { index: Ipv6Index(index), address: address.parse().unwrap() }
}

const ADDRESSES: [(PortIndex, u32, &str); 4] = [
    (CLIENT_G, 1, "fd00:1::10"),
    (CLIENT_K, 2, "fd00:1:0:1::10"),
    (SERVER_G, 3, "fd00:2::10"),
    (SERVER_K, 4, "fd00:2:0:1::11"),
];

fn accept(protocol: RuleProtocol, port: u16, from: &str) -> RulePlan {
    let peer = PeerPlan::Ipv6Cidr(from.parse().unwrap());
    RulePlan {
        protocol,
        ports: PortRange::one(port),
        source_ports: ALL_PORTS,
        peer,
        own: None,
        policy: RulePolicy::Accept,
        priority: 1,
    }
}

/// The fixture's host, dual-stack.
pub(crate) fn host(name: &str) -> Host {
    let mut host = Host::configured(name);
    dress(&mut host.plan);
    host.pass();
    host
}

/// Gives everything in the fixture's plan an IPv6 address too. Each group lets the addresses of its own VPC in.
pub(crate) fn dress(plan: &mut HostPlan) {
    for (port, index, address) in ADDRESSES {
        plan.ports.get_mut(&port).unwrap().ipv6 = vec![ipv6(index, address)];
    }
    for (group, range) in [(1, "fd00:1::/56"), (2, "fd00:2::/56")] {
        let group = plan.groups.get_mut(&GroupIndex(group)).unwrap();
        for (protocol, port) in [(RuleProtocol::Tcp, 80), (RuleProtocol::Udp, 53), (RuleProtocol::Icmpv6, 0)]
        {
            group.ingress.push(accept(protocol, port, range));
        }
    }
    plan.vips.get_mut(&VipIndex(1)).unwrap().ipv6 = Some(ipv6(5, "fd00:2::100"));
    plan.vips.get_mut(&VipIndex(2)).unwrap().ipv6 = Some(ipv6(6, "fd00:2:0:1::100"));
    let zones = &mut plan.endpoints.get_mut(&EndpointIndex(1)).unwrap().zones;
    zones[0].ipv6 = Some(ipv6(7, "fd00:1::200"));
    zones[1].ipv6 = Some(ipv6(8, "fd00:1:0:1::200"));
}

pub(crate) fn servers(host: &mut Host) -> &mut ServerGroupPlan {
    host.plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap()
}

/// Servers are reached by IPv6 from now on.
pub(crate) fn serve_by_ipv6(host: &mut Host) {
    host.plan.revision = Revision(2);
    for (server, at) in servers(host).servers.values_mut().zip([(3, "fd00:2::10"), (4, "fd00:2:0:1::11")]) {
        server.address = AddressPlan::Ipv6(ipv6(at.0, at.1));
    }
    host.pass();
}

#[test]
fn neighbours_of_a_vpc_reach_each_other() {
    let host = host("six");
    let _server = serve(host.netns(CLIENT_K), "[fd00:1:0:1::10]:80", "k");
    let mut connection = connect(host.netns(CLIENT_G), "[fd00:1:0:1::10]:80").unwrap();
    assert_eq!(connection.ask(), "k");
    assert_eq!(connection.source().ip(), "fd00:1::10".parse::<std::net::IpAddr>().unwrap());
    for length in [1000, 9000, 65_000] {
        let datagram = vec![7; length];
        let echo = serve_udp(host.netns(CLIENT_K), "[fd00:1:0:1::10]:53");
        assert_eq!(udp_exchange(host.netns(CLIENT_G), "[fd00:1:0:1::10]:53", &datagram).unwrap(), datagram);
        echo.join().unwrap();
    }
    assert!(connect(host.netns(CLIENT_G), "[fd00:1:0:1::10]:81").is_err(), "a port that no rule lets in");
    assert!(connect(host.netns(CLIENT_G), "[fd00:2::10]:80").is_err(), "an address of another VPC");
    let unknown = tables::DropReason::EtherType as u32;
    assert!(host.status().drops.iter().all(|drop| drop.reason != unknown), "IPv6 is carried");
}

#[test]
fn an_endpoint_carries_both_families_to_servers_of_either() {
    let mut host = host("dual");
    let servers = [SERVER_G, SERVER_K].map(|port| host.netns(port));
    let _ipv4 =
        [serve(servers[0].clone(), "10.0.1.10:80", "g"), serve(servers[1].clone(), "10.0.2.11:80", "k")];
    let _ipv6 = [
        serve(servers[0].clone(), "[fd00:2::10]:80", "G"),
        serve(servers[1].clone(), "[fd00:2:0:1::11]:80", "K"),
    ];
    let ask = |host: &Host, address| connect(host.netns(CLIENT_G), address).unwrap().ask();
    for address in ["10.0.1.200:80", "[fd00:1::200]:80"] {
        let mut asked: Vec<_> = (0..8).map(|_| ask(&host, address)).collect();
        asked.sort();
        asked.dedup();
        assert_eq!(asked, ["g", "k"], "{address}");
    }
    serve_by_ipv6(&mut host);
    for address in ["10.0.1.200:80", "[fd00:1::200]:80"] {
        let mut asked: Vec<_> = (0..8).map(|_| ask(&host, address)).collect();
        asked.sort();
        asked.dedup();
        assert_eq!(asked, ["G", "K"], "{address}");
    }
    let maps = Maps::open(&maps_dir(&host.config.bpf_dir())).unwrap();
    let carried = carried::named(&carried::read(&maps).unwrap(), &host.plan);
    let endpoint = Carrier::Endpoint("ep-1".parse().unwrap(), fixture::zone("g"));
    assert_eq!(carried[&endpoint].all.connections, 32, "{carried:?}");
}

/// It speaks in its one address, which servers of IPv6 see behind a prefix, and their groups judge as what it is.
#[test]
fn an_ipv4_load_balancer_leads_to_servers_of_ipv6() {
    let mut host = host("four");
    host.plan.vips.values_mut().for_each(|vip| vip.ipv6 = None);
    let zones = host.plan.endpoints.values_mut().flat_map(|endpoint| &mut endpoint.zones);
    zones.for_each(|zone| zone.ipv6 = None);
    servers(&mut host).servers.pop_last();
    serve_by_ipv6(&mut host);
    let _server = serve(host.netns(SERVER_G), "[fd00:2::10]:80", "G");
    let mut connection = connect(host.netns(CLIENT_G), "10.0.1.200:80").unwrap();
    assert_eq!(connection.ask(), "G");
    let from = format!("[64:ff9b::a00:164]:{}", connection.source().port()).parse().unwrap();
    let question = Question { from, receiver: Receiver::Any };
    let [caller] = &whois(&host.config, &host.plan, &question).unwrap()[..] else { panic!("one caller") };
    assert_eq!((caller.from, caller.client), (from, Some(connection.source())));
    assert!(connect(host.netns(CLIENT_G), "[fd00:1::200]:80").is_err(), "there is no such address");
}

/// Segments are joined to super-packets on the way, in IPv4 to ones that IPv6 only has with a header of their own.
#[test]
fn much_data_arrives_whole_in_and_between_the_families() {
    let mut host = host("bulk");
    servers(&mut host).servers.pop_last();
    host.pass();
    let said: Vec<u8> = (0..8_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let exchange = |host: &Host, server, client| {
        let repeating = repeat(host.netns(SERVER_G), server);
        assert!(repeated(host.netns(CLIENT_G), client, &said) == said, "{client} to {server}");
        repeating.join().unwrap();
    };
    exchange(&host, "10.0.1.10:80", "[fd00:1::200]:80");
    host.plan.revision = Revision(2);
    let at = AddressPlan::Ipv6(ipv6(3, "fd00:2::10"));
    servers(&mut host).servers.values_mut().for_each(|server| server.address = at);
    host.pass();
    exchange(&host, "[fd00:2::10]:80", "10.0.1.200:80");
    exchange(&host, "[fd00:2::10]:80", "[fd00:1::200]:80");
    let refused = tables::DropReason::OtherFamily as u32;
    assert!(host.status().drops.iter().all(|drop| drop.reason != refused), "nothing had to be sent again");
}

/// In fragments, in both directions: super-packets of UDP are those of who asks for them.
#[test]
fn long_datagrams_pass_an_endpoint_in_and_between_the_families() {
    let mut host = host("long");
    servers(&mut host).servers.pop_last();
    servers(&mut host).servers.values_mut().for_each(|server| server.port = 53);
    let listener = host.plan.listeners.values_mut().next().unwrap();
    (listener.protocol, listener.idle_timeout, listener.ports) = (Transport::Udp, 20, PortRange::one(53));
    host.pass();
    let exchange = |host: &Host, server, client| {
        for length in [1, 1472, 1473, 9000, 65_000] {
            let datagram = vec![7; length];
            let echo = serve_udp(host.netns(SERVER_G), server);
            let said = udp_exchange(host.netns(CLIENT_G), client, &datagram);
            assert_eq!(said.unwrap(), datagram, "{length} bytes to {client}");
            echo.join().unwrap();
        }
    };
    exchange(&host, "10.0.1.10:53", "10.0.1.200:53");
    exchange(&host, "10.0.1.10:53", "[fd00:1::200]:53");
    host.plan.revision = Revision(2);
    let at = AddressPlan::Ipv6(ipv6(3, "fd00:2::10"));
    servers(&mut host).servers.values_mut().for_each(|server| server.address = at);
    host.pass();
    exchange(&host, "[fd00:2::10]:53", "[fd00:1::200]:53");
    exchange(&host, "[fd00:2::10]:53", "10.0.1.200:53");
}

#[test]
fn idle_connections_are_reset_in_ipv6_too() {
    let mut host = host("reset6");
    serve_by_ipv6(&mut host);
    let _servers = [
        serve(host.netns(SERVER_G), "[fd00:2::10]:80", "G"),
        serve(host.netns(SERVER_K), "[fd00:2:0:1::11]:80", "K"),
    ];
    let mut ends = ["10.0.1.200:80", "[fd00:1::200]:80"].map(|to| connect(host.netns(CLIENT_G), to).unwrap());
    ends.iter_mut().for_each(|end| assert!(!end.ask().is_empty()));
    let maps = Maps::open(&maps_dir(&host.config.bpf_dir())).unwrap();
    for (key, flow) in maps.flows.entries().unwrap() {
        maps.flows.set(&key, &tables::Flow { last_seen: long_ago(&flow), timeout: 1, ..flow }).unwrap();
    }
    let frames = Frames::open(&host.config.fabric()).unwrap();
    let send = |reset: Reset| frames.send(reset.interface, reset.receiver, &reset.frame).unwrap();
    assert_eq!(sweep(&maps, &mut Memory::default(), send, |_| ()).unwrap().cut, 2);
    for end in &mut ends {
        assert_eq!(end.ended(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn an_address_can_come_and_go() {
    let mut host = host("come6");
    let listens = |host: &Host| {
        host.netns(CLIENT_K).within(|| std::net::TcpListener::bind("[fd00:1:0:1::10]:80")).unwrap()
    };
    assert!(listens(&host).is_ok());
    host.plan.revision = Revision(2);
    host.plan.ports.get_mut(&CLIENT_K).unwrap().ipv6.clear();
    host.pass();
    assert!(listens(&host).is_err(), "no such address");
    assert!(connect(host.netns(CLIENT_G), "[fd00:1:0:1::10]:80").is_err());
    host.plan.revision = Revision(3);
    host.plan.ports.get_mut(&CLIENT_K).unwrap().ipv6 =
        vec![ipv6(2, "fd00:1:0:1::10"), ipv6(9, "fd00:1:0:1::12")];
    host.pass();
    let _server = serve(host.netns(CLIENT_K), "[fd00:1:0:1::12]:80", "k");
    assert_eq!(connect(host.netns(CLIENT_G), "[fd00:1:0:1::12]:80").unwrap().ask(), "k");
    assert_eq!(host.pass().changes.entries, 0, "a pass over what is right changes nothing");
}
