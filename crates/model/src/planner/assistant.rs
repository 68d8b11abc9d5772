//! What instances carry out.

use std::collections::BTreeMap;

use crate::assistant::Invocation;
use crate::id::{HostId, InstanceId, InvocationId};
use crate::instance::Instance;
use crate::plan::InvocationPlan;
use crate::planner::rows;
use crate::state::State;

/// What has ended is planned too, until it is forgotten: the host keeps results as long as it is told of them.
pub(super) fn invocations(state: &State, host: &HostId) -> BTreeMap<InvocationId, InvocationPlan> {
    let here = |id: &&InstanceId| state.get::<Instance>(id).is_some_and(|row| row.host == *host);
    let plan = |row: &Invocation| InvocationPlan {
        content: row.script.filled(&row.values),
        working_dir: row.script.working_dir.as_str().to_owned(),
        timeout: row.script.timeout,
        begins_until: row.begins_until(),
        instances: row.instances.iter().filter(here).cloned().collect(),
        stopped: row.stopped.iter().filter(here).cloned().collect(),
    };
    let plans = rows(&state.tables().invocations).map(|row| (row.id.clone(), plan(row)));
    plans.filter(|(_, plan)| !plan.instances.is_empty()).collect()
}
