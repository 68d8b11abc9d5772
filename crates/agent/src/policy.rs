//! Security groups flattened: the union of a port's groups as one ordered list of rules, so that the kernel judges a
//! first packet by one walk.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexSet;
use model::id::GroupIndex;
use model::net::PortRange;
use model::plan::{GroupPlan, PeerPlan, RulePlan};
use model::security::{RulePolicy, RuleProtocol};
use tables::{IPV6_RANGE, Rule, RuleAction, RuleFamily};

use crate::image::PolicyRef;
use crate::ipv6_ranges::Ipv6Ranges;
use crate::kernel::packed::packed;

/// Builds the policy of each combination of groups once, and keeps each distinct one once.
pub struct Policies<'a> {
    groups: &'a BTreeMap<GroupIndex, GroupPlan>,
    ranges: Ipv6Ranges,
    lists: IndexSet<Vec<Rule>>,
    ingress: HashMap<Vec<GroupIndex>, PolicyRef>,
    egress: HashMap<Vec<GroupIndex>, PolicyRef>,
}

impl<'a> Policies<'a> {
    /// Policies over these groups.
    pub fn new(groups: &'a BTreeMap<GroupIndex, GroupPlan>) -> Self {
        Self {
            groups,
            ranges: Ipv6Ranges::of(groups),
            lists: IndexSet::new(),
            ingress: HashMap::new(),
            egress: HashMap::new(),
        }
    }

    /// What may come in where these groups apply: their rules, then their members among themselves, then nothing.
    pub fn ingress(&mut self, groups: &[GroupIndex]) -> PolicyRef {
        if let Some(known) = self.ingress.get(groups) {
            return *known;
        }
        let policy = PolicyRef(self.lists.insert_full(self.ingress_list(groups)).0);
        self.ingress.insert(groups.to_vec(), policy);
        policy
    }

    fn ingress_list(&self, groups: &[GroupIndex]) -> Vec<Rule> {
        let members: BTreeMap<GroupIndex, &GroupPlan> = self.known(groups);
        let mut list = self.merge(members.values().map(|group| &group.ingress));
        let inner = members.iter().filter(|(_, group)| group.inner_access);
        list.extend(inner.map(|(index, _)| accept_all(members_of(*index))));
        list
    }

    /// What may go out: the groups' rules, then everything if all of them say so.
    pub fn egress(&mut self, groups: &[GroupIndex]) -> PolicyRef {
        if let Some(known) = self.egress.get(groups) {
            return *known;
        }
        let policy = PolicyRef(self.lists.insert_full(self.egress_list(groups)).0);
        self.egress.insert(groups.to_vec(), policy);
        policy
    }

    fn egress_list(&self, groups: &[GroupIndex]) -> Vec<Rule> {
        let members = self.known(groups);
        let mut list = self.merge(members.values().map(|group| &group.egress));
        // A group that the plan does not describe lets nothing through.
        let distinct = groups.iter().collect::<BTreeSet<_>>().len();
        if distinct > 0 && members.len() == distinct && members.values().all(|group| group.egress_default) {
            list.push(accept_all((0, 0, 0, RuleFamily::Any)));
        }
        list
    }

    /// All policies, by position.
    pub fn into_lists(self) -> Vec<Vec<Rule>> {
        self.lists.into_iter().collect()
    }

    /// Rules of all groups by priority, drop before accept, otherwise in the order of the groups.
    fn merge<'b>(&self, lists: impl Iterator<Item = &'b Vec<RulePlan>>) -> Vec<Rule> {
        let mut rules: Vec<&RulePlan> = lists.flatten().collect();
        rules.sort_by_key(|rule| (rule.priority, rule.policy));
        rules.into_iter().map(|plan| rule(plan, &self.ranges)).collect()
    }

    /// The ranges of IPv6 addresses that the rules name.
    pub(crate) fn ranges(&self) -> &Ipv6Ranges {
        &self.ranges
    }

    fn known(&self, groups: &[GroupIndex]) -> BTreeMap<GroupIndex, &'a GroupPlan> {
        groups.iter().filter_map(|index| Some((*index, self.groups.get(index)?))).collect()
    }
}

fn rule(plan: &RulePlan, ranges: &Ipv6Ranges) -> Rule {
    let (address, mask, group, family) = peer_fields(plan.peer, ranges);
    let (protocol, has_ports) = protocol_number(plan.protocol);
    let ports = if has_ports { plan.ports } else { PortRange { low: 0, high: u16::MAX } };
    let action = match plan.policy {
        RulePolicy::Drop => RuleAction::Drop,
        RulePolicy::Accept => RuleAction::Accept,
    };
    Rule {
        address,
        mask,
        group,
        port_low: ports.low,
        port_high: ports.high,
        protocol,
        action: action as u8,
        family: family as u8,
        pad: 0,
    }
}

fn accept_all((address, mask, group, family): (u32, u32, u32, RuleFamily)) -> Rule {
    let action = RuleAction::Accept as u8;
    Rule {
        address,
        mask,
        group,
        port_low: 0,
        port_high: u16::MAX,
        protocol: 0,
        action,
        family: family as u8,
        pad: 0,
    }
}

/// Address, mask, group and family of a rule.
fn peer_fields(peer: PeerPlan, ranges: &Ipv6Ranges) -> (u32, u32, u32, RuleFamily) {
    match peer {
        PeerPlan::Cidr(range) => (packed(range.network()), packed(range.netmask()), 0, RuleFamily::Ipv4),
        PeerPlan::Ipv6Cidr(everywhere) if everywhere.prefix_len() == 0 => (0, 0, 0, RuleFamily::Ipv6),
        // A number without members matches nobody; every range of the plan has its own.
        PeerPlan::Ipv6Cidr(range) => (0, 0, ranges.number(&range).unwrap_or(IPV6_RANGE), RuleFamily::Ipv6),
        PeerPlan::Group(group) => members_of(group),
    }
}

fn members_of(group: GroupIndex) -> (u32, u32, u32, RuleFamily) {
    (0, 0, group.0, RuleFamily::Any)
}

/// The number in the IP header (0 = any), and whether the protocol has ports.
fn protocol_number(protocol: RuleProtocol) -> (u8, bool) {
    match protocol {
        RuleProtocol::All => (0, false),
        RuleProtocol::Icmp => (1, false),
        RuleProtocol::Tcp => (6, true),
        RuleProtocol::Udp => (17, true),
        RuleProtocol::Gre => (47, false),
        RuleProtocol::Icmpv6 => (58, false),
    }
}
