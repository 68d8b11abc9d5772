//! Routes, and what those to whom they lead may send.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::id::{EniId, TableIndex, VpcId};
use crate::instance::{Eni, Instance};
use crate::plan::{RoutePlan, SourcePlan};
use crate::planner::rows;
use crate::route::{NextHop, RouteTable, SERVICES};
use crate::state::State;
use crate::vpc::{VSwitch, Vpc};

const EVERYWHERE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0);

/// Tables of a VPC that lead somewhere.
pub(super) fn tables(state: &State, vpc: &VpcId) -> BTreeMap<TableIndex, Vec<RoutePlan>> {
    let leading = state.route_tables_of(vpc).filter(|table| leads(table));
    leading.map(|table| (table.index, routes(state, table))).collect()
}

fn leads(table: &RouteTable) -> bool {
    !table.entries.is_empty()
}

fn routes(state: &State, table: &RouteTable) -> Vec<RoutePlan> {
    let system = state.vswitches_of(&table.vpc).map(|vswitch| vswitch.cidr.net()).chain([SERVICES]);
    let system = system.map(|range| RoutePlan { range, via: None });
    let custom = table.entries.iter().map(|(range, entry)| {
        let via = eni_of(state, &entry.next_hop).filter(|eni| eni.instance().is_some());
        RoutePlan { range: *range, via: via.map(|eni| eni.address) }
    });
    system.chain(custom).collect()
}

fn eni_of<'a>(state: &'a State, next_hop: &NextHop) -> Option<&'a Eni> {
    let id = match next_hop {
        NextHop::Instance(id) => &state.get::<Instance>(id)?.eni,
        NextHop::Eni(id) => id,
    };
    state.get::<Eni>(id).map(AsRef::as_ref)
}

/// The table that holds for a vSwitch, when it leads somewhere.
pub(super) fn table_of(state: &State, vswitch: &VSwitch) -> Option<TableIndex> {
    let id = match &vswitch.route_table {
        Some(id) => id,
        None => &state.get::<Vpc>(&vswitch.vpc)?.route_table,
    };
    state.get::<RouteTable>(id).filter(|table| leads(table)).map(|table| table.index)
}

/// The destinations of all routes, by the interface that they lead to.
pub(super) fn destinations(state: &State) -> BTreeMap<EniId, Vec<Ipv4Net>> {
    let mut destinations: BTreeMap<EniId, Vec<Ipv4Net>> = BTreeMap::new();
    for (range, entry) in rows(&state.tables().route_tables).flat_map(|table| &table.entries) {
        if let Some(eni) = eni_of(state, &entry.next_hop) {
            destinations.entry(eni.id.clone()).or_default().push(*range);
        }
    }
    destinations
}

/// Foreign addresses that an interface may send from: those that a route leads to it, but nobody's in the VPC.
pub(super) fn sources(state: &State, eni: &Eni, destinations: &[Ipv4Net]) -> Vec<SourcePlan> {
    if !eni.source_dest_check {
        return vec![SourcePlan { range: EVERYWHERE, allowed: true }];
    }
    if destinations.is_empty() {
        return Vec::new();
    }
    let own = state.vswitches_of(&eni.vpc).map(|vswitch| vswitch.cidr.net()).chain([SERVICES]);
    let own = own.map(|range| SourcePlan { range, allowed: false });
    own.chain(destinations.iter().map(|range| SourcePlan { range: *range, allowed: true })).collect()
}
