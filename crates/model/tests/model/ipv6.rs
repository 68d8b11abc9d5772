//! IPv6: who has a range, who has an address, what is refused, and what the data plane is told.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use model::command::eni::{AssignIpv6, CreateEni, EniCommand, MoreAddresses, UnassignIpv6};
use model::command::instance::{MoreInterface, MoveInstance, RunInstances, Switch};
use model::command::vpc::{
    CreateDefaultVSwitch, CreateVSwitch, CreateVpc, Ipv6OfVpc, ModifyVSwitch, ModifyVpc, SwitchIpv6, VpcCommand,
};
use model::command::{Command, Output};
use model::id::{EniId, VSwitchId, VpcId};
use model::instance::{Eni, Instance};
use model::meta::{Labels, Relabel};
use model::plan::{HostPlan, Ipv6Plan};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{EniRefusal, Refusal, VpcRefusal};
use model::tables::Key;
use model::vpc::{VSwitch, VSwitchCidr, Vpc};

use crate::support::{Walkthrough, World, host, zone};

fn vpc_refusal(world: &mut World, command: Command) -> VpcRefusal {
    match world.refused(command) {
        Refusal::Vpc(refusal) => refusal,
        other => panic!("{other}"),
    }
}

fn switch_vpc(vpc: &VpcId, on: bool) -> Command {
    let (vpc, relabel) = (vpc.clone(), Relabel::default());
    Command::Vpc(VpcCommand::ModifyVpc(ModifyVpc { vpc, relabel, ipv6: Some(on) }))
}

fn switch_vswitch(vswitch: &VSwitchId, ipv6: SwitchIpv6) -> Command {
    let (vswitch, relabel) = (vswitch.clone(), Relabel::default());
    Command::Vpc(VpcCommand::ModifyVSwitch(ModifyVSwitch { vswitch, relabel, ipv6: Some(ipv6) }))
}

fn new_vswitch(vpc: &VpcId, third: u8, ipv6: u8) -> Command {
    Command::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
        labels: Labels::default(),
        vpc: vpc.clone(),
        zone: zone("g"),
        cidr: VSwitchCidr::new(format!("10.0.{third}.0/24").parse().unwrap()).unwrap(),
        ipv6: Some(ipv6),
    }))
}

fn range(world: &World, vswitch: &VSwitchId) -> String {
    world.state.get::<VSwitch>(vswitch).unwrap().ipv6.unwrap().range().to_string()
}

#[test]
fn a_vpc_gets_its_ipv6_range_from_the_system_and_no_two_share_one() {
    let mut world = World::new();
    let [one, other] = [(); 2].map(|()| world.vpc("10.0.0.0/8"));
    let dual = Command::Vpc(VpcCommand::CreateVpc(CreateVpc { ipv6: true, ..CreateVpc::default() }));
    let Output::Vpc { id: third, .. } = world.run(dual) else { panic!() };
    assert_eq!(vpc_refusal(&mut world, new_vswitch(&one, 0, 0)), VpcRefusal::VpcWithoutIpv6(one.clone()));
    world.run(switch_vpc(&one, true));
    let associate = Command::Vpc(VpcCommand::AssociateIpv6(other.clone()));
    let Output::Ipv6Cidr(given) = world.run(associate.clone()) else { panic!() };
    assert_eq!(vpc_refusal(&mut world, associate), VpcRefusal::Ipv6Exists(given));
    let ranges = [one, other.clone(), third].map(|id| world.state.get::<Vpc>(&id).unwrap().ipv6_range().unwrap());
    assert_eq!(ranges.map(|range| range.to_string()), [1, 2, 3].map(|n| format!("fd69:7374:0:{n}00::/56")));
    let off = |range| Command::Vpc(VpcCommand::UnassociateIpv6(Ipv6OfVpc { vpc: other.clone(), range }));
    assert_eq!(vpc_refusal(&mut world, off(ranges[0])), VpcRefusal::Ipv6NotFound(ranges[0]));
    world.run(off(given));
    assert_eq!(world.state.get::<Vpc>(&other).unwrap().ipv6_range(), None);
    let nobodys = VpcId::clone(&"vpc-none".parse().unwrap());
    let refusal = vpc_refusal(&mut world, Command::Vpc(VpcCommand::AssociateIpv6(nobodys.clone())));
    assert_eq!(refusal, VpcRefusal::NoVpcOfRange(nobodys));
}

#[test]
fn a_vswitch_has_a_64_of_its_vpc_that_no_other_has() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/8");
    world.run(switch_vpc(&vpc, true));
    let Output::VSwitch(first) = world.run(new_vswitch(&vpc, 0, 0)) else { panic!() };
    let Output::VSwitch(last) = world.run(new_vswitch(&vpc, 1, 255)) else { panic!() };
    assert_eq!(range(&world, &first), "fd69:7374:0:100::/64");
    assert_eq!(range(&world, &last), "fd69:7374:0:1ff::/64");
    let refusal = vpc_refusal(&mut world, new_vswitch(&vpc, 2, 255));
    let taken = |world: &World| VpcRefusal::Ipv6Taken {
        range: range(world, &last).parse().unwrap(),
        vswitch: last.clone(),
    };
    assert_eq!(refusal, taken(&world));
    let plain = world.vswitch(&vpc, "g", "10.0.2.0/24");
    let refusal = vpc_refusal(&mut world, switch_vswitch(&plain, SwitchIpv6::On(None)));
    assert_eq!(refusal, VpcRefusal::Ipv6NumberMissing);
    let refusal = vpc_refusal(&mut world, switch_vswitch(&plain, SwitchIpv6::On(Some(255))));
    assert_eq!(refusal, taken(&world));
    world.run(switch_vswitch(&plain, SwitchIpv6::On(Some(7))));
    world.run(switch_vswitch(&plain, SwitchIpv6::On(None)));
    assert_eq!(range(&world, &plain), "fd69:7374:0:107::/64");
    for vswitch in [&last, &plain] {
        assert_eq!(vpc_refusal(&mut world, switch_vpc(&vpc, false)), VpcRefusal::Ipv6OfVSwitch(first.clone()));
        world.run(switch_vswitch(vswitch, SwitchIpv6::Off));
    }
    world.run(Command::Vpc(VpcCommand::DeleteVSwitch(first)));
    world.run(switch_vpc(&vpc, false));
    assert_eq!(vpc_refusal(&mut world, new_vswitch(&vpc, 3, 1)), VpcRefusal::VpcWithoutIpv6(vpc));
}

#[test]
fn default_vpcs_and_vswitches_can_have_ipv6_too() {
    let mut world = World::new();
    let vpc = CreateVpc { ipv6: true, is_default: true, ..CreateVpc::default() };
    world.run(Command::Vpc(VpcCommand::CreateVpc(vpc)));
    let vswitch = CreateDefaultVSwitch { zone: zone("g"), ipv6: Some(3) };
    let made = world.run(Command::Vpc(VpcCommand::CreateDefaultVSwitch(vswitch)));
    let Output::VSwitch(vswitch) = made else { panic!() };
    assert_eq!(range(&world, &vswitch), "fd69:7374:0:103::/64");
}

/// The walkthrough's system with IPv6 everywhere, and an interface of a server.
fn dual_stack() -> (Walkthrough, EniId) {
    let mut it = Walkthrough::new();
    it.dual_stack();
    let eni = it.world.state.get::<Instance>(&it.ecs[2]).unwrap().eni.clone();
    (it, eni)
}

fn assign(eni: &EniId, addresses: MoreAddresses<Ipv6Addr>) -> Command {
    Command::Eni(EniCommand::AssignIpv6(AssignIpv6 { eni: eni.clone(), addresses }))
}

fn unassign(eni: &EniId, addresses: &[Ipv6Addr]) -> Command {
    let addresses = addresses.iter().copied().collect();
    Command::Eni(EniCommand::UnassignIpv6(UnassignIpv6 { eni: eni.clone(), addresses }))
}

fn these(addresses: &[Ipv6Addr]) -> MoreAddresses<Ipv6Addr> {
    MoreAddresses::These(addresses.iter().copied().collect())
}

/// An address of the provider's vSwitch in zone g.
fn at(host: u64) -> Ipv6Addr {
    (u128::from(Ipv6Addr::new(0xfd69, 0x7374, 0, 0x202, 0, 0, 0, 0)) | u128::from(host)).into()
}

fn row(it: &Walkthrough, eni: &EniId) -> Eni {
    it.world.state.get::<Eni>(eni).unwrap().as_ref().clone()
}

#[test]
fn addresses_are_assigned_by_name_or_number_and_never_given_to_two() {
    let (mut it, eni) = dual_stack();
    let Output::Addresses(_, given) = it.world.run(assign(&eni, MoreAddresses::Any(2))) else { panic!() };
    assert_eq!(given, [at(1), at(2)]);
    it.world.run(assign(&eni, these(&[at(4), at(u64::MAX - 9)])));
    let taken = it.world.refused(assign(&eni, these(&[at(4)])));
    let by = Key::Instance(it.ecs[2].clone());
    assert_eq!(taken, Refusal::AddressTaken { address: at(4).into(), by });
    for reserved in [at(0), at(u64::MAX - 8), at(u64::MAX), "fd69:7374:0:203::1".parse().unwrap()] {
        let outside = it.world.refused(assign(&eni, these(&[reserved])));
        assert!(matches!(outside, Refusal::AddressOutsideVSwitch { .. }), "{reserved}");
    }
    assert!(matches!(it.world.refused(assign(&eni, MoreAddresses::Any(0))), Refusal::Empty(_)));
    let many = it.world.refused(assign(&eni, MoreAddresses::Any(7)));
    assert_eq!(many, Refusal::QuotaExceeded { quota: Quota::Ipv6AddressesAnEni, limit: 10 });
    it.world.run(unassign(&eni, &[at(2), at(4)]));
    assert_eq!(row(&it, &eni).ipv6.keys().copied().collect::<Vec<_>>(), [at(1), at(u64::MAX - 9)]);
    let address = at(2).into();
    let refusal = it.world.refused(unassign(&eni, &[at(2)]));
    assert_eq!(refusal, Refusal::Eni(EniRefusal::AddressNotAssigned { eni: eni.clone(), address }));
    assert!(matches!(it.world.refused(unassign(&eni, &[])), Refusal::Empty(_)));
    let Output::Addresses(_, next) = it.world.run(assign(&eni, MoreAddresses::Any(2))) else { panic!() };
    assert_eq!(next, [at(3), at(4)], "the search goes on behind the last one");
}

#[test]
fn interfaces_and_instances_are_born_with_addresses() {
    let (mut it, _) = dual_stack();
    let group = it.world.group(&it.provider.clone(), model::security::GroupKind::Normal);
    let groups = BTreeSet::from([group]);
    let eni = CreateEni { ipv6: MoreAddresses::Any(1), ..CreateEni::new(it.provider_g.clone(), groups.clone()) };
    let Output::Eni(id) = it.world.run(Command::Eni(EniCommand::Create(eni.clone()))) else { panic!() };
    assert_eq!(row(&it, &id).ipv6.keys().copied().collect::<Vec<_>>(), [at(1)]);
    let run = RunInstances {
        amount: 2,
        ipv6: MoreAddresses::Any(2),
        interfaces: vec![MoreInterface::New(eni.clone())],
        security_groups: groups,
        ..RunInstances::new(it.provider_g.clone())
    };
    it.world.run(Command::RunInstances(run.clone()));
    let by_name = RunInstances { ipv6: these(&[at(99)]), ..run.clone() };
    assert_eq!(it.world.refused(Command::RunInstances(by_name)), Refusal::AddressForSeveral);
    let named = MoreInterface::New(CreateEni { ipv6: these(&[at(99)]), ..eni });
    let by_name = RunInstances { interfaces: vec![named], ..run };
    assert_eq!(it.world.refused(Command::RunInstances(by_name)), Refusal::AddressForSeveral);
    let all: Vec<_> = it.world.state.enis_of(&it.provider_g).map(|eni| eni.ipv6.len()).collect();
    assert_eq!(all.iter().sum::<usize>(), 7);
}

#[test]
fn without_ipv6_in_the_vswitch_nothing_in_it_has_an_address() {
    let mut it = Walkthrough::new();
    let eni = it.world.state.get::<Instance>(&it.ecs[2]).unwrap().eni.clone();
    let refusal = it.world.refused(assign(&eni, MoreAddresses::Any(1)));
    assert_eq!(refusal, Refusal::VSwitchWithoutIpv6(it.provider_g.clone()));
}

#[test]
fn a_vswitch_keeps_its_ipv6_while_somebody_has_an_address_of_it() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(1)));
    let (vswitch, by) = (it.provider_g.clone(), Key::Instance(it.ecs[2].clone()));
    for change in [SwitchIpv6::Off, SwitchIpv6::On(Some(9))] {
        let refusal = vpc_refusal(&mut it.world, switch_vswitch(&vswitch, change));
        assert_eq!(refusal, VpcRefusal::Ipv6InUse { vswitch: vswitch.clone(), by: by.clone() });
    }
    it.world.run(switch_vswitch(&vswitch, SwitchIpv6::On(Some(2))));
    it.world.run(unassign(&eni, &[at(1)]));
    it.world.run(switch_vswitch(&vswitch, SwitchIpv6::On(Some(9))));
}

#[test]
fn an_instance_with_ipv6_addresses_does_not_move() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(1)));
    it.world.run(Command::SwitchInstances(Switch::Stop, vec![it.ecs[2].clone()]));
    let moved = Command::Eni(EniCommand::MoveInstance(MoveInstance {
        instance: it.ecs[2].clone(),
        vswitch: it.provider_g.clone(),
        vpc: None,
        address: None,
        security_groups: BTreeSet::new(),
    }));
    assert_eq!(it.world.refused(moved.clone()), Refusal::Eni(EniRefusal::HasIpv6(eni.clone())));
    it.world.run(unassign(&eni, &[at(1)]));
    it.world.run(moved);
}

fn planned(it: &Walkthrough) -> HostPlan {
    plan(&it.world.state, &host())
}

#[test]
fn the_data_plane_knows_each_address_by_an_index_of_its_own() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(2)));
    let plan = planned(&it);
    let port = plan.ports.values().find(|port| port.eni == eni).unwrap();
    let own: Vec<Ipv6Plan> =
        row(&it, &eni).ipv6.iter().map(|(address, index)| Ipv6Plan { index: *index, address: *address }).collect();
    assert_eq!((port.ipv6.len(), &port.ipv6), (2, &own));
    assert_ne!(own[0].index, own[1].index);
    let members: Vec<Ipv6Plan> = plan.groups.values().flat_map(|group| group.ipv6_members.clone()).collect();
    assert_eq!(members, own);
    let before = own[1].index;
    it.world.run(unassign(&eni, &[at(2)]));
    it.world.run(assign(&eni, these(&[at(2)])));
    let after = planned(&it).ports[&port_of(&it, &eni)].ipv6[1].index;
    assert_ne!(after, before, "an address that comes back is not taken for the one that went");
}

fn port_of(it: &Walkthrough, eni: &EniId) -> model::id::PortIndex {
    row(it, eni).port
}
