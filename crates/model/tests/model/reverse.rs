//! Reverse endpoints: a provider's servers in a consumer's VPC.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use model::command::endpoint::{
    AddEndpointZone, CreateEndpoint, EnableConnection, EndpointZoneRef, SetZoneResource, UpdateConnection,
    UpdateEndpoint, ZoneSwitch,
};
use model::command::nlb::{
    AddServers, CreateServerGroup, NewServer, RemoveServers, ServerPatch, ServerRef, UpdateServers,
};
use model::command::service::ServiceResource;
use model::command::{Command, Output};
use model::endpoint::{Endpoint, EndpointType, Replacement, TrafficControl};
use model::id::{EndpointId, EniId, Revision, ServerIndex};
use model::instance::{Eni, Instance};
use model::meta::Relabel;
use model::nlb::{IpVersion, ServerGroup, Target};
use model::plan::{HostPlan, PlacePlan, ServerPlan};
use model::planner::plan;
use model::refusal::{EndpointRefusal, Refusal, ServerRefusal};
use model::report::HealthReason;
use model::status::{NonNormal, View};
use model::tables::Key;

use crate::pieces::OTHER;
use crate::support::{Walkthrough, host, new_endpoint_zone, resource, zone};

/// The walkthrough's system with a Reverse endpoint in zone g besides.
struct Reverse {
    all: Walkthrough,
    endpoint: EndpointId,
    eni: EniId,
}

fn new(it: &Walkthrough) -> CreateEndpoint {
    CreateEndpoint {
        kind: EndpointType::Reverse,
        zones: vec![new_endpoint_zone("g", &it.consumer_g)],
        security_groups: BTreeSet::from([it.clients.clone()]),
        ..CreateEndpoint::new(it.service.clone(), it.consumer.clone())
    }
}

impl Reverse {
    fn new() -> Self {
        let mut all = Walkthrough::new();
        let command = Command::CreateEndpoint(new(&all));
        let Output::Endpoint(endpoint) = all.world.run(command) else { panic!("an endpoint") };
        let eni = all.world.state.get::<Endpoint>(&endpoint).unwrap().zones[&zone("g")].eni.clone();
        Self { all, endpoint, eni }
    }

    fn connected() -> Self {
        let mut it = Self::new();
        it.all.world.accept(&it.all.service, &it.endpoint);
        it
    }

    /// With the consumer's first instance as a server.
    fn serving() -> Self {
        let mut it = Self::connected();
        it.all.world.run(it.add(it.behind()));
        it
    }

    /// Of the consumer's first instance.
    fn address(&self) -> Ipv4Addr {
        let state = &self.all.world.state;
        state.get::<Eni>(&state.get::<Instance>(&self.all.ecs[0]).unwrap().eni).unwrap().address
    }

    fn behind(&self) -> Target {
        Target::Behind(self.eni.clone(), self.address())
    }

    fn add(&self, target: Target) -> Command {
        let servers = vec![NewServer::new(target, 8080)];
        Command::AddServers(AddServers { server_group: self.all.server_group.clone(), servers })
    }

    fn servers(&self) -> Vec<Target> {
        let group = self.all.world.state.get::<ServerGroup>(&self.all.server_group).unwrap();
        group.servers.iter().map(|server| server.target.clone()).collect()
    }

    fn plan(&self) -> HostPlan {
        plan(&self.all.world.state, &host())
    }

    fn planned(&self) -> Option<(ServerIndex, ServerPlan)> {
        let groups = self.plan().server_groups;
        let mut all = groups.into_values().flat_map(|group| group.servers);
        all.find(|(_, server)| server.place != PlacePlan::Own)
    }

    fn is_open(&self) -> bool {
        self.planned().unwrap().1.is_connected()
    }

    fn at(&self) -> EndpointZoneRef {
        EndpointZoneRef { endpoint: self.endpoint.clone(), zone: zone("g") }
    }

    fn switch(&mut self, how: ZoneSwitch) {
        let command = Command::SwitchZone(how, self.all.service.clone(), self.at());
        self.all.world.run(command);
    }
}

#[test]
fn no_load_balancer_serves_it_and_nothing_of_the_service_needs_to_be_in_its_zone() {
    let mut it = Reverse::new();
    let (service, load_balancer) = (it.all.service.clone(), it.all.load_balancer.clone());
    let detach = ServiceResource { service: service.clone(), resource: resource("k", &load_balancer) };
    it.all.world.run(Command::DetachResource(detach));
    let endpoint = it.endpoint.clone();
    it.all.world.accept(&service, &endpoint);
    let more = AddEndpointZone { endpoint, zone: new_endpoint_zone("k", &it.all.consumer_k) };
    it.all.world.run(Command::AddEndpointZone(more));
    let row = it.all.world.state.get::<Endpoint>(&it.endpoint).unwrap();
    assert!(row.zones.values().all(|zone| row.is_open(zone) && zone.resource.is_none()));
    let chosen = Command::SetZoneResource(SetZoneResource {
        service,
        at: it.at(),
        load_balancer: Some(load_balancer),
        replacement: Replacement::Force,
    });
    let refusal = Refusal::from(EndpointRefusal::ReverseUnserved(it.endpoint.clone()));
    assert_eq!(it.all.world.refused(chosen), refusal);
    assert_eq!(it.all.world.state.check(), vec![]);
}

#[test]
fn its_bandwidth_cannot_be_limited() {
    let mut it = Reverse::new();
    let (service, endpoint) = (it.all.service.clone(), it.endpoint.clone());
    let (bandwidth, traffic_control) = (Some(500), Some(TrafficControl::BandwidthLimit));
    let limited =
        EnableConnection { service: service.clone(), endpoint: endpoint.clone(), bandwidth, traffic_control };
    let refusal = Refusal::from(EndpointRefusal::ReverseUnlimited(endpoint.clone()));
    assert_eq!(it.all.world.refused(Command::EnableConnection(limited)), refusal);
    it.all.world.accept(&service, &endpoint);
    let later = |traffic_control| {
        let (service, endpoint) = (service.clone(), endpoint.clone());
        Command::UpdateConnection(UpdateConnection { service, endpoint, bandwidth, traffic_control })
    };
    assert_eq!(it.all.world.refused(later(traffic_control)), refusal);
    it.all.world.run(later(Some(TrafficControl::Scalability)));
}

#[test]
fn it_has_no_names_and_no_ipv6() {
    let mut it = Reverse::connected();
    let plan = it.plan();
    let names: Vec<_> = plan.vpcs.values().flat_map(|vpc| vpc.names.keys()).collect();
    assert!(names.iter().any(|name| name.contains(it.all.endpoint.as_str())), "the other one has");
    assert!(!names.iter().any(|name| name.contains(it.endpoint.as_str())), "{names:?}");
    it.all.dual_stack();
    let wanted = CreateEndpoint { ip_version: IpVersion::DualStack, ..new(&it.all) };
    let refusal = Refusal::from(EndpointRefusal::ReverseIpv6);
    assert_eq!(it.all.world.refused(Command::CreateEndpoint(wanted)), refusal);
    let later = Command::UpdateEndpoint(UpdateEndpoint {
        endpoint: it.endpoint.clone(),
        relabel: Relabel::default(),
        zone_affinity: None,
        ip_version: Some(IpVersion::DualStack),
        policy: None,
    });
    assert_eq!(it.all.world.refused(later), refusal);
}

#[test]
fn a_server_behind_it_is_reached_in_its_name_and_belongs_to_its_zone() {
    let it = Reverse::serving();
    assert_eq!(it.servers().last(), Some(&it.behind()));
    let state = &it.all.world.state;
    let (eni, server) = (state.get::<Eni>(&it.eni).unwrap(), it.planned().unwrap().1);
    let instance = state.get::<Eni>(&state.get::<Instance>(&it.all.ecs[0]).unwrap().eni).unwrap();
    assert_eq!((server.port_index, server.zone.clone(), server.port), (instance.port, zone("g"), 8080));
    assert_eq!(server.address.ip(), it.address());
    let PlacePlan::Behind(place) = server.place else { panic!("{server:?}") };
    let plan = it.plan();
    let endpoint = &plan.endpoints[&place.endpoint];
    assert_eq!((endpoint.kind, endpoint.network), (EndpointType::Reverse, place.network));
    assert_eq!((place.source, place.port, place.open), (eni.address, eni.port, true));
    let members = plan.groups.values().find(|group| group.id == it.all.clients).unwrap();
    assert!(members.members.contains(&eni.address), "it comes from a member of the endpoint's group");
}

#[test]
fn servers_are_named_by_interface_and_address() {
    let mut it = Reverse::serving();
    let group = it.all.server_group.clone();
    let other = Target::Behind(it.eni.clone(), Ipv4Addr::new(10, 0, 0, 77));
    it.all.world.run(it.add(other.clone()));
    assert!(matches!(
        it.all.world.refused(it.add(other.clone())),
        Refusal::Server(ServerRefusal::Exists { .. })
    ));
    let reference = |target: &Target| ServerRef { target: target.clone(), port: 8080 };
    let patch = ServerPatch { server: reference(&other), weight: Some(7), description: None };
    let patches = UpdateServers { server_group: group.clone(), servers: vec![patch] };
    it.all.world.run(Command::UpdateServers(patches));
    let row = it.all.world.state.get::<ServerGroup>(&group).unwrap();
    assert_eq!(row.servers.iter().map(|server| server.weight).collect::<Vec<_>>(), [100, 100, 100, 7]);
    let whole = Target::Eni(it.eni.clone());
    let remove =
        |target: &Target| RemoveServers { server_group: group.clone(), servers: vec![reference(target)] };
    let refusal = it.all.world.refused(Command::RemoveServers(remove(&whole)));
    assert_eq!(refusal, Refusal::from(ServerRefusal::NotFound { target: whole.clone(), port: 8080 }));
    it.all.world.run(Command::RemoveServers(remove(&other)));
    assert_eq!(it.servers().last(), Some(&it.behind()));
}

#[test]
fn an_address_that_comes_with_an_interface_of_ones_own_is_the_interface_s() {
    let mut it = Reverse::connected();
    let state = &it.all.world.state;
    let id = state.get::<Instance>(&it.all.ecs[2]).unwrap().eni.clone();
    let own = state.get::<Eni>(&id).unwrap().address;
    let foreign = Ipv4Addr::new(10, 0, 0, 99);
    let refusal = it.all.world.refused(it.add(Target::Behind(id.clone(), foreign)));
    assert_eq!(refusal, Refusal::from(ServerRefusal::Address { address: foreign.into() }));
    it.all.world.run(it.add(Target::Behind(id.clone(), own)));
    assert_eq!(it.servers().last(), Some(&Target::Eni(id.clone())));
    let servers = vec![ServerRef { target: Target::Behind(id, own), port: 8080 }];
    let remove = RemoveServers { server_group: it.all.server_group.clone(), servers };
    it.all.world.run(Command::RemoveServers(remove));
    assert_eq!(it.servers().len(), 2);
}

#[test]
fn what_is_not_behind_a_connected_endpoint_of_an_own_service_is_refused() {
    let mut it = Reverse::new();
    let refusal = it.all.world.refused(it.add(it.behind()));
    assert_eq!(refusal, Refusal::from(ServerRefusal::NotConnected(it.eni.clone())));
    it.all.world.accept(&it.all.service.clone(), &it.endpoint.clone());
    let refusal = it.all.world.refused(it.add(Target::Eni(it.eni.clone())));
    assert_eq!(refusal, Refusal::from(ServerRefusal::NoAddress(it.eni.clone())));
    let outside = Ipv4Addr::new(192, 168, 0, 1);
    let refusal = it.all.world.refused(it.add(Target::Behind(it.eni.clone(), outside)));
    assert_eq!(refusal, Refusal::from(ServerRefusal::Address { address: outside.into() }));
    let interface = it.all.world.state.get::<Endpoint>(&it.all.endpoint).unwrap();
    let eni = interface.zones[&zone("g")].eni.clone();
    let refusal = it.all.world.refused(it.add(Target::Behind(eni.clone(), it.address())));
    assert_eq!(refusal, Refusal::EniServiceManaged(Key::Eni(eni)), "one that leads the other way");
    it.switch(ZoneSwitch::Off);
    let refusal = it.all.world.refused(it.add(it.behind()));
    assert_eq!(refusal, Refusal::from(ServerRefusal::NotConnected(it.eni.clone())));
}

#[test]
fn to_other_accounts_its_interface_is_unknown() {
    let mut it = Reverse::connected();
    it.all.world.account = OTHER;
    let vpc = it.all.world.vpc("10.0.0.0/8");
    let created = it.all.world.run(Command::CreateServerGroup(CreateServerGroup::new(vpc)));
    let Output::ServerGroup(group, _) = created else { panic!("a group") };
    let servers = vec![NewServer::new(it.behind(), 8080)];
    let refusal = it.all.world.refused(Command::AddServers(AddServers { server_group: group, servers }));
    assert_eq!(refusal, Refusal::NotFound(Key::Eni(it.eni.clone())));
}

#[test]
fn its_servers_are_cut_off_while_the_connection_is_denied_or_its_zone_is_off() {
    let mut it = Reverse::serving();
    let (service, endpoint) = (it.all.service.clone(), it.endpoint.clone());
    let health = |it: &Reverse| {
        let observed = it.all.world.observed(Revision(u64::MAX));
        let group = it.all.world.state.get::<ServerGroup>(&it.all.server_group).unwrap();
        let view = View { state: &it.all.world.state, observed: &observed };
        let bad = view.group_health(group).bad;
        let one = bad.into_iter().find(|server| server.target == it.behind()).unwrap();
        (one.status, one.reason)
    };
    let cut_off = (NonNormal::Unhealthy, Some(HealthReason::ConnectFailed));
    assert_eq!((it.is_open(), health(&it)), (true, (NonNormal::Initial, None)));
    it.switch(ZoneSwitch::Off);
    assert_eq!((it.is_open(), health(&it)), (false, cut_off));
    it.switch(ZoneSwitch::On);
    assert_eq!((it.is_open(), health(&it)), (true, (NonNormal::Initial, None)));
    it.all.world.run(Command::DisableConnection(service.clone(), endpoint.clone()));
    assert_eq!((it.is_open(), health(&it)), (false, cut_off));
    it.all.world.accept(&service, &endpoint);
    assert_eq!((it.is_open(), health(&it)), (true, (NonNormal::Initial, None)));
    let address = it.address();
    assert_eq!(it.servers().last(), Some(&Target::Behind(it.eni.clone(), address)), "it stayed in its group");
}

#[test]
fn the_consumer_takes_it_away_whatever_uses_it() {
    let mut it = Reverse::serving();
    it.all.world.run(Command::RemoveEndpointZone(it.at()));
    assert_eq!(it.servers().len(), 2, "its server has left");
    it.all.world.run(Command::DeleteEndpoint(it.endpoint.clone()));
    assert_eq!(it.all.world.state.check(), vec![]);
}

#[test]
fn an_address_that_nobody_has_is_no_server_yet() {
    let mut it = Reverse::connected();
    it.all.world.run(it.add(Target::Behind(it.eni.clone(), Ipv4Addr::new(10, 0, 0, 77))));
    assert_eq!(it.planned(), None);
}
