//! A small world in the kernel's maps, and packets sent through the real program.

use std::{collections::BTreeMap, net::Ipv4Addr, path::Path, process::Command};

use agent::kernel::{clock, fit::fit};
use aya::{
    Ebpf, EbpfLoader, Pod, TestRun as _,
    maps::{
        Array, HashMap, MapData, PerCpuArray, PerCpuHashMap, RingBuf,
        lpm_trie::{Key, LpmTrie},
    },
    programs::{SchedClassifier, TestRunOptions},
};
use tables::{
    Address, AddressKey, AddressKind, Bucket, Carried, CarriedKey, Choice, Clock, Counter, DropKey,
    DropReason, Event, Flow, FlowKey, GATEWAY_MAC, Header, HeaderKey, Ipv6, Limit, Listener, ListenerAt,
    Load, Locals, LocalsKey, MemberKey, Policy, Port, PortKind, Ports, Purpose, Rate, RateKey, RouteAt, Rule,
    RuleAction, RuleFamily, SERVICES_NETWORK, Server, Side, Tick, mac,
};

use crate::{
    wire::Packet,
    wire6::{six, words},
};

/// Verdicts of a classifier.
pub(crate) const DROPPED: u32 = 2;
pub(crate) const REDIRECTED: u32 = 7;

/// An instance, or the host's services, as its packets see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) ifindex: u32,
    pub(crate) index: u32,
    pub(crate) network: u32,
    pub(crate) address: &'static str,
    pub(crate) alias: &'static str,
    pub(crate) mac: [u8; 6],
}

const fn peer(n: u8, network: u32, address: &'static str, alias: &'static str) -> Peer {
    Peer { ifindex: 100 + n as u32, index: n as u32, network, address, alias, mac: [2, 0, 0, 0, 0, n] }
}

/// Two consumers in network 1; two servers and a bystander in network 2, whose addresses overlap with network 1.
pub(crate) const ANN: Peer = peer(1, 1, "10.0.0.10", "100.64.0.11");
pub(crate) const BOB: Peer = peer(2, 1, "10.0.0.20", "100.64.0.12");
pub(crate) const ONE: Peer = peer(3, 2, "10.0.0.30", "100.64.0.13");
pub(crate) const TWO: Peer = peer(4, 2, "10.0.0.31", "100.64.0.14");
pub(crate) const TWIN: Peer = peer(5, 2, "10.0.0.10", "100.64.0.15");
pub(crate) const HOST: Peer = peer(6, SERVICES_NETWORK, "100.64.0.1", "0.0.0.0");
/// A neighbour of Ann and Bob.
pub(crate) const EVE: Peer = peer(7, 1, "10.0.0.21", "100.64.0.17");
pub(crate) const PEERS: [Peer; 7] = [ANN, BOB, ONE, TWO, TWIN, HOST, EVE];

pub(crate) const ENDPOINT: &str = "10.0.0.100";
pub(crate) const NLB: &str = "10.0.0.200";
pub(crate) const GATEWAY: &str = "10.0.0.1";
pub(crate) const RESOLVER: &str = "100.100.2.136";
pub(crate) const PROXY: &str = "100.64.0.2";
pub(crate) const NLB_ALIAS: &str = "100.112.0.41";
/// Dense ids.
pub(crate) const CONNECTION: u32 = 31;
pub(crate) const VIP: u32 = 41;
pub(crate) const GROUP: u32 = 61;
pub(crate) const SERVER_ONE: u32 = 51;
pub(crate) const SERVER_TWO: u32 = 52;
/// A policy for each role, so that a test can change one.
pub(crate) const ANN_OUT: u32 = 1;
pub(crate) const BOB_IN: u32 = 2;
pub(crate) const ENDPOINT_IN: u32 = 3;
pub(crate) const ONE_IN: u32 = 4;
pub(crate) const ANY: u32 = 5;
pub(crate) const NLB_IN: u32 = 6;

pub(crate) fn ip(address: &str) -> u32 {
    u32::from_ne_bytes(address.parse::<Ipv4Addr>().expect("an address").octets())
}

/// What one packet did.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) verdict: u32,
    pub(crate) packet: Packet,
    /// Every counter that changed.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) drops: BTreeMap<(u32, DropReason), u64>,
    /// What the flow log is told.
    pub(crate) events: Vec<Event>,
}

pub(crate) struct Rig {
    ebpf: Ebpf,
    events: RingBuf<MapData>,
}

fn object() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../datapath/object/datapath.o");
    let path = std::env::var_os("ISTHMUS_DATAPATH").map_or(path, Into::into);
    std::fs::read(&path).expect("the kernel object: cargo xtask datapath")
}

impl Rig {
    /// A namespace of its own, the program, and the world. The namespace ends with the test's thread.
    pub(crate) fn new() -> Rig {
        Self::with_flows(4096)
    }

    pub(crate) fn with_flows(flows: u32) -> Rig {
        Self::load(&fit(&object()), flows)
    }

    /// The program as it is for kernels that do not let it see how checksums stand.
    pub(crate) fn without_sight() -> Rig {
        Self::load(&object(), 4096)
    }

    fn load(object: &[u8], flows: u32) -> Rig {
        enter_namespace();
        let mut loader = EbpfLoader::new();
        loader.map_max_entries("FLOWS", flows);
        // A small world needs small maps, and each test makes its own.
        for map in [
            "SLOTS",
            "ADDRESSES",
            "MEMBERS",
            "SERVERS",
            "PORTS",
            "POLICIES",
            "LISTENERS",
            "TURNS",
            "CARRIED",
            "HEADERS",
        ] {
            loader.map_max_entries(map, 1024);
        }
        let mut ebpf = loader.load(object).expect("maps: these tests need root");
        for name in ["ingress", "empty", clock::PROGRAM] {
            let program: &mut SchedClassifier =
                ebpf.program_mut(name).expect("a program").try_into().expect("a classifier");
            program.load().expect("the verifier accepts the program");
        }
        let events = ebpf.take_map("EVENTS").expect("EVENTS").try_into().expect("a ring");
        let mut rig = Rig { ebpf, events };
        rig.populate();
        rig
    }

    fn populate(&mut self) {
        for peer in PEERS {
            self.port(peer, |_| ());
        }
        for policy in [ANN_OUT, BOB_IN, ENDPOINT_IN, ONE_IN, ANY] {
            self.policy(policy, &[accept()]);
        }
        self.address(1, ENDPOINT, |a| {
            a.kind = AddressKind::Endpoint as u8;
            a.index = CONNECTION;
            a.ingress_policy = ENDPOINT_IN;
            a.vip = VIP;
            a.nlb_address = ip(NLB);
        });
        self.address(2, NLB, |a| {
            a.kind = AddressKind::LoadBalancer as u8;
            a.index = VIP;
            a.vip = VIP;
            a.nlb_address = ip(NLB);
        });
        for network in [1, 2] {
            self.address(network, GATEWAY, |a| a.kind = AddressKind::Gateway as u8);
        }
        self.address(SERVICES_NETWORK, RESOLVER, |a| {
            a.kind = AddressKind::Service as u8;
            a.ifindex = HOST.ifindex;
            a.mac = mac(HOST.mac);
        });
        self.address(SERVICES_NETWORK, PROXY, |a| {
            a.kind = AddressKind::Proxy as u8;
            a.ifindex = HOST.ifindex;
            a.mac = mac(HOST.mac);
        });
        self.address(SERVICES_NETWORK, NLB_ALIAS, |a| {
            a.kind = AddressKind::LoadBalancer as u8;
            a.vip = VIP;
            a.nlb_address = ip(NLB);
        });
        self.server(SERVER_ONE, ONE, |_| ());
        self.listener(80, 6, |_| ());
        self.listener(53, 17, |l| l.idle_timeout = 20);
        self.slot(SERVER_ONE);
        self.epoch(1);
    }

    pub(crate) fn port(&mut self, peer: Peer, change: impl FnOnce(&mut Port)) {
        let services = peer.network == SERVICES_NETWORK;
        let ingress_policy = match peer {
            BOB => BOB_IN,
            ONE => ONE_IN,
            _ => ANY,
        };
        let mut port = Port {
            network: peer.network,
            address: ip(peer.address),
            alias: ip(peer.alias),
            index: peer.index,
            table: 0,
            egress_policy: if peer == ANN { ANN_OUT } else { ANY },
            ingress_policy,
            mac: mac(peer.mac),
            kind: if services { PortKind::Services } else { PortKind::Instance } as u8,
            pad: 0,
        };
        change(&mut port);
        self.hash("PORTS").insert(peer.ifindex, port, 0).expect("a port");
        if !services {
            for (network, address) in [(peer.network, peer.address), (SERVICES_NETWORK, peer.alias)] {
                self.address(network, address, |a| {
                    a.kind = AddressKind::Port as u8;
                    a.ifindex = peer.ifindex;
                    a.address = ip(peer.address);
                    a.index = peer.index;
                    a.ingress_policy = if network == SERVICES_NETWORK { 0 } else { port.ingress_policy };
                    a.mac = mac(peer.mac);
                });
            }
        }
    }

    /// Gives an instance its IPv6 address, with what stands for it and its alias.
    pub(crate) fn ipv6(&mut self, peer: Peer) {
        let stand_in = format!("240.0.0.{}", peer.index);
        self.names_ipv6(&stand_in, &six(peer));
        let plain: Address = {
            let key = AddressKey { network: peer.network, address: ip(peer.address) };
            self.hash("ADDRESSES").get(&key, 0).expect("the peer's address")
        };
        let alias = format!("100.104.0.{}", peer.index);
        for (network, address, policy) in
            [(peer.network, &stand_in, plain.ingress_policy), (SERVICES_NETWORK, &alias, 0)]
        {
            let own = Address { address: ip(&stand_in), ingress_policy: policy, ..plain };
            self.address(network, address, |a| *a = own);
        }
    }

    /// Lets a number stand for an IPv6 address.
    pub(crate) fn names_ipv6(&mut self, stand_in: &str, address: &str) {
        let address = Ipv6(words(address));
        self.hash("IPV6").insert(address, ip(stand_in), 0).expect("an address");
        self.hash("IPV6_ADDRESSES").insert(ip(stand_in), address, 0).expect("an address");
    }

    pub(crate) fn address(&mut self, network: u32, address: &str, fill: impl FnOnce(&mut Address)) {
        let mut value = Address {
            ifindex: 0,
            address: 0,
            index: 0,
            ingress_policy: 0,
            egress_policy: 0,
            vip: 0,
            nlb_address: 0,
            nlb_ipv6: 0,
            mac: [0; 3],
            replaced_vip: 0,
            replaced_address: 0,
            replaced_ipv6: 0,
            kind: 0,
            limited: 0,
            lease: 0,
            open: 0,
            pad: [0; 2],
        };
        let key = AddressKey { network, address: ip(address) };
        if let Ok(old) = self.hash::<AddressKey, Address>("ADDRESSES").get(&key, 0) {
            value = old;
        }
        fill(&mut value);
        self.hash("ADDRESSES").insert(key, value, 0).expect("an address");
    }

    pub(crate) fn remove_address(&mut self, network: u32, address: &str) {
        let key = AddressKey { network, address: ip(address) };
        self.hash::<AddressKey, Address>("ADDRESSES").remove(&key).expect("the address");
    }

    /// Sets what a range means in a scope of `ROUTES`.
    pub(crate) fn route(&mut self, scope: u32, range: &str, value: u32) {
        let range: ipnet::Ipv4Net = range.parse().expect("a range");
        let at = RouteAt { scope, address: ip(&range.network().to_string()) };
        let map = self.ebpf.map_mut("ROUTES").expect("ROUTES");
        let mut routes: LpmTrie<_, RouteAt, u32> = map.try_into().expect("routes");
        routes.insert(&Key::new(32 + u32::from(range.prefix_len()), at), value, 0).expect("a route");
    }

    /// Each policy has a thousand places of its own in `RULES`.
    pub(crate) fn policy(&mut self, id: u32, rules: &[Rule]) {
        let first = id * 1000;
        for (place, rule) in (first..).zip(rules) {
            self.array::<Rule>("RULES").set(place, rule, 0).expect("a rule");
        }
        let policy = Policy { first, count: rules.len() as u32 };
        self.hash("POLICIES").insert(id, policy, 0).expect("a policy");
    }

    pub(crate) fn member(&mut self, group: u32, address: &str) {
        let key = MemberKey { group, address: ip(address) };
        self.hash("MEMBERS").insert(key, 1u8, 0).expect("a member");
    }

    pub(crate) fn listener(&mut self, port: u16, protocol: u8, change: impl FnOnce(&mut Listener)) {
        self.listener_of(VIP, port, protocol, change);
    }

    pub(crate) fn listener_of(
        &mut self,
        vip: u32,
        port: u16,
        protocol: u8,
        change: impl FnOnce(&mut Listener),
    ) {
        let mut listener = plain_listener();
        change(&mut listener);
        self.listens(vip, (port, 16), protocol, listener);
    }

    /// A listener on all ports that share so many first bits with `port`.
    pub(crate) fn listens(&mut self, vip: u32, (port, bits): (u16, u32), protocol: u8, listener: Listener) {
        for ipv6 in [0, 1] {
            let at = ListenerAt { vip, protocol, ipv6, port: port.to_be() };
            self.listeners().insert(&Key::new(48 + bits, at), listener, 0).expect("a listener");
        }
    }

    /// The listener on port 80 as clients of IPv6 find it.
    pub(crate) fn listener_of_ipv6(&mut self, change: impl FnOnce(&mut Listener)) {
        let at = ListenerAt { vip: VIP, protocol: 6, ipv6: 1, port: 80u16.to_be() };
        let mut listener = plain_listener();
        change(&mut listener);
        self.listeners().insert(&Key::new(64, at), listener, 0).expect("a listener");
    }

    fn listeners(&mut self) -> LpmTrie<&mut MapData, ListenerAt, Listener> {
        let map = self.ebpf.map_mut("LISTENERS").expect("LISTENERS");
        map.try_into().expect("listeners")
    }

    pub(crate) fn remove_listener(&mut self, port: u16) {
        for ipv6 in [0, 1] {
            let at = ListenerAt { vip: VIP, protocol: 6, ipv6, port: port.to_be() };
            self.listeners().remove(&Key::new(64, at)).expect("the listener");
        }
    }

    /// What servers of the listeners are told of connections through an endpoint, or (0) of others, besides their addresses.
    pub(crate) fn header(&mut self, endpoint: u32, told: &[u8]) {
        let mut values = [0; Header::MOST as usize];
        values[..told.len()].copy_from_slice(told);
        let words = values.chunks(2).map(|word| u64::from(u16::from_ne_bytes([word[0], word[1]])));
        let sum = tables::checksum::delta(words.sum()) as u16;
        let key = HeaderKey { listener: plain_listener().index, endpoint };
        let header = Header { length: told.len() as u16, sum, values };
        self.hash("HEADERS").insert(key, header, 0).expect("a header");
    }

    /// From where the load balancer speaks to servers of a family.
    pub(crate) fn locals(&mut self, ipv6: bool, addresses: &[&str]) {
        let mut locals = Locals { count: addresses.len() as u32, addresses: [0; Locals::MOST as usize] };
        locals.addresses.iter_mut().zip(addresses).for_each(|(place, address)| *place = ip(address));
        self.hash("LOCALS")
            .insert(LocalsKey { vip: VIP, ipv6: u32::from(ipv6) }, locals, 0)
            .expect("addresses");
    }

    pub(crate) fn server(&mut self, id: u32, peer: Peer, change: impl FnOnce(&mut Server)) {
        let mut server = Server {
            address: ip(peer.address),
            ifindex: peer.ifindex,
            server_group: GROUP,
            ingress_policy: if peer == ONE { ONE_IN } else { ANY },
            port_index: peer.index,
            mac: mac(peer.mac),
            port: 8080u16.to_be(),
            source: 0,
            network: 0,
            pad: 0,
            until: 0,
        };
        change(&mut server);
        self.hash("SERVERS").insert(id, server, 0).expect("a server");
    }

    pub(crate) fn slot(&mut self, server: u32) {
        self.slots(&[server]);
    }

    pub(crate) fn slots(&mut self, servers: &[u32]) {
        for (place, server) in (0..).zip(servers) {
            self.array::<u32>("SLOTS").set(place, server, 0).expect("a slot");
        }
    }

    /// Limits the endpoint's connection to so many Mbit/s, which requests and replies have used until then (nanoseconds).
    pub(crate) fn limit(&mut self, mbit: u32, used: [u64; 2]) {
        let buckets = used.map(|until| Bucket { until, refused: 0 });
        self.hash("LIMITS").insert(CONNECTION, Limit { buckets, ..Limit::of(mbit) }, 0).expect("a limit");
        self.address(1, ENDPOINT, |a| a.limited = 1);
    }

    /// Until when the bandwidth of requests and of replies is used, nanoseconds.
    pub(crate) fn used(&mut self) -> [u64; 2] {
        let limit: Limit = self.hash("LIMITS").get(&CONNECTION, 0).expect("the limit");
        limit.buckets.map(|bucket| bucket.until)
    }

    /// The listeners on ports 80 and 53 choose one of these servers, of equal weight, in this way.
    pub(crate) fn choose(&mut self, choice: Choice, servers: &[u32]) {
        let slots: Vec<u32> = match choice {
            Choice::Turn | Choice::LeastConnections => servers.to_vec(),
            Choice::Tuple | Choice::Source | Choice::ConnectionId => {
                servers.iter().flat_map(|server| [*server, 100]).collect()
            }
        };
        self.slots(&slots);
        for (port, protocol) in [(80, 6), (53, 17)] {
            self.listener(port, protocol, |l| {
                l.choice = choice as u8;
                l.slots = slots.len() as u32;
            });
        }
    }

    /// The weight of a server that is chosen by its connections, and how many it has.
    pub(crate) fn weigh(&mut self, server: u32, weight: u32, connections: i32) {
        self.hash("LOADS").insert(server, Load { weight, connections }, 0).expect("a load");
    }

    /// Connections of a server.
    pub(crate) fn connections(&mut self, server: u32) -> i32 {
        self.hash::<u32, Load>("LOADS").get(&server, 0).expect("the load").connections
    }

    /// So many new connections a second in a zone, for one listener or (0) all of them. Listeners that are `rated` ask.
    pub(crate) fn rate(&mut self, vip: u32, listener: u32, a_second: u32) {
        self.hash("RATES").insert(RateKey { vip, listener }, Rate::of(a_second), 0).expect("a rate");
    }

    pub(crate) fn remove_server(&mut self, id: u32) {
        self.hash::<u32, Server>("SERVERS").remove(&id).expect("the server");
    }

    /// The clock of flows.
    pub(crate) fn clock(&mut self) -> Clock {
        clock::read(self.program(clock::PROGRAM)).expect("the clock")
    }

    /// The clock of everything else, nanoseconds.
    pub(crate) fn now(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }

    /// Makes the next connection take the place of the half-open one that came as number `number`, from 0.
    pub(crate) fn come_round_to(&mut self, number: u64) {
        self.array("OPENED").set(0, (1u64 << 16) + number, 0).expect("the count");
    }

    pub(crate) fn epoch(&mut self, epoch: u32) {
        self.array("EPOCH").set(0, epoch, 0).expect("the epoch");
    }

    pub(crate) fn flows(&mut self) -> Vec<(FlowKey, Flow)> {
        self.hash("FLOWS").iter().map(|entry| entry.expect("an entry")).collect()
    }

    pub(crate) fn flow(&mut self, key: &FlowKey) -> Flow {
        self.hash("FLOWS").get(key, 0).expect("the flow")
    }

    pub(crate) fn remove_flow(&mut self, key: &FlowKey) {
        self.hash::<FlowKey, Flow>("FLOWS").remove(key).expect("the flow");
    }

    /// What connections that are over have carried.
    pub(crate) fn carried(&mut self) -> BTreeMap<CarriedKey, Carried> {
        self.hash("CARRIED").iter().map(|entry| entry.expect("an entry")).collect()
    }

    /// Leaves no room for what connections carry.
    pub(crate) fn fill_carried(&mut self) {
        let mut carried = self.hash("CARRIED");
        let row = |id| CarriedKey { id, endpoint: 0, address: 0, port: 0, by: 0, agent: 0 };
        let full = (0..u32::MAX).any(|id| carried.insert(row(id), Carried::default(), 0).is_err());
        assert!(full, "it has an end");
    }

    pub(crate) fn change_flows(&mut self, change: impl Fn(&mut Flow)) {
        for (key, mut flow) in self.flows() {
            change(&mut flow);
            self.hash("FLOWS").insert(key, flow, 0).expect("a flow");
        }
    }

    /// Lets so many seconds pass without a packet.
    pub(crate) fn age(&mut self, seconds: u64) {
        let steps = seconds as u32 * self.clock().hz;
        self.change_flows(|flow| flow.last_seen = Tick(flow.last_seen.0.wrapping_sub(steps)));
    }

    pub(crate) fn insert_flow(&mut self, key: FlowKey, flow: Flow) {
        self.hash("FLOWS").insert(key, flow, 0).expect("a flow");
    }

    /// Replaces every entry of the flow table by those that `change` gives.
    pub(crate) fn rewrite_flows(&mut self, change: impl Fn(&FlowKey, &Flow) -> Vec<(FlowKey, Flow)>) {
        for (key, flow) in self.flows() {
            self.hash::<FlowKey, Flow>("FLOWS").remove(&key).expect("the flow");
            for (key, flow) in change(&key, &flow) {
                self.hash("FLOWS").insert(key, flow, 0).expect("a flow");
            }
        }
    }

    /// Lets a port send from any address.
    pub(crate) fn anyone(&mut self, from: Peer) {
        self.route(tables::SOURCES_OF_PORT | from.index, "0.0.0.0/0", 1);
    }

    /// Sends a first packet, forgets its flow, and gives the destination port that it left with.
    pub(crate) fn first(&mut self, from: Peer, packet: &Packet) -> u16 {
        let (verdict, out) = self.run("ingress", from.ifindex, &packet.0);
        assert_eq!(verdict, REDIRECTED);
        for (key, _) in self.flows() {
            self.hash::<FlowKey, Flow>("FLOWS").remove(&key).expect("the flow");
        }
        u16::from_be_bytes([out[36], out[37]])
    }

    /// Sends a packet as `from` and says everything that happened.
    pub(crate) fn send(&mut self, from: Peer, packet: &Packet) -> Outcome {
        self.send_bytes(from.ifindex, &packet.0)
    }

    pub(crate) fn send_bytes(&mut self, ifindex: u32, bytes: &[u8]) -> Outcome {
        let before = (self.counts(), self.drops());
        let (verdict, out) = self.run("ingress", ifindex, bytes);
        let after = (self.counts(), self.drops());
        Outcome {
            verdict,
            packet: Packet(out),
            counts: difference(&before.0, &after.0),
            drops: difference(&before.1, &after.1),
            events: self.events(),
        }
    }

    /// What has been told since the last look.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(bytes) = self.events.next() {
            all.push(agent::kernel::events::parse(&bytes).expect("an event"));
        }
        all
    }

    /// Sends a packet, and says the verdict alone.
    pub(crate) fn pass(&mut self, from: Peer, packet: &Packet) -> u32 {
        self.run("ingress", from.ifindex, &packet.0).0
    }

    fn run(&mut self, program: &str, ifindex: u32, bytes: &[u8]) -> (u32, Vec<u8>) {
        let context = context(ifindex);
        let mut out = vec![0; bytes.len() + 256];
        let mut options = TestRunOptions::new();
        options.data_in = Some(bytes);
        options.data_out = Some(&mut out);
        options.ctx_in = Some(&context);
        let result = self.program(program).test_run(options).expect("a test run");
        out.truncate(result.data_size_out as usize);
        (result.return_value, out)
    }

    /// Nanoseconds of one run, on average over `repeat` runs on the same packet.
    pub(crate) fn time(&mut self, program: &str, ifindex: u32, bytes: &[u8], repeat: u32) -> u128 {
        let context = context(ifindex);
        let mut options = TestRunOptions::new();
        options.data_in = Some(bytes);
        options.ctx_in = Some(&context);
        options.repeat = repeat;
        self.program(program).test_run(options).expect("a test run").duration.as_nanos()
    }

    pub(crate) fn program(&mut self, name: &str) -> &mut SchedClassifier {
        self.ebpf.program_mut(name).expect("a program").try_into().expect("a classifier")
    }

    pub(crate) fn counts(&mut self) -> BTreeMap<&'static str, u64> {
        let map: PerCpuArray<_, Counter> =
            self.ebpf.map("COUNTERS").expect("COUNTERS").try_into().expect("counters");
        Purpose::ALL
            .iter()
            .map(|purpose| {
                let values = map.get(&(*purpose as u32), 0).expect("a counter");
                (name(*purpose), values.iter().map(|v| v.packets).sum())
            })
            .collect()
    }

    pub(crate) fn drops(&mut self) -> BTreeMap<(u32, DropReason), u64> {
        let map: PerCpuHashMap<_, DropKey, Counter> =
            self.ebpf.map("DROPS").expect("DROPS").try_into().expect("drops");
        map.iter()
            .map(|entry| {
                let (key, values) = entry.expect("a drop");
                let reason = DropReason::from_number(key.reason).expect("a reason");
                ((key.port, reason), values.iter().map(|v| v.packets).sum())
            })
            .collect()
    }

    fn hash<K: Pod, V: Pod>(&mut self, name: &str) -> HashMap<&mut MapData, K, V> {
        let map = self.ebpf.map_mut(name).expect("the map");
        map.try_into().expect("a hash map of this size")
    }

    fn array<V: Pod>(&mut self, name: &str) -> Array<&mut MapData, V> {
        let map = self.ebpf.map_mut(name).expect("the map");
        map.try_into().expect("an array of this size")
    }
}

fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Forwarded => "forwarded",
        Purpose::NewFlow => "new",
        Purpose::Rejudged => "rejudged",
        Purpose::Hairpin => "hairpin",
        Purpose::PortRemapped => "remapped",
        Purpose::PushedOut => "pushed out",
        Purpose::CarriedLost => "carried lost",
        Purpose::CarriedLostInSweep => "carried lost in sweep",
        Purpose::ArpAnswered => "arp",
        Purpose::EchoAnswered => "echo",
        Purpose::IcmpTranslated => "icmp",
        Purpose::IcmpSent => "icmp sent",
        Purpose::ArpSwallowed => "swallowed",
        Purpose::EventLost => "event lost",
    }
}

fn difference<K: Ord + Copy>(before: &BTreeMap<K, u64>, after: &BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    let change = |(key, value): (&K, &u64)| (*key, value - before.get(key).copied().unwrap_or(0));
    after.iter().map(change).filter(|(_, n)| *n != 0).collect()
}

/// `struct __sk_buff` up to and with `ifindex`, the only field set.
fn context(ifindex: u32) -> [u8; 192] {
    let mut context = [0; 192];
    context[40..44].copy_from_slice(&ifindex.to_ne_bytes());
    context
}

pub(crate) fn gateway() -> [u8; 6] {
    GATEWAY_MAC
}

/// A listener with one slot.
pub(crate) fn plain_listener() -> Listener {
    Listener {
        first_slot: 0,
        slots: 1,
        index: 81,
        server_group: GROUP,
        idle_timeout: 900,
        preserve_client: 1,
        proxied: 0,
        choice: Choice::Turn as u8,
        rated: 0,
        mss: 0,
        header: 0,
        pad: [0; 3],
    }
}

/// A rule that matches everything.
pub(crate) fn accept() -> Rule {
    Rule {
        peer: Side::ANY,
        own: Side::ANY,
        source_ports: Ports::ANY,
        ports: Ports::ANY,
        protocol: 0,
        action: RuleAction::Accept as u8,
        pad: [0; 2],
    }
}

/// One port.
pub(crate) fn only(port: u16) -> Ports {
    Ports { low: port, high: port }
}

/// One address.
pub(crate) fn alone(address: &str) -> Side {
    Side::of(ip(address), !0, RuleFamily::Any)
}

/// Interfaces with the numbers of the peers: the kernel wants them to exist.
fn enter_namespace() {
    // SAFETY: only the network namespace of this thread changes, no file descriptors.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }.expect("root");
    for peer in PEERS {
        let (near, far) = (format!("near{}", peer.index), format!("far{}", peer.index));
        let status = Command::new("ip")
            .args([
                "link",
                "add",
                &near,
                "index",
                &peer.ifindex.to_string(),
                "type",
                "veth",
                "peer",
                "name",
                &far,
            ])
            .status()
            .expect("ip of iproute2");
        assert!(status.success(), "a veth pair");
    }
}
