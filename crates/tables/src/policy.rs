//! Policies: the security groups of one port, endpoint or NLB, flattened into one ordered list of rules.

use crate::is_ipv6;

/// Their numbers in the IP header: they have no ports.
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Value of `POLICIES`, keyed by policy id. Rules `first .. first + count` of `RULES`; the first match decides,
/// none means drop. Id 0 stands for "no policy applies here" and is never looked up.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub first: u32,
    pub count: u32,
}

/// What a matching rule says.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleAction {
    Drop = 0,
    Accept = 1,
}

/// Whose addresses one side of a rule speaks of.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleFamily {
    /// All.
    Any = 0,
    Ipv4 = 4,
    Ipv6 = 6,
}

/// Set in the number of a group that stands for a range of IPv6 addresses, whose members are of any network.
pub const IPV6_RANGE: u32 = 1 << 31;

/// Addresses on one side of a connection.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Side {
    /// The address must equal `address` under `mask`; ignored when `group` is not 0.
    pub address: u32,
    pub mask: u32,
    /// The address must be a member of this security group (dense id); 0 = any address under the mask.
    pub group: u32,
    /// A [`RuleFamily`].
    pub family: u8,
    pub pad: [u8; 3],
}

impl Side {
    /// Every address.
    pub const ANY: Self = Self::of(0, 0, RuleFamily::Any);

    /// The addresses of a family that equal `address` under `mask`.
    pub const fn of(address: u32, mask: u32, family: RuleFamily) -> Self {
        Self { address, mask, group: 0, family: family as u8, pad: [0; 3] }
    }

    /// The members of a group.
    pub const fn members(group: u32, family: RuleFamily) -> Self {
        Self { group, ..Self::of(0, 0, family) }
    }

    /// Whether the address is one of these, or of their family where membership of a group decides: that is left to the caller.
    #[inline(always)]
    pub fn covers(&self, address: u32) -> bool {
        (self.family == RuleFamily::Any as u8 || (self.family == RuleFamily::Ipv6 as u8) == is_ipv6(address))
            && (self.group != 0 || address & self.mask == self.address)
    }
}

/// Ports, inclusive, machine order; 0..=65535 for any.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    pub low: u16,
    pub high: u16,
}

impl Ports {
    /// Every port.
    pub const ANY: Self = Self { low: 0, high: u16::MAX };

    #[inline(always)]
    fn covers(&self, port: u16) -> bool {
        self.low <= port && port <= self.high
    }
}

/// What rules are asked about: a connection's first packet, as the side sees it whose rules they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The other side's address.
    pub peer: u32,
    /// The address on the rules' own side.
    pub own: u32,
    /// Machine order; ICMP has no ports.
    pub source_port: u16,
    pub port: u16,
    pub protocol: u8,
}

/// Value of `RULES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The other side.
    pub peer: Side,
    /// The side whose rule it is.
    pub own: Side,
    pub source_ports: Ports,
    /// Destination ports.
    pub ports: Ports,
    /// IP protocol number; 0 = any.
    pub protocol: u8,
    /// A [`RuleAction`].
    pub action: u8,
    pub pad: [u8; 2],
}

impl Rule {
    /// Whether the rule speaks of this; membership of groups is left to the caller.
    #[inline(always)]
    pub fn covers(&self, asked: &Asked) -> bool {
        (self.protocol == 0 || self.protocol == asked.protocol)
            && (matches!(asked.protocol, ICMP | ICMPV6)
                || (self.ports.covers(asked.port) && self.source_ports.covers(asked.source_port)))
            && self.peer.covers(asked.peer)
            && self.own.covers(asked.own)
    }
}

/// Key of `MEMBERS` (value `u8`, always 1): the address belongs to an ENI of the security group.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberKey {
    pub group: u32,
    pub address: u32,
}

const _: () = assert!(size_of::<Policy>() == 8 && size_of::<Rule>() == 44 && size_of::<MemberKey>() == 8);
