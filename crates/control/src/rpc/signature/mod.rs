//! Who is asking: both signature schemes, the time window and replay protection.

mod acs3;
mod replay;
mod rpc1;

use model::account::{AccessKeyId, InvalidAccessKey, Secret};
use model::id::{AccountId, Timestamp};

pub use replay::Replays;

use super::time;
use super::{ApiError, Request};
use crate::sessions::{self, Role, Sessions};

/// How far a request's time may lie from ours, seconds.
pub const WINDOW: i64 = 15 * 60;

/// An access key as the gateway needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose key it is.
    pub account: AccountId,
    /// The secret half.
    pub secret: Secret,
    /// Whether it is taken: it and its account are switched on.
    pub active: bool,
}

/// What a request says about itself, in whatever scheme, before anything is believed.
struct Claim<'a> {
    key: &'a str,
    nonce: &'a str,
    time: &'a str,
    token: Option<&'a str>,
}

/// Who signed a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The lasting access key that stands behind the request.
    pub key: AccessKeyId,
    /// The role of temporary credentials.
    pub role: Option<Role>,
}

/// Who signed a request. `key` looks a lasting access key up. Errors: no, two or an unknown scheme; an unknown or
/// inactive key; a security token that is none, too old or another key's; a time outside the window; a wrong signature; a
/// nonce seen before.
pub fn authenticate(
    request: &Request,
    now: Timestamp,
    replays: &Replays,
    sessions: &Sessions,
    key: impl Fn(&str) -> Option<Credential>,
) -> Result<Caller, ApiError> {
    let scheme = Scheme::of(request)?;
    let claim = match &scheme {
        Scheme::Acs3(authorization) => authorization.claim(request)?,
        Scheme::Rpc1 => rpc1::claim(request)?,
    };
    let (caller, secret) = caller(&claim, now, sessions, key)?;
    let signed_at = within_window(claim.time, now)?;
    match &scheme {
        Scheme::Acs3(authorization) => authorization.verify(request, secret.reveal())?,
        Scheme::Rpc1 => rpc1::verify(request, secret.reveal())?,
    }
    replays.check(claim.key, claim.nonce, signed_at, now)?;
    Ok(caller)
}

/// Whom the claim's key belongs to, and its secret. Temporary credentials hold as long as the key that asked for them.
fn caller(
    claim: &Claim<'_>,
    now: Timestamp,
    sessions: &Sessions,
    key: impl Fn(&str) -> Option<Credential>,
) -> Result<(Caller, Secret), ApiError> {
    let Some(token) = claim.token else {
        let credential = known(claim.key, &key)?;
        let key = AccessKeyId::parse(claim.key).map_err(|InvalidAccessKey| not_found())?;
        return Ok((Caller { account: credential.account, key, role: None }, credential.secret));
    };
    if key(claim.key).is_some() {
        return Err(sessions::mismatch());
    }
    let session = sessions.open(token, claim.key, now)?;
    let parent = known(session.parent.as_str(), &key)?;
    let caller = Caller { account: parent.account, key: session.parent, role: Some(session.role) };
    Ok((caller, session.secret))
}

enum Scheme<'a> {
    Acs3(acs3::Authorization<'a>),
    Rpc1,
}

impl<'a> Scheme<'a> {
    fn of(request: &'a Request) -> Result<Self, ApiError> {
        let bearer = request.header("x-acs-bearer-token").is_some()
            || request
                .parameter("SignatureType")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("BEARERTOKEN"));
        if bearer {
            return Err(unknown_method("Bearer tokens are not taken. Sign with an access key."));
        }
        match (request.header("authorization"), request.parameter("Signature")) {
            (Some(_), Some(_)) => Err(incomplete("The request is signed in two ways. Sign it in one.")),
            (Some(header), None) => acs3::Authorization::parse(header).map(Self::Acs3),
            (None, Some(_)) => Ok(Self::Rpc1),
            (None, None) => Err(incomplete("The request has no signature. Sign it with an access key.")),
        }
    }
}

fn not_found() -> ApiError {
    ApiError::new(404, "InvalidAccessKeyId.NotFound", "Nobody has this access key. Check its id.")
}

fn known(id: &str, key: impl Fn(&str) -> Option<Credential>) -> Result<Credential, ApiError> {
    let credential = key(id).ok_or_else(not_found)?;
    if !credential.active {
        let message = "The access key or its account is switched off. Switch it on or use another.";
        return Err(ApiError::new(400, "InvalidAccessKeyId.Inactive", message));
    }
    Ok(credential)
}

fn within_window(text: &str, now: Timestamp) -> Result<Timestamp, ApiError> {
    let time = time::parse(text).ok_or_else(|| {
        let message = "The request's time is not of the form 2026-01-02T03:04:05Z (UTC).";
        ApiError::new(400, "InvalidTimeStamp.Format", message)
    })?;
    if (time.0 - now.0).abs() > WINDOW {
        let message = format!(
            "The request's time differs from {} by more than 15 minutes. Set the clock.",
            time::format(now)
        );
        return Err(ApiError::new(400, "InvalidTimeStamp.Expired", message));
    }
    Ok(time)
}

fn incomplete(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(400, "IncompleteSignature", message)
}

fn unknown_method(message: &'static str) -> ApiError {
    ApiError::new(400, "InvalidSignatureMethod", message)
}

/// The string to sign is not repeated to the caller: whoever cannot sign shall not learn.
/// Older clients look for what they signed after the message's first colon, and break when there is none.
fn mismatch(string_to_sign: &str) -> ApiError {
    let message = format!(
        "The signature is not the one of this request and key. Check the secret and what was signed; \
         server string to sign is:{string_to_sign}"
    );
    ApiError::new(400, "SignatureDoesNotMatch", message)
}

#[cfg(test)]
mod tests;
