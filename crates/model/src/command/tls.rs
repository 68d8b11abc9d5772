//! Commands about certificates, security policies, and TLS of listeners.

use crate::certificate::CertificateContent;
use crate::id::{CertificateId, ListenerId, SecurityPolicyId};
use crate::meta::{Labels, Name};
use crate::nlb::AlpnPolicy;
use crate::tls::{Cipher, PolicyId, TlsVersion};

/// A change of certificates, security policies, or a listener's certificates.
#[derive(Clone, Debug, PartialEq)]
pub enum TlsCommand {
    /// Adds certificates for more names to a listener.
    AssociateCertificates(AdditionalCertificates),
    /// Takes such certificates away.
    DissociateCertificates(AdditionalCertificates),
    /// Imports a certificate.
    ImportCertificate(ImportCertificate),
    /// Deletes a certificate that no listener uses.
    DeleteCertificate(CertificateId),
    /// Makes a security policy.
    CreateSecurityPolicy(CreateSecurityPolicy),
    /// Changes a security policy.
    UpdateSecurityPolicy(UpdateSecurityPolicy),
    /// Deletes a security policy that no listener follows.
    DeleteSecurityPolicy(SecurityPolicyId),
}

/// Imports a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportCertificate {
    /// Name, tags, resource group.
    pub labels: Labels,
    /// What it holds.
    pub content: CertificateContent,
}

/// Makes a security policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSecurityPolicy {
    /// Name, tags, resource group.
    pub labels: Labels,
    /// Versions that it speaks.
    pub versions: Vec<TlsVersion>,
    /// Suites that it takes.
    pub ciphers: Vec<Cipher>,
}

/// Changes a security policy; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateSecurityPolicy {
    /// The policy.
    pub policy: SecurityPolicyId,
    /// Its name.
    pub name: Option<Name>,
    /// Versions that it speaks.
    pub versions: Option<Vec<TlsVersion>>,
    /// Suites that it takes.
    pub ciphers: Option<Vec<Cipher>>,
}

/// What is asked of a listener's TLS; `None` leaves what is there, or the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsPatch {
    /// The certificate that is shown: exactly one.
    pub certificates: Option<Vec<CertificateId>>,
    /// Whether clients must show certificates.
    pub client_authority_enabled: Option<bool>,
    /// The authority of clients' certificates: exactly one.
    pub client_authorities: Option<Vec<CertificateId>>,
    /// Versions and suites.
    pub policy: Option<PolicyId>,
    /// Whether a protocol is agreed on.
    pub alpn_enabled: Option<bool>,
    /// Which one.
    pub alpn: Option<AlpnPolicy>,
}

/// Certificates for more names of a listener, to add or to take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdditionalCertificates {
    /// The listener.
    pub listener: ListenerId,
    /// The certificates.
    pub certificates: Vec<CertificateId>,
}
