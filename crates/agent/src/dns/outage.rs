//! Zonal addresses that lead to no healthy server while another zone's do: names leave them out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use model::id::{Network, VipIndex};
use model::net::Family;
use model::plan::{HostPlan, Ipv6Plan, ListenerPlan, NamePlan};

use crate::compile::{self, Health};

/// Names of VPCs without the addresses that are out. A name keeps all of them when none would be left: better a try than
/// a refusal.
pub(super) fn names(plan: &HostPlan, health: &Health) -> BTreeMap<Network, BTreeMap<String, NamePlan>> {
    let of_family = |client| addresses(plan, &vips(plan, health, client), client);
    let out: BTreeSet<_> = Family::ALL.into_iter().flat_map(of_family).collect();
    let of_vpc = |network: &Network, names: &BTreeMap<String, NamePlan>| {
        let without = |name: &NamePlan| {
            let mut name = name.clone();
            let is_left = |address: &IpAddr| !out.contains(&(*network, *address));
            if name.addresses.iter().any(|(address, _)| is_left(address)) {
                name.addresses.retain(|(address, _)| is_left(address));
            }
            name
        };
        names.iter().map(|(name, plan)| (name.clone(), without(plan))).collect()
    };
    plan.vpcs.iter().map(|(network, vpc)| (*network, of_vpc(network, &vpc.names))).collect()
}

/// Zonal addresses of load balancers on which a listener has no healthy server for clients of a family, while the same listener has
/// one in another zone.
fn vips(plan: &HostPlan, health: &Health, client: Family) -> BTreeSet<VipIndex> {
    let mut out = BTreeSet::new();
    for listener in plan.listeners.values() {
        let (served, unserved): (Vec<_>, Vec<_>) =
            listener.vips.iter().copied().partition(|vip| is_served(plan, health, listener, *vip, client));
        if !served.is_empty() {
            out.extend(unserved);
        }
    }
    out
}

fn is_served(
    plan: &HostPlan,
    health: &Health,
    listener: &ListenerPlan,
    vip: VipIndex,
    client: Family,
) -> bool {
    let (Some(vip), Some(group)) = (plan.vips.get(&vip), plan.server_groups.get(&listener.server_group))
    else {
        return false;
    };
    group.servers.iter().any(|(index, server)| {
        server.weight > 0
            && (vip.cross_zone || server.zone == vip.zone)
            && group.serves(client, server)
            && compile::is_healthy(group, health, *index)
    })
}

/// The addresses by which clients of a family know them: the load balancer's own, and those of endpoints.
fn addresses(plan: &HostPlan, vips: &BTreeSet<VipIndex>, client: Family) -> BTreeSet<(Network, IpAddr)> {
    let address = |address: Ipv4Addr, ipv6: Option<Ipv6Plan>| match client {
        Family::Ipv4 => Some(IpAddr::from(address)),
        Family::Ipv6 => ipv6.map(|it| it.address.into()),
    };
    let own = vips.iter().filter_map(|vip| plan.vips.get(vip));
    let own = own.filter_map(|vip| Some((vip.network, address(vip.address, vip.ipv6)?)));
    let zones = plan.endpoints.values().flat_map(|endpoint| {
        let out = endpoint.zones.iter().filter(|zone| zone.vip.is_some_and(|vip| vips.contains(&vip)));
        out.filter_map(|zone| Some((endpoint.network, address(zone.address, zone.ipv6)?)))
    });
    own.chain(zones).collect()
}
