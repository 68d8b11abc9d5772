//! What this machine's agent sees of connections, for the control plane: each account's own side.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use agent::AgentConfig;
use agent::flows::{Filter, Query, Viewer};
use agent::trace::{From, Question};
use bytes::Bytes;
use control::hosts::{Connection, Protocol, Sight};
use model::id::AccountId;
use model::plan::HostPlan;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

/// Records of the past that are told.
const LAST: usize = 200;
/// Records that wait for the control plane; the agent counts what comes beyond.
const WAITING: usize = 64;

/// The agent, as it is asked.
pub(crate) struct LocalSight {
    pub(crate) agent: AgentConfig,
    pub(crate) plans: watch::Receiver<Option<Arc<HostPlan>>>,
    /// Loading the program again is work for the kernel: one at a time.
    pub(crate) tracing: Mutex<()>,
}

impl Sight for LocalSight {
    fn flows(&self, account: AccountId) -> mpsc::Receiver<Bytes> {
        let (records, told) = mpsc::channel(WAITING);
        let socket = self.agent.flows_socket();
        tokio::spawn(async move {
            if let Err(error) = follow(socket, account, records).await {
                tracing::warn!(%error, "the flow log cannot be read");
            }
        });
        told
    }

    fn trace(&self, account: AccountId, connection: &Connection) -> Result<serde_json::Value, String> {
        let plan = self.plans.borrow().clone().ok_or("the host has no plan yet")?;
        let Connection { from, to, port, protocol } = connection.clone();
        let protocol = match protocol {
            Protocol::Tcp => agent::trace::Protocol::Tcp,
            Protocol::Udp => agent::trace::Protocol::Udp,
            Protocol::Icmp => agent::trace::Protocol::Icmp,
        };
        let question = Question { from: From::Instance(from), to, port, protocol };
        let _turn = self.tracing.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = agent::trace::trace(&self.agent, &plan, &question, &Viewer::Account(account));
        serde_json::to_value(trace.map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    }
}

/// Passes the agent's lines on, each a JSON object, until nobody reads them any more.
async fn follow(socket: PathBuf, account: AccountId, records: mpsc::Sender<Bytes>) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket).await?;
    let query =
        Query { viewer: Viewer::Account(account), filter: Filter::default(), last: LAST, follow: true };
    stream.write_all(&serde_json::to_vec(&query)?).await?;
    stream.shutdown().await?;
    let mut lines = BufReader::new(stream).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            () = records.closed() => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        if records.send(line.into()).await.is_err() {
            return Ok(());
        }
    }
}
