//! From what is to be captured to interfaces, and to what of each belongs to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use model::id::{EndpointIndex, ListenerIndex, Network, PortIndex, VipIndex};
use model::plan::{EndpointPlan, HostPlan, PortPlan};
use tables::{Flow, FlowKey, Port, Talk};

use super::{CaptureError, Keep, MOST, Packet, Target};
use crate::config::AgentConfig;
use crate::ipv6::{Known, ips};
use crate::kernel::packed::flow_key;
use crate::kernel::programs::maps_dir;
use crate::kernel::table::{Table, TableError};
use crate::kernel::tap::Tap;
use crate::local;

/// An interface that is captured.
pub(super) struct Side {
    pub(super) name: String,
    pub(super) tap: Tap,
    pub(super) keep: Keep,
}

/// Connections of a server that a target has taken, as the kernel's flows say.
pub(super) struct Connections {
    flows: Table<FlowKey, Flow>,
    known: Known,
    /// The host side of the server's interface.
    ifindex: u32,
    translation: Translation,
}

/// What an endpoint or a load balancer translates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Translation {
    /// Addresses that clients ask for, by the network of the clients.
    asked: BTreeMap<Network, BTreeSet<IpAddr>>,
    /// Addresses in whose name the proxy opens connections to servers, as the kernel knows them.
    vips: BTreeSet<Ipv4Addr>,
    listeners: BTreeSet<ListenerIndex>,
    /// Only connections through this endpoint.
    endpoint: Option<EndpointIndex>,
    /// The interfaces of servers.
    servers: BTreeSet<PortIndex>,
}

/// Opens a tap on every interface of the target.
pub(super) fn of(config: &AgentConfig, plan: &HostPlan, target: &Target) -> Result<Vec<Side>, CaptureError> {
    let (translation, name) = match target {
        Target::Instance(id) => return whole(config, plan, &|port| port.instance == *id, id),
        Target::Eni(id) => return whole(config, plan, &|port| port.eni == *id, id),
        Target::Endpoint(id) => {
            let found = plan.endpoints.iter().find(|(_, endpoint)| endpoint.id == *id);
            (found.map(|(index, endpoint)| Translation::of_endpoint(plan, *index, endpoint)), id.to_string())
        }
        Target::LoadBalancer(id) => {
            let is_its = |vip: &VipIndex| plan.vips.get(vip).is_some_and(|vip| vip.load_balancer == *id);
            let vips: BTreeSet<_> = plan.vips.keys().copied().filter(is_its).collect();
            ((!vips.is_empty()).then(|| Translation::of_balancer(plan, &vips)), id.to_string())
        }
    };
    let translation = translation.ok_or(CaptureError::NoInterface(name))?;
    let ports: Vec<_> =
        plan.ports.iter().filter(|(index, port)| translation.concerns(**index, port)).collect();
    bounded(ports.len())?;
    let indices = indices(config)?;
    let maps = maps_dir(&config.bpf_dir());
    let side = |(index, port): (&PortIndex, &PortPlan)| {
        let keep = if translation.servers.contains(index) {
            Keep::Connections(Box::new(Connections {
                flows: Table::open(&maps, "FLOWS")?,
                known: Known::open(&maps)?,
                ifindex: indices.get(index).copied().unwrap_or(0),
                translation: Translation { asked: translation.asked_by(port), ..translation.clone() },
            }))
        } else {
            Keep::Addresses(translation.asked.get(&port.network).cloned().unwrap_or_default())
        };
        tapped(config, port, keep)
    };
    ports.into_iter().map(side).collect()
}

fn whole(
    config: &AgentConfig,
    plan: &HostPlan,
    is_it: &dyn Fn(&PortPlan) -> bool,
    name: &dyn ToString,
) -> Result<Vec<Side>, CaptureError> {
    let ports: Vec<_> = plan.ports.values().filter(|port| is_it(port)).collect();
    if ports.is_empty() {
        return Err(CaptureError::NoInterface(name.to_string()));
    }
    bounded(ports.len())?;
    ports.into_iter().map(|port| tapped(config, port, Keep::All)).collect()
}

fn bounded(found: usize) -> Result<(), CaptureError> {
    if found > MOST { Err(CaptureError::TooMany { found }) } else { Ok(()) }
}

fn tapped(config: &AgentConfig, port: &PortPlan, keep: Keep) -> Result<Side, CaptureError> {
    let tap = Tap::open(&config.instance(&port.instance), &format!("eth{}", port.device))?;
    Ok(Side { name: format!("{} of {}", port.eni, port.instance), tap, keep })
}

fn indices(config: &AgentConfig) -> Result<BTreeMap<PortIndex, u32>, TableError> {
    let ports = Table::<u32, Port>::open(&maps_dir(&config.bpf_dir()), "PORTS")?.entries()?;
    Ok(ports.into_iter().map(|(ifindex, port)| (PortIndex(port.index), ifindex)).collect())
}

impl Translation {
    fn of_endpoint(plan: &HostPlan, index: EndpointIndex, endpoint: &EndpointPlan) -> Self {
        let vips = endpoint.zones.iter().flat_map(|zone| [zone.vip, zone.replaced]).flatten().collect();
        let asked = endpoint.zones.iter().flat_map(|zone| ips(zone.address, zone.ipv6)).collect();
        let mut translation = Self { endpoint: Some(index), ..Self::behind(plan, &vips) };
        translation.asked.insert(endpoint.network, asked);
        translation
    }

    fn of_balancer(plan: &HostPlan, vips: &BTreeSet<VipIndex>) -> Self {
        let mut translation = Self::behind(plan, vips);
        for vip in vips.iter().filter_map(|vip| plan.vips.get(vip)) {
            translation.asked.entry(vip.network).or_default().extend(ips(vip.address, vip.ipv6));
        }
        for endpoint in plan.endpoints.values() {
            let leads =
                |zone: &&model::plan::EndpointZonePlan| zone.vip.is_some_and(|vip| vips.contains(&vip));
            let leading = endpoint.zones.iter().filter(leads);
            let addresses = leading.flat_map(|zone| ips(zone.address, zone.ipv6));
            translation.asked.entry(endpoint.network).or_default().extend(addresses);
        }
        translation
    }

    /// Listeners on these addresses, and their servers.
    fn behind(plan: &HostPlan, vips: &BTreeSet<VipIndex>) -> Self {
        let vip_plans = vips.iter().filter_map(|vip| plan.vips.get(vip));
        let addresses = vip_plans.flat_map(local::all).collect();
        let mut translation = Self { vips: addresses, ..Self::default() };
        for (index, listener) in &plan.listeners {
            if listener.vips.iter().any(|vip| vips.contains(vip)) {
                translation.listeners.insert(*index);
                let group = plan.server_groups.get(&listener.server_group);
                translation
                    .servers
                    .extend(group.into_iter().flat_map(|it| it.servers.values()).map(|it| it.port_index));
            }
        }
        translation
    }

    /// Whether some of what passes an interface may belong to it.
    fn concerns(&self, index: PortIndex, port: &PortPlan) -> bool {
        self.servers.contains(&index) || self.asked.get(&port.network).is_some_and(|it| !it.is_empty())
    }

    /// What a server may ask for as a client.
    fn asked_by(&self, port: &PortPlan) -> BTreeMap<Network, BTreeSet<IpAddr>> {
        self.asked
            .get_key_value(&port.network)
            .map(|(network, asked)| (*network, asked.clone()))
            .into_iter()
            .collect()
    }

    fn has(&self, flow: &Flow) -> bool {
        match self.endpoint {
            Some(endpoint) => flow.endpoint == endpoint.0,
            None => self.listeners.contains(&ListenerIndex(flow.listener)),
        }
    }
}

impl Connections {
    /// Whether a packet belongs to a connection that was taken for the server, is one of the proxy's, or the server's own to
    /// what it can ask for as a client.
    pub(super) fn have(&self, packet: &Packet, outgoing: bool) -> bool {
        let (own, peer) = if outgoing { (packet.from, packet.to) } else { (packet.to, packet.from) };
        let asks = self.translation.asked.values().any(|asked| asked.contains(&peer.ip()));
        asks || self.known(own).zip(self.known(peer)).is_some_and(|(own, peer)| {
            let talk = Talk::of(packet.protocol, 0);
            let flow = talk.and_then(|talk| self.flows.get(&flow_key(self.ifindex, own, peer, talk)).ok()?);
            match flow.filter(|flow| flow.listener != 0) {
                Some(flow) => self.translation.has(&flow),
                None => self.translation.vips.contains(peer.ip()),
            }
        })
    }

    fn known(&self, end: SocketAddr) -> Option<SocketAddrV4> {
        self.known.end(end).ok().flatten()
    }
}
