//! From an image to the kernel's own types. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use model::id::{EndpointIndex, ListenerIndex, Network, PortIndex, ServerGroupIndex, ServerIndex, VipIndex};
use model::net::{Family, Transport, services};
use tables::{
    Address, AddressKey, AddressKind, Header, HeaderKey, Ipv6, Limit, Listener, ListenerAt, ListenerPrefix,
    Load, Locals, LocalsKey, MemberKey, Port, PortKind, Rate, RateKey, RouteAt, RoutePrefix,
    SERVICES_NETWORK, Server, checksum, mac,
};

use crate::image::{
    AddressImage, Image, ListenerImage, LocalImage, PolicyRef, PortImage, RouteImage, ServerImage,
};
use crate::kernel::links::SERVICES_MAC;
use crate::kernel::packed::{packed, packed_ipv6};
use crate::leaving::Former;
use crate::prefixes::prefixes;
use crate::ranges::Place;
use crate::reverse::Behind;

/// Where the lists of an image are in the kernel.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Kernel id of each policy.
    pub policies: Vec<u32>,
    /// Slots of each server table.
    pub server_tables: Vec<Place>,
}

impl Places {
    fn policy(&self, policy: PolicyRef) -> u32 {
        self.policies[policy.0]
    }
}

/// Contents of `PORTS`.
pub fn ports(image: &Image, places: &Places) -> HashMap<u32, Port> {
    let instances = image.ports.iter().map(|(ifindex, port)| (*ifindex, instance_port(port, places)));
    instances.chain([(image.services, services_port())]).collect()
}

fn instance_port(port: &PortImage, places: &Places) -> Port {
    Port {
        network: port.network.0,
        address: packed(port.address),
        alias: packed(services::alias(port.index)),
        index: port.index.0,
        table: port.table,
        egress_policy: places.policy(port.egress),
        ingress_policy: places.policy(port.ingress),
        mac: mac(port.mac.0),
        kind: PortKind::Instance as u8,
        pad: 0,
    }
}

fn services_port() -> Port {
    Port {
        network: SERVICES_NETWORK,
        address: packed(services::PROBE_SOURCE),
        alias: 0,
        index: 0,
        table: 0,
        egress_policy: 0,
        ingress_policy: 0,
        mac: mac(SERVICES_MAC.0),
        kind: PortKind::Services as u8,
        pad: 0,
    }
}

/// Contents of `ADDRESSES`.
pub fn addresses(image: &Image, places: &Places) -> HashMap<AddressKey, Address> {
    let entry = |((network, at), what): (&(Network, Ipv4Addr), &AddressImage)| {
        let key = AddressKey { network: network.0, address: packed(*at) };
        (key, address(*at, what, image.services, places))
    };
    image.addresses.iter().map(entry).collect()
}

fn address(at: Ipv4Addr, what: &AddressImage, services: u32, places: &Places) -> Address {
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
        kind: kind(what) as u8,
        limited: 0,
        lease: 0,
        open: 0,
        pad: [0; 2],
    };
    match what {
        AddressImage::Port { ifindex, index, address, mac: port_mac, ingress } => {
            value.ifindex = *ifindex;
            value.address = packed(*address);
            value.index = index.0;
            value.ingress_policy = ingress.map_or(0, |ingress| places.policy(ingress));
            value.mac = mac(port_mac.0);
        }
        AddressImage::LoadBalancer(vip, ingress, local) => {
            value.ingress_policy = ingress.map_or(0, |ingress| places.policy(ingress));
            value.index = vip.0;
            value.vip = vip.0;
            (value.nlb_address, value.nlb_ipv6) = packed_local(*local);
        }
        AddressImage::Endpoint { index, ingress, vip, replaced, lease, limited } => {
            let serving = |at: &Option<(VipIndex, LocalImage)>| {
                at.map_or((0, (0, 0)), |(vip, local)| (vip.0, packed_local(local)))
            };
            value.index = index.0;
            value.limited = u8::from(*limited);
            value.ingress_policy = places.policy(*ingress);
            (value.vip, (value.nlb_address, value.nlb_ipv6)) = serving(vip);
            (value.replaced_vip, (value.replaced_address, value.replaced_ipv6)) = serving(replaced);
            value.lease = *lease;
        }
        AddressImage::Reverse { index, egress, source, open } => {
            value.index = index.0;
            value.egress_policy = places.policy(*egress);
            value.nlb_address = packed(*source);
            value.open = u8::from(*open);
        }
        AddressImage::Gateway | AddressImage::Local => {}
        AddressImage::VipAlias { vip, zonal, local } => {
            value.index = vip.0;
            value.vip = vip.0;
            value.address = local.map_or(0, packed);
            (value.nlb_address, value.nlb_ipv6) = packed_local(*zonal);
        }
        AddressImage::Service | AddressImage::Proxy => {
            value.ifindex = services;
            value.address = packed(at);
            value.mac = mac(SERVICES_MAC.0);
        }
    }
    value
}

fn packed_local(local: LocalImage) -> (u32, u32) {
    (packed(local.address), local.ipv6.map_or(0, packed))
}

fn kind(what: &AddressImage) -> AddressKind {
    match what {
        AddressImage::Port { .. } => AddressKind::Port,
        AddressImage::LoadBalancer(..) | AddressImage::VipAlias { .. } => AddressKind::LoadBalancer,
        AddressImage::Local => AddressKind::Local,
        AddressImage::Endpoint { .. } => AddressKind::Endpoint,
        AddressImage::Reverse { .. } => AddressKind::Reverse,
        AddressImage::Gateway => AddressKind::Gateway,
        AddressImage::Service => AddressKind::Service,
        AddressImage::Proxy => AddressKind::Proxy,
    }
}

/// Contents of `IPV6`.
pub fn ipv6(image: &Image) -> HashMap<Ipv6, u32> {
    image.ipv6.iter().map(|(index, address)| (packed_ipv6(*address), tables::ipv6(index.0))).collect()
}

/// Contents of `IPV6_ADDRESSES`.
pub fn ipv6_addresses(image: &Image) -> HashMap<u32, Ipv6> {
    image.ipv6.iter().map(|(index, address)| (tables::ipv6(index.0), packed_ipv6(*address))).collect()
}

/// Contents of `ROUTES`.
pub fn routes(image: &Image) -> HashMap<RoutePrefix, u32> {
    let entry = |((scope, range), what): (&(u32, Ipv4Net), &RouteImage)| {
        let at = RouteAt { scope: *scope, address: packed(range.network()) };
        let value = match what {
            RouteImage::Via(address) => packed(*address),
            RouteImage::Nowhere => 0,
            RouteImage::Source(allowed) => u32::from(*allowed),
        };
        (RoutePrefix { bits: 32 + u32::from(range.prefix_len()), at }, value)
    };
    image.routes.iter().map(entry).collect()
}

/// Contents of `MEMBERS`.
pub fn members(image: &Image) -> HashMap<MemberKey, u8> {
    let key = |(group, address): &(u32, Ipv4Addr)| MemberKey { group: *group, address: packed(*address) };
    image.members.iter().map(|member| (key(member), 1)).collect()
}

/// Contents of `LISTENERS`.
pub fn listeners(image: &Image, places: &Places) -> HashMap<ListenerPrefix, Listener> {
    let mut entries = HashMap::new();
    // Ranges first: what is on one port stands before the range around it also where that begins with the port.
    let (one, several): (Vec<_>, Vec<_>) =
        image.listeners.iter().partition(|((_, _, ports, _), _)| ports.is_one());
    for ((vip, family, ports, transport), what) in several.into_iter().chain(one) {
        let (protocol, ipv6) = (protocol(*transport), u8::from(*family == Family::Ipv6));
        for prefix in prefixes(*ports) {
            let at = ListenerAt { vip: vip.0, protocol, ipv6, port: prefix.port.to_be() };
            let key = ListenerPrefix { bits: 48 + prefix.bits, at };
            entries.insert(key, listener(what, places));
        }
    }
    entries
}

fn listener(what: &ListenerImage, places: &Places) -> Listener {
    let range = places.server_tables[what.table.0].range;
    Listener {
        first_slot: range.first,
        slots: range.count,
        index: what.index.0,
        server_group: what.server_group.0,
        idle_timeout: what.idle_timeout,
        preserve_client: u8::from(what.preserve_client),
        proxied: u8::from(what.proxied),
        choice: what.choice as u8,
        rated: u8::from(what.rated),
        mss: what.mss,
        header: u8::from(what.header),
        pad: [0; 3],
    }
}

/// Contents of `HEADERS`.
pub fn headers(image: &Image) -> HashMap<HeaderKey, Header> {
    let entry = |((listener, endpoint), told): (&(ListenerIndex, Option<EndpointIndex>), &Vec<u8>)| {
        (HeaderKey { listener: listener.0, endpoint: endpoint.map_or(0, |it| it.0) }, header(told))
    };
    image.headers.iter().map(entry).collect()
}

fn header(told: &[u8]) -> Header {
    let mut values = [0; Header::MOST as usize];
    values.iter_mut().zip(told).for_each(|(place, byte)| *place = *byte);
    let words = values.chunks_exact(2).map(|word| u64::from(u16::from_ne_bytes([word[0], word[1]])));
    let sum = checksum::delta(words.sum()) as u16;
    Header { length: told.len().min(values.len()) as u16, sum, values }
}

/// The number in the IP header.
fn protocol(transport: Transport) -> u8 {
    match transport {
        Transport::Tcp => 6,
        Transport::Udp => 17,
    }
}

/// Contents of `LIMITS`.
pub fn limits(image: &Image) -> HashMap<u32, Limit> {
    image.limits.iter().map(|(endpoint, mbit)| (endpoint.0, Limit::of(*mbit))).collect()
}

/// Contents of `RATES`.
pub fn rates(image: &Image) -> HashMap<RateKey, Rate> {
    let entry = |((vip, listener), cps): (&(VipIndex, Option<ListenerIndex>), &u32)| {
        (RateKey { vip: vip.0, listener: listener.map_or(0, |it| it.0) }, Rate::of(*cps))
    };
    image.rates.iter().map(entry).collect()
}

/// Contents of `LOCALS`.
pub fn locals(image: &Image) -> HashMap<LocalsKey, Locals> {
    let entry = |((vip, servers), of_zone): (&(VipIndex, Family), &Vec<Ipv4Addr>)| {
        let mut addresses = [0; Locals::MOST as usize];
        addresses.iter_mut().zip(of_zone).for_each(|(place, address)| *place = packed(*address));
        let count = of_zone.len().min(addresses.len()) as u32;
        let key = LocalsKey { vip: vip.0, ipv6: u32::from(*servers == Family::Ipv6) };
        (key, Locals { count, addresses })
    };
    image.locals.iter().map(entry).collect()
}

/// Contents of `LOADS`.
pub fn loads(image: &Image) -> HashMap<u32, Load> {
    image.loads.iter().map(|(server, weight)| (server.0, Load { weight: *weight, connections: 0 })).collect()
}

/// Contents of `SERVERS`.
pub fn servers(image: &Image, places: &Places) -> HashMap<u32, Server> {
    image.servers.iter().map(|(index, what)| (index.0, server(what, places))).collect()
}

fn server(what: &ServerImage, places: &Places) -> Server {
    Server {
        address: packed(what.address),
        ifindex: what.ifindex,
        server_group: what.server_group.0,
        ingress_policy: places.policy(what.ingress),
        port_index: what.port_index.0,
        mac: mac(what.mac.0),
        port: what.port.to_be(),
        source: what.behind.map_or(0, |behind| packed(behind.source)),
        network: what.behind.map_or(0, |behind| behind.network.0),
        pad: 0,
        until: what.until,
    }
}

/// What the kernel knows of servers.
pub fn formers(servers: &[(u32, Server)]) -> BTreeMap<ServerIndex, Former> {
    let former = |server: &Server| Former {
        server_group: ServerGroupIndex(server.server_group),
        address: server.address.to_ne_bytes().into(),
        port: u16::from_be(server.port),
        port_index: PortIndex(server.port_index),
        behind: (server.source != 0)
            .then(|| Behind { network: Network(server.network), source: server.source.to_ne_bytes().into() }),
        until: server.until,
    };
    servers.iter().map(|(index, server)| (ServerIndex(*index), former(server))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_its_values_zeroes_and_their_sum() {
        let key = |endpoint| (ListenerIndex(3), endpoint);
        let told = [(key(None), vec![]), (key(Some(EndpointIndex(9))), vec![0xe1, 0, 5, 2, b'e'])];
        let all = headers(&Image { headers: told.into(), ..Image::default() });
        let at = |endpoint| all[&HeaderKey { listener: 3, endpoint }];
        assert_eq!(at(0), Header { length: 0, sum: 0, values: [0; Header::MOST as usize] });
        let through = at(9);
        assert_eq!((through.length, &through.values[..7]), (5, &[0xe1, 0, 5, 2, b'e', 0, 0][..]));
        // As a receiver adds up, half-word by half-word: e100 + 0502 + 6500, and the carry.
        assert_eq!(through.sum.to_ne_bytes(), [0x4b, 0x03]);
    }
}
