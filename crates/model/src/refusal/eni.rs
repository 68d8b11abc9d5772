//! Why a command about network interfaces is refused.

use std::net::IpAddr;

use crate::id::{EniId, InstanceId, RouteTableId, ZoneId};

/// A command about interfaces that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EniRefusal {
    /// The ENI is attached, or the primary one of an instance.
    #[error("network interface {eni} is attached to instance {instance}: detach it first")]
    Attached {
        /// The interface.
        eni: EniId,
        /// Its instance.
        instance: InstanceId,
    },
    /// A primary ENI stays with its instance.
    #[error("network interface {0} is the primary one of its instance and stays with it")]
    Primary(EniId),
    /// The ENI is not the instance's.
    #[error("network interface {eni} is not attached to instance {instance}")]
    NotOfInstance {
        /// The interface.
        eni: EniId,
        /// The instance.
        instance: InstanceId,
    },
    /// The ENI lies in another zone than the instance.
    #[error("network interface {eni} lies in zone {zone}, the instance does not")]
    ZoneMismatch {
        /// The interface.
        eni: EniId,
        /// Its zone.
        zone: ZoneId,
    },
    /// The address is not one of the ENI that can be taken away.
    #[error("{address} is not a secondary or IPv6 address of network interface {eni}")]
    AddressNotAssigned {
        /// The interface.
        eni: EniId,
        /// The address.
        address: IpAddr,
    },
    /// A route leads to the ENI.
    #[error("route table {table} leads to network interface {eni}: delete the route first")]
    NextHop {
        /// The interface.
        eni: EniId,
        /// The table.
        table: RouteTableId,
    },
    /// An instance with other ENIs than its primary one cannot move.
    #[error("instance {0} has other network interfaces than its primary one: detach them first")]
    InstanceHasMore(InstanceId),
    /// An ENI with secondary addresses cannot move.
    #[error("network interface {0} has secondary addresses: unassign them first")]
    HasMoreAddresses(EniId),
    /// An ENI with IPv6 addresses cannot move.
    #[error("network interface {0} has IPv6 addresses: unassign them first")]
    HasIpv6(EniId),
}
