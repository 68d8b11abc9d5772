//! Why a command about what surrounds a load balancer is refused.

use crate::id::ZoneId;
use crate::net::Family;

/// A command about what surrounds a load balancer that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BalancerRefusal {
    /// The zone is out of DNS, or it is not.
    #[error("zone {zone} is {} the load balancer's name already", if *.shifted { "out of" } else { "in" })]
    WrongShift {
        /// The zone.
        zone: ZoneId,
        /// Whether it is out.
        shifted: bool,
    },
    /// A name needs an address.
    #[error("one zone must stay in the load balancer's name")]
    LastZone,
    /// The zone's vSwitch cannot be changed in place.
    #[error("zone {0} of the load balancer keeps its vSwitch: remove the zone and add it again")]
    ZoneFixed(ZoneId),
    /// The zone's address cannot be changed in place.
    #[error("zone {0} of the load balancer keeps its address: remove the zone and add it again")]
    AddressFixed(ZoneId),
    /// Local addresses come in pairs.
    #[error("zone {zone} cannot have {count} local {family} addresses: give 2, 4, 6 or 8, or none")]
    LocalCount {
        /// The zone.
        zone: ZoneId,
        /// Of which family.
        family: Family,
        /// How many were asked for.
        count: usize,
    },
    /// Nobody said where second-level statistics go.
    #[error("second-level statistics need a log project and a metric store: set them first")]
    NoMonitor,
}
