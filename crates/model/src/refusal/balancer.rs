//! Why a command about what surrounds a load balancer is refused.

use crate::id::ZoneId;

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
    /// Nobody said where second-level statistics go.
    #[error("second-level statistics need a log project and a metric store: set them first")]
    NoMonitor,
}
