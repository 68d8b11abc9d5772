//! Statuses: not stored, but computed from when a row last changed and what hosts have reported as done.

mod assistant;
mod endpoint;
mod instance;
mod nlb;

use std::collections::BTreeMap;
use std::fmt;

pub use assistant::{InvocationStatus, TaskStatus};
pub use endpoint::{ConnectionStatus, EndpointStatus, ServiceStatus, ZoneStatus};
pub use instance::{EniStatus, InstanceStatus, NetworkStatus};
pub use nlb::{
    CertificateStatus, JobStatus, ListenerHealth, ListenerStatus, LoadBalancerStatus, NonNormal,
    SecurityPolicyStatus, ServerGroupStatus, ServerStatus, UnhealthyServer,
};

use crate::id::{HostId, Revision};
use crate::report::Report;
use crate::state::State;

/// The last report of every host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// By host.
    pub hosts: BTreeMap<HostId, Report>,
}

impl Observed {
    /// Whether other reports tell no news.
    pub fn tells_the_same(&self, other: &Self) -> bool {
        self.hosts.len() == other.hosts.len()
            && self.hosts.values().zip(other.hosts.values()).all(|(one, other)| one.tells_the_same(other))
    }
}

/// A status, and why it is not the one that a person waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<S> {
    /// The status.
    pub status: S,
    /// What it waits for, for a person; empty when it is final.
    pub why: String,
}

impl<S: fmt::Display> fmt::Display for Judged<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status.fmt(f)
    }
}

impl<S> Judged<S> {
    fn settled(status: S) -> Self {
        Self { status, why: String::new() }
    }

    fn because(status: S, why: String) -> Self {
        Self { status, why }
    }
}

/// State and reports together: what statuses are computed from.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The state.
    pub state: &'a State,
    /// What hosts have reported.
    pub observed: &'a Observed,
}

impl View<'_> {
    /// The newest revision that is true on every host; 0 while a host has not reported.
    pub fn revision(&self) -> Revision {
        let settings = self.state.settings();
        let seen =
            settings.hosts.iter().map(|host| self.observed.hosts.get(host).map(|report| report.observed));
        seen.map(Option::unwrap_or_default).min().unwrap_or_default()
    }

    /// Whether every host has made this revision true.
    pub fn is_true(&self, revision: Revision) -> bool {
        revision <= self.revision()
    }

    /// What stands in the way of this revision; empty when it is true everywhere.
    pub fn why(&self, revision: Revision) -> String {
        let settings = self.state.settings();
        if settings.hosts.is_empty() {
            return "no host is set up".to_owned();
        }
        let behind = settings.hosts.iter().filter_map(|host| match self.observed.hosts.get(host) {
            None => Some(format!("{host} has not reported")),
            Some(report) if report.observed >= revision => None,
            Some(report) if report.faults.is_empty() => {
                Some(format!("{host} is at revision {}, this needs {}", report.observed.0, revision.0))
            }
            Some(report) => Some(format!("{host}: {}", report.faults.join("; "))),
        });
        behind.collect::<Vec<_>>().join(", ")
    }

    /// `settled` when the revision is true everywhere, else `pending` with what it waits for.
    fn once<S>(&self, revision: Revision, pending: S, settled: S) -> Judged<S> {
        if self.is_true(revision) {
            Judged::settled(settled)
        } else {
            Judged::because(pending, self.why(revision))
        }
    }
}
