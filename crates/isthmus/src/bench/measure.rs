//! What is measured.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::ways::{Path, Way};
use super::{inline, users};

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Metric {
    RoundTrip,
    Bulk,
    Datagrams,
    OneStream,
    FourStreams,
    Requests,
    Connections,
}

impl Metric {
    /// Steady: both ends in one thread.
    pub(super) const GATES: [Self; 3] = [Self::RoundTrip, Self::Bulk, Self::Datagrams];
    /// The user's view.
    pub(super) const USERS: [Self; 4] =
        [Self::OneStream, Self::FourStreams, Self::Requests, Self::Connections];

    /// Name and unit.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::RoundTrip => "1-byte TCP round trip, one thread, µs",
            Self::Bulk => "bulk TCP, one thread, Gbit/s",
            Self::Datagrams => "64-byte UDP, one thread, M/s",
            Self::OneStream => "iperf3, 1 stream, Gbit/s",
            Self::FourStreams => "iperf3, 4 streams, Gbit/s",
            Self::Requests => "HTTP requests, kept connections, k/s",
            Self::Connections => "HTTP requests, new connections, k/s",
        }
    }

    /// Whether the figure can be had on a way.
    pub(super) fn applies(self, way: Way) -> bool {
        match self {
            // A proxy is a process of its own: no one-thread figure, and HAProxy has no UDP.
            Self::RoundTrip | Self::Datagrams => way != Way::Haproxy && way != Way::IsthmusSmall,
            Self::Bulk => way != Way::Haproxy,
            Self::OneStream | Self::FourStreams | Self::Requests | Self::Connections => {
                way != Way::IsthmusSmall
            }
        }
    }

    /// One sample.
    pub(super) fn sample(self, path: &Path) -> Result<f64> {
        let (short, long) = (Duration::from_millis(300), Duration::from_secs(1));
        match self {
            Self::RoundTrip => pinned(|| inline::round_trip(path, short)),
            Self::Bulk => pinned(|| inline::bulk(path, short)),
            Self::Datagrams => pinned(|| inline::datagrams(path, short)),
            Self::OneStream => users::streams(path, 1, long),
            Self::FourStreams => users::streams(path, 4, long),
            Self::Requests => users::requests(path, long),
            Self::Connections => users::connections(path, long),
        }
    }
}

/// Runs `work` on a thread that stays on one processor.
fn pinned(work: impl FnOnce() -> Result<f64> + Send) -> Result<f64> {
    let run = || {
        let mut first = rustix::thread::CpuSet::new();
        first.set(0);
        // Where this is not allowed the figure is noisier, not wrong.
        let _ = rustix::thread::sched_setaffinity(None, &first);
        work()
    };
    std::thread::scope(|scope| match scope.spawn(run).join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
