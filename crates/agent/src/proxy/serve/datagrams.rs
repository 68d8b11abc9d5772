//! Datagrams: whose each is, which server takes it, the header in front of it, and the way back.

mod upstream;

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::id::ServerIndex;
use rustix::process::{Resource, getrlimit};
use tables::Talk;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{Instant, interval, sleep};
use upstream::Upstream;

use super::Live;
use super::choice::{self, Load, Loads};
use super::connection::{Known, Way, introduction};
use crate::proxy::SHORTAGE;
use crate::proxy::callers::Callers;
use crate::proxy::header::Carried;
use crate::proxy::origin::Origin;
use crate::proxy::settings::Server;

/// Longest datagram.
const LONGEST: usize = 1 << 16;
/// Datagrams that are taken before others have their turn.
const ROUND: usize = 64;
/// How often what is idle is looked for.
const SWEEP: Duration = Duration::from_secs(1);

/// How many flows each of so many threads may have: connections keep three quarters of the files of this process.
pub(super) fn room(threads: usize) -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    (usize::try_from(files).unwrap_or(usize::MAX) / 4 / threads).max(1)
}

/// Takes datagrams of clients until the process is to retire. What flows then is for the successor: a header stands in front
/// of every datagram, so that servers need not have seen the ones before.
pub(super) async fn take(
    clients: UdpSocket,
    known: Known,
    settings: watch::Receiver<Arc<Live>>,
    mut retired: watch::Receiver<bool>,
    room: usize,
) {
    let mut relay = Relay::new(clients, known.callers, known.loads, room);
    let mut buffer = vec![0; LONGEST];
    let mut sweep = interval(SWEEP);
    loop {
        tokio::select! {
            _ = retired.wait_for(|retired| *retired) => return,
            _ = sweep.tick() => relay.forget_idle(),
            ready = relay.clients.readable() => if let Err(error) = ready {
                tracing::warn!(%error, "datagrams were not taken");
                sleep(SHORTAGE).await;
            },
        }
        for _ in 0..ROUND {
            let Ok((length, SocketAddr::V4(peer))) = relay.clients.try_recv_from(&mut buffer) else { break };
            match known.origins.of(Talk::Udp, peer) {
                Ok(Some(origin)) => {
                    let live = Arc::clone(&settings.borrow());
                    relay.forward(peer, origin, &live, &buffer[..length]);
                }
                // Its listener or acceptance has just gone.
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a datagram without origin"),
            }
        }
        yield_now().await;
    }
}

/// What flows through one thread.
struct Relay {
    clients: Rc<UdpSocket>,
    callers: Arc<Callers>,
    loads: Arc<Loads>,
    /// By the client's alias and port.
    flows: HashMap<SocketAddrV4, Flow>,
    room: usize,
    /// A datagram with its header.
    whole: Vec<u8>,
}

/// What one client sends to one listener.
struct Flow {
    origin: Origin,
    /// What the rest follows from.
    live: Arc<Live>,
    header: Vec<u8>,
    idle: Duration,
    id: ServerIndex,
    server: Server,
    /// It counts for its server.
    _counted: Load,
    upstream: Upstream,
    /// The server before this one may still answer.
    last: Option<Upstream>,
}

impl Relay {
    fn new(clients: UdpSocket, callers: Arc<Callers>, loads: Arc<Loads>, room: usize) -> Self {
        let clients = Rc::new(clients);
        Self { clients, callers, loads, flows: HashMap::new(), room, whole: Vec::with_capacity(LONGEST) }
    }

    /// Sends what has come from a client to its server, with a header; what cannot be sent is lost, as datagrams are.
    fn forward(&mut self, peer: SocketAddrV4, origin: Origin, live: &Arc<Live>, payload: &[u8]) {
        let before = self.flows.remove(&peer).filter(|flow| flow.origin == origin);
        let flow = match before {
            Some(flow) if Arc::ptr_eq(&flow.live, live) => Some(flow),
            before => self.judge(peer, origin, live, before),
        };
        let Some(flow) = flow else { return };
        self.whole.clear();
        self.whole.extend(&flow.header);
        self.whole.extend(payload);
        if let Err(error) = flow.upstream.send(&self.whole) {
            tracing::debug!(%error, listener = %origin.listener.0, "a datagram was lost");
        }
        self.flows.insert(peer, flow);
    }

    /// The flow under these settings: it keeps its server while that serves and may be spoken to from where it was. `None` = there is
    /// none, or nobody may be asked.
    fn judge(
        &mut self,
        peer: SocketAddrV4,
        origin: Origin,
        live: &Arc<Live>,
        before: Option<Flow>,
    ) -> Option<Flow> {
        let way = Way::of(live, origin)?;
        let listener = live.settings.listeners.get(&way.listener)?;
        let header = introduction(Carried::Datagrams, live, listener, &way)?;
        let idle = Duration::from_secs(listener.idle_timeout.into());
        let live = Arc::clone(live);
        let zone = listener.vips.get(&way.vip)?;
        let is_kept = |flow: &Flow| {
            listener.members.get(&flow.id) == Some(&flow.server)
                && flow.server.sources(zone, peer).contains(&flow.upstream.source())
        };
        let last = match before {
            Some(flow) if is_kept(&flow) => {
                return Some(Flow { live, header, idle, ..flow });
            }
            before => before.map(|flow| flow.upstream),
        };
        let id = *choice::servers(&live, &self.loads, &way, peer).first()?;
        let server = listener.members.get(&id)?.clone();
        self.make_room();
        let sources = server.sources(zone, peer);
        match Upstream::open(&way, &server, &sources, peer, &self.clients, &self.callers) {
            Ok(upstream) => {
                let counted = self.loads.begin(id);
                Some(Flow { origin, live, header, idle, id, server, _counted: counted, upstream, last })
            }
            Err(error) => {
                tracing::debug!(%error, listener = %listener.id, "no socket for datagrams");
                None
            }
        }
    }

    /// Where flows are many, those that were heard longest ago go for new ones.
    fn make_room(&mut self) {
        if self.flows.len() < self.room {
            return;
        }
        let mut heard: Vec<Instant> = self.flows.values().map(|flow| flow.upstream.heard()).collect();
        let (_, oldest, _) = heard.select_nth_unstable(self.room / 8);
        let oldest = *oldest;
        self.flows.retain(|_, flow| flow.upstream.heard() > oldest);
    }

    fn forget_idle(&mut self) {
        self.flows.retain(|_, flow| {
            let idle = flow.idle;
            flow.last = flow.last.take().filter(|last| last.heard().elapsed() < idle);
            flow.upstream.heard().elapsed() < idle
        });
    }
}

/// A successor may listen already while this process ends, and the other way round.
pub(super) fn listen(at: SocketAddrV4) -> io::Result<UdpSocket> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, socket_with, sockopt};
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    bind(&socket, &at)?;
    UdpSocket::from_std(socket.into())
}

#[cfg(test)]
mod tests;
