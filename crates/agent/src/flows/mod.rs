//! The flow log: what became of connections, taken from the kernel's ring, named by the plan, kept for a while and told to
//! who may ask. Losing some never holds up packets.

mod log;
mod namer;
mod record;
mod serve;
mod view;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::plan::HostPlan;
use tables::Event;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::config::AgentConfig;
use crate::kernel::events::Events;
use crate::kernel::programs::maps_dir;
use log::Log;
use namer::Namer;

pub use record::{FlowEvent, FlowProtocol, FlowReason, FlowRecord, Side, Traffic, Tuple};
pub use serve::Told;
pub(crate) use serve::serve;
pub use view::{Filter, Query, Viewer};
pub(crate) use view::{to_client, to_provider};

/// Time between two looks into the ring. The program wakes nobody: that would cost packets.
const INTERVAL: Duration = Duration::from_millis(100);

/// The flow log of one host.
pub struct Flows {
    namer: Mutex<Namer>,
    log: Log,
    plans: watch::Receiver<Option<Arc<HostPlan>>>,
}

impl Flows {
    /// An empty log; `plans` name what events have numbers for.
    pub fn new(config: &AgentConfig, plans: watch::Receiver<Option<Arc<HostPlan>>>) -> Self {
        let namer = Mutex::new(Namer::new(maps_dir(&config.bpf_dir())));
        Self { namer, log: Log::default(), plans }
    }

    /// The plan that gives the names.
    pub(crate) fn plan(&self) -> Option<Arc<HostPlan>> {
        self.plans.borrow().clone()
    }

    /// Takes up events, in the order in which they happened.
    pub fn tell(&self, events: impl IntoIterator<Item = Event>) {
        let Some(plan) = self.plan() else { return };
        // What a panic has left of the names is whole.
        let mut namer = self.namer.lock().unwrap_or_else(PoisonError::into_inner);
        namer.begin();
        for event in events {
            if let Some(record) = namer.record(&event, &plan) {
                self.log.push(record);
            }
        }
    }
}

/// Empties the ring into the log until dropped.
pub(crate) async fn keep(config: AgentConfig, flows: Arc<Flows>, mut ready: watch::Receiver<bool>) {
    if ready.wait_for(|ready| *ready).await.is_err() {
        return;
    }
    let mut clock = tokio::time::interval(INTERVAL);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut ring = None;
    loop {
        clock.tick().await;
        let Some(events) = &mut ring else {
            ring = Events::open(&maps_dir(&config.bpf_dir())).ok();
            continue;
        };
        flows.tell(std::iter::from_fn(|| events.take()));
    }
}
