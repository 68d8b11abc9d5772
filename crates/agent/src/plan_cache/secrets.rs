//! What of a plan nobody but its agent may read, and the key that seals it where the plan is kept.

use std::collections::BTreeMap;
use std::fmt;

use model::account::Secret;
use model::id::{CertificateId, HostId, InstanceId, InvocationId, Revision};
use model::plan::{CertificatePlan, HostPlan};
use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};
use serde::{Deserialize, Serialize};

const NONCE: usize = 12;
const TAG: usize = 16;

/// Seals the secrets of plans. Never shown.
#[derive(Clone)]
pub struct PlanKey([u8; 32]);

impl PlanKey {
    /// The key of these bits.
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }
}

impl fmt::Debug for PlanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The secrets of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// Private keys.
    certificates: BTreeMap<CertificateId, Secret>,
    /// What instances run at their first boot.
    user_data: BTreeMap<InstanceId, Vec<u8>>,
    /// What commands run, with the values of their parameters.
    scripts: BTreeMap<InvocationId, String>,
}

impl Secrets {
    /// Takes them out of a plan.
    pub(super) fn take(plan: &mut HostPlan) -> Self {
        let mut secrets = Self::default();
        for certificate in certificates(plan) {
            let key = std::mem::replace(&mut certificate.key, Secret::new(""));
            secrets.certificates.insert(certificate.id.clone(), key);
        }
        for (id, instance) in &mut plan.instances {
            secrets.user_data.extend(instance.user_data.take().map(|data| (id.clone(), data)));
        }
        for (id, invocation) in &mut plan.invocations {
            secrets.scripts.insert(id.clone(), std::mem::take(&mut invocation.content));
        }
        secrets
    }

    /// Puts them back into the plan that they were taken out of.
    pub(super) fn put_back(mut self, plan: &mut HostPlan) {
        for certificate in certificates(plan) {
            if let Some(key) = self.certificates.get(&certificate.id) {
                certificate.key = key.clone();
            }
        }
        for (id, instance) in &mut plan.instances {
            instance.user_data = self.user_data.remove(id);
        }
        for (id, invocation) in &mut plan.invocations {
            invocation.content = self.scripts.remove(id).unwrap_or_default();
        }
    }
}

fn certificates(plan: &mut HostPlan) -> impl Iterator<Item = &mut CertificatePlan> {
    let tls = plan.listeners.values_mut().filter_map(|listener| listener.tls.as_mut());
    tls.flat_map(|tls| std::iter::once(&mut tls.certificate).chain(&mut tls.additional))
}

/// Nonce, text and tag of AES-256-GCM.
pub(super) fn seal(
    PlanKey(key): &PlanKey,
    place: (&HostId, Revision),
    text: &[u8],
) -> Result<Vec<u8>, ErrorStack> {
    let (mut nonce, mut tag) = ([0; NONCE], [0; TAG]);
    rand_bytes(&mut nonce)?;
    let sealed = encrypt_aead(Cipher::aes_256_gcm(), key, Some(&nonce), &bound_to(place), text, &mut tag)?;
    Ok([&nonce, &*sealed, &tag].concat())
}

/// `None` = it was sealed with another key, or for another plan, or was changed.
pub(super) fn open(PlanKey(key): &PlanKey, place: (&HostId, Revision), sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let (sealed, tag) = sealed.split_last_chunk::<TAG>()?;
    decrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), &bound_to(place), sealed, tag).ok()
}

/// Secrets of one plan are not those of another.
fn bound_to((host, revision): (&HostId, Revision)) -> Vec<u8> {
    [host.as_str().as_bytes(), &[0], &revision.0.to_be_bytes()].concat()
}
