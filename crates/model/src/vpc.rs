//! VPCs and vSwitches: address ranges, and which addresses of a range may be used.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::id::{Network, RouteTableId, RouterId, SecurityGroupId, VSwitchId, VpcId, ZoneId};
use crate::ipv6::{self, VSwitchIpv6};
use crate::meta::Meta;

/// A virtual private cloud.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id.
    pub id: VpcId,
    /// The common part.
    pub meta: Meta,
    /// Its network, as the data plane knows it.
    pub network: Network,
    /// Its address range.
    pub cidr: VpcCidr,
    /// More ranges, apart from the first one and from each other, in the order in which they came.
    pub secondary: Vec<VpcCidr>,
    /// Whether it has IPv6.
    #[serde(default)]
    pub ipv6: bool,
    /// Whether it is its account's default VPC.
    pub is_default: bool,
    /// Its router.
    pub router: RouterId,
    /// The route table that every VPC has.
    pub route_table: RouteTableId,
    /// The security group that the system made for instances without one.
    pub default_group: Option<SecurityGroupId>,
}

impl Vpc {
    /// All its address ranges.
    pub fn ranges(&self) -> impl Iterator<Item = Ipv4Net> {
        [self.cidr].into_iter().chain(self.secondary.iter().copied()).map(VpcCidr::net)
    }

    /// Its IPv6 range, if it has IPv6.
    pub fn ipv6_range(&self) -> Option<Ipv6Net> {
        self.ipv6.then(|| ipv6::of_vpc(self.network))
    }

    /// Whether an address lies in one of its ranges.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.ranges().any(|range| range.contains(&address)),
            IpAddr::V6(address) => self.ipv6_range().is_some_and(|range| range.contains(&address)),
        }
    }
}

/// A subnet of a VPC in one zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VSwitch {
    /// Its id.
    pub id: VSwitchId,
    /// The common part.
    pub meta: Meta,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its zone.
    pub zone: ZoneId,
    /// Its address range.
    pub cidr: VSwitchCidr,
    /// Whether it is its zone's default vSwitch in the default VPC.
    pub is_default: bool,
    /// The route table that it uses; `None` = the system's.
    pub route_table: Option<RouteTableId>,
    /// The address that was given out last: the search for a free one goes on behind it.
    pub cursor: Ipv4Addr,
    /// Its IPv6 half.
    #[serde(default)]
    pub ipv6: Option<VSwitchIpv6>,
}

/// A range that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCidr {
    /// Bits behind the mask are set.
    #[error("{0} has bits behind its mask: did you mean {meant}?", meant = .0.trunc())]
    HostBits(Ipv4Net),
    /// The mask is too short or too long.
    #[error("the mask of {cidr} is not within /{shortest} to /{longest}")]
    Mask {
        /// The range.
        cidr: Ipv4Net,
        /// Shortest mask.
        shortest: u8,
        /// Longest mask.
        longest: u8,
    },
    /// The range touches one that cannot be private.
    #[error(
        "{cidr} touches {reserved}, which is reserved: choose within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
    )]
    Reserved {
        /// The range.
        cidr: Ipv4Net,
        /// What it touches.
        reserved: Ipv4Net,
    },
}

/// Whether two ranges have an address in common.
pub fn overlap(one: &Ipv4Net, other: &Ipv4Net) -> bool {
    one.contains(other) || other.contains(one)
}

const fn net(a: u8, b: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), length)
}

/// Ranges that no VPC may touch: this network, services of the cloud, loopback, link-local, multicast and above.
const RESERVED: [Ipv4Net; 5] =
    [net(0, 0, 8), net(100, 64, 10), net(127, 0, 8), net(169, 254, 16), net(224, 0, 3)];

fn checked(cidr: Ipv4Net, shortest: u8, longest: u8) -> Result<Ipv4Net, InvalidCidr> {
    if cidr != cidr.trunc() {
        return Err(InvalidCidr::HostBits(cidr));
    }
    if !(shortest..=longest).contains(&cidr.prefix_len()) {
        return Err(InvalidCidr::Mask { cidr, shortest, longest });
    }
    match RESERVED.into_iter().find(|reserved| overlap(reserved, &cidr)) {
        Some(reserved) => Err(InvalidCidr::Reserved { cidr, reserved }),
        None => Ok(cidr),
    }
}

/// The range of a VPC: mask 8 to 28, nothing reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Ipv4Net", into = "Ipv4Net")]
pub struct VpcCidr(Ipv4Net);

impl VpcCidr {
    /// A VPC's range, if it can be one.
    pub fn new(cidr: Ipv4Net) -> Result<Self, InvalidCidr> {
        checked(cidr, 8, 28).map(Self)
    }

    /// The range.
    pub fn net(self) -> Ipv4Net {
        self.0
    }
}

impl Default for VpcCidr {
    /// 172.16.0.0/12, as the VPC API documents.
    fn default() -> Self {
        Self(net(172, 16, 12))
    }
}

/// The range of a vSwitch: mask 16 to 29, nothing reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Ipv4Net", into = "Ipv4Net")]
pub struct VSwitchCidr(Ipv4Net);

impl VSwitchCidr {
    /// A vSwitch's range, if it can be one.
    pub fn new(cidr: Ipv4Net) -> Result<Self, InvalidCidr> {
        checked(cidr, 16, 29).map(Self)
    }

    /// The range.
    pub fn net(self) -> Ipv4Net {
        self.0
    }

    /// Where every other network is reached: the last but two.
    pub fn gateway(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.0.broadcast()) - 2)
    }

    /// First address that may be given out.
    pub fn first(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.0.network()) + 1)
    }

    /// Last address that may be given out; the three behind it are reserved.
    pub fn last(self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.0.broadcast()) - 3)
    }

    /// How many addresses may be given out.
    pub fn usable(self) -> u32 {
        u32::from(self.last()) - u32::from(self.first()) + 1
    }

    /// Whether the address may be given out.
    pub fn is_usable(self, address: Ipv4Addr) -> bool {
        (self.first()..=self.last()).contains(&address)
    }
}

impl TryFrom<Ipv4Net> for VpcCidr {
    type Error = InvalidCidr;
    fn try_from(cidr: Ipv4Net) -> Result<Self, InvalidCidr> {
        Self::new(cidr)
    }
}

impl TryFrom<Ipv4Net> for VSwitchCidr {
    type Error = InvalidCidr;
    fn try_from(cidr: Ipv4Net) -> Result<Self, InvalidCidr> {
        Self::new(cidr)
    }
}

impl From<VpcCidr> for Ipv4Net {
    fn from(cidr: VpcCidr) -> Self {
        cidr.0
    }
}

impl From<VSwitchCidr> for Ipv4Net {
    fn from(cidr: VSwitchCidr) -> Self {
        cidr.0
    }
}
