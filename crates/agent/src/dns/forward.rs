//! Names that are not ours: asked of the host's own resolvers, from the host's own network.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::Record;

/// Longest wait for the host's resolvers. Below the 5 s after which a stub resolver asks again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest wait for one of them, so that a dead first one leaves time for the second.
const ONE_SERVER: Duration = Duration::from_millis(900);

/// The host's resolvers; it may have none.
#[derive(Clone)]
pub struct Upstream(Option<TokioResolver>);

/// What the host's resolvers say.
pub(crate) struct Reply {
    pub(crate) code: ResponseCode,
    pub(crate) answers: Vec<Record>,
    /// Who is in charge, for negative answers.
    pub(crate) soa: Option<Record>,
}

impl Upstream {
    /// What the host's `/etc/resolv.conf` names. A host without one forwards nothing.
    pub fn system() -> Self {
        match hickory_resolver::system_conf::read_system_conf() {
            Ok((config, options)) => Self::build(config, options),
            Err(error) => {
                tracing::warn!(%error, "/etc/resolv.conf names no resolver: only own names are answered");
                Self(None)
            }
        }
    }

    /// One resolver at `server`, over UDP and TCP.
    pub fn at(server: SocketAddr) -> Self {
        let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
        (udp.port, tcp.port) = (server.port(), server.port());
        let server = NameServerConfig::new(server.ip(), true, vec![udp, tcp]);
        Self::build(ResolverConfig::from_parts(None, vec![], vec![server]), ResolverOpts::default())
    }

    fn build(config: ResolverConfig, options: ResolverOpts) -> Self {
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        *builder.options_mut() = options;
        let options = builder.options_mut();
        options.timeout = ONE_SERVER;
        options.attempts = 1;
        options.preserve_intermediates = true;
        // The host's own hosts file is no business of its tenants.
        options.use_hosts_file = ResolveHosts::Never;
        Self(builder.build().ok())
    }

    /// Asks; at most 2 s. A failure of any kind is SERVFAIL.
    pub(crate) async fn ask(&self, query: &Query) -> Reply {
        let Some(resolver) = &self.0 else { return Reply::only(ResponseCode::ServFail) };
        let lookup = resolver.lookup(query.name().clone(), query.query_type());
        match tokio::time::timeout(PATIENCE, lookup).await {
            Ok(Ok(found)) => {
                Reply { code: ResponseCode::NoError, answers: found.answers().to_vec(), soa: None }
            }
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => Reply {
                code: none.response_code,
                answers: vec![],
                soa: none.soa.map(|soa| soa.into_record_of_rdata()),
            },
            Ok(Err(_)) | Err(_) => Reply::only(ResponseCode::ServFail),
        }
    }
}

impl Reply {
    fn only(code: ResponseCode) -> Self {
        Self { code, answers: vec![], soa: None }
    }
}
