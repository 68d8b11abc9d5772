//! What a host says it has made true, and what it sees. Reports live in memory; statuses are derived from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{HostId, InstanceId, InvocationId, Revision, ServerIndex, Timestamp};

/// What one host says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Who says it.
    pub host: HostId,
    /// The newest plan that is wholly true here: packets already follow it.
    pub observed: Revision,
    /// Instances on the host.
    pub instances: BTreeMap<InstanceId, InstanceReport>,
    /// Health of the servers that this host probes.
    pub health: BTreeMap<ServerIndex, HealthReport>,
    /// What instances do about planned invocations, and what came of them.
    pub tasks: BTreeMap<InvocationId, BTreeMap<InstanceId, TaskReport>>,
    /// What stands in the way of the plan, in words for a person; empty when all is well.
    pub faults: Vec<String>,
}

impl Report {
    /// Whether another report tells no news: of probes their durations are none, for they differ each time.
    pub fn tells_the_same(&self, other: &Self) -> bool {
        let Self { host, observed, instances, health, tasks, faults } = self;
        let verdicts = |health: &BTreeMap<ServerIndex, HealthReport>| -> Vec<_> {
            health.iter().map(|(server, report)| (*server, report.state, report.reason)).collect()
        };
        *host == other.host
            && *observed == other.observed
            && *instances == other.instances
            && verdicts(health) == verdicts(&other.health)
            && *tasks == other.tasks
            && *faults == other.faults
    }
}

/// An instance as its host sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceReport {
    /// What it does.
    pub state: InstanceState,
    /// Which boot it is in; an older one than the plan's is about to be replaced.
    pub boot: u64,
}

/// What an instance does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceState {
    /// Its container is being made.
    Starting,
    /// Its first process runs.
    Running,
    /// It has no process.
    Stopped,
    /// It could not be started.
    Failed(String),
}

/// A server's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReport {
    /// The verdict.
    pub state: HealthState,
    /// Why, when the last probe failed.
    pub reason: Option<HealthReason>,
    /// Duration of the last probe, microseconds.
    pub latency_micros: u32,
}

/// A probe of a server, and what the verdict was after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// When it began.
    pub at: Timestamp,
    /// The verdict after it.
    pub state: HealthState,
    /// Why it failed; none when it did not.
    pub reason: Option<HealthReason>,
    /// Its duration, microseconds.
    pub latency_micros: u32,
}

/// The verdict over a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthState {
    /// Not enough probes yet.
    Initial,
    /// Gets connections.
    Healthy,
    /// Gets none while another server is healthy.
    Unhealthy,
}

/// Why a probe failed; names as in the NLB API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HealthReason {
    /// No answer to the connect in time.
    ConnectTimeout,
    /// The connect was refused or unreachable.
    ConnectFailed,
    /// No response in time.
    RecvResponseTimeout,
    /// The connection broke before the response was complete.
    ConnectInterrupt,
    /// The response's status code is not one of those expected.
    HttpCodeNotMatch,
    /// The response is not HTTP.
    HttpInvalidHeader,
}

/// What an instance does about an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskReport {
    /// It carries it out, since then.
    Running(Timestamp),
    /// It is over.
    Ended(TaskResult),
}

/// How an invocation ended on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResult {
    /// How.
    pub end: TaskEnd,
    /// When it began, if it did.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Timestamp,
    /// The end of what it wrote, at most [`TaskResult::OUTPUT`] bytes; what is not UTF-8 is replaced.
    pub output: Arc<str>,
    /// Bytes before that.
    pub dropped: u64,
}

impl TaskResult {
    /// Most bytes of output that are kept, as in the cloud.
    pub const OUTPUT: usize = 24 * 1024;
}

/// How an invocation ended on an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskEnd {
    /// By itself, with this exit status.
    Exited(i32),
    /// It took too long.
    TimedOut,
    /// It was stopped while it ran.
    Terminated,
    /// It was stopped before it began.
    Cancelled,
    /// The instance was to be off.
    InstanceNotRunning,
    /// The instance did not run in time.
    NotDelivered,
    /// The agent ended while it ran: what it did is not known, and it is not run again.
    Interrupted,
    /// It could not be started, because of this.
    NotStarted(String),
}
