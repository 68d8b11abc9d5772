//! Public keys as SSH has them: made here, or read from outside before the model keeps them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use model::account::Secret;
use model::key_pair::PublicKey;
use rcgen::{PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::RSAPublicKey;

const RSA: &str = "ssh-rsa";
/// Fewest bytes of an RSA modulus: 1024 bits, as the cloud takes them.
const LEAST_RSA: usize = 128;
/// Longest line taken, bytes; an RSA key of 16384 bits fits.
const MAX_LINE: usize = 4096;

/// A public key that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "give one line as ssh-keygen writes it into a .pub file: RSA of at least 1024 bits, Ed25519, or ECDSA on a NIST curve"
)]
pub struct InvalidPublicKey;

/// No key pair could be made.
#[derive(Debug, thiserror::Error)]
#[error("a key pair could not be made")]
pub struct NotMade(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A new RSA key pair of 2048 bits, as the cloud makes them: its public half, and its private half as PEM.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn make() -> Result<(PublicKey, Secret), NotMade> {
    let made = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
    let made = made.map_err(|error| NotMade(Box::new(error)))?;
    let (_, public) =
        RSAPublicKey::from_der(made.der_bytes()).map_err(|error| NotMade(error.to_string().into()))?;
    // Both formats write a whole number with a leading zero where its first bit would be taken for a sign.
    let wire = wire(&[RSA.as_bytes(), public.exponent, public.modulus]);
    Ok((public_key(RSA, &wire), Secret::new(&made.serialize_pem())))
}

/// Reads a line of a `.pub` file; its comment is left out.
///
/// # Errors
/// When it is no public key that SSH servers take.
pub fn read(line: &str) -> Result<PublicKey, InvalidPublicKey> {
    let mut words = line.split_ascii_whitespace();
    let (Some(algorithm), Some(body)) = (words.next(), words.next()) else { return Err(InvalidPublicKey) };
    let wire = STANDARD.decode(body).map_err(|_| InvalidPublicKey)?;
    let fits = line.len() <= MAX_LINE && line.trim_end().lines().count() == 1;
    if fits && is_key(algorithm, &parts(&wire).ok_or(InvalidPublicKey)?) {
        Ok(public_key(algorithm, &wire))
    } else {
        Err(InvalidPublicKey)
    }
}

fn public_key(algorithm: &str, wire: &[u8]) -> PublicKey {
    PublicKey {
        line: format!("{algorithm} {}", STANDARD.encode(wire)),
        fingerprint: hex::encode(Md5::digest(wire)),
    }
}

/// Whether a key has the parts that its algorithm needs (RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4).
fn is_key(algorithm: &str, parts: &[&[u8]]) -> bool {
    if parts.first() != Some(&algorithm.as_bytes()) {
        return false;
    }
    match (algorithm, &parts[1..]) {
        (RSA, [exponent, modulus]) => !exponent.is_empty() && modulus.len() >= LEAST_RSA,
        ("ssh-ed25519", [point]) => point.len() == 32,
        (_, [curve, point]) => {
            let lengths = [(&b"nistp256"[..], 65), (b"nistp384", 97), (b"nistp521", 133)];
            let named = algorithm.strip_prefix("ecdsa-sha2-").is_some_and(|name| name.as_bytes() == *curve);
            named && lengths.contains(&(*curve, point.len()))
        }
        (_, _) => false,
    }
}

/// Strings, each behind its length (RFC 4251, section 5).
fn wire(parts: &[&[u8]]) -> Vec<u8> {
    let part = |part: &&[u8]| [&(part.len() as u32).to_be_bytes()[..], part].concat();
    parts.iter().flat_map(part).collect()
}

/// The same, taken apart; `None` when a length is not true.
fn parts(mut wire: &[u8]) -> Option<Vec<&[u8]>> {
    let mut parts = Vec::new();
    while !wire.is_empty() {
        let (length, rest) = wire.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        parts.push(part);
        wire = rest;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `ssh-keygen -t ed25519`; the fingerprint of `ssh-keygen -l -E md5`.
    const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGE7yzCF89Cl4IdcuvDClGRdMq+HN5RDrbnX6QngN/17";
    const ED25519_MD5: &str = "8f90f94182a30dfa260545edd999ab79";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHDGHqq+LVouanVGLfapYQyGxs+TGpGx/XzaAhADCzbyGJU6MukANshPEYDAC5YF8NYfzRqEV60JGAq3iZVI8c0=";

    #[test]
    fn a_key_that_ssh_keygen_made_is_read_without_its_comment() {
        let key = read(&format!("{ED25519} someone@somewhere\n")).unwrap();
        assert_eq!((key.line.as_str(), key.fingerprint.as_str()), (ED25519, ED25519_MD5));
        assert_eq!(read(ECDSA).unwrap().line, ECDSA);
    }

    #[test]
    fn a_key_that_is_made_can_be_read_and_none_is_like_another() {
        let (key, private) = make().unwrap();
        assert_eq!(read(&key.line), Ok(key.clone()));
        assert!(private.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_ne!(make().unwrap().0, key);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let short = format!("ssh-rsa {}", STANDARD.encode(wire(&[b"ssh-rsa", b"\x03", &[1; 64]])));
        let torn = format!("ssh-ed25519 {}", STANDARD.encode(b"\x00\x00\x00\x0bssh-ed25519\xff\xff\xff\xff"));
        let renamed = ED25519.replacen("ssh-ed25519", "ssh-rsa", 1);
        let two = format!("{ED25519}\n{ED25519}");
        for line in ["", "ssh-ed25519", "ssh-ed25519 !", &short, &torn, &renamed, &two] {
            assert_eq!(read(line), Err(InvalidPublicKey), "{line}");
        }
    }
}
