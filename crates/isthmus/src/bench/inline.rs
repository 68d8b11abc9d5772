//! Figures with both ends in one thread: no wake-up, no scheduler, so that they are the path and nothing else and are
//! steady within a few percent on a busy machine.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::net::{MMsgHdr, RecvFlags, SendAncillaryBuffer, SendFlags, sendmmsg};

use super::servers::INLINE;
use super::ways::Path;

/// Round trips before the clock runs: caches, the congestion window and the flow are warm.
const WARM_UP: usize = 2000;
/// Bytes of one write of bulk data.
const CHUNK: usize = 64 << 10;
/// Payload of a small datagram, bytes, and how many are sent in a row.
const DATAGRAM: usize = 64;
const BURST: usize = 64;

/// A connection whose two ends are both ours.
struct Pair {
    client: TcpStream,
    server: TcpStream,
}

impl Pair {
    fn open(path: &Path) -> Result<Self> {
        let listener = path.server.within(|| TcpListener::bind((Ipv4Addr::UNSPECIFIED, INLINE)))??;
        let target = SocketAddr::from((path.address, INLINE));
        let client = path.client.within(|| TcpStream::connect_timeout(&target, Duration::from_secs(5)))?;
        let client = client.with_context(|| format!("connect to {target}"))?;
        let (server, _) = listener.accept()?;
        for end in [&client, &server] {
            end.set_nodelay(true)?;
            end.set_nonblocking(true)?;
        }
        Ok(Self { client, server })
    }
}

/// Median time of a one-byte TCP round trip, microseconds.
pub(super) fn round_trip(path: &Path, duration: Duration) -> Result<f64> {
    let mut pair = Pair::open(path)?;
    for _ in 0..WARM_UP {
        there_and_back(&mut pair)?;
    }
    let mut times = Vec::with_capacity(1 << 17);
    let end = Instant::now() + duration;
    loop {
        let began = Instant::now();
        there_and_back(&mut pair)?;
        let now = Instant::now();
        times.push(now - began);
        if now > end {
            break;
        }
    }
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    Ok(median.as_secs_f64() * 1e6)
}

fn there_and_back(pair: &mut Pair) -> io::Result<()> {
    pair.client.write_all(b"x")?;
    take(&mut pair.server)?;
    pair.server.write_all(b"x")?;
    take(&mut pair.client)
}

/// Reads one byte, spinning.
fn take(stream: &mut TcpStream) -> io::Result<()> {
    let mut byte = [0];
    loop {
        match stream.read(&mut byte) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Bulk TCP of one core, Gbit/s. The receiver discards without copying, so that the path weighs more.
pub(super) fn bulk(path: &Path, duration: Duration) -> Result<f64> {
    let pair = Pair::open(path)?;
    let chunk = vec![0_u8; CHUNK];
    let mut sink = vec![0_u8; 1 << 20];
    // The window opens first.
    transfer(&pair, &chunk, &mut sink, duration / 5)?;
    let began = Instant::now();
    let bytes = transfer(&pair, &chunk, &mut sink, duration)?;
    Ok(bytes as f64 * 8.0 / began.elapsed().as_secs_f64() / 1e9)
}

fn transfer(pair: &Pair, chunk: &[u8], sink: &mut [u8], duration: Duration) -> Result<usize> {
    let end = Instant::now() + duration;
    let mut bytes = 0;
    while Instant::now() < end {
        for _ in 0..32 {
            would_block(rustix::net::send(&pair.client, chunk, SendFlags::empty()))?;
            while let Some((_, received @ 1..)) =
                would_block(rustix::net::recv(&pair.server, &mut *sink, RecvFlags::TRUNC))?
            {
                bytes += received;
            }
        }
    }
    Ok(bytes)
}

fn would_block<T>(result: rustix::io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(rustix::io::Errno::AGAIN) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Datagrams of 64 bytes that arrive on one core, millions a second.
pub(super) fn datagrams(path: &Path, duration: Duration) -> Result<f64> {
    let receiver = path.server.within(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, INLINE)))??;
    let sender = path.client.within(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)))??;
    sender.connect((path.address, INLINE))?;
    establish(&sender, &receiver)
        .with_context(|| format!("no datagram went both ways through {}", path.way.name()))?;
    exchange(&sender, &receiver, duration / 5)?;
    let began = Instant::now();
    let arrived = exchange(&sender, &receiver, duration)?;
    ensure!(arrived > 0, "no datagram arrived through {}", path.way.name());
    Ok(arrived as f64 / began.elapsed().as_secs_f64() / 1e6)
}

/// One datagram each way: a flow that has seen a reply is an established one.
fn establish(sender: &UdpSocket, receiver: &UdpSocket) -> io::Result<()> {
    let mut buffer = [0_u8; DATAGRAM];
    for end in [sender, receiver] {
        end.set_nonblocking(false)?;
        end.set_read_timeout(Some(Duration::from_secs(1)))?;
    }
    sender.send(&buffer)?;
    let (_, client) = receiver.recv_from(&mut buffer)?;
    receiver.send_to(&buffer, client)?;
    sender.recv(&mut buffer)?;
    receiver.set_nonblocking(true)
}

fn exchange(sender: &UdpSocket, receiver: &UdpSocket, duration: Duration) -> io::Result<usize> {
    let payload = [0_u8; DATAGRAM];
    let content = [IoSlice::new(&payload)];
    let mut controls: [SendAncillaryBuffer<'_, '_, '_>; BURST] =
        std::array::from_fn(|_| SendAncillaryBuffer::default());
    let mut burst: Vec<_> = controls.iter_mut().map(|control| MMsgHdr::new(&content, control)).collect();
    let mut buffer = [0_u8; 2 * DATAGRAM];
    let end = Instant::now() + duration;
    let mut arrived = 0;
    while Instant::now() < end {
        sendmmsg(sender, &mut burst, SendFlags::empty())?;
        while would_block(rustix::net::recv(receiver, &mut buffer, RecvFlags::empty()))?.is_some() {
            arrived += 1;
        }
    }
    Ok(arrived)
}
