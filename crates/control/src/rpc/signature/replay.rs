//! A signed request works once: nonces are kept for as long as their request would be taken, also in a file, so that what was
//! recorded before a restart cannot be sent again after it.

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use model::id::Timestamp;

use super::WINDOW;
use crate::rpc::ApiError;

/// Most nonces kept: 1,100 requests a second for 15 minutes, at about 100 bytes each.
const CAPACITY: usize = 1_000_000;

/// Most records that the file has beyond those that still count, before it is written anew.
const SLACK: usize = 100_000;

type Digest = [u8; 16];
/// A digest, and the second after which it is forgotten.
const RECORD: usize = 24;

/// The nonces seen lately.
#[derive(Debug, Default)]
pub struct Replays(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    digests: HashSet<Digest>,
    by_expiry: BTreeMap<i64, Vec<Digest>>,
    journal: Option<Journal>,
}

/// The file, to which records are added. It is not forced to the disk: it outlives the process, and after a loss of power
/// the last seconds may be missing.
#[derive(Debug)]
struct Journal {
    path: PathBuf,
    file: File,
    records: usize,
}

impl Replays {
    /// The nonces of a file, which is made when it is missing; more are added to it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path, now: Timestamp) -> io::Result<Self> {
        let known = match std::fs::read(path) {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut seen = Seen::default();
        let (records, _torn) = known.as_chunks::<RECORD>();
        for record in records {
            let (digest, expiry) = record.split_at(16);
            let expiry = expiry.try_into().map_or(i64::MAX, i64::from_le_bytes);
            let digest = digest.try_into().unwrap_or_default();
            if expiry >= now.0 && seen.digests.insert(digest) {
                seen.by_expiry.entry(expiry).or_default().push(digest);
            }
        }
        seen.journal = Some(Journal::write_anew(path, &seen)?);
        Ok(Self(Mutex::new(seen)))
    }

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
        let expiry = signed_at.0 + WINDOW;
        seen.note(digest, expiry).map_err(|error| {
            tracing::error!(%error, "the file of nonces cannot be written: requests are refused");
            let message = "The request cannot be noted, so it could be sent twice. Try again when the server's disk has space.";
            ApiError::new(503, "ServiceUnavailable", message)
        })?;
        seen.digests.insert(digest);
        seen.by_expiry.entry(expiry).or_default().push(digest);
        Ok(())
    }
}

impl Journal {
    /// A file of what still counts takes the place of the old one.
    fn write_anew(path: &Path, seen: &Seen) -> io::Result<Self> {
        let records = seen
            .by_expiry
            .iter()
            .flat_map(|(expiry, digests)| digests.iter().flat_map(|digest| record(digest, *expiry)));
        let fresh = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&records.collect::<Vec<u8>>())?;
        std::fs::rename(&fresh, path)?;
        Ok(Self { path: path.to_owned(), file, records: seen.digests.len() })
    }

    /// Adds a record, or nothing: half a record would shift all that follow.
    fn add(&mut self, record: &[u8; RECORD]) -> io::Result<()> {
        let end = (self.records * RECORD) as u64;
        self.file.write_all_at(record, end)?;
        self.records += 1;
        Ok(())
    }
}

fn record(digest: &Digest, expiry: i64) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    record[..16].copy_from_slice(digest);
    record[16..].copy_from_slice(&expiry.to_le_bytes());
    record
}

impl Seen {
    fn note(&mut self, digest: Digest, expiry: i64) -> io::Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        if journal.records > self.digests.len() + SLACK {
            self.journal = Some(Journal::write_anew(&journal.path, self)?);
        }
        match &mut self.journal {
            Some(journal) => journal.add(&record(&digest, expiry)),
            None => Ok(()),
        }
    }

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
    fn what_was_seen_before_a_restart_is_a_replay_after_it() {
        let directory = crate::testing::TempDir::new();
        let path = directory.join("nonces");
        let check = |nonce, signed, now| {
            let replays = Replays::open(&path, Timestamp(now)).unwrap();
            replays
                .check("a", nonce, Timestamp(signed), Timestamp(now))
                .map_err(|error| error.code.into_owned())
        };
        let used = Err("SignatureNonceUsed".to_owned());
        assert_eq!((check("1", 1000, 1000), check("2", 1000, 1000)), (Ok(()), Ok(())));
        assert_eq!(check("1", 1000, 1000 + WINDOW), used);
        // A record that was torn by a loss of power takes no other with it.
        let mut bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 2 * RECORD);
        bytes.extend([9; 5]);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(
            (check("3", 1001, 1001), check("2", 1001, 1001), check("3", 1001, 1001)),
            (Ok(()), used.clone(), used)
        );
        assert_eq!(check("1", 1002 + WINDOW, 1002 + WINDOW), Ok(()));
        assert_eq!(std::fs::read(&path).unwrap().len(), RECORD);
    }

    #[test]
    fn the_file_does_not_grow_without_end() {
        let directory = crate::testing::TempDir::new();
        let path = directory.join("nonces");
        let replays = Replays::open(&path, Timestamp(0)).unwrap();
        for number in 0..SLACK as i64 + 50 {
            // Each is forgotten before the next comes.
            let now = Timestamp(number * (WINDOW + 1));
            replays.check("a", &number.to_string(), now, now).unwrap();
        }
        assert!(std::fs::metadata(&path).unwrap().len() < 100 * RECORD as u64);
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
