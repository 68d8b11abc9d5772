//! What a plan means for packets: policies, shares of servers, endpoints.

use std::collections::BTreeMap;

use model::id::{
    AccountId, EndpointIndex, GroupIndex, Ipv6Index, ListenerIndex, Revision, ServerGroupIndex, ServerIndex,
    VipIndex, ZoneId,
};
use model::net::{Mac, PortRange, Transport};
use model::nlb::Scheduler;
use model::nlb::{HealthCheck, HealthCheckKind};
use model::plan::{
    AddressPlan, BehindPlan, EndpointZonePlan, Ipv6Plan, LocalPlan, PeerPlan, PlacePlan, RulePlan, VpcPlan,
};
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};
use proptest::prelude::*;
use tables::{Choice, Rule, RuleAction};

use super::*;
use crate::image::LocalImage;

const SERVER_1: ServerIndex = ServerIndex(1);
const SERVER_2: ServerIndex = ServerIndex(2);

fn zone(letter: char) -> ZoneId {
    ZoneId::new(&format!("cn-hangzhou-{letter}"))
}

fn rule(priority: u8, policy: RulePolicy, low: u16) -> RulePlan {
    let peer = PeerPlan::Cidr("0.0.0.0/0".parse().unwrap());
    RulePlan {
        protocol: RuleProtocol::Tcp,
        ports: PortRange { low, high: low },
        source_ports: ALL_PORTS,
        peer,
        own: None,
        policy,
        priority,
    }
}

fn group(ingress: Vec<RulePlan>, egress_default: bool) -> GroupPlan {
    GroupPlan {
        id: "sg-a".parse().unwrap(),
        network: Network(1),
        inner_access: true,
        egress_default,
        ingress,
        egress: vec![],
        members: vec![[10, 0, 0, 1].into()],
        ipv6_members: vec![],
    }
}

fn port(index: u32, letter: char, groups: &[u32]) -> PortPlan {
    PortPlan {
        eni: format!("eni-{index}").parse().unwrap(),
        instance: format!("i-{index}").parse().unwrap(),
        device: 0,
        network: Network(1),
        zone: zone(letter),
        address: [10, 0, 0, index as u8].into(),
        secondary: vec![],
        ipv6: vec![],
        vswitch: "vsw-1".parse().unwrap(),
        subnet: "10.0.0.0/24".parse().unwrap(),
        gateway: [10, 0, 0, 253].into(),
        mac: Mac::of_port(PortIndex(index)),
        table: None,
        sources: vec![],
        groups: groups.iter().map(|group| GroupIndex(*group)).collect(),
    }
}

fn server(index: u32, letter: char, weight: u8) -> ServerPlan {
    let address = Ipv4Addr::from([10, 0, 0, index as u8]).into();
    ServerPlan {
        port_index: PortIndex(index),
        zone: zone(letter),
        address,
        port: 80,
        weight,
        place: PlacePlan::Own,
    }
}

/// Two servers, in zones g and k, behind an NLB with an address in each; one endpoint.
pub(crate) fn plan() -> HostPlan {
    let check = HealthCheck {
        kind: HealthCheckKind::Tcp,
        port: 0,
        timeout: 5,
        interval: 10,
        healthy_threshold: 2,
        unhealthy_threshold: 2,
    };
    let vip = |letter, last| VipPlan {
        load_balancer: "nlb-a".parse().unwrap(),
        network: Network(1),
        zone: zone(letter),
        address: [10, 0, 0, last].into(),
        ipv6: None,
        local: LocalPlan::default(),
        cross_zone: true,
        groups: vec![],
        cps: 0,
    };
    HostPlan {
        revision: Revision(1),
        host: "host-a".parse().unwrap(),
        vpcs: BTreeMap::from([(
            Network(1),
            VpcPlan {
                id: "vpc-a".parse().unwrap(),
                owner: AccountId(1),
                range: "10.0.0.0/16".parse().unwrap(),
                gateways: vec![[10, 0, 0, 253].into()],
                names: BTreeMap::new(),
                tables: BTreeMap::new(),
                zones: BTreeMap::new(),
            },
        )]),
        ports: BTreeMap::from([(PortIndex(1), port(1, 'g', &[1])), (PortIndex(2), port(2, 'k', &[1]))]),
        instances: BTreeMap::new(),
        invocations: BTreeMap::new(),
        groups: BTreeMap::from([(GroupIndex(1), group(vec![rule(1, RulePolicy::Accept, 80)], true))]),
        vips: BTreeMap::from([(VipIndex(1), vip('g', 101)), (VipIndex(2), vip('k', 102))]),
        listeners: BTreeMap::from([(
            ListenerIndex(1),
            ListenerPlan {
                id: "lsn-a@80".parse().unwrap(),
                vips: vec![VipIndex(1), VipIndex(2)],
                protocol: Transport::Tcp,
                ports: PortRange::one(80),
                server_group: ServerGroupIndex(1),
                idle_timeout: 900,
                cps: 0,
                mss: 0,
                proxy_protocol: None,
                tls: None,
            },
        )]),
        server_groups: BTreeMap::from([(
            ServerGroupIndex(1),
            ServerGroupPlan {
                id: "sgp-a".parse().unwrap(),
                scheduler: Scheduler::Wrr,
                ip_version_affinity: false,
                preserve_client_ip: true,
                drain_seconds: None,
                health_check: Some(check),
                servers: BTreeMap::from([(SERVER_1, server(1, 'g', 100)), (SERVER_2, server(2, 'k', 100))]),
            },
        )]),
        endpoints: BTreeMap::from([(
            EndpointIndex(1),
            EndpointPlan {
                id: "ep-a".parse().unwrap(),
                kind: EndpointType::Interface,
                network: Network(1),
                service: "epsrv-1".parse().unwrap(),
                connection: Network(2),
                bandwidth: None,
                groups: vec![GroupIndex(1)],
                zones: vec![EndpointZonePlan {
                    zone: zone('g'),
                    eni: "eni-e".parse().unwrap(),
                    port: PortIndex(4000),
                    address: [10, 0, 0, 200].into(),
                    ipv6: None,
                    vip: None,
                    replaced: None,
                    lease: 0,
                    open: false,
                }],
            },
        )]),
    }
}

pub(crate) fn interfaces() -> Interfaces {
    Interfaces { ports: BTreeMap::from([(PortIndex(1), 11), (PortIndex(2), 12)]), services: 10 }
}

fn group_of_servers(plan: &mut HostPlan) -> &mut ServerGroupPlan {
    plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap()
}

/// Slots behind the zonal address for clients of a family.
fn table(image: &Image, vip: u32, client: Family) -> &[u32] {
    let listener = &image.listeners[&(VipIndex(vip), client, PortRange::one(80), Transport::Tcp)];
    &image.server_tables[listener.table.0]
}

/// Servers with slots behind the zonal address, with their shares of a hundred.
fn shares(image: &Image, vip: u32) -> BTreeMap<u32, usize> {
    let table = table(image, vip, Family::Ipv4);
    let share =
        |id: &u32| (100 * table.iter().filter(|slot| *slot == id).count() + table.len() / 2) / table.len();
    table.iter().map(|id| (*id, share(id))).collect()
}

fn ingress_of(image: &Image, ifindex: u32) -> &[Rule] {
    &image.policies[image.ports[&ifindex].ingress.0]
}

#[test]
fn rules_of_all_groups_are_judged_by_priority_and_drop_comes_before_accept() {
    let mut plan = plan();
    let one = group(vec![rule(1, RulePolicy::Accept, 1), rule(2, RulePolicy::Accept, 2)], true);
    let two = group(vec![rule(2, RulePolicy::Drop, 3), rule(1, RulePolicy::Drop, 4)], true);
    plan.groups = BTreeMap::from([(GroupIndex(1), one), (GroupIndex(2), two)]);
    plan.ports.insert(PortIndex(1), port(1, 'g', &[1, 2]));
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    let rules = ingress_of(&image, 11);
    let order: Vec<u16> =
        rules.iter().filter(|rule| rule.peer.group == 0).map(|rule| rule.ports.low).collect();
    assert_eq!(order, [4, 1, 3, 2]);
    let inner: Vec<u32> = rules.iter().map(|rule| rule.peer.group).filter(|group| *group != 0).collect();
    assert_eq!(inner, [1, 2], "members among themselves come last");
    assert!(rules.iter().rev().take(2).all(|rule| rule.action == RuleAction::Accept as u8));
}

#[test]
fn everything_may_go_out_only_if_all_groups_say_so() {
    let egress = |defaults: [bool; 2]| {
        let mut plan = plan();
        let [one, two] = defaults.map(|default| group(vec![], default));
        plan.groups = BTreeMap::from([(GroupIndex(1), one), (GroupIndex(2), two)]);
        plan.ports.insert(PortIndex(1), port(1, 'g', &[1, 2]));
        let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
        image.policies[image.ports[&11].egress.0].len()
    };
    assert_eq!(egress([true, true]), 1);
    assert_eq!(egress([true, false]), 0);
}

#[test]
fn a_group_that_the_plan_lacks_lets_nothing_through() {
    let mut plan = plan();
    plan.groups.clear();
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    assert!(image.policies.iter().all(Vec::is_empty));
}

#[test]
fn ports_with_the_same_groups_share_their_policies() {
    let image = compile(&plan(), &Health::new(), &Past::default(), &interfaces());
    assert_eq!(image.ports[&11].ingress, image.ports[&12].ingress);
    assert_eq!(image.policies.len(), 2);
}

#[test]
fn only_healthy_servers_get_connections_and_all_of_them_when_none_is() {
    let shares = |one, two| {
        shares(
            &compile(
                &plan(),
                &Health::from([(SERVER_1, one), (SERVER_2, two)]),
                &Past::default(),
                &interfaces(),
            ),
            1,
        )
    };
    use HealthState::{Healthy, Initial, Unhealthy};
    assert_eq!(shares(Healthy, Unhealthy), BTreeMap::from([(1, 100)]));
    assert_eq!(shares(Initial, Healthy), BTreeMap::from([(2, 100)]));
    assert_eq!(shares(Unhealthy, Initial).len(), 2);
    assert_eq!(shares(Healthy, Healthy).len(), 2);
}

#[test]
fn with_cross_zone_off_a_zone_uses_its_own_servers_only() {
    let mut plan = plan();
    plan.vips.values_mut().for_each(|vip| vip.cross_zone = false);
    let health = Health::from([(SERVER_2, HealthState::Healthy)]);
    let image = compile(&plan, &health, &Past::default(), &interfaces());
    assert_eq!(shares(&image, 1), BTreeMap::from([(1, 100)]), "none healthy in the zone: all of the zone");
    assert_eq!(shares(&image, 2), BTreeMap::from([(2, 100)]));
    group_of_servers(&mut plan).servers.remove(&SERVER_1);
    let image = compile(&plan, &health, &Past::default(), &interfaces());
    assert!(table(&image, 1, Family::Ipv4).is_empty());
}

#[test]
fn with_affinity_clients_get_servers_of_their_own_family_only() {
    let mut plan = plan();
    let ipv6 = Ipv6Plan { index: Ipv6Index(7), address: "fd00::7".parse().unwrap() };
    group_of_servers(&mut plan).servers.get_mut(&SERVER_2).unwrap().address = AddressPlan::Ipv6(ipv6);
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    assert!(image.listeners.keys().all(|(_, client, ..)| *client == Family::Ipv4), "none of IPv6 gets here");
    plan.vips.values_mut().for_each(|vip| vip.ipv6 = Some(ipv6));
    let both = |plan: &HostPlan, health: &Health| {
        let image = compile(plan, health, &Past::default(), &interfaces());
        Family::ALL.map(|client| table(&image, 1, client).to_vec())
    };
    assert_eq!(both(&plan, &Health::new()), [vec![1, 2], vec![1, 2]]);
    group_of_servers(&mut plan).ip_version_affinity = true;
    let one_fails = Health::from([(SERVER_1, HealthState::Unhealthy), (SERVER_2, HealthState::Healthy)]);
    assert_eq!(both(&plan, &one_fails), [vec![1], vec![2]], "the only one of a family is better than none");
    group_of_servers(&mut plan).servers.remove(&SERVER_1);
    assert_eq!(both(&plan, &Health::new()), [vec![], vec![2]]);
}

#[test]
fn weights_set_the_shares_and_weight_zero_gets_none() {
    let mut plan = plan();
    group_of_servers(&mut plan).health_check = None;
    group_of_servers(&mut plan).servers.insert(SERVER_2, server(2, 'k', 25));
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    assert_eq!(shares(&image, 1), BTreeMap::from([(1, 80), (2, 20)]));
    group_of_servers(&mut plan).servers.insert(SERVER_2, server(2, 'k', 0));
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    assert_eq!(shares(&image, 1), BTreeMap::from([(1, 100)]));
    assert!(image.servers.contains_key(&SERVER_2), "its established connections stay");
}

#[test]
fn the_least_loaded_is_chosen_among_servers_that_stand_there_once() {
    let mut plan = plan();
    group_of_servers(&mut plan).scheduler = Scheduler::Wlc;
    group_of_servers(&mut plan).health_check = None;
    group_of_servers(&mut plan).servers.insert(SERVER_2, server(2, 'k', 25));
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    assert_eq!(image.server_tables, [vec![1, 2]]);
    assert_eq!(image.loads, BTreeMap::from([(SERVER_1, 100), (SERVER_2, 25)]));
    assert!(image.listeners.values().all(|listener| listener.choice == Choice::LeastConnections));
}

#[test]
fn a_rate_of_a_listener_and_one_of_its_load_balancer_hold_in_each_zone() {
    let mut plan = plan();
    assert!(compile(&plan, &Health::new(), &Past::default(), &interfaces()).rates.is_empty());
    let (index, listener) = plan.listeners.first_key_value().expect("a listener");
    let (index, vips) = (*index, listener.vips.clone());
    plan.listeners.values_mut().for_each(|listener| listener.cps = 7);
    plan.vips.values_mut().for_each(|vip| vip.cps = 9);
    let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    let wanted = vips.iter().flat_map(|vip| [((*vip, Some(index)), 7), ((*vip, None), 9)]);
    assert_eq!(image.rates, wanted.collect());
    assert!(image.listeners.values().all(|listener| listener.rated));
}

#[test]
fn an_endpoint_leads_nowhere_until_it_is_accepted() {
    let mut plan = plan();
    let vip = |plan: &HostPlan| {
        let image = compile(plan, &Health::new(), &Past::default(), &interfaces());
        match image.addresses[&(Network(1), [10, 0, 0, 200].into())] {
            AddressImage::Endpoint { vip, .. } => vip,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(vip(&plan), None);
    plan.endpoints.values_mut().for_each(|endpoint| endpoint.zones[0].vip = Some(VipIndex(1)));
    assert_eq!(vip(&plan), Some((VipIndex(1), LocalImage { address: [10, 0, 0, 101].into(), ipv6: None })));
}

#[test]
fn a_server_abroad_is_spoken_to_in_the_name_of_its_endpoint_while_that_is_open() {
    let source = [10, 0, 0, 200].into();
    let image = |open| {
        let mut plan = plan();
        let endpoint = plan.endpoints.get_mut(&EndpointIndex(1)).unwrap();
        endpoint.kind = EndpointType::Reverse;
        endpoint.zones[0].open = open;
        let port = endpoint.zones[0].port;
        let place = BehindPlan { endpoint: EndpointIndex(1), network: Network(1), source, port, open };
        group_of_servers(&mut plan).servers.get_mut(&SERVER_1).unwrap().place = PlacePlan::Behind(place);
        let image = compile(&plan, &Health::new(), &Past::default(), &interfaces());
        let alias = services::alias(port);
        for at in [(Network(1), source), (Network(tables::SERVICES_NETWORK), alias)] {
            let AddressImage::Reverse { source: own, open: shown, .. } = image.addresses[&at] else {
                panic!()
            };
            assert_eq!((own, shown), (source, open));
        }
        image
    };
    let open = image(true);
    assert_eq!(open.servers[&SERVER_1].behind, Some(Behind { network: Network(1), source }));
    assert_eq!(open.servers[&SERVER_2].behind, None);
    assert!(shares(&open, 1).contains_key(&SERVER_1.0));
    let closed = image(false);
    assert!(closed.servers.contains_key(&SERVER_1), "what goes on is cut by the endpoint, with its reason");
    assert!(!shares(&closed, 1).contains_key(&SERVER_1.0));
}

#[test]
fn a_port_without_a_link_gets_no_traffic() {
    let mut interfaces = interfaces();
    interfaces.ports.remove(&PortIndex(2));
    let image = compile(&plan(), &Health::new(), &Past::default(), &interfaces);
    assert_eq!(shares(&image, 1), BTreeMap::from([(1, 100)]));
    assert!(!image.addresses.contains_key(&(Network(1), [10, 0, 0, 2].into())));
    assert!(!image.addresses.contains_key(&(Network(0), services::alias(PortIndex(2)))));
}

proptest! {
    #[test]
    fn nothing_refers_to_what_is_not_there(
        healthy in prop::collection::vec(any::<bool>(), 2),
        linked in prop::collection::vec(any::<bool>(), 2),
        cross_zone in any::<bool>(),
    ) {
        let mut plan = plan();
        plan.vips.values_mut().for_each(|vip| vip.cross_zone = cross_zone);
        let health = [SERVER_1, SERVER_2].into_iter().zip(healthy)
            .filter_map(|(server, healthy)| healthy.then_some((server, HealthState::Healthy))).collect();
        let mut interfaces = interfaces();
        interfaces.ports.retain(|port, _| linked[port.0 as usize - 1]);
        let image = compile(&plan, &health, &Past::default(), &interfaces);
        for id in image.server_tables.iter().flatten() {
            let server = &image.servers[&ServerIndex(*id)];
            prop_assert!(image.ports.contains_key(&server.ifindex));
        }
        let policies = image.ports.values().flat_map(|port| [port.egress, port.ingress]);
        prop_assert!(policies.into_iter().all(|policy| policy.0 < image.policies.len()));
        prop_assert!(image.listeners.values().all(|listener| listener.table.0 < image.server_tables.len()));
        prop_assert_eq!(&image, &compile(&plan, &health, &Past::default(), &interfaces));
    }
}

const SECOND: u64 = 1_000_000_000;

/// What the kernel knows after an image was made true.
fn after(image: &Image, now: u64, swept: u64) -> Past {
    let former = |it: &ServerImage| Former {
        server_group: it.server_group,
        address: it.address,
        port: it.port,
        port_index: it.port_index,
        behind: it.behind,
        until: it.until,
    };
    let servers = image.servers.iter().map(|(index, it)| (*index, former(it))).collect();
    Past { servers, swept, now }
}

#[test]
fn a_server_that_leaves_its_group_stays_until_its_connections_have_ended() {
    for (drain, until) in [(Some(30), 40 * SECOND), (Some(0), 10 * SECOND), (None, 10 * SECOND)] {
        let mut plan = plan();
        group_of_servers(&mut plan).drain_seconds = drain;
        let none = Health::new();
        let before = compile(&plan, &none, &Past::default(), &interfaces());
        assert_eq!(before.servers[&SERVER_2].until, 0);
        group_of_servers(&mut plan).servers.remove(&SERVER_2);
        let leaving = compile(&plan, &none, &after(&before, 10 * SECOND, 0), &interfaces());
        assert_eq!(shares(&leaving, 1), BTreeMap::from([(1, 100)]), "it gets nothing new");
        assert_eq!(leaving.servers[&SERVER_2], ServerImage { until, ..before.servers[&SERVER_2].clone() });
        // Later passes, and a restart before anything was swept, neither prolong nor shorten that.
        group_of_servers(&mut plan).drain_seconds = Some(900);
        for (now, swept) in [(20, 19), (1000, 0)] {
            let past = after(&leaving, now * SECOND, if swept * SECOND > until { 0 } else { swept * SECOND });
            assert_eq!(compile(&plan, &none, &past, &interfaces()).servers, leaving.servers);
        }
        let past = after(&leaving, 1000 * SECOND, until + 1);
        assert_eq!(compile(&plan, &none, &past, &interfaces()).servers.len(), 1, "then it is gone");
    }
}

#[test]
fn a_server_whose_port_or_group_is_gone_is_gone_at_once() {
    let mut plan = plan();
    let before = compile(&plan, &Health::new(), &Past::default(), &interfaces());
    group_of_servers(&mut plan).drain_seconds = Some(30);
    group_of_servers(&mut plan).servers.remove(&SERVER_2);
    let past = after(&before, SECOND, 0);
    let count = |plan: &HostPlan| compile(plan, &Health::new(), &past, &interfaces()).servers.len();
    assert_eq!(count(&plan), 2);
    let mut without = plan.clone();
    without.ports.remove(&PortIndex(2));
    assert_eq!(count(&without), 1);
    plan.listeners.clear();
    plan.server_groups.clear();
    assert_eq!(count(&plan), 0);
}

#[test]
fn a_server_that_fails_its_checks_leaves_while_another_one_serves_and_may_come_back() {
    use HealthState::{Healthy, Initial, Unhealthy};
    let mut plan = plan();
    group_of_servers(&mut plan).drain_seconds = Some(30);
    let compiled = |one, two, past: &Past| {
        compile(&plan, &Health::from([(SERVER_1, one), (SERVER_2, two)]), past, &interfaces())
    };
    let until =
        |image: &Image| (image.servers[&SERVER_1].until / SECOND, image.servers[&SERVER_2].until / SECOND);
    let past = |now| Past { now: now * SECOND, ..Past::default() };
    assert_eq!(until(&compiled(Unhealthy, Unhealthy, &past(10))), (0, 0), "better than none");
    assert_eq!(until(&compiled(Initial, Healthy, &past(10))), (0, 0), "nothing speaks against it yet");
    let failing = compiled(Healthy, Unhealthy, &past(10));
    assert_eq!(until(&failing), (0, 40));
    let later = compiled(Healthy, Unhealthy, &after(&failing, 100 * SECOND, 90 * SECOND));
    assert_eq!(until(&later), (0, 40), "it is still in its group");
    assert_eq!(until(&compiled(Healthy, Healthy, &after(&failing, 20 * SECOND, 0))), (0, 0));
}
