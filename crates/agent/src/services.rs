//! Sockets in the services namespace: the resolver's, the metadata service's, and those that probes leave from.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use model::id::PortIndex;
use model::net::services;
use model::plan::{AddressPlan, HostPlan};
use tokio::net::TcpSocket;
use tokio::sync::watch;

use crate::config::AgentConfig;
use crate::dns::{self, NamesView, Sockets, Upstream};
use crate::ipv6::alias;
use crate::kernel::netns::Netns;
use crate::metadata;
use crate::probe::ProbeNetwork;

const DNS_PORT: u16 = 53;
const HTTP_PORT: u16 = 80;
/// Pause before a service is started anew.
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

    fn address(&self, port: PortIndex, server: AddressPlan) -> Ipv4Addr {
        alias(port, server)
    }
}

/// Answers names in every VPC until dropped. `ready` turns true when the namespace has its addresses.
pub async fn resolve(
    services: Services,
    names: watch::Receiver<Arc<NamesView>>,
    ready: watch::Receiver<bool>,
) {
    let serve = || {
        let (sockets, names) = (services.inside(resolver_sockets), names.clone());
        async move {
            let served = dns::serve(sockets.map_err(|error| error.to_string())?, names, Upstream::system());
            served.await.map_err(|error| crate::reconcile::in_full(&error))
        }
    };
    keep("the resolver", ready, serve).await;
}

/// Tells instances about themselves until dropped. `ready` turns true when the namespace has its addresses.
pub async fn tell(
    services: Services,
    config: AgentConfig,
    plans: watch::Receiver<Option<Arc<HostPlan>>>,
    ready: watch::Receiver<bool>,
) {
    let serve = || {
        let listener = services.inside(|| TcpListener::bind((services::METADATA, HTTP_PORT)));
        let (config, plans) = (config.clone(), plans.clone());
        async move {
            let served = metadata::serve(listener.map_err(|error| error.to_string())?, config, plans);
            served.await.map_err(|error| error.to_string())
        }
    };
    keep("the metadata service", ready, serve).await;
}

/// Serves from when the namespace has its addresses, and again after a failure.
async fn keep<F: Future<Output = Result<(), String>>>(
    what: &str,
    mut ready: watch::Receiver<bool>,
    serve: impl Fn() -> F,
) {
    if ready.wait_for(|ready| *ready).await.is_err() {
        return;
    }
    loop {
        if let Err(error) = serve().await {
            tracing::warn!(error, "{what} does not run; starting it again");
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
