use std::sync::Arc;

use http_body_util::BodyExt;
use model::command::Command;
use model::command::system::CreateAccount;
use model::id::{InstanceId, ZoneId};
use model::status::Observed;

use super::*;
use crate::accounts::{self, Wanted};
use crate::actions::{Edge, Gate};
use crate::commit::Commits;
use crate::hosts::Consoles;
use crate::rpc::signature::Replays;
use crate::sessions::Sessions;
use crate::store::memory::MemoryStore;
use crate::testing::TempDir;

struct NoConsoles;

impl Consoles for NoConsoles {
    fn read(&self, _: &InstanceId) -> Vec<u8> {
        Vec::new()
    }
}

struct Cloud {
    front: Front,
    commits: Commits,
    changes: Changes,
    stop: watch::Sender<()>,
    _observed: watch::Sender<Arc<Observed>>,
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
    let front = Front::new(api, changes.clone(), dev, stopped);
    Cloud { front, commits, changes, stop, _observed: reported }
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
async fn changes_are_told_to_nobody_who_does_not_sign() {
    let cloud = cloud(true).await;
    assert!(ask(&cloud, Method::POST, "/console/events").await.status().is_client_error());
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
