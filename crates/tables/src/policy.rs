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

/// Whose addresses a rule speaks of.
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

/// Value of `RULES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The peer's address must equal `address` under `mask`; ignored when `group` is not 0.
    pub address: u32,
    pub mask: u32,
    /// The peer must be a member of this security group (dense id); 0 = any address under the mask.
    pub group: u32,
    /// Destination port, inclusive, machine order; 0..=65535 for any.
    pub port_low: u16,
    pub port_high: u16,
    /// IP protocol number; 0 = any.
    pub protocol: u8,
    /// A [`RuleAction`].
    pub action: u8,
    /// A [`RuleFamily`].
    pub family: u8,
    pub pad: u8,
}

impl Rule {
    /// Whether the rule speaks of this protocol, destination port (machine order; ICMP has none) and peer; for a
    /// rule about a group the peer's membership is left to the caller.
    #[inline(always)]
    pub fn covers(&self, protocol: u8, port: u16, peer: u32) -> bool {
        (self.protocol == 0 || self.protocol == protocol)
            && (self.family == RuleFamily::Any as u8
                || (self.family == RuleFamily::Ipv6 as u8) == is_ipv6(peer))
            && (matches!(protocol, ICMP | ICMPV6) || (self.port_low <= port && port <= self.port_high))
            && (self.group != 0 || peer & self.mask == self.address)
    }
}

/// Key of `MEMBERS` (value `u8`, always 1): the address belongs to an ENI of the security group.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberKey {
    pub group: u32,
    pub address: u32,
}

const _: () = assert!(size_of::<Policy>() == 8 && size_of::<Rule>() == 20 && size_of::<MemberKey>() == 8);
