//! TLS: versions, cipher suites, and the policies that say which of them a listener speaks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{InvalidId, SecurityPolicyId};
use crate::meta::Meta;
use crate::words::{Words, words};

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.0.
    V1_0,
    /// TLS 1.1.
    V1_1,
    /// TLS 1.2.
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names of the suites say it")]
pub enum Cipher {
    EcdheEcdsaAes128GcmSha256,
    EcdheRsaAes128GcmSha256,
    EcdheEcdsaAes256GcmSha384,
    EcdheRsaAes256GcmSha384,
    EcdheEcdsaAes128Sha256,
    EcdheRsaAes128Sha256,
    EcdheEcdsaAes256Sha384,
    EcdheRsaAes256Sha384,
    EcdheEcdsaAes128Sha,
    EcdheRsaAes128Sha,
    EcdheEcdsaAes256Sha,
    EcdheRsaAes256Sha,
    Aes128GcmSha256,
    Aes256GcmSha384,
    Aes128Sha256,
    Aes256Sha256,
    Aes128Sha,
    Aes256Sha,
    DesCbc3Sha,
    TlsAes128GcmSha256,
    TlsAes256GcmSha384,
    TlsChacha20Poly1305Sha256,
    TlsAes128CcmSha256,
    TlsAes128Ccm8Sha256,
}

/// A policy that every installation has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SystemPolicy {
    /// TLS 1.0 to 1.2, every older suite.
    #[default]
    V1_0,
    /// TLS 1.1 and 1.2, every older suite.
    V1_1,
    /// TLS 1.2, every older suite.
    V1_2,
    /// TLS 1.2, forward secret suites alone.
    V1_2Strict,
    /// TLS 1.2 and 1.3, forward secret suites alone.
    V1_2StrictWith1_3,
}

words! {
    TlsVersion { V1_0 = "TLSv1.0", V1_1 = "TLSv1.1", V1_2 = "TLSv1.2", V1_3 = "TLSv1.3" }
    Cipher {
        EcdheEcdsaAes128GcmSha256 = "ECDHE-ECDSA-AES128-GCM-SHA256",
        EcdheRsaAes128GcmSha256 = "ECDHE-RSA-AES128-GCM-SHA256",
        EcdheEcdsaAes256GcmSha384 = "ECDHE-ECDSA-AES256-GCM-SHA384",
        EcdheRsaAes256GcmSha384 = "ECDHE-RSA-AES256-GCM-SHA384",
        EcdheEcdsaAes128Sha256 = "ECDHE-ECDSA-AES128-SHA256",
        EcdheRsaAes128Sha256 = "ECDHE-RSA-AES128-SHA256",
        EcdheEcdsaAes256Sha384 = "ECDHE-ECDSA-AES256-SHA384",
        EcdheRsaAes256Sha384 = "ECDHE-RSA-AES256-SHA384",
        EcdheEcdsaAes128Sha = "ECDHE-ECDSA-AES128-SHA",
        EcdheRsaAes128Sha = "ECDHE-RSA-AES128-SHA",
        EcdheEcdsaAes256Sha = "ECDHE-ECDSA-AES256-SHA",
        EcdheRsaAes256Sha = "ECDHE-RSA-AES256-SHA",
        Aes128GcmSha256 = "AES128-GCM-SHA256",
        Aes256GcmSha384 = "AES256-GCM-SHA384",
        Aes128Sha256 = "AES128-SHA256",
        Aes256Sha256 = "AES256-SHA256",
        Aes128Sha = "AES128-SHA",
        Aes256Sha = "AES256-SHA",
        DesCbc3Sha = "DES-CBC3-SHA",
        TlsAes128GcmSha256 = "TLS_AES_128_GCM_SHA256",
        TlsAes256GcmSha384 = "TLS_AES_256_GCM_SHA384",
        TlsChacha20Poly1305Sha256 = "TLS_CHACHA20_POLY1305_SHA256",
        TlsAes128CcmSha256 = "TLS_AES_128_CCM_SHA256",
        TlsAes128Ccm8Sha256 = "TLS_AES_128_CCM_8_SHA256"
    }
    SystemPolicy {
        V1_0 = "tls_cipher_policy_1_0",
        V1_1 = "tls_cipher_policy_1_1",
        V1_2 = "tls_cipher_policy_1_2",
        V1_2Strict = "tls_cipher_policy_1_2_strict",
        V1_2StrictWith1_3 = "tls_cipher_policy_1_2_strict_with_1_3"
    }
}

impl Cipher {
    /// Whether a version can negotiate it.
    pub fn works_with(self, version: TlsVersion) -> bool {
        use Cipher as C;
        match self {
            C::EcdheEcdsaAes128GcmSha256
            | C::EcdheRsaAes128GcmSha256
            | C::EcdheEcdsaAes256GcmSha384
            | C::EcdheRsaAes256GcmSha384
            | C::EcdheEcdsaAes128Sha256
            | C::EcdheRsaAes128Sha256
            | C::EcdheEcdsaAes256Sha384
            | C::EcdheRsaAes256Sha384
            | C::Aes128GcmSha256
            | C::Aes256GcmSha384
            | C::Aes128Sha256
            | C::Aes256Sha256 => version == TlsVersion::V1_2,
            C::EcdheEcdsaAes128Sha
            | C::EcdheRsaAes128Sha
            | C::EcdheEcdsaAes256Sha
            | C::EcdheRsaAes256Sha
            | C::Aes128Sha
            | C::Aes256Sha
            | C::DesCbc3Sha => version <= TlsVersion::V1_2,
            C::TlsAes128GcmSha256
            | C::TlsAes256GcmSha384
            | C::TlsChacha20Poly1305Sha256
            | C::TlsAes128CcmSha256
            | C::TlsAes128Ccm8Sha256 => version == TlsVersion::V1_3,
        }
    }

    /// Whether the session's key is lost with it: suites of TLS 1.2 and older that begin with ECDHE.
    fn is_ephemeral(self) -> bool {
        self.word().starts_with("ECDHE-")
    }
}

impl SystemPolicy {
    /// Versions that it speaks, the oldest first.
    pub fn versions(self) -> Vec<TlsVersion> {
        use TlsVersion as V;
        match self {
            Self::V1_0 => vec![V::V1_0, V::V1_1, V::V1_2],
            Self::V1_1 => vec![V::V1_1, V::V1_2],
            Self::V1_2 | Self::V1_2Strict => vec![V::V1_2],
            Self::V1_2StrictWith1_3 => vec![V::V1_2, V::V1_3],
        }
    }

    /// Suites that it takes, the one liked best first.
    pub fn ciphers(self) -> Vec<Cipher> {
        let modern = |cipher: Cipher| cipher.works_with(TlsVersion::V1_3);
        let takes = |cipher: &Cipher| match self {
            Self::V1_0 | Self::V1_1 | Self::V1_2 => !modern(*cipher),
            Self::V1_2Strict => cipher.is_ephemeral(),
            Self::V1_2StrictWith1_3 => cipher.is_ephemeral() || modern(*cipher),
        };
        Cipher::ALL.iter().map(|(_, cipher)| *cipher).filter(takes).collect()
    }
}

/// A policy of an account's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityPolicy {
    /// Its id.
    pub id: SecurityPolicyId,
    /// The common part.
    pub meta: Meta,
    /// Versions that it speaks; each has a suite.
    pub versions: Vec<TlsVersion>,
    /// Suites that it takes, the one liked best first; each works with a version.
    pub ciphers: Vec<Cipher>,
}

/// Which policy a listener follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyId {
    /// One that every installation has.
    System(SystemPolicy),
    /// One of the account's own.
    Custom(SecurityPolicyId),
}

impl Default for PolicyId {
    fn default() -> Self {
        Self::System(SystemPolicy::default())
    }
}

impl FromStr for PolicyId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        SystemPolicy::parse(text).map(Self::System).or_else(|_| text.parse().map(Self::Custom))
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System(policy) => policy.fmt(f),
            Self::Custom(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions, forward secret suites, older suites, suites of TLS 1.3.
    const EXPECTED: [(&str, &str, [usize; 3]); 5] = [
        ("tls_cipher_policy_1_0", "TLSv1.0,TLSv1.1,TLSv1.2", [12, 7, 0]),
        ("tls_cipher_policy_1_1", "TLSv1.1,TLSv1.2", [12, 7, 0]),
        ("tls_cipher_policy_1_2", "TLSv1.2", [12, 7, 0]),
        ("tls_cipher_policy_1_2_strict", "TLSv1.2", [12, 0, 0]),
        ("tls_cipher_policy_1_2_strict_with_1_3", "TLSv1.2,TLSv1.3", [12, 0, 5]),
    ];

    #[test]
    fn system_policies_are_those_of_the_cloud() {
        for (id, versions, counts) in EXPECTED {
            let policy = SystemPolicy::parse(id).unwrap();
            assert_eq!(
                policy.versions().iter().map(|one| one.word()).collect::<Vec<_>>().join(","),
                versions
            );
            let ciphers = policy.ciphers();
            let count = |is: fn(&str) -> bool| ciphers.iter().filter(|one| is(one.word())).count();
            let ephemeral = count(|name| name.starts_with("ECDHE-"));
            let modern = count(|name| name.starts_with("TLS_"));
            assert_eq!([ephemeral, ciphers.len() - ephemeral - modern, modern], counts, "{id}");
        }
    }
}
