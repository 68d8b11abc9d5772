//! Carries bytes between two connections: half-close, back pressure, resets and the idle timeout stay what they are
//! without a proxy in between.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use rustix::net::{SendFlags, send};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, Interest, split};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::Instant;

use super::splice::Splice;

/// Bytes read at once: as much as a TLS record may have.
const CHUNK: usize = 16 * 1024;

/// Why a pair of connections ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Both sides have closed.
    Closed,
    /// One side broke: the other is reset.
    Reset,
    /// No byte for too long: both are reset.
    Idle,
}

/// When a byte came last.
struct Heard(Mutex<Instant>);

impl Heard {
    fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    fn again(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Carries bytes until both sides have closed, one breaks, or none came for `idle`.
pub(super) async fn relay<C, S>(client: C, server: S, idle: Duration) -> End
where
    C: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(server);
    let heard = Heard::now();
    let there = copy(&mut from_client, &mut to_server, &heard);
    let back = copy(&mut from_server, &mut to_client, &heard);
    until_idle(async { tokio::try_join!(there, back).map(|_| ()) }, &heard, idle).await
}

/// The same between sockets: what is long goes from one to the other within the kernel.
pub(super) async fn relay_plain(client: &mut TcpStream, server: &mut TcpStream, idle: Duration) -> End {
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let heard = Heard::now();
    let there = carry(from_client, to_server, &heard);
    let back = carry(from_server, to_client, &heard);
    until_idle(async { tokio::try_join!(there, back).map(|_| ()) }, &heard, idle).await
}

async fn until_idle(both: impl Future<Output = io::Result<()>>, last: &Heard, idle: Duration) -> End {
    tokio::select! {
        ended = both => ended.map_or(End::Reset, |()| End::Closed),
        () = silence(last, idle) => End::Idle,
    }
}

/// One direction, until its sender closes; then the receiver is told.
async fn copy<R, W>(from: &mut R, to: &mut W, heard: &Heard) -> io::Result<()>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = from.read(&mut chunk).await?;
        heard.again();
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..count]).await?;
        to.flush().await?;
        heard.again();
    }
}

/// One direction between sockets: a message is copied, which costs less than a pipe; from the first full chunk on it is a
/// stream, and spliced.
async fn carry(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, heard: &Heard) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = from.read(&mut chunk).await?;
        heard.again();
        if count == 0 {
            return to.shutdown().await;
        }
        give(to.as_ref(), &chunk[..count], has_ended(from.as_ref()).await).await?;
        heard.again();
        // Without file descriptors for a pipe it is copied on.
        if count == CHUNK
            && let Ok(pipe) = Splice::new()
        {
            drop(chunk);
            return stream(&pipe, from, to, heard).await;
        }
    }
}

async fn stream(pipe: &Splice, from: ReadHalf<'_>, mut to: WriteHalf<'_>, heard: &Heard) -> io::Result<()> {
    loop {
        let count = pipe.fill(from.as_ref()).await?;
        heard.again();
        if count == 0 {
            return to.shutdown().await;
        }
        pipe.drain(to.as_ref(), count).await?;
        heard.again();
    }
}

/// Whether a socket's end has arrived, as far as the kernel has said so unasked.
async fn has_ended(from: &TcpStream) -> bool {
    let mut ready = pin!(from.ready(Interest::READABLE));
    let told = poll_fn(|context| Poll::Ready(ready.as_mut().poll(context))).await;
    matches!(told, Poll::Ready(Ok(ready)) if ready.is_read_closed())
}

/// Gives all of it to a socket; what is last waits for the end, which goes along with it in one packet.
async fn give(to: &TcpStream, mut bytes: &[u8], is_last: bool) -> io::Result<()> {
    let flags = if is_last { SendFlags::NOSIGNAL | SendFlags::MORE } else { SendFlags::NOSIGNAL };
    while !bytes.is_empty() {
        let sent = to.async_io(Interest::WRITABLE, || Ok(send(to, bytes, flags)?)).await;
        match sent {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn silence(last: &Heard, idle: Duration) {
    loop {
        let end = last.last() + idle;
        if Instant::now() >= end {
            return;
        }
        tokio::time::sleep_until(end).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;
    use crate::proxy::corked::tests::segments;
    use crate::proxy::splice::tests::connected;

    /// A relay between two pipes: their far ends, and how it ends.
    fn relayed(idle: u64) -> (DuplexStream, DuplexStream, tokio::task::JoinHandle<End>) {
        let (client, near) = duplex(1024);
        let (far, server) = duplex(1024);
        (client, server, tokio::spawn(relay(near, far, Duration::from_secs(idle))))
    }

    #[tokio::test]
    async fn who_has_said_everything_may_still_listen() {
        let (mut client, mut server, relay) = relayed(60);
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut asked = String::new();
        server.read_to_string(&mut asked).await.unwrap();
        assert_eq!(asked, "question");
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        let mut answered = String::new();
        client.read_to_string(&mut answered).await.unwrap();
        assert_eq!((answered.as_str(), relay.await.unwrap()), ("answer", End::Closed));
    }

    #[tokio::test]
    async fn a_long_answer_between_sockets_is_whole_and_its_half_close_arrives() {
        let ((mut client, mut near), (mut far, mut server)) = (connected().await, connected().await);
        let relay =
            tokio::spawn(async move { relay_plain(&mut near, &mut far, Duration::from_secs(60)).await });
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut asked = String::new();
        server.read_to_string(&mut asked).await.unwrap();
        assert_eq!(asked, "question");
        let long: Vec<u8> = (0..5_000_000).map(|place| (place / 251 + place) as u8).collect();
        let answer = long.clone();
        let answering = tokio::spawn(async move { server.write_all(&answer).await.unwrap() });
        let mut answered = Vec::new();
        client.read_to_end(&mut answered).await.unwrap();
        answering.await.unwrap();
        assert!(answered == long && relay.await.unwrap() == End::Closed);
    }

    #[tokio::test]
    async fn a_last_answer_and_its_end_are_one_packet() {
        let ((client, mut near), (mut far, mut server)) = (connected().await, connected().await);
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let relay =
            tokio::spawn(async move { relay_plain(&mut near, &mut far, Duration::from_secs(60)).await });
        let (mut from_near, to_near) = client.into_split();
        let mut answered = String::new();
        from_near.read_to_string(&mut answered).await.unwrap();
        let before_its_own_end = segments(from_near.as_ref());
        // One with the answer; the first was the acceptance.
        assert_eq!((answered.as_str(), before_its_own_end), ("answer", (2, 1)));
        drop((from_near, to_near, server));
        assert_eq!(relay.await.unwrap(), End::Closed);
    }

    #[tokio::test]
    async fn a_receiver_that_does_not_read_holds_its_sender_up() {
        let (mut client, mut server, relay) = relayed(60);
        let write = client.write_all(&[7; 1 << 20]);
        let slow = tokio::time::timeout(Duration::from_millis(50), write).await;
        assert!(slow.is_err(), "a megabyte fitted nowhere, and was taken");
        drop(client);
        let mut taken = Vec::new();
        server.read_to_end(&mut taken).await.unwrap();
        assert!(!taken.is_empty() && taken.iter().all(|byte| *byte == 7));
        drop(server);
        relay.await.unwrap();
    }

    #[tokio::test]
    async fn a_broken_side_breaks_the_other() {
        let (client, mut server, relay) = relayed(60);
        drop(server.write_all(b"x").await);
        drop((client, server));
        assert!(matches!(relay.await.unwrap(), End::Closed | End::Reset));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_it_and_a_byte_gives_it_more_time() {
        let (mut client, mut server, relay) = relayed(10);
        tokio::time::sleep(Duration::from_secs(9)).await;
        client.write_all(b"x").await.unwrap();
        server.read_u8().await.unwrap();
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert!(!relay.is_finished());
        let begin = Instant::now();
        assert_eq!(relay.await.unwrap(), End::Idle);
        assert!(begin.elapsed() <= Duration::from_secs(1) + Duration::from_millis(10));
    }
}
