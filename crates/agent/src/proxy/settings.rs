//! What the proxy must know, from the host's plan and the servers' health. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use model::id::{
    EndpointId, EndpointIndex, EndpointServiceId, ListenerId, ListenerIndex, ServerIndex, VipIndex, VpcId,
};
use model::net::Family;
use model::nlb::{ProxyProtocol, Scheduler};
use model::plan::{
    EndpointPlan, EndpointZonePlan, HostPlan, ListenerPlan, ServerGroupPlan, ServerPlan, TlsPlan,
};
use model::report::HealthState;
use serde::{Deserialize, Serialize};

use crate::compile::{Health, candidates};
use crate::headers;
use crate::ipv6::{Ipv6Addresses, alias, both};
use crate::local;
use crate::reverse;

/// Everything that the proxy must know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Listeners whose connections end at the proxy.
    pub listeners: BTreeMap<ListenerIndex, Listener>,
    /// Endpoints, for those that come through one.
    pub endpoints: BTreeMap<EndpointIndex, Endpoint>,
    /// IPv6 addresses of clients, and of what they ask for.
    pub ipv6: Ipv6Addresses,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// The listener.
    pub id: ListenerId,
    /// What the header tells, if there is one.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// How clients are spoken to, if by TLS.
    pub tls: Option<TlsPlan>,
    /// Seconds without a byte after which a connection is reset.
    pub idle_timeout: u16,
    /// The provider's VPC.
    pub vpc: VpcId,
    /// How a server is chosen.
    pub scheduler: Scheduler,
    /// Zonal addresses.
    pub vips: BTreeMap<VipIndex, Vip>,
    /// Every server of the group: a connection ends some time after its server has left, or fails.
    pub members: BTreeMap<ServerIndex, Server>,
    /// How long connections of a server that has left, or fails, may go on, seconds.
    pub drain_seconds: u16,
}

/// A zonal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vip {
    /// Its addresses, as the kernel knows them.
    pub addresses: BTreeSet<Ipv4Addr>,
    /// The aliases from which servers of a family are spoken to; there is one at least.
    pub sources: BTreeMap<Family, Vec<Ipv4Addr>>,
    /// Servers that get new connections, with their shares, by the clients' address family.
    pub candidates: BTreeMap<Family, BTreeMap<ServerIndex, u32>>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The alias of its address.
    pub alias: Ipv4Addr,
    /// Its address family.
    pub family: Family,
    /// From where it is spoken to; `None` = from an alias of the load balancer's zone.
    pub from: Option<Ipv4Addr>,
    /// Its transport port; 0 = the one that the client asked for.
    pub port: u16,
    /// It fails its health check, and others stand in for it.
    pub fails: bool,
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The endpoint.
    pub id: EndpointId,
    /// Its service.
    pub service: EndpointServiceId,
    /// The consumer's VPC.
    pub vpc: VpcId,
    /// The zonal address of the NLB behind each address of the endpoint.
    pub vips: BTreeMap<Ipv4Addr, VipIndex>,
}

impl Settings {
    /// What the proxy must know to follow this plan.
    pub fn of(plan: &HostPlan, health: &Health) -> Self {
        let proxied = plan.listeners.iter().filter(|(_, listener)| listener.is_proxied());
        let listeners: BTreeMap<_, _> = proxied
            .filter_map(|(index, listener)| Some((*index, Listener::of(plan, health, listener)?)))
            .collect();
        let used: BTreeSet<_> = listeners.values().flat_map(|listener| listener.vips.keys()).collect();
        let endpoints = plan.endpoints.iter().filter_map(|(index, endpoint)| {
            let endpoint = Endpoint::of(plan, endpoint)?;
            endpoint.vips.values().any(|vip| used.contains(vip)).then_some((*index, endpoint))
        });
        let endpoints = endpoints.collect();
        let ipv6 = if listeners.is_empty() { Ipv6Addresses::default() } else { Ipv6Addresses::of(plan) };
        Self { listeners, endpoints, ipv6 }
    }
}

impl Listener {
    fn of(plan: &HostPlan, health: &Health, listener: &ListenerPlan) -> Option<Self> {
        let group = plan.server_groups.get(&listener.server_group)?;
        let vip = |vip: &VipIndex| Some((*vip, Vip::of(plan, health, group, *vip)?));
        let vips: BTreeMap<_, _> = listener.vips.iter().filter_map(vip).collect();
        Some(Self {
            id: listener.id.clone(),
            proxy_protocol: listener.proxy_protocol,
            tls: listener.tls.clone(),
            idle_timeout: listener.idle_timeout,
            vpc: headers::provider(plan, listener)?.clone(),
            scheduler: group.scheduler,
            members: members(group, health, &vips),
            vips,
            drain_seconds: group.drain_seconds.unwrap_or(0),
        })
    }
}

fn members(
    group: &ServerGroupPlan,
    health: &Health,
    vips: &BTreeMap<VipIndex, Vip>,
) -> BTreeMap<ServerIndex, Server> {
    let is_chosen = |index: &ServerIndex| {
        vips.values().flat_map(|vip| vip.candidates.values()).any(|servers| servers.contains_key(index))
    };
    let server = |(index, server): (&ServerIndex, &ServerPlan)| {
        let fails = health.get(index) == Some(&HealthState::Unhealthy) && !is_chosen(index);
        let to = alias(server.port_index, server.address);
        let (family, from) = (server.address.family(), reverse::alias(server.place));
        (*index, Server { alias: to, family, from, port: server.port, fails })
    };
    group.servers.iter().map(server).collect()
}

/// What each address of an endpoint's zone leads to.
fn vips(zone: &EndpointZonePlan) -> Vec<(Ipv4Addr, VipIndex)> {
    let addresses = both(zone.address, zone.ipv6);
    addresses.filter_map(|address| Some((address, zone.vip?))).collect()
}

impl Server {
    /// The addresses from which a zone of its load balancer may speak to it, first the one that is this client's.
    pub fn sources(&self, zone: &Vip, client: SocketAddrV4) -> Vec<Ipv4Addr> {
        let mut sources = match self.from {
            Some(from) => vec![from],
            None => zone.sources.get(&self.family).cloned().unwrap_or_default(),
        };
        let address = u32::from_ne_bytes(client.ip().octets());
        // Systems connect from even ports: only a hash makes use of all addresses.
        let hash = tables::hash(0, 0, (address, client.port()), (0, 0));
        let first = hash as usize % sources.len().max(1);
        sources.rotate_left(first);
        sources
    }
}

impl Vip {
    fn of(plan: &HostPlan, health: &Health, group: &ServerGroupPlan, vip: VipIndex) -> Option<Self> {
        let index = vip;
        let vip = plan.vips.get(&index)?;
        let sources = Family::ALL.map(|servers| (servers, local::aliases(index, vip, servers))).into();
        let shares = |client: Family| {
            let eligible = |server: &ServerPlan| {
                (vip.cross_zone || server.zone == vip.zone)
                    && group.serves(client, server)
                    && plan.ports.contains_key(&server.port_index)
            };
            let shares = candidates(group, health, eligible);
            shares.into_iter().map(|share| (ServerIndex(share.id), share.weight)).collect()
        };
        let candidates = Family::ALL.map(|client| (client, shares(client))).into();
        Some(Self { addresses: both(vip.address, vip.ipv6).collect(), sources, candidates })
    }
}

impl Endpoint {
    fn of(plan: &HostPlan, endpoint: &EndpointPlan) -> Option<Self> {
        Some(Self {
            id: endpoint.id.clone(),
            service: endpoint.service.clone(),
            vpc: plan.vpcs.get(&endpoint.network)?.id.clone(),
            vips: endpoint.zones.iter().flat_map(vips).collect(),
        })
    }
}

#[cfg(test)]
pub(in crate::proxy) mod sample;
