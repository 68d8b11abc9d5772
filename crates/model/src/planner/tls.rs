//! TLS of listeners: certificates with their keys, and what the policy comes to.

use crate::certificate::Certificate;
use crate::id::CertificateId;
use crate::nlb::ListenerTls;
use crate::plan::{CertificatePlan, TlsPlan};
use crate::state::State;
use crate::tls::{PolicyId, SecurityPolicy};

pub(super) fn tls(state: &State, row: &ListenerTls) -> Option<TlsPlan> {
    let (versions, ciphers) = match &row.policy {
        PolicyId::System(policy) => (policy.versions(), policy.ciphers()),
        PolicyId::Custom(id) => {
            let policy = state.get::<SecurityPolicy>(id)?;
            (policy.versions.clone(), policy.ciphers.clone())
        }
    };
    // Without the authority's certificate there is no listener, rather than one that lets everybody in.
    let client_authority = match &row.client_authority {
        Some(id) => Some(state.get::<Certificate>(id)?.content.chain.clone()),
        None => None,
    };
    Some(TlsPlan {
        certificate: certificate(state, &row.certificate)?,
        additional: row.additional.keys().filter_map(|id| certificate(state, id)).collect(),
        client_authority,
        versions,
        ciphers,
        alpn: row.alpn,
    })
}

fn certificate(state: &State, id: &CertificateId) -> Option<CertificatePlan> {
    let content = &state.get::<Certificate>(id)?.content;
    Some(CertificatePlan {
        id: id.clone(),
        names: content.names.clone(),
        chain: content.chain.clone(),
        key: content.key.clone()?,
    })
}
