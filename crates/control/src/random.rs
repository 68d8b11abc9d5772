//! Randomness from the operating system.

use model::account::{AccessKeyId, InvalidAccessKey, Secret};

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// What ids of access keys begin with, as clients of the cloud know them.
const KEY_PREFIX: &str = "LTAI";
const SESSION_PREFIX: &str = "STS.";
const KEY_LENGTH: usize = 20;
/// 178 bits.
const SECRET_LENGTH: usize = 30;

/// The operating system has no randomness to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no random numbers")]
pub struct NoRandomness;

/// Fills bytes with randomness.
///
/// # Errors
/// When there is none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| NoRandomness)
}

/// A seed for the ids of one command.
///
/// # Errors
/// When there is no randomness: ids could repeat.
pub fn seed() -> Result<u64, NoRandomness> {
    let mut bytes = [0; 8];
    fill(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn text(length: usize) -> Result<String, NoRandomness> {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut byte = [0];
        fill(&mut byte)?;
        // Six bits; two of the 64 values have no letter and are drawn again, so that all letters are alike.
        if let Some(letter) = LETTERS.get(usize::from(byte[0] & 63)) {
            text.push(char::from(*letter));
        }
    }
    Ok(text)
}

/// A new access key.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn access_key() -> Result<(AccessKeyId, Secret), NoRandomness> {
    key_with(KEY_PREFIX)
}

/// The key of temporary credentials.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn session_key() -> Result<(AccessKeyId, Secret), NoRandomness> {
    key_with(SESSION_PREFIX)
}

fn key_with(prefix: &str) -> Result<(AccessKeyId, Secret), NoRandomness> {
    let id = format!("{prefix}{}", text(KEY_LENGTH)?);
    // Letters and digits always make an id.
    let id = AccessKeyId::parse(&id).map_err(|InvalidAccessKey| NoRandomness)?;
    Ok((id, Secret::new(&text(SECRET_LENGTH)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_never_alike_and_use_every_letter() {
        let keys: std::collections::BTreeSet<_> = (0..200)
            .map(|_| access_key().map(|(id, secret)| format!("{id}{}", secret.reveal())).unwrap())
            .collect();
        assert_eq!(keys.len(), 200);
        let used: std::collections::BTreeSet<char> = keys.iter().flat_map(|key| key.chars()).collect();
        assert_eq!(used.len(), LETTERS.len());
    }
}
