//! Statuses of what instances carry out.

use crate::assistant::Invocation;
use crate::id::InstanceId;
use crate::instance::Instance;
use crate::report::{TaskEnd, TaskReport};
use crate::status::View;
use crate::words::words;

/// What has become of an invocation on one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskStatus {
    /// It has not begun.
    Pending,
    /// It runs.
    Running,
    /// It ended, and said so with status 0.
    Success,
    /// It ended with another status.
    Failed,
    /// It was lost.
    Error,
    /// It took too long and was ended.
    Timeout,
    /// It is being ended.
    Stopping,
    /// It was ended on demand.
    Terminated,
    /// It was stopped before it began.
    Cancelled,
    /// It could not begin.
    Aborted,
}

/// What has become of an invocation on all of its instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationStatus {
    /// It has begun nowhere.
    Pending,
    /// Some have not ended.
    Running,
    /// All succeeded.
    Success,
    /// None succeeded.
    Failed,
    /// Some succeeded.
    PartialFailed,
    /// Some are being ended.
    Stopping,
    /// Some were ended on demand, and no other failed.
    Stopped,
}

words! {
    TaskStatus {
        Pending = "Pending", Running = "Running", Success = "Success", Failed = "Failed", Error = "Error",
        Timeout = "Timeout", Stopping = "Stopping", Terminated = "Terminated", Cancelled = "Cancelled",
        Aborted = "Aborted",
    }
    InvocationStatus {
        Pending = "Pending", Running = "Running", Success = "Success", Failed = "Failed",
        PartialFailed = "PartialFailed", Stopping = "Stopping", Stopped = "Stopped",
    }
}

impl TaskStatus {
    /// Whether nothing changes any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::Stopping => false,
            Self::Success
            | Self::Failed
            | Self::Error
            | Self::Timeout
            | Self::Terminated
            | Self::Cancelled
            | Self::Aborted => true,
        }
    }

    fn was_stopped(self) -> bool {
        matches!(self, Self::Terminated | Self::Cancelled)
    }
}

impl InvocationStatus {
    fn of(tasks: &[TaskStatus]) -> Self {
        let all = |what: fn(TaskStatus) -> bool| tasks.iter().all(|task| what(*task));
        let any = |what: fn(TaskStatus) -> bool| tasks.iter().any(|task| what(*task));
        if any(|task| task == TaskStatus::Stopping) {
            Self::Stopping
        } else if all(|task| task == TaskStatus::Pending) {
            Self::Pending
        } else if !all(TaskStatus::is_final) {
            Self::Running
        } else if all(|task| task == TaskStatus::Success) {
            Self::Success
        } else if all(|task| task == TaskStatus::Success || task.was_stopped()) {
            Self::Stopped
        } else if any(|task| task == TaskStatus::Success) {
            Self::PartialFailed
        } else {
            Self::Failed
        }
    }
}

impl<'a> View<'a> {
    /// What a host says about an invocation on one instance.
    pub fn task(&self, invocation: &Invocation, instance: &InstanceId) -> Option<&'a TaskReport> {
        let host = &self.state.get::<Instance>(instance)?.host;
        self.observed.hosts.get(host)?.tasks.get(&invocation.id)?.get(instance)
    }

    /// Status of an invocation on one instance.
    pub fn task_status(&self, invocation: &Invocation, instance: &InstanceId) -> TaskStatus {
        let stopped = invocation.stopped.contains(instance);
        match self.task(invocation, instance) {
            None if self.state.get::<Instance>(instance).is_none() => TaskStatus::Aborted,
            None if stopped => TaskStatus::Stopping,
            None => TaskStatus::Pending,
            Some(TaskReport::Running(_)) if stopped => TaskStatus::Stopping,
            Some(TaskReport::Running(_)) => TaskStatus::Running,
            Some(TaskReport::Ended(result)) => match result.end {
                TaskEnd::Exited(0) => TaskStatus::Success,
                TaskEnd::Exited(_) => TaskStatus::Failed,
                TaskEnd::TimedOut => TaskStatus::Timeout,
                TaskEnd::Interrupted | TaskEnd::NotStarted(_) => TaskStatus::Error,
                TaskEnd::Terminated => TaskStatus::Terminated,
                TaskEnd::Cancelled => TaskStatus::Cancelled,
                TaskEnd::InstanceNotRunning | TaskEnd::NotDelivered => TaskStatus::Aborted,
            },
        }
    }

    /// Status of an invocation.
    pub fn invocation(&self, invocation: &Invocation) -> InvocationStatus {
        let tasks = invocation.instances.iter().map(|id| self.task_status(invocation, id));
        InvocationStatus::of(&tasks.collect::<Vec<_>>())
    }
}
