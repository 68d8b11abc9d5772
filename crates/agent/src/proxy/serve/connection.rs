//! One connection: whose it is, which server takes it, what the server is told first, how it ends.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use model::id::{ListenerIndex, ServerIndex, VipIndex};
use model::net::Family;
use rustix::net::sockopt::set_tcp_quickack;
use tables::Talk;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::Live;
use super::choice::{self, Load, Loads};
use crate::headers;
use crate::kernel::source_ports;
use crate::proxy::TCP;
use crate::proxy::callers::{Callers, Opened};
use crate::proxy::header::{Carried, header};
use crate::proxy::origin::{Origin, Origins};
use crate::proxy::relay::{End, relay};
use crate::proxy::settings::{Listener, Server};
use crate::proxy::tls::Tls;

/// How long a server may take to accept.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Bytes of a client that are taken along at once: a request of usual length.
const AT_HAND: usize = 4096;

/// What is known about connections.
#[derive(Clone)]
pub(super) struct Known {
    /// Who stands behind those that arrive.
    pub(super) origins: Arc<Origins>,
    /// For whom others were opened.
    pub(super) callers: Arc<Callers>,
    /// How many of them servers have.
    pub(super) loads: Arc<Loads>,
}

/// Serves a client to its end.
pub(super) async fn serve(
    client: TcpStream,
    peer: SocketAddrV4,
    known: Known,
    mut live: watch::Receiver<Arc<Live>>,
) {
    let now = Arc::clone(&live.borrow_and_update());
    let way = match known.origins.of(Talk::Tcp, peer) {
        Ok(origin) => origin.and_then(|origin| Way::of(&now, origin)),
        Err(error) => {
            tracing::warn!(%error, "a connection without origin");
            None
        }
    };
    let Some(way) = way else { return reset(&[&client]) };
    let Some(terminator) = now.terminators.get(&way.listener) else { return reset(&[&client]) };
    // Whom it does not agree with has been told by an alert.
    if let Ok(Ok(client)) = timeout(HANDSHAKE, terminator.accept(client)).await {
        carry(client, &now, &way, (peer, &known), live).await;
    }
}

async fn carry(
    mut client: Tls,
    now: &Live,
    way: &Way,
    (peer, known): (SocketAddrV4, &Known),
    live: watch::Receiver<Arc<Live>>,
) {
    let Some(listener) = now.settings.listeners.get(&way.listener) else { return };
    let mut first = introduction(Carried::Stream, now, listener, way).unwrap_or_default();
    if take_along(&mut client, &mut first).await.is_err() {
        return reset(&[client.socket()]);
    }
    let Some((id, mut server, opened, _counted)) = connect(now, way, (peer, known), !first.is_empty()).await
    else {
        return reset(&[client.socket()]);
    };
    let _remembered = known.callers.remember(opened, way.origin);
    let idle = Duration::from_secs(listener.idle_timeout.into());
    let end = match begin(&mut client, &mut server, first).await {
        Ok(()) => tokio::select! {
            biased;
            end = relay(&mut client, &mut server, idle) => end,
            () = dismissed(live, way, id) => End::Reset,
        },
        Err(_) => End::Reset,
    };
    match end {
        End::Closed => {}
        End::Reset | End::Idle => reset(&[client.socket(), &server]),
    }
}

/// Tells the server what it is told first, with what the client has said meanwhile.
async fn begin(
    client: &mut (impl AsyncRead + Unpin),
    server: &mut TcpStream,
    mut first: Vec<u8>,
) -> io::Result<()> {
    take_along(client, &mut first).await?;
    server.write_all(&first).await
}

/// Takes what the client has said already, as far as it is at hand: it goes to the server with what that is told first. Its end
/// shows again when it is read from next; a broken connection does not.
async fn take_along(client: &mut (impl AsyncRead + Unpin), first: &mut Vec<u8>) -> io::Result<()> {
    let mut bytes = [0; AT_HAND];
    let mut bytes = ReadBuf::new(&mut bytes);
    let read = poll_fn(|context| Poll::Ready(Pin::new(&mut *client).poll_read(context, &mut bytes))).await;
    first.extend_from_slice(bytes.filled());
    match read {
        Poll::Ready(read) => read,
        Poll::Pending => Ok(()),
    }
}

/// Where a connection is to go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) origin: Origin,
    pub(super) listener: ListenerIndex,
    pub(super) vip: VipIndex,
}

impl Way {
    /// `None` = the listener or the endpoint's acceptance is gone.
    pub(super) fn of(live: &Live, origin: Origin) -> Option<Self> {
        let listener = live.settings.listeners.get(&origin.listener)?;
        let target = *origin.target.ip();
        let vip = match origin.endpoint {
            Some(endpoint) => *live.settings.endpoints.get(&endpoint)?.vips.get(&target)?,
            None => *listener.vips.iter().find(|(_, vip)| vip.addresses.contains(&target))?.0,
        };
        listener.vips.contains_key(&vip).then_some(Self { origin, listener: origin.listener, vip })
    }

    /// The client's address family.
    pub(super) fn family(&self) -> Family {
        let target = u32::from_ne_bytes(self.origin.target.ip().octets());
        if tables::is_ipv6(target) { Family::Ipv6 } else { Family::Ipv4 }
    }

    /// Whether the connection may still be.
    fn is_open(&self, live: &Live) -> bool {
        Self::of(live, self.origin).is_some_and(|way| way.vip == self.vip)
    }
}

/// The first of the servers that accepts, beginning with the one that is the client's. With `speaks`, it is spoken to as soon
/// as it has accepted.
async fn connect(
    live: &Live,
    way: &Way,
    (peer, known): (SocketAddrV4, &Known),
    speaks: bool,
) -> Option<(ServerIndex, TcpStream, Opened, Load)> {
    let listener = live.settings.listeners.get(&way.listener)?;
    for id in choice::servers(live, &known.loads, way, peer) {
        let Some(server) = listener.members.get(&id) else { continue };
        // From now on, so that those who come meanwhile go elsewhere.
        let counted = known.loads.begin(id);
        let sources = server.sources(listener.vips.get(&way.vip)?, peer);
        if let Ok(Ok((stream, opened))) = timeout(CONNECT, open(way, server, &sources, speaks)).await {
            return Some((id, stream, opened, counted));
        }
    }
    None
}

/// In the name of the NLB's zone, or of the Reverse endpoint before the server: from the first of these addresses that has a free
/// port.
async fn open(
    way: &Way,
    server: &Server,
    sources: &[Ipv4Addr],
    speaks: bool,
) -> io::Result<(TcpStream, Opened)> {
    let mut opened = Err(io::ErrorKind::AddrNotAvailable.into());
    for source in sources {
        opened = open_from(way, server, *source, speaks).await;
        let is_full = |error: &io::Error| error.kind() == io::ErrorKind::AddrNotAvailable;
        if !opened.as_ref().is_err_and(is_full) {
            break;
        }
    }
    opened
}

async fn open_from(
    way: &Way,
    server: &Server,
    alias: Ipv4Addr,
    speaks: bool,
) -> io::Result<(TcpStream, Opened)> {
    let socket = TcpSocket::new_v4()?;
    if speaks {
        // What is said first acknowledges that the server has accepted: one packet fewer.
        set_tcp_quickack(&socket, false)?;
    }
    source_ports::late(&socket)?;
    socket.set_nodelay(true)?;
    socket.bind(SocketAddr::new(alias.into(), 0))?;
    let port = if server.port == 0 { way.origin.target.port() } else { server.port };
    let to = SocketAddrV4::new(server.alias, port);
    let stream = socket.connect(to.into()).await?;
    let from = SocketAddrV4::new(alias, stream.local_addr()?.port());
    Ok((stream, Opened { protocol: TCP, from, to }))
}

/// What the server is told before the client's first byte, or in front of each datagram.
pub(super) fn introduction(carried: Carried, live: &Live, listener: &Listener, way: &Way) -> Option<Vec<u8>> {
    let wanted = listener.proxy_protocol?;
    let endpoint = way.origin.endpoint.and_then(|index| live.settings.endpoints.get(&index));
    let vpc = endpoint.map_or(&listener.vpc, |endpoint| &endpoint.vpc);
    let values = headers::values(wanted, vpc, endpoint.map(|it| (&it.id, &it.service)));
    let [client, target] = [way.origin.client, way.origin.target].map(|end| live.settings.ipv6.end(end));
    Some(header(carried, client, target, &values))
}

/// Returns when the settings no longer allow the connection: its listener or acceptance is gone, or its server has left for
/// as long as its group says.
async fn dismissed(mut live: watch::Receiver<Arc<Live>>, way: &Way, id: ServerIndex) {
    let mut end: Option<Instant> = None;
    loop {
        let now = Arc::clone(&live.borrow_and_update());
        let listener = now.settings.listeners.get(&way.listener);
        let Some(listener) = listener.filter(|_| way.is_open(&now)) else { return };
        let serves = listener.members.get(&id).is_some_and(|server| !server.fails);
        let drain = Duration::from_secs(listener.drain_seconds.into());
        end = (!serves).then(|| end.unwrap_or_else(|| Instant::now() + drain));
        tokio::select! {
            biased;
            () = at(end) => return,
            // Without an agent there is nothing new.
            news = live.changed() => if news.is_err() { return at(end).await },
        }
    }
}

/// Returns at this time, or never.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Ends connections as a broken one ends: with a RST.
fn reset(streams: &[&TcpStream]) {
    for stream in streams {
        // A socket that does not take it ends with a FIN.
        let _ = stream.set_zero_linger();
    }
}

#[cfg(test)]
mod tests;
