//! When a server counts as healthy: enough successes in a row raise it, enough failures in a row fell it.

use crate::nlb::HealthCheck;
use crate::report::HealthState;

/// How many equal results in a row change the verdict; each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Successes that make a server healthy.
    pub healthy: u8,
    /// Failures that make it unhealthy.
    pub unhealthy: u8,
}

impl Thresholds {
    /// The thresholds of a health check.
    pub fn of(check: &HealthCheck) -> Self {
        Self { healthy: check.healthy_threshold, unhealthy: check.unhealthy_threshold }
    }
}

/// What came of one probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer was as asked for.
    Success,
    /// It was not.
    Failure,
}

/// The verdict over a server and what speaks against it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// No verdict yet; results in a row of the last kind.
    Initial(Streak),
    /// Healthy, with this many failures in a row since.
    Healthy {
        /// Failures in a row.
        failures: u8,
    },
    /// Unhealthy, with this many successes in a row since.
    Unhealthy {
        /// Successes in a row.
        successes: u8,
    },
}

/// Equal results in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streak {
    /// Successes.
    Successes(u8),
    /// Failures.
    Failures(u8),
}

impl Default for Health {
    fn default() -> Self {
        Self::Initial(Streak::Successes(0))
    }
}

impl Health {
    /// A server that was left in `state`: it takes a whole streak to change that.
    pub fn resumed(state: HealthState) -> Self {
        match state {
            HealthState::Initial => Self::default(),
            HealthState::Healthy => Self::Healthy { failures: 0 },
            HealthState::Unhealthy => Self::Unhealthy { successes: 0 },
        }
    }

    /// The verdict.
    pub fn state(self) -> HealthState {
        match self {
            Self::Initial(_) => HealthState::Initial,
            Self::Healthy { .. } => HealthState::Healthy,
            Self::Unhealthy { .. } => HealthState::Unhealthy,
        }
    }

    /// The verdict after one more probe.
    #[must_use]
    pub fn after(self, outcome: Outcome, thresholds: Thresholds) -> Self {
        match (self, outcome) {
            (Self::Initial(streak), Outcome::Success) => match streak.successes() {
                n if n >= thresholds.healthy => Self::Healthy { failures: 0 },
                n => Self::Initial(Streak::Successes(n)),
            },
            (Self::Initial(streak), Outcome::Failure) => match streak.failures() {
                n if n >= thresholds.unhealthy => Self::Unhealthy { successes: 0 },
                n => Self::Initial(Streak::Failures(n)),
            },
            (Self::Healthy { .. }, Outcome::Success) => Self::Healthy { failures: 0 },
            (Self::Healthy { failures }, Outcome::Failure) => match failures.saturating_add(1) {
                n if n >= thresholds.unhealthy => Self::Unhealthy { successes: 0 },
                failures => Self::Healthy { failures },
            },
            (Self::Unhealthy { .. }, Outcome::Failure) => Self::Unhealthy { successes: 0 },
            (Self::Unhealthy { successes }, Outcome::Success) => match successes.saturating_add(1) {
                n if n >= thresholds.healthy => Self::Healthy { failures: 0 },
                successes => Self::Unhealthy { successes },
            },
        }
    }
}

impl Streak {
    /// Successes in a row after one more.
    fn successes(self) -> u8 {
        match self {
            Self::Successes(n) => n.saturating_add(1),
            Self::Failures(_) => 1,
        }
    }

    /// Failures in a row after one more.
    fn failures(self) -> u8 {
        match self {
            Self::Successes(_) => 1,
            Self::Failures(n) => n.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const THRESHOLDS: Thresholds = Thresholds { healthy: 2, unhealthy: 3 };

    fn show(health: Health) -> String {
        match health {
            Health::Initial(Streak::Successes(n)) => format!("initial   +{n}"),
            Health::Initial(Streak::Failures(n)) => format!("initial   -{n}"),
            Health::Healthy { failures } => format!("healthy   -{failures}"),
            Health::Unhealthy { successes } => format!("unhealthy +{successes}"),
        }
    }

    /// Every state that can be reached, in the order in which a search finds them.
    fn reachable() -> Vec<Health> {
        let mut found = vec![Health::default()];
        for index in 0.. {
            let Some(health) = found.get(index).copied() else { break };
            for outcome in [Outcome::Success, Outcome::Failure] {
                let next = health.after(outcome, THRESHOLDS);
                if !found.contains(&next) {
                    found.push(next);
                }
            }
        }
        found
    }

    #[test]
    fn every_state_and_event_as_in_the_table() {
        let mut table = String::from("healthy after 2, unhealthy after 3\n\n");
        writeln!(table, "state        | success      | failure").unwrap();
        for health in reachable() {
            let [up, down] = [Outcome::Success, Outcome::Failure].map(|o| show(health.after(o, THRESHOLDS)));
            writeln!(table, "{} | {up} | {down}", show(health)).unwrap();
        }
        assert_eq!(table, include_str!("health.golden"), "the table is now:\n{table}");
    }

    #[test]
    fn a_resumed_server_keeps_its_verdict_until_a_whole_streak_speaks_against_it() {
        let mut health = Health::resumed(HealthState::Healthy);
        for expected in [HealthState::Healthy, HealthState::Healthy, HealthState::Unhealthy] {
            health = health.after(Outcome::Failure, THRESHOLDS);
            assert_eq!(health.state(), expected);
        }
    }
}
