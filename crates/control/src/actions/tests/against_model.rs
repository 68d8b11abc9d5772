//! Random requests, sensible and not, against the server, and the commands that they stand for against the pure model:
//! both come to the same, at every moment, and also when the server is restarted in between.

use std::collections::BTreeSet;

use model::command::{Command, Env};
use model::entropy::Entropy;
use model::id::AccountId;
use model::refusal::Refusal;
use model::state::State;
use model::tables::{Kind, Row};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::asked::{Asked, request};
use super::cloud::{Cloud, Place, Reply};
use super::listed::same_lists;
use super::provider::{Network, Provider, endpoint};
use super::random::Dice;
use crate::actions::{Support, find, refusal};

/// A server, and what the model says that its state is.
struct Pair {
    cloud: Cloud,
    model: State,
    account: AccountId,
    /// The last request that had a token, and its answer.
    kept: Option<(Asked, Value)>,
}

/// What became of a step.
enum Step {
    /// The request's action, and whether it was done.
    Asked(&'static str, bool),
    /// No request stands for the command.
    Silent,
}

impl Pair {
    async fn new(place: Place) -> Self {
        let cloud = Cloud::at(place).await;
        let provider = Provider::new(&cloud).await;
        let consumer = Network::new(&cloud).await;
        consumer.instance(&cloud, 0).await;
        endpoint(&cloud, &consumer, &provider.service).await;
        let model = State::clone(&cloud.state());
        let account = model.tables().vpcs.values().next().unwrap().meta.owner;
        Self { cloud, model, account, kept: None }
    }

    async fn step(&mut self, seed: u64) -> Step {
        let mut dice = Dice { state: &self.model, entropy: Entropy::new(seed) };
        let command = dice.command();
        let (way, noise) = (dice.entropy.below(8), dice.entropy.next());
        let env = self.cloud.tick(5, seed, self.account);
        let Some(asked) = request(&self.model, &command) else {
            let done = self.cloud.submit(command.clone(), env.clone()).await.is_ok();
            assert_eq!(done, self.judge(&command, &env, false).is_ok(), "{command:?}");
            self.same(&command);
            return Step::Silent;
        };
        match way {
            0 => self.garbled(&asked, noise).await,
            1 if !is_beyond_the_api(&asked) => self.rehearsed(&asked, &command, &env).await,
            _ => {}
        }
        let asked = if way == 2 { asked.with("ClientToken", format!("token-{seed}")) } else { asked };
        // Only what was judged draws a seed; what went before may have done so.
        self.cloud.tick(0, seed, self.account);
        let reply = self.ask(&asked).await;
        if is_beyond_the_api(&asked) {
            assert_eq!(reply.status, 400, "{asked:?}");
            self.same(&command);
            return Step::Silent;
        }
        let outcome = self.judge(&command, &env, way == 2);
        check(&asked, &reply, outcome.as_ref().err());
        self.same(&command);
        if way == 2 && outcome.is_ok() {
            self.kept = Some((asked.clone(), reply.body));
            self.repeated().await;
        }
        same_lists(&self.cloud, &self.model, self.account, noise as usize).await;
        Step::Asked(asked.action, outcome.is_ok())
    }

    async fn ask(&self, asked: &Asked) -> Reply {
        let params: Vec<(&str, &str)> =
            asked.params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.cloud.request("dev", asked.product, asked.action, &params).await
    }

    /// The model's own judgement of a command.
    fn judge(&mut self, command: &Command, env: &Env, token: bool) -> Result<(), Refusal> {
        let (change, _) = self.model.apply(command, env)?;
        // What changes nothing is no commit, unless a token is to be kept.
        if token || !change.ops.is_empty() {
            self.model = self.model.absorb(&change);
        }
        Ok(())
    }

    /// Server and model have the same rows, and what always holds does.
    fn same(&self, command: &Command) {
        let state = self.cloud.state();
        assert_eq!(state.revision(), self.model.revision(), "{command:?}");
        for (server, model) in rows(&state).zip(rows(&self.model)) {
            assert_eq!(server, model, "{command:?}");
        }
        assert_eq!(rows(&state).count(), rows(&self.model).count(), "{command:?}");
        assert_eq!(state.check(), [], "{command:?}");
    }

    /// A dry run comes to what the request will come to, and changes nothing.
    async fn rehearsed(&mut self, asked: &Asked, command: &Command, env: &Env) {
        let revision = self.cloud.revision();
        let reply = self.ask(&asked.clone().with("DryRun", "true")).await;
        assert_eq!(self.cloud.revision(), revision, "{asked:?}");
        match self.model.apply(command, env) {
            Ok(_) => assert_eq!((reply.status, &reply.body["Code"]), (400, &json!("DryRunOperation"))),
            Err(refused) => check(asked, &reply, Some(&refused)),
        }
    }

    /// The request with a mistake in it: refused, or taken as another request; never more than that.
    async fn garbled(&mut self, asked: &Asked, noise: u64) {
        let mut entropy = Entropy::new(noise);
        let mut wrong = asked.clone();
        let count = wrong.params.len() as u64;
        if let Some((name, value)) = wrong.params.get_mut(entropy.below(count) as usize) {
            match entropy.below(4) {
                0 => value.clear(),
                1 => *value = "\u{0}%,[{\"".to_owned(),
                2 => value.push_str("000000000000"),
                _ => name.push_str(".1.x"),
            }
        }
        let revision = self.cloud.revision();
        let reply = self.ask(&wrong).await;
        let state = self.cloud.state();
        match reply.status {
            200 => assert_eq!(state.check(), [], "{wrong:?}"),
            400..=404 => assert_eq!(state.revision(), revision, "{wrong:?}"),
            other => panic!("{other} {} {wrong:?}", reply.body),
        }
        self.model = State::clone(&state);
    }

    /// A repeated request gets the answer that it got, and does nothing.
    async fn repeated(&self) {
        let Some((asked, answer)) = &self.kept else { return };
        let revision = self.cloud.revision();
        let again = self.ask(asked).await;
        assert_eq!((without_id(&again.body), again.status), (without_id(answer), 200), "{asked:?}");
        assert_eq!(self.cloud.revision(), revision, "{asked:?}");
    }

    async fn restarted(self) -> Self {
        let Self { cloud, model, account, kept } = self;
        let pair = Self { cloud: cloud.restarted().await, model, account, kept };
        pair.same(&Command::Purge(model::id::Revision(0)));
        pair.repeated().await;
        pair
    }
}

/// Whether it has a parameter that the model knows and the API refuses.
fn is_beyond_the_api(asked: &Asked) -> bool {
    let action = find(asked.product, asked.action).unwrap();
    let refused = action.params.iter().filter(|param| matches!(param.support, Support::Refused(..)));
    let mut names = refused.map(|param| param.name);
    names.any(|name| asked.params.iter().any(|(given, value)| given == name && value != "false"))
}

/// Every row but those of tokens, which the model does not write.
fn rows(state: &State) -> impl Iterator<Item = Row> + '_ {
    state.tables().rows().filter(|row| row.key().kind() != Kind::Token)
}

fn without_id(body: &Value) -> Value {
    let mut body = body.clone();
    body["RequestId"] = Value::Null;
    body
}

/// The reply is the one that the model's judgement means.
fn check(asked: &Asked, reply: &Reply, refused: Option<&Refusal>) {
    let action = find(asked.product, asked.action).unwrap();
    let expected =
        refused.map(|refused| refusal::as_documented(action, refusal::error(asked.product, refused)));
    let expected = expected.map_or((200, Value::Null), |error| (error.status, json!(error.code)));
    let given = (reply.status, reply.body["Code"].clone());
    assert_eq!(given, expected, "{asked:?}: {} {refused:?}", reply.body);
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn walk(place: Place, seeds: &[u64], restart_each: usize) {
    let mut pair = Pair::new(place).await;
    for (number, seed) in seeds.iter().enumerate() {
        pair.step(*seed).await;
        if number % restart_each == restart_each - 1 {
            pair = pair.restarted().await;
        }
    }
    pair.restarted().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_server_does_what_the_model_says(seeds in prop::collection::vec(any::<u64>(), 1..120)) {
        run(walk(Place::memory(), &seeds, 30));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn on_a_disk_it_does_too(seeds in prop::collection::vec(any::<u64>(), 40..80)) {
        run(walk(Place::disk(), &seeds, 15));
    }
}

/// The random requests are worth something only if nearly every kind of them is done now and then.
#[test]
fn random_requests_reach_far() {
    let (mut tried, mut done, mut silent) = (BTreeSet::new(), BTreeSet::new(), 0);
    run(async {
        for start in 0..8_u64 {
            let mut pair = Pair::new(Place::memory()).await;
            for step in 0..250 {
                match pair.step(start * 10_000 + step).await {
                    Step::Asked(action, worked) => {
                        tried.insert(action);
                        done.extend(worked.then_some(action));
                    }
                    Step::Silent => silent += 1,
                }
            }
        }
    });
    let missing: Vec<_> = tried.difference(&done).collect();
    assert!(done.len() > 65 && missing.len() < 15, "{} done, never: {missing:?}", done.len());
    assert!(silent < 300, "no request stood for {silent} of 2,000 commands");
}
