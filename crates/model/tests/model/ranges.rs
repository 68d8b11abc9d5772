//! Further ranges of a VPC, default VPCs and default vSwitches.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use model::command::nlb::{AddServers, CreateServerGroup, NewServer};
use model::command::route::{CreateRouteEntry, RouteCommand};
use model::command::vpc::{CidrOfVpc, CreateDefaultVSwitch, CreateVSwitch, CreateVpc, VpcCommand};
use model::command::{Command, Output};
use model::id::{VSwitchId, VpcId};
use model::meta::{Description, Labels, Name};
use model::nlb::{ServerGroupKind, Target};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{Refusal, VpcRefusal};
use model::route::NextHop;
use model::tables::Key;
use model::vpc::{VSwitch, VSwitchCidr, Vpc, VpcCidr};

use crate::support::{OTHER, World, host, zone};

fn net(text: &str) -> Ipv4Net {
    text.parse().unwrap()
}

fn of(vpc: &VpcId, cidr: &str) -> CidrOfVpc {
    CidrOfVpc { vpc: vpc.clone(), cidr: VpcCidr::new(net(cidr)).unwrap() }
}

fn associate(vpc: &VpcId, cidr: &str) -> Command {
    Command::Vpc(VpcCommand::AssociateCidr(of(vpc, cidr)))
}

fn unassociate(vpc: &VpcId, cidr: &str) -> Command {
    Command::Vpc(VpcCommand::UnassociateCidr(of(vpc, cidr)))
}

fn default_vswitch(letter: &str) -> Command {
    Command::Vpc(VpcCommand::CreateDefaultVSwitch(CreateDefaultVSwitch { zone: zone(letter), ipv6: None }))
}

fn refused(world: &mut World, command: Command) -> VpcRefusal {
    match world.refused(command) {
        Refusal::Vpc(refusal) => refusal,
        other => panic!("{other}"),
    }
}

fn made(world: &mut World, command: Command) -> VSwitchId {
    match world.run(command) {
        Output::VSwitch(id) => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vswitches_lie_in_any_range_of_their_vpc_and_a_range_that_is_used_stays() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let outside = Command::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
        labels: Labels::default(),
        vpc: vpc.clone(),
        zone: zone("g"),
        cidr: VSwitchCidr::new(net("192.168.1.0/24")).unwrap(),
        ipv6: None,
    }));
    assert!(matches!(refused(&mut world, outside), VpcRefusal::CidrOutsideVpc { .. }));
    world.run(associate(&vpc, "192.168.0.0/16"));
    let vswitch = world.vswitch(&vpc, "g", "192.168.1.0/24");
    world.instance(&vswitch, &[]);
    let planned = plan(&world.state, &host());
    let port = planned.ports.values().next().unwrap();
    assert_eq!((port.subnet, port.gateway), (net("192.168.1.0/24"), Ipv4Addr::new(192, 168, 1, 253)));

    let (cidr, by) = (net("192.168.0.0/16"), Key::VSwitch(vswitch));
    assert_eq!(refused(&mut world, unassociate(&vpc, "192.168.0.0/16")), VpcRefusal::CidrInUse { cidr, by });
}

#[test]
fn a_range_goes_when_nothing_lies_in_it_and_only_a_secondary_one_can() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    world.run(associate(&vpc, "192.168.0.0/16"));
    let group = CreateServerGroup { kind: ServerGroupKind::Ip, ..CreateServerGroup::new(vpc.clone()) };
    let Output::ServerGroup(group, _) = world.run(Command::CreateServerGroup(group)) else { panic!() };
    let servers = vec![NewServer::new(Target::Ip(Ipv4Addr::new(192, 168, 0, 9).into()), 80)];
    world.run(Command::AddServers(AddServers { server_group: group.clone(), servers }));
    let (cidr, by) = (net("192.168.0.0/16"), Key::ServerGroup(group.clone()));
    assert_eq!(refused(&mut world, unassociate(&vpc, "192.168.0.0/16")), VpcRefusal::CidrInUse { cidr, by });
    world.run(Command::DeleteServerGroup(group));
    world.run(unassociate(&vpc, "192.168.0.0/16"));
    assert_eq!(world.state.get::<Vpc>(&vpc).unwrap().ranges().collect::<Vec<_>>(), [net("10.0.0.0/16")]);
    for range in ["192.168.0.0/16", "10.0.0.0/16"] {
        let refusal = refused(&mut world, unassociate(&vpc, range));
        assert_eq!(refusal, VpcRefusal::CidrNotFound(net(range)));
    }
    let unknown: VpcId = "vpc-bp1000000000000000000".parse().unwrap();
    for change in [associate(&unknown, "10.1.0.0/16"), unassociate(&unknown, "10.1.0.0/16")] {
        assert_eq!(refused(&mut world, change), VpcRefusal::NoVpcOfRange(unknown.clone()));
    }
}

#[test]
fn ranges_of_a_vpc_are_apart_from_each_other_and_from_its_routes_and_few() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.0.0/24");
    let router = world.instance(&vswitch, &[]);
    let refusal = refused(&mut world, associate(&vpc, "10.0.0.0/16"));
    assert_eq!(refusal, VpcRefusal::CidrExists(net("10.0.0.0/16")));
    for range in ["10.0.0.0/8", "10.0.1.0/24"] {
        let (cidr, other) = (net(range), net("10.0.0.0/16"));
        assert_eq!(refused(&mut world, associate(&vpc, range)), VpcRefusal::CidrOverlapsVpc { cidr, other });
    }
    let (table, destination) =
        (world.state.get::<Vpc>(&vpc).unwrap().route_table.clone(), net("172.16.3.0/24"));
    world.run(Command::Route(RouteCommand::CreateEntry(CreateRouteEntry {
        table: table.clone(),
        destination,
        next_hop: NextHop::Instance(router),
        name: Name::default(),
        description: Description::default(),
    })));
    let cidr = net("172.16.0.0/16");
    let expected = VpcRefusal::CidrOverRoute { cidr, table, destination };
    assert_eq!(refused(&mut world, associate(&vpc, "172.16.0.0/16")), expected);

    for octet in 1..=5 {
        world.run(associate(&vpc, &format!("10.{octet}.0.0/16")));
    }
    let quota = Quota::SecondaryCidrsAVpc;
    assert_eq!(world.refused(associate(&vpc, "10.6.0.0/16")), Refusal::QuotaExceeded { quota, limit: 5 });
}

#[test]
fn an_account_has_one_default_vpc_with_a_default_vswitch_a_zone() {
    let mut world = World::new();
    assert_eq!(refused(&mut world, default_vswitch("g")), VpcRefusal::NoDefaultVpc);
    let vpc = world.default_vpc();
    let again = CreateVpc { is_default: true, ..CreateVpc::default() };
    let again = Command::Vpc(VpcCommand::CreateVpc(again));
    assert_eq!(refused(&mut world, again), VpcRefusal::DefaultVpcExists(vpc.clone()));

    world.vswitch(&vpc, "h", "172.16.0.0/24");
    let first = made(&mut world, default_vswitch("g"));
    let row = world.state.get::<VSwitch>(&first).unwrap();
    assert_eq!(
        (row.cidr.net(), row.is_default),
        (net("172.16.16.0/20"), true),
        "the first range that is free"
    );
    assert_eq!(refused(&mut world, default_vswitch("g")), VpcRefusal::DefaultVSwitchExists(first.clone()));
    made(&mut world, default_vswitch("k"));
    world.run(Command::Vpc(VpcCommand::DeleteVSwitch(first)));
    made(&mut world, default_vswitch("g"));
    world.account = OTHER;
    assert_eq!(refused(&mut world, default_vswitch("g")), VpcRefusal::NoDefaultVpc);
    world.default_vpc();
}

#[test]
fn a_default_vpc_without_room_gets_no_default_vswitch_and_one_that_is_deleted_comes_again() {
    let mut world = World::new();
    let vpc = world.default_vpc();
    let others: Vec<_> =
        (16..32).map(|octet| world.vswitch(&vpc, "g", &format!("172.{octet}.0.0/16"))).collect();
    assert_eq!(refused(&mut world, default_vswitch("g")), VpcRefusal::DefaultVpcFull(20));
    for vswitch in others {
        world.run(Command::Vpc(VpcCommand::DeleteVSwitch(vswitch)));
    }
    world.run(Command::Vpc(VpcCommand::DeleteVpc(vpc)));
    world.default_vpc();
}
