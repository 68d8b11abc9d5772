//! What the figures have to reach. Sources: SPECIFICATION.md's promises; head-room from how far the same verdict wandered
//! when it was repeated on a busy machine. What super-packets win also depends on the machine: where copying is quick, the
//! routed path has less to lose (1.98 on a machine that routes 33 Gbit/s, 1.68 on one that routes 86 Gbit/s).

use std::fmt;

use serde::Serialize;

use super::measure::Metric;
use super::turns::Samples;
use super::ways::Way;

/// A bound of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    /// Whether a figure keeps it when it is moved by `slack` (0.05 = 5 %) in the figure's favour.
    pub(super) fn holds(self, value: f64, slack: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit * (1.0 + slack),
            Self::AtLeast(limit) => value >= limit * (1.0 - slack),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "<= {limit}"),
            Self::AtLeast(limit) => write!(f, ">= {limit}"),
        }
    }
}

/// Highest cost of the program for an established 64-byte TCP packet beyond an empty program, nanoseconds.
const PROGRAM_NS: f64 = 110.0;
/// Head-room of the program's cost.
const PROGRAM_SLACK: f64 = 0.15;

struct Target {
    metric: Metric,
    way: Way,
    against: Way,
    bound: Bound,
    /// Head-room as a gate; `None` = too noisy to be one.
    slack: Option<f64>,
}

const fn target(metric: Metric, way: Way, against: Way, bound: Bound, slack: Option<f64>) -> Target {
    Target { metric, way, against, bound, slack }
}

const TARGETS: [Target; 9] = [
    target(Metric::RoundTrip, Way::Isthmus, Way::Routed, Bound::AtMost(0.85), Some(0.05)),
    target(Metric::Bulk, Way::IsthmusSmall, Way::Routed, Bound::AtLeast(1.2), Some(0.06)),
    target(Metric::Bulk, Way::Isthmus, Way::Routed, Bound::AtLeast(2.0), Some(0.2)),
    target(Metric::Datagrams, Way::Isthmus, Way::Routed, Bound::AtLeast(1.15), Some(0.05)),
    target(Metric::Requests, Way::Isthmus, Way::Routed, Bound::AtLeast(1.0), None),
    target(Metric::Connections, Way::Isthmus, Way::Routed, Bound::AtLeast(1.05), None),
    target(Metric::FourStreams, Way::Isthmus, Way::Haproxy, Bound::AtLeast(3.0), None),
    target(Metric::Requests, Way::Isthmus, Way::Haproxy, Bound::AtLeast(1.4), None),
    target(Metric::Connections, Way::Isthmus, Way::Haproxy, Bound::AtLeast(1.5), None),
];

/// A target and what was reached.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) bound: Bound,
    pub(super) reached: f64,
    slack: Option<f64>,
}

impl Verdict {
    /// Whether the target itself is reached.
    pub(super) fn reached_target(&self) -> bool {
        self.bound.holds(self.reached, 0.0)
    }

    /// Whether it is a gate and is missed by more than its head-room.
    pub(super) fn fails_gate(&self) -> bool {
        self.slack.is_some_and(|slack| !self.bound.holds(self.reached, slack))
    }
}

/// Judges every target that was measured.
pub(super) fn judge(samples: &Samples) -> Vec<Verdict> {
    let ratios = TARGETS.iter().filter_map(|target| {
        let what = format!("{}: {} / {}", target.metric.title(), target.way.name(), target.against.name());
        let reached = samples.ratio(target.metric, target.way, target.against)?;
        Some(Verdict { what, bound: target.bound, reached, slack: target.slack })
    });
    let program = samples.program.as_ref().map(|cost| Verdict {
        what: "program, established 64-byte TCP, beyond an empty one, ns".into(),
        bound: Bound::AtMost(PROGRAM_NS),
        reached: cost.net(),
        slack: Some(PROGRAM_SLACK),
    });
    ratios.chain(program).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_fails_only_beyond_its_head_room() {
        let verdict =
            |reached| Verdict { what: String::new(), bound: Bound::AtMost(0.88), reached, slack: Some(0.05) };
        assert!(verdict(0.87).reached_target() && !verdict(0.87).fails_gate());
        assert!(!verdict(0.90).reached_target() && !verdict(0.90).fails_gate());
        assert!(verdict(0.95).fails_gate());
        assert!(Bound::AtLeast(1.9).holds(1.8, 0.06) && !Bound::AtLeast(1.9).holds(1.7, 0.06));
    }
}
