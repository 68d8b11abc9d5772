//! Zonal addresses of NLBs, listeners and server groups.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{EniId, ListenerIndex, ServerGroupIndex, ServerIndex, VipIndex};
use crate::instance::{Eni, Instance};
use crate::net::Transport;
use crate::nlb::{Listener, ListenerProtocol, LoadBalancer, Server, ServerGroup, Target};
use crate::plan::{ListenerPlan, ServerGroupPlan, ServerPlan, VipPlan};
use crate::planner::ports::indexes;
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
        let vip = VipPlan {
            load_balancer: row.id.clone(),
            network: state.get::<Vpc>(&row.vpc)?.network,
            zone: zone.clone(),
            address: state.get::<Eni>(&mapping.eni)?.address,
            ipv6: None,
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
        preserve_client_ip: row.preserve_client_ip,
        drain_seconds: row.drain.enabled.then_some(row.drain.seconds),
        health_check: row.health_check.clone(),
        servers: row.servers.iter().filter_map(|server| server_plan(state, row, server)).collect(),
    }
}

fn server_plan(state: &State, group: &ServerGroup, server: &Server) -> Option<(ServerIndex, ServerPlan)> {
    let eni = server_eni(state, group, &server.target)?;
    let plan = ServerPlan {
        port_index: eni.port,
        zone: state.get::<VSwitch>(&eni.vswitch)?.zone.clone(),
        address: if let Target::Ip(address) = server.target { address } else { eni.address }.into(),
        port: server.port,
        weight: server.weight,
    };
    Some((server.index, plan))
}

/// The interface of the instance behind a server; an address that no instance has is no server yet.
fn server_eni<'a>(state: &'a State, group: &ServerGroup, target: &Target) -> Option<&'a Eni> {
    let id: EniId = match target {
        Target::Ecs(id) => state.get::<Instance>(id)?.eni.clone(),
        Target::Eni(id) => id.clone(),
        Target::Ip(address) => {
            let holder = state.holder(&Claim::Address(group.vpc.clone(), *address))?;
            let Key::Eni(id) = holder else { return None };
            id.clone()
        }
    };
    let eni = state.get::<Eni>(&id)?;
    eni.instance().is_some().then_some(eni)
}
