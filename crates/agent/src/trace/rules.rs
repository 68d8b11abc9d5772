//! Which rule of which security group decides, by the plan: the same order as the kernel's, with names.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use model::id::GroupIndex;
use model::plan::{GroupPlan, HostPlan, PeerPlan, RulePlan};
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};

use super::Protocol;

/// Which way a packet goes, as security groups see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

/// What is asked of security groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) way: Way,
    /// The other side.
    pub(crate) peer: IpAddr,
    /// The address on the groups' own side.
    pub(crate) own: IpAddr,
    pub(crate) source_port: u16,
    /// The destination's port.
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    /// Whether the other side can be a member of a group: it is of the same VPC.
    pub(crate) is_neighbour: bool,
}

/// What decides, in words.
pub(crate) fn decide(plan: &HostPlan, groups: &[GroupIndex], asked: &Asked) -> (RulePolicy, String) {
    let known: BTreeMap<GroupIndex, &GroupPlan> =
        groups.iter().filter_map(|index| Some((*index, plan.groups.get(index)?))).collect();
    let rules = |group: &'_ &GroupPlan| match asked.way {
        Way::In => group.ingress.clone(),
        Way::Out => group.egress.clone(),
    };
    let of_group = |group: &&GroupPlan| {
        rules(group).into_iter().map(|rule| (group.id.clone(), rule)).collect::<Vec<_>>()
    };
    let mut all: Vec<_> = known.values().flat_map(of_group).collect();
    all.sort_by_key(|(_, rule)| (rule.priority, rule.policy));
    if let Some((group, rule)) = all.iter().find(|(_, rule)| matches(plan, rule, asked)) {
        return (rule.policy, format!("rule of {group}: {}", Shown(plan, rule, asked.way)));
    }
    by_themselves(plan, groups, &known, asked)
}

/// What groups grant without a rule.
fn by_themselves(
    plan: &HostPlan,
    groups: &[GroupIndex],
    known: &BTreeMap<GroupIndex, &GroupPlan>,
    asked: &Asked,
) -> (RulePolicy, String) {
    let nothing = (RulePolicy::Drop, "no rule of its security groups accepts it".to_owned());
    match asked.way {
        Way::In => {
            let mut inner = known.iter().filter(|(_, group)| group.inner_access);
            let of_member = inner.find(|(index, _)| is_member(plan, **index, asked));
            of_member.map_or(nothing, |(_, group)| {
                (RulePolicy::Accept, format!("members of {} accept each other", group.id))
            })
        }
        Way::Out => {
            let all_known = groups.iter().all(|group| known.contains_key(group));
            let granted = !known.is_empty() && all_known && known.values().all(|group| group.egress_default);
            if granted { (RulePolicy::Accept, "no rule forbids it".to_owned()) } else { nothing }
        }
    }
}

fn matches(plan: &HostPlan, rule: &RulePlan, asked: &Asked) -> bool {
    let has_ports = matches!(rule.protocol, RuleProtocol::Tcp | RuleProtocol::Udp);
    let protocol = match (rule.protocol, asked.protocol) {
        (RuleProtocol::All, _) | (RuleProtocol::Tcp, Protocol::Tcp) | (RuleProtocol::Udp, Protocol::Udp) => {
            true
        }
        (RuleProtocol::Icmp, Protocol::Icmp) => asked.peer.is_ipv4(),
        (RuleProtocol::Icmpv6, Protocol::Icmp) => asked.peer.is_ipv6(),
        (
            RuleProtocol::Tcp
            | RuleProtocol::Udp
            | RuleProtocol::Icmp
            | RuleProtocol::Icmpv6
            | RuleProtocol::Gre,
            _,
        ) => false,
    };
    let ports = !has_ports || (rule.ports.has(asked.port) && rule.source_ports.has(asked.source_port));
    let peer = match (rule.peer, asked.peer) {
        (PeerPlan::Cidr(range), IpAddr::V4(peer)) => range.contains(&peer),
        (PeerPlan::Ipv6Cidr(range), IpAddr::V6(peer)) => range.contains(&peer),
        (PeerPlan::Cidr(_), IpAddr::V6(_)) | (PeerPlan::Ipv6Cidr(_), IpAddr::V4(_)) => false,
        (PeerPlan::Group(group), _) => is_member(plan, group, asked),
    };
    protocol && ports && peer && rule.own.is_none_or(|range| range.contains(&asked.own))
}

fn is_member(plan: &HostPlan, group: GroupIndex, asked: &Asked) -> bool {
    let has = |group: &GroupPlan| match asked.peer {
        IpAddr::V4(peer) => group.members.contains(&peer),
        IpAddr::V6(peer) => group.ipv6_members.iter().any(|member| member.address == peer),
    };
    asked.is_neighbour && plan.groups.get(&group).is_some_and(has)
}

/// A rule as people read it.
struct Shown<'a>(&'a HostPlan, &'a RulePlan, Way);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(plan, rule, way) = self;
        let policy = match rule.policy {
            RulePolicy::Accept => "accept",
            RulePolicy::Drop => "drop",
        };
        let protocol = match rule.protocol {
            RuleProtocol::All => "everything",
            RuleProtocol::Tcp => "tcp",
            RuleProtocol::Udp => "udp",
            RuleProtocol::Icmp => "icmp",
            RuleProtocol::Icmpv6 => "icmpv6",
            RuleProtocol::Gre => "gre",
        };
        write!(f, "{policy} {protocol}")?;
        if matches!(rule.protocol, RuleProtocol::Tcp | RuleProtocol::Udp) {
            write!(f, " {}/{}", rule.ports.low, rule.ports.high)?;
        }
        let (side, other) = match way {
            Way::In => ("from", "to"),
            Way::Out => ("to", "from"),
        };
        match rule.peer {
            PeerPlan::Cidr(range) => write!(f, " {side} {range}")?,
            PeerPlan::Ipv6Cidr(range) => write!(f, " {side} {range}")?,
            PeerPlan::Group(group) => match plan.groups.get(&group) {
                Some(group) => write!(f, " {side} members of {}", group.id)?,
                None => write!(f, " {side} members of a group that is gone")?,
            },
        }
        if let Some(own) = rule.own {
            write!(f, " {other} {own}")?;
        }
        if rule.source_ports != ALL_PORTS {
            write!(f, " from ports {}/{}", rule.source_ports.low, rule.source_ports.high)?;
        }
        write!(f, ", priority {}", rule.priority)
    }
}
