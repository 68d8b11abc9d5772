//! Real handshakes over loopback, with the library's own client.

use std::net::SocketAddr;

use model::account::Secret;
use model::tls::SystemPolicy;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::ssl::SslConnector;
use openssl::x509::X509Name;
use openssl::x509::extension::BasicConstraints;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::proxy) enum Algorithm {
    Rsa,
    Ecdsa,
}

/// A certificate that signs itself, and its key.
fn certificate(name: &str, algorithm: Algorithm) -> (X509, PKey<Private>) {
    let key = match algorithm {
        Algorithm::Rsa => PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(),
        Algorithm::Ecdsa => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
        }
    };
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(7).unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

fn shown(name: &str, algorithm: Algorithm) -> CertificatePlan {
    let (certificate, key) = certificate(name, algorithm);
    let text = |pem: Vec<u8>| String::from_utf8(pem).unwrap();
    CertificatePlan {
        id: "7-cn-hangzhou".parse().unwrap(),
        names: vec![name.to_owned()],
        chain: text(certificate.to_pem().unwrap()),
        key: Secret::new(&text(key.private_key_to_pem_pkcs8().unwrap())),
    }
}

pub(in crate::proxy) fn plan(policy: SystemPolicy, algorithm: Algorithm) -> TlsPlan {
    TlsPlan {
        certificate: shown("first.example", algorithm),
        additional: vec![],
        client_authority: None,
        versions: policy.versions(),
        ciphers: policy.ciphers(),
        alpn: None,
    }
}

/// A listener that echoes one byte after each handshake.
async fn serve(plan: &TlsPlan) -> SocketAddr {
    let terminator = Terminator::new(plan).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let Ok(mut client) = terminator.accept(client).await else { continue };
            let Ok(byte) = client.read_u8().await else { continue };
            let _ = client.write_u8(byte).await;
            let _ = client.shutdown().await;
        }
    });
    address
}

/// A client that takes every certificate and offers everything, unless `change` says otherwise.
pub(in crate::proxy) async fn greet(
    stream: TcpStream,
    name: &str,
    change: impl FnOnce(&mut openssl::ssl::SslConnectorBuilder),
) -> Option<SslStream<TcpStream>> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_security_level(0);
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_min_proto_version(None).unwrap();
    change(&mut builder);
    let mut ssl = builder.build().configure().unwrap().verify_hostname(false).into_ssl(name).unwrap();
    ssl.set_connect_state();
    let mut stream = SslStream::new(ssl, stream).unwrap();
    Pin::new(&mut stream).connect().await.ok()?;
    Some(stream)
}

async fn shake_hands(
    address: SocketAddr,
    name: &str,
    change: impl FnOnce(&mut openssl::ssl::SslConnectorBuilder),
) -> Option<SslStream<TcpStream>> {
    let mut stream = greet(TcpStream::connect(address).await.unwrap(), name, change).await?;
    // TLS 1.3 tells a client that it was not let in only afterwards.
    stream.write_u8(7).await.ok()?;
    (stream.read_u8().await.ok()? == 7).then_some(stream)
}

const VERSIONS: [(TlsVersion, SslVersion); 4] = [
    (TlsVersion::V1_0, SslVersion::TLS1),
    (TlsVersion::V1_1, SslVersion::TLS1_1),
    (TlsVersion::V1_2, SslVersion::TLS1_2),
    (TlsVersion::V1_3, SslVersion::TLS1_3),
];

/// The certificate that a suite of TLS 1.2 and older needs; those of TLS 1.3 take any.
fn needs(cipher: Cipher) -> Algorithm {
    if cipher.word().contains("ECDSA") { Algorithm::Ecdsa } else { Algorithm::Rsa }
}

async fn agrees(address: SocketAddr, version: SslVersion, cipher: Cipher) -> bool {
    let stream = shake_hands(address, "first.example", |builder| {
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        if cipher.works_with(TlsVersion::V1_3) {
            builder.set_ciphersuites(cipher.word()).unwrap();
        } else {
            builder.set_cipher_list(cipher.word()).unwrap();
        }
    });
    stream.await.is_some_and(|stream| stream.ssl().current_cipher().is_some())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_speaks_its_versions_and_suites_and_no_others() {
    let everything: Vec<Cipher> = [SystemPolicy::V1_0, SystemPolicy::V1_2StrictWith1_3]
        .iter()
        .flat_map(|policy| policy.ciphers())
        .collect();
    for policy in [
        SystemPolicy::V1_0,
        SystemPolicy::V1_1,
        SystemPolicy::V1_2,
        SystemPolicy::V1_2Strict,
        SystemPolicy::V1_2StrictWith1_3,
    ] {
        for algorithm in [Algorithm::Rsa, Algorithm::Ecdsa] {
            let address = serve(&plan(policy, algorithm)).await;
            for (version, library) in VERSIONS {
                for cipher in everything.iter().copied().filter(|cipher| cipher.works_with(version)) {
                    let listed = policy.versions().contains(&version) && policy.ciphers().contains(&cipher);
                    let expected = listed && (version == TlsVersion::V1_3 || needs(cipher) == algorithm);
                    let agreed = agrees(address, library, cipher).await;
                    assert_eq!(agreed, expected, "{policy:?} {algorithm:?} {version:?} {cipher:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_client_sees_the_certificate_for_the_name_that_it_asks_for() {
    let mut plan = plan(SystemPolicy::V1_2, Algorithm::Rsa);
    plan.additional = vec![shown("shop.example", Algorithm::Ecdsa), shown("*.shop.example", Algorithm::Rsa)];
    let address = serve(&plan).await;
    let seen = async |name: &str| {
        let stream = shake_hands(address, name, |_| ()).await.unwrap();
        let certificate = stream.ssl().peer_certificate().unwrap();
        let entry = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next().unwrap();
        String::from_utf8(entry.data().as_slice().to_vec()).unwrap()
    };
    for (asked, expected) in [
        ("first.example", "first.example"),
        ("SHOP.example", "shop.example"),
        ("a.shop.example", "*.shop.example"),
        ("a.b.shop.example", "first.example"),
        ("other.example", "first.example"),
    ] {
        assert_eq!(seen(asked).await, expected, "{asked}");
    }
}

#[tokio::test]
async fn clients_show_a_certificate_of_the_authority_or_stay_outside() {
    for policy in [SystemPolicy::V1_0, SystemPolicy::V1_2StrictWith1_3] {
        let (authority, key) = certificate("authority", Algorithm::Ecdsa);
        let (stranger, strange_key) = certificate("stranger", Algorithm::Ecdsa);
        let mut plan = plan(policy, Algorithm::Rsa);
        plan.client_authority = Some(String::from_utf8(authority.to_pem().unwrap()).unwrap());
        let address = serve(&plan).await;
        let with = async |certificate: &X509, key: &PKey<Private>| {
            let stream = shake_hands(address, "first.example", |builder| {
                builder.set_certificate(certificate).unwrap();
                builder.set_private_key(key).unwrap();
            });
            stream.await.is_some()
        };
        assert!(with(&authority, &key).await);
        assert!(!with(&stranger, &strange_key).await);
        assert!(shake_hands(address, "first.example", |_| ()).await.is_none());
    }
}

#[tokio::test]
async fn the_policy_chooses_among_the_protocols_that_a_client_offers() {
    let both: &[u8] = b"\x02h2\x08http/1.1";
    let cases: [(AlpnPolicy, &[u8], Option<&str>); 7] = [
        (AlpnPolicy::Http1Only, both, Some("http/1.1")),
        (AlpnPolicy::Http1Only, b"\x02h2", None),
        (AlpnPolicy::Http2Only, both, Some("h2")),
        (AlpnPolicy::Http2Only, b"\x08http/1.1", None),
        (AlpnPolicy::Http2Optional, both, Some("http/1.1")),
        (AlpnPolicy::Http2Preferred, both, Some("h2")),
        (AlpnPolicy::Http2Preferred, b"\x08http/1.0", Some("http/1.0")),
    ];
    for (policy, offered, expected) in cases {
        let mut plan = plan(SystemPolicy::V1_2StrictWith1_3, Algorithm::Ecdsa);
        plan.alpn = Some(policy);
        let address = serve(&plan).await;
        let stream = shake_hands(address, "first.example", |builder| {
            builder.set_alpn_protos(offered).unwrap();
        });
        let stream = stream.await.unwrap();
        let chosen = stream.ssl().selected_alpn_protocol().map(|name| String::from_utf8_lossy(name));
        assert_eq!(chosen.as_deref(), expected, "{policy:?}");
    }
}

#[tokio::test]
async fn a_session_is_resumed() {
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let address = serve(&plan(SystemPolicy::V1_2StrictWith1_3, Algorithm::Ecdsa)).await;
        let kept = Arc::new(std::sync::Mutex::new(None));
        let keep = Arc::clone(&kept);
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_max_proto_version(Some(version)).unwrap();
        builder.set_session_cache_mode(openssl::ssl::SslSessionCacheMode::CLIENT);
        builder.set_new_session_callback(move |_, session| *keep.lock().unwrap() = Some(session));
        let connector = builder.build();
        for is_second in [false, true] {
            let mut ssl = connector.configure().unwrap().into_ssl("first.example").unwrap();
            if let Some(session) = kept.lock().unwrap().take() {
                // SAFETY: the session was made by the same context.
                unsafe { ssl.set_session(&session).unwrap() };
            }
            ssl.set_connect_state();
            let mut stream = SslStream::new(ssl, TcpStream::connect(address).await.unwrap()).unwrap();
            Pin::new(&mut stream).connect().await.unwrap();
            stream.write_u8(7).await.unwrap();
            stream.read_u8().await.unwrap();
            assert_eq!(stream.ssl().session_reused(), is_second, "{version:?}");
            // A connection that breaks off takes its session with it.
            stream.shutdown().await.unwrap();
        }
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let mut plan = plan(SystemPolicy::V1_2, Algorithm::Rsa);
    plan.certificate.key = shown("other.example", Algorithm::Rsa).key;
    assert!(Terminator::new(&plan).is_err());
}

#[test]
fn a_name_gets_its_own_certificate_before_one_for_many() {
    let names = [("*.shop.example", 1), ("a.shop.example", 2)];
    let named: BTreeMap<String, Arc<u8>> = names.map(|(name, n)| (name.to_owned(), Arc::new(n))).into();
    assert_eq!(pick(&named, "a.shop.example"), Some(&2));
    assert_eq!(pick(&named, "b.shop.example"), Some(&1));
    for other in ["shop.example", "b.a.shop.example", "example", ""] {
        assert_eq!(pick(&named, other), None, "{other}");
    }
}
