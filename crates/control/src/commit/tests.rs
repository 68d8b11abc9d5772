use std::sync::Mutex;
use std::time::Duration;

use model::account::Account;
use model::command::system::CreateAccount;
use model::command::vpc::{CreateVpc, VpcCommand};
use model::id::{AccountId, Revision, Timestamp};
use model::vpc::Vpc;
use serde_json::json;

use super::*;
use crate::store::memory::MemoryStore;
use crate::store::redb::RedbStore;
use crate::store::{Edit, Loaded};
use crate::testing::TempDir;

const ACCOUNT: AccountId = AccountId(1_000_000_000_000_001);

fn env(seed: u64) -> Env {
    Env { now: Timestamp(1_700_000_000), seed, account: ACCOUNT, role: None }
}

fn submission(command: Command, seed: u64) -> Submission {
    let answer = Box::new(|_: &Arc<State>, output: &Output| match output {
        Output::Vpc { id, .. } => json!({ "VpcId": id }),
        _ => Value::Null,
    });
    Submission { command, env: env(seed), token: None, answer }
}

fn create_vpc(seed: u64) -> Submission {
    submission(Command::Vpc(VpcCommand::CreateVpc(CreateVpc::default())), seed)
}

fn with_token(mut submission: Submission, token: &str, fingerprint: &str) -> Submission {
    let key = TokenKey { account: ACCOUNT, action: "CreateVpc".into(), token: token.into() };
    submission.token = Some(Idempotence { key, fingerprint: fingerprint.into() });
    submission
}

async fn started(store: Box<dyn Store>) -> Commits {
    let (commits, _) = Commits::start(store).unwrap();
    let account = CreateAccount { id: Some(ACCOUNT), name: "one".into() };
    commits.submit(submission(Command::CreateAccount(account), 1)).await.unwrap();
    commits
}

fn vpcs(commits: &Commits) -> usize {
    commits.state().tables().vpcs.size()
}

/// A store that a test can break, hold up, or look into.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    rows: MemoryStore,
    commits: usize,
    pause: Duration,
    fail_before: bool,
    fail_after: bool,
    rival: Option<Vec<Edit>>,
}

impl Store for Shared {
    fn load(&mut self) -> Result<Loaded, LoadError> {
        self.0.lock().unwrap().rows.load()
    }

    fn commit(&mut self, base: Revision, next: Revision, edits: &[Edit]) -> Result<(), CommitError> {
        let mut inner = self.0.lock().unwrap();
        std::thread::sleep(inner.pause);
        if let Some(rival) = inner.rival.take() {
            inner.rows.commit(base, Revision(base.0 + 1), &rival)?;
        }
        let broken = || CommitError::Failed("the disk is gone".into());
        if inner.fail_before {
            return Err(broken());
        }
        inner.rows.commit(base, next, edits)?;
        inner.commits += 1;
        if inner.fail_after { Err(broken()) } else { Ok(()) }
    }
}

impl Shared {
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let directory = TempDir::new();
    let path = directory.join("state.redb");
    let (commits, thread) = Commits::start(Box::new(RedbStore::open(&path).unwrap())).unwrap();
    let account = CreateAccount { id: Some(ACCOUNT), name: "one".into() };
    commits.submit(submission(Command::CreateAccount(account), 1)).await.unwrap();
    let answer = commits.submit(create_vpc(2)).await.unwrap();
    let before = commits.state();
    drop(commits);
    thread.join().unwrap();

    let (commits, _) = Commits::start(Box::new(RedbStore::open(&path).unwrap())).unwrap();
    let state = commits.state();
    assert_eq!(state.revision(), before.revision());
    let id = answer["VpcId"].as_str().unwrap().parse().unwrap();
    assert_eq!(state.get::<Vpc>(&id), before.get::<Vpc>(&id));
    assert!(state.get::<Account>(&ACCOUNT).is_some());
}

#[tokio::test]
async fn commands_that_wait_together_share_a_transaction() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    store.change(|inner| (inner.commits, inner.pause) = (0, Duration::from_millis(20)));
    let many: Vec<_> = (0..50)
        .map(|seed| {
            let commits = commits.clone();
            tokio::spawn(async move { commits.submit(create_vpc(100 + seed)).await })
        })
        .collect();
    for one in many {
        one.await.unwrap().unwrap();
    }
    let transactions = store.change(|inner| inner.commits);
    assert_eq!(vpcs(&commits), 50);
    assert!(transactions < 10, "{transactions} transactions for 50 commands");
}

#[tokio::test]
async fn a_refused_command_changes_nothing() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    let before = store.change(|inner| (inner.rows.load().unwrap(), inner.commits));
    let unknown = "vpc-bp1aaaaaaaaaaaaaaaaaa".parse().unwrap();
    let refused = commits.submit(submission(Command::Vpc(VpcCommand::DeleteVpc(unknown)), 5)).await;
    assert!(matches!(refused, Err(SubmitError::Refused(Refusal::NotFound(_)))));
    assert_eq!(store.change(|inner| (inner.rows.load().unwrap(), inner.commits)), before);
}

#[tokio::test]
async fn a_repeated_request_gets_its_first_answer() {
    let commits = started(Box::new(MemoryStore::default())).await;
    let first = commits.submit(with_token(create_vpc(7), "token", "a")).await.unwrap();
    let again = commits.submit(with_token(create_vpc(8), "token", "a")).await.unwrap();
    assert_eq!((first, vpcs(&commits)), (again, 1));
    let other = commits.submit(with_token(create_vpc(9), "token", "b")).await;
    assert!(matches!(other, Err(SubmitError::TokenReused)));
    commits.submit(with_token(create_vpc(10), "another", "a")).await.unwrap();
    assert_eq!(vpcs(&commits), 2);
}

#[tokio::test]
async fn a_token_survives_a_restart_and_a_refusal_uses_none_up() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    let unknown = "vpc-bp1aaaaaaaaaaaaaaaaaa".parse().unwrap();
    let refused = commits
        .submit(with_token(submission(Command::Vpc(VpcCommand::DeleteVpc(unknown)), 5), "token", "a"))
        .await;
    assert!(matches!(refused, Err(SubmitError::Refused(_))));
    let first = commits.submit(with_token(create_vpc(7), "token", "a")).await.unwrap();
    let (commits, _) = Commits::start(Box::new(store)).unwrap();
    assert_eq!(commits.submit(with_token(create_vpc(8), "token", "a")).await.unwrap(), first);
}

#[tokio::test]
async fn a_failed_commit_leaves_the_state_and_the_next_one_works() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    store.change(|inner| inner.fail_before = true);
    for seed in 20..23 {
        assert!(matches!(commits.submit(create_vpc(seed)).await, Err(SubmitError::Store(_))));
        assert_eq!(vpcs(&commits), 0);
    }
    store.change(|inner| inner.fail_before = false);
    commits.submit(create_vpc(24)).await.unwrap();
    assert_eq!(vpcs(&commits), 1);
}

#[tokio::test]
async fn a_commit_that_happened_although_it_failed_is_found() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    store.change(|inner| inner.fail_after = true);
    let failed = commits.submit(with_token(create_vpc(30), "token", "a")).await;
    assert!(matches!(failed, Err(SubmitError::Store(_))));
    store.change(|inner| inner.fail_after = false);
    commits.submit(with_token(create_vpc(31), "token", "a")).await.unwrap();
    assert_eq!(vpcs(&commits), 1);
}

#[tokio::test]
async fn a_beaten_commit_is_judged_again() {
    let store = Shared::default();
    let commits = started(Box::new(store.clone())).await;
    let rival = Account {
        id: AccountId(1_000_000_000_000_002),
        name: "rival".into(),
        resource_group: "rg-acfmrival".parse().unwrap(),
        limits: Default::default(),
        active: true,
        created: Timestamp(1),
    };
    let value = serde_json::to_vec(&rival).unwrap();
    let edit = Edit { table: "accounts".into(), key: rival.id.to_string(), value: Some(value) };
    store.change(|inner| inner.rival = Some(vec![edit]));
    commits.submit(create_vpc(40)).await.unwrap();
    assert_eq!(vpcs(&commits), 1);
    assert!(commits.state().get::<Account>(&rival.id).is_some());
}

#[tokio::test]
async fn a_command_that_panics_changes_nothing_and_stops_nobody() {
    let commits = started(Box::<MemoryStore>::default()).await;
    let mut poisoned = create_vpc(2);
    poisoned.answer = Box::new(|_, _| panic!("a mistake"));
    let (poisoned, good) = tokio::join!(commits.submit(poisoned), commits.submit(create_vpc(3)));
    assert!(matches!(poisoned, Err(SubmitError::Panicked)));
    assert!(good.unwrap()["VpcId"].is_string());
    commits.submit(create_vpc(4)).await.unwrap();
    assert_eq!(vpcs(&commits), 2);
}
