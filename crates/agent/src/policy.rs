//! Security groups flattened: the union of a port's groups as one ordered list of rules, so that the kernel judges a
//! first packet by one walk.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexSet;
use ipnet::IpNet;
use model::id::GroupIndex;
use model::net::PortRange;
use model::plan::{GroupPlan, PeerPlan, RulePlan};
use model::security::{RulePolicy, RuleProtocol};
use tables::{IPV6_RANGE, Ports, Rule, RuleAction, RuleFamily, Side};

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
            list.push(accept_all(Side::ANY));
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
    let (protocol, has_ports) = protocol_number(plan.protocol);
    let of_protocol = |ports| if has_ports { numbers(ports) } else { Ports::ANY };
    let action = match plan.policy {
        RulePolicy::Drop => RuleAction::Drop,
        RulePolicy::Accept => RuleAction::Accept,
    };
    Rule {
        peer: match plan.peer {
            PeerPlan::Cidr(range) => side(range.into(), ranges),
            PeerPlan::Ipv6Cidr(range) => side(range.into(), ranges),
            PeerPlan::Group(group) => members_of(group),
        },
        own: plan.own.map_or(Side::ANY, |range| side(range, ranges)),
        source_ports: of_protocol(plan.source_ports),
        ports: of_protocol(plan.ports),
        protocol,
        action: action as u8,
        pad: [0; 2],
    }
}

fn accept_all(peer: Side) -> Rule {
    let (own, ports) = (Side::ANY, Ports::ANY);
    let action = RuleAction::Accept as u8;
    Rule { peer, own, source_ports: ports, ports, protocol: 0, action, pad: [0; 2] }
}

fn numbers(PortRange { low, high }: PortRange) -> Ports {
    Ports { low, high }
}

fn side(range: IpNet, ranges: &Ipv6Ranges) -> Side {
    match range {
        IpNet::V4(range) => Side::of(packed(range.network()), packed(range.netmask()), RuleFamily::Ipv4),
        IpNet::V6(everywhere) if everywhere.prefix_len() == 0 => Side::of(0, 0, RuleFamily::Ipv6),
        // A number without members matches nobody; every range of the plan has its own.
        IpNet::V6(range) => Side::members(ranges.number(&range).unwrap_or(IPV6_RANGE), RuleFamily::Ipv6),
    }
}

fn members_of(group: GroupIndex) -> Side {
    Side::members(group.0, RuleFamily::Any)
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
