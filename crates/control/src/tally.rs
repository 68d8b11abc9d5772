//! What the control plane has done since it started: requests by answer, commits, and how long they took.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::rpc::Product;

/// Upper bounds of the buckets of [`Durations`], seconds: from a description read from memory to a disk that stalls.
pub const BOUNDS: [f64; 12] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// A histogram of durations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Durations {
    /// How many were at most as long as each of [`BOUNDS`].
    pub within: [u64; BOUNDS.len()],
    /// How many there were.
    pub count: u64,
    /// Their sum.
    pub total: Duration,
}

impl Durations {
    fn add(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let buckets = self.within.iter_mut().zip(BOUNDS);
        buckets.filter(|(_, bound)| seconds <= *bound).for_each(|(bucket, _)| *bucket += 1);
        self.count += 1;
        self.total = self.total.saturating_add(duration);
    }
}

/// An action of the API; `None` = the request named none that is known.
pub type Asked = Option<(Product, &'static str)>;

/// What was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Requests answered, by action and code; `None` = done.
    pub answers: BTreeMap<(Asked, Option<String>), u64>,
    /// How long requests took, by action.
    pub requests: BTreeMap<Asked, Durations>,
    /// How long durable transactions took.
    pub commits: Durations,
    /// Commands that these transactions carried.
    pub commands: u64,
    /// Transactions that failed.
    pub failed_commits: u64,
}

/// Counts, and tells what it has counted.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

impl Tally {
    /// What was counted up to now.
    pub fn counts(&self) -> Counts {
        self.lock().clone()
    }

    /// A request was answered.
    pub(crate) fn answered(&self, asked: Asked, code: Option<&str>, took: Duration) {
        let mut counts = self.lock();
        *counts.answers.entry((asked, code.map(ToOwned::to_owned))).or_default() += 1;
        counts.requests.entry(asked).or_default().add(took);
    }

    /// A transaction is durable.
    pub(crate) fn committed(&self, commands: usize, took: Duration) {
        let mut counts = self.lock();
        counts.commits.add(took);
        counts.commands += commands as u64;
    }

    /// A transaction failed.
    pub(crate) fn commit_failed(&self) {
        self.lock().failed_commits += 1;
    }

    /// Every change is whole before it could panic, so what a panic left behind is right.
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_every_bucket_that_it_fits() {
        let mut durations = Durations::default();
        durations.add(Duration::from_millis(1));
        durations.add(Duration::from_secs(60));
        assert_eq!(durations.within, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!((durations.count, durations.total), (2, Duration::from_millis(60_001)));
    }

    #[test]
    fn answers_are_counted_by_action_and_code() {
        let tally = Tally::default();
        let asked = Some((Product::Vpc, "CreateVpc"));
        for code in [None, Some("IllegalParam"), None] {
            tally.answered(asked, code, Duration::ZERO);
        }
        tally.answered(None, Some("InvalidAction.NotFound"), Duration::ZERO);
        let counts = tally.counts();
        assert_eq!(counts.answers[&(asked, None)], 2);
        assert_eq!(counts.answers[&(asked, Some("IllegalParam".into()))], 1);
        assert_eq!((counts.requests[&asked].count, counts.requests[&None].count), (3, 1));
    }
}
