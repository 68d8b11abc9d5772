//! What this machine's agent sees of connections and servers, for the control plane.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use agent::AgentConfig;
use agent::carried::Total;
use agent::flows::{Filter, Query, Viewer};
use agent::probe::Probes;
use agent::trace::{From, Question};
use bytes::Bytes;
use control::hosts::{Carried, Carrier, Connection, Protocol, Sight, Traffic};
use model::id::{AccountId, ServerIndex};
use model::plan::HostPlan;
use model::report::Probe;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};

use crate::metrics::Shown;

/// Records of the past that are told.
const LAST: usize = 200;
/// Reading what was carried walks the table of connections: once in this time, however many ask.
const FRESH: Duration = Duration::from_secs(1);
/// Records that wait for the control plane; the agent counts what comes beyond.
const WAITING: usize = 64;

/// The agent, as it is asked.
pub(crate) struct LocalSight {
    agent: AgentConfig,
    plans: watch::Receiver<Option<Arc<HostPlan>>>,
    probes: Arc<Probes>,
    /// Loading the program again is work for the kernel: one at a time.
    tracing: Mutex<()>,
    /// What was read last, and when.
    carried: Mutex<Option<(Instant, Arc<[Carried]>)>>,
    shown: Shown,
}

impl LocalSight {
    pub(crate) fn new(
        agent: AgentConfig,
        plans: watch::Receiver<Option<Arc<HostPlan>>>,
        probes: Arc<Probes>,
    ) -> Self {
        let (tracing, carried, shown) = (Mutex::default(), Mutex::default(), Shown::default());
        Self { agent, plans, probes, tracing, carried, shown }
    }

    fn plan(&self) -> Result<Arc<HostPlan>, String> {
        self.plans.borrow().clone().ok_or_else(|| "the host has no plan yet".to_owned())
    }

    fn read_carried(&self) -> Result<Arc<[Carried]>, String> {
        let totals = agent::carried::of_host(&self.agent, &*self.plan()?).map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "what was carried cannot be read");
            "The counters of the data plane cannot be read".to_owned()
        })?;
        Ok(self.shown.rise(totals).into_iter().map(|(by, total)| carried(by, total)).collect())
    }
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
        let plan = self.plan()?;
        let Connection { from, to, family, port, protocol } = connection.clone();
        let protocol = match protocol {
            Protocol::Tcp => agent::trace::Protocol::Tcp,
            Protocol::Udp => agent::trace::Protocol::Udp,
            Protocol::Icmp => agent::trace::Protocol::Icmp,
        };
        let question = Question { from: From::Instance(from), to, family, port, protocol };
        let _turn = self.tracing.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = agent::trace::trace(&self.agent, &plan, &question, &Viewer::Account(account));
        serde_json::to_value(trace.map_err(|error| error.to_string())?).map_err(|error| error.to_string())
    }

    fn probes(&self, server: ServerIndex) -> Vec<Probe> {
        self.probes.of(server)
    }

    fn carried(&self) -> Result<Arc<[Carried]>, String> {
        let mut last = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, carried)) = &*last
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(carried));
        }
        let carried = self.read_carried()?;
        *last = Some((Instant::now(), Arc::clone(&carried)));
        Ok(carried)
    }
}

fn carried(by: agent::carried::Carrier, Total { all, open }: Total) -> Carried {
    let by = match by {
        agent::carried::Carrier::Listener(id, zone) => Carrier::Listener(id, zone),
        agent::carried::Carrier::Endpoint(id, zone) => Carrier::Endpoint(id, zone),
        agent::carried::Carrier::Server(server) => {
            Carrier::Server { group: server.group, address: server.address, port: server.port }
        }
    };
    let traffic = |counter: tables::Counter| Traffic { packets: counter.packets, bytes: counter.bytes };
    let (sent, received) = (traffic(all.sent), traffic(all.received));
    Carried { by, connections: all.connections, open, sent, received }
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
