//! RPC signature 1.0, HMAC-SHA1: what Terraform, the CLI and older SDKs send.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Claim, incomplete, mismatch, unknown_method};
use crate::rpc::encoding::{canonical, encode};
use crate::rpc::{ApiError, Request};

pub(super) fn claim(request: &Request) -> Result<Claim<'_>, ApiError> {
    let parameter = |name: &str| {
        request.parameter(name).ok_or_else(|| incomplete(format!("The request lacks the parameter {name}.")))
    };
    let version = request.parameter("SignatureVersion").unwrap_or("1.0");
    if !parameter("SignatureMethod")?.eq_ignore_ascii_case("HMAC-SHA1") || version != "1.0" {
        return Err(unknown_method(
            "Sign with HMAC-SHA1 and signature version 1.0, or with ACS3-HMAC-SHA256.",
        ));
    }
    // Headers take no part in this signature: what the request asks for must stand in the parameters.
    parameter("Action")?;
    parameter("Version")?;
    Ok(Claim {
        key: parameter("AccessKeyId")?,
        nonce: parameter("SignatureNonce")?,
        time: parameter("Timestamp")?,
        token: request.parameter("SecurityToken"),
    })
}

pub(super) fn verify(request: &Request, secret: &str) -> Result<(), ApiError> {
    let sent = request.parameter("Signature").unwrap_or_default();
    let text = string_to_sign(request);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, format!("{secret}&").as_bytes());
    let signature = STANDARD.decode(sent).map_err(|_| mismatch(&text))?;
    hmac::verify(&key, text.as_bytes(), &signature).map_err(|_| mismatch(&text))
}

pub(super) fn string_to_sign(request: &Request) -> String {
    let all = request.parameters.iter().filter(|(name, _)| *name != "Signature");
    let all: Vec<_> = all.map(|(name, value)| (name.clone(), value.clone())).collect();
    format!("{}&%2F&{}", request.method, encode(&canonical(&all)))
}
