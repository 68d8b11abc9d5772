//! IPv6: who has a range, who has an address, what is refused, and what the data plane is told.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::command::endpoint::{AddEndpointZone, CreateEndpoint, NewEndpointZone, UpdateEndpoint};
use model::command::eni::{AssignIpv6, CreateEni, EniCommand, MoreAddresses, UnassignIpv6};
use model::command::instance::{MoreInterface, MoveInstance, RunInstances, Switch};
use model::command::nlb::{
    AddServers, CreateLoadBalancer, CreateServerGroup, NewServer, NewZone, RemoveServers, ServerRef,
    UpdateLoadBalancerZones,
};
use model::command::security::{AuthorizeRules, NewRule, RevokeRules, RuleSelector};
use model::command::service::{CreateService, ServiceResource, UpdateService};
use model::command::vpc::{
    CreateDefaultVSwitch, CreateVSwitch, CreateVpc, Ipv6OfVpc, ModifyVSwitch, ModifyVpc, SwitchIpv6,
    VpcCommand,
};
use model::command::{Command, Output};
use model::id::{EndpointId, EndpointServiceId, EniId, LoadBalancerId, ServerGroupId, VSwitchId, VpcId};
use model::instance::{Eni, Instance};
use model::meta::{Description, Labels, Relabel};
use model::nlb::{IpVersion, LoadBalancer, ServerGroup, ServerGroupKind, Target};
use model::plan::{HostPlan, Ipv6Plan, PeerPlan};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{
    AddressRefusal, BalancerRefusal, EndpointRefusal, EniRefusal, Refusal, ServerRefusal, VpcRefusal,
};
use model::security::{ALL_PORTS, Direction, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec};
use model::tables::{Key, Row};
use model::vpc::{VSwitch, VSwitchCidr, Vpc};

use crate::support::{Walkthrough, World, host, new_endpoint_zone, new_zone, resource, zone};

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
    let ranges =
        [one, other.clone(), third].map(|id| world.state.get::<Vpc>(&id).unwrap().ipv6_range().unwrap());
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
        assert_eq!(
            vpc_refusal(&mut world, switch_vpc(&vpc, false)),
            VpcRefusal::Ipv6RangeInUse(Key::VSwitch(first.clone()))
        );
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
    assert_eq!(taken, Refusal::Address(AddressRefusal::Taken { address: at(4).into(), by }));
    for reserved in [at(0), at(u64::MAX - 8), at(u64::MAX), "fd69:7374:0:203::1".parse().unwrap()] {
        let outside = it.world.refused(assign(&eni, these(&[reserved])));
        assert!(matches!(outside, Refusal::Address(AddressRefusal::OutsideVSwitch { .. })), "{reserved}");
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
    let eni =
        CreateEni { ipv6: MoreAddresses::Any(1), ..CreateEni::new(it.provider_g.clone(), groups.clone()) };
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
    assert_eq!(
        it.world.refused(Command::RunInstances(by_name)),
        Refusal::Address(AddressRefusal::ForSeveral)
    );
    let named = MoreInterface::New(CreateEni { ipv6: these(&[at(99)]), ..eni });
    let by_name = RunInstances { interfaces: vec![named], ..run };
    assert_eq!(
        it.world.refused(Command::RunInstances(by_name)),
        Refusal::Address(AddressRefusal::ForSeveral)
    );
    let all: Vec<_> = it.world.state.enis_of(&it.provider_g).map(|eni| eni.ipv6.len()).collect();
    assert_eq!(all.iter().sum::<usize>(), 7);
}

#[test]
fn without_ipv6_in_the_vswitch_nothing_in_it_has_an_address() {
    let mut it = Walkthrough::new();
    let eni = it.world.state.get::<Instance>(&it.ecs[2]).unwrap().eni.clone();
    let refusal = it.world.refused(assign(&eni, MoreAddresses::Any(1)));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::VSwitchWithoutIpv6(it.provider_g.clone())));
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
    let own: Vec<Ipv6Plan> = row(&it, &eni)
        .ipv6
        .iter()
        .map(|(address, index)| Ipv6Plan { index: *index, address: *address })
        .collect();
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

fn rule(protocol: RuleProtocol, peer: Peer) -> RuleSpec {
    RuleSpec {
        direction: Direction::Ingress,
        protocol,
        ports: ALL_PORTS,
        source_ports: ALL_PORTS,
        peer,
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::default(),
    }
}

#[test]
fn a_rule_speaks_of_one_family() {
    let (mut it, _) = dual_stack();
    let group = it.clients.clone();
    let (ipv4, ipv6) =
        (Peer::Cidr("10.0.0.0/8".parse().unwrap()), Peer::Ipv6Cidr("fd69:7374::/32".parse().unwrap()));
    let authorize = |spec| {
        let rules = vec![NewRule { spec, description: Description::default() }];
        Command::AuthorizeRules(AuthorizeRules { group: group.clone(), rules })
    };
    for (protocol, peer) in [(RuleProtocol::Icmp, &ipv6), (RuleProtocol::Icmpv6, &ipv4)] {
        let refusal = it.world.refused(authorize(rule(protocol, peer.clone())));
        assert_eq!(refusal, Refusal::ProtocolOfOtherFamily(protocol));
        let rules = vec![RuleSelector::Spec(rule(protocol, peer.clone()))];
        let revoke = Command::RevokeRules(RevokeRules { group: group.clone(), rules });
        assert_eq!(it.world.refused(revoke), Refusal::ProtocolOfOtherFamily(protocol));
    }
    for (peer, own) in [(&ipv4, &ipv6), (&ipv6, &ipv4)] {
        let spec = RuleSpec { own: own.range(), ..rule(RuleProtocol::All, peer.clone()) };
        assert_eq!(it.world.refused(authorize(spec)), Refusal::SidesOfTwoFamilies);
    }
    let spec = RuleSpec { own: ipv6.range(), ..rule(RuleProtocol::Icmp, Peer::Group(group.clone())) };
    assert_eq!(it.world.refused(authorize(spec)), Refusal::ProtocolOfOtherFamily(RuleProtocol::Icmp));
    for (protocol, peer) in
        [(RuleProtocol::Icmpv6, &ipv6), (RuleProtocol::All, &ipv6), (RuleProtocol::Icmp, &ipv4)]
    {
        it.world.run(authorize(rule(protocol, peer.clone())));
    }
    let plan = planned(&it);
    let clients = plan.groups.values().find(|row| row.id == it.clients).unwrap();
    let ipv6 = PeerPlan::Ipv6Cidr("fd69:7374::/32".parse().unwrap());
    assert_eq!(clients.ingress.iter().filter(|rule| rule.peer == ipv6).count(), 2);
}

fn zones(it: &Walkthrough) -> Vec<NewZone> {
    vec![new_zone("g", &it.provider_g), new_zone("k", &it.provider_k)]
}

fn new_balancer(it: &Walkthrough, zones: Vec<NewZone>) -> CreateLoadBalancer {
    let ip_version = IpVersion::DualStack.into();
    CreateLoadBalancer { ip_version, ..CreateLoadBalancer::new(it.provider.clone(), zones) }
}

fn balancer(it: &mut Walkthrough) -> LoadBalancerId {
    let new = new_balancer(it, zones(it));
    match it.world.run(Command::CreateLoadBalancer(new)) {
        Output::LoadBalancer(id) => id,
        other => panic!("{other:?}"),
    }
}

fn addresses(plan: &HostPlan, balancer: &LoadBalancerId) -> Vec<Option<Ipv6Addr>> {
    let vips = plan.vips.values().filter(|vip| vip.load_balancer == *balancer);
    vips.map(|vip| vip.ipv6.map(|it| it.address)).collect()
}

#[test]
fn a_dual_stack_load_balancer_has_an_ipv6_address_in_each_zone() {
    let (mut it, _) = dual_stack();
    let id = balancer(&mut it);
    let k: Ipv6Addr = "fd69:7374:0:203::1".parse().unwrap();
    assert_eq!(addresses(&planned(&it), &id), [Some(at(1)), Some(k)]);
    assert_eq!(addresses(&planned(&it), &it.load_balancer), [None, None]);
    let [named, other] = [0x50, 0x51].map(|host| {
        let [g, k] = zones(&it).try_into().unwrap();
        vec![NewZone { ipv6: Some(at(host)), ..g }, k]
    });
    let plain = CreateLoadBalancer { ip_version: IpVersion::Ipv4.into(), ..new_balancer(&it, named.clone()) };
    let refusal = it.world.refused(Command::CreateLoadBalancer(plain));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::Ipv6WithoutDualStack(at(0x50))));
    let new = new_balancer(&it, named.clone());
    let Output::LoadBalancer(second) = it.world.run(Command::CreateLoadBalancer(new)) else { panic!() };
    let update = |zones| {
        Command::UpdateLoadBalancerZones(UpdateLoadBalancerZones { load_balancer: second.clone(), zones })
    };
    assert_eq!(it.world.refused(update(other)), Refusal::Balancer(BalancerRefusal::AddressFixed(zone("g"))));
    it.world.run(update(named));
    assert_eq!(addresses(&planned(&it), &second)[0], Some(at(0x50)));
    let (vpc, cidr) = (it.provider.clone(), "10.0.3.0/24");
    let h = it.world.vswitch(&vpc, "h", cidr);
    let mut more = vec![new_zone("h", &h)];
    more.extend(zones(&it));
    let refusal = it.world.refused(update(more.clone()));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::VSwitchWithoutIpv6(h.clone())));
    it.world.run(switch_vswitch(&h, SwitchIpv6::On(Some(9))));
    it.world.run(update(more));
    assert_eq!(it.world.state.get::<LoadBalancer>(&second).unwrap().zones.len(), 3);
    assert!(addresses(&planned(&it), &second).iter().all(Option::is_some));
}

fn group(it: &mut Walkthrough, kind: ServerGroupKind, version: IpVersion) -> ServerGroupId {
    let ip_version = version.into();
    let new = CreateServerGroup { kind, ip_version, ..CreateServerGroup::new(it.provider.clone()) };
    match it.world.run(Command::CreateServerGroup(new)) {
        Output::ServerGroup(id, _) => id,
        other => panic!("{other:?}"),
    }
}

fn add(group: &ServerGroupId, target: Target) -> Command {
    let servers = vec![NewServer::new(target, 80)];
    Command::AddServers(AddServers { server_group: group.clone(), servers })
}

fn servers(it: &Walkthrough, group: &ServerGroupId) -> Vec<IpAddr> {
    let index = it.world.state.get::<ServerGroup>(group).unwrap().index;
    let plan = planned(it);
    plan.server_groups[&index].servers.values().map(|server| server.address.ip()).collect()
}

#[test]
fn a_dual_stack_group_takes_servers_of_both_families() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(3)));
    let balancer = balancer(&mut it);
    let group = group(&mut it, ServerGroupKind::Instance, IpVersion::DualStack);
    it.world.listener(&balancer, 80, &group);
    let ecs = it.ecs[2].clone();
    it.world.run(add(&group, Target::Ecs(ecs.clone())));
    it.world.run(add(&group, Target::EcsIpv6(ecs.clone(), at(1))));
    it.world.run(add(&group, Target::EcsIpv6(ecs.clone(), at(2))));
    it.world.run(add(&group, Target::EniIpv6(eni.clone(), at(3))));
    let all: Vec<IpAddr> = vec![Ipv4Addr::new(10, 0, 0, 1).into(), at(1).into(), at(2).into(), at(3).into()];
    assert_eq!(servers(&it, &group), all);
    let twice = it.world.refused(add(&group, Target::EcsIpv6(ecs.clone(), at(1))));
    assert!(matches!(twice, Refusal::Server(ServerRefusal::Exists { .. })));
    let unknown = it.world.refused(add(&group, Target::EcsIpv6(ecs.clone(), at(9))));
    assert_eq!(unknown, Refusal::Server(ServerRefusal::Address { address: at(9).into() }));
    let gone = ServerRef { target: Target::EcsIpv6(ecs.clone(), at(1)), port: 80 };
    it.world.run(Command::RemoveServers(RemoveServers { server_group: group.clone(), servers: vec![gone] }));
    it.world.run(unassign(&eni, &[at(2), at(3)]));
    assert_eq!(servers(&it, &group), all[..1], "an address that is gone is no server");
    assert_eq!(it.world.state.get::<ServerGroup>(&group).unwrap().servers.len(), 1);
}

#[test]
fn an_ipv4_group_takes_no_ipv6_server() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(1)));
    let group = group(&mut it, ServerGroupKind::Instance, IpVersion::Ipv4);
    let refusal = it.world.refused(add(&group, Target::EniIpv6(eni, at(1))));
    assert_eq!(refusal, Refusal::Server(ServerRefusal::Ipv6 { address: at(1) }));
}

#[test]
fn a_group_of_addresses_takes_ipv6_addresses_of_its_vpc() {
    let (mut it, eni) = dual_stack();
    it.world.run(assign(&eni, MoreAddresses::Any(1)));
    let balancer = balancer(&mut it);
    let group = group(&mut it, ServerGroupKind::Ip, IpVersion::DualStack);
    it.world.listener(&balancer, 80, &group);
    it.world.run(add(&group, Target::Ip(at(1).into())));
    it.world.run(add(&group, Target::Ip(at(2).into())));
    assert_eq!(servers(&it, &group), [IpAddr::from(at(1))], "an address that nobody has is no server yet");
    let outside: IpAddr = "fd69:7374:0:100::1".parse().unwrap();
    let refusal = it.world.refused(add(&group, Target::Ip(outside)));
    assert_eq!(refusal, Refusal::Server(ServerRefusal::Address { address: outside }));
}

#[test]
fn a_vpc_keeps_its_ipv6_while_a_server_has_an_address_of_it() {
    let mut it = Walkthrough::new();
    let vpc = it.provider.clone();
    let dual =
        CreateServerGroup { ip_version: IpVersion::DualStack.into(), ..CreateServerGroup::new(vpc.clone()) };
    let refusal = vpc_refusal(&mut it.world, Command::CreateServerGroup(dual));
    assert_eq!(refusal, VpcRefusal::VpcWithoutIpv6(vpc.clone()));
    it.world.run(switch_vpc(&vpc, true));
    let group = group(&mut it, ServerGroupKind::Ip, IpVersion::DualStack);
    it.world.run(add(&group, Target::Ip(at(1).into())));
    let refusal = vpc_refusal(&mut it.world, switch_vpc(&vpc, false));
    assert_eq!(refusal, VpcRefusal::Ipv6RangeInUse(Key::ServerGroup(group.clone())));
}

/// A dual-stack service, its load balancer, and the walkthrough around it.
fn service(it: &mut Walkthrough) -> (EndpointServiceId, LoadBalancerId) {
    let balancer = balancer(it);
    let resources = vec![resource("g", &balancer), resource("k", &balancer)];
    let ip_version = IpVersion::DualStack;
    let new = CreateService { resources, ip_version, auto_accept: true, ..CreateService::default() };
    match it.world.run(Command::CreateService(new)) {
        Output::Service(id) => (id, balancer),
        other => panic!("{other:?}"),
    }
}

fn new_endpoint(it: &Walkthrough, service: &EndpointServiceId) -> CreateEndpoint {
    CreateEndpoint {
        security_groups: BTreeSet::from([it.clients.clone()]),
        zones: vec![new_endpoint_zone("g", &it.consumer_g)],
        ip_version: IpVersion::DualStack,
        ..CreateEndpoint::new(service.clone(), it.consumer.clone())
    }
}

fn update_service(service: &EndpointServiceId, version: IpVersion) -> Command {
    Command::UpdateService(UpdateService { ip_version: Some(version), ..UpdateService::new(service.clone()) })
}

fn update_endpoint(endpoint: &EndpointId, version: IpVersion) -> Command {
    let (endpoint, relabel) = (endpoint.clone(), Relabel::default());
    Command::UpdateEndpoint(UpdateEndpoint {
        endpoint,
        relabel,
        zone_affinity: None,
        ip_version: Some(version),
        policy: None,
    })
}

fn endpoint_addresses(it: &Walkthrough, endpoint: &EndpointId) -> Vec<Option<Ipv6Addr>> {
    let plan = planned(it);
    let endpoint = plan.endpoints.values().find(|row| row.id == *endpoint).unwrap();
    endpoint.zones.iter().map(|zone| zone.ipv6.map(|it| it.address)).collect()
}

#[test]
fn an_endpoint_is_dual_stack_where_its_service_and_its_vswitches_are() {
    let (mut it, _) = dual_stack();
    let plain = new_endpoint(&it, &it.service);
    let refusal = it.world.refused(Command::CreateEndpoint(plain));
    assert_eq!(refusal, Refusal::Endpoint(EndpointRefusal::ServiceWithoutIpv6(it.service.clone())));
    let (service, _) = service(&mut it);
    let new = new_endpoint(&it, &service);
    let Output::Endpoint(id) = it.world.run(Command::CreateEndpoint(new.clone())) else { panic!() };
    let g: Ipv6Addr = "fd69:7374:0:100::1".parse().unwrap();
    assert_eq!(endpoint_addresses(&it, &id), [Some(g)]);
    let wish: Ipv6Addr = "fd69:7374:0:101::77".parse().unwrap();
    let k = NewEndpointZone { ipv6: Some(wish), ..new_endpoint_zone("k", &it.consumer_k) };
    it.world.run(Command::AddEndpointZone(AddEndpointZone { endpoint: id.clone(), zone: k.clone() }));
    assert_eq!(endpoint_addresses(&it, &id), [Some(g), Some(wish)]);
    it.world.run(update_endpoint(&id, IpVersion::Ipv4));
    assert_eq!(endpoint_addresses(&it, &id), [None, None]);
    let zones = vec![k];
    let ipv4 = CreateEndpoint { zones, ip_version: IpVersion::Ipv4, ..new.clone() };
    assert_eq!(
        it.world.refused(Command::CreateEndpoint(ipv4)),
        Refusal::Address(AddressRefusal::Ipv6WithoutDualStack(wish))
    );
    it.world.run(switch_vswitch(&it.consumer_k.clone(), SwitchIpv6::Off));
    let refusal = it.world.refused(update_endpoint(&id, IpVersion::DualStack));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::VSwitchWithoutIpv6(it.consumer_k.clone())));
    assert_eq!(endpoint_addresses(&it, &id), [None, None]);
    it.world.run(switch_vswitch(&it.consumer_k.clone(), SwitchIpv6::On(Some(1))));
    it.world.run(update_endpoint(&id, IpVersion::DualStack));
    assert!(endpoint_addresses(&it, &id).iter().all(Option::is_some));
}

#[test]
fn a_service_is_dual_stack_while_its_load_balancers_are_and_until_no_endpoint_is() {
    let (mut it, _) = dual_stack();
    let (service, balancer) = service(&mut it);
    let old = it.load_balancer.clone();
    let without = |id: &LoadBalancerId| Refusal::Endpoint(EndpointRefusal::ResourceWithoutIpv6(id.clone()));
    let attach = ServiceResource { service: service.clone(), resource: resource("g", &old) };
    assert_eq!(it.world.refused(Command::AttachResource(attach)), without(&old));
    let refusal = it.world.refused(update_service(&it.service.clone(), IpVersion::DualStack));
    assert_eq!(refusal, without(&old));
    let new = new_endpoint(&it, &service);
    let Output::Endpoint(id) = it.world.run(Command::CreateEndpoint(new)) else { panic!() };
    let refusal = it.world.refused(update_service(&service, IpVersion::Ipv4));
    assert_eq!(refusal, Refusal::Endpoint(EndpointRefusal::DualStack(id.clone())));
    it.world.run(update_endpoint(&id, IpVersion::Ipv4));
    it.world.run(update_service(&service, IpVersion::Ipv4));
    let refusal = it.world.refused(update_endpoint(&id, IpVersion::DualStack));
    assert_eq!(refusal, Refusal::Endpoint(EndpointRefusal::ServiceWithoutIpv6(service.clone())));
    it.world.run(update_service(&service, IpVersion::DualStack));
    assert_eq!(addresses(&planned(&it), &balancer).len(), 2);
}

#[test]
fn names_are_answered_with_addresses_of_both_families() {
    let (mut it, _) = dual_stack();
    let (service, balancer) = service(&mut it);
    let new = new_endpoint(&it, &service);
    it.world.run(Command::CreateEndpoint(new));
    let plan = planned(&it);
    let families = |vpc: &VpcId, with: &str| {
        let vpc = plan.vpcs.values().find(|row| row.id == *vpc).unwrap();
        let names = vpc.names.iter().filter(|(name, _)| name.contains(with)).map(|(_, plan)| plan);
        let name = names.max_by_key(|plan| plan.addresses.len()).unwrap();
        let ipv6 = name.addresses.iter().filter(|(address, _)| address.is_ipv6()).count();
        (name.addresses.len() - ipv6, ipv6)
    };
    assert_eq!(families(&it.provider, balancer.as_str()), (2, 2));
    assert_eq!(families(&it.provider, it.load_balancer.as_str()), (2, 0));
    assert_eq!(families(&it.consumer, service.as_str()), (1, 1));
    assert_eq!(families(&it.consumer, it.service.as_str()), (2, 0));
}

#[test]
fn rules_that_were_stored_before_they_had_two_sides_are_about_all_addresses_and_source_ports() {
    let spec = rule(RuleProtocol::Tcp, Peer::Cidr("10.0.0.0/8".parse().unwrap()));
    let mut stored = serde_json::to_value(&spec).unwrap();
    for field in ["own", "source_ports"] {
        assert!(stored.as_object_mut().unwrap().remove(field).is_some(), "{stored}");
    }
    assert_eq!(serde_json::from_value::<RuleSpec>(stored).unwrap(), spec);
}

#[test]
fn rows_that_were_stored_before_there_was_ipv6_have_none() {
    let it = Walkthrough::new();
    for row in it.world.state.tables().rows() {
        let mut stored = serde_json::to_value(&row).unwrap();
        let fields = match row.key() {
            Key::Vpc(_) | Key::VSwitch(_) | Key::Eni(_) => vec!["ipv6"],
            Key::EndpointService(_) | Key::Endpoint(_) => vec!["ip_version"],
            _ => continue,
        };
        for field in fields {
            assert!(stored.as_object_mut().unwrap().remove(field).is_some(), "{stored}");
        }
        assert_eq!(Row::decode(row.key().kind().table(), stored).unwrap(), row);
    }
}
