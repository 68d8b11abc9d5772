//! The stages of a packet's way, and how far it came.

use std::net::{IpAddr, SocketAddr};

use model::endpoint::EndpointType;
use model::id::{GroupIndex, ListenerIndex, ServerIndex};
use model::net::services;
use model::plan::{
    BehindPlan, EndpointPlan, EndpointZonePlan, HostPlan, ListenerPlan, PlacePlan, PortPlan, ServerGroupPlan,
    ServerPlan, VipPlan,
};
use model::security::RulePolicy;
use tables::DropReason;

use super::rules::{Asked, Way, decide};
use super::{Question, Stage};
use crate::flows::{FlowReason, Viewer, to_client, to_provider};
use crate::ipv6::{Ipv6Addresses, all_of, ips};
use crate::kernel::packed::end;
use crate::kernel::rehearsal::Rehearsed;

/// A packet's way.
pub(super) struct Walk<'a> {
    pub(super) plan: &'a HostPlan,
    /// The plan's IPv6 addresses.
    pub(super) ipv6: &'a Ipv6Addresses,
    pub(super) port: &'a PortPlan,
    pub(super) to: IpAddr,
    /// What the packet comes from.
    pub(super) source: SocketAddr,
    pub(super) asked: &'a Question,
    pub(super) rehearsed: &'a Rehearsed,
    pub(super) viewer: &'a Viewer,
}

/// What stands behind the address that was asked for.
enum Target<'a> {
    Endpoint(&'a EndpointPlan, &'a EndpointZonePlan),
    Balancer(&'a VipPlan),
    Interface(&'a PortPlan),
    Elsewhere(String),
}

/// How a packet reaches a load balancer: of what comes through an endpoint, servers' groups see the load balancer's address.
#[derive(Clone, Copy)]
enum Via {
    Network,
    Endpoint,
}

/// The stage at which a packet is dropped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    Interface,
    EgressRules,
    Destination,
    EndpointRules,
    Connection,
    BalancerRules,
    Listener,
    Server,
    ReverseRules,
    IngressRules,
    Way,
}

impl Walk<'_> {
    /// What each stage says, until the packet is dropped or leaves.
    pub(super) fn stages(&self) -> Vec<Stage> {
        let stop = self.rehearsed.dropped.map_or(Stop::Way, stop);
        let mut all = vec![self.interface(), self.egress()];
        let target = self.target();
        let foreign = self.is_foreign(&target);
        let own = self.source.ip();
        all.push(self.destination(&target));
        match target {
            Target::Endpoint(endpoint, zone) => {
                let asked = self.inwards(own, true, self.asked_for());
                all.push(self.rules(Stop::EndpointRules, &endpoint.groups, &asked));
                all.push(self.connection(endpoint, zone));
                if let Some(vip) = zone.vip.and_then(|vip| self.plan.vips.get(&vip)) {
                    all.extend(if foreign { vec![self.beyond()] } else { self.balance(vip, Via::Endpoint) });
                }
            }
            Target::Balancer(vip) => {
                if !vip.groups.is_empty() {
                    let asked = self.inwards(own, true, self.asked_for());
                    all.push(self.rules(Stop::BalancerRules, &vip.groups, &asked));
                }
                all.extend(self.balance(vip, Via::Network));
            }
            Target::Interface(receiver) => {
                let asked = self.inwards(own, true, self.asked_for());
                all.push(self.rules(Stop::IngressRules, &receiver.groups, &asked));
            }
            Target::Elsewhere(_) => {}
        }
        let mut stages: Vec<Stage> =
            all.into_iter().take_while(|(at, _)| *at <= stop).map(|(_, stage)| stage).collect();
        stages.push(self.verdict());
        stages
    }

    fn interface(&self) -> (Stop, Stage) {
        let vpc = self.plan.vpcs.get(&self.port.network).map(|vpc| vpc.id.to_string()).unwrap_or_default();
        let port = self.port;
        let decision = format!("{} of {}, {} in {vpc}", port.eni, port.instance, self.source.ip());
        (Stop::Interface, stage("interface", decision, None))
    }

    fn egress(&self) -> (Stop, Stage) {
        let asked = Asked {
            way: Way::Out,
            peer: self.to,
            own: self.source.ip(),
            source_port: self.source.port(),
            port: self.asked.port,
            protocol: self.asked.protocol,
            is_neighbour: true,
        };
        self.rules(Stop::EgressRules, &self.port.groups, &asked)
    }

    /// Where the packet is sent to.
    fn asked_for(&self) -> SocketAddr {
        SocketAddr::new(self.to, self.asked.port)
    }

    /// What comes in to an address.
    fn inwards(&self, peer: IpAddr, is_neighbour: bool, to: SocketAddr) -> Asked {
        Asked {
            way: Way::In,
            peer,
            own: to.ip(),
            source_port: self.source.port(),
            port: to.port(),
            protocol: self.asked.protocol,
            is_neighbour,
        }
    }

    /// The program's decision, and the rule that explains it. What the plan says otherwise is of another revision.
    fn rules(&self, at: Stop, groups: &[GroupIndex], asked: &Asked) -> (Stop, Stage) {
        let name = match at {
            Stop::EgressRules => "egress rules",
            Stop::EndpointRules => "endpoint rules",
            Stop::BalancerRules => "load balancer rules",
            Stop::ReverseRules => "reverse endpoint rules",
            Stop::IngressRules => "ingress rules",
            Stop::Interface
            | Stop::Destination
            | Stop::Connection
            | Stop::Listener
            | Stop::Server
            | Stop::Way => "rules",
        };
        let dropped = self.rehearsed.dropped.map(stop) == Some(at);
        let (policy, by) = decide(self.plan, groups, asked);
        let agrees = (policy == RulePolicy::Drop) == dropped;
        let by = if agrees { by } else { "the plan on disk is of another revision".to_owned() };
        (at, stage(name, if dropped { "drop" } else { "accept" }, Some(by)))
    }

    fn target(&self) -> Target<'_> {
        let (plan, network, to) = (self.plan, self.port.network, self.to);
        for endpoint in plan.endpoints.values().filter(|endpoint| endpoint.network == network) {
            let is_it = |zone: &&EndpointZonePlan| ips(zone.address, zone.ipv6).any(|it| it == to);
            if let Some(zone) = endpoint.zones.iter().find(is_it) {
                return Target::Endpoint(endpoint, zone);
            }
        }
        let is_it = |vip: &&VipPlan| vip.network == network && ips(vip.address, vip.ipv6).any(|it| it == to);
        if let Some(vip) = plan.vips.values().find(is_it) {
            return Target::Balancer(vip);
        }
        let has = |port: &PortPlan| all_of(port).any(|it| it == to);
        if let Some(port) = plan.ports.values().find(|port| port.network == network && has(port)) {
            return Target::Interface(port);
        }
        Target::Elsewhere(self.elsewhere())
    }

    fn elsewhere(&self) -> String {
        // Services, gateways and routes are IPv4's.
        let IpAddr::V4(to) = self.to else { return "nothing has this address in the VPC".to_owned() };
        if services::RESOLVERS.contains(&to) || to == services::METADATA {
            return "a service of the host".to_owned();
        }
        let Some(vpc) = self.plan.vpcs.get(&self.port.network) else { return "nothing".to_owned() };
        if vpc.gateways.contains(&to) {
            return "the gateway, which answers by itself".to_owned();
        }
        let routes = self.port.table.and_then(|table| vpc.tables.get(&table));
        let mut fitting: Vec<_> =
            routes.into_iter().flatten().filter(|route| route.range.contains(&to)).collect();
        fitting.sort_by_key(|route| route.range.prefix_len());
        match fitting.last().map(|route| (route.range, route.via)) {
            Some((range, Some(via))) => format!("by the route {range} to {via}"),
            Some((range, None)) => format!("by the route {range} to nowhere"),
            None => "nothing has this address in the VPC".to_owned(),
        }
    }

    fn destination(&self, target: &Target<'_>) -> (Stop, Stage) {
        let decision = match target {
            Target::Endpoint(endpoint, zone) => format!("endpoint {}, {}", endpoint.id, zone.zone),
            Target::Balancer(vip) => format!("load balancer {}, {}", vip.load_balancer, vip.zone),
            Target::Interface(port) => format!("{} of {}", port.eni, port.instance),
            Target::Elsewhere(words) => words.clone(),
        };
        (Stop::Destination, stage("destination", decision, Some(self.to.to_string())))
    }

    fn connection(&self, endpoint: &EndpointPlan, zone: &EndpointZonePlan) -> (Stop, Stage) {
        let vip = zone.vip.and_then(|vip| self.plan.vips.get(&vip));
        let decision = match vip {
            Some(_) if self.is_foreign(&Target::Endpoint(endpoint, zone)) => "accepted".to_owned(),
            Some(vip) => format!("accepted: served by {}, {}", vip.load_balancer, vip.zone),
            None if endpoint.kind == EndpointType::Reverse => {
                "a reverse endpoint takes no connections".to_owned()
            }
            None => "not accepted by the provider".to_owned(),
        };
        (Stop::Connection, stage("connection", decision, Some(endpoint.service.to_string())))
    }

    /// Whether what stands behind an endpoint is not the viewer's.
    fn is_foreign(&self, target: &Target<'_>) -> bool {
        let Target::Endpoint(_, zone) = target else { return false };
        let vip = zone.vip.and_then(|vip| self.plan.vips.get(&vip));
        let vpc = vip.and_then(|vip| self.plan.vpcs.get(&vip.network));
        vpc.is_some_and(|vpc| !self.viewer.has(vpc.owner, &vpc.id))
    }

    /// What the provider's side says, to who may not see how.
    fn beyond(&self) -> (Stop, Stage) {
        let decision = if self.rehearsed.dropped.is_some() { "does not take it" } else { "takes it" };
        (Stop::Listener, stage("provider", decision, None))
    }

    /// From a load balancer's address to a server.
    fn balance(&self, vip: &VipPlan, via: Via) -> Vec<(Stop, Stage)> {
        let event = self.rehearsed.event.as_ref();
        let server = event.and_then(|event| server(self.plan, ServerIndex(event.server)));
        let mut all = vec![self.listener()];
        let Some((group, server)) = server else {
            all.push(self.without_server());
            return all;
        };
        let by = format!("{} by {}", group.id, group.scheduler);
        let port = event.map_or(server.port, |event| u16::from_be(event.dport));
        let at = SocketAddr::new(server.address.ip(), port);
        all.push((Stop::Server, stage("server", at.to_string(), Some(by))));
        let Some(receiver) = self.plan.ports.get(&server.port_index) else { return all };
        if let PlacePlan::Behind(behind) = server.place {
            all.extend(self.abroad(behind, receiver, at));
        } else {
            let asked = match via {
                Via::Network => self.inwards(self.source.ip(), true, at),
                Via::Endpoint => self.inwards(speaks_to(vip, server), false, at),
            };
            all.push(self.rules(Stop::IngressRules, &receiver.groups, &asked));
        }
        all
    }

    fn listener(&self) -> (Stop, Stage) {
        let event = self.rehearsed.event.as_ref();
        let listener = event.and_then(|event| self.plan.listeners.get(&ListenerIndex(event.listener)));
        let found = match listener {
            Some(listener) => listener.id.to_string(),
            None => format!("none on port {}", self.asked.port),
        };
        let by = self.refusal(Stop::Listener).or_else(|| Some(manner(listener?)?.to_owned()));
        (Stop::Listener, stage("listener", found, by))
    }

    /// No server gets the packet itself.
    fn without_server(&self) -> (Stop, Stage) {
        let refusal = self.refusal(Stop::Server);
        let group = self.ends_at_proxy().and_then(|it| self.plan.server_groups.get(&it.server_group));
        let stage = match group.filter(|_| refusal.is_none()) {
            Some(group) => {
                let by = format!("{} by {}", group.id, group.scheduler);
                stage("server", "as the proxy chooses", Some(by))
            }
            None => stage("server", "none", refusal),
        };
        (Stop::Server, stage)
    }

    /// The listener whose proxy the packet is led to.
    fn ends_at_proxy(&self) -> Option<&ListenerPlan> {
        let event = self.rehearsed.event.as_ref().filter(|event| event.server == 0)?;
        self.plan.listeners.get(&ListenerIndex(event.listener)).filter(|it| it.is_proxied())
    }

    /// To a server in a consumer's VPC, in the name of its Reverse endpoint.
    fn abroad(&self, behind: BehindPlan, receiver: &PortPlan, at: SocketAddr) -> Vec<(Stop, Stage)> {
        if self.is_hidden(behind) {
            let takes = if self.rehearsed.dropped.is_some() { "does not take it" } else { "takes it" };
            return vec![(Stop::ReverseRules, stage("consumer", takes, None))];
        }
        let Some(endpoint) = self.plan.endpoints.get(&behind.endpoint) else { return Vec::new() };
        let source = behind.source.into();
        let asked = Asked { way: Way::Out, peer: at.ip(), own: source, ..self.inwards(source, true, at) };
        vec![
            (
                Stop::ReverseRules,
                stage("reverse endpoint", endpoint.id.to_string(), Some(source.to_string())),
            ),
            self.rules(Stop::ReverseRules, &endpoint.groups, &asked),
            self.rules(Stop::IngressRules, &receiver.groups, &self.inwards(source, true, at)),
        ]
    }

    /// Whether the viewer may not see how a consumer's VPC takes a connection.
    fn is_hidden(&self, behind: BehindPlan) -> bool {
        let vpc = self.plan.vpcs.get(&behind.network);
        vpc.is_none_or(|vpc| !self.viewer.has(vpc.owner, &vpc.id))
    }

    /// Whether the chosen server is in such a VPC.
    fn leads_to_hidden(&self) -> bool {
        let chosen = self.rehearsed.event.as_ref().map(|event| ServerIndex(event.server));
        match chosen.and_then(|index| server(self.plan, index)).map(|(_, server)| server.place) {
            Some(PlacePlan::Behind(behind)) => self.is_hidden(behind),
            Some(PlacePlan::Own) | None => false,
        }
    }

    /// Why the packet is dropped, if it is at this stage.
    fn refusal(&self, at: Stop) -> Option<String> {
        self.rehearsed.dropped.filter(|reason| stop(*reason) == at).map(|reason| reason.text().to_owned())
    }

    /// What becomes of the packet.
    pub(super) fn verdict(&self) -> Stage {
        let foreign = self.is_foreign(&self.target());
        let hidden = self.leads_to_hidden();
        if let Some(dropped) = self.rehearsed.dropped {
            let reason = match (foreign, hidden) {
                (true, _) => to_client(dropped),
                (false, true) => to_provider(dropped),
                (false, false) => FlowReason::Known(dropped),
            };
            return stage("verdict", "dropped", Some(reason.text().to_owned()));
        }
        if foreign {
            return stage("verdict", "passes", Some("what the server sees is the provider's".to_owned()));
        }
        if hidden {
            return stage("verdict", "passes", Some("what the server sees is the consumer's".to_owned()));
        }
        let Some(event) = &self.rehearsed.event else {
            return stage("verdict", "answered", Some("by the data plane itself".to_owned()));
        };
        if self.ends_at_proxy().is_some() {
            let by = "which asks a server itself".to_owned();
            return stage("verdict", "passes to the proxy", Some(by));
        }
        let [from, to] = self.ipv6.ends(end(event.src, event.sport), end(event.dst, event.dport));
        let seen = format!("{from} > {to}");
        let asked = format!("{} > {}", self.source, SocketAddr::new(self.to, self.asked.port));
        let by = if seen == asked { "as it was sent".to_owned() } else { format!("asked for as {asked}") };
        stage("verdict", format!("passes as {seen}"), Some(by))
    }
}

pub(super) fn stage(stage: &'static str, decision: impl Into<String>, by: Option<String>) -> Stage {
    Stage { stage, decision: decision.into(), by }
}

/// What a listener does besides leading connections to servers.
fn manner(listener: &ListenerPlan) -> Option<&'static str> {
    match (listener.is_proxied(), listener.proxy_protocol) {
        (true, Some(_)) => {
            Some("ends at the proxy, tells servers their clients by a header of the PROXY protocol")
        }
        (true, None) => Some("ends at the proxy"),
        (false, Some(_)) => Some("tells servers their clients by a header of the PROXY protocol"),
        (false, None) => None,
    }
}

fn server(plan: &HostPlan, index: ServerIndex) -> Option<(&ServerGroupPlan, &ServerPlan)> {
    plan.server_groups.values().find_map(|group| Some((group, group.servers.get(&index)?)))
}

/// The address in whose name a load balancer speaks to a server.
fn speaks_to(vip: &VipPlan, server: &ServerPlan) -> IpAddr {
    let ipv6 = vip.ipv6.filter(|_| server.address.ip().is_ipv6());
    ipv6.map_or(vip.address.into(), |it| it.address.into())
}

/// Where a packet that is dropped for this reason stops.
fn stop(reason: DropReason) -> Stop {
    use DropReason as R;
    match reason {
        R::Malformed
        | R::EtherType
        | R::IpProtocol
        | R::SpoofedMac
        | R::SpoofedAddress
        | R::UnknownPort
        | R::Multicast
        | R::NoPolicy
        | R::Fragment => Stop::Interface,
        R::EgressPolicy => Stop::EgressRules,
        R::NoRoute => Stop::Destination,
        R::EndpointPolicy => Stop::EndpointRules,
        R::NotConnected | R::Limited => Stop::Connection,
        R::BalancerPolicy => Stop::BalancerRules,
        R::NoListener | R::NewConnections | R::EarlyData => Stop::Listener,
        R::NoServer | R::ServerGone | R::Replaced => Stop::Server,
        R::ReversePolicy => Stop::ReverseRules,
        R::IngressPolicy => Stop::IngressRules,
        R::NoConnection
        | R::FlowTableFull
        | R::SourcePorts
        | R::TtlExpired
        | R::IcmpError
        | R::Rewrite
        | R::Rerouted
        | R::OtherFamily => Stop::Way,
    }
}

#[cfg(test)]
mod tests;
