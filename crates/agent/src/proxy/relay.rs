//! Carries bytes between two connections: half-close, back pressure, resets and the idle timeout stay what they are
//! without a proxy in between.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::sync::watch;
use tokio::time::Instant;

/// Bytes read at once: a pipe's worth.
const CHUNK: usize = 64 * 1024;

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

/// Carries bytes until both sides have closed, one breaks, or none came for `idle`.
pub(super) async fn relay<C, S>(client: C, server: S, idle: Duration) -> End
where
    C: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (from_client, to_client) = split(client);
    let (from_server, to_server) = split(server);
    let (heard, last) = watch::channel(Instant::now());
    let both = async {
        tokio::try_join!(pump(from_client, to_server, &heard), pump(from_server, to_client, &heard))
    };
    tokio::select! {
        ended = both => ended.map_or(End::Reset, |_| End::Closed),
        () = silence(last, idle) => End::Idle,
    }
}

/// One direction, until its sender closes; then the receiver is told.
async fn pump<R: AsyncRead, W: AsyncWrite>(
    mut from: ReadHalf<R>,
    mut to: WriteHalf<W>,
    heard: &watch::Sender<Instant>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let count = from.read(&mut chunk).await?;
        heard.send_replace(Instant::now());
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&chunk[..count]).await?;
        to.flush().await?;
        heard.send_replace(Instant::now());
    }
}

async fn silence(last: watch::Receiver<Instant>, idle: Duration) {
    loop {
        let end = *last.borrow() + idle;
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
