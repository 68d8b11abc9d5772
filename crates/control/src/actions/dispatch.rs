//! From an HTTP request to its response: authenticate, find the action, let it read or commit.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::digest;
use bytes::Bytes;
use hyper::{Method, Response};
use model::account::{AccessKey, AccessKeyId, Account};
use model::command::Env;
use model::id::{AccountId, Timestamp};
use model::records::{Token, TokenKey};
use model::state::State;
use model::status::Observed;
use serde_json::Value;
use tokio::sync::watch;

use super::{Action, COMMON, Call, Handler, Support, View, Write, dry_run, find, refusal};
use crate::commit::{Commits, Idempotence, Submission, SubmitError};
use crate::hosts::Consoles;
use crate::random::{NoRandomness, seed};
use crate::rpc::signature::{self, Caller, Credential, Replays};
use crate::rpc::{ApiError, Format, Params, Product, Request, request_id, respond, time};
use crate::sessions::Sessions;

/// Longest client token, characters.
const MAX_TOKEN: usize = 64;

/// The API: everything that a request can reach.
pub struct Api {
    commits: Commits,
    observed: watch::Receiver<Arc<Observed>>,
    consoles: Arc<dyn Consoles>,
    gate: Gate,
    edge: Edge,
}

/// Time and chance: what an answer depends on besides request, state and reports.
pub struct Edge {
    /// What the clock says.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// A seed for the ids of one command.
    pub seed: Box<dyn Fn() -> Result<u64, NoRandomness> + Send + Sync>,
}

impl Default for Edge {
    /// The machine's clock, the operating system's randomness.
    fn default() -> Self {
        Self { now: Box::new(time::now), seed: Box::new(seed) }
    }
}

/// What tells who calls, besides the state.
pub struct Gate {
    /// Temporary credentials.
    pub sessions: Arc<Sessions>,
    /// Nonces seen before.
    pub replays: Replays,
}

impl Api {
    /// The API over a state and what the hosts report.
    pub fn new(
        commits: Commits,
        observed: watch::Receiver<Arc<Observed>>,
        consoles: Arc<dyn Consoles>,
        gate: Gate,
        edge: Edge,
    ) -> Self {
        Self { commits, observed, consoles, gate, edge }
    }

    async fn answer(&self, request: &Request) -> Result<Value, ApiError> {
        let now = (self.edge.now)();
        let caller = self.authenticate(request, now)?;
        let action = action_of(request)?;
        let outcome = self.carry_out(action, request, caller, now).await;
        outcome.map_err(|error| refusal::as_documented(action, error))
    }

    async fn carry_out(
        &self,
        action: &Action,
        request: &Request,
        caller: Caller,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let params = request.params(action.product);
        check(action, &params)?;
        let (account, host, sessions) = (caller.account, host(request), self.gate.sessions.clone());
        let call = Call { view: self.view(), account, caller, now, host, sessions, params };
        check_region(&call)?;
        match action.handler {
            Handler::Read(read) => dry_run::read(&call, read(&call)?),
            Handler::Write(write) => match write(&call) {
                Ok(write) => self.write(action, &call, write, now).await,
                // What the request names may be gone since it was carried out for the first time.
                Err(refused) => self.first_answer(action, &call).ok_or(refused),
            },
        }
    }

    /// The answer that the same request got before, if it has a token.
    fn first_answer(&self, action: &Action, call: &Call) -> Option<Value> {
        let asked = idempotence(action, call).ok()??;
        let dry = call.params.flag("DryRun").ok()?.unwrap_or(false);
        let state = self.commits.state();
        let first = state.get::<Token>(&asked.key)?;
        let same = !dry && first.fingerprint == asked.fingerprint;
        same.then(|| serde_json::from_str(&first.answer).unwrap_or_default())
    }

    fn count(&self, request: &Request, result: &Result<Value, ApiError>, begin: Instant) {
        let asked = action_of(request).ok().map(|action| (action.product, action.name));
        let code = result.as_ref().err().map(|error| error.code.as_ref());
        self.commits.tally().answered(asked, code, begin.elapsed());
    }

    fn view(&self) -> View {
        // Reports first: a status must not claim that a host has done what the state does not know yet.
        let observed = self.observed.borrow().clone();
        View { state: self.commits.state(), observed, consoles: self.consoles.clone() }
    }

    fn authenticate(&self, request: &Request, now: Timestamp) -> Result<Caller, ApiError> {
        let state = self.commits.state();
        signature::authenticate(request, now, &self.gate.replays, &self.gate.sessions, |id| {
            let key = state.get::<AccessKey>(&AccessKeyId::parse(id).ok()?)?;
            let active = key.active && state.get::<Account>(&key.account)?.active;
            Some(Credential { account: key.account, secret: key.secret.clone(), active })
        })
    }

    async fn write(
        &self,
        action: &Action,
        call: &Call,
        write: Write,
        now: Timestamp,
    ) -> Result<Value, ApiError> {
        let seed = (self.edge.seed)().map_err(|error| ApiError::internal(&error))?;
        let role = call.caller.role.as_ref().map(|role| role.name.clone());
        let env = Env { now, seed, account: call.account, role };
        let token = idempotence(action, call)?;
        if call.params.flag("DryRun")?.unwrap_or(false) {
            return Err(dry_run::outcome(action, call, &write, &env));
        }
        let (view, answer) = (call.view.clone(), write.answer);
        let submission = Submission {
            command: write.command,
            env,
            token,
            answer: Box::new(move |state, output| {
                answer(&View { state: state.clone(), ..view.clone() }, output)
            }),
        };
        self.commits.submit(submission).await.map_err(|error| submit_error(action.product, &error))
    }
}

impl Api {
    /// The response to one request.
    pub async fn handle(&self, request: hyper::Request<Bytes>) -> Response<Bytes> {
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let (id, begin) = (request_id(), Instant::now());
        match Request::new(request) {
            Ok(request) => {
                let result = match (path.as_str(), method) {
                    ("/", Method::GET | Method::POST) => self.answer(&request).await,
                    ("/", _) => Err(ApiError::new(405, "UnsupportedHTTPMethod", "Use GET or POST.")),
                    (_, _) => Err(ApiError::new(
                        404,
                        "InvalidPath",
                        "There is nothing here. Send requests to the path /.",
                    )),
                };
                if let Err(error) = &result {
                    tracing::debug!(request = %id, action = request.action().unwrap_or_default(), %error, "refused");
                }
                self.count(&request, &result, begin);
                let host = request.header("host").unwrap_or_default();
                respond(Format::of(&request), request.action().unwrap_or_default(), host, &id, result)
            }
            Err(error) => respond(Format::Json, "", "", &id, Err(error)),
        }
    }

    /// Who has signed a request, whatever it asks for, and what it gives, in this product's words. Else the response that refuses a stranger.
    pub fn signed(
        &self,
        request: hyper::Request<Bytes>,
        product: Product,
    ) -> Result<Signed, Box<Response<Bytes>>> {
        let signed = Request::new(request).and_then(|request| {
            let caller = self.authenticate(&request, (self.edge.now)())?;
            Ok(Signed {
                account: caller.account,
                params: request.params(product),
                state: self.commits.state(),
            })
        });
        signed.map_err(|error| Box::new(told(Err(error))))
    }

    /// The response to a request that could not be read, with an HTTP status and a sentence for its sender.
    pub fn unreadable(&self, status: u16, code: &'static str, message: &'static str) -> Response<Bytes> {
        respond(Format::Json, "", "", &request_id(), Err(ApiError::new(status, code, message)))
    }
}

/// A request that an account has signed.
pub struct Signed {
    /// The account.
    pub account: AccountId,
    /// What the request gives.
    pub params: Params,
    /// The state at that time.
    pub state: Arc<State>,
}

/// The response to a request that is no action's.
pub(crate) fn told(result: Result<Value, ApiError>) -> Response<Bytes> {
    respond(Format::Json, "", "", &request_id(), result)
}

/// Host and port that the caller sent the request to; some clients write a scheme before them.
fn host(request: &Request) -> String {
    let host = request.header("host").unwrap_or_default();
    host.trim_start_matches("http://").trim_start_matches("https://").to_owned()
}

fn action_of(request: &Request) -> Result<&'static Action, ApiError> {
    let (name, version) = (request.action()?, request.version()?);
    let product = Product::of_version(version).ok_or_else(|| {
        let known = Product::ALL.map(|product| format!("{} {}", product.name(), product.version()));
        let versions = known.join(", ");
        ApiError::new(400, "InvalidVersion", format!("No product has this version. Known are {versions}."))
    })?;
    find(product, name).ok_or_else(|| {
        let shown: String = name.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
        let message = format!("Isthmus does not have the action {shown} of {} {version}.", product.name());
        ApiError::new(404, "InvalidAction.NotFound", message)
    })
}

/// Refuses what the action cannot do, rather than doing something else.
fn check(action: &Action, params: &Params) -> Result<(), ApiError> {
    for param in action.params.iter().chain(COMMON) {
        match param.support {
            Support::Refused(code, why) if asked_for(params, param.name) => {
                let illegal = params.illegal(param.name, why);
                return Err(ApiError { code: code.map_or(illegal.code, Cow::Borrowed), ..illegal });
            }
            Support::Refused(..) | Support::Works | Support::NoEffect(_) => {}
        }
    }
    Ok(())
}

/// Some clients send every parameter of an action: `false`, 0, and structures of nothing else ask for nothing.
fn asked_for(params: &Params, name: &str) -> bool {
    let something = |text: &str| !text.eq_ignore_ascii_case("false") && text != "0";
    match params.text(name) {
        Some(text) if !text.starts_with(['{', '[']) => something(text),
        Some(_) | None => params
            .object(name)
            .map_or(true, |inside| inside.flat(&[]).iter().any(|(_, text)| something(text))),
    }
}

fn check_region(call: &Call) -> Result<(), ApiError> {
    let region = call.region();
    match call.params.text("RegionId") {
        Some(asked) if asked != region => {
            let message = format!("This installation has one region, {region}. Ask for that, or for none.");
            Err(ApiError::new(404, "InvalidRegionId.NotFound", message))
        }
        Some(_) | None => Ok(()),
    }
}

fn idempotence(action: &Action, call: &Call) -> Result<Option<Idempotence>, ApiError> {
    let Some(token) = call.params.text("ClientToken") else { return Ok(None) };
    if token.len() > MAX_TOKEN || !token.is_ascii() {
        return Err(call.params.illegal("ClientToken", "give at most 64 ASCII characters."));
    }
    let action = format!("{}.{}", action.product.name(), action.name);
    let key = TokenKey { account: call.account, action, token: token.to_owned() };
    let flat = call.params.flat(&["ClientToken", "DryRun"]);
    let digest = digest::digest(&digest::SHA256, format!("{flat:?}").as_bytes());
    Ok(Some(Idempotence { key, fingerprint: hex::encode(digest) }))
}

fn submit_error(product: Product, error: &SubmitError) -> ApiError {
    match error {
        SubmitError::Refused(refused) => refusal::error(product, refused),
        SubmitError::TokenReused => {
            let (status, code) = match product {
                Product::Nlb => (400, "IdempotenceSignatureMismatch"),
                Product::Ecs => (403, "IdempotentParameterMismatch"),
                Product::BssOpenApi
                | Product::Cas
                | Product::Location
                | Product::Privatelink
                | Product::Pvtz
                | Product::ResourceManager
                | Product::Sts
                | Product::Vpc => (400, "IdempotentParameterMismatch"),
            };
            ApiError::new(
                status,
                code,
                "The client token was used before with other parameters. Use a new one.",
            )
        }
        SubmitError::Store(_) => {
            let message = "The change could not be kept durably; it may or may not have happened. Look before you try again.";
            ApiError::new(503, "ServiceUnavailable", message)
        }
        SubmitError::Panicked => ApiError::internal(error),
        SubmitError::Stopped => {
            ApiError::new(503, "ServiceUnavailable", "The server is going down. Try again soon.")
        }
    }
}
