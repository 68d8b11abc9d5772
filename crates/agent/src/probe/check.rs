//! One probe: asks a server once and says what came of it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use model::id::PortIndex;
use model::nlb::health_check::Exchange;
use model::nlb::{HealthCheckKind, HttpCheck};
use model::plan::AddressPlan;
use model::report::HealthReason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{Instant, timeout_at};

use super::http;
use crate::trace::Protocol;

/// Where probes leave from. Sockets are bound to the probes' source address, inside the services namespace.
pub trait ProbeNetwork: Send + Sync + 'static {
    /// A socket for one TCP connection.
    fn tcp(&self) -> io::Result<TcpSocket>;
    /// A socket for datagrams.
    fn udp(&self) -> io::Result<UdpSocket>;
    /// The address that stands for a server's at its port.
    fn address(&self, port: PortIndex, server: AddressPlan) -> Ipv4Addr;
}

/// Whom to ask what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) port: PortIndex,
    /// The server's own address.
    pub(super) server: AddressPlan,
    /// The transport port to ask.
    pub(super) transport_port: u16,
    pub(super) kind: HealthCheckKind,
    pub(super) timeout: Duration,
}

impl Question {
    /// What the probe speaks.
    pub(super) fn protocol(&self) -> Protocol {
        match self.kind {
            HealthCheckKind::Tcp | HealthCheckKind::Http(_) => Protocol::Tcp,
            HealthCheckKind::Udp | HealthCheckKind::Exchange(_) => Protocol::Udp,
        }
    }
}

/// What is sent to a UDP server; it need not understand it.
const DATAGRAM: &[u8] = b"isthmus-health-check";

/// Longest datagram that can be an answer, bytes: a longer one is cut, and so is none.
const LONGEST_ANSWER: usize = 520;

/// Asks once. Ends no later than the question's timeout.
pub(super) async fn ask(network: &dyn ProbeNetwork, question: &Question) -> Result<(), HealthReason> {
    let until = Instant::now() + question.timeout;
    let to =
        SocketAddrV4::new(network.address(question.port, question.server), question.transport_port).into();
    match &question.kind {
        HealthCheckKind::Tcp => connect(network, to, until).await.map(drop),
        HealthCheckKind::Http(check) => {
            let mut stream = connect(network, to, until).await?;
            let exchange = exchange(&mut stream, check, question.server.ip());
            timeout_at(until, exchange).await.unwrap_or(Err(HealthReason::RecvResponseTimeout))
        }
        HealthCheckKind::Udp => datagram(network, to, until).await,
        HealthCheckKind::Exchange(texts) => answered(network, to, texts, until).await,
    }
}

async fn connect(
    network: &dyn ProbeNetwork,
    to: SocketAddr,
    until: Instant,
) -> Result<TcpStream, HealthReason> {
    let socket = network.tcp().map_err(|_| HealthReason::ConnectFailed)?;
    match timeout_at(until, socket.connect(to)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(HealthReason::ConnectTimeout),
        Ok(Err(_)) => Err(HealthReason::ConnectFailed),
        Err(_) => Err(HealthReason::ConnectTimeout),
    }
}

async fn exchange(stream: &mut TcpStream, check: &HttpCheck, server: IpAddr) -> Result<(), HealthReason> {
    let broken = |_| HealthReason::ConnectInterrupt;
    stream.write_all(&http::request(check, server)).await.map_err(broken)?;
    let mut response = Vec::new();
    loop {
        if stream.read_buf(&mut response).await.map_err(broken)? == 0 {
            return Err(HealthReason::ConnectInterrupt);
        }
        if let Some(verdict) = http::verdict(check, &response) {
            return verdict;
        }
    }
}

/// Silence is a good answer, since nobody knows the server's protocol; only "port unreachable" tells that nobody is in.
async fn datagram(network: &dyn ProbeNetwork, to: SocketAddr, until: Instant) -> Result<(), HealthReason> {
    let socket = send(network, to, DATAGRAM).await?;
    match timeout_at(until, socket.recv(&mut [0; 1])).await {
        Ok(answer) => answer.map(drop).map_err(|_| HealthReason::ConnectFailed),
        Err(_) => Ok(()),
    }
}

/// Only the answer that was agreed on is a good one. Others are passed over: they may be late ones to somebody else.
async fn answered(
    network: &dyn ProbeNetwork,
    to: SocketAddr,
    texts: &Exchange,
    until: Instant,
) -> Result<(), HealthReason> {
    let socket = send(network, to, texts.request.as_bytes()).await?;
    let mut answer = [0; LONGEST_ANSWER];
    loop {
        match timeout_at(until, socket.recv(&mut answer)).await {
            Ok(Ok(length)) if is_answer(texts, answer.get(..length).unwrap_or_default()) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return Err(HealthReason::ConnectFailed),
            Err(_) => return Err(HealthReason::RecvResponseTimeout),
        }
    }
}

/// Servers written for people to talk to end their lines.
fn is_answer(texts: &Exchange, datagram: &[u8]) -> bool {
    datagram.trim_ascii_end() == texts.response.as_bytes()
}

async fn send(network: &dyn ProbeNetwork, to: SocketAddr, text: &[u8]) -> Result<UdpSocket, HealthReason> {
    let failed = |_| HealthReason::ConnectFailed;
    let socket = network.udp().map_err(failed)?;
    socket.connect(to).await.map_err(failed)?;
    socket.send(text).await.map_err(failed)?;
    Ok(socket)
}
