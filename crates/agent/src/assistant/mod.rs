//! The cloud assistant of this host's instances: carries out what is planned, each script on each instance at most once.
//!
//! A script is noted on disk before it begins and when it has ended. What began and did not end before the agent did is
//! ended and reported as interrupted: what it has done by then is not known, so it is not run again.

mod journal;
mod run;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::id::{InstanceId, InvocationId};
use model::plan::{HostPlan, InvocationPlan};
use model::report::{InstanceState, TaskEnd, TaskReport, TaskResult};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::clock::now;
use crate::config::AgentConfig;
use crate::instance::Instances;
use crate::instances::Reports;
use journal::Journal;

/// What instances do about invocations.
pub type Tasks = BTreeMap<InvocationId, BTreeMap<InstanceId, TaskReport>>;

/// One script on one instance.
type Task = (InvocationId, InstanceId);

/// Time after which it is looked whether something can no longer begin.
const INTERVAL: Duration = Duration::from_secs(1);

/// Follows `plans` until they end. `instances` tells which instances run.
pub async fn keep(
    config: AgentConfig,
    mut plans: watch::Receiver<Option<Arc<HostPlan>>>,
    mut instances: watch::Receiver<Reports>,
    tasks: watch::Sender<Tasks>,
) {
    let mut keeper = Keeper::new(&config, tasks);
    keeper.take_up().await;
    let mut clock = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            changed = plans.changed() => if changed.is_err() { return },
            changed = instances.changed() => if changed.is_err() { return },
            _ = clock.tick() => {},
            Some(ended) = keeper.turns.join_next(), if !keeper.turns.is_empty() => {
                if let Ok((task, result)) = ended {
                    keeper.running.remove(&task);
                    keeper.tell(task, TaskReport::Ended(result));
                }
            }
        }
        let Some(plan) = plans.borrow_and_update().clone() else { continue };
        let reports = instances.borrow_and_update().clone();
        keeper.pass(&plan, &reports).await;
    }
}

struct Keeper {
    instances: Instances,
    journal: Journal,
    tasks: watch::Sender<Tasks>,
    /// What runs, and how it is told to stop.
    running: BTreeMap<Task, Option<oneshot::Sender<()>>>,
    turns: JoinSet<(Task, TaskResult)>,
}

/// What is to be done about a task that has not begun.
enum Next {
    Begin,
    Wait,
    End(TaskEnd),
}

impl Keeper {
    fn new(config: &AgentConfig, tasks: watch::Sender<Tasks>) -> Self {
        Self {
            instances: Instances::new(&config.state_dir, &config.run_dir),
            journal: Journal::new(&config.state_dir),
            tasks,
            running: BTreeMap::new(),
            turns: JoinSet::new(),
        }
    }

    /// What earlier agents have noted. What they left running is ended.
    async fn take_up(&mut self) {
        let (journal, instances) = (self.journal.clone(), self.instances.clone());
        let load = move || {
            let left = |(invocation, instance): &Task| instances.end_task(instance, invocation.as_str());
            journal.load(now(), left)
        };
        let Ok(noted) = tokio::task::spawn_blocking(load).await else { return };
        for (task, result) in noted {
            self.tell(task, TaskReport::Ended(result));
        }
    }

    fn tell(&self, (invocation, instance): Task, report: TaskReport) {
        self.tasks.send_modify(|all| {
            all.entry(invocation).or_default().insert(instance, report);
        });
    }

    async fn pass(&mut self, plan: &HostPlan, reports: &Reports) {
        for (id, invocation) in &plan.invocations {
            for instance in &invocation.instances {
                let task = (id.clone(), instance.clone());
                let stopped = invocation.stopped.contains(instance);
                if let Some(stop) = self.running.get_mut(&task) {
                    // One that has just ended hears nothing any more.
                    let _ = stop.take_if(|_| stopped).map(|stop| stop.send(()));
                } else if !self.is_known(&task) {
                    self.consider(task, invocation, next(plan, reports, instance, invocation)).await;
                }
            }
        }
        self.forget(plan).await;
    }

    fn is_known(&self, (invocation, instance): &Task) -> bool {
        self.tasks.borrow().get(invocation).is_some_and(|tasks| tasks.contains_key(instance))
    }

    async fn consider(&mut self, task: Task, invocation: &InvocationPlan, next: Next) {
        match next {
            Next::Wait => {}
            Next::End(end) => {
                let result =
                    TaskResult { end, started: None, finished: now(), output: "".into(), dropped: 0 };
                self.journal.end(task.clone(), result.clone()).await;
                self.tell(task, TaskReport::Ended(result));
            }
            Next::Begin => {
                let (stop, stopped) = oneshot::channel();
                self.running.insert(task.clone(), Some(stop));
                self.tell(task.clone(), TaskReport::Running(now()));
                let (instances, journal) = (self.instances.clone(), self.journal.clone());
                self.turns.spawn(run::run(instances, journal, task, invocation.clone(), stopped));
            }
        }
    }

    /// What is planned no more is nobody's concern, once it has ended.
    async fn forget(&mut self, plan: &HostPlan) {
        for task in self.unplanned(plan) {
            if let Some(stop) = self.running.get_mut(&task) {
                let _ = stop.take().map(|stop| stop.send(()));
                continue;
            }
            self.journal.forget(task.clone()).await;
            self.tasks.send_modify(|all| {
                let tasks = all.entry(task.0.clone()).or_default();
                tasks.remove(&task.1);
                if tasks.is_empty() {
                    all.remove(&task.0);
                }
            });
        }
    }

    fn unplanned(&self, plan: &HostPlan) -> Vec<Task> {
        let is_planned = |(invocation, instance): &Task| {
            plan.invocations.get(invocation).is_some_and(|it| it.instances.contains(instance))
        };
        let all = self.tasks.borrow();
        let known = all.iter().flat_map(|(id, tasks)| tasks.keys().map(|it| (id.clone(), it.clone())));
        known.filter(|task| !is_planned(task)).collect()
    }
}

fn next(plan: &HostPlan, reports: &Reports, id: &InstanceId, invocation: &InvocationPlan) -> Next {
    let Some(instance) = plan.instances.get(id) else { return Next::Wait };
    let runs = reports
        .get(id)
        .is_some_and(|report| report.state == InstanceState::Running && report.boot == instance.boot);
    if invocation.stopped.contains(id) {
        Next::End(TaskEnd::Cancelled)
    } else if !instance.running {
        Next::End(TaskEnd::InstanceNotRunning)
    } else if now() > invocation.begins_until {
        Next::End(TaskEnd::NotDelivered)
    } else if runs {
        Next::Begin
    } else {
        Next::Wait
    }
}
