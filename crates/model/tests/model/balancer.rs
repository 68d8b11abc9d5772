//! What surrounds a load balancer: its security groups, its zones in DNS, fine-grained monitoring.

use std::collections::BTreeSet;

use model::command::Command;
use model::command::balancer::{BalancerCommand, BalancerGroups, ShiftZones};
use model::command::nlb::{CreateListener, NewZone, UpdateLoadBalancerZones};
use model::id::SecurityGroupId;
use model::nlb::ListenerProtocol;
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{BalancerRefusal, Refusal};
use model::security::{GroupKind, SecurityGroup};
use model::tables::Key;

use crate::support::{Walkthrough, host, new_zone, zone};

fn groups(it: &Walkthrough, ids: &[&SecurityGroupId]) -> BalancerGroups {
    let groups = ids.iter().copied().cloned().collect::<BTreeSet<_>>();
    BalancerGroups { load_balancer: it.load_balancer.clone(), groups }
}

fn join(it: &Walkthrough, ids: &[&SecurityGroupId]) -> Command {
    Command::Balancer(BalancerCommand::Join(groups(it, ids)))
}

fn leave(it: &Walkthrough, ids: &[&SecurityGroupId]) -> Command {
    Command::Balancer(BalancerCommand::Leave(groups(it, ids)))
}

#[test]
fn a_load_balancer_has_up_to_four_groups_of_one_type_and_its_vpc() {
    let mut it = Walkthrough::new();
    let own: Vec<_> = (0..5).map(|_| it.world.group(&it.provider, GroupKind::Normal)).collect();
    let refused = |it: &mut Walkthrough, command: Command| it.world.refused(command);
    let none = join(&it, &[]);
    assert!(matches!(refused(&mut it, none), Refusal::Empty(_)));
    let foreign = join(&it, &[&it.clients]);
    assert!(matches!(refused(&mut it, foreign), Refusal::VpcMismatch { .. }));
    let all = join(&it, &own.iter().collect::<Vec<_>>());
    let quota = Quota::GroupsALoadBalancer;
    assert_eq!(refused(&mut it, all), Refusal::QuotaExceeded { quota, limit: 4 });
    let two = join(&it, &[&own[0], &own[1]]);
    it.world.run(two);
    let again = join(&it, &[&own[1]]);
    assert!(matches!(refused(&mut it, again), Refusal::AlreadyMember { .. }));
    let enterprise = it.world.group(&it.provider, GroupKind::Enterprise);
    let mixed = join(&it, &[&enterprise]);
    assert!(matches!(refused(&mut it, mixed), Refusal::MixedGroupKinds { .. }));
    let deleted = refused(&mut it, Command::DeleteSecurityGroup(own[0].clone()));
    let by = Key::LoadBalancer(it.load_balancer.clone());
    assert_eq!(deleted, Refusal::InUse { what: Key::SecurityGroup(own[0].clone()), by });
    let absent = leave(&it, &[&own[2]]);
    assert!(matches!(refused(&mut it, absent), Refusal::NotMember { .. }));
    let both = leave(&it, &[&own[0], &own[1]]);
    it.world.run(both);
    it.world.run(Command::DeleteSecurityGroup(own[0].clone()));
}

#[test]
fn the_plan_says_which_groups_judge_and_that_the_addresses_are_members() {
    let mut it = Walkthrough::new();
    let group = it.world.group(&it.provider, GroupKind::Normal);
    let command = join(&it, &[&group]);
    it.world.run(command);
    let index = it.world.state.get::<SecurityGroup>(&group).unwrap().index;
    let plan = plan(&it.world.state, &host());
    let own: Vec<_> = plan.vips.values().filter(|vip| vip.load_balancer == it.load_balancer).collect();
    assert!(own.len() == 2 && own.iter().all(|vip| vip.groups == [index]));
    let mut addresses: Vec<_> = own.iter().map(|vip| vip.address).collect();
    addresses.sort_unstable();
    assert_eq!(plan.groups[&index].members, addresses);
}

#[test]
fn a_shifted_zone_leaves_the_name_but_the_last_one_stays() {
    let mut it = Walkthrough::new();
    let g = it.world.state.get::<model::nlb::LoadBalancer>(&it.load_balancer).unwrap().zones[&zone("g")]
        .vswitch
        .clone();
    let at = |it: &Walkthrough, zones: Vec<_>| ShiftZones { load_balancer: it.load_balancer.clone(), zones };
    let shift = |it: &ShiftZones| Command::Balancer(BalancerCommand::Shift(it.clone()));
    let cancel = |it: &ShiftZones| Command::Balancer(BalancerCommand::CancelShift(it.clone()));
    let (one, k) = (at(&it, vec![(zone("g"), g.clone())]), it.provider_k.clone());
    let both = at(&it, vec![(zone("g"), g.clone()), (zone("k"), k.clone())]);
    assert!(matches!(it.world.refused(shift(&at(&it, vec![]))), Refusal::Empty(_)));
    assert_eq!(it.world.refused(shift(&both)), Refusal::Balancer(BalancerRefusal::LastZone));
    let wrong = BalancerRefusal::WrongShift { zone: zone("g"), shifted: false };
    assert_eq!(it.world.refused(cancel(&one)), wrong.into());
    let elsewhere = at(&it, vec![(zone("g"), k.clone())]);
    assert!(matches!(it.world.refused(shift(&elsewhere)), Refusal::ZoneMismatch { .. }));
    let other = it.world.vswitch(&it.provider, "g", "10.0.9.0/24");
    let elsewhere = at(&it, vec![(zone("g"), other)]);
    assert!(matches!(it.world.refused(shift(&elsewhere)), Refusal::ResourceNotInZone { .. }));
    let named = |it: &Walkthrough| {
        let plan = plan(&it.world.state, &host());
        let names = plan.vpcs.values().flat_map(|vpc| vpc.names.clone());
        let mut own = names.filter(|(name, _)| name.starts_with(it.load_balancer.as_str()));
        own.next().unwrap().1.addresses.into_iter().map(|(_, zone)| zone).collect::<Vec<_>>()
    };
    assert_eq!(named(&it), [zone("g"), zone("k")]);
    it.world.run(shift(&one));
    assert_eq!(named(&it), [zone("k")]);
    let wrong = BalancerRefusal::WrongShift { zone: zone("g"), shifted: true };
    assert_eq!(it.world.refused(shift(&one)), wrong.into());
    it.world.run(cancel(&one));
    assert_eq!(named(&it), [zone("g"), zone("k")]);
}

#[test]
fn a_kept_zone_keeps_its_address() {
    let mut it = Walkthrough::new();
    let g = it.world.state.get::<model::nlb::LoadBalancer>(&it.load_balancer).unwrap().zones[&zone("g")]
        .vswitch
        .clone();
    let moved = NewZone { address: Some([10, 0, 0, 99].into()), ..new_zone("g", &g) };
    let zones = vec![moved, new_zone("k", &it.provider_k)];
    let update = UpdateLoadBalancerZones { load_balancer: it.load_balancer.clone(), zones };
    let refusal = it.world.refused(Command::UpdateLoadBalancerZones(update));
    assert_eq!(refusal, BalancerRefusal::AddressFixed(zone("g")).into());
}

#[test]
fn second_level_statistics_need_a_place() {
    let mut it = Walkthrough::new();
    let (balancer, group) = (it.load_balancer.clone(), it.server_group.clone());
    let listener = CreateListener {
        sec_sensor: true,
        ..CreateListener::new(balancer, ListenerProtocol::Tcp, 81, group)
    };
    let create = Command::CreateListener(listener);
    assert_eq!(it.world.refused(create.clone()), BalancerRefusal::NoMonitor.into());
    let none = it.world.refused(Command::Balancer(BalancerCommand::DeleteMonitor));
    assert_eq!(none, BalancerRefusal::NoMonitor.into());
    let (log_project, metric_store) = ("project".to_owned(), "store".to_owned());
    it.world.run(Command::Balancer(BalancerCommand::SetMonitor { log_project, metric_store }));
    it.world.run(create);
    it.world.run(Command::Balancer(BalancerCommand::DeleteMonitor));
}
