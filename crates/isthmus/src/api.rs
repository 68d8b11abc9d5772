//! `isthmus api PRODUCT ACTION --Name value…`: one call, its answer as JSON.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use control::accounts::KEY_FILE;
use control::rpc::Product;
use serde_json::Value;

use crate::client::{CallError, Client, text};
use crate::place::Which;

/// Where the API is when no daemon says so.
const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4577";

/// Longest wait for what `--until` asks for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time before asking again.
const PAUSE: Duration = Duration::from_millis(50);

/// Where the API is and who calls it. What is not given is that of the system of this machine.
#[derive(Args, Clone, Debug)]
pub struct Access {
    #[command(flatten)]
    which: Which,
    /// Where the API is [default: where the daemon of --state listens, or http://127.0.0.1:4577].
    #[arg(long, env = "ISTHMUS_ENDPOINT")]
    endpoint: Option<String>,
    /// The access key [default: the one in --state, or dev].
    #[arg(long, env = "ISTHMUS_ACCESS_KEY_ID", requires = "access_key_secret")]
    access_key_id: Option<String>,
    /// Its secret.
    #[arg(long, env = "ISTHMUS_ACCESS_KEY_SECRET", requires = "access_key_id", hide_env_values = true)]
    access_key_secret: Option<String>,
}

impl Access {
    /// The client that calls like this.
    ///
    /// # Errors
    /// When the endpoint is not a URL that the client can call.
    pub fn client(self) -> Result<Client> {
        let place = self.which.place()?;
        // Who may not look into the run directory has no daemon to find there.
        let daemon = place.daemon().ok().flatten();
        let key = match (self.access_key_id, self.access_key_secret) {
            (Some(id), Some(secret)) => (id, secret),
            _ if daemon.as_ref().is_some_and(|daemon| daemon.dev) => dev_key(),
            _ => key_file(&place.state).unwrap_or_else(dev_key),
        };
        let local = daemon.map_or_else(|| DEFAULT_ENDPOINT.to_owned(), |daemon| daemon.endpoint);
        let endpoint = self.endpoint.unwrap_or(local);
        if !endpoint.starts_with("http://") {
            bail!("--endpoint {endpoint}: give a URL that begins with http://");
        }
        Ok(Client::new(&endpoint, &key.0, &key.1))
    }
}

/// The key of `isthmus up --dev`.
fn dev_key() -> (String, String) {
    ("dev".to_owned(), "dev".to_owned())
}

/// The key that the first start has written down.
fn key_file(state: &Path) -> Option<(String, String)> {
    let key: Value = serde_json::from_slice(&std::fs::read(state.join(KEY_FILE)).ok()?).ok()?;
    Some((text(&key, "AccessKeyId")?, text(&key, "AccessKeySecret")?))
}

/// One call.
#[derive(Args, Debug)]
pub struct Api {
    #[command(flatten)]
    access: Access,
    /// Print only this part of the answer, as plain text: VpcId, Vpcs.Vpc.0.Status.
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// Ask again, for at most a minute, until a part of the answer is this: ConnectionStatus=Connected.
    #[arg(long, value_name = "PATH=TEXT")]
    until: Option<String>,
    /// Vpc, Ecs, Nlb, Privatelink, …; letter case does not matter.
    product: String,
    /// Such as DescribeVpcs.
    action: String,
    /// Parameters as they travel: --VpcId vpc-… --Zone.1.ZoneId cn-hangzhou-g. RegionId is cn-hangzhou unless given.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "--NAME VALUE")]
    parameters: Vec<String>,
}

impl Api {
    /// Calls and prints the answer.
    ///
    /// # Errors
    /// When the words make no call, or the call fails.
    pub fn run(self) -> Result<()> {
        let known = || Product::ALL.map(Product::name).join(", ");
        let product = Product::of_name(&self.product)
            .with_context(|| format!("there is no product '{}'; there are {}", self.product, known()))?;
        let mut parameters = pairs(&self.parameters)?;
        if !parameters.iter().any(|(name, _)| name == "RegionId") {
            parameters.push(("RegionId".to_owned(), "cn-hangzhou".to_owned()));
        }
        let client = self.access.client()?;
        let answer = match self.until.as_deref().map(parse_until).transpose()? {
            None => client.call(product, &self.action, &parameters)?,
            Some(wanted) => call_until(wanted, || client.call(product, &self.action, &parameters))?,
        };
        match &self.field {
            None => println!("{}", serde_json::to_string_pretty(&answer)?),
            Some(path) => {
                println!("{}", text(&answer, path).with_context(|| format!("the answer has no {path}"))?)
            }
        }
        Ok(())
    }
}

fn parse_until(words: &str) -> Result<(&str, &str)> {
    words.split_once('=').with_context(|| format!("--until {words}: write PATH=TEXT"))
}

/// Asks until the text at a path of the answer is the one wanted. An API that does not answer may be about to.
fn call_until((path, wanted): (&str, &str), ask: impl Fn() -> Result<Value, CallError>) -> Result<Value> {
    let start = Instant::now();
    loop {
        let last = ask();
        let is_patient = start.elapsed() < PATIENCE;
        match last {
            Ok(answer) if text(&answer, path).as_deref() == Some(wanted) => return Ok(answer),
            Ok(_) | Err(CallError::NoAnswer { .. }) if is_patient => std::thread::sleep(PAUSE),
            Ok(answer) => {
                let now = text(&answer, path).unwrap_or_else(|| "not there".to_owned());
                bail!("{path} is {now} and not {wanted} after {} s", PATIENCE.as_secs());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// `--Name value` and `--Name=value`, in turn.
fn pairs(words: &[String]) -> Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let name =
            word.strip_prefix("--").with_context(|| format!("'{word}': a parameter is --Name value"))?;
        let pair = match name.split_once('=') {
            Some((name, value)) => (name, value),
            None => (name, words.next().with_context(|| format!("--{name} has no value"))?.as_str()),
        };
        pairs.push((pair.0.to_owned(), pair.1.to_owned()));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::pairs;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn parameters_come_in_both_forms() {
        let pairs =
            pairs(&words("--VpcId vpc-1 --Zone.1.ZoneId=cn-hangzhou-g")).expect("both are parameters");
        let expected = [("VpcId", "vpc-1"), ("Zone.1.ZoneId", "cn-hangzhou-g")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_name_without_value_and_a_value_without_name_are_refused() {
        assert_eq!(pairs(&words("--VpcId")).expect_err("no value").to_string(), "--VpcId has no value");
        assert_eq!(
            pairs(&words("vpc-1")).expect_err("no name").to_string(),
            "'vpc-1': a parameter is --Name value"
        );
    }
}
