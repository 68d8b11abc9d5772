//! Commands about endpoints and their connections.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::endpoint::{EndpointType, Policy, Replacement, TrafficControl};
use crate::id::{EndpointId, EndpointServiceId, LoadBalancerId, SecurityGroupId, VSwitchId, VpcId, ZoneId};
use crate::meta::{Labels, Relabel};
use crate::nlb::IpVersion;

/// A zone of an endpoint to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEndpointZone {
    /// The zone.
    pub zone: ZoneId,
    /// The vSwitch that the address comes from.
    pub vswitch: VSwitchId,
    /// The address that was asked for.
    pub address: Option<Ipv4Addr>,
    /// The IPv6 address that was asked for; only with dual stack.
    pub ipv6: Option<Ipv6Addr>,
}

/// Makes an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateEndpoint {
    /// Name, description, tags, resource group.
    pub labels: Labels,
    /// Its type.
    pub kind: EndpointType,
    /// The service.
    pub service: EndpointServiceId,
    /// The consumer's VPC.
    pub vpc: VpcId,
    /// Who in the VPC may use it.
    pub security_groups: BTreeSet<SecurityGroupId>,
    /// Its zones.
    pub zones: Vec<NewEndpointZone>,
    /// Nobody but the maker may change it.
    pub protected: bool,
    /// Its names answer the client's own zone alone.
    pub zone_affinity: bool,
    /// The address families of its zones.
    pub ip_version: IpVersion,
    /// Its policy.
    pub policy: Policy,
}

impl CreateEndpoint {
    /// An endpoint with every default.
    pub fn new(service: EndpointServiceId, vpc: VpcId) -> Self {
        Self {
            labels: Labels::default(),
            kind: EndpointType::default(),
            service,
            vpc,
            security_groups: BTreeSet::new(),
            zones: Vec::new(),
            protected: false,
            zone_affinity: false,
            ip_version: IpVersion::Ipv4,
            policy: Policy::Default,
        }
    }
}

/// Changes an endpoint; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateEndpoint {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// What it is called now.
    pub relabel: Relabel,
    /// Its names answer the client's own zone alone.
    pub zone_affinity: Option<bool>,
    /// The address families of its zones.
    pub ip_version: Option<IpVersion>,
    /// Its policy.
    pub policy: Option<Policy>,
}

/// Adds a zone to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddEndpointZone {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The zone.
    pub zone: NewEndpointZone,
}

/// A zone of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointZoneRef {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The zone.
    pub zone: ZoneId,
}

/// An endpoint and a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointGroup {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The group.
    pub group: SecurityGroupId,
}

/// The provider accepts a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnableConnection {
    /// The service.
    pub service: EndpointServiceId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its bandwidth, Mbit/s; `None` leaves what is there.
    pub bandwidth: Option<u32>,
    /// Whether the bandwidth counts; `None` leaves what is there.
    pub traffic_control: Option<TrafficControl>,
}

/// The provider changes a connection; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateConnection {
    /// The service.
    pub service: EndpointServiceId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Its bandwidth, Mbit/s.
    pub bandwidth: Option<u32>,
    /// Whether the bandwidth counts.
    pub traffic_control: Option<TrafficControl>,
}

/// What the provider switches in a zone of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneSwitch {
    /// The zone, on.
    On,
    /// The zone, off.
    Off,
    /// What served it before, with the connections that it has kept, off.
    LetGo,
}

/// The provider chooses what serves one zone of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetZoneResource {
    /// The service.
    pub service: EndpointServiceId,
    /// Endpoint and zone.
    pub at: EndpointZoneRef,
    /// The NLB; `None` = chosen automatically.
    pub load_balancer: Option<LoadBalancerId>,
    /// What becomes of the connections through the NLB that serves the zone now.
    pub replacement: Replacement,
}
