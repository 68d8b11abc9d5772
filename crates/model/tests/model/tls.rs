//! Certificates, security policies, and TLS of listeners.

use model::command::nlb::{CreateListener, CreateServerGroup, UpdateListener, UpdateServerGroup};
use model::command::tls::{
    AdditionalCertificates, CreateSecurityPolicy, TlsCommand, TlsPatch, UpdateSecurityPolicy,
};
use model::command::{Command, Output};
use model::id::{CertificateId, ListenerId, SecurityPolicyId};
use model::meta::Labels;
use model::nlb::{AlpnPolicy, Listener, ListenerProtocol};
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{Refusal, TlsRefusal};
use model::status::CertificateStatus;
use model::status::View;
use model::tables::Key;
use model::tls::{Cipher, PolicyId, SystemPolicy, TlsVersion};

use crate::support::{OTHER, Walkthrough, host};

/// A provider whose second group keeps no client's address.
struct Setting {
    it: Walkthrough,
    group: model::id::ServerGroupId,
    certificate: CertificateId,
}

impl Setting {
    fn new() -> Self {
        let mut it = Walkthrough::new();
        let group =
            CreateServerGroup { preserve_client_ip: false, ..CreateServerGroup::new(it.provider.clone()) };
        let Output::ServerGroup(group, _) = it.world.run(Command::CreateServerGroup(group)) else { panic!() };
        let certificate = it.world.certificate(true);
        Self { it, group, certificate }
    }

    fn create(&self, tls: TlsPatch) -> Command {
        let (balancer, group) = (self.it.load_balancer.clone(), self.group.clone());
        Command::CreateListener(CreateListener {
            tls,
            ..CreateListener::new(balancer, ListenerProtocol::TcpSsl, 443, group)
        })
    }

    fn shows(&self) -> TlsPatch {
        TlsPatch { certificates: Some(vec![self.certificate.clone()]), ..TlsPatch::default() }
    }

    fn listener(&mut self, tls: TlsPatch) -> ListenerId {
        let create = self.create(tls);
        match self.it.world.run(create) {
            Output::Listener(id, _) => id,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, tls: TlsPatch) -> Refusal {
        let create = self.create(tls);
        self.it.world.refused(create)
    }
}

fn more(listener: &ListenerId, certificates: &[&CertificateId]) -> AdditionalCertificates {
    let certificates = certificates.iter().copied().cloned().collect();
    AdditionalCertificates { listener: listener.clone(), certificates }
}

fn policy(versions: &[TlsVersion], ciphers: &[Cipher]) -> Command {
    Command::Tls(TlsCommand::CreateSecurityPolicy(CreateSecurityPolicy {
        labels: Labels::default(),
        versions: versions.to_vec(),
        ciphers: ciphers.to_vec(),
    }))
}

#[test]
fn a_tls_listener_needs_one_certificate_with_a_key() {
    let mut set = Setting::new();
    let authority = set.it.world.certificate(false);
    assert_eq!(set.refused(TlsPatch::default()), TlsRefusal::CertificateMissing.into());
    let own = set.certificate.clone();
    let with = |ids: &[&CertificateId]| TlsPatch {
        certificates: Some(ids.iter().copied().cloned().collect()),
        ..TlsPatch::default()
    };
    assert_eq!(set.refused(with(&[&own, &authority])), TlsRefusal::CertificateCount(2).into());
    assert_eq!(set.refused(with(&[&authority])), TlsRefusal::CertificateWithoutKey(authority.clone()).into());
    let unknown: CertificateId = "1-cn-hangzhou".parse().unwrap();
    assert_eq!(set.refused(with(&[&unknown])), Refusal::NotFound(Key::Certificate(unknown)));
    set.it.world.account = OTHER;
    let foreign = set.it.world.certificate(true);
    set.it.world.account = crate::support::ACCOUNT;
    assert_eq!(set.refused(with(&[&foreign])), Refusal::NotFound(Key::Certificate(foreign)));
}

#[test]
fn clients_are_judged_by_an_authority_and_agree_on_a_protocol_when_asked() {
    let mut set = Setting::new();
    let authority = set.it.world.certificate(false);
    let asks = TlsPatch { client_authority_enabled: Some(true), ..set.shows() };
    assert_eq!(set.refused(asks.clone()), TlsRefusal::AuthorityMissing.into());
    let wrong = TlsPatch { client_authorities: Some(vec![set.certificate.clone()]), ..asks.clone() };
    assert_eq!(set.refused(wrong), TlsRefusal::AuthorityNotFound(set.certificate.clone()).into());
    let agrees = TlsPatch { alpn_enabled: Some(true), ..set.shows() };
    assert_eq!(set.refused(agrees.clone()), TlsRefusal::AlpnMissing.into());
    let all = TlsPatch {
        client_authorities: Some(vec![authority.clone()]),
        alpn_enabled: Some(true),
        alpn: Some(AlpnPolicy::Http2Preferred),
        ..asks
    };
    let listener = set.listener(all);
    let shown = |set: &Setting| set.it.world.state.get::<Listener>(&listener).unwrap().tls.clone().unwrap();
    assert_eq!(shown(&set).client_authority, Some(authority.clone()));
    assert_eq!(shown(&set).policy, PolicyId::System(SystemPolicy::V1_0));
    let taken = set.it.world.refused(Command::Tls(TlsCommand::DeleteCertificate(authority.clone())));
    assert!(matches!(taken, Refusal::InUse { .. }));
    let off =
        TlsPatch { client_authority_enabled: Some(false), alpn_enabled: Some(false), ..TlsPatch::default() };
    let update = UpdateListener { tls: off, ..UpdateListener::new(listener.clone()) };
    set.it.world.run(Command::UpdateListener(update));
    assert_eq!((shown(&set).client_authority, shown(&set).alpn), (None, None));
    set.it.world.run(Command::Tls(TlsCommand::DeleteCertificate(authority)));
}

#[test]
fn what_only_a_tls_listener_has_is_refused_by_others() {
    let mut set = Setting::new();
    let tcp = UpdateListener { tls: set.shows(), ..UpdateListener::new(set.it.listener.clone()) };
    let refusal = set.it.world.refused(Command::UpdateListener(tcp));
    assert_eq!(refusal, TlsRefusal::TlsWithout { protocol: ListenerProtocol::Tcp }.into());
    let off = TlsPatch { alpn_enabled: Some(false), ..TlsPatch::default() };
    let tcp = UpdateListener { tls: off, ..UpdateListener::new(set.it.listener.clone()) };
    set.it.world.run(Command::UpdateListener(tcp));
    let plain = set.it.listener.clone();
    let associate = Command::Tls(TlsCommand::AssociateCertificates(more(&plain, &[&set.certificate])));
    assert_eq!(set.it.world.refused(associate), TlsRefusal::NoTls(plain).into());
    let tls = set.shows();
    set.listener(tls);
    let keeps =
        UpdateServerGroup { preserve_client_ip: Some(true), ..UpdateServerGroup::new(set.group.clone()) };
    let refusal = set.it.world.refused(Command::UpdateServerGroup(keeps));
    assert_eq!(refusal, Refusal::PreserveClientIpWithTls);
}

#[test]
fn certificates_for_more_names_come_and_go() {
    let mut set = Setting::new();
    let authority = set.it.world.certificate(false);
    let tls = TlsPatch {
        client_authority_enabled: Some(true),
        client_authorities: Some(vec![authority.clone()]),
        ..set.shows()
    };
    let listener = set.listener(tls);
    let second = set.it.world.certificate(true);
    let own = set.certificate.clone();
    let world = &mut set.it.world;
    assert!(matches!(
        world.refused(Command::Tls(TlsCommand::AssociateCertificates(more(&listener, &[])))),
        Refusal::Empty(_)
    ));
    let associate =
        |id: &CertificateId| Command::Tls(TlsCommand::AssociateCertificates(more(&listener, &[id])));
    let dissociate =
        |id: &CertificateId| Command::Tls(TlsCommand::DissociateCertificates(more(&listener, &[id])));
    assert_eq!(world.refused(associate(&own)), TlsRefusal::CertificateAssociated(own.clone()).into());
    assert_eq!(
        world.refused(dissociate(&second)),
        TlsRefusal::CertificateNotAssociated(second.clone()).into()
    );
    let before = world.state.revision();
    world.run(associate(&second));
    assert_eq!(world.refused(associate(&second)), TlsRefusal::CertificateAssociated(second.clone()).into());
    assert_eq!(world.refused(dissociate(&own)), TlsRefusal::DefaultCertificate(own).into());
    assert_eq!(world.refused(dissociate(&authority)), TlsRefusal::AuthorityInUse(authority).into());
    let added = world.state.get::<Listener>(&listener).unwrap().tls.clone().unwrap().additional[&second];
    for (seen, status) in [(before, CertificateStatus::Associating), (added, CertificateStatus::Associated)] {
        let observed = world.observed(seen);
        let view = View { state: &world.state, observed: &observed };
        assert_eq!(view.certificate(added).status, status);
    }
    let shown = TlsPatch { certificates: Some(vec![second.clone()]), ..TlsPatch::default() };
    let replace = UpdateListener { tls: shown, ..UpdateListener::new(listener.clone()) };
    let refusal = world.refused(Command::UpdateListener(replace));
    assert_eq!(refusal, TlsRefusal::CertificateAssociated(second.clone()).into());
    world.run(dissociate(&second));
    world.run(Command::Tls(TlsCommand::DeleteCertificate(second)));
    let many: Vec<CertificateId> = (0..26).map(|_| world.certificate(true)).collect();
    let too_many =
        Command::Tls(TlsCommand::AssociateCertificates(more(&listener, &many.iter().collect::<Vec<_>>())));
    let quota = Quota::CertificatesALoadBalancer;
    assert_eq!(world.refused(too_many), Refusal::QuotaExceeded { quota, limit: 25 });
}

#[test]
fn a_policy_says_nothing_in_vain_and_is_kept_while_a_listener_follows_it() {
    let mut set = Setting::new();
    let world = &mut set.it.world;
    assert!(matches!(world.refused(policy(&[], &[Cipher::Aes128Sha])), Refusal::Empty(_)));
    let refusal = world.refused(policy(&[TlsVersion::V1_1], &[Cipher::Aes128Sha, Cipher::Aes128GcmSha256]));
    assert_eq!(refusal, TlsRefusal::CipherWithoutVersion(Cipher::Aes128GcmSha256).into());
    let refusal = world.refused(policy(&[TlsVersion::V1_2, TlsVersion::V1_3], &[Cipher::Aes128Sha]));
    assert_eq!(refusal, TlsRefusal::VersionWithoutCipher(TlsVersion::V1_3).into());
    let id: SecurityPolicyId = match world.run(policy(&[TlsVersion::V1_2], &[Cipher::Aes128Sha])) {
        Output::SecurityPolicy(id, _) => id,
        other => panic!("{other:?}"),
    };
    let tls = TlsPatch { policy: Some(PolicyId::Custom(id.clone())), ..set.shows() };
    let listener = set.listener(tls);
    let world = &mut set.it.world;
    let refusal = world.refused(Command::Tls(TlsCommand::DeleteSecurityPolicy(id.clone())));
    assert!(matches!(refusal, Refusal::InUse { by: Key::Listener(by), .. } if by == listener));
    world.run(Command::Tls(TlsCommand::UpdateSecurityPolicy(UpdateSecurityPolicy {
        policy: id.clone(),
        name: None,
        versions: None,
        ciphers: Some(vec![Cipher::Aes256Sha, Cipher::Aes128Sha, Cipher::Aes256Sha]),
    })));
    let plan = plan(&world.state, &host());
    let planned = plan.listeners.values().find_map(|listener| listener.tls.clone()).unwrap();
    assert_eq!(planned.ciphers, [Cipher::Aes256Sha, Cipher::Aes128Sha]);
    assert_eq!((planned.certificate.key.reveal(), planned.certificate.names.len()), ("a key", 1));
    world.run(Command::DeleteListener(listener));
    world.run(Command::Tls(TlsCommand::DeleteSecurityPolicy(id)));
}
