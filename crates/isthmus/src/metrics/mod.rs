//! `isthmus up --metrics ADDRESS`: counters of data plane and control plane, for Prometheus.

mod api;
mod exposition;
mod packets;
mod system;
mod traffic;

use std::sync::Arc;

use agent::AgentConfig;
use agent::work::Work;
use control::Inspector;
use control::http::Page;
use model::plan::HostPlan;
use tokio::sync::watch;

use exposition::{Exposition, Kind, MEDIA_TYPE};
pub use traffic::Shown;

/// The page of the metrics.
pub const PATH: &str = "/metrics";

/// Where the figures come from.
pub struct Sources {
    /// State and counters of the control plane.
    pub inspector: Inspector,
    /// Counters of the agent.
    pub work: Arc<Work>,
    /// Which data plane.
    pub agent: AgentConfig,
    /// The newest plan, which names the data plane's numbers.
    pub plans: watch::Receiver<Option<Arc<HostPlan>>>,
    /// What the page has shown.
    pub shown: Shown,
}

impl Sources {
    /// The page that shows them as they are when it is read.
    pub fn page(self) -> Page {
        Page { path: PATH, media_type: MEDIA_TYPE, text: Arc::new(move || self.text()) }
    }

    /// Blocks while it reads the kernel's maps.
    fn text(&self) -> String {
        let mut text = Exposition::default();
        let plan = self.plans.borrow().clone();
        api::write(&mut text, &self.inspector.counts());
        system::write(&mut text, &self.inspector.summary(), &self.inspector.health(), plan.as_deref());
        system::write_work(&mut text, self.work.done());
        let host = agent::status(&self.agent).unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "metrics lack the data plane");
            None
        });
        let readable = "Whether there is a data plane and its counters could be read.";
        let mut family = text.family(Kind::Gauge, "isthmus_data_plane_up", readable);
        family.sample(&[], u8::from(host.is_some()));
        if let Some(host) = host {
            packets::write(&mut text, &host, plan.as_deref());
            if let Some(plan) = plan {
                traffic::write(&mut text, agent::carried::named(&host.carried, &plan), &self.shown);
            }
        }
        text.into_text()
    }
}
