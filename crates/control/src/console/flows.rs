//! An account's part of the flow log as server-sent events: one for each record, and one that says how many were lost.

use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::events::{HEARTBEAT, LIFE, NOTHING, streaming};
use crate::http::Body;

/// Events that wait for a reader. When it is behind by more, the host counts what it cannot tell.
const WAITING: usize = 64;
/// Longest wait for a reader that takes nothing: it is gone, or stopped, and may ask again.
const PATIENCE: Duration = Duration::from_secs(30);

/// The response whose body is the stream.
pub(super) fn stream(records: mpsc::Receiver<Bytes>, stopped: watch::Receiver<()>) -> Response<Body> {
    let (events, body) = mpsc::channel(WAITING);
    tokio::spawn(feed(records, stopped, events));
    streaming(body)
}

async fn feed(
    mut records: mpsc::Receiver<Bytes>,
    mut stopped: watch::Receiver<()>,
    events: mpsc::Sender<Bytes>,
) {
    let end = Instant::now() + LIFE;
    // A page that has nothing to show yet learns that it is connected.
    let mut event = Bytes::from_static(NOTHING);
    while let Ok(Ok(())) = timeout(PATIENCE, events.send(event)).await {
        event = tokio::select! {
            record = timeout(HEARTBEAT, records.recv()) => match record {
                Ok(Some(record)) => [b"data: ", record.as_ref(), b"\n\n"].concat().into(),
                Ok(None) => return,
                Err(_) => Bytes::from_static(NOTHING),
            },
            _ = stopped.changed() => return,
            () = events.closed() => return,
            () = sleep_until(end) => return,
        };
    }
}
