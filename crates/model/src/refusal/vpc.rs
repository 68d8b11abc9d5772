//! Why a command about address ranges and routes is refused.

use ipnet::Ipv4Net;

use crate::id::VSwitchId;

/// A command about address ranges and routes that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VpcRefusal {
    /// The vSwitch's range is not within its VPC's.
    #[error("{cidr} is not within the VPC's range {vpc}")]
    CidrOutsideVpc {
        /// The vSwitch's.
        cidr: Ipv4Net,
        /// The VPC's.
        vpc: Ipv4Net,
    },
    /// The range overlaps a vSwitch's.
    #[error("{cidr} overlaps {other} of vSwitch {vswitch}")]
    CidrOverlapsVSwitch {
        /// The new range.
        cidr: Ipv4Net,
        /// The range that is there.
        other: Ipv4Net,
        /// Whose it is.
        vswitch: VSwitchId,
    },
}
