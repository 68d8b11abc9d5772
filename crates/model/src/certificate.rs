//! Certificates that were imported: those of servers with their keys, and those of authorities.

use serde::{Deserialize, Serialize};

use crate::account::Secret;
use crate::id::{CertificateId, Timestamp};
use crate::meta::Meta;
use crate::words::words;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// The common part.
    pub meta: Meta,
    /// What it holds.
    pub content: CertificateContent,
}

/// What a certificate holds. Whoever imports it has read and compared these; the model only keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateContent {
    /// The certificate, then those that lead to a root, as PEM.
    pub chain: String,
    /// The private key as PEM, of a server's certificate; an authority's has none here. Never shown.
    pub key: Option<Secret>,
    /// The subject's common name; empty when it has none.
    pub common_name: String,
    /// Names and addresses that it is for.
    pub names: Vec<String>,
    /// Who issued it.
    pub issuer: String,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    /// The kind of its public key.
    pub algorithm: KeyAlgorithm,
    /// From when it counts.
    pub not_before: Timestamp,
    /// Until when it counts.
    pub not_after: Timestamp,
}

impl Certificate {
    /// Whether a server shows it; otherwise it is an authority's, for the certificates that clients show.
    pub fn is_of_server(&self) -> bool {
        self.content.key.is_some()
    }
}

/// The kind of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// Elliptic curve.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

words! {
    KeyAlgorithm { Rsa = "RSA", Ecdsa = "ECC", Ed25519 = "ED25519" }
}
