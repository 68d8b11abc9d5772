//! A cloud of two accounts on a store in memory, called as a client calls it: signed HTTP requests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::account::{AccessKey, AccessKeyId, Secret};
use model::command::Command;
use model::command::system::{CreateAccessKey, CreateAccount};
use model::id::{AccountId, HostId, InstanceId, ServerIndex};
use model::report::{HealthReport, HealthState, InstanceReport, InstanceState, Report};
use model::state::State;
use model::status::Observed;
use serde_json::Value;
use tokio::sync::watch;

use crate::accounts::{self, Wanted};
use crate::actions::{Api, Gate};
use crate::commit::Commits;
use crate::hosts::Consoles;
use crate::http::Handler;
use crate::rpc::encoding::{canonical, encode};
use crate::rpc::signature::Replays;
use crate::rpc::{Product, request_id, time};
use crate::sessions::Sessions;
use crate::store::memory::MemoryStore;
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

#[derive(Clone)]
pub(super) struct Cloud {
    /// Key and secret of who calls.
    key: &'static str,
    api: Arc<Api>,
    commits: Commits,
    observed: watch::Sender<Arc<Observed>>,
    host: HostId,
}

/// Status and body of a response.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
}

static NONCE: AtomicU64 = AtomicU64::new(0);

impl Cloud {
    pub(super) async fn new() -> Self {
        let (commits, _) = Commits::start(Box::<MemoryStore>::default()).unwrap();
        let zones = ZONES.map(model::id::ZoneId::new);
        let directory = TempDir::new();
        let wanted = Wanted { region: REGION, zones: &zones, dev: true, state_dir: directory.path() };
        let (host, _) = accounts::set_up(&commits, &wanted).await.unwrap();
        let account = CreateAccount { id: Some(OTHER), name: "other".into() };
        accounts::submit(&commits, Command::CreateAccount(account)).await.unwrap();
        let (id, secret) = (AccessKeyId::parse("other").unwrap(), Secret::new("other"));
        let key = CreateAccessKey { account: OTHER, id, secret };
        accounts::submit(&commits, Command::CreateAccessKey(key)).await.unwrap();
        let sessions = Arc::new(Sessions::new(&[7; 32]).unwrap());
        let gate = Gate { sessions, replays: Replays::default() };
        let (observed, reports) = watch::channel(Arc::default());
        let api = Arc::new(Api::new(commits.clone(), reports, Arc::new(NoConsoles), gate));
        Self { key: "dev", api, commits, observed, host }
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

    pub(super) fn state(&self) -> Arc<State> {
        self.commits.state()
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
            faults: Vec::new(),
        };
        self.observed.send_replace(Arc::new(Observed { hosts: [(self.host.clone(), report)].into() }));
    }

    pub(super) fn settle(&self) {
        self.settle_with(HealthReport { state: HealthState::Healthy, reason: None, latency_micros: 1 });
    }

    pub(super) fn revision(&self) -> model::id::Revision {
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
        let body = signed(key, product, action, params);
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
fn signed(key: &str, product: Product, action: &str, params: &[(&str, &str)]) -> String {
    let (now, nonce) = (time::format(time::now()), NONCE.fetch_add(1, Ordering::SeqCst).to_string());
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
    let form = canonical(&pairs);
    let secret = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{key}&").as_bytes());
    let tag = hmac::sign(&secret, format!("POST&%2F&{}", encode(&form)).as_bytes());
    format!("{form}&Signature={}", encode(&STANDARD.encode(tag)))
}
