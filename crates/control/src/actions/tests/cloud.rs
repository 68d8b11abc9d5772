//! A cloud of two accounts on a store in memory, called as a client calls it: signed HTTP requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::account::{AccessKey, AccessKeyId, Secret};
use model::command::system::{CreateAccessKey, CreateAccount};
use model::command::{Command, Env};
use model::id::{AccountId, HostId, InstanceId, Revision, ServerIndex, Timestamp};
use model::report::{HealthReport, HealthState, InstanceReport, InstanceState, Report};
use model::state::State;
use model::status::Observed;
use serde_json::Value;
use tokio::sync::watch;

use crate::accounts::{self, Wanted};
use crate::actions::{Api, Edge, Gate};
use crate::commit::{Commits, Submission, SubmitError};
use crate::hosts::Consoles;
use crate::rpc::encoding::{canonical, encode};
use crate::rpc::signature::Replays;
use crate::rpc::{Product, request_id, time};
use crate::sessions::Sessions;
use crate::store::master_key::MasterKey;
use crate::store::memory::MemoryStore;
use crate::store::{self, CommitError, Edit, LoadError, Loaded, Store};
use crate::testing::TempDir;

pub(super) const REGION: &str = "cn-hangzhou";
pub(super) const ZONES: [&str; 2] = ["cn-hangzhou-g", "cn-hangzhou-k"];
/// The other account, whose key has this name too.
pub(super) const OTHER: AccountId = AccountId(2_000_000_000_000_002);

struct NoConsoles;

impl Consoles for NoConsoles {
    fn read(&self, _: &InstanceId) -> Vec<u8> {
        Vec::new()
    }
}

/// A clock that stands until it is set, and the seeds that are drawn.
pub(super) struct Clock {
    now: AtomicI64,
    seed: AtomicU64,
}

impl Clock {
    fn edge(self: &Arc<Self>) -> Edge {
        let (clock, seeds) = (self.clone(), self.clone());
        Edge {
            now: Box::new(move || clock.now()),
            seed: Box::new(move || Ok(seeds.seed.fetch_add(1, Ordering::SeqCst))),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

/// Where a cloud's state is, so that another can be opened on it.
#[derive(Clone)]
pub(super) enum Place {
    Memory(Arc<Mutex<MemoryStore>>),
    Disk(Arc<TempDir>),
}

impl Place {
    pub(super) fn memory() -> Self {
        Self::Memory(Arc::default())
    }

    pub(super) fn disk() -> Self {
        Self::Disk(Arc::new(TempDir::new()))
    }

    fn open(&self) -> Box<dyn Store> {
        match self {
            Self::Memory(store) => Box::new(Shared(store.clone())),
            Self::Disk(directory) => {
                store::open(directory.path(), &MasterKey::of(directory.path()).unwrap()).unwrap()
            }
        }
    }
}

struct Shared(Arc<Mutex<MemoryStore>>);

impl Store for Shared {
    fn load(&mut self) -> Result<Loaded, LoadError> {
        self.0.lock().unwrap().load()
    }

    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError> {
        self.0.lock().unwrap().commit(base, next, edits)
    }
}

#[derive(Clone)]
pub(super) struct Cloud {
    /// Key and secret of who calls.
    key: &'static str,
    api: Arc<Api>,
    commits: Commits,
    committer: Arc<JoinHandle<()>>,
    observed: watch::Sender<Arc<Observed>>,
    host: HostId,
    place: Place,
    clock: Arc<Clock>,
}

/// Status and body of a response.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

static NONCE: AtomicU64 = AtomicU64::new(0);

impl Cloud {
    pub(super) async fn new() -> Self {
        Self::at(Place::memory()).await
    }

    /// A new cloud whose state is kept there.
    pub(super) async fn at(place: Place) -> Self {
        let cloud = Self::open(place, Clock { now: time::now().0.into(), seed: 1.into() }.into()).await;
        let account = CreateAccount { id: Some(OTHER), name: "other".into() };
        accounts::submit(&cloud.commits, Command::CreateAccount(account)).await.unwrap();
        let (id, secret) = (AccessKeyId::parse("other").unwrap(), Secret::new("other"));
        let key = CreateAccessKey { account: OTHER, id, secret };
        accounts::submit(&cloud.commits, Command::CreateAccessKey(key)).await.unwrap();
        cloud
    }

    async fn open(place: Place, clock: Arc<Clock>) -> Self {
        let (commits, committer) = Commits::start(place.open()).unwrap();
        let zones = ZONES.map(model::id::ZoneId::new);
        let directory = TempDir::new();
        let wanted = Wanted { region: REGION, zones: &zones, dev: true, state_dir: directory.path() };
        let (host, _) = accounts::set_up(&commits, &wanted).await.unwrap();
        let sessions = Arc::new(Sessions::new(&[7; 32]).unwrap());
        let gate = Gate { sessions, replays: Replays::default() };
        let (observed, reports) = watch::channel(Arc::default());
        let api = Arc::new(Api::new(commits.clone(), reports, Arc::new(NoConsoles), gate, clock.edge()));
        let committer = Arc::new(committer);
        Self { key: "dev", api, commits, committer, observed, host, place, clock }
    }

    /// The same cloud, called by the other account.
    pub(super) fn of_other(&self) -> Self {
        Self { key: "other", ..self.clone() }
    }

    /// Who calls.
    pub(super) fn account(&self) -> AccountId {
        let key = AccessKeyId::parse(self.key).unwrap();
        self.state().get::<AccessKey>(&key).unwrap().account
    }

    /// The same cloud after its process has ended and begun again.
    pub(super) async fn restarted(self) -> Self {
        let Self { api, commits, committer, place, clock, .. } = self;
        drop((api, commits));
        Arc::try_unwrap(committer).unwrap().join().unwrap();
        Self::open(place, clock).await
    }

    /// What the operator of the machine commands.
    pub(super) async fn operate(&self, command: Command) {
        accounts::submit(&self.commits, command).await.unwrap();
    }

    /// The committed state.
    pub(super) fn state(&self) -> Arc<State> {
        self.commits.state()
    }

    /// Lets seconds pass, and says with what the next command is judged.
    pub(super) fn tick(&self, seconds: i64, seed: u64, account: AccountId) -> Env {
        let now = Timestamp(self.clock.now.fetch_add(seconds, Ordering::SeqCst) + seconds);
        self.clock.seed.store(seed, Ordering::SeqCst);
        Env { now, seed, account, role: None }
    }

    /// A command that no request stands for.
    pub(super) async fn submit(&self, command: Command, env: Env) -> Result<(), SubmitError> {
        let submission = Submission { command, env, token: None, answer: Box::new(|_, _| Value::Null) };
        self.commits.submit(submission).await.map(drop)
    }

    /// The host says that it has made everything true, that instances run, and how servers are.
    pub(super) fn settle_with(&self, health: HealthReport) {
        let state = self.commits.state();
        let running =
            |id: &InstanceId| (id.clone(), InstanceReport { state: InstanceState::Running, boot: 1 });
        let servers = state.tables().server_groups.values().flat_map(|group| group.servers.iter());
        let report = Report {
            host: self.host.clone(),
            observed: state.revision(),
            instances: state.tables().instances.keys().map(running).collect(),
            health: servers.map(|server| (server.index, health)).collect::<BTreeMap<ServerIndex, _>>(),
            tasks: BTreeMap::new(),
            faults: Vec::new(),
        };
        self.observed.send_replace(Arc::new(Observed { hosts: [(self.host.clone(), report)].into() }));
    }

    /// What the host has said last.
    pub(super) fn observed(&self) -> Arc<Observed> {
        self.observed.borrow().clone()
    }

    pub(super) fn settle(&self) {
        self.settle_with(HealthReport { state: HealthState::Healthy, reason: None, latency_micros: 1 });
    }

    pub(super) fn revision(&self) -> Revision {
        self.commits.state().revision()
    }

    /// A request.
    pub(super) async fn send(&self, product: Product, action: &str, params: &[(&str, &str)]) -> Reply {
        self.request(self.key, product, action, params).await
    }

    /// A request of the account whose key and secret are `key`.
    pub(super) async fn request(
        &self,
        key: &str,
        product: Product,
        action: &str,
        params: &[(&str, &str)],
    ) -> Reply {
        let body = signed(self.clock.now(), key, product, action, params);
        let request = hyper::Request::post("/")
            .header("host", "127.0.0.1:4577")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::from(body));
        let response = self.api.handle(request.unwrap()).await;
        let body = serde_json::from_slice(response.body()).unwrap();
        Reply { status: response.status().as_u16(), body }
    }

    /// The answer of a request that must work.
    pub(super) async fn call(&self, product: Product, action: &str, params: &[(&str, &str)]) -> Value {
        let reply = self.send(product, action, params).await;
        assert_eq!(reply.status, 200, "{action} {params:?}: {}", reply.body);
        assert_eq!(reply.body["RequestId"].as_str().unwrap().len(), 36);
        reply.body
    }

    /// One text of such an answer.
    pub(super) async fn get(
        &self,
        product: Product,
        action: &str,
        params: &[(&str, &str)],
        path: &str,
    ) -> String {
        let answer = self.call(product, action, params).await;
        let found = answer.pointer(path).unwrap_or_else(|| panic!("{action}: no {path} in {answer}"));
        found.as_str().map_or_else(|| found.to_string(), str::to_owned)
    }

    /// Status and code of a request that must be refused and change nothing.
    pub(super) async fn refused(
        &self,
        product: Product,
        action: &str,
        params: &[(&str, &str)],
    ) -> (u16, String) {
        let before = self.revision();
        let reply = self.send(product, action, params).await;
        assert_eq!(self.revision(), before, "{action} changed the state");
        let body = &reply.body;
        let code = body["Code"].as_str().unwrap_or_else(|| panic!("{action} {params:?} worked: {body}"));
        let message = body["Message"].as_str().unwrap();
        assert!(message.len() > 10 && !message.contains(code), "{code}: {message}");
        (reply.status, code.to_owned())
    }
}

/// A form with an RPC signature, as Terraform sends it.
fn signed(now: Timestamp, key: &str, product: Product, action: &str, params: &[(&str, &str)]) -> String {
    let (now, nonce) = (time::format(now), NONCE.fetch_add(1, Ordering::SeqCst).to_string());
    let nonce = format!("{nonce}-{}", request_id());
    let common = [
        ("Action", action),
        ("Version", product.version()),
        ("AccessKeyId", key),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", nonce.as_str()),
        ("Timestamp", now.as_str()),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let pairs: Vec<(String, String)> = common.iter().chain(params).map(owned).collect();
    // A name that is given twice is signed once.
    let pairs: Vec<_> = pairs.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect();
    let form = canonical(&pairs);
    let secret = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{key}&").as_bytes());
    let tag = hmac::sign(&secret, format!("POST&%2F&{}", encode(&form)).as_bytes());
    format!("{form}&Signature={}", encode(&STANDARD.encode(tag)))
}
