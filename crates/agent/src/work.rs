//! What an agent has done since it started.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::reconcile::Pass;

/// Passes of an agent, counted while it runs.
#[derive(Debug, Default)]
pub struct Work {
    passes: AtomicU64,
    nanoseconds: AtomicU64,
    faulty: AtomicU64,
    entries: AtomicU64,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkDone {
    /// Passes that compared the host with its plan.
    pub passes: u64,
    /// How long they took together.
    pub time: Duration,
    /// Passes after which the plan was not wholly true.
    pub faulty: u64,
    /// Entries of kernel maps written or removed.
    pub entries: u64,
}

impl Work {
    /// What was counted up to now.
    pub fn done(&self) -> WorkDone {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WorkDone {
            passes: read(&self.passes),
            time: Duration::from_nanos(read(&self.nanoseconds)),
            faulty: read(&self.faulty),
            entries: read(&self.entries),
        }
    }

    pub(crate) fn passed(&self, pass: &Pass, took: Duration) {
        let add = |counter: &AtomicU64, amount| {
            counter.fetch_add(amount, Ordering::Relaxed);
        };
        add(&self.passes, 1);
        add(&self.nanoseconds, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        add(&self.faulty, u64::from(!pass.faults.is_empty()));
        add(&self.entries, pass.changes.entries as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_with_faults_is_told_from_one_without() {
        let work = Work::default();
        work.passed(&Pass::default(), Duration::from_millis(2));
        work.passed(&Pass { faults: vec!["no room".into()], ..Pass::default() }, Duration::from_millis(3));
        let expected = WorkDone { passes: 2, time: Duration::from_millis(5), faulty: 1, entries: 0 };
        assert_eq!(work.done(), expected);
    }
}
