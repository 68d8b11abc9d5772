//! The agent: follows plans, keeps the host equal to the newest, says what it has made true.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::id::{Revision, ServerIndex};
use model::plan::HostPlan;
use model::report::{HealthReport, InstanceReport, InstanceState, Report};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::assistant::{self, Tasks};
use crate::compile::Health;
use crate::config::AgentConfig;
use crate::dns::NamesView;
use crate::flows::{self, Flows};
use crate::instances::{self, Reports};
use crate::kernel::programs::Attachment;
use crate::plan_cache::{self, CacheError, PlanCache, PlanKey};
use crate::probe::{Prober, Probes};
use crate::proxy;
use crate::reconcile::{Pass, Reconciler};
use crate::services::{self, Services};
use crate::sweep::{self, Sweeper};
use crate::work::Work;

/// Time after which the host is compared with the plan though nothing changed.
const INTERVAL: Duration = Duration::from_secs(3);

/// Why an agent ended.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// A reconciliation panicked; what is in the kernel stays as it is.
    #[error("the agent met a state it cannot handle; the data plane goes on as it is")]
    Panicked(#[source] tokio::task::JoinError),
}

/// What an agent shows of itself while it runs.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its passes.
    pub work: Arc<Work>,
    /// The last probes of servers.
    pub probes: Arc<Probes>,
}

/// Follows `plans` and sends a report after every pass, until `shutdown`. The data plane stays: `down` takes it away.
/// Begins with the last plan on disk when none has come yet; `key` seals what of it is secret.
///
/// # Errors
/// Only when a pass panics; everything else is a fault in the report and is tried again.
pub async fn run(
    config: AgentConfig,
    key: PlanKey,
    mut plans: watch::Receiver<Option<Arc<HostPlan>>>,
    reports: watch::Sender<Option<Report>>,
    seen: Seen,
    shutdown: impl Future<Output = ()>,
) -> Result<(), AgentError> {
    let mut agent = Agent::new(config, key, seen);
    let mut clock = tokio::time::interval(INTERVAL);
    let mut sweeps = tokio::time::interval(sweep::INTERVAL);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => { agent.keep_plan(); return Ok(()) }
            _ = sweeps.tick() => { agent.sweep(); continue }
            _ = clock.tick() => {}
            Ok(()) = plans.changed() => {}
            Ok(()) = agent.health.changed() => {}
            Ok(()) = agent.instances.changed() => { agent.report(&reports); continue }
            Ok(()) = agent.tasks.changed() => { agent.report(&reports); continue }
        }
        let newest = plans.borrow_and_update().clone();
        agent.take(newest);
        if agent.pass().await? {
            clock.reset_immediately();
        }
        agent.report(&reports);
    }
}

struct Agent {
    config: AgentConfig,
    cache: PlanCache,
    plan: Option<Arc<HostPlan>>,
    observed: Revision,
    faults: Vec<String>,
    reconciler: Option<Reconciler>,
    prober: Prober,
    proxy: proxy::Keeper,
    health: watch::Receiver<BTreeMap<ServerIndex, HealthReport>>,
    instances: watch::Receiver<Reports>,
    tasks: watch::Receiver<Tasks>,
    made: watch::Sender<Option<Arc<HostPlan>>>,
    names: watch::Sender<Arc<NamesView>>,
    ready: watch::Sender<bool>,
    sweeper: Arc<Sweeper>,
    work: Arc<Work>,
    /// Ends its tasks when dropped.
    _tasks: JoinSet<()>,
}

impl Agent {
    fn new(config: AgentConfig, key: PlanKey, Seen { work, probes }: Seen) -> Self {
        let cache = PlanCache::new(&config.state_dir, key);
        let plan = cache.load().unwrap_or_else(|error| {
            warn(&error);
            None
        });
        let services = Services(config.services());
        let prober = Prober::new(Arc::new(services.clone()), config.state_dir.join("health.json"), probes);
        let (made, to_keep) = watch::channel(None);
        let (instance_reports, instances) = watch::channel(Reports::new());
        let (names, view) = watch::channel(Arc::new(NamesView::default()));
        let (ready, is_ready) = watch::channel(false);
        let flows = Arc::new(Flows::new(&config, made.subscribe()));
        let mut tasks = JoinSet::new();
        tasks.spawn(plan_cache::keep(cache.clone(), made.subscribe()));
        let (task_reports, task_view) = watch::channel(Tasks::new());
        tasks.spawn(assistant::keep(config.clone(), to_keep.clone(), instances.clone(), task_reports));
        tasks.spawn(instances::keep(config.clone(), to_keep, instance_reports));
        tasks.spawn(flows::keep(config.clone(), Arc::clone(&flows), is_ready.clone()));
        tasks.spawn(flows::serve(config.flows_socket(), Arc::clone(&flows)));
        tasks.spawn(services::tell(services.clone(), config.clone(), made.subscribe(), is_ready.clone()));
        tasks.spawn(services::resolve(services, view, is_ready));
        Self {
            reconciler: Some(Reconciler::new(config.clone(), Attachment::of_kernel())),
            health: prober.health(),
            prober,
            proxy: proxy::Keeper::new(config.clone()),
            sweeper: Arc::new(Sweeper::new(&config, flows)),
            config,
            cache,
            plan,
            observed: Revision::default(),
            faults: Vec::new(),
            instances,
            tasks: task_view,
            made,
            names,
            ready,
            work,
            _tasks: tasks,
        }
    }

    /// Takes a plan up, unless it is for another host or older than the last.
    fn take(&mut self, plan: Option<Arc<HostPlan>>) {
        let Some(plan) = plan else { return };
        let is_known = self.plan.as_ref().is_some_and(|last| Arc::ptr_eq(last, &plan) || *last == plan);
        let is_old = self.plan.as_ref().is_some_and(|last| plan.revision < last.revision);
        if is_known || is_old || plan.host != self.config.host {
            return;
        }
        if let Err(error) = self.cache.supersede(&plan) {
            warn(&error);
        }
        self.plan = Some(plan);
    }

    /// One pass; whether another one should follow at once.
    async fn pass(&mut self) -> Result<bool, AgentError> {
        let Some(plan) = self.plan.clone() else { return Ok(false) };
        let Some(mut reconciler) = self.reconciler.take() else { return Ok(false) };
        let health: Health =
            self.health.borrow_and_update().iter().map(|(server, report)| (*server, report.state)).collect();
        let settings = proxy::Settings::of(&plan, &health);
        let begin = Instant::now();
        let work = {
            let (plan, sweeper, health) = (Arc::clone(&plan), Arc::clone(&self.sweeper), health.clone());
            move || {
                let pass = reconciler.pass(&plan, &health, sweeper.last());
                // What ends with this plan has ended when it is reported.
                if pass.changes.departure {
                    sweeper.sweep();
                }
                (reconciler, pass)
            }
        };
        let (reconciler, mut pass) = tokio::task::spawn_blocking(work).await.map_err(AgentError::Panicked)?;
        self.reconciler = Some(reconciler);
        if let Err(fault) = self.proxy.follow(settings).await {
            pass.faults.push(crate::reconcile::in_full(&fault));
        }
        self.work.passed(&pass, begin.elapsed());
        if pass.changes.departure {
            self.sweep();
        }
        let unfinished = pass.unfinished;
        self.passed(&plan, &health, pass);
        Ok(unfinished)
    }

    fn passed(&mut self, plan: &Arc<HostPlan>, health: &Health, pass: Pass) {
        self.names.send_replace(Arc::new(NamesView::of(plan, health)));
        if pass.faults.is_empty() && !pass.unfinished {
            self.observed = plan.revision;
            self.ready.send_replace(true);
        }
        if self.faults != pass.faults {
            pass.faults.iter().for_each(|fault| tracing::warn!(fault, "the plan is not wholly true"));
        }
        self.faults = pass.faults;
        self.prober.update(plan);
        let is_new = self.made.borrow().as_ref() != Some(plan);
        if is_new {
            self.made.send_replace(Some(Arc::clone(plan)));
        }
    }

    /// The plan that the host follows may be newer than the one on disk.
    fn keep_plan(&self) {
        let made = self.made.borrow().clone();
        if let Some(Err(error)) = made.map(|plan| self.cache.store(&plan)) {
            warn(&error);
        }
    }

    fn report(&self, reports: &watch::Sender<Option<Report>>) {
        let Some(plan) = &self.plan else { return };
        let report = Report {
            host: self.config.host.clone(),
            observed: self.observed,
            instances: self.instance_reports(plan),
            health: self.health.borrow().clone(),
            tasks: self.tasks.borrow().clone(),
            faults: self.faults.clone(),
        };
        reports.send_if_modified(|last| {
            let is_new = last.as_ref() != Some(&report);
            *last = Some(report);
            is_new
        });
    }

    /// Instances that have had no turn yet are starting, if they are to run.
    fn instance_reports(&self, plan: &HostPlan) -> Reports {
        let mut all = self.instances.borrow().clone();
        for (id, instance) in &plan.instances {
            let state = if instance.running { InstanceState::Starting } else { InstanceState::Stopped };
            all.entry(id.clone()).or_insert(InstanceReport { state, boot: instance.boot });
        }
        all
    }

    /// Ends connections, beside everything else.
    fn sweep(&self) {
        let sweeper = Arc::clone(&self.sweeper);
        tokio::spawn(async move {
            let sweep = |sweeper: &Arc<Sweeper>| {
                let sweeper = Arc::clone(sweeper);
                tokio::task::spawn_blocking(move || sweeper.sweep_unless_busy())
            };
            if sweep(&sweeper).await.is_ok_and(|swept| swept.cut > 0) {
                tokio::time::sleep(sweep::AGAIN).await;
                // What it finds is told to the log.
                let _ = sweep(&sweeper).await;
            }
        });
    }
}

fn warn(error: &CacheError) {
    tracing::warn!(error = crate::reconcile::in_full(error), "plan cache");
}
