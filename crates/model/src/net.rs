//! Network values shared by all resources.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::id::PortIndex;

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// An address's.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// A MAC address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The MAC of a port: the cloud's own vendor prefix and the port's dense id.
    pub fn of_port(port: PortIndex) -> Self {
        let [_, a, b, c] = port.0.to_be_bytes();
        Self([0x00, 0x16, 0x3e, a, b, c])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Addresses that every network reaches and no VPC may use: resolver, metadata and the aliases of ports.
pub mod services {
    use std::net::Ipv4Addr;

    use crate::id::{Ipv6Index, PortIndex, VipIndex};

    /// Resolvers, as instances of the cloud know them.
    pub const RESOLVERS: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 2, 136), Ipv4Addr::new(100, 100, 2, 138)];
    /// Metadata, as instances of the cloud know it.
    pub const METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    /// Where health probes come from.
    pub const PROBE_SOURCE: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 1);
    /// Where connections to listeners go whose bytes must change.
    pub const PROXY: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 2);
    /// First alias of an NLB's zonal address: 100.112.0.0/12 is theirs alone.
    const VIP_ALIAS_BASE: u32 = 0x6470_0000;

    /// The address from which the proxy opens connections in the name of an NLB's zonal address.
    pub fn vip_alias(vip: VipIndex) -> Ipv4Addr {
        Ipv4Addr::from(VIP_ALIAS_BASE + vip.0)
    }

    /// First alias of an IPv6 address: 100.104.0.0/13 is theirs alone.
    const IPV6_ALIAS_BASE: u32 = 0x6468_0000;

    /// The address that stands for an interface's IPv6 address in the services network.
    pub fn ipv6_alias(address: Ipv6Index) -> Ipv4Addr {
        Ipv4Addr::from(IPV6_ALIAS_BASE + address.0)
    }

    /// First alias; the range is 100.64.0.0/10 without the addresses above.
    const ALIAS_BASE: u32 = 0x6440_0100;

    /// The address that stands for a port in the services network.
    pub fn alias(port: PortIndex) -> Ipv4Addr {
        Ipv4Addr::from(ALIAS_BASE + port.0)
    }
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// An inclusive range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortRange {
    /// First port.
    pub low: u16,
    /// Last port; never below `low`.
    pub high: u16,
}

impl PortRange {
    /// One port.
    pub const fn one(port: u16) -> Self {
        Self { low: port, high: port }
    }

    /// Whether it is one port.
    pub const fn is_one(self) -> bool {
        self.low == self.high
    }

    /// Whether it has a port.
    pub const fn has(self, port: u16) -> bool {
        self.low <= port && port <= self.high
    }

    /// The first port that both have.
    pub fn common(self, other: Self) -> Option<u16> {
        let first = self.low.max(other.low);
        (first <= self.high.min(other.high)).then_some(first)
    }
}
