//! What is kept of the flow log, and who follows it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use super::record::FlowRecord;

/// Records kept; the oldest go first.
const KEPT: usize = 16_384;
/// How far a follower may fall behind before it misses records.
const BEHIND: usize = 4096;

/// The newest records.
pub(super) struct Log {
    kept: Mutex<VecDeque<Arc<FlowRecord>>>,
    followers: broadcast::Sender<Arc<FlowRecord>>,
}

impl Default for Log {
    fn default() -> Self {
        Self { kept: Mutex::default(), followers: broadcast::Sender::new(BEHIND) }
    }
}

impl Log {
    /// Adds the newest record.
    pub(super) fn push(&self, record: FlowRecord) {
        let record = Arc::new(record);
        // Every change of the queue is whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&record));
        // Nobody may follow.
        let _ = self.followers.send(record);
    }

    /// What is kept, the oldest first, and everything that comes after it.
    pub(super) fn read(&self) -> (Vec<Arc<FlowRecord>>, broadcast::Receiver<Arc<FlowRecord>>) {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        (kept.iter().cloned().collect(), self.followers.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::record;
    use super::*;

    #[test]
    fn the_oldest_go_first_and_followers_miss_nothing_in_between() {
        let log = Log::default();
        for time_ms in 0..KEPT as i64 + 10 {
            log.push(FlowRecord { time_ms, ..record() });
        }
        let (kept, mut later) = log.read();
        log.push(FlowRecord { time_ms: -1, ..record() });
        assert_eq!((kept.len(), kept[0].time_ms), (KEPT, 10));
        assert_eq!(later.try_recv().unwrap().time_ms, -1);
    }
}
