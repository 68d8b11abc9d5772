//! Keeps instances as the plan says, each on its own: a slow one (a stop takes up to five seconds) holds up no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use model::id::InstanceId;
use model::plan::{HostPlan, InstancePlan};
use model::report::{InstanceReport, InstanceState};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::AgentConfig;
use crate::instance::{InstanceSpec, Instances};

/// What every instance does.
pub type Reports = BTreeMap<InstanceId, InstanceReport>;

/// Time after which an instance is looked at again though nothing asked for it: its process may have ended.
const INTERVAL: Duration = Duration::from_secs(2);

/// One instance's turn is over: its report, `None` when it was removed.
type Turn = (InstanceId, Option<InstanceReport>);

/// Follows `plans` (whose namespaces exist) until they end.
pub async fn keep(
    config: AgentConfig,
    mut plans: watch::Receiver<Option<Arc<HostPlan>>>,
    reports: watch::Sender<Reports>,
) {
    let instances = Instances::new(&config.state_dir, &config.run_dir);
    announce(&instances, &reports).await;
    let mut turns: JoinSet<Turn> = JoinSet::new();
    let mut busy = BTreeSet::new();
    let mut clock = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            changed = plans.changed() => if changed.is_err() { return },
            _ = clock.tick() => {},
            Some(ended) = turns.join_next(), if !turns.is_empty() => {
                let Ok((id, report)) = ended else { continue };
                busy.remove(&id);
                publish(&reports, id, report);
                continue;
            }
        }
        let Some(plan) = plans.borrow_and_update().clone() else { continue };
        begin_turns(&config, &instances, &plan, &mut busy, &mut turns).await;
    }
}

/// Containers that outlived the last agent are known before their first turn.
async fn announce(instances: &Instances, reports: &watch::Sender<Reports>) {
    let observer = instances.clone();
    if let Ok(Ok(present)) = tokio::task::spawn_blocking(move || observer.observe()).await {
        reports.send_replace(present);
    }
}

/// Gives every instance a turn that has none now.
async fn begin_turns(
    config: &AgentConfig,
    instances: &Instances,
    plan: &Arc<HostPlan>,
    busy: &mut BTreeSet<InstanceId>,
    turns: &mut JoinSet<Turn>,
) {
    for (id, instance) in &plan.instances {
        if busy.insert(id.clone()) {
            let (config, instances, id) = (config.clone(), instances.clone(), id.clone());
            let (plan, instance) = (Arc::clone(plan), instance.clone());
            turns.spawn_blocking(move || {
                (id.clone(), Some(ensure(&config, &instances, &plan, &id, &instance)))
            });
        }
    }
    let observer = instances.clone();
    let observed = tokio::task::spawn_blocking(move || observer.observe()).await;
    let Ok(Ok(present)) = observed else { return };
    for id in present.into_keys().filter(|id| !plan.instances.contains_key(id)) {
        if busy.insert(id.clone()) {
            let instances = instances.clone();
            turns.spawn_blocking(move || remove(&instances, id));
        }
    }
}

fn ensure(
    config: &AgentConfig,
    instances: &Instances,
    plan: &HostPlan,
    id: &InstanceId,
    instance: &InstancePlan,
) -> InstanceReport {
    let Some(port) = plan.ports.get(&instance.port) else {
        let state = InstanceState::Failed("its network interface is not in the plan".to_owned());
        return InstanceReport { state, boot: instance.boot };
    };
    let netns = config.instance(id);
    if !netns.exists() {
        return InstanceReport { state: InstanceState::Starting, boot: instance.boot };
    }
    instances.ensure(&InstanceSpec { id, plan: instance, address: port.address, netns: &netns.path() })
}

fn remove(instances: &Instances, id: InstanceId) -> Turn {
    match instances.remove(&id) {
        Ok(()) => (id, None),
        Err(error) => {
            let state = InstanceState::Failed(crate::reconcile::in_full(&error));
            (id, Some(InstanceReport { state, boot: 0 }))
        }
    }
}

fn publish(reports: &watch::Sender<Reports>, id: InstanceId, report: Option<InstanceReport>) {
    reports.send_if_modified(|all| match report {
        Some(report) => all.insert(id, report.clone()).as_ref() != Some(&report),
        None => all.remove(&id).is_some(),
    });
}
