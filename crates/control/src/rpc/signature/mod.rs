//! Who is asking: both signature schemes, the time window and replay protection.

mod acs3;
mod replay;
mod rpc1;

use model::id::{AccountId, Timestamp};

pub use replay::Replays;

use super::time;
use super::{ApiError, Request};

/// How far a request's time may lie from ours, seconds.
pub const WINDOW: i64 = 15 * 60;

/// An access key as the gateway needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose key it is.
    pub account: AccountId,
    /// The secret half.
    pub secret: model::account::Secret,
    /// Whether it is taken.
    pub active: bool,
}

/// What a request says about itself, in whatever scheme, before anything is believed.
struct Claim<'a> {
    key: &'a str,
    nonce: &'a str,
    time: &'a str,
    token: Option<&'a str>,
}

/// The account that signed a request. `key` looks an access key up. Errors: no, two or an unknown scheme; an unknown or
/// inactive key; a time outside the window; a wrong signature; a nonce seen before.
pub fn authenticate(
    request: &Request,
    now: Timestamp,
    replays: &Replays,
    key: impl FnOnce(&str) -> Option<Credential>,
) -> Result<AccountId, ApiError> {
    let scheme = Scheme::of(request)?;
    let claim = match &scheme {
        Scheme::Acs3(authorization) => authorization.claim(request)?,
        Scheme::Rpc1 => rpc1::claim(request)?,
    };
    let credential = known(claim.key, key)?;
    let signed_at = within_window(claim.time, now)?;
    if claim.token.is_some() {
        let message = "This access key has no security token. Send the request without one.";
        return Err(ApiError::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message));
    }
    match &scheme {
        Scheme::Acs3(authorization) => authorization.verify(request, credential.secret.reveal())?,
        Scheme::Rpc1 => rpc1::verify(request, credential.secret.reveal())?,
    }
    replays.check(claim.key, claim.nonce, signed_at, now)?;
    Ok(credential.account)
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

fn known(id: &str, key: impl FnOnce(&str) -> Option<Credential>) -> Result<Credential, ApiError> {
    let credential = key(id).ok_or_else(|| {
        ApiError::new(404, "InvalidAccessKeyId.NotFound", "Nobody has this access key. Check its id.")
    })?;
    if !credential.active {
        let message = "The access key is switched off. Switch it on or use another.";
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
fn mismatch() -> ApiError {
    let message =
        "The signature is not the one of this request and key. Check the secret and what was signed.";
    ApiError::new(400, "SignatureDoesNotMatch", message)
}

#[cfg(test)]
mod tests;
