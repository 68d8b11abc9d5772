//! Sockets in the services namespace: the resolver's, and those that probes leave from.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use model::id::PortIndex;
use model::net::services;
use tokio::net::TcpSocket;
use tokio::sync::watch;

use crate::dns::{self, NamesView, Sockets, Upstream};
use crate::kernel::netns::Netns;
use crate::probe::ProbeNetwork;

const DNS_PORT: u16 = 53;
/// Pause before the resolver is started anew.
const RETRY: Duration = Duration::from_secs(1);

/// Where probes leave from.
#[derive(Clone, Debug)]
pub struct Services(pub Netns);

impl Services {
    fn inside<T: Send>(&self, make: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        self.0.within(make).map_err(io::Error::other)?
    }
}

impl ProbeNetwork for Services {
    fn tcp(&self) -> io::Result<TcpSocket> {
        self.inside(|| {
            let socket = TcpSocket::new_v4()?;
            socket.bind(SocketAddr::new(services::PROBE_SOURCE.into(), 0))?;
            Ok(socket)
        })
    }

    fn udp(&self) -> io::Result<tokio::net::UdpSocket> {
        let socket = self.inside(|| UdpSocket::bind((services::PROBE_SOURCE, 0)))?;
        socket.set_nonblocking(true)?;
        tokio::net::UdpSocket::from_std(socket)
    }

    fn address(&self, port: PortIndex) -> Ipv4Addr {
        services::alias(port)
    }
}

/// Answers names in every VPC until dropped. `ready` turns true when the namespace has its addresses.
pub async fn resolve(
    services: Services,
    names: watch::Receiver<Arc<NamesView>>,
    mut ready: watch::Receiver<bool>,
) {
    if ready.wait_for(|ready| *ready).await.is_err() {
        return;
    }
    loop {
        let served = match services.inside(resolver_sockets) {
            Ok(sockets) => dns::serve(sockets, names.clone(), Upstream::system())
                .await
                .map_err(|error| crate::reconcile::in_full(&error)),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = served {
            tracing::warn!(error, "the resolver does not run; starting it again");
        }
        tokio::time::sleep(RETRY).await;
    }
}

fn resolver_sockets() -> io::Result<Sockets> {
    let mut sockets = Sockets::default();
    for address in services::RESOLVERS {
        sockets.udp.push(UdpSocket::bind((address, DNS_PORT))?);
        sockets.tcp.push(TcpListener::bind((address, DNS_PORT))?);
    }
    Ok(sockets)
}
