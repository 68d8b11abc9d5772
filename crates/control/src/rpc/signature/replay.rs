//! A signed request works once: nonces are kept for as long as their request would be taken.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use model::id::Timestamp;

use super::WINDOW;
use crate::rpc::ApiError;

/// Most nonces kept: 1,100 requests a second for 15 minutes, at about 100 bytes each.
const CAPACITY: usize = 1_000_000;

type Digest = [u8; 16];

/// The nonces seen lately.
#[derive(Debug, Default)]
pub struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    digests: HashSet<Digest>,
    by_expiry: BTreeMap<i64, Vec<Digest>>,
}

impl Replays {
    /// Notes a nonce of a verified request. Errors: seen before; too many requests to keep track of.
    pub fn check(
        &self,
        key: &str,
        nonce: &str,
        signed_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        self.check_within(key, nonce, signed_at, now, CAPACITY)
    }

    fn check_within(
        &self,
        key: &str,
        nonce: &str,
        signed_at: Timestamp,
        now: Timestamp,
        capacity: usize,
    ) -> Result<(), ApiError> {
        // A panic while the lock was held leaves the sets usable: each step of an insertion stands alone.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        let digest = digest_of(key, nonce);
        if seen.digests.contains(&digest) {
            let message = "A request with this nonce was seen before. Make a new nonce for every request.";
            return Err(ApiError::new(400, "SignatureNonceUsed", message));
        }
        if seen.digests.len() >= capacity {
            return Err(ApiError::new(
                400,
                "Throttling",
                "Too many requests in the last minutes. Wait and try again.",
            ));
        }
        seen.digests.insert(digest);
        seen.by_expiry.entry(signed_at.0 + WINDOW).or_default().push(digest);
        Ok(())
    }
}

impl Seen {
    fn forget(&mut self, now: Timestamp) {
        while let Some(entry) = self.by_expiry.first_entry().filter(|entry| *entry.key() < now.0) {
            for digest in entry.remove() {
                self.digests.remove(&digest);
            }
        }
    }
}

fn digest_of(key: &str, nonce: &str) -> Digest {
    let full = digest::digest(&digest::SHA256, format!("{key}\n{nonce}").as_bytes());
    let mut short = Digest::default();
    short.copy_from_slice(&full.as_ref()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_works_once_for_each_key_while_its_time_is_taken() {
        let replays = Replays::default();
        let check = |key, nonce, signed, now| replays.check(key, nonce, Timestamp(signed), Timestamp(now));
        assert!(check("a", "n", 1000, 1000).is_ok());
        assert_eq!(check("a", "n", 1000, 1000).unwrap_err().code, "SignatureNonceUsed");
        assert!(check("b", "n", 1000, 1000).is_ok());
        assert!(check("a", "n", 1000, 1000 + WINDOW).is_err());
        assert!(check("a", "n", 1000 + WINDOW, 1001 + WINDOW).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let replays = Replays::default();
        let check = |nonce, now| replays.check_within("a", nonce, Timestamp(now), Timestamp(now), 2);
        assert!(check("1", 0).is_ok() && check("2", 0).is_ok());
        assert_eq!(check("3", 0).unwrap_err().code, "Throttling");
        assert!(check("3", WINDOW + 1).is_ok());
    }
}
