//! Temporary credentials. A security token carries them itself, sealed: nothing is kept for them, and they outlive a restart.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::account::{AccessKeyId, Secret};
use model::id::Timestamp;
use serde::{Deserialize, Serialize};

use crate::random::{self, NoRandomness};
use crate::rpc::ApiError;

/// What a token is bound to, so that nothing else that is sealed with this key is taken for one.
const PURPOSE: &[u8] = b"security token";

/// Makes and opens security tokens.
pub struct Sessions(RandomizedNonceKey);

/// Credentials that end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The public half of their key.
    pub key: AccessKeyId,
    /// The secret half.
    pub secret: Secret,
    /// The lasting key that asked for them: when that is gone, so are they.
    pub parent: AccessKeyId,
    /// Who the holder is.
    pub role: Role,
    /// From this second on they are not taken.
    pub expires: Timestamp,
}

/// Whom a session acts as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The role's name.
    pub name: String,
    /// The session's name.
    pub session: String,
}

/// No session can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a session cannot be made")]
pub struct NoSession;

impl From<NoRandomness> for NoSession {
    fn from(NoRandomness: NoRandomness) -> Self {
        Self
    }
}

impl Sessions {
    /// Sessions whose tokens are sealed with this key.
    ///
    /// # Errors
    /// When the cipher cannot be set up.
    pub fn new(key: &[u8; 32]) -> Result<Self, NoSession> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|_| NoSession)
    }

    /// New credentials and their token.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn issue(
        &self,
        parent: AccessKeyId,
        role: Role,
        expires: Timestamp,
    ) -> Result<(Session, String), NoSession> {
        let (key, secret) = random::session_key()?;
        let session = Session { key, secret, parent, role, expires };
        let mut sealed = serde_json::to_vec(&session).map_err(|_| NoSession)?;
        let nonce =
            self.0.seal_in_place_append_tag(Aad::from(PURPOSE), &mut sealed).map_err(|_| NoSession)?;
        let token = STANDARD.encode([nonce.as_ref().as_slice(), &sealed].concat());
        Ok((session, token))
    }

    /// The session of a token that came with a request of `key`.
    ///
    /// # Errors
    /// When the token is none of ours, is too old, or is another key's.
    pub fn open(&self, token: &str, key: &str, now: Timestamp) -> Result<Session, ApiError> {
        let session = self.unseal(token).ok_or_else(malformed)?;
        if session.key.as_str() != key {
            return Err(mismatch());
        }
        if session.expires <= now {
            let message = "The security token has expired. Assume the role again.";
            return Err(ApiError::new(400, "InvalidSecurityToken.Expired", message));
        }
        Ok(session)
    }

    fn unseal(&self, token: &str) -> Option<Session> {
        let mut bytes = STANDARD.decode(token).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, Aad::from(PURPOSE), sealed).ok()?;
        serde_json::from_slice(opened).ok()
    }
}

fn malformed() -> ApiError {
    let message = "The security token is none that this server has given. Send it as it was given.";
    ApiError::new(400, "InvalidSecurityToken.Malformed", message)
}

/// The token belongs to another access key, or the key needs none.
pub(crate) fn mismatch() -> ApiError {
    let message = "The security token does not belong to this access key. Send both as they were given.";
    ApiError::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(key: u8) -> Sessions {
        Sessions::new(&[key; 32]).unwrap()
    }

    fn issue(sessions: &Sessions) -> (Session, String) {
        let role = Role { name: "reader".into(), session: "me".into() };
        sessions.issue(AccessKeyId::parse("parent").unwrap(), role, Timestamp(1000)).unwrap()
    }

    #[test]
    fn a_token_is_its_own_keys_until_it_expires() {
        let (session, token) = issue(&sessions(1));
        let open = |key: &str, now| sessions(1).open(&token, key, Timestamp(now));
        assert_eq!(open(session.key.as_str(), 999), Ok(session.clone()));
        let code = |result: Result<Session, ApiError>| result.unwrap_err().code.into_owned();
        assert_eq!(code(open(session.key.as_str(), 1000)), "InvalidSecurityToken.Expired");
        assert_eq!(code(open("LTAIother", 999)), "InvalidSecurityToken.MismatchWithAccessKey");
    }

    #[test]
    fn a_token_that_was_changed_or_sealed_elsewhere_is_malformed() {
        let (session, token) = issue(&sessions(1));
        let key = session.key.as_str();
        let refused = |sessions: &Sessions, token: &str| {
            assert_eq!(
                sessions.open(token, key, Timestamp(1)).unwrap_err().code,
                "InvalidSecurityToken.Malformed"
            );
        };
        refused(&sessions(2), &token);
        refused(&sessions(1), "");
        refused(&sessions(1), "no base64!");
        let bytes = STANDARD.decode(&token).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            refused(&sessions(1), &STANDARD.encode(changed));
        }
        assert!(!token.contains(session.secret.reveal()));
    }
}
