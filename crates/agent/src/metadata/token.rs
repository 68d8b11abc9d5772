//! Tokens, for clients that ask for one first. They are kept nowhere: a token says until when it is good, and a code over
//! that and the port shows that it was made here. A new agent takes no token of an earlier one.

use std::io;
use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::hash::MessageDigest;
use openssl::memcmp;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

use model::id::PortIndex;

/// The header that says how long a token is to be good, seconds.
pub(super) const TTL: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
/// The header that carries a token.
pub(super) const TOKEN: &str = "x-aliyun-ecs-metadata-token";
/// How long a token can be good, seconds: six hours at most, as in the cloud.
pub(super) const TTLS: RangeInclusive<u64> = 1..=21_600;

/// What tokens are made with.
pub(super) struct Tokens(PKey<Private>);

impl Tokens {
    /// With a new secret.
    pub(super) fn new() -> io::Result<Self> {
        let mut secret = [0; 32];
        openssl::rand::rand_bytes(&mut secret)?;
        Ok(Self(PKey::hmac(&secret)?))
    }

    /// A token for a port; `None` when the library fails.
    pub(super) fn make(&self, port: PortIndex, seconds: u64) -> Option<String> {
        let until = now() + seconds;
        Some(format!("{until}.{}", hex::encode(self.code(port, until)?)))
    }

    /// Whether a token was made for the port and is still good.
    pub(super) fn is_good(&self, port: PortIndex, token: &str) -> bool {
        let parts = token.split_once('.').and_then(|(until, code)| {
            let (until, code) = (until.parse().ok()?, hex::decode(code).ok()?);
            Some((until, code, self.code(port, until)?))
        });
        parts.is_some_and(|(until, code, own)| {
            until > now() && code.len() == own.len() && memcmp::eq(&code, &own)
        })
    }

    fn code(&self, port: PortIndex, until: u64) -> Option<Vec<u8>> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.0).ok()?;
        signer.update(format!("{}.{until}", port.0).as_bytes()).ok()?;
        signer.sign_to_vec().ok()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_port_and_its_time_alone() {
        let tokens = Tokens::new().unwrap();
        let (port, other) = (PortIndex(1), PortIndex(2));
        let token = tokens.make(port, 60).unwrap();
        assert!(tokens.is_good(port, &token));
        assert!(!tokens.is_good(other, &token));
        assert!(!tokens.is_good(port, &tokens.make(port, 0).unwrap()));
        assert!(!Tokens::new().unwrap().is_good(port, &token));
        let (until, code) = token.split_once('.').unwrap();
        let later = format!("{}.{code}", until.parse::<u64>().unwrap() + 1);
        for bad in ["", ".", "x.y", until, code, &later] {
            assert!(!tokens.is_good(port, bad), "{bad}");
        }
    }
}
