//! TLS of a listener: whom it shows itself as, whom it lets in, what it speaks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{CertificateId, Revision};
use crate::tls::PolicyId;
use crate::words::words;

/// How a TCPSSL listener speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerTls {
    /// The certificate that is shown when no other fits the asked name.
    pub certificate: CertificateId,
    /// Certificates for other names, each with the commit that added it.
    pub additional: BTreeMap<CertificateId, Revision>,
    /// The authority of clients' certificates; `None` = clients need none.
    pub client_authority: Option<CertificateId>,
    /// Versions and suites.
    pub policy: PolicyId,
    /// Which protocols are agreed on with the client; `None` = none is.
    pub alpn: Option<AlpnPolicy>,
}

/// Which protocols a listener agrees on with its clients, the one liked best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlpnPolicy {
    /// HTTP/1.1, then HTTP/1.0.
    Http1Only,
    /// HTTP/2.
    Http2Only,
    /// HTTP/1.1, then HTTP/1.0, then HTTP/2.
    Http2Optional,
    /// HTTP/2, then HTTP/1.1, then HTTP/1.0.
    Http2Preferred,
}

words! {
    AlpnPolicy {
        Http1Only = "HTTP1Only",
        Http2Only = "HTTP2Only",
        Http2Optional = "HTTP2Optional",
        Http2Preferred = "HTTP2Preferred"
    }
}

impl AlpnPolicy {
    /// Protocol names as they travel, the one liked best first.
    pub fn protocols(self) -> &'static [&'static str] {
        match self {
            Self::Http1Only => &["http/1.1", "http/1.0"],
            Self::Http2Only => &["h2"],
            Self::Http2Optional => &["http/1.1", "http/1.0", "h2"],
            Self::Http2Preferred => &["h2", "http/1.1", "http/1.0"],
        }
    }
}

impl ListenerTls {
    /// The certificates that it shows, the default one first.
    pub fn certificates(&self) -> impl Iterator<Item = &CertificateId> {
        std::iter::once(&self.certificate).chain(self.additional.keys())
    }
}
