//! Commands about endpoint services.

use crate::id::{EndpointServiceId, LoadBalancerId};
use crate::meta::{Description, Labels};
use crate::nlb::IpVersion;
use crate::service::{Payer, ResourceKey};

/// Makes an endpoint service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateService {
    /// Description, tags, resource group.
    pub labels: Labels,
    /// What it begins with.
    pub resources: Vec<ResourceKey>,
    /// Accept connections as they come.
    pub auto_accept: bool,
    /// The endpoint's name answers the client's own zone alone.
    pub zone_affinity: bool,
    /// Who pays.
    pub payer: Payer,
    /// The address families that its endpoints may have.
    pub ip_version: IpVersion,
}

/// Changes a service; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateService {
    /// The service.
    pub service: EndpointServiceId,
    /// Its description.
    pub description: Option<Description>,
    /// Accept connections as they come.
    pub auto_accept: Option<bool>,
    /// The endpoint's name answers the client's own zone alone.
    pub zone_affinity: Option<bool>,
    /// Default bandwidth of a connection, Mbit/s.
    pub connect_bandwidth: Option<u32>,
    /// The address families that its endpoints may have.
    pub ip_version: Option<IpVersion>,
}

impl UpdateService {
    /// A change of nothing yet.
    pub fn new(service: EndpointServiceId) -> Self {
        Self {
            service,
            description: None,
            auto_accept: None,
            zone_affinity: None,
            connect_bandwidth: None,
            ip_version: None,
        }
    }
}

/// A resource of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceResource {
    /// The service.
    pub service: EndpointServiceId,
    /// NLB and zone.
    pub resource: ResourceKey,
}

/// Whether a resource may be chosen without being asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAutoAllocated {
    /// The service.
    pub service: EndpointServiceId,
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// The zone; `None` = every zone of the NLB.
    pub zone: Option<crate::id::ZoneId>,
    /// Whether it may.
    pub auto_allocated: bool,
}
