//! A connection that can be corked: what is written then waits for what comes next, and goes along with it in one packet.
//!
//! A TLS library hands over every message by itself, and asks for each to be sent at once. The peer waits for the last of
//! them alone. It also reads the head of each message by itself; what came with it is kept at hand.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;

use super::ready::poll_send;

/// More bytes than these do not wait: a handshake's longest flight, a chain of certificates in it.
const ROOM: usize = 16 * 1024;
/// Bytes kept at hand where fewer are asked for: a greeting with all that clients put into it.
const AT_HAND: usize = 2048;

/// A connection, corked at first.
#[derive(Debug)]
pub(super) struct Corked {
    stream: BufReader<TcpStream>,
    held: Vec<u8>,
    corked: bool,
    /// Whether the peer waits for an answer, and so for nothing that goes along with it.
    asked: bool,
    /// Whether there was nothing to read when this was last used.
    is_dry: bool,
}

impl Corked {
    /// Corks a connection.
    pub(super) fn new(stream: TcpStream) -> Self {
        let stream = BufReader::with_capacity(AT_HAND, stream);
        Self { stream, held: Vec::new(), corked: true, asked: false, is_dry: false }
    }

    /// The connection.
    pub(super) fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Whether it is still as dry as when it was last used, and nothing waits to be sent; what comes is told.
    pub(super) fn is_dry(&self, context: &mut Context<'_>) -> bool {
        self.is_dry && self.held.is_empty() && self.socket().poll_read_ready(context).is_pending()
    }

    /// From now on what is written waits until more than [`ROOM`] does, nothing is there to be read, or the end is near.
    pub(super) fn cork(&mut self) {
        self.corked = true;
    }

    /// From now on what is written leaves at once, and takes along what waits.
    pub(super) fn uncork(&mut self) {
        self.corked = false;
    }

    /// The peer has asked for something: what waits goes along with the answer.
    pub(super) fn ask(&mut self) {
        self.asked = true;
    }

    fn holds(&mut self, bytes: &[u8]) -> bool {
        let waits = self.corked || !self.held.is_empty();
        let fits = waits && self.held.len() + bytes.len() <= 2 * ROOM;
        if fits {
            self.held.extend_from_slice(bytes);
        }
        fits
    }

    /// Sends what waits.
    fn poll_drain(&mut self, context: &mut Context<'_>, flags: SendFlags) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let sent = ready!(poll_send(self.stream.get_ref(), context, &self.held, flags))?;
            self.held.drain(..sent);
        }
        // Whoever has shaken hands once keeps no room for it.
        self.held = Vec::new();
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        let read = Pin::new(&mut it.stream).poll_read(context, bytes);
        it.is_dry = read.is_pending();
        // The peer may wait for it.
        if read.is_pending()
            && !it.asked
            && let Poll::Ready(drained) = it.poll_drain(context, SendFlags::empty())
        {
            drained?;
        }
        read
    }
}

impl AsyncWrite for Corked {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let it = self.get_mut();
        it.is_dry = false;
        if it.holds(bytes) {
            if (!it.corked || it.held.len() > ROOM)
                && let Poll::Ready(drained) = it.poll_drain(context, SendFlags::empty())
            {
                drained?;
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(it.poll_drain(context, SendFlags::empty()))?;
        Pin::new(&mut it.stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        if it.corked { Poll::Ready(Ok(())) } else { it.poll_drain(context, SendFlags::empty()) }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        // The end goes along with it.
        ready!(it.poll_drain(context, SendFlags::MORE))?;
        Pin::new(&mut it.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
pub(super) mod tests;
