//! What happens by itself, on a clock.

use std::sync::Arc;
use std::time::Duration;

use model::command::Command;
use model::status::{Observed, View};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::accounts::submit;
use crate::commit::Commits;

/// How often old jobs and tokens are forgotten, and addresses that rested long enough are given free.
const PURGE: Duration = Duration::from_secs(15);

/// Forgets what is old, for ever. Nothing is written when there is nothing to forget.
pub(crate) async fn purge(commits: Commits, observed: watch::Receiver<Arc<Observed>>) {
    let mut clock = interval(PURGE);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let (state, seen) = (commits.state(), observed.borrow().clone());
        let revision = View { state: &state, observed: &seen }.revision();
        if let Err(error) = submit(&commits, Command::Purge(revision)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old rows could not be forgotten");
        }
    }
}
