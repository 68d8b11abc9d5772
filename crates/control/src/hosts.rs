//! The two roads between the state and a host: plans go out, reports come in.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use model::id::{AccountId, EndpointId, HostId, InstanceId, ListenerId, ServerGroupId, ServerIndex, ZoneId};
use model::net::Family;
use model::plan::HostPlan;
use model::planner;
use model::report::{Probe, Report};
use model::state::State;
use model::status::Observed;
use tokio::sync::{mpsc, watch};

/// What a host offers besides plans and reports.
pub trait Consoles: Send + Sync {
    /// The end of an instance's console, at most 64 KiB; empty when it said nothing.
    fn read(&self, instance: &InstanceId) -> Vec<u8>;
}

/// A connection that one of an account's instances could open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its client.
    pub from: InstanceId,
    /// An address, or a name of the client's VPC.
    pub to: String,
    /// Whom it asks for by this family; `None` = by IPv4, if there is a choice.
    pub family: Option<Family>,
    /// The port that it asks for; of a ping none counts.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// A ping.
    Icmp,
}

/// Who has carried something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A listener, in a zone of its load balancer.
    Listener(ListenerId, ZoneId),
    /// An endpoint, in one of its zones.
    Endpoint(EndpointId, ZoneId),
    /// A server of a group.
    Server {
        /// The group.
        group: ServerGroupId,
        /// The server's address.
        address: IpAddr,
        /// Its port; 0 = the one that the client asked for.
        port: u16,
    },
}

/// What one of them has carried, connections that go on among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Who.
    pub by: Carrier,
    /// Connections, since counting began.
    pub connections: u64,
    /// Connections that go on.
    pub open: u64,
    /// What clients have sent.
    pub sent: Traffic,
    /// What clients have received.
    pub received: Traffic,
}

/// Packets, and their bytes with Ethernet headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What a host sees of packets.
pub trait Sight: Send + Sync {
    /// An account's side of the flow log: the newest records, the oldest first, and then what comes: each a JSON object with `flow`, a record, or
    /// `missed`, how many were lost. It ends when the host tells no more, or the receiver is dropped.
    fn flows(&self, account: AccountId) -> mpsc::Receiver<Bytes>;

    /// What would become of a connection, stage by stage, as far as this account may know. It blocks for as long as the kernel takes.
    ///
    /// # Errors
    /// A sentence that says what is unknown or missing.
    fn trace(&self, account: AccountId, connection: &Connection) -> Result<serde_json::Value, String>;

    /// The last probes of a server, the oldest first; whoever asks has seen to it that the server is the caller's.
    fn probes(&self, server: ServerIndex) -> Vec<Probe>;

    /// What everybody's listeners, endpoints and servers have carried, not much older than it takes to read; whoever asks
    /// leaves out what the caller may not see. It blocks meanwhile.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    fn carried(&self) -> Result<Arc<[Carried]>, String>;
}

/// How a host on this machine is reached.
pub struct HostLink {
    /// Takes plans; only the newest counts.
    pub plans: watch::Sender<Option<Arc<HostPlan>>>,
    /// Gives the newest report.
    pub reports: watch::Receiver<Option<Report>>,
    /// Consoles of its instances.
    pub consoles: Arc<dyn Consoles>,
    /// What it sees of connections.
    pub sight: Arc<dyn Sight>,
}

/// Plans every newest state, until there are no more. States that come while one is planned are skipped but the last.
pub(crate) async fn plan(
    mut states: watch::Receiver<Arc<State>>,
    host: HostId,
    plans: watch::Sender<Option<Arc<HostPlan>>>,
) {
    loop {
        let state = states.borrow_and_update().clone();
        let host = host.clone();
        // Planning walks the whole state: it must not hold up answers.
        match tokio::task::spawn_blocking(move || planner::plan(&state, &host)).await {
            Ok(plan) => {
                plans.send_replace(Some(Arc::new(plan)));
            }
            Err(error) => tracing::error!(%error, "a state could not be planned"),
        }
        if states.changed().await.is_err() {
            return;
        }
    }
}

/// Takes reports in, until there are no more. One of another host than the installation's own is left out.
pub(crate) async fn observe(
    mut reports: watch::Receiver<Option<Report>>,
    host: HostId,
    observed: watch::Sender<Arc<Observed>>,
) {
    loop {
        let report = reports.borrow_and_update().clone();
        match report {
            Some(report) if report.host == host => {
                observed.send_replace(Arc::new(Observed { hosts: [(host.clone(), report)].into() }));
            }
            Some(report) => tracing::warn!(host = %report.host, "a report of an unknown host"),
            None => {}
        }
        if reports.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
