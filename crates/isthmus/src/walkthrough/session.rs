//! Calls that belong together: each is shown as it happens.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use control::rpc::Product;
use serde_json::Value;

use crate::client::{Client, text};

/// The region that everything is in.
const REGION: &str = "cn-hangzhou";
/// Longest wait for a status.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two looks at a status.
const PAUSE: Duration = Duration::from_millis(25);

/// What happens, for whoever watches.
pub enum Event<'a> {
    /// A new part begins.
    Part(&'a str),
    /// An action was called and brought this.
    Called {
        /// The product.
        product: Product,
        /// The action.
        action: &'a str,
        /// What it brought, in short.
        result: &'a str,
        /// From the request to the answer.
        took: Duration,
    },
    /// A status was waited for.
    Became {
        /// Whose status it is.
        what: &'a str,
        /// The status.
        status: &'a str,
        /// How long it took.
        took: Duration,
    },
}

/// A client and a watcher.
pub struct Session<'a> {
    client: &'a Client,
    watcher: &'a mut dyn FnMut(Event<'_>),
}

impl<'a> Session<'a> {
    /// Calls through `client`; `watcher` is told of everything.
    pub fn new(client: &'a Client, watcher: &'a mut dyn FnMut(Event<'_>)) -> Self {
        Self { client, watcher }
    }

    /// Tells the watcher that a new part begins.
    pub fn part(&mut self, name: &str) {
        (self.watcher)(Event::Part(name));
    }

    /// Calls an action, shows it, and gives the text at `field` of its answer.
    ///
    /// # Errors
    /// When the call fails, or the answer has no such field.
    pub fn create(
        &mut self,
        product: Product,
        action: &str,
        field: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String> {
        let start = Instant::now();
        let answer = self.ask(product, action, parameters)?;
        let result = text(&answer, field).with_context(|| format!("{action}: the answer has no {field}"))?;
        (self.watcher)(Event::Called { product, action, result: &result, took: start.elapsed() });
        Ok(result)
    }

    /// Calls an action whose answer says nothing more, and shows it.
    ///
    /// # Errors
    /// When the call fails.
    pub fn order(
        &mut self,
        product: Product,
        action: &str,
        about: &str,
        parameters: &[(&str, &str)],
    ) -> Result<()> {
        let start = Instant::now();
        self.ask(product, action, parameters)?;
        (self.watcher)(Event::Called { product, action, result: about, took: start.elapsed() });
        Ok(())
    }

    /// Calls an action without showing it.
    ///
    /// # Errors
    /// When the call fails.
    pub fn ask(&self, product: Product, action: &str, parameters: &[(&str, &str)]) -> Result<Value> {
        let mut owned = vec![("RegionId".to_owned(), REGION.to_owned())];
        owned.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Ok(self.client.call(product, action, &owned)?)
    }

    /// Asks again and again until `status` of the answer is `wanted`.
    ///
    /// # Errors
    /// When a call fails, or the status has not come within a minute.
    pub fn until(
        &mut self,
        what: &str,
        wanted: &str,
        (product, action, parameters): (Product, &str, &[(&str, &str)]),
        status: impl Fn(&Value) -> Option<String>,
    ) -> Result<()> {
        let start = Instant::now();
        loop {
            let answer = self.ask(product, action, parameters)?;
            let now = status(&answer).unwrap_or_default();
            if now == wanted {
                (self.watcher)(Event::Became { what, status: wanted, took: start.elapsed() });
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!(
                    "{what} is {now} and not {wanted} after {} s; {action} says {answer}",
                    PATIENCE.as_secs()
                );
            }
            std::thread::sleep(PAUSE);
        }
    }
}
