//! Carries bytes between two connections: half-close, back pressure, resets and the idle timeout stay what they are
//! without a proxy in between.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem::take;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::ready::poll_send;
use super::splice::Splice;

/// Bytes read at once: as much as a TLS record may have.
const CHUNK: usize = 16 * 1024;

thread_local! {
    /// What is read is given on at once: the connections of a thread share the room for it.
    static ROOM: RefCell<[u8; CHUNK]> = const { RefCell::new([0; CHUNK]) };
}

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

/// A connection that bytes are carried from and to.
pub(super) trait Side: AsyncRead + AsyncWrite + Unpin {
    /// Its socket, where what is on it is what is carried.
    fn plain(&self) -> Option<&TcpStream>;

    /// Gives it bytes. Those that are the last wait for the end, which goes along with them in one packet.
    fn poll_give(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
        are_last: bool,
    ) -> Poll<io::Result<usize>>;
}

impl Side for TcpStream {
    fn plain(&self) -> Option<&TcpStream> {
        Some(self)
    }

    fn poll_give(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
        are_last: bool,
    ) -> Poll<io::Result<usize>> {
        poll_send(self, context, bytes, if are_last { SendFlags::MORE } else { SendFlags::empty() })
    }
}

/// Carries bytes until both sides have closed, one breaks, or none came for `idle`.
pub(super) async fn relay(client: &mut impl Side, server: &mut impl Side, idle: Duration) -> End {
    let (mut there, mut back) = (Direction::default(), Direction::default());
    let mut silence = pin!(sleep_until(Instant::now() + idle));
    let mut heard = Instant::now();
    poll_fn(|context| {
        let both = (there.poll(client, server, context), back.poll(server, client, context));
        match both {
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => return Poll::Ready(End::Reset),
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => return Poll::Ready(End::Closed),
            (Poll::Pending, _) | (_, Poll::Pending) => {}
        }
        if take(&mut there.moved) | take(&mut back.moved) {
            heard = Instant::now();
        }
        while silence.as_mut().poll(context).is_ready() {
            if Instant::now() >= heard + idle {
                return Poll::Ready(End::Idle);
            }
            silence.as_mut().reset(heard + idle);
        }
        Poll::Pending
    })
    .await
}

/// One direction.
#[derive(Default)]
struct Direction {
    stage: Stage,
    /// What was read, and had no room at the receiver.
    left: Vec<u8>,
    /// Whether the receiver was given something, and may hold it back.
    given: bool,
    /// Whether bytes were carried since somebody looked.
    moved: bool,
}

/// How far a direction is.
#[derive(Default)]
enum Stage {
    /// What comes is copied, which costs less than a pipe.
    #[default]
    Messages,
    /// From the first full chunk between sockets on it is a stream, and spliced.
    Stream(Splice),
    /// Its sender has closed; its receiver is to be told.
    End,
    /// Its receiver has been told.
    Over,
}

impl Direction {
    /// Carries what there is. Ready once the sender has closed, and the receiver has been told.
    fn poll(
        &mut self,
        from: &mut impl Side,
        to: &mut impl Side,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Messages => ready!(self.poll_message(from, to, context))?,
                Stage::Stream(pipe) => {
                    if let (Some(from), Some(to)) = (from.plain(), to.plain()) {
                        ready!(pipe.poll_carry(from, to, context, &mut self.moved))?;
                    }
                    Stage::End
                }
                Stage::End => {
                    ready!(Pin::new(&mut *to).poll_shutdown(context))?;
                    Stage::Over
                }
                Stage::Over => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Carries a message, and tells how to go on.
    fn poll_message(
        &mut self,
        from: &mut impl Side,
        to: &mut impl Side,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Stage>> {
        while !self.left.is_empty() {
            let count = ready!(to.poll_give(context, &self.left, false))?;
            self.left.drain(..count);
            self.moved = true;
        }
        if self.given {
            ready!(Pin::new(&mut *to).poll_flush(context))?;
            self.given = false;
        }
        ROOM.with_borrow_mut(|room| {
            let mut read = ReadBuf::new(room);
            ready!(Pin::new(&mut *from).poll_read(context, &mut read))?;
            self.moved = true;
            let mut message = read.filled();
            let count = message.len();
            let are_last = count < CHUNK && has_ended(from, context);
            self.given = true;
            while !message.is_empty() {
                match to.poll_give(context, message, are_last) {
                    Poll::Ready(count) => message = &message[count?..],
                    Poll::Pending => {
                        self.left = message.to_vec();
                        break;
                    }
                }
            }
            Poll::Ready(Ok(match count {
                0 => Stage::End,
                CHUNK if self.left.is_empty() => splice(from, to),
                _ => Stage::Messages,
            }))
        })
    }
}

/// Without file descriptors for a pipe, or bytes that are not carried as they are, it is copied on.
fn splice(from: &impl Side, to: &impl Side) -> Stage {
    let sockets = from.plain().is_some() && to.plain().is_some();
    match sockets.then(Splice::new) {
        Some(Ok(pipe)) => Stage::Stream(pipe),
        Some(Err(_)) | None => Stage::Messages,
    }
}

/// Whether its end has arrived, as far as the kernel has said so unasked.
fn has_ended(from: &impl Side, context: &mut Context<'_>) -> bool {
    // What was not full has emptied it: what makes it ready all the same is its end, and only then it is asked which.
    from.plain().is_some_and(|from| from.poll_read_ready(context).is_ready() && is_closed(from, context))
}

fn is_closed(from: &TcpStream, context: &mut Context<'_>) -> bool {
    let ready = pin!(from.ready(Interest::READABLE)).poll(context);
    matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
}

#[cfg(test)]
mod tests;
