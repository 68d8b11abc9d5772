//! Network interfaces: made, attached, detached, given addresses, moved; what is refused, and what stays.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use model::command::eni::{
    AssignAddresses, CreateEni, EniAttachment, EniCommand, ModifyEni, MoreAddresses, UnassignAddresses,
};
use model::command::instance::{DeleteInstances, MoreInterface, MoveInstance, RunInstances, Switch};
use model::command::nlb::{AddServers, NewServer};
use model::command::{Command, Output};
use model::id::{EniId, InstanceId, Revision, SecurityGroupId, Timestamp, VSwitchId};
use model::instance::{Eni, EniOwner, Instance};
use model::nlb::{ServerGroup, Target};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{AddressRefusal, EniRefusal, Refusal};
use model::security::GroupKind;
use model::status::{EniStatus, View};
use model::tables::Key;

use crate::support::{Walkthrough, World, host};

/// A VPC with a vSwitch in each of two zones, a group and an instance.
struct Place {
    world: World,
    g: VSwitchId,
    k: VSwitchId,
    group: SecurityGroupId,
    instance: InstanceId,
}

impl Place {
    fn new() -> Self {
        let mut world = World::new();
        let vpc = world.vpc("10.0.0.0/16");
        let [g, k] =
            [("g", "10.0.1.0/24"), ("k", "10.0.2.0/24")].map(|(z, cidr)| world.vswitch(&vpc, z, cidr));
        let group = world.group(&vpc, GroupKind::Normal);
        let instance = world.instance(&g, &[&group]);
        Self { world, g, k, group, instance }
    }

    fn create(&self, vswitch: &VSwitchId) -> CreateEni {
        CreateEni::new(vswitch.clone(), BTreeSet::from([self.group.clone()]))
    }

    fn eni(&mut self, vswitch: &VSwitchId) -> EniId {
        let command = self.create(vswitch);
        match self.world.run(Command::Eni(EniCommand::Create(command))) {
            Output::Eni(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn row(&self, id: &EniId) -> Eni {
        self.world.state.get::<Eni>(id).unwrap().as_ref().clone()
    }

    fn primary(&self) -> EniId {
        self.world.state.get::<Instance>(&self.instance).unwrap().eni.clone()
    }

    fn attachment(&self, eni: &EniId) -> EniAttachment {
        EniAttachment { eni: eni.clone(), instance: self.instance.clone() }
    }

    fn attach(&mut self, eni: &EniId) {
        let command = Command::Eni(EniCommand::Attach(self.attachment(eni)));
        self.world.run(command);
    }

    fn detach(&mut self, eni: &EniId) {
        let command = Command::Eni(EniCommand::Detach(self.attachment(eni)));
        self.world.run(command);
    }

    fn status(&self, eni: &EniId, seen: Revision) -> EniStatus {
        let observed = self.world.observed(seen);
        View { state: &self.world.state, observed: &observed }.eni(&self.row(eni)).status
    }

    /// Interfaces of the instance as its host is to make them, by number.
    fn devices(&self) -> Vec<(u8, Ipv4Addr)> {
        let plan = plan(&self.world.state, &host());
        let mut devices: Vec<_> = plan.ports.values().map(|port| (port.device, port.address)).collect();
        devices.sort_unstable();
        devices
    }
}

fn assign(eni: &EniId, addresses: MoreAddresses) -> Command {
    Command::Eni(EniCommand::Assign(AssignAddresses { eni: eni.clone(), addresses }))
}

fn these(addresses: &[[u8; 4]]) -> BTreeSet<Ipv4Addr> {
    addresses.iter().map(|octets| Ipv4Addr::from(*octets)).collect()
}

#[test]
fn a_status_follows_what_hosts_have_done() {
    let mut it = Place::new();
    let vswitch = it.g.clone();
    let eni = it.eni(&vswitch);
    let revision = |it: &Place| it.world.state.revision();
    assert_eq!(it.status(&eni, Revision(0)), EniStatus::Available, "hosts have nothing to do");
    it.attach(&eni);
    assert_eq!(it.status(&eni, Revision(0)), EniStatus::Attaching);
    assert_eq!(it.status(&eni, revision(&it)), EniStatus::InUse);
    let attached = revision(&it);
    it.detach(&eni);
    assert_eq!(it.status(&eni, attached), EniStatus::Detaching);
    assert_eq!(it.status(&eni, revision(&it)), EniStatus::Available);
    it.world.run(Command::Eni(EniCommand::Delete(eni.clone())));
    assert_eq!(
        it.world.refused(Command::Eni(EniCommand::Delete(eni.clone()))),
        Refusal::NotFound(Key::Eni(eni))
    );
}

#[test]
fn interfaces_keep_their_numbers_when_another_one_leaves() {
    let mut it = Place::new();
    let vswitch = it.g.clone();
    let [first, second, third] = [(); 3].map(|()| it.eni(&vswitch));
    it.attach(&first);
    it.attach(&second);
    let numbers = |it: &Place| it.devices().into_iter().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(&it), [0, 1, 2]);
    it.detach(&first);
    assert_eq!(numbers(&it), [0, 2]);
    it.attach(&third);
    assert_eq!(it.row(&third).owner, EniOwner::Instance(it.instance.clone(), 1));
}

#[test]
fn what_cannot_be_attached_or_detached_is_named() {
    let mut it = Place::new();
    let (g, k) = (it.g.clone(), it.k.clone());
    let (eni, elsewhere) = (it.eni(&g), it.eni(&k));
    let refusal = it.world.refused(Command::Eni(EniCommand::Attach(it.attachment(&elsewhere))));
    assert!(matches!(refusal, Refusal::Eni(EniRefusal::ZoneMismatch { .. })));
    let refusal = it.world.refused(Command::Eni(EniCommand::Detach(it.attachment(&eni))));
    assert_eq!(
        refusal,
        Refusal::Eni(EniRefusal::NotOfInstance { eni: eni.clone(), instance: it.instance.clone() })
    );
    it.attach(&eni);
    let refusal = it.world.refused(Command::Eni(EniCommand::Attach(it.attachment(&eni))));
    assert_eq!(
        refusal,
        Refusal::Eni(EniRefusal::Attached { eni: eni.clone(), instance: it.instance.clone() })
    );
    let refusal = it.world.refused(Command::Eni(EniCommand::Delete(eni.clone())));
    assert!(matches!(refusal, Refusal::Eni(EniRefusal::Attached { .. })));
    let primary = it.primary();
    let refusal = it.world.refused(Command::Eni(EniCommand::Detach(it.attachment(&primary))));
    assert_eq!(refusal, Refusal::Eni(EniRefusal::Primary(primary.clone())));
    let stays = ModifyEni { delete_on_release: Some(false), ..ModifyEni::new(primary.clone()) };
    assert_eq!(
        it.world.refused(Command::Eni(EniCommand::Modify(stays))),
        Refusal::Eni(EniRefusal::Primary(primary))
    );
    let other = it.world.vpc("10.0.0.0/16");
    let other = it.world.vswitch(&other, "g", "10.0.1.0/24");
    let stranger = it.world.instance(&other, &[]);
    let far = EniAttachment { eni: elsewhere.clone(), instance: stranger };
    assert!(matches!(it.world.refused(Command::Eni(EniCommand::Attach(far))), Refusal::VpcMismatch { .. }));
    let ungrouped = CreateEni { security_groups: BTreeSet::new(), ..it.create(&g) };
    assert!(matches!(it.world.refused(Command::Eni(EniCommand::Create(ungrouped))), Refusal::Empty(_)));
    let ungrouped = ModifyEni { security_groups: Some(BTreeSet::new()), ..ModifyEni::new(eni) };
    assert!(matches!(
        it.world.refused(Command::Eni(EniCommand::Modify(ungrouped))),
        Refusal::LastSecurityGroup(_)
    ));
}

#[test]
fn an_instance_has_at_most_eight_interfaces() {
    let mut it = Place::new();
    let vswitch = it.g.clone();
    for _ in 1..Quota::EnisAnInstance.usual() {
        let eni = it.eni(&vswitch);
        it.attach(&eni);
    }
    let eni = it.eni(&vswitch);
    let refusal = it.world.refused(Command::Eni(EniCommand::Attach(it.attachment(&eni))));
    assert_eq!(refusal, Refusal::QuotaExceeded { quota: Quota::EnisAnInstance, limit: 8 });
}

#[test]
fn interfaces_of_products_are_theirs_alone() {
    let mut it = Walkthrough::new();
    let mut enis = it.world.state.tables().enis.values();
    let managed = enis.find(|eni| eni.is_managed()).unwrap().id.clone();
    let attachment = EniAttachment { eni: managed.clone(), instance: it.ecs[0].clone() };
    let commands = [
        Command::Eni(EniCommand::Delete(managed.clone())),
        Command::Eni(EniCommand::Attach(attachment.clone())),
        Command::Eni(EniCommand::Detach(attachment)),
        Command::Eni(EniCommand::Modify(ModifyEni::new(managed.clone()))),
        assign(&managed, MoreAddresses::Any(1)),
        Command::Eni(EniCommand::Unassign(UnassignAddresses {
            eni: managed.clone(),
            addresses: these(&[[10, 0, 0, 1]]),
        })),
    ];
    for command in commands {
        assert_eq!(it.world.refused(command), Refusal::EniServiceManaged(Key::Eni(managed.clone())));
    }
}

#[test]
fn addresses_are_assigned_by_name_or_number_and_rest_when_they_are_taken_off() {
    let mut it = Place::new();
    let eni = it.primary();
    let free = |it: &Place| 252 - it.world.state.addresses_held(&it.g);
    let before = free(&it);
    it.world.run(assign(&eni, MoreAddresses::These(these(&[[10, 0, 1, 20], [10, 0, 1, 21]]))));
    let Output::Addresses(_, more) = it.world.run(assign(&eni, MoreAddresses::Any(2))) else { panic!() };
    assert_eq!(more, [Ipv4Addr::new(10, 0, 1, 2), Ipv4Addr::new(10, 0, 1, 3)].map(IpAddr::from));
    assert_eq!((it.row(&eni).secondary.len(), free(&it)), (4, before - 4));
    let taken = assign(&eni, MoreAddresses::These(these(&[[10, 0, 1, 20]])));
    assert!(matches!(it.world.refused(taken), Refusal::Address(AddressRefusal::Taken { .. })));
    let outside = assign(&eni, MoreAddresses::These(these(&[[10, 0, 2, 20]])));
    assert!(matches!(it.world.refused(outside), Refusal::Address(AddressRefusal::OutsideVSwitch { .. })));
    assert!(matches!(it.world.refused(assign(&eni, MoreAddresses::Any(0))), Refusal::Empty(_)));
    let many = it.world.refused(assign(&eni, MoreAddresses::Any(46)));
    assert_eq!(many, Refusal::QuotaExceeded { quota: Quota::AddressesAnEni, limit: 50 });
    let off =
        |addresses| Command::Eni(EniCommand::Unassign(UnassignAddresses { eni: eni.clone(), addresses }));
    it.world.run(off(these(&[[10, 0, 1, 20], [10, 0, 1, 2]])));
    assert_eq!(it.row(&eni).secondary, these(&[[10, 0, 1, 3], [10, 0, 1, 21]]));
    assert_eq!(free(&it), before - 4, "an address that rests counts as taken");
    let primary = it.row(&eni).address;
    for address in [primary, Ipv4Addr::new(10, 0, 1, 20)] {
        let refusal = it.world.refused(off(BTreeSet::from([address])));
        let address = address.into();
        assert_eq!(refusal, Refusal::Eni(EniRefusal::AddressNotAssigned { eni: eni.clone(), address }));
    }
    it.world.run(Command::Purge(it.world.state.revision()));
    it.world.now.0 += 60;
    it.world.run(Command::Purge(it.world.state.revision()));
    assert_eq!(free(&it), before - 2);
}

#[test]
fn every_address_of_a_member_stands_for_its_group() {
    let mut it = Place::new();
    let eni = it.primary();
    it.world.run(assign(&eni, MoreAddresses::These(these(&[[10, 0, 1, 20]]))));
    let plan = plan(&it.world.state, &host());
    let members: BTreeSet<_> = plan.groups.values().flat_map(|group| group.members.clone()).collect();
    assert_eq!(members, these(&[[10, 0, 1, 1], [10, 0, 1, 20]]));
}

#[test]
fn new_instances_come_with_the_interfaces_that_were_asked_for() {
    let mut it = Place::new();
    let vswitch = it.g.clone();
    let existing = it.eni(&vswitch);
    let more = CreateEni { security_groups: BTreeSet::new(), ..it.create(&vswitch) };
    let run = RunInstances {
        interfaces: vec![MoreInterface::New(more), MoreInterface::Existing(existing.clone())],
        more: MoreAddresses::Any(2),
        security_groups: BTreeSet::from([it.group.clone()]),
        ..RunInstances::new(vswitch)
    };
    let several = RunInstances { amount: 2, ..run.clone() };
    assert_eq!(
        it.world.refused(Command::RunInstances(several)),
        Refusal::Address(AddressRefusal::ForSeveral)
    );
    let Output::Instances(ids) = it.world.run(Command::RunInstances(run)) else { panic!() };
    let enis: Vec<_> = it.world.state.enis_of_instance(&ids[0]).cloned().collect();
    assert_eq!(enis.len(), 3);
    assert!(enis.iter().all(|eni| eni.security_groups == BTreeSet::from([it.group.clone()])));
    let primary = enis.iter().find(|eni| eni.is_primary()).unwrap();
    assert_eq!(
        (primary.secondary.len(), it.row(&existing).owner),
        (2, EniOwner::Instance(ids[0].clone(), 2))
    );
}

#[test]
fn an_instance_is_deleted_when_its_time_has_come() {
    let mut it = Place::new();
    let at = Timestamp(it.world.now.0 + 1800);
    let run =
        RunInstances { release_at: Some(at), deletion_protection: true, ..RunInstances::new(it.g.clone()) };
    let Output::Instances(ids) = it.world.run(Command::RunInstances(run)) else { panic!() };
    let is_there = |it: &Place| it.world.state.get::<Instance>(&ids[0]).is_some();
    it.world.now.0 += 1799;
    it.world.run(Command::Purge(it.world.state.revision()));
    assert!(is_there(&it));
    it.world.now.0 += 1;
    it.world.run(Command::Purge(it.world.state.revision()));
    assert!(!is_there(&it) && it.world.state.enis_of_instance(&ids[0]).next().is_none());
    assert!(it.world.state.get::<Instance>(&it.instance).is_some());
}

#[test]
fn with_an_instance_go_the_interfaces_that_are_to_go_with_it() {
    let mut it = Place::new();
    let vswitch = it.g.clone();
    let [goes, stays] = [(); 2].map(|()| it.eni(&vswitch));
    let keep = ModifyEni { delete_on_release: Some(false), ..ModifyEni::new(stays.clone()) };
    it.world.run(Command::Eni(EniCommand::Modify(keep)));
    it.attach(&goes);
    it.attach(&stays);
    let instances = vec![it.instance.clone()];
    it.world.run(Command::DeleteInstances(DeleteInstances { instances, force: true }));
    assert!(it.world.state.get::<Eni>(&goes).is_none());
    assert_eq!(it.row(&stays).owner, EniOwner::Nobody);
}

#[test]
fn a_server_that_is_an_interface_leaves_its_group_with_it() {
    let mut it = Walkthrough::new();
    let provider = it.provider_g.clone();
    let group = it.world.group(&it.provider, GroupKind::Normal);
    let eni = CreateEni::new(provider, BTreeSet::from([group]));
    let Output::Eni(eni) = it.world.run(Command::Eni(EniCommand::Create(eni))) else { panic!() };
    let attachment = EniAttachment { eni: eni.clone(), instance: it.ecs[2].clone() };
    it.world.run(Command::Eni(EniCommand::Attach(attachment.clone())));
    let server = NewServer::new(Target::Eni(eni.clone()), 80);
    let servers = AddServers { server_group: it.server_group.clone(), servers: vec![server] };
    it.world.run(Command::AddServers(servers));
    let count = |it: &Walkthrough| it.world.state.get::<ServerGroup>(&it.server_group).unwrap().servers.len();
    assert_eq!(count(&it), 3);
    it.world.run(Command::Eni(EniCommand::Detach(attachment)));
    it.world.run(Command::Eni(EniCommand::Delete(eni)));
    assert_eq!(count(&it), 2);
}

#[test]
fn a_stopped_instance_moves_to_another_address_or_vswitch() {
    let mut it = Place::new();
    let (primary, instance) = (it.primary(), it.instance.clone());
    let vpc = it.row(&primary).vpc;
    let near = it.world.vswitch(&vpc, "g", "10.0.3.0/24");
    let to = |vswitch: &VSwitchId| MoveInstance {
        instance: instance.clone(),
        vswitch: vswitch.clone(),
        vpc: None,
        address: None,
        security_groups: BTreeSet::new(),
    };
    let running = it.world.refused(Command::Eni(EniCommand::MoveInstance(to(&near))));
    assert!(matches!(running, Refusal::WrongPower { running: true, .. }));
    it.world.run(Command::SwitchInstances(Switch::Stop, vec![instance.clone()]));
    let far = it.world.refused(Command::Eni(EniCommand::MoveInstance(to(&it.k.clone()))));
    assert!(matches!(far, Refusal::ZoneMismatch { .. }));
    it.world.run(assign(&primary, MoreAddresses::These(these(&[[10, 0, 1, 20]]))));
    let refusal = it.world.refused(Command::Eni(EniCommand::MoveInstance(to(&near))));
    assert_eq!(refusal, Refusal::Eni(EniRefusal::HasMoreAddresses(primary.clone())));
    let addresses = these(&[[10, 0, 1, 20]]);
    it.world.run(Command::Eni(EniCommand::Unassign(UnassignAddresses { eni: primary.clone(), addresses })));
    let vswitch = it.g.clone();
    let second = it.eni(&vswitch);
    it.attach(&second);
    let refusal = it.world.refused(Command::Eni(EniCommand::MoveInstance(to(&near))));
    assert_eq!(refusal, Refusal::Eni(EniRefusal::InstanceHasMore(instance.clone())));
    it.detach(&second);
    it.world.run(Command::Eni(EniCommand::MoveInstance(MoveInstance {
        address: Some([10, 0, 3, 9].into()),
        ..to(&near)
    })));
    assert_eq!((it.row(&primary).vswitch, it.devices()), (near.clone(), vec![(0, [10, 0, 3, 9].into())]));
    let other = it.world.vpc("10.0.0.0/16");
    let other_vswitch = it.world.vswitch(&other, "g", "10.0.1.0/24");
    let wrong = it.world.refused(Command::Eni(EniCommand::MoveInstance(to(&other_vswitch))));
    assert!(matches!(wrong, Refusal::VpcMismatch { .. }));
    let moved = MoveInstance { vpc: Some(other.clone()), ..to(&other_vswitch) };
    let ungrouped = it.world.refused(Command::Eni(EniCommand::MoveInstance(moved.clone())));
    assert!(matches!(ungrouped, Refusal::VpcMismatch { .. }), "its groups stay behind");
    let group = it.world.group(&other, GroupKind::Normal);
    it.world.run(Command::Eni(EniCommand::MoveInstance(MoveInstance {
        security_groups: BTreeSet::from([group]),
        ..moved
    })));
    assert_eq!(it.row(&primary).vpc, other);
}
