use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use model::command::Command;
use model::command::system::CreateAccount;
use model::entropy::Entropy;
use model::id::{AccountId, HostId, InstanceId, Revision, ServerIndex, ZoneId};
use model::report::{HealthReport, HealthState, Probe, Report};
use model::status::Observed;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::*;
use crate::accounts::{self, Wanted};
use crate::actions::{Edge, Gate};
use crate::commit::Commits;
use crate::hosts::{Carried, Connection, Consoles};
use crate::rpc::signature::Replays;
use crate::rpc::{Params, Product};
use crate::sessions::Sessions;
use crate::store::memory::MemoryStore;
use crate::testing::TempDir;

struct NoConsoles;

impl Consoles for NoConsoles {
    fn read(&self, _: &InstanceId) -> Vec<u8> {
        Vec::new()
    }
}

/// A host that has told one record to whom it was asked for.
struct OneFlow;

impl Sight for OneFlow {
    fn flows(&self, account: AccountId) -> mpsc::Receiver<Bytes> {
        let (records, told) = mpsc::channel(1);
        records.try_send(format!("{{\"flow\":\"{}\"}}", account.0).into()).unwrap();
        told
    }

    fn trace(&self, _: AccountId, _: &Connection) -> Result<serde_json::Value, String> {
        Ok(json!({ "passes": true }))
    }

    fn probes(&self, _: ServerIndex) -> Vec<Probe> {
        Vec::new()
    }

    fn carried(&self) -> Result<Arc<[Carried]>, String> {
        Ok([].into())
    }
}

struct Cloud {
    front: Front,
    commits: Commits,
    changes: Changes,
    stop: watch::Sender<()>,
    reported: watch::Sender<Arc<Observed>>,
}

async fn cloud(dev: bool) -> Cloud {
    let (commits, _) = Commits::start(Box::new(MemoryStore::default())).unwrap();
    let zones = ["z-1", "z-2"].map(ZoneId::new);
    let directory = TempDir::new();
    let wanted = Wanted { region: "here", zones: &zones, dev, state_dir: directory.path() };
    accounts::set_up(&commits, &wanted).await.unwrap();
    let (reported, observed) = watch::channel(Arc::default());
    let (stop, stopped) = watch::channel(());
    let changes = Changes { states: commits.watch(), observed: observed.clone() };
    let gate = Gate { sessions: Arc::new(Sessions::new(&[7; 32]).unwrap()), replays: Replays::default() };
    let api = Api::new(commits.clone(), observed, Arc::new(NoConsoles), gate, Edge::default());
    let front = Front::new(api, changes.clone(), Arc::new(OneFlow), dev, stopped);
    Cloud { front, commits, changes, stop, reported }
}

async fn ask(cloud: &Cloud, method: Method, path: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
    cloud.front.handle(request).await
}

async fn body(response: Response<Body>) -> Bytes {
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn nothing_under_the_console_s_path_may_run_what_is_not_its_own() {
    let cloud = cloud(false).await;
    for path in ["/console/", "/console/vpc/vpcs", "/console/assets/none.js", "/console/settings.json"] {
        let response = ask(&cloud, Method::GET, path).await;
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
    assert_eq!(ask(&cloud, Method::GET, "/console").await.headers()["location"], "/console/");
    assert_eq!(ask(&cloud, Method::POST, "/console/").await.status(), 405);
    assert_eq!(ask(&cloud, Method::GET, "/console/assets/none.js").await.status(), 404);
}

#[tokio::test]
async fn a_path_beside_the_console_is_the_api_s() {
    let cloud = cloud(false).await;
    let answer = body(ask(&cloud, Method::GET, "/consoles").await).await;
    assert!(String::from_utf8_lossy(&answer).contains("InvalidPath"), "{answer:?}");
}

#[tokio::test]
async fn only_a_system_for_trying_out_tells_its_key() {
    let told = |dev| async move {
        let text = body(ask(&cloud(dev).await, Method::GET, "/console/settings.json").await).await;
        serde_json::from_slice::<serde_json::Value>(&text).unwrap()
    };
    assert_eq!(told(false).await, json!({ "region": "here", "key": null }));
    assert_eq!(told(true).await, json!({ "region": "here", "key": { "id": "dev", "secret": "dev" } }));
}

#[tokio::test]
async fn nothing_is_told_to_who_does_not_sign() {
    let cloud = cloud(true).await;
    for path in ["events", "flows", "trace", "probes", "traffic"].map(|path| format!("/console/{path}")) {
        assert!(ask(&cloud, Method::POST, &path).await.status().is_client_error(), "{path}");
    }
}

fn signed(cloud: &Cloud, account: AccountId, given: &[(&str, &str)]) -> Signed {
    let params = Params::new(Product::Ecs, given.iter().copied());
    Signed { account, params, state: cloud.commits.state() }
}

#[tokio::test]
async fn flows_are_asked_for_as_who_has_signed_and_the_stream_ends_with_the_log() {
    let cloud = cloud(false).await;
    let told = body(cloud.front.tell("/flows", signed(&cloud, AccountId(7), &[])).await).await;
    assert_eq!(told, ": nothing new\n\ndata: {\"flow\":\"7\"}\n\n");
}

#[tokio::test]
async fn a_trace_from_an_instance_that_is_not_the_caller_s_is_refused() {
    let cloud = cloud(false).await;
    let ask = async |given: &[(&str, &str)]| {
        let answer = body(cloud.front.tell("/trace", signed(&cloud, AccountId(7), given)).await).await;
        serde_json::from_slice::<serde_json::Value>(&answer).unwrap()["Code"].clone()
    };
    let to = [("To", "10.0.0.1"), ("Port", "80")];
    let from = |id| [&[("InstanceId", id)], to.as_slice()].concat();
    assert_eq!(ask(&from("i-bp1aaaaaaaaaaaaaaaaa")).await, "InvalidInstanceId.NotFound");
    assert_eq!(ask(&from("nobody")).await, "InvalidInstanceId.NotFound");
    assert_eq!(ask(&to).await, "MissingParameter.InstanceId");
    assert_eq!(ask(&[("InstanceId", "i-1"), ("To", "x"), ("Port", "65536")]).await, "InvalidParameter.Port");
}

/// A report in which one server's last probe took this long.
fn probed(state: HealthState, latency_micros: u32) -> Arc<Observed> {
    let host = HostId::generate(&mut Entropy::new(1));
    let health = [(ServerIndex(1), HealthReport { state, reason: None, latency_micros })].into();
    let report = Report {
        host: host.clone(),
        observed: Revision(1),
        instances: BTreeMap::new(),
        health,
        tasks: BTreeMap::new(),
        faults: Vec::new(),
    };
    Arc::new(Observed { hosts: [(host, report)].into() })
}

#[tokio::test]
async fn that_a_probe_took_another_time_is_no_change_and_another_verdict_is() {
    let cloud = cloud(false).await;
    let mut changes = cloud.changes.clone();
    cloud.reported.send_replace(probed(HealthState::Healthy, 120));
    let told = changes.now();
    cloud.reported.send_replace(probed(HealthState::Healthy, 350));
    assert!(timeout(Duration::ZERO, changes.since(&told)).await.is_err());
    cloud.reported.send_replace(probed(HealthState::Unhealthy, 350));
    assert!(timeout(Duration::ZERO, changes.since(&told)).await.is_ok());
}

#[tokio::test]
async fn a_change_is_told_and_the_stream_ends_with_the_server() {
    let cloud = cloud(false).await;
    let mut stream = events::stream(cloud.changes.clone(), cloud.front.stopped.clone()).into_body();
    let mut next = async || stream.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    assert_eq!(next().await.unwrap(), "data: changed\n\n");
    let account = CreateAccount { id: None, name: "shop".into() };
    accounts::submit(&cloud.commits, Command::CreateAccount(account)).await.unwrap();
    assert_eq!(next().await.unwrap(), "data: changed\n\n");
    drop(cloud.stop);
    assert_eq!(next().await, None);
}
