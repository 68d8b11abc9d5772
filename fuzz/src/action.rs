//! Actions with any parameters, on the cloud that `tests/life.txt` leaves: whatever their parsers make of them, the model
//! refuses or does it, and what always holds goes on holding. This reaches the text inside of parameters: ranges, rules,
//! names, records, user data, content and values of commands, lists and objects as JSON.
//!
//! The input is lines as `Nlb CreateListener LoadBalancerId=$nlb&ListenerPort=80`.

#![no_main]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use control::actions::{Call, Handler, View, find};
use control::hosts::Consoles;
use control::rpc::encoding::decode_pairs;
use control::rpc::signature::Caller;
use control::rpc::{Params, Product};
use control::sessions::Sessions;
use libfuzzer_sys::fuzz_target;
use model::account::AccessKeyId;
use model::command::system::CreateAccount;
use model::command::{Command, Env};
use model::id::{AccountId, InstanceId, Timestamp, ZoneId};
use model::records::Settings;
use model::state::State;
use model::status::Observed;
use serde_json::Value;

const LIFE: &str = include_str!("../../tests/life.txt");
const ACCOUNT: AccountId = AccountId(1_000_000_000_000_001);
const NOW: Timestamp = Timestamp(1_767_323_045);
/// Lines of one input that are asked.
const LINES: usize = 8;

struct NoConsoles;

impl Consoles for NoConsoles {
    fn read(&self, _: &InstanceId) -> Vec<u8> {
        Vec::new()
    }
}

/// A cloud, and what `$name` stands for in it.
#[derive(Clone)]
struct Scene {
    state: Arc<State>,
    names: BTreeMap<String, String>,
    sessions: Arc<Sessions>,
    seed: u64,
}

static LEFT: LazyLock<Scene> = LazyLock::new(Scene::after_life);

impl Scene {
    fn after_life() -> Self {
        let sessions = Arc::new(Sessions::new(&[7; 32]).expect("32 bytes are a key"));
        let mut scene = Self { state: Arc::default(), names: BTreeMap::new(), sessions, seed: 0 };
        let settings = Settings {
            region: "cn-hangzhou".to_owned(),
            zones: ["cn-hangzhou-g", "cn-hangzhou-k"].map(ZoneId::new).to_vec(),
            hosts: vec!["host-one".parse().expect("a host's name")],
        };
        scene.apply(&Command::Configure(settings));
        scene.apply(&Command::CreateAccount(CreateAccount { id: Some(ACCOUNT), name: "one".to_owned() }));
        for line in LIFE.lines() {
            // What happens between two pages of a list happens here too; other lists ask for nothing that changes.
            let line = line.split_once(" | ").map_or(line, |(_, change)| change);
            let (asked, kept) = line.split_once(" -> ").unwrap_or((line, ""));
            let asked = asked.strip_prefix("get ").unwrap_or(asked);
            let mut words = asked.splitn(3, ' ');
            let (product, action) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let pairs = words.next().unwrap_or_default().split(' ').filter_map(|word| word.split_once('='));
            let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let answer = scene.ask(product, action, pairs);
            for (name, path) in kept.split(' ').filter_map(|pair| pair.split_once('=')) {
                let found = answer.as_ref().and_then(|answer| answer.pointer(path));
                let text = found.map(|found| found.as_str().map_or_else(|| found.to_string(), str::to_owned));
                scene.names.extend(text.map(|text| (name.to_owned(), text)));
            }
        }
        assert!(scene.names.len() > 40, "life has begun");
        scene
    }

    /// Applies what can be; `None` when it is refused.
    fn apply(&mut self, command: &Command) -> Option<model::command::Output> {
        self.seed += 1;
        let env = Env { now: NOW, seed: self.seed, account: ACCOUNT, role: None };
        let (change, output) = self.state.apply(command, &env).ok()?;
        self.state = Arc::new(self.state.absorb(&change));
        Some(output)
    }

    fn ask(&mut self, product: &str, action: &str, mut pairs: Vec<(String, String)>) -> Option<Value> {
        let action = find(Product::of_name(product)?, action)?;
        for (_, value) in pairs.iter_mut().filter(|(_, value)| value.contains('$')) {
            for (name, id) in self.names.iter().rev() {
                *value = value.replace(&format!("${name}"), id);
            }
        }
        let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let call = Call {
            view: View {
                state: self.state.clone(),
                observed: Arc::new(Observed::default()),
                consoles: Arc::new(NoConsoles),
            },
            account: ACCOUNT,
            caller: Caller { account: ACCOUNT, key: AccessKeyId::parse("dev").ok()?, role: None },
            now: NOW,
            host: "127.0.0.1".to_owned(),
            sessions: self.sessions.clone(),
            params: Params::new(action.product, pairs),
        };
        match action.handler {
            Handler::Read(read) => read(&call).ok(),
            Handler::Write(write) => {
                let write = write(&call).ok()?;
                let output = self.apply(&write.command)?;
                Some((write.answer)(&View { state: self.state.clone(), ..call.view }, &output))
            }
        }
    }
}

fuzz_target!(|text: &[u8]| {
    let mut scene = LEFT.clone();
    let before = scene.state.revision();
    for line in text.split(|byte| *byte == b'\n').take(LINES) {
        let line = String::from_utf8_lossy(line);
        let mut words = line.splitn(3, ' ');
        let (Some(product), Some(action)) = (words.next(), words.next()) else { continue };
        let pairs = decode_pairs(words.next().unwrap_or_default().as_bytes());
        scene.ask(product, action, pairs);
    }
    if scene.state.revision() != before {
        let violations = scene.state.check();
        assert!(violations.is_empty(), "{violations:?}");
    }
});
