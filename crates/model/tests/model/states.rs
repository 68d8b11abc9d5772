//! What each event does in each state, as a table to read. `UPDATE_GOLDEN=1` writes the table anew.

use std::fmt::Write as _;
use std::ops::Deref;

use model::command::Command;
use model::command::endpoint::{
    AddEndpointZone, EndpointGroup, EndpointZoneRef, NewEndpointZone, SetZoneResource, UpdateConnection,
    ZoneSwitch,
};
use model::command::service::{ServiceResource, SetAutoAllocated};
use model::endpoint::{Endpoint, Replacement};
use model::id::{LoadBalancerId, Revision};
use model::service::EndpointService;
use model::status::View;

use crate::support::{Walkthrough, enable, zone};

/// The walkthrough, and another NLB that could serve zone g.
struct Scene {
    road: Walkthrough,
    spare: LoadBalancerId,
}

impl Deref for Scene {
    type Target = Walkthrough;
    fn deref(&self) -> &Walkthrough {
        &self.road
    }
}

impl Scene {
    fn new() -> Self {
        let mut road = Walkthrough::new();
        let (provider, g, k) = (road.provider.clone(), road.provider_g.clone(), road.provider_k.clone());
        let spare = road.world.load_balancer(&provider, &[("g", &g), ("k", &k)]);
        Self { road, spare }
    }
}

type Step = fn(&Scene) -> Vec<Command>;

fn at(it: &Walkthrough, letter: &str) -> EndpointZoneRef {
    EndpointZoneRef { endpoint: it.endpoint.clone(), zone: zone(letter) }
}

fn add_zone(it: &Walkthrough) -> Command {
    let zone = NewEndpointZone { zone: zone("k"), vswitch: it.consumer_k.clone(), address: None, ipv6: None };
    Command::AddEndpointZone(AddEndpointZone { endpoint: it.endpoint.clone(), zone })
}

/// The spare NLB serves zone g from now on; it is offered for that, but not to be chosen automatically.
fn replace(it: &Scene, replacement: Replacement) -> Vec<Command> {
    let resource = crate::support::resource("g", &it.spare);
    let service = it.service.clone();
    let offered = it
        .world
        .state
        .get::<EndpointService>(&service)
        .is_none_or(|row| row.resources.contains_key(&resource));
    let offer =
        (!offered).then_some(Command::AttachResource(ServiceResource { service: service.clone(), resource }));
    let load_balancer = Some(it.spare.clone());
    let chosen = SetZoneResource { service, at: at(it, "g"), load_balancer, replacement };
    offer.into_iter().chain([Command::SetZoneResource(chosen)]).collect()
}

fn resource(it: &Walkthrough, letter: &str) -> ServiceResource {
    ServiceResource {
        service: it.service.clone(),
        resource: crate::support::resource(letter, &it.load_balancer),
    }
}

fn detach(it: &Walkthrough, letter: &str) -> Command {
    Command::DetachResource(resource(it, letter))
}

fn remove_zone(it: &Walkthrough, letter: &str) -> Command {
    Command::RemoveEndpointZone(at(it, letter))
}

fn deny(it: &Walkthrough) -> Command {
    Command::DisableConnection(it.service.clone(), it.endpoint.clone())
}

fn accept(it: &Walkthrough) -> Command {
    enable(&it.service, &it.endpoint)
}

fn zone_off(it: &Walkthrough) -> Command {
    Command::SwitchZone(ZoneSwitch::Off, it.service.clone(), at(it, "g"))
}

const STATES: [(&str, Step); 7] = [
    ("waiting", |_| vec![]),
    ("accepted", |it| vec![accept(it)]),
    ("accepted, zone off", |it| vec![accept(it), zone_off(it)]),
    ("accepted, NLB replaced in g", |it| {
        let replaced = replace(it, Replacement::Graceful);
        [accept(it)].into_iter().chain(replaced).collect()
    }),
    ("denied", |it| vec![accept(it), deny(it)]),
    ("waiting, zone k unserved", |it| vec![detach(it, "k")]),
    ("service deleted", |it| {
        vec![detach(it, "g"), detach(it, "k"), Command::DeleteService(it.service.clone())]
    }),
];

const EVENTS: [(&str, Step); 19] = [
    ("accept", |it| vec![accept(it)]),
    ("deny", |it| vec![deny(it)]),
    ("change bandwidth", |it| {
        let (service, endpoint) = (it.service.clone(), it.endpoint.clone());
        vec![Command::UpdateConnection(UpdateConnection {
            service,
            endpoint,
            bandwidth: Some(500),
            traffic_control: None,
        })]
    }),
    ("switch zone g off", |it| vec![zone_off(it)]),
    ("switch zone g on", |it| vec![Command::SwitchZone(ZoneSwitch::On, it.service.clone(), at(it, "g"))]),
    ("choose zone g's NLB", |it| {
        let load_balancer = Some(it.load_balancer.clone());
        vec![Command::SetZoneResource(SetZoneResource {
            service: it.service.clone(),
            at: at(it, "g"),
            load_balancer,
            replacement: Replacement::Graceful,
        })]
    }),
    ("let zone g's NLB be chosen", |it| {
        vec![Command::SetZoneResource(SetZoneResource {
            service: it.service.clone(),
            at: at(it, "g"),
            load_balancer: None,
            replacement: Replacement::Graceful,
        })]
    }),
    ("replace zone g's NLB", |it| replace(it, Replacement::Graceful)),
    ("replace it by force", |it| replace(it, Replacement::Force)),
    ("let go what was replaced", |it| {
        vec![Command::SwitchZone(ZoneSwitch::LetGo, it.service.clone(), at(it, "g"))]
    }),
    ("add zone k again", |it| vec![add_zone(it)]),
    ("remove zone k", |it| vec![remove_zone(it, "k")]),
    ("remove and add zone k", |it| vec![remove_zone(it, "k"), add_zone(it)]),
    ("detach zone g's NLB", |it| vec![detach(it, "g")]),
    ("no automatic choice in g", |it| {
        vec![Command::SetAutoAllocated(SetAutoAllocated {
            service: it.service.clone(),
            load_balancer: it.load_balancer.clone(),
            zone: Some(zone("g")),
            auto_allocated: false,
        })]
    }),
    ("delete the service", |it| vec![Command::DeleteService(it.service.clone())]),
    ("delete the endpoint", |it| vec![Command::DeleteEndpoint(it.endpoint.clone())]),
    ("delete it without zones", |it| {
        vec![remove_zone(it, "g"), remove_zone(it, "k"), Command::DeleteEndpoint(it.endpoint.clone())]
    }),
    ("detach the last group", |it| {
        let (endpoint, group) = (it.endpoint.clone(), it.clients.clone());
        vec![Command::DetachEndpointGroup(EndpointGroup { endpoint, group })]
    }),
];

/// Statuses while the host has made true the state before the event, and after it has caught up.
fn statuses(it: &Scene, seen: Revision) -> String {
    let Some(endpoint) = it.world.state.get::<Endpoint>(&it.endpoint) else { return "gone".to_owned() };
    let observed = it.world.observed(seen);
    let view = View { state: &it.world.state, observed: &observed };
    let mut text = format!("{} {}", view.endpoint(endpoint), view.connection(endpoint));
    for (id, zone) in &endpoint.zones {
        let letter = id.as_str().rsplit('-').next().unwrap();
        write!(text, " {letter}:{}", view.zone(endpoint, zone)).unwrap();
    }
    text
}

fn outcome(state: Step, event: Step) -> String {
    let mut it = Scene::new();
    for command in state(&it) {
        it.road.world.run(command);
    }
    let before = it.world.state.revision();
    for command in event(&it) {
        if let Err(refusal) = it.road.world.try_run(&command) {
            return format!("refused: {}", plain(&it, &refusal.to_string()));
        }
        assert_eq!(it.world.state.check(), []);
    }
    let now = statuses(&it, before);
    let then = statuses(&it, it.world.state.revision());
    if now == then { now } else { format!("{now} -> {then}") }
}

/// Ids are random: the table calls things by what they are.
fn plain(it: &Scene, text: &str) -> String {
    text.replace(it.endpoint.as_str(), "EP")
        .replace(it.service.as_str(), "SERVICE")
        .replace(it.load_balancer.as_str(), "NLB")
        .replace(it.spare.as_str(), "SPARE")
        .replace(it.clients.as_str(), "GROUP")
}

#[test]
fn each_event_does_in_each_state_what_the_table_says() {
    let mut table = String::new();
    for (state_name, state) in STATES {
        writeln!(table, "{state_name}").unwrap();
        for (event_name, event) in EVENTS {
            writeln!(table, "  {event_name:<26} {}", outcome(state, event)).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/model/states.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap_or_default();
    let differs = golden.lines().zip(table.lines()).find(|(old, new)| old != new);
    assert_eq!(differs, None, "first difference");
    assert_eq!(golden, table);
}
