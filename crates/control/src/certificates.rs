//! Certificates from outside: PEM texts, read and compared before the model keeps them.

use aws_lc_rs::digest;
use model::account::Secret;
use model::certificate::{CertificateContent, KeyAlgorithm};
use model::id::Timestamp;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::public_key::PublicKey;

/// Longest chain of certificates, bytes.
const MAX_CHAIN: usize = 65_536;
/// Object identifier of Ed25519 keys.
const ED25519: &str = "1.3.101.112";

/// Why a certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// No PEM, or none that holds certificates.
    #[error("give PEM text with at least one certificate, at most 64 KiB")]
    NoCertificate,
    /// Not of the form of X.509.
    #[error("a certificate in it cannot be read")]
    Malformed,
    /// The next certificate did not issue the one before.
    #[error("give the certificate first, then the one that issued it, and so on")]
    Order,
    /// Neither RSA, nor elliptic, nor Ed25519.
    #[error("give a certificate with an RSA, ECDSA or Ed25519 key")]
    Algorithm,
    /// Only an authority's certificate needs no key.
    #[error("a server's certificate needs its private key; without one only an authority's is taken")]
    NoAuthority,
    /// No key that can be read.
    #[error("give the private key as PEM without a passphrase: RSA, ECDSA or Ed25519")]
    Key,
    /// The key is another one's.
    #[error("the private key does not belong to the certificate")]
    OtherKey,
}

impl InvalidCertificate {
    /// Whether it is the key that is wrong.
    pub fn is_about_key(self) -> bool {
        matches!(self, Self::Key | Self::OtherKey)
    }
}

/// Reads a certificate, with the key that belongs to it; one without a key must be an authority's.
///
/// # Errors
/// What is wrong with it.
pub fn read(chain: &str, key: Option<&str>) -> Result<CertificateContent, InvalidCertificate> {
    let ders = ders(chain)?;
    let certificates = ders.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let issued = |pair: &[X509Certificate]| pair[0].issuer() == pair[1].subject();
    if !certificates.windows(2).all(issued) {
        return Err(InvalidCertificate::Order);
    }
    let (Some(der), Some(first)) = (ders.first(), certificates.first()) else {
        return Err(InvalidCertificate::NoCertificate);
    };
    match key {
        Some(key) => belongs(&ders, key)?,
        None if first.is_ca() => {}
        None => return Err(InvalidCertificate::NoAuthority),
    }
    let common_name = common_name(first);
    Ok(CertificateContent {
        chain: chain.trim().to_owned() + "\n",
        key: key.map(|key| Secret::new(&(key.trim().to_owned() + "\n"))),
        names: names(first, &common_name),
        common_name,
        issuer: first.issuer().to_string(),
        serial: hex::encode(first.raw_serial()),
        fingerprint: hex::encode(digest::digest(&digest::SHA256, der)),
        algorithm: algorithm(first)?,
        not_before: Timestamp(first.validity().not_before.timestamp()),
        not_after: Timestamp(first.validity().not_after.timestamp()),
    })
}

fn ders(chain: &str) -> Result<Vec<CertificateDer<'static>>, InvalidCertificate> {
    if chain.len() > MAX_CHAIN {
        return Err(InvalidCertificate::NoCertificate);
    }
    let ders = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<Vec<_>, _>>();
    ders.ok().filter(|ders| !ders.is_empty()).ok_or(InvalidCertificate::NoCertificate)
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, InvalidCertificate> {
    match x509_parser::parse_x509_certificate(der) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) | Err(_) => Err(InvalidCertificate::Malformed),
    }
}

fn belongs(chain: &[CertificateDer<'static>], key: &str) -> Result<(), InvalidCertificate> {
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| InvalidCertificate::Key)?;
    let key = default_provider().key_provider.load_private_key(key).map_err(|_| InvalidCertificate::Key)?;
    CertifiedKey::new(chain.to_vec(), key).keys_match().map_err(|_| InvalidCertificate::OtherKey)
}

fn algorithm(certificate: &X509Certificate) -> Result<KeyAlgorithm, InvalidCertificate> {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(_)) => Ok(KeyAlgorithm::Rsa),
        Ok(PublicKey::EC(_)) => Ok(KeyAlgorithm::Ecdsa),
        _ if key.algorithm.algorithm.to_id_string() == ED25519 => Ok(KeyAlgorithm::Ed25519),
        _ => Err(InvalidCertificate::Algorithm),
    }
}

fn common_name(certificate: &X509Certificate) -> String {
    let name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    name.unwrap_or_default().to_owned()
}

/// Names that the certificate is for: the common name only when it has no others, as clients do.
fn names(certificate: &X509Certificate, common_name: &str) -> Vec<String> {
    let extension = certificate.subject_alternative_name().ok().flatten();
    let all = extension.map(|found| found.value.general_names.as_slice()).unwrap_or_default();
    let names: Vec<String> = all.iter().filter_map(name).collect();
    let fallback = || Some(common_name.to_ascii_lowercase()).filter(|name| !name.is_empty());
    if names.is_empty() { fallback().into_iter().collect() } else { names }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(std::net::IpAddr::from);
            let v6 = <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from);
            v4.or(v6).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

    use super::*;

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn server(issuer: &CertifiedIssuer<'static, KeyPair>) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let names = ["Shop.Example".to_owned(), "*.shop.example".to_owned(), "10.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn a_server_certificate_comes_with_its_key_and_its_issuers() {
        let authority = authority();
        let (leaf, key) = server(&authority);
        let chain = leaf.clone() + &authority.pem();
        let content = read(&chain, Some(&key)).unwrap();
        assert_eq!(content.names, ["shop.example", "*.shop.example", "10.0.0.1"]);
        assert_eq!(content.algorithm, KeyAlgorithm::Ecdsa);
        assert!(content.issuer.contains("an authority") && content.not_before < content.not_after);
        assert_eq!(content.fingerprint.len(), 64);
        assert!(!format!("{content:?}").contains("PRIVATE KEY"), "a key is never shown");
        let reversed = authority.pem() + &leaf;
        assert_eq!(read(&reversed, Some(&key)), Err(InvalidCertificate::Order));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let authority = authority();
        let (leaf, _) = server(&authority);
        let (_, other) = server(&authority);
        assert_eq!(read(&leaf, Some(&other)), Err(InvalidCertificate::OtherKey));
        assert_eq!(read(&leaf, Some("no key")), Err(InvalidCertificate::Key));
        assert_eq!(read(&leaf, None), Err(InvalidCertificate::NoAuthority));
        assert_eq!(read("no certificate", None), Err(InvalidCertificate::NoCertificate));
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(read(broken, None), Err(InvalidCertificate::Malformed));
        assert_eq!(read(&"x".repeat(MAX_CHAIN + 1), None), Err(InvalidCertificate::NoCertificate));
    }

    #[test]
    fn an_authority_needs_no_key() {
        let content = read(&authority().pem(), None).unwrap();
        assert_eq!((content.common_name.as_str(), content.key), ("an authority", None));
    }
}
