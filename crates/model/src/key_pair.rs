//! Key pairs: public keys that open the root account of instances.

use serde::{Deserialize, Serialize};

use crate::id::KeyPairId;
use crate::meta::Meta;

/// A key pair. Its private half was shown to whom it was made for, and is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPair {
    /// Its id.
    pub id: KeyPairId,
    /// The common part; the name is unique in its account.
    pub meta: Meta,
    /// Its public half.
    pub public_key: PublicKey,
}

/// A public key. Whoever makes or imports it has read it; the model only keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Algorithm and base64, as a line of `authorized_keys` has them.
    pub line: String,
    /// MD5 of the key in its wire form, lower-case hexadecimal (RFC 4716, section 4).
    pub fingerprint: String,
}
