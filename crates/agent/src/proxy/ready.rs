//! System calls on sockets, for who polls them.

use std::io;
use std::task::{Context, Poll, ready};

use rustix::io::retry_on_intr;
use rustix::net::{SendFlags, send};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Does what reads from a socket, once there is something.
pub(super) fn poll_reading<T>(
    socket: &TcpStream,
    context: &mut Context<'_>,
    mut read: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        ready!(socket.poll_read_ready(context))?;
        match socket.try_io(Interest::READABLE, &mut read) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
        }
    }
}

/// Does what writes to a socket, once there is room.
pub(super) fn poll_writing<T>(
    socket: &TcpStream,
    context: &mut Context<'_>,
    mut write: impl FnMut() -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        ready!(socket.poll_write_ready(context))?;
        match socket.try_io(Interest::WRITABLE, &mut write) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            done => return Poll::Ready(done),
        }
    }
}

/// Sends as many of these bytes as there is room for.
pub(super) fn poll_send(
    socket: &TcpStream,
    context: &mut Context<'_>,
    bytes: &[u8],
    flags: SendFlags,
) -> Poll<io::Result<usize>> {
    let send = || retry_on_intr(|| send(socket, bytes, flags | SendFlags::NOSIGNAL));
    poll_writing(socket, context, || Ok(send()?))
}
