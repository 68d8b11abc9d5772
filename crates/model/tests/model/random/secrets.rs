//! Certificates and TLS.

use super::*;

impl Dice<'_> {
    /// A TCPSSL listener, or one of its certificates; a listener's protocol decides whether it can be.
    pub(super) fn secrets(&mut self) -> C {
        let (policy, certificates) = (self.policy(), vec![self.of_server()]);
        let ciphers = vec![Cipher::EcdheRsaAes128GcmSha256];
        match self.below(14) {
            0 => C::Tls(TlsCommand::ImportCertificate(import(None))),
            1 => C::Tls(TlsCommand::ImportCertificate(import(Some(Secret::new("key"))))),
            2 => C::Tls(TlsCommand::DeleteCertificate(self.certificate())),
            3 => C::Tls(TlsCommand::CreateSecurityPolicy(CreateSecurityPolicy {
                labels: Labels::default(),
                versions: vec![TlsVersion::V1_2],
                ciphers,
            })),
            4 => C::Tls(TlsCommand::UpdateSecurityPolicy(UpdateSecurityPolicy {
                policy,
                name: None,
                versions: None,
                ciphers: Some(ciphers),
            })),
            5 => C::Tls(TlsCommand::DeleteSecurityPolicy(policy)),
            6 | 7 => C::Tls(TlsCommand::AssociateCertificates(AdditionalCertificates {
                listener: self.tls_listener(),
                certificates,
            })),
            8 => C::Tls(TlsCommand::DissociateCertificates(self.additional())),
            9 => C::CreateServerGroup(CreateServerGroup {
                labels: named(),
                preserve_client_ip: false,
                ..CreateServerGroup::new(self.vpc_id())
            }),
            10 => C::UpdateListener(UpdateListener {
                tls: self.tls(),
                ..UpdateListener::new(self.tls_listener())
            }),
            _ => {
                let (balancer, group) = self.road();
                let port = 443 + self.below(3) as u16;
                C::CreateListener(CreateListener {
                    tls: self.tls(),
                    ..CreateListener::new(balancer, ListenerProtocol::TcpSsl, port, group)
                })
            }
        }
    }

    pub(super) fn certificate(&mut self) -> CertificateId {
        self.key(&self.state.tables().certificates.clone(), "1-none")
    }

    /// A certificate with a key, mostly.
    pub(super) fn of_server(&mut self) -> CertificateId {
        let with_key: Vec<_> =
            self.state.tables().certificates.values().filter(|row| row.is_of_server()).collect();
        let index = self.below(with_key.len() as u64) as usize;
        let found = with_key.get(index).map(|row| row.id.clone());
        found.filter(|_| !self.chance(20)).unwrap_or_else(|| self.certificate())
    }

    /// A TCPSSL listener, mostly.
    pub(super) fn tls_listener(&mut self) -> model::id::ListenerId {
        let all: Vec<_> = self.state.tables().listeners.values().filter(|row| row.tls.is_some()).collect();
        let index = self.below(all.len() as u64) as usize;
        let found = all.get(index).map(|row| row.id.clone());
        found.filter(|_| !self.chance(20)).unwrap_or_else(|| self.listener())
    }

    /// A listener and one of its additional certificates, mostly.
    pub(super) fn additional(&mut self) -> AdditionalCertificates {
        let mut listeners = self.state.tables().listeners.values();
        let first = |row: &Arc<model::nlb::Listener>| row.tls.as_ref()?.additional.keys().next().cloned();
        let found = listeners.find_map(|row| Some((row.id.clone(), first(row)?)));
        let (listener, certificate) =
            found.filter(|_| !self.chance(20)).unwrap_or_else(|| (self.tls_listener(), self.certificate()));
        AdditionalCertificates { listener, certificates: vec![certificate] }
    }

    pub(super) fn policy(&mut self) -> SecurityPolicyId {
        self.key(&self.state.tables().security_policies.clone(), "tls-none")
    }

    pub(super) fn tls(&mut self) -> TlsPatch {
        let policy = self.policy();
        TlsPatch {
            certificates: Some(vec![self.of_server()]),
            client_authority_enabled: Some(self.chance(6)),
            client_authorities: self.chance(2).then(|| vec![self.certificate()]),
            policy: self.chance(4).then_some(PolicyId::Custom(policy)),
            alpn_enabled: None,
            alpn: None,
        }
    }
}
