//! From events, which have numbers, to records, which have names.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use model::endpoint::EndpointType;
use model::id::{EndpointId, EndpointIndex, ListenerIndex, Network, PortIndex, Revision, VipIndex, VpcId};
use model::net::services;
use model::plan::HostPlan;
use tables::{Counter, DropReason, Event, EventKind, Port, PortKind};

use super::record::{FlowEvent, FlowProtocol, FlowReason, FlowRecord, Side, Traffic, Tuple};
use crate::ipv6::{Ipv6Addresses, both};
use crate::kernel::packed::{end, unpacked};
use crate::kernel::table::Table;
use crate::sweep;

/// Interfaces remembered, and addresses that are gone: the end of a connection is told after its port has left.
const REMEMBERED: usize = 65_536;

/// What stands behind an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Services,
    Port(Side),
}

/// Knows the names.
pub(super) struct Namer {
    maps: PathBuf,
    /// Those of the plan of this revision, and of earlier ones.
    ipv6: (Option<Revision>, Ipv6Addresses),
    /// Addresses of Reverse endpoints, by the same plan.
    reverse: HashMap<(VpcId, Ipv4Addr), EndpointId>,
    /// By interface index, which the kernel does not give twice.
    places: HashMap<u32, Place>,
    /// Whether the kernel was asked since the beginning of this batch.
    asked: bool,
    /// What is added to the kernel's clock to get the time of day, ns.
    offset: i128,
}

impl Namer {
    /// By the maps pinned in this directory.
    pub(super) fn new(maps: PathBuf) -> Self {
        Self {
            maps,
            ipv6: (None, Ipv6Addresses::default()),
            reverse: HashMap::new(),
            places: HashMap::new(),
            asked: false,
            offset: 0,
        }
    }

    /// Begins a batch of events.
    pub(super) fn begin(&mut self) {
        let day = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        self.offset = i128::try_from(day).unwrap_or(0) - i128::from(sweep::now());
        self.asked = false;
    }

    /// The event as a record; `None` = it is of no interest to anybody: a probe, or nothing that this version knows.
    pub(super) fn record(&mut self, event: &Event, plan: &HostPlan) -> Option<FlowRecord> {
        if self.ipv6.0 != Some(plan.revision) {
            self.know(plan);
        }
        let client = self.place(event.key.ingress(), plan)?;
        let server = self.place(event.egress, plan);
        let from_services = client == Place::Services;
        if from_services && unpacked(event.key.src) == services::PROBE_SOURCE {
            return None;
        }
        let served = matches!(server, Some(Place::Port(_)));
        let (client, server) = (port(client), server.and_then(port));
        let balancer = provider(event, plan);
        let reverse = server.as_ref().and_then(|side| self.reverse_of(side, event));
        let is_abroad = |side: &Side| balancer.as_ref().is_some_and(|balancer| balancer.vpc != side.vpc);
        let abroad = server.as_ref().is_some_and(is_abroad);
        let endpoint = plan.endpoints.get(&EndpointIndex(event.endpoint)).map(|endpoint| endpoint.id.clone());
        Some(FlowRecord {
            time_ms: i64::try_from((i128::from(event.time) + self.offset) / 1_000_000).unwrap_or(0),
            event: FlowEvent(EventKind::from_number(event.kind)?),
            reason: DropReason::from_number(event.reason.into()).map(FlowReason::Known),
            protocol: FlowProtocol::of(event.key.protocol())?,
            asked: (!from_services).then(|| self.asked(event)),
            served: served.then(|| self.as_served(event)),
            endpoint: endpoint.or_else(|| refusing(event, client.as_ref()?, plan)),
            listener: plan.listeners.get(&ListenerIndex(event.listener)).map(|listener| listener.id.clone()),
            client,
            provider: balancer.clone().filter(|_| abroad),
            reverse,
            server: server.or(balancer),
            sent: traffic(event.sent),
            received: traffic(event.received),
        })
    }

    /// What stands for an address never stands for another.
    fn know(&mut self, plan: &HostPlan) {
        let (revision, Ipv6Addresses(known)) = &mut self.ipv6;
        let Ipv6Addresses(present) = Ipv6Addresses::of(plan);
        if known.len() > present.len() + REMEMBERED {
            known.clear();
        }
        known.extend(present);
        *revision = Some(plan.revision);
        let reverse = plan.endpoints.values().filter(|endpoint| endpoint.kind == EndpointType::Reverse);
        let names = reverse.filter_map(|endpoint| {
            let vpc = &plan.vpcs.get(&endpoint.network)?.id;
            Some(endpoint.zones.iter().map(|zone| ((vpc.clone(), zone.address), endpoint.id.clone())))
        });
        self.reverse = names.flatten().collect();
    }

    /// The Reverse endpoint in whose name a server was spoken to.
    fn reverse_of(&self, server: &Side, event: &Event) -> Option<EndpointId> {
        self.reverse.get(&(server.vpc.clone(), unpacked(event.src))).cloned()
    }

    fn asked(&self, event: &Event) -> Tuple {
        let key = &event.key;
        self.tuple(end(key.src, key.sport), end(key.dst, key.dport))
    }

    fn as_served(&self, event: &Event) -> Tuple {
        self.tuple(end(event.src, event.sport), end(event.dst, event.dport))
    }

    fn tuple(&self, from: SocketAddrV4, to: SocketAddrV4) -> Tuple {
        let [from, to] = self.ipv6.1.ends(from, to);
        Tuple { from, to }
    }

    fn place(&mut self, ifindex: u32, plan: &HostPlan) -> Option<Place> {
        if ifindex == 0 {
            return None;
        }
        if !self.places.contains_key(&ifindex) && !self.asked {
            self.ask(plan);
        }
        self.places.get(&ifindex).cloned()
    }

    /// Learns what interfaces there are.
    fn ask(&mut self, plan: &HostPlan) {
        self.asked = true;
        if self.places.len() > REMEMBERED {
            self.places.clear();
        }
        // Before the first pass there is none; then there are no connections either.
        let Ok(ports) = Table::<u32, Port>::open(&self.maps, "PORTS").and_then(|table| table.entries())
        else {
            return;
        };
        for (ifindex, port) in ports {
            if let Some(place) = place_of(&port, plan) {
                self.places.entry(ifindex).or_insert(place);
            }
        }
    }
}

fn place_of(port: &Port, plan: &HostPlan) -> Option<Place> {
    if port.kind == PortKind::Services as u8 {
        return Some(Place::Services);
    }
    let port = plan.ports.get(&PortIndex(port.index))?;
    Some(Place::Port(Side { eni: Some(port.eni.clone()), ..side(port.network, plan)? }))
}

fn port(place: Place) -> Option<Side> {
    match place {
        Place::Services => None,
        Place::Port(side) => Some(side),
    }
}

fn side(network: Network, plan: &HostPlan) -> Option<Side> {
    let vpc = plan.vpcs.get(&network)?;
    Some(Side { account: vpc.owner, vpc: vpc.id.clone(), eni: None })
}

/// Whose load balancer a connection has reached that no server has.
fn provider(event: &Event, plan: &HostPlan) -> Option<Side> {
    let listener = plan.listeners.get(&ListenerIndex(event.listener));
    let vip = listener.and_then(|listener| listener.vips.first().copied()).unwrap_or(VipIndex(event.vip));
    side(plan.vips.get(&vip)?.network, plan)
}

/// The endpoint that a connection was denied at.
fn refusing(event: &Event, client: &Side, plan: &HostPlan) -> Option<EndpointId> {
    let asked = unpacked(event.key.dst);
    let is_it = |endpoint: &&model::plan::EndpointPlan| {
        plan.vpcs.get(&endpoint.network).is_some_and(|vpc| vpc.id == client.vpc)
            && endpoint.zones.iter().any(|zone| both(zone.address, zone.ipv6).any(|it| it == asked))
    };
    plan.endpoints.values().find(is_it).map(|endpoint| endpoint.id.clone())
}

fn traffic(counter: Counter) -> Traffic {
    Traffic { packets: counter.packets, bytes: counter.bytes }
}
