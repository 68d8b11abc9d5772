//! A socket in a load balancer's name for one client's datagrams to one server, and the server's answers.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::rc::Rc;
use std::sync::Arc;

use rustix::net::{SendFlags, send, sendto};
use tokio::net::UdpSocket;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::Instant;

use super::{LONGEST, ROUND, Way};
use crate::proxy::UDP;
use crate::proxy::callers::{Callers, Opened, Remembered};
use crate::proxy::settings::Server;

thread_local! {
    /// Where an answer lies for a moment: flows are too many for a buffer each.
    static ANSWER: RefCell<Vec<u8>> = RefCell::new(vec![0; LONGEST]);
}

/// Answers come until it is dropped.
pub(super) struct Upstream {
    socket: Rc<UdpSocket>,
    source: Ipv4Addr,
    heard: Rc<Cell<Instant>>,
    answers: JoinHandle<()>,
    _remembered: Remembered,
}

impl Upstream {
    /// In the name of the NLB's zone, or of the Reverse endpoint before the server: from the first of these addresses that has a free
    /// port. What the server answers goes to `peer` through `clients`.
    pub(super) fn open(
        way: &Way,
        server: &Server,
        sources: &[Ipv4Addr],
        peer: SocketAddrV4,
        clients: &Rc<UdpSocket>,
        callers: &Arc<Callers>,
    ) -> io::Result<Self> {
        let port = if server.port == 0 { way.origin.target.port() } else { server.port };
        let to = SocketAddrV4::new(server.alias, port);
        let sources: Vec<_> = sources.iter().map(|source| SocketAddr::new((*source).into(), 0)).collect();
        let socket = std::net::UdpSocket::bind(&*sources)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        let SocketAddr::V4(from) = socket.local_addr()? else {
            return Err(io::ErrorKind::AddrNotAvailable.into());
        };
        let remembered = callers.remember(Opened { protocol: UDP, from, to }, way.origin);
        let socket = Rc::new(UdpSocket::from_std(socket)?);
        let heard = Rc::new(Cell::new(Instant::now()));
        let answers = answer(Rc::clone(&socket), Rc::clone(clients), peer, Rc::clone(&heard));
        let answers = tokio::task::spawn_local(answers);
        Ok(Self { socket, source: *from.ip(), heard, answers, _remembered: remembered })
    }

    /// Sends a datagram at once, or not at all.
    pub(super) fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.heard.set(Instant::now());
        let send = || send(&self.socket, datagram, SendFlags::DONTWAIT);
        // What an earlier datagram has met is told once, and instead of sending.
        send().or_else(|_| send())?;
        Ok(())
    }

    /// The address that it speaks from.
    pub(super) fn source(&self) -> Ipv4Addr {
        self.source
    }

    /// When something went either way last.
    pub(super) fn heard(&self) -> Instant {
        self.heard.get()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.answers.abort();
    }
}

async fn answer(server: Rc<UdpSocket>, clients: Rc<UdpSocket>, peer: SocketAddrV4, heard: Rc<Cell<Instant>>) {
    while server.readable().await.is_ok() {
        ANSWER.with_borrow_mut(|answer| {
            for _ in 0..ROUND {
                match server.try_recv(answer) {
                    Ok(length) => {
                        heard.set(Instant::now());
                        // What does not go out at once is lost, as datagrams are.
                        let _ = sendto(&clients, &answer[..length], SendFlags::DONTWAIT, &peer);
                    }
                    // Nothing more, or what a datagram has met: the next may fare better.
                    Err(_) => break,
                }
            }
        });
        yield_now().await;
    }
}
