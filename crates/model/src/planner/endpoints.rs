//! Endpoints.

use std::collections::BTreeMap;

use crate::endpoint::{Endpoint, EndpointZone};
use crate::id::{EndpointIndex, LoadBalancerId, VipIndex, ZoneId};
use crate::instance::Eni;
use crate::nlb::LoadBalancer;
use crate::plan::{EndpointPlan, EndpointZonePlan};
use crate::planner::ports::{indexes, ipv6};
use crate::planner::rows;
use crate::state::State;
use crate::vpc::Vpc;

pub(super) fn endpoints(state: &State) -> BTreeMap<EndpointIndex, EndpointPlan> {
    rows(&state.tables().endpoints).filter_map(|row| Some((row.index, endpoint(state, row)?))).collect()
}

fn endpoint(state: &State, row: &Endpoint) -> Option<EndpointPlan> {
    Some(EndpointPlan {
        id: row.id.clone(),
        kind: row.kind,
        network: state.get::<Vpc>(&row.vpc)?.network,
        service: row.service.clone(),
        connection: row.connection.network,
        bandwidth: row.connection.limit(),
        groups: indexes(state, &row.security_groups),
        zones: row.zones.iter().filter_map(|(id, zone)| zone_plan(state, row, id, zone)).collect(),
    })
}

fn zone_plan(
    state: &State,
    endpoint: &Endpoint,
    id: &ZoneId,
    zone: &EndpointZone,
) -> Option<EndpointZonePlan> {
    Some(EndpointZonePlan {
        zone: id.clone(),
        eni: zone.eni.clone(),
        port: state.get::<Eni>(&zone.eni)?.port,
        address: state.get::<Eni>(&zone.eni)?.address,
        ipv6: ipv6(state.get::<Eni>(&zone.eni)?).next(),
        vip: vip(state, id, endpoint.serving(zone).as_ref()),
        replaced: vip(state, id, zone.replaced.as_ref()),
        lease: zone.lease,
        open: endpoint.is_open(zone),
    })
}

fn vip(state: &State, zone: &ZoneId, load_balancer: Option<&LoadBalancerId>) -> Option<VipIndex> {
    Some(state.get::<LoadBalancer>(load_balancer?)?.zones.get(zone)?.vip)
}
