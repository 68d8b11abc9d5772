//! Carries bytes that need not be looked at from one socket to another within the kernel.

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::net::TcpStream;

use super::ready::{poll_reading, poll_writing};

/// Bytes that a pipe holds: what one of the kernel's largest super-packets brings, twice. More is the privilege of root.
const ROOM: usize = 1024 * 1024;

/// A pipe between two sockets.
pub(super) struct Splice {
    out: OwnedFd,
    into: OwnedFd,
    /// Bytes in it.
    held: usize,
}

impl Splice {
    /// A pipe.
    ///
    /// # Errors
    /// When this process has no more file descriptors.
    pub(super) fn new() -> io::Result<Self> {
        let (out, into) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        // One of the kernel's own size carries as well, in smaller steps.
        let _ = fcntl_setpipe_size(&into, ROOM);
        Ok(Self { out, into, held: 0 })
    }

    /// Carries what there is from one socket to the other, and notes whether something was. Ready once `from` has closed.
    ///
    /// # Errors
    /// When one of them is broken.
    pub(super) fn poll_carry(
        &mut self,
        from: &TcpStream,
        to: &TcpStream,
        context: &mut Context<'_>,
        noted: &mut bool,
    ) -> Poll<io::Result<()>> {
        loop {
            while self.held > 0 {
                self.held -= ready!(poll_writing(to, context, || moved(&self.out, to, self.held)))?;
                *noted = true;
            }
            self.held = ready!(poll_reading(from, context, || moved(from, &self.into, ROOM)))?;
            *noted = true;
            if self.held == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

fn moved(from: impl std::os::fd::AsFd, to: impl std::os::fd::AsFd, count: usize) -> io::Result<usize> {
    loop {
        match splice(&from, None, &to, None, count, SpliceFlags::MOVE | SpliceFlags::NONBLOCK) {
            Err(Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Both ends of a connection over loopback.
    pub(in crate::proxy) async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    async fn carried(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
        let mut pipe = Splice::new()?;
        poll_fn(|context| pipe.poll_carry(from, to, context, &mut false)).await
    }

    #[tokio::test]
    async fn every_byte_arrives_in_its_place_though_the_receiver_is_slow() {
        const SIZE: usize = 24 << 20;
        let ((mut client, near), (far, mut server)) = (connected().await, connected().await);
        let sent: Vec<u8> = (0..SIZE).map(|place| (place / 251 + place) as u8).collect();
        let expected = sent.clone();
        let sender = tokio::spawn(async move { client.write_all(&sent).await.unwrap() });
        let carrier = tokio::spawn(async move {
            carried(&near, &far).await.unwrap();
        });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut arrived = Vec::new();
        server.read_to_end(&mut arrived).await.unwrap();
        sender.await.unwrap();
        carrier.await.unwrap();
        assert!(arrived == expected, "{} bytes of {SIZE}", arrived.len());
    }

    #[tokio::test]
    async fn a_receiver_that_is_gone_is_an_error() {
        let ((mut client, near), (far, server)) = (connected().await, connected().await);
        server.set_zero_linger().unwrap();
        drop(server);
        client.write_all(b"for nobody").await.unwrap();
        assert!(carried(&near, &far).await.is_err());
    }
}
