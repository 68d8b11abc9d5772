//! Resources of a connection's zones: chosen, replaced, let go.

use model::command::Command;
use model::command::endpoint::{EndpointZoneRef, SetZoneResource, ZoneSwitch};
use model::command::service::ServiceResource;
use model::endpoint::{Endpoint, Replacement};
use model::id::{LoadBalancerId, VipIndex};
use model::nlb::LoadBalancer;
use model::planner::plan;
use model::refusal::{EndpointRefusal, Refusal};

use crate::support::{Walkthrough, host, resource, zone};

/// An accepted connection, and another NLB that may serve zone g.
fn offered() -> (Walkthrough, LoadBalancerId) {
    let mut it = Walkthrough::new();
    let (provider, g, k) = (it.provider.clone(), it.provider_g.clone(), it.provider_k.clone());
    let spare = it.world.load_balancer(&provider, &[("g", &g), ("k", &k)]);
    it.world.accept(&it.service, &it.endpoint);
    let attach = ServiceResource { service: it.service.clone(), resource: resource("g", &spare) };
    it.world.run(Command::AttachResource(attach));
    (it, spare)
}

fn at(it: &Walkthrough) -> EndpointZoneRef {
    EndpointZoneRef { endpoint: it.endpoint.clone(), zone: zone("g") }
}

fn choose(it: &Walkthrough, load_balancer: Option<&LoadBalancerId>, replacement: Replacement) -> Command {
    let (service, load_balancer) = (it.service.clone(), load_balancer.cloned());
    Command::SetZoneResource(SetZoneResource { service, at: at(it), load_balancer, replacement })
}

fn let_go(it: &Walkthrough) -> Command {
    Command::SwitchZone(ZoneSwitch::LetGo, it.service.clone(), at(it))
}

fn vip(it: &Walkthrough, load_balancer: &LoadBalancerId) -> Option<VipIndex> {
    Some(it.world.state.get::<LoadBalancer>(load_balancer)?.zones[&zone("g")].vip)
}

/// What zone g is planned to be served by, what was replaced there, and the lease.
fn planned(it: &Walkthrough) -> (Option<VipIndex>, Option<VipIndex>, u8) {
    let plan = plan(&it.world.state, &host());
    let zones = plan.endpoints.values().flat_map(|endpoint| &endpoint.zones);
    let g = zones.into_iter().find(|it| it.zone == zone("g")).unwrap();
    (g.vip, g.replaced, g.lease)
}

#[test]
fn what_is_replaced_gracefully_keeps_its_connections_until_it_is_let_go() {
    let (mut it, spare) = offered();
    let (old, new) = (vip(&it, &it.load_balancer), vip(&it, &spare));
    let (served, replaced, lease) = planned(&it);
    assert_eq!((served, replaced), (old, None));
    it.world.run(choose(&it, Some(&spare), Replacement::Graceful));
    assert_eq!(planned(&it), (new, old, lease + 1));
    it.world.run(let_go(&it));
    assert_eq!(planned(&it), (new, None, lease + 1));
}

#[test]
fn what_is_replaced_by_force_keeps_nothing() {
    let (mut it, spare) = offered();
    let lease = planned(&it).2;
    it.world.run(choose(&it, Some(&spare), Replacement::Force));
    assert_eq!(planned(&it), (vip(&it, &spare), None, lease + 1));
    // Nothing changes when what is chosen serves the zone already.
    it.world.run(choose(&it, Some(&spare), Replacement::Force));
    assert_eq!(planned(&it).2, lease + 1);
}

#[test]
fn what_was_replaced_stays_in_the_service_until_it_is_let_go() {
    let (mut it, spare) = offered();
    it.world.run(choose(&it, Some(&spare), Replacement::Graceful));
    let detach = ServiceResource { service: it.service.clone(), resource: resource("g", &it.load_balancer) };
    let refusal = it.world.refused(Command::DetachResource(detach.clone()));
    assert_eq!(refusal, Refusal::ConnectionDependence { endpoint: it.endpoint.clone() });
    it.world.run(let_go(&it));
    it.world.run(Command::DetachResource(detach));
}

#[test]
fn a_zone_that_is_switched_off_lets_go_what_was_replaced() {
    let (mut it, spare) = offered();
    it.world.run(choose(&it, Some(&spare), Replacement::Graceful));
    it.world.run(Command::SwitchZone(ZoneSwitch::Off, it.service.clone(), at(&it)));
    it.world.run(Command::SwitchZone(ZoneSwitch::On, it.service.clone(), at(&it)));
    assert_eq!(planned(&it).1, None);
}

#[test]
fn only_one_resource_can_be_on_its_way_out() {
    let (mut it, spare) = offered();
    it.world.run(choose(&it, Some(&spare), Replacement::Graceful));
    let first = it.load_balancer.clone();
    let refusal = it.world.refused(choose(&it, Some(&first), Replacement::Graceful));
    assert_eq!(refusal, EndpointRefusal::ReplacedStays(zone("g")).into());
    it.world.run(choose(&it, Some(&first), Replacement::Force));
    let refusal = it.world.refused(let_go(&it));
    assert_eq!(refusal, EndpointRefusal::NothingReplaced(zone("g")).into());
}

#[test]
fn what_may_be_chosen_automatically_is_not_chosen_automatically_again() {
    let (mut it, _) = offered();
    let refusal = it.world.refused(choose(&it, None, Replacement::Graceful));
    assert_eq!(refusal, EndpointRefusal::AutomaticAlready(zone("g")).into());
    let endpoint = it.world.state.get::<Endpoint>(&it.endpoint).unwrap();
    assert_eq!(endpoint.zones[&zone("g")].resource, Some(it.load_balancer.clone()));
}

#[test]
fn what_serves_another_zone_alone_is_told_from_what_serves_none() {
    let (mut it, spare) = offered();
    let service = it.service.clone();
    it.world.run(Command::DetachResource(ServiceResource {
        service: service.clone(),
        resource: resource("g", &spare),
    }));
    let refusal = it.world.refused(choose(&it, Some(&spare), Replacement::Graceful));
    assert!(matches!(refusal, Refusal::ResourceNotFound { .. }));
    it.world.run(Command::AttachResource(ServiceResource { service, resource: resource("k", &spare) }));
    let refusal = it.world.refused(choose(&it, Some(&spare), Replacement::Graceful));
    let elsewhere = EndpointRefusal::ResourceElsewhere { load_balancer: spare, zone: zone("g") };
    assert_eq!(refusal, elsewhere.into());
}
