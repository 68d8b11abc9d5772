//! What is refused, with what is named as the reason; and that a refused command changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use model::command::Command;
use model::command::endpoint::{AddEndpointZone, CreateEndpoint, EndpointGroup, NewEndpointZone};
use model::command::instance::{DeleteInstances, ModifyInstance, RunInstances, Switch};
use model::command::nlb::{
    AddServers, CreateListener, CreateLoadBalancer, CreateServerGroup, NewServer, RemoveServers, ServerRef,
    SetProtection, UpdateListener, UpdateLoadBalancerProtection, UpdateLoadBalancerZones, UpdateServerGroup,
};
use model::command::security::{AuthorizeRules, Member, Membership, NewRule, RevokeRules, RuleSelector};
use model::command::service::{CreateService, ServiceResource};
use model::command::system::{Tagging, Untagging};
use model::command::vpc::{CreateVSwitch, VpcCommand};
use model::id::{AccountId, EndpointServiceId, VSwitchId, VpcId};
use model::instance::HostName;
use model::meta::{Description, Labels, Name, TagPart};
use model::net::PortRange;
use model::nlb::health_check::{
    Exchange, HealthCheck, HealthCheckKind, HealthCheckPatch, InvalidHealthCheck, ProbeKind,
};
use model::nlb::{GroupProtocol, ListenerProtocol, ServerGroupKind, Target};
use model::quota::Quota;
use model::refusal::{AddressRefusal, Refusal, ServerRefusal, TogetherRefusal, VpcRefusal};
use model::security::{ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec};
use model::service::User;
use model::tables::Key;
use model::vpc::{InvalidCidr, VSwitchCidr, VpcCidr};

use crate::support::{OTHER, Walkthrough, World, enable, new_endpoint_zone, new_zone, resource, zone};

fn vswitch(vpc: &VpcId, letter: &str, cidr: &str) -> Command {
    let cidr = VSwitchCidr::new(cidr.parse().unwrap()).unwrap();
    Command::Vpc(VpcCommand::CreateVSwitch(CreateVSwitch {
        labels: Labels::default(),
        vpc: vpc.clone(),
        zone: zone(letter),
        cidr,
        ipv6: None,
    }))
}

fn run_at(vswitch: &VSwitchId, address: &str) -> Command {
    let address = Some(address.parse().unwrap());
    Command::RunInstances(RunInstances { address, ..RunInstances::new(vswitch.clone()) })
}

fn delete(instances: &[model::id::InstanceId], force: bool) -> Command {
    Command::DeleteInstances(DeleteInstances { instances: instances.to_vec(), force })
}

#[test]
fn ranges_that_cannot_be_private_are_no_vpcs() {
    for (cidr, legal) in [
        ("10.0.0.0/8", true),
        ("192.168.0.0/28", true),
        ("172.16.0.0/12", true),
        ("192.168.0.0/29", false),
        ("10.0.0.1/8", false),
        ("100.64.0.0/16", false),
        ("127.0.0.0/8", false),
        ("169.254.0.0/16", false),
        ("224.0.0.0/8", false),
        ("0.0.0.0/8", false),
    ] {
        assert_eq!(VpcCidr::new(cidr.parse().unwrap()).is_ok(), legal, "{cidr}");
    }
    let wide = VSwitchCidr::new("10.0.0.0/15".parse().unwrap());
    assert!(matches!(wide, Err(InvalidCidr::Mask { shortest: 16, longest: 29, .. })));
}

#[test]
fn a_vswitch_lies_in_its_vpc_apart_from_others_and_in_a_zone_of_the_region() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let there = world.vswitch(&vpc, "g", "10.0.0.0/24");
    assert!(matches!(
        world.refused(vswitch(&vpc, "g", "10.1.0.0/24")),
        Refusal::Vpc(VpcRefusal::CidrOutsideVpc { .. })
    ));
    let refusal = world.refused(vswitch(&vpc, "k", "10.0.0.128/25"));
    assert!(
        matches!(refusal, Refusal::Vpc(VpcRefusal::CidrOverlapsVSwitch { vswitch, .. }) if vswitch == there)
    );
    assert_eq!(world.refused(vswitch(&vpc, "z", "10.0.1.0/24")), Refusal::ZoneUnknown(zone("z")));
}

#[test]
fn addresses_follow_one_another_and_rest_before_they_are_used_again() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.0.0/29");
    let address = |world: &World, id: &model::id::InstanceId| {
        let row = world.state.get::<model::instance::Instance>(id).unwrap();
        world.state.get::<model::instance::Eni>(&row.eni).unwrap().address.octets()[3]
    };
    let first = world.instance(&vswitch, &[]);
    assert_eq!(address(&world, &first), 1);
    world.run(delete(&[first], true));
    let ids: Vec<_> = (0..3).map(|_| world.instance(&vswitch, &[])).collect();
    assert_eq!(ids.iter().map(|id| address(&world, id)).collect::<Vec<_>>(), [2, 3, 4]);
    let fourth = world.instance(&vswitch, &[]);
    assert_eq!(address(&world, &fourth), 1, "with nothing else left, a resting address is given out");
    let refusal = world.refused(Command::RunInstances(RunInstances::new(vswitch.clone())));
    assert_eq!(refusal, Refusal::Address(AddressRefusal::NoneFree(vswitch)));
}

#[test]
fn an_address_can_be_asked_for_by_name_unless_it_is_taken_or_reserved() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.0.0/24");
    world.run(run_at(&vswitch, "10.0.0.9"));
    let refusal = world.refused(run_at(&vswitch, "10.0.0.9"));
    let taken = Ipv4Addr::new(10, 0, 0, 9);
    assert!(
        matches!(refusal, Refusal::Address(AddressRefusal::Taken { address, by: Key::Instance(_) }) if address == taken)
    );
    for reserved in ["10.0.0.0", "10.0.0.253", "10.0.0.254", "10.0.0.255", "10.0.1.1"] {
        assert!(matches!(
            world.refused(run_at(&vswitch, reserved)),
            Refusal::Address(AddressRefusal::OutsideVSwitch { .. })
        ));
    }
    let several = RunInstances { address: Some(taken), amount: 2, ..RunInstances::new(vswitch.clone()) };
    assert_eq!(world.refused(Command::RunInstances(several)), Refusal::Address(AddressRefusal::ForSeveral));
    let name = |text: &str| HostName::parse(text).unwrap();
    let host_names = vec![name("one"), name("two")];
    let three = RunInstances { host_names, amount: 3, ..RunInstances::new(vswitch.clone()) };
    let refusal = world.refused(Command::RunInstances(three));
    assert_eq!(refusal, TogetherRefusal::HostNames { names: 2, amount: 3 }.into());
    let host_names = vec![name(&"x".repeat(62))];
    let long = RunInstances { host_names, amount: 2, numbered: true, ..RunInstances::new(vswitch.clone()) };
    assert_eq!(world.refused(Command::RunInstances(long)), TogetherRefusal::NumberedHostName.into());
    let labels = Labels { name: Name::parse(&"x".repeat(126)).unwrap(), ..Labels::default() };
    let long = RunInstances { labels, amount: 2, numbered: true, ..RunInstances::new(vswitch.clone()) };
    assert_eq!(world.refused(Command::RunInstances(long)), TogetherRefusal::NumberedName.into());
    let none = RunInstances { amount: 0, ..RunInstances::new(vswitch) };
    assert_eq!(world.refused(Command::RunInstances(none)), Refusal::Together(TogetherRefusal::Amount(0)));
}

#[test]
fn an_address_is_forgotten_when_it_has_rested_and_every_host_has_seen_it() {
    let mut it = Walkthrough::new();
    it.world.run(delete(&[it.ecs[0].clone()], true));
    let resting = |world: &World| world.state.tables().released.size();
    it.world.run(Command::Purge(it.world.state.revision()));
    assert_eq!(resting(&it.world), 1, "not rested yet");
    it.world.now.0 += 60;
    let seen = it.world.state.revision();
    it.world.run(Command::Purge(model::id::Revision(0)));
    assert_eq!(resting(&it.world), 1, "not seen yet");
    it.world.run(Command::Purge(seen));
    assert_eq!(resting(&it.world), 0);
}

#[test]
fn what_is_in_use_is_not_deleted_and_what_is_in_the_way_is_named() {
    let mut it = Walkthrough::new();
    let by = |refusal: Refusal| match refusal {
        Refusal::InUse { by, .. } => by,
        other => panic!("{other}"),
    };
    assert!(matches!(
        by(it.world.refused(Command::Vpc(VpcCommand::DeleteVpc(it.consumer.clone())))),
        Key::VSwitch(_)
    ));
    assert!(matches!(
        by(it.world.refused(Command::Vpc(VpcCommand::DeleteVSwitch(it.provider_g.clone())))),
        Key::Instance(_)
    ));
    let group = Command::DeleteSecurityGroup(it.clients.clone());
    assert!(matches!(by(it.world.refused(group)), Key::Instance(_)));
    let group = Command::DeleteServerGroup(it.server_group.clone());
    assert_eq!(by(it.world.refused(group)), Key::Listener(it.listener.clone()));
    let balancer = Command::DeleteLoadBalancer(it.load_balancer.clone());
    assert_eq!(by(it.world.refused(balancer)), Key::EndpointService(it.service.clone()));
}

#[test]
fn a_load_balancer_keeps_the_zones_that_a_service_offers() {
    let mut it = Walkthrough::new();
    let in_h = it.world.vswitch(&it.provider, "h", "10.0.2.0/24");
    let zones = |g: bool| {
        let (g, k) = (g.then(|| new_zone("g", &it.provider_g)), new_zone("k", &it.provider_k));
        let zones = g.into_iter().chain([k, new_zone("h", &in_h)]).collect();
        Command::UpdateLoadBalancerZones(UpdateLoadBalancerZones {
            load_balancer: it.load_balancer.clone(),
            zones,
        })
    };
    let (more, without_g) = (zones(true), zones(false));
    it.world.run(more);
    let (what, by) = (Key::LoadBalancer(it.load_balancer.clone()), Key::EndpointService(it.service.clone()));
    assert_eq!(it.world.refused(without_g.clone()), Refusal::InUse { what, by });
    let resource = resource("g", &it.load_balancer);
    it.world.run(Command::DetachResource(ServiceResource { service: it.service.clone(), resource }));
    it.world.run(without_g);
}

#[test]
fn a_deleted_instance_leaves_its_server_groups() {
    let mut it = Walkthrough::new();
    it.world.run(delete(&[it.ecs[2].clone()], true));
    let group = it.world.state.get::<model::nlb::ServerGroup>(&it.server_group).unwrap();
    assert_eq!(group.servers.len(), 1);
    assert_eq!(group.servers[0].target, Target::Ecs(it.ecs[3].clone()));
}

#[test]
fn a_running_or_protected_instance_is_not_deleted() {
    let mut it = Walkthrough::new();
    let id = it.ecs[0].clone();
    let refusal = it.world.refused(delete(std::slice::from_ref(&id), false));
    assert_eq!(refusal, Refusal::WrongPower { instance: Key::Instance(id.clone()), running: true });
    let refusal = it.world.refused(Command::SwitchInstances(Switch::Start, vec![id.clone()]));
    assert_eq!(refusal, Refusal::WrongPower { instance: Key::Instance(id.clone()), running: true });
    let protect = ModifyInstance { deletion_protection: Some(true), ..ModifyInstance::new(id.clone()) };
    it.world.run(Command::ModifyInstance(protect));
    let refusal = it.world.refused(delete(std::slice::from_ref(&id), true));
    assert_eq!(refusal, Refusal::DeletionProtected(Key::Instance(id)));
}

#[test]
fn one_refused_instance_of_several_leaves_all_as_they_were() {
    let mut it = Walkthrough::new();
    it.world.run(Command::SwitchInstances(Switch::Stop, vec![it.ecs[1].clone()]));
    let before = it.world.state.clone();
    it.world.refused(Command::SwitchInstances(Switch::Stop, vec![it.ecs[0].clone(), it.ecs[1].clone()]));
    assert!(it.world.state == before);
}

#[test]
fn another_account_s_resources_are_unknown() {
    let mut it = Walkthrough::new();
    it.world.account = OTHER;
    let commands = [
        (Command::Vpc(VpcCommand::DeleteVpc(it.consumer.clone())), Key::Vpc(it.consumer.clone())),
        (vswitch(&it.consumer, "g", "10.0.9.0/24"), Key::Vpc(it.consumer.clone())),
        (delete(&it.ecs, true), Key::Instance(it.ecs.iter().min().unwrap().clone())),
        (Command::DeleteSecurityGroup(it.clients.clone()), Key::SecurityGroup(it.clients.clone())),
        (Command::DeleteLoadBalancer(it.load_balancer.clone()), Key::LoadBalancer(it.load_balancer.clone())),
        (Command::DeleteServerGroup(it.server_group.clone()), Key::ServerGroup(it.server_group.clone())),
        (Command::StopListener(it.listener.clone()), Key::Listener(it.listener.clone())),
        (enable(&it.service, &it.endpoint), Key::EndpointService(it.service.clone())),
        (Command::DeleteEndpoint(it.endpoint.clone()), Key::Endpoint(it.endpoint.clone())),
    ];
    for (command, key) in commands {
        assert_eq!(it.world.refused(command), Refusal::NotFound(key));
    }
}

#[test]
fn another_account_connects_only_when_the_service_lists_it() {
    let mut it = Walkthrough::new();
    it.world.account = OTHER;
    let vpc = it.world.vpc("10.0.0.0/8");
    let vswitch = it.world.vswitch(&vpc, "g", "10.0.0.0/24");
    let group = it.world.group(&vpc, GroupKind::Normal);
    let command = Command::CreateEndpoint(CreateEndpoint {
        security_groups: BTreeSet::from([group]),
        zones: vec![new_endpoint_zone("g", &vswitch)],
        ..CreateEndpoint::new(it.service.clone(), vpc)
    });
    let refusal = it.world.refused(command.clone());
    assert_eq!(refusal, Refusal::ServiceNotAuthorized(it.service.clone()));
    it.world.account = crate::support::ACCOUNT;
    it.world.run(Command::AddUser(it.service.clone(), User::Account(OTHER)));
    it.world.account = OTHER;
    it.world.run(command);
}

#[test]
fn an_endpoint_s_zones_and_groups_fit_its_service_and_vpc() {
    let mut it = Walkthrough::new();
    let base = |it: &Walkthrough| CreateEndpoint {
        security_groups: BTreeSet::from([it.clients.clone()]),
        ..CreateEndpoint::new(it.service.clone(), it.consumer.clone())
    };
    let with = |it: &Walkthrough, letter: &str, vswitch: &VSwitchId| {
        Command::CreateEndpoint(CreateEndpoint {
            zones: vec![new_endpoint_zone(letter, vswitch)],
            ..base(it)
        })
    };
    let in_h = it.world.vswitch(&it.consumer, "h", "10.0.2.0/24");
    let refusal = it.world.refused(with(&it, "h", &in_h));
    assert_eq!(refusal, Refusal::ServiceHasNoResourceInZone { zone: zone("h") });
    let refusal = it.world.refused(with(&it, "g", &it.consumer_k.clone()));
    assert!(matches!(refusal, Refusal::ZoneMismatch { .. }));
    let refusal = it.world.refused(with(&it, "g", &it.provider_g.clone()));
    assert!(matches!(refusal, Refusal::VpcMismatch { .. }));
    let none = CreateEndpoint { security_groups: BTreeSet::new(), ..base(&it) };
    assert_eq!(it.world.refused(Command::CreateEndpoint(none)), Refusal::EndpointNeedsSecurityGroup);
    let enterprise = it.world.group(&it.consumer, GroupKind::Enterprise);
    let mixed = EndpointGroup { endpoint: it.endpoint.clone(), group: enterprise };
    assert!(matches!(it.world.refused(Command::AttachEndpointGroup(mixed)), Refusal::MixedGroupKinds { .. }));
    let twice =
        NewEndpointZone { zone: zone("g"), vswitch: it.consumer_g.clone(), address: None, ipv6: None };
    let twice = AddEndpointZone { endpoint: it.endpoint.clone(), zone: twice };
    let refusal = it.world.refused(Command::AddEndpointZone(twice));
    assert_eq!(refusal, Refusal::EndpointZoneExists { zone: zone("g") });
    let protected = CreateEndpoint { protected: true, ..base(&it) };
    let model::command::Output::Endpoint(id) = it.world.run(Command::CreateEndpoint(protected)) else {
        panic!()
    };
    let delete = Command::DeleteEndpoint(id.clone());
    it.world.role = Some("builder".to_owned());
    assert_eq!(it.world.refused(delete.clone()), Refusal::EndpointProtected(id));
    it.world.role = None;
    it.world.run(delete);
}

#[test]
fn a_load_balancer_has_two_to_ten_zones_with_a_vswitch_each() {
    let mut it = Walkthrough::new();
    let create = |zones| Command::CreateLoadBalancer(CreateLoadBalancer::new(it.provider.clone(), zones));
    let (g, k) = (new_zone("g", &it.provider_g), new_zone("k", &it.provider_k));
    assert_eq!(it.world.refused(create(vec![g.clone()])), Refusal::ZoneCount(1));
    assert_eq!(it.world.refused(create(vec![g.clone(), g.clone()])), Refusal::ZoneTwice(zone("g")));
    let wrong = new_zone("g", &it.provider_k);
    assert!(matches!(it.world.refused(create(vec![wrong, k])), Refusal::ZoneMismatch { .. }));
}

#[test]
fn a_listener_fits_its_server_group_and_has_its_port_alone() {
    let mut it = Walkthrough::new();
    let tcp = |it: &Walkthrough, port| {
        CreateListener::new(it.load_balancer.clone(), ListenerProtocol::Tcp, port, it.server_group.clone())
    };
    let refusal = it.world.refused(Command::CreateListener(tcp(&it, 80)));
    assert!(matches!(refusal, Refusal::PortTaken { port: 80, .. }));
    let udp = CreateListener { protocol: ListenerProtocol::Udp.into(), ..tcp(&it, 80) };
    let (listener, group) = (ListenerProtocol::Udp, GroupProtocol::Tcp);
    assert_eq!(it.world.refused(Command::CreateListener(udp)), Refusal::ProtocolMismatch { listener, group });
    let tls = CreateListener { protocol: ListenerProtocol::TcpSsl.into(), ..tcp(&it, 443) };
    assert_eq!(it.world.refused(Command::CreateListener(tls)), Refusal::PreserveClientIpWithTls);
    let range = CreateListener { ports: PortRange { low: 1, high: 9 }, ..tcp(&it, 1) };
    assert_eq!(it.world.refused(Command::CreateListener(range)), Refusal::RangePlainGroup);
    let idle = CreateListener { idle_timeout: Some(5), ..tcp(&it, 81) };
    assert!(matches!(
        it.world.refused(Command::CreateListener(idle)),
        Refusal::OutOfRange { field: "IdleTimeout", value: 5, low: 10, high: 900 }
    ));
    let far = CreateServerGroup::new(it.consumer.clone());
    let model::command::Output::ServerGroup(far, _) = it.world.run(Command::CreateServerGroup(far)) else {
        panic!()
    };
    let moved = UpdateListener { server_group: Some(far), ..UpdateListener::new(it.listener.clone()) };
    assert!(matches!(it.world.refused(Command::UpdateListener(moved)), Refusal::VpcMismatch { .. }));
}

#[test]
fn servers_fit_their_group() {
    let mut it = Walkthrough::new();
    let add = |it: &Walkthrough, server| {
        Command::AddServers(AddServers { server_group: it.server_group.clone(), servers: vec![server] })
    };
    let ecs = |it: &Walkthrough, index: usize| Target::Ecs(it.ecs[index].clone());
    let refusal = it.world.refused(add(&it, NewServer::new(ecs(&it, 2), 80)));
    assert_eq!(refusal, Refusal::from(ServerRefusal::Exists { target: ecs(&it, 2), port: 80 }));
    assert!(matches!(
        it.world.refused(add(&it, NewServer::new(ecs(&it, 0), 80))),
        Refusal::VpcMismatch { .. }
    ));
    assert_eq!(
        it.world.refused(add(&it, NewServer::new(ecs(&it, 2), 0))),
        Refusal::from(ServerRefusal::Port { port: 0 })
    );
    let heavy = NewServer { weight: 101, ..NewServer::new(ecs(&it, 2), 81) };
    assert!(matches!(it.world.refused(add(&it, heavy)), Refusal::OutOfRange { field: "Weight", .. }));
    let ip = NewServer::new(Target::Ip(Ipv4Addr::new(10, 0, 0, 1).into()), 81);
    assert!(matches!(it.world.refused(add(&it, ip)), Refusal::Server(ServerRefusal::KindMismatch { .. })));
    let other = NewServer { address: Some(Ipv4Addr::new(10, 9, 9, 9)), ..NewServer::new(ecs(&it, 2), 81) };
    assert!(matches!(it.world.refused(add(&it, other)), Refusal::Server(ServerRefusal::Address { .. })));
    let missing = ServerRef { target: ecs(&it, 2), port: 81 };
    let missing = RemoveServers { server_group: it.server_group.clone(), servers: vec![missing] };
    assert!(matches!(
        it.world.refused(Command::RemoveServers(missing)),
        Refusal::Server(ServerRefusal::NotFound { .. })
    ));
}

#[test]
fn a_group_of_addresses_takes_addresses_of_its_vpc() {
    let mut it = Walkthrough::new();
    let command =
        CreateServerGroup { kind: ServerGroupKind::Ip, ..CreateServerGroup::new(it.provider.clone()) };
    let model::command::Output::ServerGroup(id, _) = it.world.run(Command::CreateServerGroup(command)) else {
        panic!()
    };
    let add = |address| {
        let servers = vec![NewServer::new(Target::Ip(address), 80)];
        Command::AddServers(AddServers { server_group: id.clone(), servers })
    };
    it.world.run(add(IpAddr::from([10, 200, 0, 1])));
    let outside = IpAddr::from([192, 168, 0, 1]);
    assert_eq!(it.world.refused(add(outside)), Refusal::from(ServerRefusal::Address { address: outside }));
}

#[test]
fn health_checks_keep_to_their_ranges_and_keep_what_is_not_changed() {
    let mut it = Walkthrough::new();
    let update = |it: &Walkthrough, health_check| {
        Command::UpdateServerGroup(UpdateServerGroup {
            health_check,
            ..UpdateServerGroup::new(it.server_group.clone())
        })
    };
    let check = |it: &Walkthrough| {
        it.world.state.get::<model::nlb::ServerGroup>(&it.server_group).unwrap().health_check.clone()
    };
    let slow = HealthCheckPatch { interval: Some(51), ..HealthCheckPatch::default() };
    assert!(matches!(it.world.refused(update(&it, slow)), Refusal::HealthCheck(_)));
    let relative = HealthCheckPatch {
        kind: Some(ProbeKind::Http),
        path: Some("x".to_owned()),
        ..HealthCheckPatch::default()
    };
    assert!(matches!(it.world.refused(update(&it, relative)), Refusal::HealthCheck(_)));
    let http = HealthCheckPatch { kind: Some(ProbeKind::Http), ..HealthCheckPatch::default() };
    it.world.run(update(&it, http));
    let path = HealthCheckPatch { path: Some("/health".to_owned()), ..HealthCheckPatch::default() };
    it.world.run(update(&it, path));
    let HealthCheckKind::Http(http) = check(&it).unwrap().kind else { panic!("HTTP") };
    assert_eq!((http.path.as_str(), http.classes.as_slice()), ("/health", [2].as_slice()));
    it.world.run(update(&it, HealthCheckPatch { enabled: Some(false), ..HealthCheckPatch::default() }));
    assert_eq!(check(&it), None);
}

#[test]
fn a_udp_check_has_both_texts_or_neither() {
    let texts = |request: Option<&str>, response: Option<&str>| HealthCheckPatch {
        kind: Some(ProbeKind::Udp),
        request: request.map(str::to_owned),
        response: response.map(str::to_owned),
        ..HealthCheckPatch::default()
    };
    let kind = |patch: &HealthCheckPatch, now| patch.over(now).map(|check| check.map(|check| check.kind));
    let exchange = |request: &str, response: &str| {
        HealthCheckKind::Exchange(Exchange { request: request.to_owned(), response: response.to_owned() })
    };
    let any = HealthCheck::default();
    assert_eq!(kind(&texts(None, None), Some(&any)), Ok(Some(HealthCheckKind::Udp)));
    assert_eq!(kind(&texts(Some("ping"), Some("pong")), Some(&any)), Ok(Some(exchange("ping", "pong"))));
    let before = HealthCheck { kind: exchange("ping", "pong"), ..any.clone() };
    assert_eq!(kind(&texts(None, Some("here")), Some(&before)), Ok(Some(exchange("ping", "here"))));
    let longest = "x".repeat(512);
    assert!(kind(&texts(Some(&longest), Some("1")), Some(&any)).is_ok());
    let too_long = "x".repeat(513);
    for (request, response) in [
        (Some("ping"), None),
        (None, Some("pong")),
        (Some("pi ng"), Some("pong")),
        (Some("1"), Some(too_long.as_str())),
    ] {
        assert_eq!(
            kind(&texts(request, response), Some(&any)),
            Err(InvalidHealthCheck::Exchange),
            "{request:?}"
        );
    }
}

#[test]
fn a_protected_load_balancer_is_not_deleted_until_the_protection_is_off() {
    let mut it = Walkthrough::new();
    let protect = |it: &Walkthrough, enabled| {
        Command::UpdateLoadBalancerProtection(UpdateLoadBalancerProtection {
            load_balancer: it.load_balancer.clone(),
            deletion: Some(SetProtection { enabled, reason: "production".to_owned() }),
            modification: None,
        })
    };
    it.world.run(protect(&it, true));
    let delete = Command::DeleteLoadBalancer(it.load_balancer.clone());
    let key = Key::LoadBalancer(it.load_balancer.clone());
    assert_eq!(it.world.refused(delete.clone()), Refusal::DeletionProtected(key));
    it.world.run(protect(&it, false));
    assert!(matches!(it.world.refused(delete), Refusal::InUse { .. }));
}

#[test]
fn resources_of_a_service_exist_in_their_zone_and_only_once() {
    let mut it = Walkthrough::new();
    let attach = |it: &Walkthrough, letter: &str| {
        let resource = resource(letter, &it.load_balancer);
        Command::AttachResource(ServiceResource { service: it.service.clone(), resource })
    };
    assert!(matches!(it.world.refused(attach(&it, "g")), Refusal::ResourceExists { .. }));
    assert!(matches!(it.world.refused(attach(&it, "h")), Refusal::ResourceNotInZone { .. }));
    let many = (0..11).map(|_| resource("g", &it.load_balancer)).collect();
    let many = CreateService { resources: many, ..CreateService::default() };
    let quota = Quota::ResourcesACall;
    assert_eq!(it.world.refused(Command::CreateService(many)), Refusal::QuotaExceeded { quota, limit: 10 });
    assert_eq!(
        it.world.refused(Command::RemoveUser(it.service.clone(), User::Everybody)),
        Refusal::UserNotFound
    );
    let unknown: EndpointServiceId = "epsrv-bp1nothing".parse().unwrap();
    assert_eq!(
        it.world.refused(Command::DeleteService(unknown.clone())),
        Refusal::NotFound(Key::EndpointService(unknown))
    );
}

fn rule(peer: Peer) -> NewRule {
    let ports = PortRange { low: 80, high: 80 };
    let spec = RuleSpec {
        direction: Direction::Ingress,
        protocol: RuleProtocol::Tcp,
        ports,
        source_ports: ALL_PORTS,
        peer,
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::default(),
    };
    NewRule { spec, description: Description::default() }
}

#[test]
fn the_same_rule_twice_is_one_rule_and_a_missing_rule_can_be_revoked() {
    let mut it = Walkthrough::new();
    let new = rule(Peer::Cidr("10.0.0.0/8".parse().unwrap()));
    let rules = |it: &Walkthrough| {
        it.world.state.get::<model::security::SecurityGroup>(&it.clients).unwrap().rules.len()
    };
    for _ in 0..2 {
        let rules = vec![new.clone()];
        it.world.run(Command::AuthorizeRules(AuthorizeRules { group: it.clients.clone(), rules }));
    }
    assert_eq!(rules(&it), 1);
    for _ in 0..2 {
        let rules = vec![RuleSelector::Spec(new.spec.clone())];
        it.world.run(Command::RevokeRules(RevokeRules { group: it.clients.clone(), rules }));
    }
    assert_eq!(rules(&it), 0);
}

#[test]
fn a_group_that_a_rule_names_lies_in_the_same_vpc_and_stays() {
    let mut it = Walkthrough::new();
    let authorize = |it: &Walkthrough, peer: &model::id::SecurityGroupId| {
        let rules = vec![rule(Peer::Group(peer.clone()))];
        Command::AuthorizeRules(AuthorizeRules { group: it.clients.clone(), rules })
    };
    let far = it.world.group(&it.provider, GroupKind::Normal);
    assert!(matches!(it.world.refused(authorize(&it, &far)), Refusal::VpcMismatch { .. }));
    let unknown = "sg-bp1nothing".parse().unwrap();
    assert_eq!(it.world.refused(authorize(&it, &unknown)), Refusal::PeerGroupNotFound(unknown));
    let near = it.world.group(&it.consumer, GroupKind::Normal);
    it.world.run(authorize(&it, &near));
    let by = Key::SecurityGroup(it.clients.clone());
    let refusal = it.world.refused(Command::DeleteSecurityGroup(near.clone()));
    assert_eq!(refusal, Refusal::InUse { what: Key::SecurityGroup(near), by });
}

#[test]
fn the_last_security_group_cannot_be_left() {
    let mut it = Walkthrough::new();
    let (group, member) = (it.clients.clone(), Member::Instance(it.ecs[0].clone()));
    let membership = Membership { group: group.clone(), member };
    let key = Key::Instance(it.ecs[0].clone());
    let refusal = it.world.refused(Command::LeaveSecurityGroup(membership.clone()));
    assert_eq!(refusal, Refusal::LastSecurityGroup(key.clone()));
    let refusal = it.world.refused(Command::JoinSecurityGroup(membership));
    assert_eq!(refusal, Refusal::AlreadyMember { member: key, group });
}

#[test]
fn tags_are_set_counted_and_taken_away() {
    let mut it = Walkthrough::new();
    let resources = vec![Key::Vpc(it.consumer.clone())];
    let tag = |count: usize, prefix: &str| {
        let tags: BTreeMap<_, _> = (0..count).map(|n| (format!("{prefix}{n}"), "value".to_owned())).collect();
        Command::Tag(Tagging { resources: resources.clone(), tags })
    };
    it.world.run(tag(20, "key"));
    assert_eq!(
        it.world.refused(tag(1, "more")),
        Refusal::QuotaExceeded { quota: Quota::TagsAResource, limit: 20 }
    );
    it.world.run(Command::Untag(Untagging { resources: resources.clone(), keys: None }));
    assert_eq!(it.world.refused(tag(1, "acs:")), Refusal::InvalidTag(TagPart::Key));
    let tags = BTreeMap::from([("key".to_owned(), "aliyun".to_owned())]);
    let valued = Command::Tag(Tagging { resources: resources.clone(), tags });
    assert_eq!(it.world.refused(valued), Refusal::InvalidTag(TagPart::Value));
    let job = Tagging { resources: vec![Key::Account(crate::support::ACCOUNT)], tags: BTreeMap::new() };
    assert!(matches!(it.world.refused(Command::Tag(job)), Refusal::NotFound(_)));
}

#[test]
fn an_access_key_is_switched_off_and_on_and_deleted() {
    use model::account::{AccessKey, AccessKeyId, Secret};
    use model::command::system::{Access, AccessKeyFate, CreateAccessKey};
    let mut world = World::new();
    let id = AccessKeyId::parse("key-1").unwrap();
    let secret = Secret::new("secret");
    let create = Command::CreateAccessKey(CreateAccessKey { account: OTHER, id: id.clone(), secret });
    world.run(create.clone());
    assert_eq!(world.refused(create), Refusal::Exists(Key::AccessKey(id.clone())));
    let active = |world: &World| world.state.get::<AccessKey>(&id).map(|key| key.active);
    for (fate, expected) in [
        (AccessKeyFate::Inactive, Some(false)),
        (AccessKeyFate::Active, Some(true)),
        (AccessKeyFate::Deleted, None),
    ] {
        world.run(Command::Access(Access::Key(id.clone(), fate)));
        assert_eq!(active(&world), expected);
    }
    let again = Command::Access(Access::Key(id.clone(), AccessKeyFate::Active));
    assert_eq!(world.refused(again), Refusal::NotFound(Key::AccessKey(id)));
}

#[test]
fn an_account_is_switched_off_and_on_and_keeps_its_resources() {
    use model::account::Account;
    use model::command::system::Access;
    let mut world = World::new();
    for active in [false, true] {
        world.run(Command::Access(Access::Account(OTHER, active)));
        assert_eq!(world.state.get::<Account>(&OTHER).map(|account| account.active), Some(active));
    }
    let unknown = AccountId(7);
    let refused = world.refused(Command::Access(Access::Account(unknown, false)));
    assert_eq!(refused, Refusal::NotFound(Key::Account(unknown)));
}
