//! Why a command about certificates, security policies and TLS of listeners is refused.

use crate::id::{CertificateId, ListenerId};
use crate::nlb::ListenerProtocol;
use crate::tls::{Cipher, TlsVersion};

/// A command about TLS that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsRefusal {
    /// A TCPSSL listener shows a certificate.
    #[error("a TCPSSL listener needs a server certificate")]
    CertificateMissing,
    /// More than one certificate where one is possible.
    #[error("{0} certificates were given where one is possible")]
    CertificateCount(usize),
    /// A server cannot show a certificate without its key.
    #[error("certificate {0} is an authority's: it was imported without a private key")]
    CertificateWithoutKey(CertificateId),
    /// The listener has the certificate already.
    #[error("certificate {0} belongs to the listener already")]
    CertificateAssociated(CertificateId),
    /// The listener does not have the certificate.
    #[error("certificate {0} is no additional certificate of the listener")]
    CertificateNotAssociated(CertificateId),
    /// The default certificate can only be replaced.
    #[error("certificate {0} is the listener's default: update the listener to replace it")]
    DefaultCertificate(CertificateId),
    /// The certificate judges clients.
    #[error("certificate {0} is the authority of the listener's clients: update the listener to replace it")]
    AuthorityInUse(CertificateId),
    /// Clients' certificates need an authority.
    #[error("a listener that asks clients for certificates needs the certificate of their authority")]
    AuthorityMissing,
    /// Unknown, another account's, or a server's.
    #[error("no authority's certificate {0} was imported")]
    AuthorityNotFound(CertificateId),
    /// ALPN needs a policy.
    #[error("a listener that agrees on a protocol needs an ALPN policy")]
    AlpnMissing,
    /// Certificates belong to TCPSSL listeners.
    #[error("listener {0} is no TCPSSL listener")]
    NoTls(ListenerId),
    /// TLS was asked of a listener that does not speak it.
    #[error("certificates, security policy and ALPN are for TCPSSL listeners, not for {protocol} ones")]
    TlsWithout {
        /// What it speaks.
        protocol: ListenerProtocol,
    },
    /// A suite that no version of the policy can negotiate.
    #[error("no TLS version of the policy can negotiate {0}")]
    CipherWithoutVersion(Cipher),
    /// A version that no suite of the policy works with.
    #[error("no cipher of the policy works with {0}")]
    VersionWithoutCipher(TlsVersion),
}
