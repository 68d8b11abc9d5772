//! What listeners, endpoints and servers have carried: connections that are over, as `CARRIED` keeps them, and those that
//! go on, as they count for themselves.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use model::id::{
    EndpointId, EndpointIndex, InstanceId, ListenerId, ListenerIndex, ServerGroupId, ServerIndex, ZoneId,
};
use model::net::services;
use model::plan::{HostPlan, ServerGroupPlan, ServerPlan};
use tables::{Carried, CarriedBy, CarriedKey, Flow, FlowKey};

use crate::config::AgentConfig;
use crate::ipv6::alias;
use crate::kernel::maps::Maps;
use crate::kernel::packed::unpacked;
use crate::kernel::programs::maps_dir;
use crate::kernel::table::TableError;

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
            total.open += u64::from(flow.reverse == 0 && !flow.ended());
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
    let mut named: BTreeMap<Carrier, Total> = BTreeMap::new();
    for (row, total) in rows {
        for carrier in carriers(row, plan) {
            let sum = named.entry(carrier).or_default();
            sum.all += total.all;
            sum.open += total.open;
        }
    }
    named
}

/// Keeps what these entries have carried, which the caller has removed.
///
/// # Errors
/// When the map cannot be changed: it may be full.
pub(crate) fn keep(removed: &[(FlowKey, Flow)], maps: &Maps) -> Result<(), TableError> {
    let mut sums: HashMap<CarriedKey, Carried> = HashMap::new();
    for (key, flow) in removed {
        CarriedKey::each(key, flow, 1, |row| *sums.entry(*row).or_default() += Carried::of(flow));
    }
    for (row, more) in sums {
        let mut sum = maps.carried.get(&row)?.unwrap_or_default();
        sum += more;
        maps.carried.set(&row, &sum)?;
    }
    Ok(())
}

/// Forgets what belongs to nobody in the plan.
///
/// # Errors
/// When the map cannot be read or changed.
pub(crate) fn forget(maps: &Maps, plan: &HostPlan) -> Result<(), TableError> {
    for (row, _) in maps.carried.entries()? {
        if carriers(&row, plan).is_empty() {
            maps.carried.remove(&row)?;
        }
    }
    Ok(())
}

fn carriers(row: &CarriedKey, plan: &HostPlan) -> Vec<Carrier> {
    match row.by {
        by if by == CarriedBy::Listener as u8 => listener(row, plan).unwrap_or_default(),
        by if by == CarriedBy::Server as u8 => server(ServerIndex(row.id), plan).into_iter().collect(),
        by if by == CarriedBy::Proxied as u8 => proxied(row, plan).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The listener, and the endpoint if the connection came through one.
fn listener(row: &CarriedKey, plan: &HostPlan) -> Option<Vec<Carrier>> {
    let listener = plan.listeners.get(&ListenerIndex(row.id))?;
    let asked = unpacked(row.address);
    if row.endpoint == 0 {
        let mut vips = listener.vips.iter().filter_map(|vip| plan.vips.get(vip));
        let zone = vips.find(|vip| vip.address == asked)?.zone.clone();
        return Some(vec![Carrier::Listener(listener.id.clone(), zone)]);
    }
    let endpoint = plan.endpoints.get(&EndpointIndex(row.endpoint))?;
    let zone = &endpoint.zones.iter().find(|zone| zone.address == asked)?.zone;
    let of_listener = Carrier::Listener(listener.id.clone(), zone.clone());
    Some(vec![of_listener, Carrier::Endpoint(endpoint.id.clone(), zone.clone())])
}

fn server(index: ServerIndex, plan: &HostPlan) -> Option<Carrier> {
    let mut groups = plan.server_groups.values();
    groups.find_map(|group| Some(carrier(group, group.servers.get(&index)?, plan)))
}

/// The server of a proxied listener of this load balancer that has this port.
fn proxied(row: &CarriedKey, plan: &HostPlan) -> Option<Carrier> {
    let (balancer, server) = (unpacked(row.id), unpacked(row.address));
    let port = u16::from_be(row.port);
    let is_it = |one: &&ServerPlan| {
        alias(one.port_index, one.address) == server && (one.port == port || one.port == 0)
    };
    let listeners = plan.listeners.values().filter(|listener| {
        listener.is_proxied() && listener.vips.iter().any(|vip| services::vip_alias(*vip) == balancer)
    });
    let mut groups = listeners.filter_map(|listener| plan.server_groups.get(&listener.server_group));
    groups.find_map(|group| Some(carrier(group, group.servers.values().find(is_it)?, plan)))
}

fn carrier(group: &ServerGroupPlan, server: &ServerPlan, plan: &HostPlan) -> Carrier {
    Carrier::Server(ServerName {
        group: group.id.clone(),
        instance: plan.ports.get(&server.port_index).map(|port| port.instance.clone()),
        zone: server.zone.clone(),
        address: server.address.ip(),
        port: server.port,
    })
}
