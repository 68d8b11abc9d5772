//! From what a host must make true to what its kernel's maps hold. Pure: the same plan, health and interfaces always
//! give the same image.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;

use indexmap::IndexSet;
use ipnet::Ipv4Net;
use model::endpoint::EndpointType;
use model::id::{
    EndpointIndex, GroupIndex, ListenerIndex, Network, PortIndex, ServerGroupIndex, ServerIndex, VipIndex,
    ZoneId,
};
use model::net::{Family, PortRange, Transport, services};
use model::nlb::Scheduler;
use model::plan::{
    EndpointPlan, EndpointZonePlan, GroupPlan, HostPlan, ListenerPlan, PortPlan, ServerGroupPlan, ServerPlan,
    VipPlan,
};
use model::report::HealthState;
use tables::Choice;

use crate::headers;
use crate::image::{
    AddressImage, Image, ListenerImage, PolicyRef, PortImage, RouteImage, ServerImage, TableRef,
};
use crate::ipv6::{Ipv6Addresses, both};
use crate::kernel::packed::{index_of, of_plan, stand_in};
use crate::leaving::{Former, Past};
use crate::local;
use crate::policy::Policies;
use crate::reverse::Behind;
use crate::turns;

/// A server that gets new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its dense id, the same on every host.
    pub id: u32,
    /// Its share, relative to the others'; not 0.
    pub weight: u32,
}

/// The verdict over each server that has one.
pub type Health = BTreeMap<ServerIndex, HealthState>;

/// Interface indices of the host sides of links that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// One for each port; a port without a link is left out, and nothing reaches it.
    pub ports: BTreeMap<PortIndex, u32>,
    /// The services port.
    pub services: u32,
}

/// What the maps must hold so that packets follow the plan.
pub fn compile(plan: &HostPlan, health: &Health, past: &Past, interfaces: &Interfaces) -> Image {
    let mut compiler = Compiler::new(plan, health, past, interfaces);
    let network = compiler.network();
    let listeners = compiler.listeners();
    let servers = compiler.servers();
    let Compiler { policies, tables, .. } = compiler;
    // A server's policies are its port's: load balancing adds none.
    let (policies, server_tables) = (policies.into_lists(), tables.into_iter().collect());
    let (locals, loads) = (local::of_plan(plan), loads(plan));
    Image { listeners, servers, policies, server_tables, locals, loads, ..network }
}

/// The same without load balancing: no listeners, servers, and what belongs to them.
pub fn network(plan: &HostPlan, interfaces: &Interfaces) -> Image {
    let (health, past) = (Health::new(), Past::default());
    let mut compiler = Compiler::new(plan, &health, &past, interfaces);
    let network = compiler.network();
    Image { policies: compiler.policies.into_lists(), ..network }
}

fn members(plan: &HostPlan) -> BTreeSet<(u32, Ipv4Addr)> {
    let of_group = |(index, group): (&GroupIndex, &GroupPlan)| {
        let index = index.0;
        let ipv6 = group.ipv6_members.iter().map(|it| stand_in(it.index));
        group.members.iter().copied().chain(ipv6).map(move |it| (index, it)).collect::<Vec<_>>()
    };
    plan.groups.iter().flat_map(of_group).collect()
}

/// Routes of every table, and sources of every port that has a link.
fn routes(plan: &HostPlan, interfaces: &BTreeMap<PortIndex, u32>) -> BTreeMap<(u32, Ipv4Net), RouteImage> {
    let tables = plan.vpcs.values().flat_map(|vpc| &vpc.tables);
    let routes = tables.flat_map(|(table, routes)| {
        let image = |via: Option<Ipv4Addr>| via.map_or(RouteImage::Nowhere, RouteImage::Via);
        routes.iter().map(move |route| ((table.0, route.range), image(route.via)))
    });
    let ports = plan.ports.iter().filter(|(index, _)| interfaces.contains_key(index));
    let sources = ports.flat_map(|(index, port)| {
        let scope = tables::SOURCES_OF_PORT | index.0;
        port.sources.iter().map(move |source| ((scope, source.range), RouteImage::Source(source.allowed)))
    });
    routes.chain(sources).collect()
}

/// The network that no VPC has: aliases of ports, resolvers, metadata.
fn services_addresses(ports: &BTreeMap<u32, PortImage>) -> BTreeMap<(Network, Ipv4Addr), AddressImage> {
    let network = Network(tables::SERVICES_NETWORK);
    let aliases = ports.iter().flat_map(|(ifindex, port)| {
        let own = [(services::alias(port.index), port.address)];
        let ipv6 = port.ipv6.iter().map(|it| (alias_of(*it), *it));
        let all = own.into_iter().chain(ipv6);
        all.map(|(alias, address)| ((network, alias), port_address(*ifindex, port, address, None)))
    });
    let fixed = services::RESOLVERS.into_iter().chain([services::METADATA]);
    aliases.chain(fixed.map(|address| ((network, address), AddressImage::Service))).collect()
}

fn alias_of(ipv6: Ipv4Addr) -> Ipv4Addr {
    index_of(ipv6).map_or(ipv6, services::ipv6_alias)
}

/// What `address` of a port means where `ingress` is asked.
fn port_address(
    ifindex: u32,
    port: &PortImage,
    address: Ipv4Addr,
    ingress: Option<PolicyRef>,
) -> AddressImage {
    AddressImage::Port { ifindex, index: port.index, address, mac: port.mac, ingress }
}

struct Compiler<'a> {
    plan: &'a HostPlan,
    health: &'a Health,
    past: &'a Past,
    interfaces: &'a Interfaces,
    policies: Policies<'a>,
    tables: IndexSet<Vec<u32>>,
    /// The table of each server group as it is chosen from in one zone, or in all of them, for clients of a family.
    tables_of_groups: HashMap<(ServerGroupIndex, Option<&'a ZoneId>, Family), TableRef>,
    /// Servers that get new connections somewhere.
    chosen: BTreeSet<ServerIndex>,
}

impl<'a> Compiler<'a> {
    fn new(plan: &'a HostPlan, health: &'a Health, past: &'a Past, interfaces: &'a Interfaces) -> Self {
        Self {
            plan,
            health,
            past,
            interfaces,
            policies: Policies::new(&plan.groups),
            tables: IndexSet::new(),
            tables_of_groups: HashMap::new(),
            chosen: BTreeSet::new(),
        }
    }

    /// All but load balancing; policies are still to come.
    fn network(&mut self) -> Image {
        let plan = self.plan;
        let ports = self.ports();
        let mut addresses = self.vpc_addresses(&ports);
        addresses.extend(services_addresses(&ports));
        let services = Network(tables::SERVICES_NETWORK);
        let ipv6 = Ipv6Addresses::of(plan);
        addresses.extend(
            local::proxy_addresses(plan).into_iter().map(|(address, what)| ((services, address), what)),
        );
        Image {
            ports,
            services: self.interfaces.services,
            addresses,
            routes: routes(plan, &self.interfaces.ports),
            members: members(plan).into_iter().chain(self.policies.ranges().members(&ipv6)).collect(),
            ipv6: ipv6.0,
            headers: headers::of_plan(plan),
            rates: rates(plan),
            limits: plan.endpoints.iter().filter_map(|(index, it)| Some((*index, it.bandwidth?))).collect(),
            ..Image::default()
        }
    }

    fn ports(&mut self) -> BTreeMap<u32, PortImage> {
        let mut ports = BTreeMap::new();
        for (index, port) in &self.plan.ports {
            let Some(ifindex) = self.interfaces.ports.get(index) else { continue };
            let image = PortImage {
                index: *index,
                network: port.network,
                address: port.address,
                secondary: port.secondary.clone(),
                ipv6: port.ipv6.iter().map(|it| stand_in(it.index)).collect(),
                mac: port.mac,
                table: port.table.map_or(0, |table| table.0),
                egress: self.policies.egress(&port.groups),
                ingress: self.policies.ingress(&port.groups),
            };
            ports.insert(*ifindex, image);
        }
        ports
    }

    fn vpc_addresses(
        &mut self,
        ports: &BTreeMap<u32, PortImage>,
    ) -> BTreeMap<(Network, Ipv4Addr), AddressImage> {
        let mut addresses = BTreeMap::new();
        for (network, vpc) in &self.plan.vpcs {
            addresses
                .extend(vpc.gateways.iter().map(|gateway| ((*network, *gateway), AddressImage::Gateway)));
        }
        for (index, vip) in &self.plan.vips {
            let ingress = (!vip.groups.is_empty()).then(|| self.policies.ingress(&vip.groups));
            let local = vip.local.addresses().map(|it| ((vip.network, of_plan(it)), AddressImage::Local));
            addresses.extend(local);
            for address in both(vip.address, vip.ipv6) {
                addresses.insert(
                    (vip.network, address),
                    AddressImage::LoadBalancer(*index, ingress, local::zonal(vip)),
                );
            }
        }
        for (index, endpoint) in &self.plan.endpoints {
            match endpoint.kind {
                EndpointType::Interface => {
                    let ingress = self.policies.ingress(&endpoint.groups);
                    addresses.extend(self.endpoint_addresses(*index, endpoint, ingress));
                }
                EndpointType::Reverse => addresses.extend(self.reverse_addresses(*index, endpoint)),
            }
        }
        for (ifindex, port) in ports {
            for address in port.secondary.iter().chain(&port.ipv6).chain([&port.address]) {
                let image = port_address(*ifindex, port, *address, Some(port.ingress));
                addresses.insert((port.network, *address), image);
            }
        }
        addresses
    }

    fn endpoint_addresses(
        &self,
        index: EndpointIndex,
        endpoint: &EndpointPlan,
        ingress: PolicyRef,
    ) -> Vec<((Network, Ipv4Addr), AddressImage)> {
        let at =
            |vip: Option<VipIndex>| vip.and_then(|vip| Some((vip, local::zonal(self.plan.vips.get(&vip)?))));
        let image = |zone: &EndpointZonePlan| AddressImage::Endpoint {
            index,
            ingress,
            vip: at(zone.vip),
            replaced: at(zone.replaced),
            lease: zone.lease,
            limited: endpoint.bandwidth.is_some(),
        };
        let of_zone = |zone: &EndpointZonePlan| {
            let addresses = both(zone.address, zone.ipv6);
            addresses.map(|address| ((endpoint.network, address), image(zone))).collect::<Vec<_>>()
        };
        endpoint.zones.iter().flat_map(of_zone).collect()
    }

    /// The addresses of a Reverse endpoint, and their aliases.
    fn reverse_addresses(
        &mut self,
        index: EndpointIndex,
        endpoint: &EndpointPlan,
    ) -> Vec<((Network, Ipv4Addr), AddressImage)> {
        let egress = self.policies.egress(&endpoint.groups);
        let of_zone = |zone: &EndpointZonePlan| {
            let image = AddressImage::Reverse { index, egress, source: zone.address, open: zone.open };
            let alias = (Network(tables::SERVICES_NETWORK), services::alias(zone.port));
            [((endpoint.network, zone.address), image.clone()), (alias, image)]
        };
        endpoint.zones.iter().flat_map(of_zone).collect()
    }

    fn servers(&mut self) -> BTreeMap<ServerIndex, ServerImage> {
        let mut servers = BTreeMap::new();
        for (group_index, group) in &self.plan.server_groups {
            for (index, server) in &group.servers {
                let former = Former {
                    server_group: *group_index,
                    address: of_plan(server.address),
                    port: server.port,
                    port_index: server.port_index,
                    behind: Behind::of(server.place),
                    until: if self.fails(*index) { self.past.until(*index, group) } else { 0 },
                };
                servers.extend(self.server(&former).map(|image| (*index, image)));
            }
        }
        servers.extend(self.leaving());
        servers
    }

    /// Servers that are no longer in their group, and whose connections have not all been ended.
    fn leaving(&mut self) -> BTreeMap<ServerIndex, ServerImage> {
        let mut leaving = BTreeMap::new();
        for (index, former) in &self.past.servers {
            let Some(group) = self.plan.server_groups.get(&former.server_group) else { continue };
            let until = self.past.until(*index, group);
            if !group.servers.contains_key(index) && !self.past.is_over(until) {
                let image = self.server(&Former { until, ..*former });
                leaving.extend(image.map(|image| (*index, image)));
            }
        }
        leaving
    }

    /// `None` = its port is not on this host.
    fn server(&mut self, it: &Former) -> Option<ServerImage> {
        let (ifindex, port) = self.local_port(it.port_index)?;
        Some(ServerImage {
            server_group: it.server_group,
            address: it.address,
            port: it.port,
            ifindex,
            port_index: it.port_index,
            mac: port.mac,
            ingress: self.policies.ingress(&port.groups),
            behind: it.behind,
            until: it.until,
        })
    }

    /// Whether a server fails its checks, and others stand in for it.
    fn fails(&self, index: ServerIndex) -> bool {
        self.health.get(&index) == Some(&HealthState::Unhealthy) && !self.chosen.contains(&index)
    }

    fn local_port(&self, index: PortIndex) -> Option<(u32, &'a PortPlan)> {
        Some((*self.interfaces.ports.get(&index)?, self.plan.ports.get(&index)?))
    }

    fn listeners(&mut self) -> BTreeMap<(VipIndex, Family, PortRange, Transport), ListenerImage> {
        let mut listeners = BTreeMap::new();
        for (index, listener) in &self.plan.listeners {
            let Some(group) = self.plan.server_groups.get(&listener.server_group) else { continue };
            for vip_index in &listener.vips {
                let Some(vip) = self.plan.vips.get(vip_index) else { continue };
                for client in families(vip) {
                    let table = self.server_table(listener.server_group, group, vip, client);
                    let image = ListenerImage {
                        rated: listener.cps != 0 || vip.cps != 0,
                        ..listener_image(*index, listener, group, table)
                    };
                    listeners.insert((*vip_index, client, listener.ports, listener.protocol), image);
                }
            }
        }
        listeners
    }

    /// Every listener and zonal address that choose alike share a table.
    fn server_table(
        &mut self,
        index: ServerGroupIndex,
        group: &ServerGroupPlan,
        vip: &'a VipPlan,
        client: Family,
    ) -> TableRef {
        let zone = (!vip.cross_zone).then_some(&vip.zone);
        if let Some(known) = self.tables_of_groups.get(&(index, zone, client)) {
            return *known;
        }
        let slots = self.slots(group, zone, client);
        let table = TableRef(self.tables.insert_full(slots).0);
        self.tables_of_groups.insert((index, zone, client), table);
        table
    }

    fn slots(&mut self, group: &ServerGroupPlan, zone: Option<&ZoneId>, client: Family) -> Vec<u32> {
        let candidates = self.candidates(group, zone, client);
        self.chosen.extend(candidates.iter().map(|candidate| ServerIndex(candidate.id)));
        match choice(group.scheduler) {
            Choice::Turn => turns::round(&candidates),
            Choice::Tuple | Choice::Source | Choice::ConnectionId => {
                candidates.iter().flat_map(|candidate| [candidate.id, candidate.weight]).collect()
            }
            Choice::LeastConnections => candidates.iter().map(|candidate| candidate.id).collect(),
        }
    }

    /// The servers of this host that get new connections of clients of a family through a zonal address of this zone.
    fn candidates(&self, group: &ServerGroupPlan, zone: Option<&ZoneId>, client: Family) -> Vec<Candidate> {
        let eligible = |server: &ServerPlan| {
            zone.is_none_or(|zone| server.zone == *zone)
                && group.serves(client, server)
                && self.local_port(server.port_index).is_some()
        };
        candidates(group, self.health, eligible)
    }
}

/// The families whose clients reach a zonal address.
fn families(vip: &VipPlan) -> impl Iterator<Item = Family> + use<> {
    [Family::Ipv4].into_iter().chain(vip.ipv6.map(|_| Family::Ipv6))
}

/// Servers that get new connections: the healthy ones, or all when none is healthy (better a try than a refusal).
pub(crate) fn candidates(
    group: &ServerGroupPlan,
    health: &Health,
    eligible: impl Fn(&ServerPlan) -> bool,
) -> Vec<Candidate> {
    let is_eligible = |server: &ServerPlan| server.weight > 0 && server.is_connected() && eligible(server);
    let eligible: Vec<(&ServerIndex, &ServerPlan)> =
        group.servers.iter().filter(|(_, server)| is_eligible(server)).collect();
    let healthy: Vec<_> =
        eligible.iter().copied().filter(|(index, _)| is_healthy(group, health, **index)).collect();
    let chosen = if healthy.is_empty() { eligible } else { healthy };
    chosen
        .into_iter()
        .map(|(index, server)| Candidate { id: index.0, weight: share(group.scheduler, server.weight) })
        .collect()
}

/// Whether a server may be chosen before those that are not: its checks say so, or there are none.
pub(crate) fn is_healthy(group: &ServerGroupPlan, health: &Health, server: ServerIndex) -> bool {
    match (&group.health_check, health.get(&server)) {
        (None, _) | (Some(_), Some(HealthState::Healthy)) => true,
        (Some(_), Some(HealthState::Initial | HealthState::Unhealthy) | None) => false,
    }
}

/// How the kernel program follows a scheduler. What goes in turn differs only in the turns.
fn choice(scheduler: Scheduler) -> Choice {
    match scheduler {
        Scheduler::Wrr | Scheduler::Rr => Choice::Turn,
        Scheduler::Tch => Choice::Tuple,
        Scheduler::Sch => Choice::Source,
        Scheduler::Qch => Choice::ConnectionId,
        Scheduler::Wlc => Choice::LeastConnections,
    }
}

/// New connections a second: what the listeners of each zonal address may take, and the address as a whole.
fn rates(plan: &HostPlan) -> BTreeMap<(VipIndex, Option<ListenerIndex>), u32> {
    let of_listener = |(index, listener): (&ListenerIndex, &ListenerPlan)| {
        let (index, cps) = (*index, listener.cps);
        listener.vips.iter().map(move |vip| ((*vip, Some(index)), cps)).collect::<Vec<_>>()
    };
    let listeners = plan.listeners.iter().flat_map(of_listener);
    let vips = plan.vips.iter().map(|(index, vip)| ((*index, None), vip.cps));
    listeners.chain(vips).filter(|(_, cps)| *cps != 0).collect()
}

/// Shares of the servers that are chosen by their connections.
fn loads(plan: &HostPlan) -> BTreeMap<ServerIndex, u32> {
    let groups = plan.server_groups.values();
    let counted = groups.filter(|group| choice(group.scheduler) == Choice::LeastConnections);
    let servers = counted.flat_map(|group| group.servers.iter());
    servers
        .filter(|(_, server)| server.weight > 0)
        .map(|(index, server)| (*index, u32::from(server.weight)))
        .collect()
}

/// The share that a scheduler gives to a server.
fn share(scheduler: Scheduler, weight: u8) -> u32 {
    match scheduler {
        Scheduler::Rr => 1,
        Scheduler::Wrr | Scheduler::Wlc | Scheduler::Sch | Scheduler::Tch | Scheduler::Qch => {
            u32::from(weight)
        }
    }
}

fn listener_image(
    index: ListenerIndex,
    listener: &ListenerPlan,
    group: &ServerGroupPlan,
    table: TableRef,
) -> ListenerImage {
    let header = listener.kernel_header().is_some();
    ListenerImage {
        index,
        server_group: listener.server_group,
        table,
        idle_timeout: listener.idle_timeout,
        // The header tells it.
        preserve_client: group.preserve_client_ip && !header,
        proxied: listener.is_proxied(),
        header,
        choice: choice(group.scheduler),
        rated: false,
        mss: listener.mss,
    }
}

#[cfg(test)]
pub(crate) mod tests;
