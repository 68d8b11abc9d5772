//! Servers in consumers' VPCs, behind Reverse endpoints: from where they are spoken to, and whether they may be.

use std::net::Ipv4Addr;

use model::id::Network;
use model::net::services;
use model::plan::{BehindPlan, HostPlan, PlacePlan, ServerPlan};
use model::security::RulePolicy;

use crate::trace::Protocol;
use crate::trace::rules::{Asked, Way, decide};

/// Any port that a socket may come to have.
const SOME_PORT: u16 = 49_152;

/// The zonal address of a Reverse endpoint in whose name a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The consumer's network.
    pub network: Network,
    /// The address.
    pub source: Ipv4Addr,
}

impl Behind {
    /// The address that a server is behind, if its place is a consumer's VPC.
    pub fn of(place: PlacePlan) -> Option<Self> {
        match place {
            PlacePlan::Own => None,
            PlacePlan::Behind(BehindPlan { network, source, .. }) => Some(Self { network, source }),
        }
    }
}

/// The alias from which the proxy speaks to a server in a consumer's VPC.
pub(crate) fn alias(place: PlacePlan) -> Option<Ipv4Addr> {
    match place {
        PlacePlan::Own => None,
        PlacePlan::Behind(behind) => Some(services::alias(behind.port)),
    }
}

/// The aliases that the proxy needs.
pub(crate) fn aliases(plan: &HostPlan) -> impl Iterator<Item = Ipv4Addr> + '_ {
    let proxied = plan.listeners.values().filter(|listener| listener.is_proxied());
    let groups = proxied.filter_map(|listener| plan.server_groups.get(&listener.server_group));
    groups.flat_map(|group| group.servers.values()).filter_map(|server| alias(server.place))
}

/// Whether a provider may learn how a server answers: of one in a consumer's VPC what the endpoint's groups let out to it.
pub(crate) fn may_be_probed(plan: &HostPlan, server: &ServerPlan, port: u16, protocol: Protocol) -> bool {
    let PlacePlan::Behind(behind) = server.place else { return true };
    let Some(endpoint) = plan.endpoints.get(&behind.endpoint) else { return false };
    let asked = Asked {
        way: Way::Out,
        peer: server.address.ip(),
        own: behind.source.into(),
        source_port: SOME_PORT,
        port,
        protocol,
        is_neighbour: true,
    };
    behind.open && decide(plan, &endpoint.groups, &asked).0 == RulePolicy::Accept
}
