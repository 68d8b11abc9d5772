//! How much a security group may have: what counts, whoever brings it, and what does not.

use std::collections::BTreeSet;

use model::command::eni::{AssignAddresses, AssignIpv6, CreateEni, EniCommand, ModifyEni, MoreAddresses};
use model::command::instance::{ModifyInstance, MoveInstance, RunInstances, Switch};
use model::command::security::{Member, Membership};
use model::command::system::{Access, SetLimit};
use model::command::{Command, Output};
use model::id::{EniId, SecurityGroupId};
use model::instance::Instance;
use model::quota::Quota;
use model::refusal::Refusal;
use model::security::{GroupKind, SecurityGroup};

use crate::support::{ACCOUNT, Walkthrough};

fn limit(it: &mut Walkthrough, quota: Quota, limit: u32) {
    it.world.run(Command::Access(Access::Limit(SetLimit { account: ACCOUNT, quota, limit: Some(limit) })));
}

fn new_eni(it: &mut Walkthrough, new: CreateEni) -> EniId {
    match it.world.run(Command::Eni(EniCommand::Create(new))) {
        Output::Eni(id) => id,
        other => panic!("{other:?}"),
    }
}

fn members(it: &Walkthrough, group: &SecurityGroupId) -> usize {
    it.world.state.members(it.world.state.get::<SecurityGroup>(group).unwrap()).0
}

fn primary(it: &Walkthrough, instance: usize) -> EniId {
    it.world.state.get::<Instance>(&it.ecs[instance]).unwrap().eni.clone()
}

/// Every way to bring one more address into a group of the provider, in which the interface is.
fn ways_in(it: &Walkthrough, group: &SecurityGroupId, eni: &EniId) -> Vec<Command> {
    let groups = BTreeSet::from([group.clone()]);
    let (eni, outside, vswitch) = (eni.clone(), it.ecs[3].clone(), it.provider_g.clone());
    let assign = AssignAddresses { eni: eni.clone(), addresses: MoreAddresses::Any(1) };
    let ipv6 = AssignIpv6 { eni, addresses: MoreAddresses::Any(1) };
    let other = ModifyEni { security_groups: Some(groups.clone()), ..ModifyEni::new(primary(it, 3)) };
    let (group, member) = (group.clone(), Member::Instance(outside.clone()));
    vec![
        Command::Eni(EniCommand::Create(CreateEni::new(vswitch.clone(), groups.clone()))),
        Command::Eni(EniCommand::Assign(assign)),
        Command::Eni(EniCommand::AssignIpv6(ipv6)),
        Command::Eni(EniCommand::Modify(other)),
        Command::JoinSecurityGroup(Membership { group, member }),
        Command::ModifyInstance(ModifyInstance {
            security_groups: Some(groups.clone()),
            ..ModifyInstance::new(outside.clone())
        }),
        Command::Eni(EniCommand::MoveInstance(MoveInstance {
            instance: outside,
            vpc: None,
            vswitch: it.provider_k.clone(),
            address: Some([10, 0, 1, 99].into()),
            security_groups: groups.clone(),
        })),
        Command::RunInstances(RunInstances { security_groups: groups, ..RunInstances::new(vswitch) }),
    ]
}

#[test]
fn a_group_takes_addresses_of_both_families_up_to_its_limit_whichever_way_they_come() {
    let mut it = Walkthrough::new();
    it.dual_stack();
    it.world.run(Command::SwitchInstances(Switch::Stop, vec![it.ecs[3].clone()]));
    let group = it.world.group(&it.provider.clone(), GroupKind::Normal);
    let eni = CreateEni {
        more: MoreAddresses::Any(1),
        ipv6: MoreAddresses::Any(1),
        ..CreateEni::new(it.provider_g.clone(), BTreeSet::from([group.clone()]))
    };
    let eni = new_eni(&mut it, eni);
    assert_eq!(members(&it, &group), 3);
    for command in ways_in(&it, &group, &eni) {
        limit(&mut it, Quota::AddressesANormalGroup, 3);
        let refusal = it.world.refused(command.clone());
        assert_eq!(
            refusal,
            Refusal::QuotaExceeded { quota: Quota::AddressesANormalGroup, limit: 3 },
            "{command:?}"
        );
        limit(&mut it, Quota::AddressesANormalGroup, 4);
        let before = it.world.state.clone();
        it.world.run(command);
        assert_eq!(members(&it, &group), 4);
        it.world.state = before;
    }
    let three = RunInstances {
        amount: 3,
        security_groups: BTreeSet::from([group.clone()]),
        ..RunInstances::new(it.provider_g.clone())
    };
    limit(&mut it, Quota::AddressesANormalGroup, 5);
    assert!(matches!(
        it.world.refused(Command::RunInstances(three)),
        Refusal::QuotaExceeded { limit: 5, .. }
    ));
    it.world.run(Command::Eni(EniCommand::Delete(eni)));
    assert_eq!(members(&it, &group), 0, "who leaves makes room");
}

#[test]
fn an_enterprise_group_counts_interfaces_however_many_addresses_they_have() {
    let mut it = Walkthrough::new();
    let group = it.world.group(&it.provider.clone(), GroupKind::Enterprise);
    limit(&mut it, Quota::InterfacesAnEnterpriseGroup, 1);
    limit(&mut it, Quota::AddressesANormalGroup, 0);
    let one = CreateEni {
        more: MoreAddresses::Any(3),
        ..CreateEni::new(it.provider_g.clone(), BTreeSet::from([group.clone()]))
    };
    new_eni(&mut it, one.clone());
    assert_eq!(members(&it, &group), 1);
    let refusal = it.world.refused(Command::Eni(EniCommand::Create(one)));
    assert_eq!(refusal, Refusal::QuotaExceeded { quota: Quota::InterfacesAnEnterpriseGroup, limit: 1 });
}

#[test]
fn what_is_in_a_group_above_a_lowered_limit_stays_and_can_go() {
    let mut it = Walkthrough::new();
    let provider = it.provider.clone();
    let [full, other] = [(); 2].map(|()| it.world.group(&provider, GroupKind::Normal));
    let both = BTreeSet::from([full.clone(), other.clone()]);
    let vswitch = it.provider_g.clone();
    let eni = new_eni(&mut it, CreateEni::new(vswitch, both));
    limit(&mut it, Quota::AddressesANormalGroup, 0);
    let fewer = ModifyEni { security_groups: Some(BTreeSet::from([full])), ..ModifyEni::new(eni) };
    it.world.run(Command::Eni(EniCommand::Modify(fewer)));
    assert_eq!(members(&it, &other), 0);
}
