//! Prefix lists: made, changed and deleted, and what rules that name them become.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use model::command::prefix_list::{CreatePrefixList, ModifyPrefixList, PrefixListCommand};
use model::command::security::{AuthorizeRules, ModifyRule, NewRule, RevokeRules, RuleSelector};
use model::command::system::{Access, SetLimit};
use model::command::{Command, Output};
use model::id::{PrefixListId, SecurityGroupId};
use model::meta::{Description, Labels, Name, Relabel};
use model::net::Family;
use model::plan::PeerPlan;
use model::planner::plan;
use model::prefix_list::PrefixList;
use model::quota::Quota;
use model::refusal::{PrefixListRefusal, Refusal};
use model::security::{
    ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec, SecurityGroup,
};
use model::tables::Key;

use crate::pieces::create_prefix_list;
use crate::support::{OTHER, World, host};

fn range(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn place() -> (World, SecurityGroupId, PrefixListId) {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let group = world.group(&vpc, GroupKind::Normal);
    let list = made(&mut world, create_prefix_list(&["10.8.0.0/16"]));
    (world, group, list)
}

fn made(world: &mut World, command: Command) -> PrefixListId {
    let Output::PrefixList(id) = world.run(command) else { panic!() };
    id
}

fn rule(list: &PrefixListId) -> RuleSpec {
    RuleSpec {
        direction: Direction::Ingress,
        protocol: RuleProtocol::Tcp,
        ports: ALL_PORTS,
        source_ports: ALL_PORTS,
        peer: Peer::PrefixList(list.clone()),
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::default(),
    }
}

fn authorize(group: &SecurityGroupId, spec: RuleSpec) -> Command {
    let rules = vec![NewRule { spec, description: Description::default() }];
    Command::AuthorizeRules(AuthorizeRules { group: group.clone(), rules })
}

fn modify(list: &PrefixListId, add: &[&str], remove: &[&str]) -> Command {
    Command::PrefixList(PrefixListCommand::Modify(ModifyPrefixList {
        list: list.clone(),
        relabel: Relabel::default(),
        add: add.iter().map(|text| (range(text), Description::default())).collect(),
        remove: remove.iter().map(|text| range(text)).collect::<BTreeSet<_>>(),
    }))
}

fn delete(list: &PrefixListId) -> Command {
    Command::PrefixList(PrefixListCommand::Delete(list.clone()))
}

/// What the rules of a group are about, as hosts are told.
fn planned(world: &World, group: &SecurityGroupId) -> Vec<PeerPlan> {
    let plan = plan(&world.state, &host());
    let group = plan.groups.values().find(|it| it.id == *group).unwrap();
    group.ingress.iter().map(|rule| rule.peer).collect()
}

#[test]
fn a_rule_that_names_a_list_is_one_for_each_of_its_ranges_and_follows_it() {
    let (mut world, group, list) = place();
    world.run(authorize(&group, rule(&list)));
    let cidr = |text: &str| PeerPlan::Cidr(text.parse().unwrap());
    assert_eq!(planned(&world, &group), [cidr("10.8.0.0/16")]);
    world.run(modify(&list, &["10.9.0.0/16"], &[]));
    assert_eq!(planned(&world, &group), [cidr("10.8.0.0/16"), cidr("10.9.0.0/16")]);
    world.run(modify(&list, &[], &["10.8.0.0/16", "10.9.0.0/16"]));
    assert_eq!(planned(&world, &group), [], "an empty list lets nobody in");
    let ipv6 = CreatePrefixList {
        labels: Labels { name: Name::parse("new-offices").unwrap(), ..Labels::default() },
        family: Family::Ipv6,
        max_entries: 1,
        entries: BTreeMap::from([(range("fd00::/8"), Description::default())]),
    };
    let ipv6 = made(&mut world, Command::PrefixList(PrefixListCommand::Create(ipv6)));
    world.run(authorize(&group, rule(&ipv6)));
    assert_eq!(planned(&world, &group), [PeerPlan::Ipv6Cidr("fd00::/8".parse().unwrap())]);
}

#[test]
fn a_list_in_use_stays_and_one_that_is_not_goes() {
    let (mut world, group, list) = place();
    world.run(authorize(&group, rule(&list)));
    let (what, by) = (Key::PrefixList(list.clone()), Key::SecurityGroup(group.clone()));
    assert_eq!(world.refused(delete(&list)), Refusal::InUse { what: what.clone(), by });
    let rules = vec![RuleSelector::Spec(rule(&list))];
    world.run(Command::RevokeRules(RevokeRules { group: group.clone(), rules }));
    world.run(delete(&list));
    assert_eq!(world.refused(delete(&list)), Refusal::NotFound(what.clone()));
    assert_eq!(world.refused(authorize(&group, rule(&list))), Refusal::NotFound(what));
}

#[test]
fn a_rule_that_names_a_list_counts_for_what_that_has_room_for() {
    let (mut world, group, list) = place();
    world.run(Command::Access(Access::Limit(SetLimit {
        account: world.account,
        quota: Quota::RulesAGroup,
        limit: Some(3),
    })));
    world.run(authorize(&group, rule(&list)));
    let full = Refusal::QuotaExceeded { quota: Quota::RulesAGroup, limit: 3 };
    let second = RuleSpec { protocol: RuleProtocol::Udp, ..rule(&list) };
    assert_eq!(world.refused(authorize(&group, second.clone())), full);
    let one = RuleSpec { peer: Peer::Cidr("10.0.0.0/8".parse().unwrap()), ..second.clone() };
    world.run(authorize(&group, one.clone()));
    let change = ModifyRule {
        group: group.clone(),
        rule: RuleSelector::Spec(one),
        spec: Some(second),
        description: None,
    };
    assert_eq!(world.refused(Command::ModifyRule(change)), full);
    assert_eq!(world.state.get::<SecurityGroup>(&group).unwrap().rules.len(), 2);
}

#[test]
fn a_list_has_ranges_of_its_family_as_many_as_it_has_room_for() {
    let (mut world, group, list) = place();
    let refusal = world.refused(modify(&list, &["fd00::/8"], &[]));
    assert_eq!(refusal, Refusal::PrefixList(PrefixListRefusal::OtherFamily(range("fd00::/8"))));
    let refusal = world.refused(modify(&list, &["10.1.0.0/16", "10.2.0.0/16"], &[]));
    assert_eq!(refusal, PrefixListRefusal::Full { asked: 3, max: 2 }.into());
    world.run(modify(&list, &["10.1.0.0/16", "10.2.0.0/16"], &["10.8.0.0/16"]));
    let refusal = world.refused(modify(&list, &[], &["10.8.0.0/16"]));
    assert_eq!(refusal, PrefixListRefusal::EntryNotFound(range("10.8.0.0/16")).into());
    for spec in [
        RuleSpec { protocol: RuleProtocol::Icmpv6, ..rule(&list) },
        RuleSpec { own: Some(range("fd69:7374::/40")), ..rule(&list) },
    ] {
        let refusal = world.refused(authorize(&group, spec));
        assert_eq!(refusal, PrefixListRefusal::RuleOfOtherFamily(list.clone()).into());
    }
    let Command::PrefixList(PrefixListCommand::Create(new)) = create_prefix_list(&[]) else { panic!() };
    for max_entries in [0, 201] {
        let new = CreatePrefixList { max_entries, ..new.clone() };
        let refusal = world.refused(Command::PrefixList(PrefixListCommand::Create(new)));
        assert!(matches!(refusal, Refusal::OutOfRange { field: "MaxEntries", .. }));
    }
}

#[test]
fn a_list_of_another_account_is_unknown() {
    let (mut world, _, list) = place();
    let own = std::mem::replace(&mut world.account, OTHER);
    let unknown = Refusal::NotFound(Key::PrefixList(list.clone()));
    assert_eq!(world.refused(delete(&list)), unknown);
    let vpc = world.vpc("10.0.0.0/16");
    let group = world.group(&vpc, GroupKind::Normal);
    assert_eq!(world.refused(authorize(&group, rule(&list))), unknown);
    world.account = own;
    assert!(world.state.get::<PrefixList>(&list).is_some());
}
