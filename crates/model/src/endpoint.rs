//! Endpoints and their connections: what a consumer has of a service.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{
    EndpointId, EndpointIndex, EndpointServiceId, EniId, LoadBalancerId, Network, Revision, SecurityGroupId,
    Timestamp, VSwitchId, VpcId, ZoneId,
};
use crate::meta::Meta;
use crate::nlb::IpVersion;
use crate::words::words;

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The common part.
    pub meta: Meta,
    /// Which side opens connections.
    #[serde(default)]
    pub kind: EndpointType,
    /// The endpoint, as the data plane knows it.
    pub index: EndpointIndex,
    /// The service that it belongs to; the service may be gone, the connection then says so.
    pub service: EndpointServiceId,
    /// The consumer's VPC.
    pub vpc: VpcId,
    /// Who in the VPC may use it: one to ten groups of one type.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Its zones, a subset of the service's while both exist.
    pub zones: BTreeMap<ZoneId, EndpointZone>,
    /// What the provider thinks of it.
    pub connection: Connection,
    /// Only who made it may change it; `None` = whoever acts for the account.
    pub protected: Option<Maker>,
    /// Asked for by the consumer: its names answer the client's own zone alone.
    pub zone_affinity: bool,
    /// The address families of its zones.
    #[serde(default)]
    pub ip_version: IpVersion,
    /// Which of the service's users may do what through it.
    #[serde(default)]
    pub policy: Policy,
}

/// Which side of an endpoint opens connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointType {
    /// The consumer's VPC, to the service.
    #[default]
    Interface,
    /// The service, to what is in the consumer's VPC. Nothing listens at its addresses, no NLB serves its zones, its bandwidth
    /// is not limited, and it is IPv4.
    Reverse,
}

/// A policy. Each allows everything: nothing in a packet says whose it is, or what it asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    /// None was given.
    #[default]
    Default,
    /// This document, as it was given.
    Document(String),
}

impl Policy {
    /// The document; empty when none was given.
    pub fn document(&self) -> &str {
        match self {
            Self::Default => "",
            Self::Document(text) => text,
        }
    }
}

/// Who of an account made an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Maker {
    /// The account itself, with a key of its own.
    Account,
    /// Somebody with temporary credentials of this role.
    Role(String),
}

impl From<Option<String>> for Maker {
    fn from(role: Option<String>) -> Self {
        role.map_or(Maker::Account, Maker::Role)
    }
}

/// A zone of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointZone {
    /// The vSwitch that the address comes from.
    pub vswitch: VSwitchId,
    /// The interface that holds the address.
    pub eni: EniId,
    /// The NLB that serves the zone; chosen when the connection is accepted, or before by the provider. None serves a Reverse
    /// endpoint's.
    pub resource: Option<LoadBalancerId>,
    /// The NLB that served the zone before, and goes on with the connections that it has.
    pub replaced: Option<LoadBalancerId>,
    /// Counts what has served the zone: connections belong to the count under which they began.
    pub lease: u8,
    /// Off: the provider switched this zone off.
    pub enabled: bool,
    /// The commit that added it.
    pub born: Revision,
    /// The commit that last changed it.
    pub changed: Revision,
}

/// The connection of an endpoint to its service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The connection's own network, as the data plane knows it.
    pub network: Network,
    /// What the provider says.
    pub acceptance: Acceptance,
    /// The commit that last changed what the provider says.
    pub decided: Revision,
    /// The commit that last changed anything else of it.
    pub changed: Revision,
    /// When it last changed.
    pub modified: Timestamp,
    /// Its bandwidth, Mbit/s.
    pub bandwidth: u32,
    /// Whether the bandwidth counts.
    pub traffic_control: TrafficControl,
}

/// What the provider says to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Acceptance {
    /// Not accepted yet.
    Waiting,
    /// Accepted.
    Accepted,
    /// Accepted once, then denied.
    Denied,
    /// The service is gone.
    ServiceDeleted,
}

/// What limits a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrafficControl {
    /// Nothing but what the service can do.
    #[default]
    Scalability,
    /// The connection's bandwidth.
    BandwidthLimit,
}

/// What becomes of a zone's connections when another NLB is to serve it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replacement {
    /// They stay with the NLB that they have, until the provider lets that go.
    #[default]
    Graceful,
    /// They are cut.
    Force,
}

words! {
    EndpointType { Interface = "Interface", Reverse = "Reverse" }
    Replacement { Graceful = "Graceful", Force = "Force" }
    TrafficControl { Scalability = "Scalability", BandwidthLimit = "BandwidthLimit" }
}

impl Connection {
    /// What it carries at most in each direction, Mbit/s; `None` = no limit.
    pub fn limit(&self) -> Option<u32> {
        match self.traffic_control {
            TrafficControl::Scalability => None,
            TrafficControl::BandwidthLimit => Some(self.bandwidth),
        }
    }
}

impl EndpointZone {
    /// From now on `resource` serves the zone, and `replaced` only the connections that it has.
    pub(crate) fn serve(&mut self, resource: Option<LoadBalancerId>, replaced: Option<LoadBalancerId>) {
        self.resource = resource;
        self.replaced = replaced;
        self.lease = self.lease.wrapping_add(1);
    }

    /// The NLBs that have to do with the zone.
    pub(crate) fn load_balancers(&self) -> impl Iterator<Item = &LoadBalancerId> {
        self.resource.iter().chain(&self.replaced)
    }
}

impl Endpoint {
    /// Whether packets pass through a zone.
    pub fn is_open(&self, zone: &EndpointZone) -> bool {
        self.connection.acceptance == Acceptance::Accepted && zone.enabled
    }

    /// The NLB that serves a zone now; `None` = nothing passes.
    pub fn serving(&self, zone: &EndpointZone) -> Option<LoadBalancerId> {
        zone.resource.clone().filter(|_| self.is_open(zone))
    }
}
