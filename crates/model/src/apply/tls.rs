//! Certificates, security policies, and TLS of listeners.

use crate::apply::done;
use crate::certificate::Certificate;
use crate::command::Output;
use crate::command::tls::{
    AdditionalCertificates, CreateSecurityPolicy, ImportCertificate, TlsCommand as C, TlsPatch,
    UpdateSecurityPolicy,
};
use crate::draft::Draft;
use crate::id::{CertificateId, SecurityPolicyId};
use crate::nlb::{AlpnPolicy, Listener, ListenerProtocol, ListenerTls};
use crate::quota::Quota;
use crate::refusal::{Refusal, TlsRefusal};
use crate::tables::{Key, Kind};
use crate::tls::{Cipher, PolicyId, SecurityPolicy, TlsVersion};

impl Draft {
    pub(super) fn run_tls(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::AssociateCertificates(it) => self.associate_certificates(it),
            C::DissociateCertificates(it) => self.dissociate_certificates(it),
            C::ImportCertificate(it) => self.import_certificate(it),
            C::DeleteCertificate(id) => done(self.delete_certificate(id)),
            C::CreateSecurityPolicy(it) => self.create_policy(it),
            C::UpdateSecurityPolicy(it) => self.update_policy(it),
            C::DeleteSecurityPolicy(id) => done(self.delete_policy(id)),
        }
    }

    fn import_certificate(&mut self, it: &ImportCertificate) -> Result<Output, Refusal> {
        self.room_in_account(Kind::Certificate, Quota::CertificatesAnAccount)?;
        let region = self.state().settings().region.clone();
        let id = CertificateId::in_region(&mut self.entropy, &region);
        let meta = self.meta(&it.labels)?;
        self.put(Certificate { id: id.clone(), meta, content: it.content.clone() });
        Ok(Output::Certificate(id))
    }

    fn delete_certificate(&mut self, id: &CertificateId) -> Result<(), Refusal> {
        self.own::<Certificate>(id)?;
        self.unused::<Certificate>(id, &[Kind::Listener])?;
        self.delete(Key::Certificate(id.clone()));
        Ok(())
    }

    fn create_policy(&mut self, it: &CreateSecurityPolicy) -> Result<Output, Refusal> {
        self.room_in_account(Kind::SecurityPolicy, Quota::SecurityPoliciesAnAccount)?;
        let id = SecurityPolicyId::generate(&mut self.entropy);
        let policy = SecurityPolicy {
            id: id.clone(),
            meta: self.meta(&it.labels)?,
            versions: distinct(&it.versions),
            ciphers: distinct(&it.ciphers),
        };
        usable(&policy)?;
        self.put(policy);
        Ok(Output::SecurityPolicy(id, self.job()))
    }

    fn update_policy(&mut self, it: &UpdateSecurityPolicy) -> Result<Output, Refusal> {
        let row = self.own::<SecurityPolicy>(&it.policy)?;
        let mut after = row.as_ref().clone();
        after.meta.name = it.name.clone().unwrap_or(after.meta.name);
        after.versions = it.versions.as_deref().map_or(after.versions, distinct);
        after.ciphers = it.ciphers.as_deref().map_or(after.ciphers, distinct);
        usable(&after)?;
        self.edit(&after, |_| ());
        Ok(Output::SecurityPolicy(it.policy.clone(), self.job()))
    }

    fn delete_policy(&mut self, id: &SecurityPolicyId) -> Result<(), Refusal> {
        self.own::<SecurityPolicy>(id)?;
        self.unused::<SecurityPolicy>(id, &[Kind::Listener])?;
        self.delete(Key::SecurityPolicy(id.clone()));
        Ok(())
    }

    /// How a listener speaks TLS after a change: `None` for one that does not.
    pub(super) fn tls(
        &self,
        protocol: ListenerProtocol,
        now: Option<&ListenerTls>,
        patch: &TlsPatch,
    ) -> Result<Option<ListenerTls>, Refusal> {
        match protocol {
            ListenerProtocol::TcpSsl => self.patched(now, patch).map(Some),
            ListenerProtocol::Tcp | ListenerProtocol::Udp if asks_nothing(patch) => Ok(None),
            ListenerProtocol::Tcp | ListenerProtocol::Udp => Err(TlsRefusal::TlsWithout { protocol }.into()),
        }
    }

    fn patched(&self, now: Option<&ListenerTls>, patch: &TlsPatch) -> Result<ListenerTls, Refusal> {
        let certificate = match (one(patch.certificates.as_deref())?, now) {
            (Some(id), _) => self.of_server(&id)?,
            (None, Some(now)) => now.certificate.clone(),
            (None, None) => return Err(TlsRefusal::CertificateMissing.into()),
        };
        let additional = now.map(|now| now.additional.clone()).unwrap_or_default();
        if additional.contains_key(&certificate) {
            return Err(TlsRefusal::CertificateAssociated(certificate).into());
        }
        let policy = match (&patch.policy, now) {
            (Some(policy), _) => self.known_policy(policy)?,
            (None, Some(now)) => now.policy.clone(),
            (None, None) => PolicyId::default(),
        };
        let client_authority = self.client_authority(now, patch)?;
        Ok(ListenerTls { certificate, additional, client_authority, policy, alpn: alpn(now, patch)? })
    }

    fn of_server(&self, id: &CertificateId) -> Result<CertificateId, Refusal> {
        let row = self.own::<Certificate>(id)?;
        if row.is_of_server() {
            Ok(id.clone())
        } else {
            Err(TlsRefusal::CertificateWithoutKey(id.clone()).into())
        }
    }

    fn client_authority(
        &self,
        now: Option<&ListenerTls>,
        patch: &TlsPatch,
    ) -> Result<Option<CertificateId>, Refusal> {
        let before = now.and_then(|now| now.client_authority.clone());
        let asked = one(patch.client_authorities.as_deref())?;
        if !patch.client_authority_enabled.unwrap_or(before.is_some()) {
            return Ok(None);
        }
        if let Some(id) = &asked {
            let known = self.own::<Certificate>(id).is_ok_and(|row| !row.is_of_server());
            if !known {
                return Err(TlsRefusal::AuthorityNotFound(id.clone()).into());
            }
        }
        asked.or(before).map(Some).ok_or(TlsRefusal::AuthorityMissing.into())
    }

    fn known_policy(&self, policy: &PolicyId) -> Result<PolicyId, Refusal> {
        match policy {
            PolicyId::System(_) => {}
            PolicyId::Custom(id) => {
                self.own::<SecurityPolicy>(id)?;
            }
        }
        Ok(policy.clone())
    }

    fn associate_certificates(&mut self, it: &AdditionalCertificates) -> Result<Output, Refusal> {
        let (row, mut tls) = self.tls_of(it)?;
        for id in &it.certificates {
            let id = self.of_server(id)?;
            if tls.certificate == id || tls.additional.contains_key(&id) {
                return Err(TlsRefusal::CertificateAssociated(id).into());
            }
            tls.additional.insert(id, self.revision);
        }
        let others = self.state().listeners_of(&row.load_balancer).filter(|other| other.id != row.id);
        let others = others.filter_map(|other| Some(other.tls.as_ref()?.additional.len())).sum::<usize>();
        self.within(others + tls.additional.len(), Quota::CertificatesALoadBalancer)?;
        self.edit(&row, |row| row.tls = Some(tls));
        Ok(Output::Job(self.job()))
    }

    fn dissociate_certificates(&mut self, it: &AdditionalCertificates) -> Result<Output, Refusal> {
        let (row, mut tls) = self.tls_of(it)?;
        for id in &it.certificates {
            if tls.certificate == *id {
                return Err(TlsRefusal::DefaultCertificate(id.clone()).into());
            }
            if tls.client_authority.as_ref() == Some(id) {
                return Err(TlsRefusal::AuthorityInUse(id.clone()).into());
            }
            tls.additional.remove(id).ok_or_else(|| TlsRefusal::CertificateNotAssociated(id.clone()))?;
        }
        self.edit(&row, |row| row.tls = Some(tls));
        Ok(Output::Job(self.job()))
    }

    fn tls_of(&self, it: &AdditionalCertificates) -> Result<(Listener, ListenerTls), Refusal> {
        let row = self.own::<Listener>(&it.listener)?;
        if it.certificates.is_empty() {
            return Err(Refusal::Empty("the list of certificates"));
        }
        let tls = row.tls.clone().ok_or_else(|| TlsRefusal::NoTls(it.listener.clone()))?;
        Ok((row.as_ref().clone(), tls))
    }
}

/// Clients that name every parameter say `false`, which asks for nothing.
fn asks_nothing(patch: &TlsPatch) -> bool {
    let off = |flag: Option<bool>| flag != Some(true);
    off(patch.client_authority_enabled)
        && off(patch.alpn_enabled)
        && patch.certificates.is_none()
        && patch.client_authorities.is_none()
        && patch.policy.is_none()
        && patch.alpn.is_none()
}

fn one(ids: Option<&[CertificateId]>) -> Result<Option<CertificateId>, Refusal> {
    match ids {
        None | Some([]) => Ok(None),
        Some([id]) => Ok(Some(id.clone())),
        Some(several) => Err(TlsRefusal::CertificateCount(several.len()).into()),
    }
}

fn alpn(now: Option<&ListenerTls>, patch: &TlsPatch) -> Result<Option<AlpnPolicy>, Refusal> {
    let before = now.and_then(|now| now.alpn);
    if !patch.alpn_enabled.unwrap_or(before.is_some()) {
        return Ok(None);
    }
    patch.alpn.or(before).map(Some).ok_or(TlsRefusal::AlpnMissing.into())
}

fn distinct<T: Copy + PartialEq>(all: &[T]) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(one) {
            seen.push(*one);
        }
    }
    seen
}

/// Every version has a suite, and every suite a version.
fn usable(policy: &SecurityPolicy) -> Result<(), Refusal> {
    if policy.versions.is_empty() || policy.ciphers.is_empty() {
        return Err(Refusal::Empty("versions and ciphers of a security policy"));
    }
    let idle = |cipher: &&Cipher| !policy.versions.iter().any(|version| cipher.works_with(*version));
    if let Some(cipher) = policy.ciphers.iter().find(idle) {
        return Err(TlsRefusal::CipherWithoutVersion(*cipher).into());
    }
    let mute = |version: &&TlsVersion| !policy.ciphers.iter().any(|cipher| cipher.works_with(**version));
    match policy.versions.iter().find(mute) {
        Some(version) => Err(TlsRefusal::VersionWithoutCipher(*version).into()),
        None => Ok(()),
    }
}
