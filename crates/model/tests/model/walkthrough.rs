//! The walkthrough, as far as the model goes: two VPCs with the same range, an NLB, a service, an endpoint.

use std::net::{IpAddr, Ipv4Addr};

use model::command::endpoint::{EndpointZoneRef, UpdateConnection, ZoneSwitch};
use model::command::instance::{RunInstances, Switch};
use model::command::nlb::UpdateLoadBalancer;
use model::command::vpc::VpcCommand;
use model::command::{Command, Output};
use model::endpoint::TrafficControl;
use model::id::Revision;
use model::instance::{HostName, Instance};
use model::meta::{Labels, Name};
use model::plan::{HostPlan, PeerPlan};
use model::planner::plan;
use model::security::RuleProtocol;
use model::status::{ConnectionStatus, EndpointStatus, InstanceStatus, ListenerStatus, View, ZoneStatus};
use model::tables::Key;

use crate::support::{Walkthrough, World, enable, host, zone};

fn plan_of(it: &Walkthrough) -> HostPlan {
    plan(&it.world.state, &host())
}

/// Which zones of the endpoint are served, as the data plane sees it.
fn served(plan: &HostPlan) -> Vec<bool> {
    plan.endpoints
        .values()
        .flat_map(|endpoint| endpoint.zones.iter().map(|zone| zone.vip.is_some()))
        .collect()
}

#[test]
fn an_endpoint_passes_nothing_until_the_provider_accepts_it_and_nothing_after_it_was_denied() {
    let mut it = Walkthrough::new();
    assert_eq!(served(&plan_of(&it)), [false, false]);
    for _ in 0..3 {
        it.world.accept(&it.service, &it.endpoint);
        assert_eq!(served(&plan_of(&it)), [true, true]);
        it.world.run(Command::DisableConnection(it.service.clone(), it.endpoint.clone()));
        assert_eq!(served(&plan_of(&it)), [false, false]);
    }
}

#[test]
fn each_zone_of_the_endpoint_is_served_by_the_nlb_s_address_in_that_zone() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    let plan = plan_of(&it);
    let endpoint = plan.endpoints.values().next().unwrap();
    for served in &endpoint.zones {
        assert_eq!(plan.vips[&served.vip.unwrap()].zone, served.zone);
    }
    let vpcs: Vec<_> = plan.vpcs.keys().collect();
    assert!(!vpcs.contains(&&endpoint.connection), "a connection is a network of its own");
}

#[test]
fn one_zone_can_be_switched_off_while_the_other_goes_on() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    let at = EndpointZoneRef { endpoint: it.endpoint.clone(), zone: zone("g") };
    it.world.run(Command::SwitchZone(ZoneSwitch::Off, it.service.clone(), at.clone()));
    assert_eq!(served(&plan_of(&it)), [false, true]);
    it.world.run(Command::SwitchZone(ZoneSwitch::On, it.service.clone(), at));
    assert_eq!(served(&plan_of(&it)), [true, true]);
}

#[test]
fn names_are_answered_in_the_vpc_that_they_belong_to() {
    let it = Walkthrough::new();
    let plan = plan_of(&it);
    let names = |vpc: &model::id::VpcId| {
        let vpc = plan.vpcs.values().find(|row| row.id == *vpc).unwrap();
        vpc.names.iter().map(|(name, it)| (name.clone(), it.addresses.clone())).collect::<Vec<_>>()
    };
    let [g, k] = [Ipv4Addr::new(10, 0, 0, 2), Ipv4Addr::new(10, 0, 1, 2)].map(IpAddr::from);
    let base = format!("{}.cn-hangzhou.privatelink.aliyuncs.com", it.service);
    let (in_g, in_k) = ((g, zone("g")), (k, zone("k")));
    let mut expected = vec![
        (format!("{}.{base}", it.endpoint), vec![in_g.clone(), in_k.clone()]),
        (format!("{}-cn-hangzhou-g.{base}", it.endpoint), vec![in_g.clone()]),
        (format!("{}-cn-hangzhou-k.{base}", it.endpoint), vec![in_k.clone()]),
    ];
    expected.sort();
    assert_eq!(names(&it.consumer), expected);
    let balancer = format!("{}.cn-hangzhou.nlb.aliyuncsslb.com", it.load_balancer);
    assert_eq!(names(&it.provider), [(balancer, vec![in_g, in_k])]);
}

#[test]
fn instances_without_a_group_share_the_default_group() {
    let it = Walkthrough::new();
    let plan = plan_of(&it);
    let ports: Vec<_> = plan.ports.values().filter(|port| it.ecs[2..].contains(&port.instance)).collect();
    assert_eq!(ports.len(), 2);
    assert_eq!(ports[0].groups, ports[1].groups);
    let group = &plan.groups[&ports[0].groups[0]];
    assert!(group.inner_access && group.egress_default);
    let mut open: Vec<_> = group.ingress.iter().map(|rule| (rule.protocol, rule.ports.low)).collect();
    open.sort_unstable();
    let tcp = |port| (RuleProtocol::Tcp, port);
    assert_eq!(open, [tcp(22), tcp(80), tcp(443), tcp(3389), (RuleProtocol::Icmp, 0)]);
    let everywhere = PeerPlan::Cidr("0.0.0.0/0".parse().unwrap());
    assert!(group.ingress.iter().all(|rule| rule.peer == everywhere));
    assert!(group.egress.is_empty());
    let members: Vec<_> = ports.iter().map(|port| port.address).collect();
    assert_eq!(group.members, members);
}

#[test]
fn cross_zone_is_on_by_default_and_can_be_switched_off() {
    let mut it = Walkthrough::new();
    assert!(plan_of(&it).vips.values().all(|vip| vip.cross_zone));
    it.world.run(Command::UpdateLoadBalancer(UpdateLoadBalancer {
        load_balancer: it.load_balancer.clone(),
        name: None,
        cross_zone: Some(false),
        cps: None,
    }));
    assert!(plan_of(&it).vips.values().all(|vip| !vip.cross_zone));
}

#[test]
fn a_stopped_listener_is_not_planned() {
    let mut it = Walkthrough::new();
    it.world.run(Command::StopListener(it.listener.clone()));
    let plan = plan_of(&it);
    assert!(plan.listeners.is_empty() && plan.server_groups.is_empty());
}

#[test]
fn instances_that_are_made_together_have_names_of_their_own_on_demand() {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.0.0/24");
    let name = |text: &str| HostName::parse(text).unwrap();
    let labels = Labels { name: Name::parse("web").unwrap(), ..Labels::default() };
    let two = RunInstances { labels, amount: 2, ..RunInstances::new(vswitch) };
    let mut names = |host_names: Vec<HostName>, numbered| {
        let run = RunInstances { host_names, numbered, ..two.clone() };
        let Output::Instances(ids) = world.run(Command::RunInstances(run)) else { panic!() };
        let named = ids.iter().map(|id| world.state.get::<Instance>(id).unwrap());
        named.map(|row| format!("{} {}", row.meta.name, row.host_name.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(names(vec![name("host")], false), ["web host", "web host"]);
    assert_eq!(names(vec![name("host")], true), ["web001 host001", "web002 host002"]);
    assert_eq!(names(vec![name("one"), name("two")], true), ["web001 one", "web002 two"]);
}

#[test]
fn a_stopped_instance_keeps_its_port() {
    let mut it = Walkthrough::new();
    it.world.run(Command::SwitchInstances(Switch::Stop, vec![it.ecs[2].clone()]));
    let plan = plan_of(&it);
    assert!(!plan.instances[&it.ecs[2]].running);
    assert!(plan.ports.values().any(|port| port.instance == it.ecs[2]));
}

#[test]
fn statuses_follow_what_the_host_has_made_true() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    let state = it.world.state.clone();
    let endpoint = state.get::<model::endpoint::Endpoint>(&it.endpoint).unwrap();
    let listener = state.get::<model::nlb::Listener>(&it.listener).unwrap();
    let statuses = |revision: u64| {
        let observed = it.world.observed(Revision(revision));
        let view = View { state: &state, observed: &observed };
        let zone = view.zone(endpoint, &endpoint.zones[&zone("g")]).status;
        (
            view.listener(listener).status,
            view.endpoint(endpoint).status,
            view.connection(endpoint).status,
            zone,
        )
    };
    let last = state.revision().0;
    assert_eq!(
        statuses(last),
        (ListenerStatus::Running, EndpointStatus::Active, ConnectionStatus::Connected, ZoneStatus::Connected)
    );
    assert_eq!(
        statuses(last - 1),
        (
            ListenerStatus::Running,
            EndpointStatus::Active,
            ConnectionStatus::Connecting,
            ZoneStatus::Connecting
        )
    );
    assert_eq!(
        statuses(0),
        (
            ListenerStatus::Provisioning,
            EndpointStatus::Creating,
            ConnectionStatus::Connecting,
            ZoneStatus::Creating
        )
    );
}

#[test]
fn a_host_that_does_not_report_is_named_as_the_reason() {
    let it = Walkthrough::new();
    let observed = model::status::Observed::default();
    let view = View { state: &it.world.state, observed: &observed };
    let instance = it.world.state.get::<model::instance::Instance>(&it.ecs[0]).unwrap();
    let status = view.instance(instance);
    assert_eq!(status.status, InstanceStatus::Pending);
    assert_eq!(status.why, "host-one has not reported");
}

#[test]
fn a_bandwidth_is_planned_only_where_it_counts() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    for (bandwidth, traffic_control, planned) in [
        (Some(200), None, None),
        (None, Some(TrafficControl::BandwidthLimit), Some(200)),
        (Some(50_000), None, Some(50_000)),
        (None, Some(TrafficControl::Scalability), None),
    ] {
        let (service, endpoint) = (it.service.clone(), it.endpoint.clone());
        let update = UpdateConnection { service, endpoint, bandwidth, traffic_control };
        it.world.run(Command::UpdateConnection(update));
        let bandwidths: Vec<_> = plan_of(&it).endpoints.values().map(|endpoint| endpoint.bandwidth).collect();
        assert_eq!(bandwidths, [planned]);
    }
}

#[test]
fn everything_can_be_taken_down_again_in_order() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    it.world.run(Command::UpdateConnection(UpdateConnection {
        service: it.service.clone(),
        endpoint: it.endpoint.clone(),
        bandwidth: Some(1024),
        traffic_control: None,
    }));
    for letter in ["g", "k"] {
        let at = EndpointZoneRef { endpoint: it.endpoint.clone(), zone: zone(letter) };
        it.world.run(Command::RemoveEndpointZone(at));
    }
    it.world.run(Command::DeleteEndpoint(it.endpoint.clone()));
    for letter in ["g", "k"] {
        let resource = crate::support::resource(letter, &it.load_balancer);
        it.world.run(Command::DetachResource(model::command::service::ServiceResource {
            service: it.service.clone(),
            resource,
        }));
    }
    it.world.run(Command::DeleteService(it.service.clone()));
    it.world.run(Command::DeleteLoadBalancer(it.load_balancer.clone()));
    it.world.run(Command::DeleteServerGroup(it.server_group.clone()));
    it.world.run(Command::DeleteInstances(model::command::instance::DeleteInstances {
        instances: it.ecs.to_vec(),
        force: true,
    }));
    for vswitch in [&it.consumer_g, &it.consumer_k, &it.provider_g, &it.provider_k] {
        it.world.run(Command::Vpc(VpcCommand::DeleteVSwitch(vswitch.clone())));
    }
    let groups: Vec<_> = it.world.state.tables().security_groups.keys().cloned().collect();
    for group in groups {
        it.world.run(Command::DeleteSecurityGroup(group));
    }
    it.world.run(Command::Vpc(VpcCommand::DeleteVpc(it.consumer.clone())));
    it.world.run(Command::Vpc(VpcCommand::DeleteVpc(it.provider.clone())));
    let left = it.world.state.tables().rows().filter(|row| row.meta().is_some()).map(|row| row.key());
    let left: Vec<Key> = left.filter(|key| !matches!(key, Key::ResourceGroup(_))).collect();
    assert_eq!(left, [], "but the groups that every account has");
    let plan = plan_of(&it);
    assert!(plan.vpcs.is_empty() && plan.ports.is_empty() && plan.groups.is_empty() && plan.vips.is_empty());
}

#[test]
fn accepting_twice_is_refused() {
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    let refusal = it.world.refused(enable(&it.service, &it.endpoint));
    assert_eq!(refusal, model::refusal::Refusal::WrongConnectionState { accepted: true });
}

#[test]
fn rules_are_planned_in_the_order_in_which_they_are_judged() {
    use model::command::security::{AuthorizeRules, NewRule};
    use model::security::{ALL_PORTS, Direction, Peer, Priority, RulePolicy, RuleSpec};
    let mut it = Walkthrough::new();
    let rule = |priority: &str, policy, range: &str| NewRule {
        spec: RuleSpec {
            direction: Direction::Ingress,
            protocol: RuleProtocol::All,
            ports: ALL_PORTS,
            source_ports: ALL_PORTS,
            peer: Peer::Cidr(range.parse().unwrap()),
            own: None,
            policy,
            priority: Priority::parse(priority).unwrap(),
        },
        description: model::meta::Description::default(),
    };
    let (drop, accept) = (RulePolicy::Drop, RulePolicy::Accept);
    let ranges = (0..8).map(|n| format!("10.{n}.0.0/16"));
    let rules = ranges
        .flat_map(|range| [rule("9", accept, &range), rule("9", drop, &range), rule("1", accept, &range)]);
    let (group, rules) = (it.clients.clone(), rules.collect());
    it.world.run(Command::AuthorizeRules(AuthorizeRules { group, rules }));
    let plan = plan_of(&it);
    let group = plan.groups.values().find(|group| group.id == it.clients).unwrap();
    let order: Vec<_> = group.ingress.iter().map(|rule| (rule.priority, rule.policy)).collect();
    let expected = [(1, accept), (9, drop), (9, accept)].map(|kind| [kind; 8]).concat();
    assert_eq!(order, expected);
}

#[test]
fn a_denied_connection_forgets_its_nlb_and_is_accepted_again_with_what_the_service_has_then() {
    use model::command::service::ServiceResource;
    let mut it = Walkthrough::new();
    it.world.accept(&it.service, &it.endpoint);
    it.world.run(Command::DisableConnection(it.service.clone(), it.endpoint.clone()));
    let zones = [("g", &it.provider_g.clone()), ("k", &it.provider_k.clone())];
    let other = it.world.load_balancer(&it.provider.clone(), &zones);
    for (letter, _) in zones {
        let of = |load_balancer| ServiceResource {
            service: it.service.clone(),
            resource: crate::support::resource(letter, load_balancer),
        };
        let (new, old) = (of(&other), of(&it.load_balancer));
        it.world.run(Command::AttachResource(new));
        it.world.run(Command::DetachResource(old));
    }
    it.world.accept(&it.service, &it.endpoint);
    let plan = plan_of(&it);
    let endpoint = plan.endpoints.values().next().unwrap();
    assert!(endpoint.zones.iter().all(|zone| plan.vips[&zone.vip.unwrap()].load_balancer == other));
}

#[test]
fn each_acceptance_chooses_anew_among_the_resources_of_the_zone() {
    use model::command::service::ServiceResource;
    let mut it = Walkthrough::new();
    let zones = [("g", &it.provider_g.clone()), ("k", &it.provider_k.clone())];
    let other = it.world.load_balancer(&it.provider.clone(), &zones);
    let resource = crate::support::resource("g", &other);
    it.world.run(Command::AttachResource(ServiceResource { service: it.service.clone(), resource }));
    let mut chosen = std::collections::BTreeSet::new();
    for _ in 0..32 {
        it.world.accept(&it.service, &it.endpoint);
        let plan = plan_of(&it);
        chosen.insert(plan.endpoints.values().next().unwrap().zones[0].vip);
        it.world.run(Command::DisableConnection(it.service.clone(), it.endpoint.clone()));
    }
    assert_eq!(chosen.len(), 2, "both NLBs of the zone are chosen now and then");
}
