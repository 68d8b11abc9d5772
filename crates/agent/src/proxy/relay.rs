//! Carries bytes between two connections: half-close, back pressure, resets and the idle timeout stay what they are
//! without a proxy in between.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::mem::take;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

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
    /// Whether its end has arrived, as far as is known unasked, right after it was read from and had less than was asked for.
    fn has_ended(&self, _: &mut Context<'_>) -> bool {
        false
    }

    /// Gives it bytes. Those that are the last may wait for the end, and go along with it in one packet.
    fn poll_give(&mut self, context: &mut Context<'_>, bytes: &[u8], _: bool) -> Poll<io::Result<usize>> {
        Pin::new(self).poll_write(context, bytes)
    }
}

impl Side for TcpStream {
    fn has_ended(&self, context: &mut Context<'_>) -> bool {
        // What was not full has emptied it: what makes it ready all the same is its end, and only then it is asked which.
        self.poll_read_ready(context).is_ready() && is_closed(self, context)
    }
}

fn is_closed(socket: &TcpStream, context: &mut Context<'_>) -> bool {
    let ready = pin!(socket.ready(Interest::READABLE)).poll(context);
    matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
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
    /// What comes is given on.
    #[default]
    Bytes,
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
            self.stage = match self.stage {
                Stage::Bytes => ready!(self.poll_bytes(from, to, context))?,
                Stage::End => {
                    ready!(Pin::new(&mut *to).poll_shutdown(context))?;
                    Stage::Over
                }
                Stage::Over => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Carries what is there at once, and tells how to go on.
    fn poll_bytes(
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
            let mut bytes = read.filled();
            let count = bytes.len();
            let are_last = count < CHUNK && from.has_ended(context);
            self.given = true;
            while !bytes.is_empty() {
                match to.poll_give(context, bytes, are_last) {
                    Poll::Ready(count) => bytes = &bytes[count?..],
                    Poll::Pending => {
                        self.left = bytes.to_vec();
                        break;
                    }
                }
            }
            Poll::Ready(Ok(if count == 0 { Stage::End } else { Stage::Bytes }))
        })
    }
}

#[cfg(test)]
mod tests;
