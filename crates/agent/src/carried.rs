//! What listeners, endpoints and servers have carried: connections that are over, as `CARRIED` keeps them, and those that
//! go on, as they count for themselves.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use model::id::{
    EndpointId, EndpointIndex, InstanceId, ListenerId, ListenerIndex, ServerGroupId, ServerIndex, ZoneId,
};
use model::plan::{EndpointZonePlan, HostPlan, PlacePlan, ServerGroupPlan, ServerPlan, VipPlan};
use tables::{Carried, CarriedBy, CarriedKey, Flow, FlowKey};

use crate::config::AgentConfig;
use crate::ipv6::{alias, both};
use crate::kernel::maps::Maps;
use crate::kernel::packed::unpacked;
use crate::kernel::programs::maps_dir;
use crate::kernel::table::TableError;
use crate::local;
use crate::reconcile::in_full;
use crate::reverse;

/// Who has carried something, by the API's names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// A listener, in a zone of its load balancer.
    Listener(ListenerId, ZoneId),
    /// An endpoint, in one of its zones.
    Endpoint(EndpointId, ZoneId),
    /// A server of a group.
    Server(ServerName),
}

/// A server of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerName {
    /// The group.
    pub group: ServerGroupId,
    /// Its instance, if it is on this host.
    pub instance: Option<InstanceId>,
    /// Its zone.
    pub zone: ZoneId,
    /// Its address.
    pub address: IpAddr,
    /// Its port; 0 = the one that the client asked for.
    pub port: u16,
}

/// What one of them has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Everything, connections that go on among it.
    pub all: Carried,
    /// Connections that go on.
    pub open: u64,
}

/// What each row of `CARRIED` stands for has carried until now.
pub type Rows = BTreeMap<CarriedKey, Total>;

/// Reads what was carried. A connection that ends in between is missing for once: it is never counted twice.
///
/// # Errors
/// When the maps cannot be read.
pub fn read(maps: &Maps) -> Result<Rows, TableError> {
    let mut rows = Rows::new();
    maps.carried
        .for_each(|key, carried| rows.entry(CarriedKey { agent: 0, ..*key }).or_default().all += *carried)?;
    maps.flows.for_each(|key, flow| {
        CarriedKey::each(key, flow, 0, |row| {
            let total = rows.entry(*row).or_default();
            total.all += Carried::of(flow);
            total.open += u64::from(!flow.is_reply() && !flow.ended());
        });
    })?;
    Ok(rows)
}

/// The same, of a host and by the names of its plan. Nothing while there is no data plane.
///
/// # Errors
/// When the maps cannot be read.
pub fn of_host(config: &AgentConfig, plan: &HostPlan) -> Result<BTreeMap<Carrier, Total>, TableError> {
    if !config.fabric().exists() {
        return Ok(BTreeMap::new());
    }
    let maps = Maps::open(&maps_dir(&config.bpf_dir()))?;
    Ok(named(&read(&maps)?, plan))
}

/// By the names of the plan; what it does not name any more is left out.
pub fn named(rows: &Rows, plan: &HostPlan) -> BTreeMap<Carrier, Total> {
    let carriers = Carriers::of(plan);
    let mut named: BTreeMap<Carrier, Total> = BTreeMap::new();
    for (row, total) in rows {
        for carrier in carriers.behind(row) {
            let sum = named.entry(carrier).or_default();
            sum.all += total.all;
            sum.open += total.open;
        }
    }
    named
}

/// Keeps what these entries have carried, which the caller has removed; gives how many rows had no room for it.
pub(crate) fn keep(removed: &[(FlowKey, Flow)], maps: &Maps) -> usize {
    let mut sums: HashMap<CarriedKey, Carried> = HashMap::new();
    for (key, flow) in removed {
        CarriedKey::each(key, flow, 1, |row| *sums.entry(*row).or_default() += Carried::of(flow));
    }
    let add = |(row, more): (&CarriedKey, &Carried)| {
        let mut sum = maps.carried.get(row)?.unwrap_or_default();
        sum += *more;
        maps.carried.set(row, &sum)
    };
    let failed = |error: &TableError| {
        tracing::warn!(error = in_full(error), "what connections have carried is lost");
    };
    sums.iter().filter_map(|sum| add(sum).inspect_err(failed).err()).count()
}

/// Forgets what belongs to nobody in the plan.
///
/// # Errors
/// When the map cannot be read or changed.
pub(crate) fn forget(maps: &Maps, plan: &HostPlan) -> Result<(), TableError> {
    let rows = maps.carried.entries()?;
    let carriers = Carriers::of(plan);
    for (row, _) in rows.iter().filter(|(row, _)| carriers.behind(row).is_empty()) {
        maps.carried.remove(row)?;
    }
    Ok(())
}

/// A server and its group.
type Member<'a> = (&'a ServerGroupPlan, &'a ServerPlan);

/// Whom rows count for, by a plan.
struct Carriers<'a> {
    plan: &'a HostPlan,
    servers: HashMap<ServerIndex, Member<'a>>,
    /// Servers of proxied listeners, by the alias of the load balancer and their own.
    proxied: HashMap<(Ipv4Addr, Ipv4Addr), Vec<Member<'a>>>,
}

impl<'a> Carriers<'a> {
    fn of(plan: &'a HostPlan) -> Self {
        let groups = plan.server_groups.values();
        let servers =
            groups.flat_map(|group| group.servers.iter().map(move |(index, it)| (*index, (group, it))));
        let mut proxied: HashMap<_, Vec<Member<'a>>> = HashMap::new();
        for listener in plan.listeners.values().filter(|listener| listener.is_proxied()) {
            let Some(group) = plan.server_groups.get(&listener.server_group) else { continue };
            for (vip, server) in
                listener.vips.iter().flat_map(|vip| group.servers.values().map(move |it| (vip, it)))
            {
                let zone = plan.vips.get(vip).map(|it| local::aliases(*vip, it, server.address.family()));
                let behind = reverse::alias(server.place).map(|alias| vec![alias]);
                for from in behind.or(zone).unwrap_or_default() {
                    let road = (from, alias(server.port_index, server.address));
                    proxied.entry(road).or_default().push((group, server));
                }
            }
        }
        Self { plan, servers: servers.collect(), proxied }
    }

    fn behind(&self, row: &CarriedKey) -> Vec<Carrier> {
        match row.by {
            by if by == CarriedBy::Listener as u8 => self.listener(row).unwrap_or_default(),
            by if by == CarriedBy::Server as u8 => self.carriers(self.servers.get(&ServerIndex(row.id))),
            by if by == CarriedBy::Proxied as u8 => self.carriers(self.proxied(row)),
            _ => Vec::new(),
        }
    }

    /// The listener, and the endpoint if the connection came through one.
    fn listener(&self, row: &CarriedKey) -> Option<Vec<Carrier>> {
        let listener = self.plan.listeners.get(&ListenerIndex(row.id))?;
        let asked = unpacked(row.address);
        if row.endpoint == 0 {
            let mut vips = listener.vips.iter().filter_map(|vip| self.plan.vips.get(vip));
            let is_it = |vip: &&VipPlan| both(vip.address, vip.ipv6).any(|it| it == asked);
            let zone = vips.find(is_it)?.zone.clone();
            return Some(vec![Carrier::Listener(listener.id.clone(), zone)]);
        }
        let endpoint = self.plan.endpoints.get(&EndpointIndex(row.endpoint))?;
        let is_it = |zone: &&EndpointZonePlan| both(zone.address, zone.ipv6).any(|it| it == asked);
        let zone = &endpoint.zones.iter().find(is_it)?.zone;
        let of_listener = Carrier::Listener(listener.id.clone(), zone.clone());
        Some(vec![of_listener, Carrier::Endpoint(endpoint.id.clone(), zone.clone())])
    }

    /// The server of a proxied listener of this load balancer that has this port.
    fn proxied(&self, row: &CarriedKey) -> Option<&Member<'a>> {
        let port = u16::from_be(row.port);
        let members = self.proxied.get(&(unpacked(row.id), unpacked(row.address)))?;
        let is_it = |(_, server): &&Member<'_>| server.port == port || server.port == 0;
        members.iter().find(is_it)
    }

    /// A server, and the Reverse endpoint that it is behind.
    fn carriers(&self, member: Option<&Member<'a>>) -> Vec<Carrier> {
        let Some((group, server)) = member else { return Vec::new() };
        let endpoint = match server.place {
            PlacePlan::Own => None,
            PlacePlan::Behind(behind) => self.plan.endpoints.get(&behind.endpoint),
        };
        let endpoint = endpoint.map(|it| Carrier::Endpoint(it.id.clone(), server.zone.clone()));
        endpoint.into_iter().chain([self.carrier(group, server)]).collect()
    }

    fn carrier(&self, group: &ServerGroupPlan, server: &ServerPlan) -> Carrier {
        Carrier::Server(ServerName {
            group: group.id.clone(),
            instance: self.plan.ports.get(&server.port_index).map(|port| port.instance.clone()),
            zone: server.zone.clone(),
            address: server.address.ip(),
            port: server.port,
        })
    }
}

#[cfg(test)]
mod tests {
    use model::endpoint::EndpointType;
    use model::id::{Network, PortIndex, ServerGroupIndex};
    use model::nlb::ProxyProtocol;
    use model::plan::BehindPlan;

    use model::net::{Transport, services};

    use super::*;
    use crate::compile::tests::plan;
    use crate::kernel::packed::packed;

    /// A plan whose first server is behind its endpoint.
    fn abroad() -> HostPlan {
        let mut plan = plan();
        let endpoint = plan.endpoints.get_mut(&EndpointIndex(1)).unwrap();
        endpoint.kind = EndpointType::Reverse;
        let (source, port) = (endpoint.zones[0].address, endpoint.zones[0].port);
        let endpoint = EndpointIndex(1);
        let place = BehindPlan { endpoint, network: Network(1), source, port, open: true };
        let group = plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap();
        group.servers.get_mut(&ServerIndex(1)).unwrap().place = PlacePlan::Behind(place);
        plan
    }

    /// How many connections count for each carrier.
    fn connections(plan: &HostPlan, row: CarriedKey) -> Vec<(&'static str, u64)> {
        let all = Carried { connections: 3, ..Carried::default() };
        let rows = Rows::from([(row, Total { all, open: 0 })]);
        let name = |carrier: &Carrier| match carrier {
            Carrier::Listener(..) => "listener",
            Carrier::Endpoint(..) => "endpoint",
            Carrier::Server(_) => "server",
        };
        named(&rows, plan).iter().map(|(carrier, total)| (name(carrier), total.all.connections)).collect()
    }

    #[test]
    fn what_a_server_abroad_carries_counts_for_its_endpoint_too() {
        let both = [("endpoint", 3), ("server", 3)];
        let row = |id, by| CarriedKey { id, endpoint: 0, address: 0, port: 0, by: by as u8, agent: 0 };
        let mut plan = abroad();
        assert_eq!(connections(&plan, row(1, CarriedBy::Server)), both);
        assert_eq!(connections(&plan, row(2, CarriedBy::Server)), [("server", 3)]);
        let listener = plan.listeners.get_mut(&ListenerIndex(1)).unwrap();
        listener.protocol = Transport::Udp;
        listener.proxy_protocol = Some(ProxyProtocol { enabled: true, ..ProxyProtocol::default() });
        let port = plan.endpoints[&EndpointIndex(1)].zones[0].port;
        let proxied = CarriedKey {
            address: packed(services::alias(PortIndex(1))),
            port: 80u16.to_be(),
            ..row(packed(services::alias(port)), CarriedBy::Proxied)
        };
        assert_eq!(connections(&plan, proxied), both);
    }
}
