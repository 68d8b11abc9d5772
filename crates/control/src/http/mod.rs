//! The listener: plain HTTP and TLS on one port, with a bound on everything a stranger could make large.
//!
//! HTTP/1.1 only: every client speaks it, and what is not offered cannot be attacked.

mod body;
mod certificate;
mod connection;
mod page;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

pub use body::Body;
pub use certificate::{Certificate, CertificateError};
pub use page::Page;

/// Largest request body, bytes.
pub const MAX_BODY: usize = 1 << 20;
/// Most connections at a time; more wait in the kernel's queue.
pub const MAX_CONNECTIONS: usize = 4096;
/// Longest wait for the first byte, a TLS handshake, a request's head or its body.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long connections may finish their request at shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// The response to one request.
    fn handle(&self, request: Request<Bytes>) -> impl Future<Output = Response<Body>> + Send;

    /// The response to a request that could not be read, with an HTTP status and a sentence for its sender.
    fn unreadable(&self, status: u16, code: &'static str, message: &'static str) -> Response<Body>;
}

/// A bound listener.
pub struct Server {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Server {
    /// Listens on an address. Errors: the address is taken or is not this machine's.
    pub async fn bind(address: SocketAddr, certificate: &Certificate) -> io::Result<Self> {
        let tls = TlsAcceptor::from(certificate.server_config());
        Ok(Self { listener: TcpListener::bind(address).await?, tls })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` is done, then lets running requests finish for a few seconds.
    pub async fn run<H: Handler>(self, handler: Arc<H>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(());
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            let accepted = async {
                let place = places.clone().acquire_owned().await;
                (self.listener.accept().await, place)
            };
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                (accepted, place) = accepted => match accepted {
                    Ok((stream, _)) => {
                        let (handler, tls, stopped) = (handler.clone(), self.tls.clone(), stopped.clone());
                        connections.spawn(async move {
                            connection::serve(stream, tls, handler, stopped).await;
                            drop(place);
                        });
                    }
                    Err(error) => pause_after(&error).await,
                },
            }
        }
        drop(stop);
        let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
    }
}

/// Out of file descriptors or memory: the next try fails at once too, so it had better wait.
async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Whether the client speaks TLS: its first byte is that of a handshake record.
async fn speaks_tls(stream: &TcpStream) -> io::Result<bool> {
    const HANDSHAKE: u8 = 0x16;
    let mut first = [0];
    let read = stream.peek(&mut first).await?;
    Ok(read == 1 && first[0] == HANDSHAKE)
}

#[cfg(test)]
mod tests;
