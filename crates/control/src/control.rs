//! The control plane, put together.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use model::account::{AccessKeyId, Secret};
use model::id::{HostId, ServerIndex, ZoneId};
use model::report::HealthReport;
use model::state::State;
use model::status::Observed;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::accounts::{self, SetUpError, Wanted};
use crate::actions::{Api, Edge, Gate};
use crate::admin::Admin;
use crate::commit::{Commits, StoreFailure};
use crate::console::{Changes, Front};
use crate::hosts::{self, HostLink};
use crate::http::{Certificate, CertificateError, Page, Server};
use crate::rpc::signature::Replays;
use crate::rpc::time;
use crate::sessions::{NoSession, Sessions};
use crate::store::master_key::{MasterKey, MasterKeyError};
use crate::store::{self, OpenError};
use crate::summary::{Summary, summary};
use crate::tally::{Counts, Tally};
use crate::tasks;

/// The directory of the certificate in the state directory.
const TLS: &str = "tls";
/// The file of nonces in the state directory.
const NONCES: &str = "nonces";

/// Region when none is chosen.
pub const DEFAULT_REGION: &str = "cn-hangzhou";
/// Zones when none are chosen.
pub const DEFAULT_ZONES: [&str; 2] = ["cn-hangzhou-g", "cn-hangzhou-k"];

/// Longest wait for the host's first report before requests are answered without.
const FIRST_REPORT: Duration = Duration::from_secs(2);

/// What a control plane is to be.
#[derive(Clone, Debug)]
pub struct ControlConfig {
    /// Where the API listens: plain HTTP and TLS on one port.
    pub listen: SocketAddr,
    /// Where state, certificate and key file are. Made when it is missing, for its owner only.
    pub state_dir: PathBuf,
    /// Opens with the key dev/dev. Only on a loopback address.
    pub dev: bool,
    /// The region.
    pub region: String,
    /// Its zones; at least two, so that load balancers are possible.
    pub zones: Vec<ZoneId>,
}

impl ControlConfig {
    /// Region and zones as they are when none are chosen.
    pub fn new(listen: SocketAddr, state_dir: PathBuf) -> Self {
        let zones = DEFAULT_ZONES.into_iter().map(ZoneId::new).collect();
        Self { listen, state_dir, dev: false, region: DEFAULT_REGION.to_owned(), zones }
    }
}

/// Why a control plane does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A well-known key must not be reachable from outside.
    #[error("--dev opens with a key that everybody knows, so it listens on loopback alone, not on {0}")]
    DevNotLoopback(SocketAddr),
    /// The state directory cannot be made.
    #[error("the state directory {} cannot be used: choose another with --state", path.display())]
    StateDir {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// No temporary credentials can be made.
    #[error(transparent)]
    Sessions(#[from] NoSession),
    /// The state cannot be loaded.
    #[error("the state cannot be loaded")]
    Load(#[from] StoreFailure),
    /// The installation cannot be set up.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: is another process there? Choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A control plane that is loaded and listens, but does not answer yet.
pub struct Control {
    commits: Commits,
    committer: JoinHandle<()>,
    host: HostId,
    new_key: Option<(AccessKeyId, Secret)>,
    server: Server,
    address: SocketAddr,
    certificate: Certificate,
    observed: watch::Sender<Arc<Observed>>,
    gate: Gate,
    plan_key: [u8; 32],
    dev: bool,
}

impl Control {
    /// Opens the state, sets up what is missing, and listens.
    ///
    /// # Errors
    /// When the state cannot be used, or the address is taken.
    pub async fn open(config: &ControlConfig) -> Result<Self, StartError> {
        if config.dev && !config.listen.ip().is_loopback() {
            return Err(StartError::DevNotLoopback(config.listen));
        }
        make_private(&config.state_dir)
            .map_err(|source| StartError::StateDir { path: config.state_dir.clone(), source })?;
        let master = MasterKey::of(&config.state_dir)?;
        let sessions = Sessions::new(&master.derive("sessions"))?;
        let replays = Replays::open(&config.state_dir.join(NONCES), time::now())
            .map_err(|source| StartError::StateDir { path: config.state_dir.clone(), source })?;
        let (commits, committer) = Commits::start(store::open(&config.state_dir, &master)?)?;
        let (region, zones) = (config.region.as_str(), config.zones.as_slice());
        let wanted = Wanted { region, zones, dev: config.dev, state_dir: &config.state_dir };
        let (host, new_key) = accounts::set_up(&commits, &wanted).await?;
        let names = [config.listen.ip().to_string(), "localhost".to_owned()];
        let certificate = Certificate::open(&config.state_dir.join(TLS), &names)?;
        let taken = |source| StartError::Listen { address: config.listen, source };
        let server = Server::bind(config.listen, &certificate).await.map_err(taken)?;
        let address = server.address().map_err(taken)?;
        let gate = Gate { sessions: Arc::new(sessions), replays };
        let (observed, _) = watch::channel(Arc::default());
        let (plan_key, dev) = (master.derive("plan"), config.dev);
        Ok(Self {
            commits,
            committer,
            host,
            new_key,
            server,
            address,
            certificate,
            observed,
            gate,
            plan_key,
            dev,
        })
    }

    /// The host that plans are made for: the agent's name in its reports.
    pub fn host(&self) -> &HostId {
        &self.host
    }

    /// Where the API listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that clients of the TLS side need to trust.
    pub fn certificate(&self) -> &std::path::Path {
        self.certificate.path()
    }

    /// The key that was made just now, at first start: the only time that its secret is shown.
    pub fn new_key(&self) -> Option<&(AccessKeyId, Secret)> {
        self.new_key.as_ref()
    }

    /// Seals what is secret in plans where a host keeps them.
    pub fn plan_key(&self) -> [u8; 32] {
        self.plan_key
    }

    /// What the operator's questions are answered by. It keeps the store open: drop it to let `run` return.
    pub fn admin(&self) -> Admin {
        Admin::new(self.commits.clone())
    }

    /// Serves `page` on an address of its own, until `shutdown` is done.
    ///
    /// # Errors
    /// When the address is taken.
    pub async fn serve<S: Future<Output = ()>>(
        &self,
        page: Page,
        address: SocketAddr,
        shutdown: S,
    ) -> Result<impl Future<Output = ()> + use<S>, StartError> {
        let taken = |source| StartError::Listen { address, source };
        page.listen(address, &self.certificate, shutdown).await.map_err(taken)
    }

    /// A look at state and reports, as long as the control plane runs.
    pub fn inspector(&self) -> Inspector {
        let tally = self.commits.tally().clone();
        Inspector { states: self.commits.watch(), observed: self.observed.subscribe(), tally }
    }

    /// Plans, observes and answers, until `shutdown` is done. When it returns, the store is closed.
    pub async fn run(self, link: HostLink, shutdown: impl Future<Output = ()>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(hosts::plan(self.commits.watch(), self.host.clone(), link.plans));
        tasks.spawn(hosts::observe(link.reports, self.host, self.observed.clone()));
        tasks.spawn(tasks::purge(self.commits.clone(), self.observed.subscribe()));
        reported(self.observed.subscribe()).await;
        let observed = self.observed.subscribe();
        let changes = Changes { states: self.commits.watch(), observed: observed.clone() };
        let api = Api::new(self.commits, observed, link.consoles, self.gate, Edge::default());
        let (stop, stopped) = watch::channel(());
        let front = Arc::new(Front::new(api, changes, link.sight, self.dev, stopped));
        let shutdown = async {
            shutdown.await;
            drop(stop);
        };
        self.server.run(front, shutdown).await;
        tasks.shutdown().await;
        // The committer ends when the last handle is gone; joining waits for its last fsync.
        let closed = tokio::task::spawn_blocking(move || self.committer.join()).await;
        if !matches!(closed, Ok(Ok(()))) {
            tracing::error!("the committer ended in a panic");
        }
    }
}

/// Packets passed while no daemon ran: a status that was told before the first report would deny it.
async fn reported(mut observed: watch::Receiver<Arc<Observed>>) {
    let report = observed.wait_for(|observed| !observed.hosts.is_empty());
    if tokio::time::timeout(FIRST_REPORT, report).await.is_err() {
        tracing::warn!("the host has not reported yet: statuses stay pending until it does");
    }
}

/// A look at state and reports.
#[derive(Clone)]
pub struct Inspector {
    states: watch::Receiver<Arc<State>>,
    observed: watch::Receiver<Arc<Observed>>,
    tally: Arc<Tally>,
}

impl Inspector {
    /// The state in short, as it is now.
    pub fn summary(&self) -> Summary {
        let observed = self.observed.borrow().clone();
        let state = self.states.borrow().clone();
        summary(&state, &observed)
    }

    /// The health of every server that is checked, as reported.
    pub fn health(&self) -> BTreeMap<ServerIndex, HealthReport> {
        let observed = self.observed.borrow().clone();
        observed.hosts.values().flat_map(|report| report.health.clone()).collect()
    }

    /// What was counted since the start.
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }
}

fn make_private(directory: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}
