//! Why a command about endpoints and their connections is refused.

use crate::id::{EndpointId, EndpointServiceId, LoadBalancerId, ZoneId};

/// A command about endpoints and their connections that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// Nothing that was replaced still has connections.
    #[error("nothing was replaced in zone {0} of the connection, or it was let go already")]
    NothingReplaced(ZoneId),
    /// What was replaced before still has connections.
    #[error("zone {0} still has connections on a resource that was replaced before: let that go first")]
    ReplacedStays(ZoneId),
    /// The zone is served by a resource that may be chosen automatically.
    #[error("zone {0} is served by a resource that may be chosen automatically: choose another by hand")]
    AutomaticAlready(ZoneId),
    /// The resource serves other zones of the service than that of the connection.
    #[error("load balancer {load_balancer} serves other zones of the service, not {zone}")]
    ResourceElsewhere {
        /// The resource.
        load_balancer: LoadBalancerId,
        /// The zone of the connection.
        zone: ZoneId,
    },
    /// A service with IPv6 cannot offer the NLB.
    #[error("load balancer {0} has no IPv6: a DualStack service needs DualStack load balancers")]
    ResourceWithoutIpv6(LoadBalancerId),
    /// The service has no IPv6.
    #[error("service {0} has no IPv6: its provider can make it DualStack")]
    ServiceWithoutIpv6(EndpointServiceId),
    /// A Reverse endpoint has no IPv6.
    #[error("an endpoint of type Reverse has no IPv6: ask for IPv4")]
    ReverseIpv6,
    /// Nothing limits what passes through a Reverse endpoint.
    #[error("endpoint {0} is of type Reverse: its bandwidth cannot be limited, ask for Scalability")]
    ReverseUnlimited(EndpointId),
    /// No NLB serves a Reverse endpoint.
    #[error("endpoint {0} is of type Reverse: no load balancer serves its zones, they lead to its own VPC")]
    ReverseUnserved(EndpointId),
    /// An endpoint has IPv6.
    #[error("endpoint {0} of the service is DualStack: it must become IPv4 first")]
    DualStack(EndpointId),
    /// The connection has no such zone.
    #[error("the connection has no zone {zone}")]
    ConnectionZoneNotFound {
        /// The zone.
        zone: ZoneId,
    },
    /// The zone of the connection is on, or it is off.
    #[error("zone {zone} of the connection is {} already", if *.enabled { "on" } else { "off" })]
    WrongZoneState {
        /// The zone.
        zone: ZoneId,
        /// Whether it is on.
        enabled: bool,
    },
}
