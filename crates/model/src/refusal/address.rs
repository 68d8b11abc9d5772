//! Why an address is not given out.

use std::net::{IpAddr, Ipv6Addr};

use crate::id::VSwitchId;
use crate::tables::Key;

/// An address that is not given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// The address cannot be given out.
    #[error("{address} cannot be used in vSwitch {vswitch}: give one from {first} to {last}")]
    OutsideVSwitch {
        /// The address.
        address: IpAddr,
        /// The vSwitch.
        vswitch: VSwitchId,
        /// First one possible.
        first: IpAddr,
        /// Last one possible.
        last: IpAddr,
    },
    /// The address is in use.
    #[error("{address} is taken by {} {by}", .by.kind())]
    Taken {
        /// The address.
        address: IpAddr,
        /// Who has it.
        by: Key,
    },
    /// One address for several instances.
    #[error("one private address or network interface cannot be given to several instances")]
    ForSeveral,
    /// The vSwitch is full.
    #[error("vSwitch {0} has no free address: use another vSwitch")]
    NoneFree(VSwitchId),
    /// The vSwitch has no IPv6.
    #[error("vSwitch {0} has no IPv6: switch it on there first")]
    VSwitchWithoutIpv6(VSwitchId),
    /// An IPv6 address was asked for where there is no dual stack.
    #[error("{0} was asked for, but IPv6 addresses come with DualStack")]
    Ipv6WithoutDualStack(Ipv6Addr),
}
