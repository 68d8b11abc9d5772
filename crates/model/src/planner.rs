//! The planner: what one host must make true, as a function of the state. It makes every choice that is left.

mod assistant;
mod endpoints;
pub(crate) mod nlb;
mod ports;
mod routes;
mod tls;
mod vpcs;

use std::sync::Arc;

use crate::id::HostId;
use crate::plan::HostPlan;
use crate::state::State;
use crate::tables::Table;

/// What the host must make true. Total: every state has a plan for every host.
pub fn plan(state: &State, host: &HostId) -> HostPlan {
    HostPlan {
        revision: state.revision(),
        host: host.clone(),
        vpcs: vpcs::vpcs(state),
        ports: ports::ports(state, host),
        instances: ports::instances(state, host),
        invocations: assistant::invocations(state, host),
        groups: ports::groups(state),
        vips: nlb::vips(state),
        listeners: nlb::listeners(state),
        server_groups: nlb::server_groups(state),
        endpoints: endpoints::endpoints(state),
    }
}

/// Every row of a table.
fn rows<K: Ord, V>(table: &Table<K, V>) -> impl Iterator<Item = &V> {
    table.values().map(Arc::as_ref)
}
