//! Which connections have lost what they go through or to, as the kernel's maps say.

use std::collections::{HashMap, HashSet};

use tables::{
    Address, AddressKey, AddressKind, DropReason, Flow, FlowKey, Port, PortKind, RoutePrefix,
    SERVICES_NETWORK, SOURCES_OF_PORT, Server,
};

use crate::kernel::maps::Maps;
use crate::kernel::table::TableError;

const TCP: u8 = 6;

/// Who serves which listener, and what leads there.
pub(super) struct Standing {
    servers: HashMap<u32, Server>,
    /// Server group of each listener.
    groups: HashMap<u32, u32>,
    /// By interface index.
    ports: HashMap<u32, Port>,
    endpoints: HashMap<AddressKey, Address>,
    /// Of Reverse endpoints, and their aliases: whether connections pass.
    reverse: HashMap<AddressKey, bool>,
    /// Everything that leads somewhere.
    addresses: HashSet<AddressKey>,
    routes: Vec<(RoutePrefix, u32)>,
    epoch: u32,
    now: u64,
}

impl Standing {
    pub(super) fn read(maps: &Maps, now: u64) -> Result<Self, TableError> {
        let listeners = maps.listeners.entries()?;
        let (mut endpoints, mut reverse, mut addresses) = (HashMap::new(), HashMap::new(), HashSet::new());
        maps.addresses.for_each(|key, address| {
            addresses.insert(*key);
            if address.kind == AddressKind::Endpoint as u8 {
                endpoints.insert(*key, *address);
            } else if address.kind == AddressKind::Reverse as u8 {
                reverse.insert(*key, address.open == 1);
            }
        })?;
        Ok(Self {
            servers: maps.servers.entries()?.into_iter().collect(),
            groups: listeners.iter().map(|(_, it)| (it.index, it.server_group)).collect(),
            ports: maps.ports.entries()?.into_iter().collect(),
            endpoints,
            reverse,
            addresses,
            routes: maps.routes.entries()?,
            epoch: maps.epoch()?,
            now,
        })
    }

    /// Why the connection of this forward entry is to end, if it is. Only TCP: the program refuses other flows that have lost
    /// their way, and gives the datagrams of those that have lost their server to another one.
    pub(super) fn over(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        if key.protocol() != TCP {
            return None;
        }
        self.stranded(key, flow)
            .or_else(|| self.disconnected(key, flow))
            .or_else(|| self.unserved(flow))
            .or_else(|| self.cut_off(key, flow))
            .or_else(|| self.nameless(key, flow))
            .or_else(|| self.misplaced(key, flow))
    }

    /// An end has gone with its interface.
    fn stranded(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        let is_there = [key.ingress(), flow.egress].iter().all(|port| self.ports.contains_key(port));
        (!is_there).then_some(DropReason::UnknownPort)
    }

    /// The endpoint is gone, or does not lead to what has served it when the connection began.
    fn disconnected(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        if flow.endpoint == 0 {
            return None;
        }
        let at = AddressKey { network: self.ports.get(&key.ingress())?.network, address: key.dst };
        let is_it = |address: &&Address| address.index == flow.endpoint;
        let Some(endpoint) = self.endpoints.get(&at).filter(is_it) else { return Some(DropReason::NoRoute) };
        let is_kept = endpoint.replaced_vip != 0 && flow.lease.wrapping_add(1) == endpoint.lease;
        if endpoint.vip == 0 {
            Some(DropReason::NotConnected)
        } else if flow.lease != endpoint.lease && !is_kept {
            Some(DropReason::Replaced)
        } else {
            None
        }
    }

    /// Its listener is gone, or its server does not serve it any more. What a proxy has taken has no server here, and ends
    /// with that of the proxy.
    fn unserved(&self, flow: &Flow) -> Option<DropReason> {
        if flow.listener == 0 {
            return None;
        }
        let Some(group) = self.groups.get(&flow.listener) else { return Some(DropReason::NoListener) };
        let serves = |server: &Server| {
            server.server_group == *group
                && (server.address, server.ifindex) == (flow.dst, flow.egress)
                && (server.until == 0 || server.until > self.now)
        };
        let has_left = flow.server != 0 && !self.servers.get(&flow.server).is_some_and(serves);
        has_left.then_some(DropReason::ServerGone)
    }

    /// The Reverse endpoint before its server is gone, or lets nothing pass. The proxy speaks from an alias of it.
    fn cut_off(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        let server = self.servers.get(&flow.server).filter(|server| server.source != 0);
        let endpoint = match server {
            Some(server) => AddressKey { network: server.network, address: server.source },
            None => AddressKey { network: SERVICES_NETWORK, address: key.src },
        };
        let is_by_proxy = self.ports.get(&key.ingress())?.kind == PortKind::Services as u8;
        match self.reverse.get(&endpoint) {
            Some(true) => None,
            Some(false) if server.is_some() || is_by_proxy => Some(DropReason::NotConnected),
            None if server.is_some() => Some(DropReason::NotConnected),
            // A probe has no name.
            None if is_by_proxy && flow.src != key.src && !self.addresses.contains(&endpoint) => {
                Some(DropReason::ServerGone)
            }
            Some(false) | None => None,
        }
    }

    /// The load balancer's address that the server knows it by was taken off.
    fn nameless(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        if flow.server == 0 || flow.src == key.src {
            return None;
        }
        let at = AddressKey { network: self.ports.get(&flow.egress)?.network, address: flow.src };
        (!self.addresses.contains(&at)).then_some(DropReason::Replaced)
    }

    /// The address that it was opened from is not the sender's any more, or the one that it was opened to is nobody's: it was
    /// taken off an interface, or its load balancer left the zone. What the program has judged since stands.
    fn misplaced(&self, key: &FlowKey, flow: &Flow) -> Option<DropReason> {
        let sender = self.ports.get(&key.ingress())?;
        if flow.epoch == self.epoch || sender.kind == PortKind::Services as u8 {
            return None;
        }
        let is_there = |network, address| self.addresses.contains(&AddressKey { network, address });
        let has_source = sender.address == key.src
            || is_there(sender.network, key.src)
            || self.is_routed(SOURCES_OF_PORT | sender.index, key.src);
        let leads_somewhere = is_there(sender.network, key.dst)
            || is_there(SERVICES_NETWORK, key.dst)
            || sender.table != 0 && self.is_routed(sender.table, key.dst);
        if !has_source {
            Some(DropReason::SpoofedAddress)
        } else if !leads_somewhere {
            Some(DropReason::NoRoute)
        } else {
            None
        }
    }

    /// By the longest range of this scope that has it.
    fn is_routed(&self, scope: u32, address: u32) -> bool {
        let has = |(range, _): &&(RoutePrefix, u32)| {
            let same = u32::from_be(range.at.address ^ address).leading_zeros();
            range.at.scope == scope && same >= range.bits - u32::BITS
        };
        let longest = self.routes.iter().filter(has).max_by_key(|(range, _)| range.bits);
        longest.is_some_and(|(_, via)| *via != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tables::Talk;

    use crate::resets::tests::flow;

    fn key(flow: &Flow) -> FlowKey {
        let (src, dst) = (flow.src, u32::from_ne_bytes([10, 0, 0, 100]));
        FlowKey { way: FlowKey::way(1, Talk::Tcp), src, dst, sport: 0, dport: 0 }
    }

    fn ports(there: &[u32]) -> HashMap<u32, Port> {
        let port = Port {
            network: 1,
            address: 0,
            alias: 0,
            index: 1,
            table: 0,
            egress_policy: 0,
            ingress_policy: 0,
            mac: [0; 3],
            kind: 1,
            pad: 0,
        };
        there.iter().map(|ifindex| (*ifindex, port)).collect()
    }

    fn standing(there: &[u32], endpoint: Option<Address>) -> Standing {
        let at = AddressKey { network: 1, address: u32::from_ne_bytes([10, 0, 0, 100]) };
        Standing {
            servers: HashMap::new(),
            groups: HashMap::new(),
            ports: ports(there),
            endpoints: endpoint.map(|endpoint| (at, endpoint)).into_iter().collect(),
            reverse: HashMap::new(),
            addresses: [at].into(),
            routes: Vec::new(),
            epoch: 1,
            now: 100,
        }
    }

    #[test]
    fn a_connection_is_over_when_an_end_has_gone_whether_it_has_a_listener_or_not() {
        for listener in [0, 1] {
            let flow = Flow { listener, ..flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0) };
            for there in [&[1][..], &[flow.egress]] {
                assert_eq!(standing(there, None).over(&key(&flow), &flow), Some(DropReason::UnknownPort));
            }
        }
    }

    #[test]
    fn a_connection_is_over_when_its_endpoint_leads_to_what_served_it_no_more() {
        let flow = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0);
        let flow = Flow { listener: 0, endpoint: 7, lease: 1, ..flow };
        let endpoint = |index, vip, lease, replaced_vip| Address {
            ifindex: 0,
            address: 0,
            index,
            ingress_policy: 0,
            egress_policy: 0,
            vip,
            nlb_address: 0,
            nlb_ipv6: 0,
            replaced_vip,
            replaced_address: 0,
            replaced_ipv6: 0,
            mac: [0; 3],
            kind: AddressKind::Endpoint as u8,
            limited: 0,
            lease,
            open: 0,
            pad: [0; 2],
        };
        for (found, expected) in [
            (Some(endpoint(7, 3, 1, 0)), None),
            (Some(endpoint(7, 4, 2, 3)), None),
            (Some(endpoint(7, 4, 2, 0)), Some(DropReason::Replaced)),
            (Some(endpoint(7, 5, 3, 4)), Some(DropReason::Replaced)),
            (Some(endpoint(7, 0, 1, 0)), Some(DropReason::NotConnected)),
            (Some(endpoint(8, 3, 1, 0)), Some(DropReason::NoRoute)),
            (None, Some(DropReason::NoRoute)),
        ] {
            assert_eq!(standing(&[1, flow.egress], found).over(&key(&flow), &flow), expected, "{found:?}");
        }
    }

    #[test]
    fn a_connection_is_over_when_its_listener_is_gone_or_its_server_has_left() {
        let flow = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0);
        let (address, ifindex) = (flow.dst, flow.egress);
        let standing = |groups: &[(u32, u32)], until| {
            let server = Server {
                address,
                ifindex,
                server_group: 7,
                ingress_policy: 0,
                port_index: 3,
                mac: [0; 3],
                port: 0,
                source: 0,
                network: 0,
                pad: 0,
                until,
            };
            Standing {
                servers: [(1, server)].into(),
                groups: groups.iter().copied().collect(),
                ports: ports(&[1, ifindex]),
                ..self::standing(&[], None)
            }
        };
        let key = key(&flow);
        let proxied = Flow { server: 0, ..flow };
        let direct = Flow { listener: 0, ..proxied };
        let gone = (Some(DropReason::NoListener), Some(DropReason::NoListener));
        let left = (Some(DropReason::ServerGone), None);
        for (groups, until, expected) in [
            (&[(1, 7)][..], 0, (None, None)),
            (&[(1, 7)], 101, (None, None)),
            (&[(1, 7)], 99, left),
            (&[(1, 8)], 0, left),
            (&[(2, 7)], 0, gone),
        ] {
            let standing = standing(groups, until);
            assert_eq!((standing.over(&key, &flow), standing.over(&key, &proxied)), expected, "{groups:?}");
            assert_eq!(standing.over(&key, &direct), None);
            assert_eq!(standing.over(&FlowKey { way: FlowKey::way(1, Talk::Udp), ..key }, &flow), None);
        }
    }

    #[test]
    fn a_connection_is_over_when_the_reverse_endpoint_before_its_server_is_closed_or_gone() {
        let flow = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0);
        let flow = Flow { endpoint: 0, ..flow };
        let at = AddressKey { network: 2, address: u32::from_ne_bytes([10, 0, 0, 150]) };
        let server = Server {
            address: flow.dst,
            ifindex: flow.egress,
            server_group: 7,
            ingress_policy: 0,
            port_index: 3,
            mac: [0; 3],
            port: 0,
            source: at.address,
            network: at.network,
            pad: 0,
            until: 0,
        };
        for (found, expected) in [
            (Some(true), None),
            (Some(false), Some(DropReason::NotConnected)),
            (None, Some(DropReason::NotConnected)),
        ] {
            let standing = Standing {
                servers: [(1, server)].into(),
                groups: [(1, 7)].into(),
                reverse: found.map(|open| (at, open)).into_iter().collect(),
                ..standing(&[1, flow.egress], None)
            };
            assert_eq!(standing.over(&key(&flow), &flow), expected, "{found:?}");
        }
    }

    #[test]
    fn a_connection_is_over_when_the_address_that_its_server_knows_it_by_was_taken_off() {
        let flow = flow([10, 0, 0, 201], 5000, [10, 0, 0, 30], 8080, 0);
        let flow = Flow { listener: 0, endpoint: 0, ..flow };
        let own = key(&flow);
        let client = FlowKey { src: u32::from_ne_bytes([10, 0, 0, 10]), ..own };
        let over = |key: &FlowKey, flow: &Flow, has: bool| {
            let mut standing = standing(&[1, flow.egress], None);
            let at = AddressKey { network: 1, address: flow.src };
            standing.addresses.extend(has.then_some(at));
            standing.over(key, flow)
        };
        assert_eq!(over(&client, &flow, true), None);
        assert_eq!(over(&client, &flow, false), Some(DropReason::Replaced));
        assert_eq!(over(&own, &flow, false), None, "the client's own");
        assert_eq!(over(&client, &Flow { server: 0, ..flow }, false), None, "no load balancer's");
    }

    #[test]
    fn what_the_proxy_has_opened_ends_with_the_name_that_it_speaks_in() {
        let flow = flow([10, 0, 0, 150], 5000, [10, 0, 0, 30], 8080, 0);
        let flow = Flow { listener: 0, server: 0, endpoint: 0, ..flow };
        let alias = AddressKey { network: SERVICES_NETWORK, address: u32::from_ne_bytes([100, 64, 0, 50]) };
        let key = FlowKey { src: alias.address, ..key(&flow) };
        let over = |open: Option<bool>| {
            let mut standing = standing(&[1, flow.egress], None);
            let services = standing.ports.get_mut(&1).unwrap();
            (services.kind, services.network) = (PortKind::Services as u8, SERVICES_NETWORK);
            standing.reverse = open.map(|open| (alias, open)).into_iter().collect();
            standing.over(&key, &flow)
        };
        assert_eq!(over(Some(true)), None);
        assert_eq!(over(Some(false)), Some(DropReason::NotConnected));
        assert_eq!(over(None), Some(DropReason::ServerGone));
        let probe = Flow { src: key.src, ..flow };
        let mut standing = standing(&[1, flow.egress], None);
        standing.ports.get_mut(&1).unwrap().kind = PortKind::Services as u8;
        assert_eq!(standing.over(&key, &probe), None, "a probe has no name");
    }

    #[test]
    fn a_connection_is_over_when_an_address_of_it_is_nobody_s_any_more() {
        let flow = flow([10, 0, 0, 10], 5000, [10, 0, 0, 30], 8080, 0);
        let flow = Flow { listener: 0, endpoint: 0, ..flow };
        let over = |change: fn(&mut Standing)| {
            let mut standing = standing(&[1, flow.egress], None);
            standing.epoch = 2;
            standing.ports.values_mut().for_each(|port| port.address = u32::from_ne_bytes([10, 0, 0, 10]));
            change(&mut standing);
            standing.over(&key(&flow), &flow)
        };
        fn other_source(it: &mut Standing) {
            it.ports.values_mut().for_each(|port| port.address = 0);
        }
        assert_eq!(over(other_source), Some(DropReason::SpoofedAddress));
        let secondary = |it: &mut Standing| {
            other_source(it);
            it.addresses.insert(AddressKey { network: 1, address: u32::from_ne_bytes([10, 0, 0, 10]) });
        };
        assert_eq!(over(secondary), None);
        let of_those_behind = |it: &mut Standing| {
            other_source(it);
            let at = tables::RouteAt { scope: SOURCES_OF_PORT | 1, address: 0 };
            it.routes = vec![(RoutePrefix { bits: 32, at }, 1)];
        };
        assert_eq!(over(of_those_behind), None);
        fn route(bits: u32, address: [u8; 4], via: u32) -> (RoutePrefix, u32) {
            let at = tables::RouteAt { scope: 1, address: u32::from_ne_bytes(address) };
            (RoutePrefix { bits: 32 + bits, at }, via)
        }
        assert_eq!(over(|_| ()), None);
        assert_eq!(over(|it| it.addresses.clear()), Some(DropReason::NoRoute));
        assert_eq!(over(|it| (it.epoch, it.addresses) = (1, HashSet::new())), None, "it was judged since");
        assert_eq!(
            over(|it| {
                let alias =
                    it.addresses.drain().map(|at| AddressKey { network: SERVICES_NETWORK, ..at }).collect();
                it.addresses = alias;
            }),
            None,
            "a service of the host"
        );
        let routed = |it: &mut Standing| {
            it.addresses.clear();
            it.ports.values_mut().for_each(|port| port.table = 1);
            it.routes = vec![route(0, [0; 4], 5), route(24, [10, 0, 1, 0], 0)];
        };
        assert_eq!(over(routed), None);
        let routed_away = |it: &mut Standing| {
            it.addresses.clear();
            it.ports.values_mut().for_each(|port| port.table = 1);
            it.routes = vec![route(24, [10, 0, 0, 0], 0), route(0, [0; 4], 5)];
        };
        assert_eq!(over(routed_away), Some(DropReason::NoRoute), "the longest range decides");
    }
}
