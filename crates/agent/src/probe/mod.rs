//! Health checks: one task for each server on this host asks it again and again; the pure machine in
//! `model::health` makes a verdict of the answers.

mod check;
mod history;
mod http;
mod memory;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::health::{Health, Outcome, Thresholds};
use model::id::ServerIndex;
use model::nlb::HealthCheck;
use model::plan::{HostPlan, ServerPlan};
use model::report::{HealthReason, HealthReport, HealthState, Probe};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};

pub use check::ProbeNetwork;
use check::Question;
pub use history::Probes;
use memory::Verdicts;

use crate::clock::now;
use crate::reverse;

type Reports = BTreeMap<ServerIndex, HealthReport>;

/// Probes the servers of a plan. Dropping it ends all probes.
pub struct Prober {
    network: Arc<dyn ProbeNetwork>,
    reports: watch::Sender<Reports>,
    history: Arc<Probes>,
    tasks: BTreeMap<ServerIndex, Task>,
    /// Verdicts of the last run that no plan has taken up yet.
    remembered: Verdicts,
}

struct Task {
    target: Target,
    running: JoinHandle<()>,
}

/// All that the probes of one server depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    question: Question,
    /// Otherwise nothing is sent, as if nothing came back.
    allowed: bool,
    interval: Duration,
    thresholds: Thresholds,
}

impl Prober {
    /// A prober that tells `history` of its probes, keeps its verdicts in the file at `memory` and begins with those that
    /// are there. Must be called inside a tokio runtime.
    pub fn new(network: Arc<dyn ProbeNetwork>, memory: PathBuf, history: Arc<Probes>) -> Self {
        let remembered = memory::load(&memory);
        let (reports, health) = watch::channel(Reports::new());
        tokio::spawn(memory::keep(memory, remembered.clone(), health));
        Self { network, reports, history, tasks: BTreeMap::new(), remembered }
    }

    /// What is known of every server; changes of a verdict or of its reason wake the receiver.
    pub fn health(&self) -> watch::Receiver<Reports> {
        self.reports.subscribe()
    }

    /// Makes the probes those of `plan`. A server whose check is unchanged is not disturbed.
    pub fn update(&mut self, plan: &HostPlan) {
        let wanted = targets(plan);
        self.tasks.retain(|server, task| wanted.get(server) == Some(&task.target));
        self.history.keep(|server| wanted.contains_key(&server));
        let remembered = std::mem::take(&mut self.remembered);
        self.reports.send_if_modified(|reports| take_up(reports, &wanted, &remembered));
        for (server, target) in wanted {
            self.tasks.entry(server).or_insert_with(|| {
                let told = Told { reports: self.reports.clone(), history: Arc::clone(&self.history) };
                let probes = probe(Arc::clone(&self.network), told, server, target.clone());
                Task { target, running: tokio::spawn(probes) }
            });
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// The servers to probe: those on this host whose group has a health check.
fn targets(plan: &HostPlan) -> BTreeMap<ServerIndex, Target> {
    let mut targets = BTreeMap::new();
    for group in plan.server_groups.values() {
        let Some(check) = &group.health_check else { continue };
        let is_here =
            |server: &ServerPlan| plan.ports.contains_key(&server.port_index) && server.is_connected();
        let here = group.servers.iter().filter(|(_, server)| is_here(server));
        targets.extend(here.map(|(index, server)| (*index, Target::of(plan, server, check))));
    }
    targets
}

impl Target {
    fn of(plan: &HostPlan, server: &ServerPlan, check: &HealthCheck) -> Self {
        let question = Question {
            port: server.port_index,
            server: server.address,
            transport_port: if check.port == 0 { server.port } else { check.port },
            kind: check.kind.clone(),
            timeout: Duration::from_secs(check.timeout.into()),
        };
        let interval = Duration::from_secs(check.interval.max(1).into());
        let protocol = question.protocol();
        let allowed = reverse::may_be_probed(plan, server, question.transport_port, protocol);
        Self { question, allowed, interval, thresholds: Thresholds::of(check) }
    }
}

/// Gives each wanted server a report and forgets the others; whether that changed anything.
fn take_up(reports: &mut Reports, wanted: &BTreeMap<ServerIndex, Target>, remembered: &Verdicts) -> bool {
    let before = reports.len();
    reports.retain(|server, _| wanted.contains_key(server));
    let mut changed = reports.len() != before;
    for server in wanted.keys() {
        reports.entry(*server).or_insert_with(|| {
            changed = true;
            let state = remembered.get(server).copied().unwrap_or(HealthState::Initial);
            HealthReport { state, reason: None, latency_micros: 0 }
        });
    }
    changed
}

/// Who is told of a probe.
struct Told {
    reports: watch::Sender<Reports>,
    history: Arc<Probes>,
}

/// Probes one server until aborted.
async fn probe(network: Arc<dyn ProbeNetwork>, told: Told, server: ServerIndex, target: Target) {
    let last = told.reports.borrow().get(&server).map_or(HealthState::Initial, |report| report.state);
    let mut health = Health::resumed(last);
    let mut tick = tokio::time::interval_at(Instant::now() + spread(server), target.interval);
    // A probe that outlasts its interval must not move the ones after it.
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let (start, at) = (tick.tick().await, now());
        let answer = match target.allowed {
            true => check::ask(&*network, &target.question).await,
            false => Err(HealthReason::ConnectTimeout),
        };
        let outcome = if answer.is_ok() { Outcome::Success } else { Outcome::Failure };
        health = health.after(outcome, target.thresholds);
        let report = report(health, answer.err(), start.elapsed());
        let HealthReport { state, reason, latency_micros } = report;
        told.history.add(server, Probe { at, state, reason, latency_micros });
        told.reports.send_if_modified(|reports| replace(reports, server, report));
    }
}

/// Servers of one plan are not all asked in the same instant: up to 75 ms apart, always the same for a server.
fn spread(server: ServerIndex) -> Duration {
    Duration::from_millis(u64::from(server.0 % 16) * 5)
}

fn report(health: Health, reason: Option<HealthReason>, latency: Duration) -> HealthReport {
    let latency_micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
    HealthReport { state: health.state(), reason, latency_micros }
}

/// Whether anyone needs to be woken: latencies change with every probe and wake nobody.
fn replace(reports: &mut Reports, server: ServerIndex, fresh: HealthReport) -> bool {
    let Some(old) = reports.get_mut(&server) else { return false };
    let news = (old.state, old.reason) != (fresh.state, fresh.reason);
    *old = fresh;
    news
}
