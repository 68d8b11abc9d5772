//! The resolver that every instance knows as 100.100.2.136 and .138: names of the asker's own VPC first, then the
//! host's resolvers. Who asks is told by the source address, which is the alias of the asking port.

mod forward;
mod handler;
mod names;
mod outage;
#[cfg(test)]
mod tests;
mod zones;

use std::io;
use std::net::{TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use hickory_server::Server;
use hickory_server::net::NetError;
use tokio::sync::watch;

pub use forward::Upstream;
pub use names::{Asker, NamesView};

/// Sockets to answer on, already bound: the caller makes them inside the services namespace.
#[derive(Debug, Default)]
pub struct Sockets {
    /// One for each resolver address, port 53.
    pub udp: Vec<UdpSocket>,
    /// The same over TCP.
    pub tcp: Vec<TcpListener>,
}

/// Why the resolver does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A socket cannot be used.
    #[error("the resolver cannot use one of its sockets")]
    Socket(#[source] io::Error),
    /// A socket broke while serving.
    #[error("the resolver stopped; it has to be started anew")]
    Stopped(#[source] NetError),
}

/// How long an idle TCP client may keep its connection (RFC 7766, section 6.2.3, asks for seconds).
const TCP_IDLE: Duration = Duration::from_secs(5);
/// Answers that may wait for a slow TCP client.
const TCP_BACKLOG: usize = 32;

/// Answers queries until dropped, always by the newest names.
pub async fn serve(
    sockets: Sockets,
    names: watch::Receiver<Arc<NamesView>>,
    upstream: Upstream,
) -> Result<(), ServeError> {
    let mut server = Server::new(handler::Handler::new(names, upstream));
    for socket in sockets.udp {
        socket.set_nonblocking(true).map_err(ServeError::Socket)?;
        server.register_socket(tokio::net::UdpSocket::from_std(socket).map_err(ServeError::Socket)?);
    }
    for socket in sockets.tcp {
        socket.set_nonblocking(true).map_err(ServeError::Socket)?;
        let listener = tokio::net::TcpListener::from_std(socket).map_err(ServeError::Socket)?;
        server.register_listener(listener, TCP_IDLE, TCP_BACKLOG);
    }
    server.block_until_done().await.map_err(ServeError::Stopped)
}
