//! Security groups and their rules.

use std::collections::BTreeMap;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

use crate::id::{GroupIndex, PrefixListId, RuleId, SecurityGroupId, Timestamp, VpcId};
use crate::meta::{Description, Meta};
use crate::net::PortRange;
use crate::words::words;

/// Protocols that a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleProtocol {
    /// Every protocol.
    All,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// ICMPv6.
    Icmpv6,
    /// GRE.
    Gre,
}

/// What a matching rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RulePolicy {
    /// Dropped before accepted, at the same priority.
    Drop,
    /// Let through.
    Accept,
}

/// The type of a security group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GroupKind {
    /// Members may accept each other; everything may go out that no rule forbids.
    #[default]
    Normal,
    /// Only rules let anything in or out.
    Enterprise,
}

/// Which way a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// What comes in.
    Ingress,
    /// What goes out.
    Egress,
}

words! {
    RuleProtocol { All = "ALL", Tcp = "TCP", Udp = "UDP", Icmp = "ICMP", Icmpv6 = "ICMPv6", Gre = "GRE" }
    RulePolicy { Drop = "Drop", Accept = "Accept" }
    GroupKind { Normal = "normal", Enterprise = "enterprise" }
    Direction { Ingress = "ingress", Egress = "egress" }
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// The common part.
    pub meta: Meta,
    /// Its VPC.
    pub vpc: VpcId,
    /// The group, as the data plane knows it.
    pub index: GroupIndex,
    /// Its type.
    pub kind: GroupKind,
    /// Whether members accept each other.
    pub inner_access: bool,
    /// Made by the system for instances without a group.
    pub system: bool,
    /// Its rules.
    pub rules: BTreeMap<RuleId, Rule>,
}

/// A rule and when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it says.
    pub spec: RuleSpec,
    /// Its description; not part of its identity.
    pub description: Description,
    /// When it was made.
    pub created: Timestamp,
}

/// What a rule says. Two rules of a group never say the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleSpec {
    /// Which way it looks.
    pub direction: Direction,
    /// Protocols.
    pub protocol: RuleProtocol,
    /// Destination ports; everything (0 to 65535) for protocols without ports.
    pub ports: PortRange,
    /// Source ports; the same.
    #[serde(default = "all_ports")]
    pub source_ports: PortRange,
    /// The other side.
    pub peer: Peer,
    /// Which addresses of its own side it is about; `None` = all.
    #[serde(default)]
    pub own: Option<IpNet>,
    /// Accept or drop.
    pub policy: RulePolicy,
    /// 1 (highest) to 100.
    pub priority: Priority,
}

impl RuleSpec {
    /// Whether the ports say something: only TCP and UDP have any.
    pub fn has_ports(&self) -> bool {
        matches!(self.protocol, RuleProtocol::Tcp | RuleProtocol::Udp)
    }

    /// Whether its protocol goes with its addresses' family.
    pub fn protocol_fits(&self) -> bool {
        let of_other_family = |range: IpNet| match range {
            IpNet::V4(_) => self.protocol == RuleProtocol::Icmpv6,
            IpNet::V6(_) => self.protocol == RuleProtocol::Icmp,
        };
        !self.peer.range().into_iter().chain(self.own).any(of_other_family)
    }

    /// Whether the ranges of both sides are of one family.
    pub fn sides_fit(&self) -> bool {
        match (self.peer.range(), self.own) {
            (Some(IpNet::V4(_)), Some(IpNet::V6(_))) | (Some(IpNet::V6(_)), Some(IpNet::V4(_))) => false,
            (Some(_) | None, Some(_) | None) => true,
        }
    }
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Peer {
    /// An address range.
    Cidr(Ipv4Net),
    /// A range of IPv6 addresses.
    Ipv6Cidr(Ipv6Net),
    /// The members of a group in the same VPC.
    Group(SecurityGroupId),
    /// The ranges of a prefix list.
    PrefixList(PrefixListId),
}

impl Peer {
    /// Its range, if it is one.
    pub fn range(&self) -> Option<IpNet> {
        match self {
            Self::Cidr(range) => Some((*range).into()),
            Self::Ipv6Cidr(range) => Some((*range).into()),
            Self::Group(_) | Self::PrefixList(_) => None,
        }
    }
}

impl From<IpNet> for Peer {
    fn from(range: IpNet) -> Self {
        match range {
            IpNet::V4(range) => Self::Cidr(range),
            IpNet::V6(range) => Self::Ipv6Cidr(range),
        }
    }
}

/// A value that a rule cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// A priority.
    #[error("'{0}' is not a priority: give 1 (highest) to 100")]
    Priority(String),
    /// A range of ports.
    #[error(
        "'{0}' is not a range of ports: give FIRST/LAST within 1/65535, or -1/-1 for protocols without ports"
    )]
    Ports(String),
}

/// Priority of a rule: 1 (highest, the default) to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    /// The one that every other beats.
    pub const LOWEST: Self = Self(100);

    /// A priority from text.
    pub fn parse(text: &str) -> Result<Self, InvalidRule> {
        match text.parse::<u8>() {
            Ok(value @ 1..=100) => Ok(Self(value)),
            Ok(_) | Err(_) => Err(InvalidRule::Priority(text.chars().take(64).collect())),
        }
    }

    /// 1 (highest) to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(1)
    }
}

/// Every port.
pub const ALL_PORTS: PortRange = PortRange { low: 0, high: u16::MAX };

/// What rows from before rules had source ports are read as.
fn all_ports() -> PortRange {
    ALL_PORTS
}

impl RuleProtocol {
    /// The ports of a rule from their text, `FIRST/LAST`; protocols without ports take `-1/-1`.
    pub fn parse_ports(self, text: &str) -> Result<PortRange, InvalidRule> {
        let invalid = || InvalidRule::Ports(text.chars().take(64).collect());
        let has_ports = matches!(self, Self::Tcp | Self::Udp);
        if text == "-1/-1" {
            return Ok(ALL_PORTS);
        }
        let (low, high) = text.split_once('/').ok_or_else(invalid)?;
        match (low.parse::<u16>(), high.parse::<u16>()) {
            (Ok(low), Ok(high)) if has_ports && low <= high && low > 0 => Ok(PortRange { low, high }),
            (_, _) => Err(invalid()),
        }
    }
}

/// A rule's ports as they travel: `80/80`, or `-1/-1` for all.
pub fn ports_text(ports: PortRange) -> String {
    if ports == ALL_PORTS { "-1/-1".to_owned() } else { format!("{}/{}", ports.low, ports.high) }
}
