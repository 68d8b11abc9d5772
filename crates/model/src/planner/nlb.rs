//! Zonal addresses of NLBs, listeners and server groups.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use crate::endpoint::Endpoint;
use crate::id::{EniId, ListenerIndex, ServerGroupIndex, ServerIndex, VipIndex, VpcId};
use crate::instance::{Eni, EniOwner, Instance};
use crate::net::Transport;
use crate::nlb::{
    IpVersion, IpVersionAffinity, Listener, ListenerProtocol, LoadBalancer, Server, ServerGroup, Target,
};
use crate::plan::{
    AddressPlan, BehindPlan, Ipv6Plan, ListenerPlan, LocalPlan, PlacePlan, ServerGroupPlan, ServerPlan,
    VipPlan,
};
use crate::planner::ports::{indexes, ipv6};
use crate::planner::{rows, tls};
use crate::relations::Claim;
use crate::state::State;
use crate::tables::Key;
use crate::vpc::{VSwitch, Vpc};

pub(super) fn vips(state: &State) -> BTreeMap<VipIndex, VipPlan> {
    rows(&state.tables().load_balancers).flat_map(|row| vips_of(state, row)).collect()
}

fn vips_of(state: &State, row: &LoadBalancer) -> Vec<(VipIndex, VipPlan)> {
    let plan = |(zone, mapping): (&crate::id::ZoneId, &crate::nlb::ZoneMapping)| {
        let eni = state.get::<Eni>(&mapping.eni)?;
        let (local, zonal): (Vec<_>, Vec<_>) =
            ipv6(eni).partition(|it| mapping.local_ipv6.contains(&it.address));
        let vip = VipPlan {
            load_balancer: row.id.clone(),
            network: state.get::<Vpc>(&row.vpc)?.network,
            zone: zone.clone(),
            address: eni.address,
            ipv6: zonal.first().copied(),
            local: LocalPlan { ipv4: mapping.local.clone(), ipv6: local },
            cross_zone: row.cross_zone,
            groups: indexes(state, &row.security_groups),
            cps: row.cps,
        };
        Some((mapping.vip, vip))
    };
    row.zones.iter().filter_map(plan).collect()
}

/// Listeners that are to forward.
fn active(state: &State) -> impl Iterator<Item = (&Listener, Transport)> {
    let transport = |listener: &Listener| match listener.protocol.value {
        ListenerProtocol::Tcp | ListenerProtocol::TcpSsl => Transport::Tcp,
        ListenerProtocol::Udp => Transport::Udp,
    };
    let enabled = rows(&state.tables().listeners).filter(|listener| listener.enabled);
    enabled.map(move |listener| (listener, transport(listener)))
}

pub(super) fn listeners(state: &State) -> BTreeMap<ListenerIndex, ListenerPlan> {
    let plan = |(row, protocol): (&Listener, Transport)| {
        let load_balancer = state.get::<LoadBalancer>(&row.load_balancer)?;
        let tls = match &row.tls {
            Some(tls) => Some(tls::tls(state, tls)?),
            None => None,
        };
        let plan = ListenerPlan {
            id: row.id.clone(),
            vips: load_balancer.zones.values().map(|mapping| mapping.vip).collect(),
            protocol,
            ports: row.ports,
            server_group: state.get::<ServerGroup>(&row.server_group)?.index,
            idle_timeout: row.idle_timeout,
            cps: row.cps,
            mss: row.mss,
            proxy_protocol: row.proxy_protocol.enabled.then_some(row.proxy_protocol),
            tls,
        };
        Some((row.index, plan))
    };
    active(state).filter_map(plan).collect()
}

/// Server groups that an active listener uses.
pub(super) fn server_groups(state: &State) -> BTreeMap<ServerGroupIndex, ServerGroupPlan> {
    let used: BTreeSet<_> = active(state).map(|(listener, _)| &listener.server_group).collect();
    let groups = used.into_iter().filter_map(|id| state.get::<ServerGroup>(id));
    groups.map(|group| (group.index, server_group(state, group))).collect()
}

pub(crate) fn server_group(state: &State, row: &ServerGroup) -> ServerGroupPlan {
    ServerGroupPlan {
        id: row.id.clone(),
        scheduler: row.scheduler.value,
        ip_version_affinity: match (row.ip_version.value, row.ip_version_affinity) {
            (IpVersion::DualStack, IpVersionAffinity::Affinity) => true,
            (IpVersion::DualStack, IpVersionAffinity::NonAffinity) | (IpVersion::Ipv4, _) => false,
        },
        preserve_client_ip: row.preserve_client_ip,
        drain_seconds: row.drain.enabled.then_some(row.drain.seconds),
        health_check: row.health_check.clone(),
        servers: row.servers.iter().filter_map(|server| server_plan(state, row, server)).collect(),
    }
}

fn server_plan(state: &State, group: &ServerGroup, server: &Server) -> Option<(ServerIndex, ServerPlan)> {
    let eni = match &server.target {
        Target::Ecs(id) | Target::EcsIpv6(id, _) => state.get::<Instance>(id)?.eni.clone(),
        Target::Eni(id) | Target::EniIpv6(id, _) => id.clone(),
        Target::Ip(address) => holder(state, &group.vpc, *address)?,
        Target::Behind(eni, address) => return behind(state, server, eni, *address),
    };
    let eni = attached(state, &eni)?;
    let plan = ServerPlan {
        port_index: eni.port,
        zone: state.get::<VSwitch>(&eni.vswitch)?.zone.clone(),
        address: address(eni, &server.target)?,
        port: server.port,
        weight: server.weight,
        place: PlacePlan::Own,
    };
    Some((server.index, plan))
}

/// A server in a consumer's VPC is in the zone of the interface that it is behind.
fn behind(
    state: &State,
    server: &Server,
    id: &EniId,
    address: Ipv4Addr,
) -> Option<(ServerIndex, ServerPlan)> {
    let eni = state.get::<Eni>(id)?;
    let EniOwner::Endpoint(endpoint) = &eni.owner else { return None };
    let endpoint = state.get::<Endpoint>(endpoint)?;
    let (zone, at) = endpoint.zones.iter().find(|(_, zone)| zone.eni == *id)?;
    let place = BehindPlan {
        endpoint: endpoint.index,
        network: state.get::<Vpc>(&eni.vpc)?.network,
        source: eni.address,
        port: eni.port,
        open: endpoint.is_open(at),
    };
    let plan = ServerPlan {
        port_index: attached(state, &holder(state, &eni.vpc, address.into())?)?.port,
        zone: zone.clone(),
        address: address.into(),
        port: server.port,
        weight: server.weight,
        place: PlacePlan::Behind(place),
    };
    Some((server.index, plan))
}

/// The address by which a server is reached at its interface; `None` = the interface does not have it.
fn address(eni: &Eni, target: &Target) -> Option<AddressPlan> {
    match (target, target.ipv6()) {
        (_, Some(address)) => {
            let index = *eni.ipv6.get(&address)?;
            Some(AddressPlan::Ipv6(Ipv6Plan { index, address }))
        }
        (Target::Ip(IpAddr::V4(address)), None) => Some((*address).into()),
        (_, None) => Some(eni.address.into()),
    }
}

/// Who has an address of a VPC; one that nobody has is no server yet.
fn holder(state: &State, vpc: &VpcId, address: IpAddr) -> Option<EniId> {
    let claim = match address {
        IpAddr::V4(address) => Claim::Address(vpc.clone(), address),
        IpAddr::V6(address) => Claim::Ipv6Address(address),
    };
    let Key::Eni(id) = state.holder(&claim)? else { return None };
    Some(id.clone())
}

/// An interface that an instance has.
fn attached<'a>(state: &'a State, id: &EniId) -> Option<&'a Eni> {
    state.get::<Eni>(id).map(AsRef::as_ref).filter(|eni| eni.instance().is_some())
}
