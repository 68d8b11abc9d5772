//! A stream of server-sent events: one whenever something has changed that a page may show. It says that, and not what:
//! pages ask the API again, which answers to each account what is its own.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use model::id::Revision;
use model::state::State;
use model::status::Observed;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::http::Body;

/// Shortest time between two events: what changes in between is told by one.
const PAUSE: Duration = Duration::from_millis(200);
/// Something is sent at least this often, so that both ends notice when the other is gone.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after this long. Its reader asks again, and is judged again: the key may be gone by then.
pub(super) const LIFE: Duration = Duration::from_secs(300);

const CHANGED: &[u8] = b"data: changed\n\n";
/// A comment: readers leave it out.
pub(super) const NOTHING: &[u8] = b": nothing new\n\n";

/// What the reader has been told of.
pub(super) type Told = (Revision, Arc<Observed>);

/// What is watched.
#[derive(Clone)]
pub(crate) struct Changes {
    /// Every newest state.
    pub(crate) states: watch::Receiver<Arc<State>>,
    /// What the hosts report.
    pub(crate) observed: watch::Receiver<Arc<Observed>>,
}

impl Changes {
    /// The installation's region.
    pub(crate) fn region(&self) -> String {
        self.states.borrow().settings().region.clone()
    }

    /// What the hosts report now.
    pub(crate) fn observed(&self) -> Arc<Observed> {
        self.observed.borrow().clone()
    }

    pub(super) fn now(&self) -> Told {
        (self.states.borrow().revision(), self.observed.borrow().clone())
    }

    /// Waits until state or reports differ from what they were when they were `told`, and says what they are now.
    pub(super) async fn since(&mut self, told: &Told) -> Result<Told, watch::error::RecvError> {
        loop {
            // Hosts report what has not changed, too.
            let now = self.now();
            if now.0 != told.0 || !now.1.tells_the_same(&told.1) {
                return Ok(now);
            }
            tokio::select! {
                changed = self.states.changed() => changed?,
                changed = self.observed.changed() => changed?,
            }
        }
    }
}

/// The response whose body is the stream: the first event comes at once.
pub(super) fn stream(changes: Changes, stopped: watch::Receiver<()>) -> Response<Body> {
    let (events, body) = mpsc::channel(1);
    tokio::spawn(feed(changes, stopped, events));
    streaming(body)
}

/// The response whose body are server-sent events.
pub(super) fn streaming(events: mpsc::Receiver<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::Stream(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn feed(mut changes: Changes, mut stopped: watch::Receiver<()>, events: mpsc::Sender<Bytes>) {
    let end = Instant::now() + LIFE;
    let (mut told, mut event) = (changes.now(), CHANGED);
    while events.send(Bytes::from_static(event)).await.is_ok() {
        sleep(PAUSE).await;
        event = tokio::select! {
            changed = timeout(HEARTBEAT, changes.since(&told)) => match changed {
                Ok(Ok(now)) => {
                    told = now;
                    CHANGED
                }
                Ok(Err(_)) => return,
                Err(_) => NOTHING,
            },
            _ = stopped.changed() => return,
            () = events.closed() => return,
            () = sleep_until(end) => return,
        };
    }
}
