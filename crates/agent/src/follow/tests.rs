//! That what is left out is what would have stayed the same.

use std::collections::BTreeMap;

use model::id::{EndpointIndex, GroupIndex, PortIndex, Revision, ServerGroupIndex, ServerIndex, VipIndex};
use model::plan::{PeerPlan, RulePlan};
use model::report::HealthState;
use model::security::{ALL_PORTS, RulePolicy, RuleProtocol};
use proptest::prelude::*;
use tables::Rule;

use super::*;
use crate::compile::tests as fixture;
use crate::encode::{self, Places};
use crate::ranges::{Place, Range};

/// What may happen to a plan, to the verdicts over servers, or to links.
#[derive(Clone, Copy, Debug)]
enum Event {
    Endpoint(u32),
    EndpointGone(u32),
    Member(u8),
    Rule(u16),
    GroupOfPort(u32),
    Weight(u8),
    ServerGone,
    Vip(bool),
    IdleTimeout(u16),
    Verdict(u32, HealthState),
    Link(u32),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let verdict =
        prop_oneof![Just(HealthState::Initial), Just(HealthState::Healthy), Just(HealthState::Unhealthy)];
    let event = prop_oneof![
        4 => (2u32..6).prop_map(Event::Endpoint),
        2 => (1u32..6).prop_map(Event::EndpointGone),
        2 => (1u8..4).prop_map(Event::Member),
        1 => (80u16..82).prop_map(Event::Rule),
        1 => (1u32..3).prop_map(Event::GroupOfPort),
        1 => (0u8..3).prop_map(Event::Weight),
        1 => Just(Event::ServerGone),
        1 => any::<bool>().prop_map(Event::Vip),
        1 => (900u16..902).prop_map(Event::IdleTimeout),
        1 => (1u32..3, verdict).prop_map(|(server, state)| Event::Verdict(server, state)),
        1 => (12u32..14).prop_map(Event::Link),
    ];
    prop::collection::vec(event, 1..20)
}

struct World {
    plan: HostPlan,
    health: Health,
    interfaces: Interfaces,
}

impl World {
    fn change(&mut self, event: Event) {
        let plan = &mut self.plan;
        plan.revision = Revision(plan.revision.0 + 1);
        match event {
            Event::Endpoint(index) => {
                let mut endpoint = plan.endpoints.values().next().cloned().unwrap_or_else(|| {
                    fixture::plan().endpoints.into_values().next().expect("the fixture's endpoint")
                });
                endpoint.zones[0].address = [10, 0, 0, 200 + index as u8].into();
                endpoint.groups = vec![GroupIndex(1 + index % 2)];
                plan.endpoints.insert(EndpointIndex(index), endpoint);
            }
            Event::EndpointGone(index) => {
                plan.endpoints.remove(&EndpointIndex(index));
            }
            Event::Member(last) => {
                let group = plan.groups.get_mut(&GroupIndex(1)).expect("a group");
                group.members.push([10, 0, 1, last].into());
            }
            Event::Rule(port) => {
                let rule = RulePlan {
                    protocol: RuleProtocol::Tcp,
                    ports: model::net::PortRange::one(port),
                    source_ports: ALL_PORTS,
                    peer: PeerPlan::Group(GroupIndex(1)),
                    own: None,
                    policy: RulePolicy::Accept,
                    priority: 1,
                };
                plan.groups.get_mut(&GroupIndex(1)).expect("a group").ingress = vec![rule];
            }
            Event::GroupOfPort(group) => {
                plan.ports.get_mut(&PortIndex(1)).expect("a port").groups = vec![GroupIndex(group)];
            }
            Event::Weight(weight) => {
                let servers = &mut self.group().servers;
                servers.values_mut().for_each(|server| server.weight = weight);
            }
            Event::ServerGone => {
                self.group().servers.remove(&ServerIndex(2));
            }
            Event::Vip(cross_zone) => {
                plan.vips.get_mut(&VipIndex(1)).expect("an address").cross_zone = cross_zone;
            }
            Event::IdleTimeout(seconds) => {
                plan.listeners.values_mut().for_each(|listener| listener.idle_timeout = seconds);
            }
            Event::Verdict(server, state) => {
                self.health.insert(ServerIndex(server), state);
            }
            Event::Link(ifindex) => {
                self.interfaces.ports.insert(PortIndex(2), ifindex);
            }
        }
    }

    fn group(&mut self) -> &mut model::plan::ServerGroupPlan {
        self.plan.server_groups.get_mut(&ServerGroupIndex(1)).expect("a server group")
    }
}

/// Gives equal lists equal places, as the kernel's maps do while the lists are live.
#[derive(Default)]
struct Memory {
    policies: Vec<Vec<Rule>>,
    tables: Vec<Vec<u32>>,
}

impl Memory {
    fn places(&mut self, image: &Image) -> Places {
        let policies = image.policies.iter().map(|list| position(&mut self.policies, list) + 1).collect();
        let table = |list: &Vec<u32>| {
            let range = Range { first: 1000 * position(&mut self.tables, list), count: list.len() as u32 };
            Place { range, fresh: false }
        };
        Places { policies, server_tables: image.server_tables.iter().map(table).collect() }
    }
}

fn position<T: Clone + PartialEq>(known: &mut Vec<T>, list: &T) -> u32 {
    let position = known.iter().position(|one| one == list).unwrap_or_else(|| {
        known.push(list.clone());
        known.len() - 1
    });
    position as u32
}

proptest! {
    /// After any changes, what a follower leaves out of its pass is what a whole one would not have changed.
    #[test]
    fn what_is_left_out_would_have_stayed(events in events()) {
        let mut plan = fixture::plan();
        let other = plan.groups[&GroupIndex(1)].clone();
        plan.groups.insert(GroupIndex(2), model::plan::GroupPlan { ingress: vec![], ..other });
        let mut world = World { plan, health: Health::new(), interfaces: fixture::interfaces() };
        let mut memory = Memory::default();
        let mut balanced: Option<(Balanced, Image)> = None;
        let mut servers = BTreeMap::new();
        for event in events {
            world.change(event);
            let plan = Arc::new(world.plan.clone());
            let (health, interfaces) = (&world.health, &world.interfaces);
            let wanted = Wanted { plan: &plan, health, interfaces, swept: 0, now: 1 };
            let past = Past { servers: std::mem::take(&mut servers), swept: 0, now: 1 };
            let whole = compile(&plan, health, &past, interfaces);
            let places = memory.places(&whole);
            let network = network(&plan, interfaces);
            let without = Image {
                listeners: BTreeMap::new(),
                servers: BTreeMap::new(),
                server_tables: vec![],
                loads: BTreeMap::new(),
                ..whole.clone()
            };
            prop_assert_eq!(&network, &without);
            let ports = encode::ports(&network, &places);
            if let Some((known, image)) = &balanced
                && known.holds(&wanted)
                && known.maps.ports == ports
            {
                let before = memory.places(image);
                prop_assert_eq!(encode::servers(&whole, &places), encode::servers(image, &before));
                prop_assert_eq!(encode::listeners(&whole, &places), encode::listeners(image, &before));
                prop_assert_eq!(&whole.loads, &image.loads);
            }
            let known: Vec<_> = encode::servers(&whole, &places).into_iter().collect();
            servers = encode::formers(&known);
            let maps = Known { ports, ..Known::default() };
            balanced = Balanced::of(&wanted, &whole, maps).map(|known| (known, whole));
        }
    }
}

#[test]
fn one_more_endpoint_leaves_load_balancing_alone_and_a_servers_verdict_does_not() {
    let plan = Arc::new(fixture::plan());
    let (health, interfaces) = (Health::new(), fixture::interfaces());
    let wanted = Wanted { plan: &plan, health: &health, interfaces: &interfaces, swept: 0, now: 1 };
    let image = compile(&plan, &health, &Past::default(), &interfaces);
    let balanced = Balanced::of(&wanted, &image, Known::default()).expect("all of them serve");
    assert!(!balanced.holds(&wanted), "the same plan again is looked at as a whole");
    let mut world = World { plan: fixture::plan(), health: Health::new(), interfaces: fixture::interfaces() };
    world.change(Event::Endpoint(2));
    let next = Arc::new(world.plan);
    let wanted = Wanted { plan: &next, ..wanted };
    assert!(balanced.holds(&wanted));
    let health = Health::from([(ServerIndex(1), HealthState::Healthy)]);
    assert!(!balanced.holds(&Wanted { health: &health, ..wanted }));
}
