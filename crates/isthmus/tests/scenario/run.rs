//! Runs the steps of a scenario in turn; the first that is not as expected ends it, with its line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use control::rpc::Product;
use serde_json::Value;

use crate::language::{Action, Call, Expect, Expects, Fate, Step, parse};
use crate::outcome::Outcome;
use crate::stream::Stream;
use crate::system::{System, text};
use crate::values::{self, Names};

/// Pause between two attempts at a step.
const PAUSE: Duration = Duration::from_millis(25);
/// The region of every call that names none.
const REGION: &str = "cn-hangzhou";
/// The machine, which scenarios share, except for one that has it alone.
static MACHINE: RwLock<()> = RwLock::new(());
/// Lists that show everything that a refused call might have changed.
const LISTS: &[(Product, &str)] = &[
    (Product::Vpc, "DescribeVpcs"),
    (Product::Vpc, "DescribeVSwitches"),
    (Product::Ecs, "DescribeInstances"),
    (Product::Ecs, "DescribeSecurityGroups"),
    (Product::Ecs, "DescribeNetworkInterfaces"),
    (Product::Nlb, "ListLoadBalancers"),
    (Product::Nlb, "ListListeners"),
    (Product::Nlb, "ListServerGroups"),
    (Product::Nlb, "ListServerGroupServers"),
    (Product::Privatelink, "ListVpcEndpointServices"),
    (Product::Privatelink, "ListVpcEndpoints"),
];

/// Runs the scenario in `path`. Panics at the first step that is not as expected.
pub(crate) fn file(path: &Path) {
    let scenario = path.file_stem().and_then(|name| name.to_str()).expect("a scenario has a name");
    let mut run = Run {
        scenario,
        names: Names::default(),
        streams: BTreeMap::new(),
        systems: BTreeMap::new(),
        current: None,
        machine: None,
    };
    if let Err(why) = run.steps(path).and_then(|()| run.end()) {
        panic!(
            "{why}\nthe daemon's last words:\n{}",
            run.system().map(|system| system.account()).unwrap_or_default()
        );
    }
}

struct Run<'a> {
    scenario: &'a str,
    names: Names,
    // Fields are dropped in this order: streams before the systems that they run in.
    streams: BTreeMap<String, Stream>,
    systems: BTreeMap<String, System>,
    current: Option<String>,
    // Last: whoever comes next meets nothing of this one.
    machine: Option<Hold>,
}

/// A scenario's hold on the machine, for as long as it runs.
enum Hold {
    Shared(#[expect(dead_code, reason = "it is held, not read")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "it is held, not read")] RwLockWriteGuard<'static, ()>),
}

impl Run<'_> {
    /// Every system that still stands is taken down: nothing of it may be left.
    fn end(&mut self) -> Result<(), String> {
        self.streams.clear();
        let mut all = self.systems.values_mut();
        all.try_for_each(|system| system.down().map_err(|error| format!("at the end: {error:#}")))
    }

    fn system(&mut self) -> Result<&mut System, String> {
        let name = self.current.as_ref().ok_or("no system yet: begin with `system NAME`")?;
        self.systems.get_mut(name).ok_or_else(|| format!("system {name} is lost"))
    }

    /// The steps of a file; what is wrong comes with its file and line.
    fn steps(&mut self, path: &Path) -> Result<(), String> {
        let file = path.display();
        let source = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
        let steps = parse(&source).map_err(|mistake| format!("{file}:{}: {}", mistake.line, mistake.why))?;
        for step in &steps {
            self.step(step).map_err(|why| format!("{file}:{}: {}\n  {why}", step.line, step.text))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Alone => self.alone(),
            Action::Include(part) => self.steps(&crate::folder().join(format!("parts/{part}.txt"))),
            Action::System(name) => self.turn_to(name),
            Action::Account(name) => {
                let number = self.system()?.turn_to(name).map_err(|error| format!("{error:#}"))?;
                self.names.set(name, number);
                Ok(())
            }
            Action::Text { name, body } => {
                self.names.set(name, body.clone());
                Ok(())
            }
            Action::Api { call, saves, expects } => self.api(call, saves, expects),
            Action::Exec { instance, command, expects } => {
                let (instance, command) = (self.names.fill_all(instance)?, self.names.fill(command));
                self.command(expects, |system| Ok(system.exec(&instance, &command)))
            }
            Action::Run { command, expects } => {
                let command = self.names.fill_all(command)?;
                self.command(expects, |system| system.command(&command))
            }
            Action::Start { name, instance, command } => {
                let (instance, command) = (self.names.fill_all(instance)?, self.names.fill(command));
                let command = self.system()?.exec(&instance, &command);
                self.streams.insert(name.clone(), Stream::start(command)?);
                Ok(())
            }
            Action::Follow { name, command } => {
                let command = self.names.fill_all(command)?;
                let command = self.system()?.command(&command)?;
                self.streams.insert(name.clone(), Stream::start(command)?);
                Ok(())
            }
            Action::Prints { name, texts, within } => {
                let texts =
                    texts.iter().map(|text| self.names.fill_all(text)).collect::<Result<Vec<_>, _>>()?;
                self.stream(name)?.prints(&texts, *within)
            }
            Action::Flows { name, within } => self.stream(name)?.flows(*within),
            Action::Stops { name, within } => self.stream(name)?.stops(*within),
            Action::Daemon(fate) => self.daemon(*fate).map_err(|error| format!("{error:#}")),
        }
    }

    fn alone(&mut self) -> Result<(), String> {
        if self.machine.is_some() {
            return Err("say it before the first system: others may run already".to_owned());
        }
        // A scenario that failed has taken down what it had as well.
        self.machine = Some(Hold::Alone(MACHINE.write().unwrap_or_else(PoisonError::into_inner)));
        Ok(())
    }

    fn turn_to(&mut self, name: &str) -> Result<(), String> {
        self.machine
            .get_or_insert_with(|| Hold::Shared(MACHINE.read().unwrap_or_else(PoisonError::into_inner)));
        if !self.systems.contains_key(name) {
            let system = System::start(self.scenario, name).map_err(|error| format!("{error:#}"))?;
            self.systems.insert(name.to_owned(), system);
        }
        self.current = Some(name.to_owned());
        Ok(())
    }

    fn stream(&self, name: &str) -> Result<&Stream, String> {
        self.streams.get(name).ok_or_else(|| format!("no stream is called {name}"))
    }

    fn daemon(&mut self, fate: Fate) -> anyhow::Result<()> {
        let system = self.system().map_err(anyhow::Error::msg)?;
        match fate {
            Fate::Killed => system.kill_daemon(),
            Fate::Started => system.start_daemon(),
            Fate::Down => system.down(),
        }
    }

    fn command(
        &mut self,
        expects: &Expects,
        make: impl Fn(&System) -> Result<Command, String>,
    ) -> Result<(), String> {
        let all = self.filled(&expects.all)?;
        let system = self.system()?;
        attempt(expects.within, || {
            let output = make(system)?.output().map_err(|error| error.to_string())?;
            let outcome = Outcome::Output { success: output.status.success(), text: text(&output) };
            outcome.complaint(&all).map_or(Ok(()), Err)
        })
    }

    fn api(&mut self, call: &Call, saves: &[(String, String)], expects: &Expects) -> Result<(), String> {
        let all = self.filled(&expects.all)?;
        let product =
            Product::of_name(&call.product).ok_or_else(|| format!("no product {}", call.product))?;
        let fill = |(name, value): &(String, String)| Ok((name.clone(), self.names.fill_all(value)?));
        let mut parameters = call.parameters.iter().map(fill).collect::<Result<Vec<_>, String>>()?;
        if !parameters.iter().any(|(name, _)| name == "RegionId") {
            parameters.push(("RegionId".to_owned(), REGION.to_owned()));
        }
        let refused = all.iter().any(|expect| matches!(expect, Expect::Refused(_)));
        let system = self.system()?;
        let before = if refused { snapshot(system)? } else { vec![] };
        let mut saved = vec![];
        attempt(expects.within, || {
            let outcome = Outcome::of_call(system.client().call(product, &call.action, &parameters))?;
            if let Some(complaint) = outcome.complaint(&all) {
                return Err(complaint);
            }
            saved = saves.iter().map(|(name, path)| save(&outcome, name, path)).collect::<Result<_, _>>()?;
            Ok(())
        })?;
        if refused && snapshot(system)? != before {
            return Err("the call was refused, and yet something has changed".to_owned());
        }
        for (name, value) in saved {
            self.names.set(&name, value);
        }
        Ok(())
    }

    fn filled(&self, expects: &[Expect]) -> Result<Vec<Expect>, String> {
        let fill = |text: &String| self.names.fill_all(text);
        let one = |expect: &Expect| {
            Ok(match expect {
                Expect::Has(path, value) => Expect::Has(fill(path)?, fill(value)?),
                Expect::Above(path, least) => Expect::Above(fill(path)?, *least),
                Expect::Refused(code) => Expect::Refused(code.clone()),
                Expect::Prints(text) => Expect::Prints(fill(text)?),
                Expect::Lacks(text) => Expect::Lacks(fill(text)?),
                Expect::Counts(text, range) => Expect::Counts(fill(text)?, range.clone()),
                Expect::Fails => Expect::Fails,
            })
        };
        expects.iter().map(one).collect()
    }
}

fn save(outcome: &Outcome, name: &str, path: &str) -> Result<(String, String), String> {
    let Outcome::Answer(answer) = outcome else {
        return Err(format!("there is no answer to take {name} from"));
    };
    let value = values::at(answer, path).ok_or_else(|| format!("nothing is at {path} in {answer}"))?;
    Ok((name.to_owned(), value))
}

/// Once, or again and again for so long as is allowed.
fn attempt(within: Option<Duration>, mut once: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        match once() {
            Err(_) if within.is_some_and(|within| begin.elapsed() < within) => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
}

/// All lists, without what changes by itself.
fn snapshot(system: &System) -> Result<Vec<Value>, String> {
    let region = [("RegionId".to_owned(), REGION.to_owned())];
    LISTS
        .iter()
        .map(|(product, action)| {
            let mut answer =
                system.client().call(*product, action, &region).map_err(|error| error.to_string())?;
            settle(&mut answer);
            Ok(answer)
        })
        .collect()
}

fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| name != "RequestId" && !name.ends_with("Status"));
            fields.values_mut().for_each(settle);
        }
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
