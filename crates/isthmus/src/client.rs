//! A client of the API: any endpoint that speaks it, with signature version 3.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use control::rpc::Product;
use control::rpc::encoding::canonical;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const FORM: &str = "application/x-www-form-urlencoded";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time before a persistent client asks again.
const PAUSE: Duration = Duration::from_millis(50);

/// Why a call brought no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The API refused; nothing has changed.
    #[error("{action}: {code}: {message} (HTTP {status}, request {request_id})")]
    Refused {
        /// What was asked.
        action: String,
        /// HTTP status.
        status: u16,
        /// The API's error code.
        code: String,
        /// The API's message.
        message: String,
        /// Whom to ask about it.
        request_id: String,
    },
    /// No answer: whether the call took effect is not known.
    #[error("{action}: no answer from {endpoint} (is `isthmus up` running there?)")]
    NoAnswer {
        /// What was asked.
        action: String,
        /// Where.
        endpoint: String,
        /// What broke.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An answer that is not the API's.
    #[error("{action}: {endpoint} answered with HTTP {status} and something that is not the API's: {body}")]
    Foreign {
        /// What was asked.
        action: String,
        /// Where.
        endpoint: String,
        /// HTTP status.
        status: u16,
        /// The beginning of the answer.
        body: String,
    },
}

impl CallError {
    /// The API's error code, if it was the API that refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NoAnswer { .. } | Self::Foreign { .. } => None,
        }
    }
}

/// Who calls, and where.
#[derive(Clone)]
pub struct Client {
    endpoint: String,
    access_key_id: String,
    access_key_secret: String,
    agent: ureq::Agent,
    persistence: Duration,
}

impl Client {
    /// A client of `endpoint`, such as `http://127.0.0.1:4577`.
    pub fn new(endpoint: &str, access_key_id: &str, access_key_secret: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            // Every thread that shares the client keeps its connection.
            .max_idle_connections_per_host(64)
            .max_idle_connections(64)
            .build();
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            access_key_id: access_key_id.to_owned(),
            access_key_secret: access_key_secret.to_owned(),
            agent: config.into(),
            persistence: Duration::ZERO,
        }
    }

    /// The same client, but one that asks again for `persistence` when there is no answer. A call that took effect the
    /// first time does not do so twice: each carries a token.
    pub fn persistent(mut self, persistence: Duration) -> Self {
        self.persistence = persistence;
        self
    }

    /// Where it calls.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Calls `action` with parameters as they travel (`Zone.1.ZoneId`), and waits for the answer.
    ///
    /// # Errors
    /// When the API refuses or does not answer within 30 seconds.
    pub fn call(
        &self,
        product: Product,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Value, CallError> {
        if self.persistence.is_zero() {
            return self.call_once(product, action, parameters);
        }
        let start = Instant::now();
        let parameters = [parameters, &[("ClientToken".to_owned(), nonce())]].concat();
        loop {
            match self.call_once(product, action, &parameters) {
                Err(CallError::NoAnswer { .. }) if start.elapsed() < self.persistence => thread::sleep(PAUSE),
                outcome => return outcome,
            }
        }
    }

    fn call_once(
        &self,
        product: Product,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<Value, CallError> {
        let body = canonical(parameters);
        let signed = self.signed_headers(product, action, &body);
        let mut request = self.agent.post(format!("{}/", self.endpoint));
        for (name, value) in &signed {
            request = request.header(*name, value);
        }
        let no_answer = |source: ureq::Error| CallError::NoAnswer {
            action: action.to_owned(),
            endpoint: self.endpoint.clone(),
            source: Box::new(source),
        };
        let mut response = request.send(&body).map_err(no_answer)?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(no_answer)?;
        self.understand(action, status, &text)
    }

    fn understand(&self, action: &str, status: u16, text: &str) -> Result<Value, CallError> {
        let answer: Option<Value> = serde_json::from_str(text).ok();
        let field = |name: &str| answer.as_ref()?.get(name)?.as_str().map(str::to_owned);
        match (status, answer.as_ref(), field("Code")) {
            (200, Some(_), _) => Ok(answer.unwrap_or_default()),
            (_, Some(_), Some(code)) => Err(CallError::Refused {
                action: action.to_owned(),
                status,
                code,
                message: field("Message").unwrap_or_default(),
                request_id: field("RequestId").unwrap_or_default(),
            }),
            _ => Err(CallError::Foreign {
                action: action.to_owned(),
                endpoint: self.endpoint.clone(),
                status,
                body: text.chars().take(200).collect(),
            }),
        }
    }

    /// Host and port that it calls.
    pub(crate) fn host(&self) -> &str {
        self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host)
    }

    /// The headers of a request with this body, its signature included.
    pub(crate) fn signed_headers(
        &self,
        product: Product,
        action: &str,
        body: &str,
    ) -> Vec<(&'static str, String)> {
        let hash = hex::encode(Sha256::digest(body));
        let mut headers = vec![
            ("content-type", FORM.to_owned()),
            ("host", self.host().to_owned()),
            ("x-acs-action", action.to_owned()),
            ("x-acs-content-sha256", hash.clone()),
            ("x-acs-date", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("x-acs-signature-nonce", nonce()),
            ("x-acs-version", product.version().to_owned()),
        ];
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let signature = sign(&self.access_key_secret, &format!("POST\n/\n\n{lines}\n{names}\n{hash}"));
        let credential = &self.access_key_id;
        let authorization =
            format!("{ALGORITHM} Credential={credential},SignedHeaders={names},Signature={signature}");
        headers.push(("authorization", authorization));
        headers
    }
}

/// The signature of a canonical request.
fn sign(secret: &str, canonical_request: &str) -> String {
    let text = format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical_request)));
    // HMAC takes keys of every length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Never the same twice on this machine: the process, the time and a count.
fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{:x}-{time:x}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The text at a path of an answer, such as `Instances.Instance.0.Status`.
pub fn text(answer: &Value, path: &str) -> Option<String> {
    let found = path.split('.').try_fold(answer, |value, name| match name.parse::<usize>() {
        Ok(index) => value.get(index),
        Err(_) => value.get(name),
    })?;
    Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::sign;

    #[test]
    fn the_official_clients_sign_alike() {
        let request = "POST\n/\n\naccept:application/json\ncontent-type:application/x-www-form-urlencoded\n\
            host:127.0.0.1:18080\nuser-agent:example-agent/1.0\nx-acs-action:AddServersToServerGroup\n\
            x-acs-content-sha256:1c8b9b7bfdf293ec553a8b5632e7098fb4c3c045a26c83ed38817605dc0a3712\n\
            x-acs-credentials-provider:static_ak\nx-acs-date:2026-01-02T03:04:05Z\n\
            x-acs-signature-nonce:0123456789abcdef0123456789abcdef\nx-acs-version:2022-04-30\n\n\
            accept;content-type;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;\
            x-acs-date;x-acs-signature-nonce;x-acs-version\n\
            1c8b9b7bfdf293ec553a8b5632e7098fb4c3c045a26c83ed38817605dc0a3712";
        let signature = sign("ExampleSecretKey00000000000001", request);
        assert_eq!(signature, "c93f90282c789e3f0042be66664228a406eee30d1b4e483f00cebe17aafe6074");
    }
}
