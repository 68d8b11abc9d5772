//! What instances are told about themselves at <http://100.100.100.200>. Who asks is told by the source address, which
//! is the alias of the asking port: no instance learns anything of another.

mod document;
mod token;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use model::id::PortIndex;
use model::instance::MetadataOptions;
use model::net::services;
use model::plan::HostPlan;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::config::AgentConfig;
use crate::reconcile::in_full;
use crate::whois;
use document::Document;
use token::Tokens;

/// Connections at one time; more wait.
const CONNECTIONS: usize = 256;
/// How long a client may take for a request, and how long a connection may stay without one.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest request line and headers, bytes.
const MAX_HEAD: usize = 8192;
/// Begins the paths of the one version that there is, under both of its names.
const VERSIONS: [&str; 2] = ["/latest/", "/2016-01-01/"];

/// Begins the paths that tell who stands behind a connection: not the cloud's, but our own.
const WHOIS: &str = "isthmus/whois/";

/// Answers until the listener breaks, always by the newest plan.
///
/// # Errors
/// When the listener or randomness cannot be had.
pub async fn serve(
    listener: std::net::TcpListener,
    config: AgentConfig,
    plans: watch::Receiver<Option<Arc<HostPlan>>>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let answers = Arc::new(Answers { config, plans, tokens: Tokens::new()? });
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let permit = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, client) = listener.accept().await?;
        let answers = Arc::clone(&answers);
        tokio::spawn(async move {
            connection(stream, client, &answers).await;
            drop(permit);
        });
    }
}

async fn connection(stream: TcpStream, client: SocketAddr, answers: &Answers) {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(answers.answer(client.ip(), &request).await)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(MAX_HEAD);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, %client, "connection ended");
    }
}

struct Answers {
    config: AgentConfig,
    plans: watch::Receiver<Option<Arc<HostPlan>>>,
    tokens: Tokens,
}

impl Answers {
    async fn answer<B>(&self, client: IpAddr, request: &Request<B>) -> Response<Full<Bytes>> {
        let plan = self.plans.borrow().clone();
        let asker = plan.and_then(|plan| Some((asking(&plan, client)?, plan)));
        let answer = match asker {
            Some((port, plan)) => self.tell(plan, port, request).await,
            None => Err(StatusCode::FORBIDDEN),
        };
        let mut response = match answer {
            Ok(text) => Response::new(Full::from(text)),
            Err(status) => {
                let mut response = Response::new(Full::from(format!("{status}\n")));
                *response.status_mut() = status;
                response
            }
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    }

    async fn tell<B>(
        &self,
        plan: Arc<HostPlan>,
        port: PortIndex,
        request: &Request<B>,
    ) -> Result<Vec<u8>, StatusCode> {
        let options = options(&plan, port).ok_or(StatusCode::NOT_FOUND)?;
        if options.off {
            return Err(StatusCode::FORBIDDEN);
        }
        let path = request.uri().path();
        let path = VERSIONS.iter().find_map(|version| path.strip_prefix(version));
        match (request.method(), path) {
            (&Method::PUT, Some("api/token")) => self.token(port, request.headers()),
            (&Method::GET | &Method::HEAD, Some(path)) => {
                self.may_read(port, options, request.headers())?;
                if let Some(connection) = path.strip_prefix(WHOIS) {
                    return whois(self.config.clone(), plan, port, connection).await;
                }
                let document = Document::of(&plan, port).ok_or(StatusCode::NOT_FOUND)?;
                document.at(path).ok_or(StatusCode::NOT_FOUND)
            }
            (&Method::GET | &Method::HEAD | &Method::PUT, _) => Err(StatusCode::NOT_FOUND),
            (_, _) => Err(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    fn token(&self, port: PortIndex, headers: &HeaderMap) -> Result<Vec<u8>, StatusCode> {
        let seconds = headers.get(token::TTL).and_then(|value| value.to_str().ok()?.parse().ok());
        let seconds =
            seconds.filter(|seconds| token::TTLS.contains(seconds)).ok_or(StatusCode::BAD_REQUEST)?;
        self.tokens.make(port, seconds).map(String::into_bytes).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// A token that is shown must be good, also where none is needed.
    fn may_read(
        &self,
        port: PortIndex,
        options: MetadataOptions,
        headers: &HeaderMap,
    ) -> Result<(), StatusCode> {
        let Some(token) = headers.get(token::TOKEN) else {
            return if options.needs_token { Err(StatusCode::UNAUTHORIZED) } else { Ok(()) };
        };
        let good = token.to_str().is_ok_and(|token| self.tokens.is_good(port, token));
        if good { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
    }
}

/// Who stands behind a connection that the asking instance has got, as JSON: `ADDRESS:PORT/OWN-PORT`. Some clients write
/// the brackets around an IPv6 address in the way of URLs.
async fn whois(
    config: AgentConfig,
    plan: Arc<HostPlan>,
    asking: PortIndex,
    connection: &str,
) -> Result<Vec<u8>, StatusCode> {
    let connection = connection.replace("%5B", "[").replace("%5D", "]");
    let parsed =
        connection.split_once('/').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to): (SocketAddr, u16) = parsed.ok_or(StatusCode::BAD_REQUEST)?;
    let look = move || whois::told(&config, &plan, asking, from, to);
    let found = tokio::task::spawn_blocking(look).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let found = found.map_err(|error| {
        tracing::warn!(error = in_full(&error), "nobody is told who stands behind connections");
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    if found.is_empty() {
        return Err(StatusCode::NOT_FOUND);
    }
    serde_json::to_vec(&found).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// What the instance behind a port may ask; `None` when there is none.
fn options(plan: &HostPlan, port: PortIndex) -> Option<MetadataOptions> {
    Some(plan.instances.get(&plan.ports.get(&port)?.instance)?.about.options)
}

/// The port whose alias this is.
fn asking(plan: &HostPlan, client: IpAddr) -> Option<PortIndex> {
    let is_client = |port: &&PortIndex| IpAddr::from(services::alias(**port)) == client;
    plan.ports.keys().find(is_client).copied()
}
