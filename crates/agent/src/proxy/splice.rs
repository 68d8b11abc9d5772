//! Carries bytes that need not be looked at from one socket to another within the kernel.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Bytes that a pipe holds: what one of the kernel's largest super-packets brings, twice. More is the privilege of root.
const ROOM: usize = 1024 * 1024;

/// A pipe between two sockets. It is empty before and after each step.
pub(super) struct Splice {
    out: OwnedFd,
    into: OwnedFd,
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
        Ok(Self { out, into })
    }

    /// Takes what `from` has, once it has something. 0 = it has closed.
    ///
    /// # Errors
    /// When `from` is broken.
    pub(super) async fn fill(&self, from: &TcpStream) -> io::Result<usize> {
        from.async_io(Interest::READABLE, || moved(from, &self.into, ROOM)).await
    }

    /// Gives all of it to `to`.
    ///
    /// # Errors
    /// When `to` is broken.
    pub(super) async fn drain(&self, to: &TcpStream, mut count: usize) -> io::Result<()> {
        while count > 0 {
            count -= to.async_io(Interest::WRITABLE, || moved(&self.out, to, count)).await?;
        }
        Ok(())
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
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Both ends of a connection over loopback.
    pub(in crate::proxy) async fn connected() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (near, listener.accept().await.unwrap().0)
    }

    #[tokio::test]
    async fn every_byte_arrives_in_its_place_though_the_receiver_is_slow() {
        const SIZE: usize = 24 << 20;
        let ((mut client, near), (far, mut server)) = (connected().await, connected().await);
        let sent: Vec<u8> = (0..SIZE).map(|place| (place / 251 + place) as u8).collect();
        let expected = sent.clone();
        let sender = tokio::spawn(async move { client.write_all(&sent).await.unwrap() });
        let carrier = tokio::spawn(async move {
            let pipe = Splice::new().unwrap();
            loop {
                match pipe.fill(&near).await.unwrap() {
                    0 => return,
                    count => pipe.drain(&far, count).await.unwrap(),
                }
            }
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
        let pipe = Splice::new().unwrap();
        let count = pipe.fill(&near).await.unwrap();
        assert_eq!(count, 10);
        assert!(pipe.drain(&far, count).await.is_err());
    }
}
