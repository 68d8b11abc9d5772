//! TLS towards clients, as a listener's policy says. By OpenSSL: policies name versions and suites that rustls has left
//! behind.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use model::nlb::AlpnPolicy;
use model::plan::{CertificatePlan, TlsPlan};
use model::tls::{Cipher, TlsVersion};
use model::words::Words;
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    AlpnError, NameType, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslVerifyMode,
    SslVersion, select_next_proto,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::corked::Corked;
use super::relay::Side;

/// Sessions are resumed on the proxy alone: one name serves every listener.
const SESSIONS: &[u8] = b"isthmus";

/// Ends TLS connections as one listener does.
pub(super) struct Terminator {
    first: SslContext,
}

impl Terminator {
    /// A terminator for this plan.
    ///
    /// # Errors
    /// When a certificate, key or authority is not one, or the policy leaves nothing to speak.
    pub(super) fn new(plan: &TlsPlan) -> Result<Self, ErrorStack> {
        let mut named = BTreeMap::new();
        for certificate in &plan.additional {
            let context = Arc::new(context(plan, certificate)?.build());
            named.extend(
                certificate.names.iter().map(|name| (name.to_ascii_lowercase(), Arc::clone(&context))),
            );
        }
        let mut first = context(plan, &plan.certificate)?;
        first.set_servername_callback(move |ssl, _| {
            let asked = ssl.servername(NameType::HOST_NAME).map(str::to_ascii_lowercase);
            match asked.and_then(|name| pick(&named, &name)) {
                Some(context) => {
                    ssl.set_ssl_context(context).map_err(|_| openssl::ssl::SniError::ALERT_FATAL)
                }
                None => Ok(()),
            }
        });
        Ok(Self { first: first.build() })
    }

    /// Shakes hands with a client. What is told last, sessions to resume, goes out with the first answer, or when the client
    /// is waited for.
    ///
    /// # Errors
    /// When they do not agree, or the client is not let in.
    pub(super) async fn accept(&self, client: TcpStream) -> Result<Tls, openssl::ssl::Error> {
        let mut stream = SslStream::new(Ssl::new(&self.first)?, Corked::new(client))?;
        let agreed = Pin::new(&mut stream).accept().await;
        let connection = stream.get_mut();
        connection.uncork();
        if let Err(error) = agreed {
            // Why they did not agree is told by an alert; a client that has gone does not hear it.
            let _ = connection.flush().await;
            return Err(error);
        }
        Ok(Tls(stream))
    }
}

/// A client's connection after the handshake.
#[derive(Debug)]
pub(super) struct Tls(SslStream<Corked>);

impl Tls {
    /// What it is spoken on.
    pub(super) fn socket(&self) -> &TcpStream {
        self.0.get_ref().socket()
    }
}

impl AsyncRead for Tls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // To ask the library is dear, and would bring nothing.
        if self.0.get_ref().is_dry(context) {
            return Poll::Pending;
        }
        let before = bytes.filled().len();
        let read = Pin::new(&mut self.0).poll_read(context, bytes);
        if bytes.filled().len() > before {
            self.0.get_mut().ask();
        }
        read
    }
}

impl AsyncWrite for Tls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The last message and the end of the connection are one packet.
        self.0.get_mut().cork();
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl Side for Tls {
    fn poll_give(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
        are_last: bool,
    ) -> Poll<io::Result<usize>> {
        if are_last {
            self.0.get_mut().cork();
        }
        Pin::new(self).poll_write(context, bytes)
    }
}

/// The certificate for a name: its own, or that of every name with one more label.
fn pick<'a, T>(named: &'a BTreeMap<String, Arc<T>>, name: &str) -> Option<&'a T> {
    let any = || named.get(&format!("*.{}", name.split_once('.')?.1));
    named.get(name).or_else(any).map(Arc::as_ref)
}

fn context(plan: &TlsPlan, certificate: &CertificatePlan) -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContext::builder(SslMethod::tls_server())?;
    // The policy says what is good enough; the library's own opinion would refuse its older half.
    context.set_security_level(0);
    set_versions(&mut context, &plan.versions)?;
    set_ciphers(&mut context, &plan.ciphers)?;
    set_certificate(&mut context, certificate)?;
    context.set_session_id_context(SESSIONS)?;
    // One to resume is enough: whoever does gets the next.
    context.set_num_tickets(1)?;
    // Otherwise each record takes two reads: one for its head, one for the rest.
    context.set_read_ahead(true);
    // What waits for room at the client is moved out of the way of others.
    context.set_mode(SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    if let Some(authority) = &plan.client_authority {
        set_authority(&mut context, authority)?;
    }
    if let Some(policy) = plan.alpn {
        context.set_alpn_select_callback(move |_, offered| {
            select_next_proto(protocols(policy), offered).ok_or(AlpnError::NOACK)
        });
    }
    Ok(context)
}

fn set_versions(context: &mut SslContextBuilder, versions: &[TlsVersion]) -> Result<(), ErrorStack> {
    let known = |version: &TlsVersion| match version {
        TlsVersion::V1_0 => (SslVersion::TLS1, SslOptions::NO_TLSV1),
        TlsVersion::V1_1 => (SslVersion::TLS1_1, SslOptions::NO_TLSV1_1),
        TlsVersion::V1_2 => (SslVersion::TLS1_2, SslOptions::NO_TLSV1_2),
        TlsVersion::V1_3 => (SslVersion::TLS1_3, SslOptions::NO_TLSV1_3),
    };
    context.set_min_proto_version(versions.iter().min().map(|version| known(version).0))?;
    context.set_max_proto_version(versions.iter().max().map(|version| known(version).0))?;
    let all = [TlsVersion::V1_0, TlsVersion::V1_1, TlsVersion::V1_2, TlsVersion::V1_3];
    for gap in all.iter().filter(|version| !versions.contains(version)) {
        context.set_options(known(gap).1);
    }
    context.set_options(SslOptions::CIPHER_SERVER_PREFERENCE | SslOptions::NO_RENEGOTIATION);
    Ok(())
}

/// Suites of TLS 1.3 have a list of their own.
fn set_ciphers(context: &mut SslContextBuilder, ciphers: &[Cipher]) -> Result<(), ErrorStack> {
    let (newest, older): (Vec<&Cipher>, Vec<&Cipher>) =
        ciphers.iter().partition(|cipher| cipher.works_with(TlsVersion::V1_3));
    let list = |ciphers: &[&Cipher]| ciphers.iter().map(|cipher| cipher.word()).collect::<Vec<_>>().join(":");
    if !older.is_empty() {
        context.set_cipher_list(&list(&older))?;
    }
    context.set_ciphersuites(&list(&newest))
}

fn set_certificate(context: &mut SslContextBuilder, certificate: &CertificatePlan) -> Result<(), ErrorStack> {
    let mut chain = X509::stack_from_pem(certificate.chain.as_bytes())?.into_iter();
    if let Some(own) = chain.next() {
        context.set_certificate(&own)?;
    }
    for issuer in chain {
        context.add_extra_chain_cert(issuer)?;
    }
    let key = PKey::private_key_from_pem(certificate.key.reveal().as_bytes())?;
    context.set_private_key(&key)?;
    context.check_private_key()
}

fn set_authority(context: &mut SslContextBuilder, authority: &str) -> Result<(), ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for certificate in X509::stack_from_pem(authority.as_bytes())? {
        context.add_client_ca(&certificate)?;
        store.add_cert(certificate)?;
    }
    context.set_cert_store(store.build());
    context.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    Ok(())
}

/// In the order of preference, each after its length.
fn protocols(policy: AlpnPolicy) -> &'static [u8] {
    match policy {
        AlpnPolicy::Http1Only => b"\x08http/1.1\x08http/1.0",
        AlpnPolicy::Http2Only => b"\x02h2",
        AlpnPolicy::Http2Optional => b"\x08http/1.1\x08http/1.0\x02h2",
        AlpnPolicy::Http2Preferred => b"\x02h2\x08http/1.1\x08http/1.0",
    }
}

#[cfg(test)]
pub(super) mod tests;
