//! VPCs: gateways and names.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::endpoint::{Endpoint, EndpointType};
use crate::id::{EniId, Network, VpcId, ZoneId};
use crate::instance::Eni;
use crate::names;
use crate::nlb::{LoadBalancer, ZoneMapping};
use crate::plan::{NamePlan, VpcPlan, ZonePlan};
use crate::planner::{routes, rows};
use crate::private_zone::PrivateZone;
use crate::service::EndpointService;
use crate::state::State;

pub(super) fn vpcs(state: &State) -> BTreeMap<Network, VpcPlan> {
    let region = &state.settings().region;
    let plan = |vpc: &crate::vpc::Vpc| VpcPlan {
        id: vpc.id.clone(),
        owner: vpc.meta.owner,
        range: vpc.cidr.net(),
        gateways: state.vswitches_of(&vpc.id).map(|vswitch| vswitch.cidr.gateway()).collect(),
        tables: routes::tables(state, &vpc.id),
        names: names_in(state, region, &vpc.id),
        zones: state
            .private_zones_of(&vpc.id)
            .map(|zone| (zone.domain.to_string(), zone_plan(zone)))
            .collect(),
    };
    rows(&state.tables().vpcs).map(|vpc| (vpc.network, plan(vpc))).collect()
}

fn names_in(state: &State, region: &str, vpc: &VpcId) -> BTreeMap<String, NamePlan> {
    let balancers = state.load_balancers_of(vpc).map(|row| balancer_name(state, region, row));
    // Nothing listens at the addresses of a Reverse one.
    let named = state.endpoints_of(vpc).filter(|row| row.kind == EndpointType::Interface);
    let endpoints = named.flat_map(|row| endpoint_names(state, region, row));
    let named = balancers.chain(endpoints).filter(|(_, plan)| !plan.addresses.is_empty());
    named.map(|(name, plan)| (name.to_ascii_lowercase(), plan)).collect()
}

fn zone_plan(zone: &PrivateZone) -> ZonePlan {
    let mut plan = ZonePlan { proxy: zone.proxy, records: BTreeMap::new() };
    for record in zone.records.values().filter(|record| record.enabled) {
        let of_name = plan.records.entry(record.host.within(&zone.domain)).or_default();
        of_name.push((record.data.clone(), record.ttl));
    }
    plan
}

fn balancer_name(state: &State, region: &str, row: &LoadBalancer) -> (String, NamePlan) {
    let named = row.zones.iter().filter(|(_, mapping)| !mapping.shifted);
    let of_zone = |(zone, mapping): (&ZoneId, &ZoneMapping)| {
        let eni = state.get::<Eni>(&mapping.eni)?;
        let ipv6 = mapping.zonal_ipv6(eni).map(IpAddr::from);
        let all = [eni.address.into()].into_iter().chain(ipv6);
        Some(all.map(|address| (address, zone.clone())).collect::<Vec<_>>())
    };
    let plan = NamePlan { addresses: named.filter_map(of_zone).flatten().collect(), zone_affinity: false };
    (names::load_balancer_domain(region, &row.id), plan)
}

fn endpoint_names(state: &State, region: &str, row: &Endpoint) -> Vec<(String, NamePlan)> {
    let of_service = state.get::<EndpointService>(&row.service).is_some_and(|service| service.zone_affinity);
    let zone_affinity = of_service || row.zone_affinity;
    let on = row.zones.values().any(|it| it.enabled);
    let all = row.zones.iter().filter(|(_, it)| it.enabled || !on).map(|(zone, it)| (zone, &it.eni));
    let all = NamePlan { addresses: addresses(state, all), zone_affinity };
    let zonal = row.zones.iter().map(|(zone, it)| {
        let name = names::zone_domain(region, &row.service, &row.id, zone);
        (name, NamePlan { addresses: addresses(state, [(zone, &it.eni)]), zone_affinity: false })
    });
    zonal.chain([(names::endpoint_domain(region, &row.service, &row.id), all)]).collect()
}

fn addresses<'a>(
    state: &State,
    zones: impl IntoIterator<Item = (&'a ZoneId, &'a EniId)>,
) -> Vec<(IpAddr, ZoneId)> {
    let of_zone = |(zone, eni): (&ZoneId, &EniId)| {
        let eni = state.get::<Eni>(eni)?;
        let ipv6 = eni.ipv6.keys().copied().map(IpAddr::from);
        let all = [eni.address.into()].into_iter().chain(ipv6);
        Some(all.map(|address| (address, zone.clone())).collect::<Vec<_>>())
    };
    zones.into_iter().filter_map(of_zone).flatten().collect()
}
