//! IPv6 ranges of VPCs and vSwitches. The system gives a VPC its range: no two VPCs share one, so that an IPv6 address says alone
//! where it is.

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

use crate::id::Network;

/// Where the ranges of all VPCs come from: fd69:7374::/32, unique local addresses (RFC 4193), a /56 for each of 2^24 networks.
const ALL: u128 = 0xfd69_7374 << 96;

fn range(address: u128, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::from(address), length)
}

/// The range of a VPC, a /56.
pub(crate) fn of_vpc(network: Network) -> Ipv6Net {
    range(ALL | u128::from(network.0) << 72, 56)
}

/// The IPv6 half of a vSwitch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VSwitchIpv6 {
    /// Its VPC's network.
    pub network: Network,
    /// Which of the /64s of its VPC it has.
    pub number: u8,
    /// The lower half of the address that was given out last: the search for a free one goes on behind it.
    pub cursor: u64,
}

impl VSwitchIpv6 {
    /// Lower half of the last address that may be given out: the cloud reserves the first one of a vSwitch and the last nine.
    const LAST: u64 = u64::MAX - 9;

    /// A /64 out of which nothing was given yet.
    pub(crate) fn new(network: Network, number: u8) -> Self {
        Self { network, number, cursor: 0 }
    }

    /// Its range.
    pub fn range(self) -> Ipv6Net {
        let vpc = u128::from(of_vpc(self.network).addr());
        range(vpc | u128::from(self.number) << 64, 64)
    }

    /// First address that may be given out.
    pub fn first(self) -> Ipv6Addr {
        self.at(1)
    }

    /// Last address that may be given out.
    pub fn last(self) -> Ipv6Addr {
        self.at(Self::LAST)
    }

    /// Whether the address may be given out.
    pub fn is_usable(self, address: Ipv6Addr) -> bool {
        (self.first()..=self.last()).contains(&address)
    }

    /// Lower halves in the order in which they are tried.
    pub(crate) fn behind_cursor(self) -> impl Iterator<Item = u64> {
        (self.cursor + 1..=Self::LAST).chain(1..=self.cursor)
    }

    /// The address with this lower half.
    pub(crate) fn at(self, host: u64) -> Ipv6Addr {
        Ipv6Addr::from(u128::from(self.range().addr()) | u128::from(host))
    }
}
