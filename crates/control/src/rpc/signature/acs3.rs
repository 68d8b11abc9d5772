//! ACS3-HMAC-SHA256: what current SDKs send.

use aws_lc_rs::{digest, hmac};

use super::{Claim, incomplete, mismatch, unknown_method};
use crate::rpc::encoding::canonical;
use crate::rpc::{ApiError, Request};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// Headers that give a request its meaning: an unsigned one could be swapped on the way.
const MUST_BE_SIGNED: [&str; 3] = ["host", "x-acs-date", "x-acs-signature-nonce"];
/// Headers that must be signed when they are there.
const SIGNED_IF_SENT: [&str; 5] =
    ["x-acs-action", "x-acs-version", "x-acs-content-sha256", "x-acs-accesskey-id", "x-acs-security-token"];

/// A taken-apart `Authorization` header.
pub(super) struct Authorization<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(header: &'a str) -> Result<Self, ApiError> {
        let (algorithm, fields) = header.split_once(' ').unwrap_or((header, ""));
        if algorithm != ALGORITHM {
            return Err(unknown_method("Sign with ACS3-HMAC-SHA256, or with HMAC-SHA1 in parameters."));
        }
        let field = |name: &str| {
            let mut pairs = fields.split(',').filter_map(|pair| pair.trim().split_once('='));
            let found = pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value);
            found.ok_or_else(|| incomplete(format!("The Authorization header lacks {name}.")))
        };
        let (credential, signed_headers) = (field("Credential")?, field("SignedHeaders")?);
        Ok(Self { credential, signed_headers, signature: field("Signature")? })
    }

    pub(super) fn claim<'r>(&self, request: &'r Request) -> Result<Claim<'r>, ApiError>
    where
        'a: 'r,
    {
        let header = |name: &str| {
            request.header(name).ok_or_else(|| incomplete(format!("The request lacks the header {name}.")))
        };
        Ok(Claim {
            key: self.credential,
            nonce: header("x-acs-signature-nonce")?,
            time: header("x-acs-date")?,
            token: request.header("x-acs-security-token"),
        })
    }

    pub(super) fn verify(&self, request: &Request, secret: &str) -> Result<(), ApiError> {
        self.check_headers(request)?;
        let hash = sha256_hex(&request.body);
        let text = string_to_sign(&self.canonical_request(request, &hash));
        if request.header("x-acs-content-sha256").is_some_and(|sent| !sent.eq_ignore_ascii_case(&hash)) {
            return Err(mismatch(&text));
        }
        let signature = hex::decode(self.signature).map_err(|_| mismatch(&text))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hmac::verify(&key, text.as_bytes(), &signature).map_err(|_| mismatch(&text))
    }

    fn check_headers(&self, request: &Request) -> Result<(), ApiError> {
        let sent = SIGNED_IF_SENT.into_iter().filter(|name| request.headers.contains_key(*name));
        let unsigned = MUST_BE_SIGNED.into_iter().chain(sent).find(|name| !self.signs(name));
        match unsigned {
            Some(name) => {
                Err(incomplete(format!("The header {name} is not signed. Name it in SignedHeaders.")))
            }
            None => Ok(()),
        }
    }

    fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name))
    }

    pub(super) fn canonical_request(&self, request: &Request, body_hash: &str) -> String {
        let headers: String =
            self.signed_headers.split(';').map(|name| canonical_header(request, name)).collect();
        let query = canonical(&request.query);
        format!("{}\n/\n{query}\n{headers}\n{}\n{body_hash}", request.method, self.signed_headers)
    }
}

/// `name:value`; the values of a repeated header are sorted and joined.
fn canonical_header(request: &Request, name: &str) -> String {
    let values = request.headers.get_all(name).iter();
    let mut values: Vec<_> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).collect();
    values.sort();
    format!("{}:{}\n", name.to_ascii_lowercase(), values.join(","))
}

pub(super) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", sha256_hex(canonical_request.as_bytes()))
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
