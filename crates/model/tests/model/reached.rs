//! Refusals that take a few steps to come to.

use model::command::Command;
use model::command::endpoint::{EndpointGroup, EndpointZoneRef, ZoneSwitch};
use model::command::instance::DeleteInstances;
use model::command::nlb::{CreateLoadBalancer, CreateServerGroup, NewZone, UpdateLoadBalancerZones};
use model::command::security::{
    AuthorizeRules, Member, Membership, ModifyRule, NewRule, RevokeRules, RuleSelector,
};
use model::command::service::{ServiceResource, SetAutoAllocated};
use model::id::{EndpointServiceId, SecurityGroupId};
use model::instance::{Eni, EniOwner};
use model::meta::Description;
use model::net::PortRange;
use model::nlb::{AddressType, Scheduler};
use model::records::Settings;
use model::refusal::{BalancerRefusal, EndpointRefusal, Refusal};
use model::security::{
    ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec, SecurityGroup,
};

use crate::support::{Walkthrough, World, enable, new_zone, resource, zone};

fn from(peer: Peer, port: u16) -> RuleSpec {
    RuleSpec {
        direction: Direction::Ingress,
        protocol: RuleProtocol::Tcp,
        ports: PortRange { low: port, high: port },
        source_ports: ALL_PORTS,
        peer,
        own: None,
        policy: RulePolicy::Accept,
        priority: Priority::LOWEST,
    }
}

fn authorize(group: &SecurityGroupId, rules: Vec<RuleSpec>) -> Command {
    let rule = |spec| NewRule { spec, description: Description::default() };
    let rules = rules.into_iter().map(rule).collect();
    Command::AuthorizeRules(AuthorizeRules { group: group.clone(), rules })
}

fn modify(group: &SecurityGroupId, rule: RuleSpec, spec: Option<RuleSpec>) -> Command {
    let rule = RuleSelector::Spec(rule);
    Command::ModifyRule(ModifyRule { group: group.clone(), rule, spec, description: None })
}

#[test]
fn rules_of_a_group() {
    let mut it = Walkthrough::new();
    let anyone = || Peer::Cidr("0.0.0.0/0".parse().unwrap());
    let group = it.clients.clone();
    assert!(matches!(it.world.refused(authorize(&group, vec![])), Refusal::Empty(_)));
    it.world.run(authorize(&group, vec![from(anyone(), 80), from(anyone(), 81)]));
    let other = modify(&group, from(anyone(), 80), Some(from(anyone(), 81)));
    assert_eq!(it.world.refused(other), Refusal::RuleExists { group: group.clone() });
    let none = modify(&group, from(anyone(), 82), None);
    assert_eq!(it.world.refused(none), Refusal::RuleNotFound { group: group.clone() });
    let about = |own: &str| RuleSpec { own: Some(own.parse().unwrap()), ..from(anyone(), 80) };
    let through = RuleSpec { source_ports: PortRange::one(5000), ..from(anyone(), 80) };
    it.world.run(authorize(&group, vec![about("10.0.0.1/32"), through.clone(), through.clone()]));
    let mine = |it: &Walkthrough| {
        let row = it.world.state.get::<SecurityGroup>(&it.clients).unwrap();
        row.rules.values().filter(|rule| rule.spec.peer == anyone()).count()
    };
    assert_eq!(mine(&it), 4, "they do not say the same");
    let rules = vec![RuleSelector::Spec(about("10.0.0.2/32")), RuleSelector::Spec(through)];
    it.world.run(Command::RevokeRules(RevokeRules { group: group.clone(), rules }));
    assert_eq!(mine(&it), 3);
    let enterprise = it.world.group(&it.consumer, GroupKind::Enterprise);
    let refusal = it.world.refused(authorize(&enterprise, vec![from(Peer::Group(group), 80)]));
    assert_eq!(refusal, Refusal::GroupRuleInEnterprise(enterprise.clone()));
    let refusal = it.world.refused(Command::SetInnerAccess(enterprise.clone(), true));
    assert_eq!(refusal, Refusal::InnerAccessOfEnterprise(enterprise.clone()));
    assert!(it.world.state.get::<SecurityGroup>(&enterprise).is_some());
}

#[test]
fn members_of_a_group() {
    let mut it = Walkthrough::new();
    let other = it.world.group(&it.consumer, GroupKind::Normal);
    let leave = Membership { group: other.clone(), member: Member::Instance(it.ecs[0].clone()) };
    assert!(matches!(it.world.refused(Command::LeaveSecurityGroup(leave)), Refusal::NotMember { .. }));
    let mut enis = it.world.state.tables().enis.values();
    let of_endpoint = enis.find(|eni: &&std::sync::Arc<Eni>| matches!(eni.owner, EniOwner::Endpoint(_)));
    let member = Member::Eni(of_endpoint.unwrap().id.clone());
    let join = Command::JoinSecurityGroup(Membership { group: other, member });
    assert!(matches!(it.world.refused(join), Refusal::EniServiceManaged(_)));
    let nobody = DeleteInstances { instances: vec![], force: true };
    assert!(matches!(it.world.refused(Command::DeleteInstances(nobody)), Refusal::Empty(_)));
}

#[test]
fn a_load_balancer_its_groups_and_listeners() {
    let mut it = Walkthrough::new();
    let elsewhere = it.world.vswitch(&it.provider, "g", "10.0.9.0/24");
    let zones: Vec<NewZone> = vec![new_zone("g", &elsewhere), new_zone("k", &it.provider_k)];
    let moved = UpdateLoadBalancerZones { load_balancer: it.load_balancer.clone(), zones };
    assert_eq!(
        it.world.refused(Command::UpdateLoadBalancerZones(moved)),
        BalancerRefusal::ZoneFixed(zone("g")).into()
    );
    let group = CreateServerGroup::new(it.provider.clone());
    let tcp = CreateServerGroup { scheduler: Scheduler::Qch.into(), ..group.clone() };
    let refusal = it.world.refused(Command::CreateServerGroup(tcp));
    assert!(matches!(refusal, Refusal::SchedulerNeedsUdp { .. }));
    let zones = vec![new_zone("g", &elsewhere), new_zone("k", &it.provider_k)];
    let mut open = CreateLoadBalancer::new(it.provider.clone(), zones);
    open.address_type = AddressType::Internet.into();
    let refusal = it.world.refused(Command::CreateLoadBalancer(open));
    assert_eq!(refusal, Refusal::Unsupported("an Internet-facing load balancer"));
    let any_port = CreateServerGroup { any_port: true, ..group };
    let refusal = it.world.refused(Command::CreateServerGroup(any_port));
    assert_eq!(refusal, Refusal::AnyPortHealthCheck);
    let refusal = it.world.refused(Command::StartListener(it.listener.clone()));
    assert!(matches!(refusal, Refusal::WrongListenerState { enabled: true, .. }));
}

#[test]
fn a_service_and_its_resources() {
    let mut it = Walkthrough::new();
    let automatic = SetAutoAllocated {
        service: it.service.clone(),
        load_balancer: it.load_balancer.clone(),
        zone: Some(zone("g")),
        auto_allocated: false,
    };
    let refusal = it.world.refused(Command::SetAutoAllocated(automatic));
    assert_eq!(refusal, Refusal::NoAutoAllocated { zone: zone("g") });
    let absent = ServiceResource { service: it.service.clone(), resource: resource("h", &it.load_balancer) };
    let refusal = it.world.refused(Command::DetachResource(absent));
    assert!(matches!(refusal, Refusal::ResourceNotFound { .. }));
    let refusal = it.world.refused(Command::DeleteService(it.service.clone()));
    assert_eq!(refusal, Refusal::ServiceHasResources(it.service.clone()));
    it.world.accept(&it.service, &it.endpoint);
    let refusal = it.world.refused(Command::DeleteService(it.service.clone()));
    assert_eq!(refusal, Refusal::ConnectionDependence { endpoint: it.endpoint.clone() });
}

#[test]
fn a_connection_and_its_zones() {
    let mut it = Walkthrough::new();
    let (service, endpoint) = (it.service.clone(), it.endpoint.clone());
    let at = |letter| EndpointZoneRef { endpoint: endpoint.clone(), zone: zone(letter) };
    let refusal = it.world.refused(Command::DeleteEndpoint(endpoint.clone()));
    assert_eq!(refusal, Refusal::EndpointHasZones(endpoint.clone()));
    let refusal = it.world.refused(Command::RemoveEndpointZone(at("h")));
    assert_eq!(refusal, Refusal::EndpointZoneNotFound { zone: zone("h") });
    let elsewhere: EndpointServiceId = it.world.service(&[("g", &it.load_balancer)]);
    let refusal = it.world.refused(enable(&elsewhere, &endpoint));
    assert!(matches!(refusal, Refusal::ConnectionNotFound { .. }));
    it.world.accept(&service, &endpoint);
    let refusal = it.world.refused(Command::SwitchZone(ZoneSwitch::On, service.clone(), at("g")));
    assert_eq!(refusal, EndpointRefusal::WrongZoneState { zone: zone("g"), enabled: true }.into());
    let refusal = it.world.refused(Command::SwitchZone(ZoneSwitch::Off, service, at("h")));
    assert_eq!(refusal, EndpointRefusal::ConnectionZoneNotFound { zone: zone("h") }.into());
}

#[test]
fn what_lost_its_service() {
    let mut it = Walkthrough::new();
    let service = it.service.clone();
    for letter in ["g", "k"] {
        let resource = resource(letter, &it.load_balancer);
        it.world.run(Command::DetachResource(ServiceResource { service: service.clone(), resource }));
    }
    let refusal = it.world.refused(enable(&service, &it.endpoint));
    assert_eq!(refusal, Refusal::NothingServesZone { zone: zone("g") });
    it.world.run(Command::DeleteService(service.clone()));
    let vswitch = it.world.vswitch(&it.consumer, "h", "10.0.9.0/24");
    let zone = crate::support::new_endpoint_zone("h", &vswitch);
    let add = model::command::endpoint::AddEndpointZone { endpoint: it.endpoint.clone(), zone };
    assert_eq!(it.world.refused(Command::AddEndpointZone(add)), Refusal::ServiceDeleted(service));
    let group = it.world.group(&it.consumer, GroupKind::Normal);
    it.world.run(Command::AttachEndpointGroup(EndpointGroup { endpoint: it.endpoint.clone(), group }));
}

#[test]
fn an_installation_that_shrinks() {
    let mut it = Walkthrough::new();
    let settings = it.world.state.settings().as_ref().clone();
    let no_host = Settings { hosts: vec![], ..settings.clone() };
    let refusal = it.world.refused(Command::Configure(no_host.clone()));
    assert!(matches!(refusal, Refusal::HostInUse(_)));
    let no_zone = Settings { zones: vec![zone("k")], ..settings };
    assert!(matches!(it.world.refused(Command::Configure(no_zone)), Refusal::ZoneInUse(_)));
    let mut empty = World::new();
    let vpc = empty.vpc("10.0.0.0/16");
    let vswitch = empty.vswitch(&vpc, "g", "10.0.0.0/24");
    empty.run(Command::Configure(no_host));
    let run = model::command::instance::RunInstances::new(vswitch);
    assert_eq!(empty.refused(Command::RunInstances(run)), Refusal::NoHost);
}
