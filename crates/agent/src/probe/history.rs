//! The last probes of each server: what its verdict was made of. In memory, and of this run alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use model::id::ServerIndex;
use model::report::Probe;

/// Probes that are kept of a server.
const KEPT: usize = 20;

/// The last probes of every server that is probed.
#[derive(Debug, Default)]
pub struct Probes(Mutex<BTreeMap<ServerIndex, VecDeque<Probe>>>);

impl Probes {
    /// The last probes of a server, the oldest first; none when it is not probed here.
    pub fn of(&self, server: ServerIndex) -> Vec<Probe> {
        self.with(|all| all.get(&server).map_or_else(Vec::new, |kept| kept.iter().copied().collect()))
    }

    pub(super) fn add(&self, server: ServerIndex, probe: Probe) {
        self.with(|all| {
            let kept = all.entry(server).or_default();
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(probe);
        });
    }

    /// Forgets every server but these.
    pub(super) fn keep(&self, is_wanted: impl Fn(ServerIndex) -> bool) {
        self.with(|all| all.retain(|server, _| is_wanted(*server)));
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<ServerIndex, VecDeque<Probe>>) -> T) -> T {
        // Every change is whole.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use model::id::Timestamp;
    use model::report::HealthState;

    use super::*;

    fn probe(at: i64) -> Probe {
        Probe { at: Timestamp(at), state: HealthState::Healthy, reason: None, latency_micros: 1 }
    }

    #[test]
    fn the_newest_are_kept_and_of_servers_that_are_gone_nothing() {
        let probes = Probes::default();
        let (stays, goes) = (ServerIndex(1), ServerIndex(2));
        for at in 0..KEPT as i64 + 5 {
            probes.add(stays, probe(at));
            probes.add(goes, probe(at));
        }
        let kept: Vec<i64> = probes.of(stays).iter().map(|probe| probe.at.0).collect();
        assert_eq!(kept, (5..KEPT as i64 + 5).collect::<Vec<_>>());
        probes.keep(|server| server == stays);
        assert_eq!((probes.of(stays).len(), probes.of(goes).len()), (KEPT, 0));
    }
}
