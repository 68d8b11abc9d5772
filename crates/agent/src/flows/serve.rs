//! Who asks for the flow log gets it over a socket: a query in, a line for each record out.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::mpsc;

use super::Flows;
use super::record::FlowRecord;
use super::view::{Query, Viewer};

/// Longest query, bytes.
const LONGEST: u64 = 4096;
/// Longest wait for a query.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records that wait for a reader; what comes beyond is missed.
const BEHIND: usize = 4096;

/// Pause before the socket is made anew.
const RETRY: Duration = Duration::from_secs(1);

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// A record.
    Flow(Box<FlowRecord>),
    /// So many records came faster than they were read.
    Missed(u64),
}

/// Answers root until dropped, and again after a failure.
pub(crate) async fn serve(path: PathBuf, flows: Arc<Flows>) {
    loop {
        if let Err(error) = listen(&path, &flows).await {
            tracing::warn!(%error, path = %path.display(), "the flow log is not told; trying again");
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn listen(path: &Path, flows: &Arc<Flows>) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    // A killed agent leaves its socket.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    loop {
        let (stream, _) = listener.accept().await?;
        let flows = Arc::clone(flows);
        tokio::spawn(async move {
            if let Err(error) = answer(stream, &flows).await {
                tracing::debug!(%error, "who asked for the flow log has gone");
            }
        });
    }
}

async fn answer(mut stream: UnixStream, flows: &Flows) -> io::Result<()> {
    // The mode of the socket keeps others out once it is set; who connected in the moment before is told apart here.
    let peer = stream.peer_cred()?.uid();
    if peer != 0 && peer != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("user {peer} may not ask")));
    }
    let mut text = Vec::new();
    let mut limited = (&mut stream).take(LONGEST);
    tokio::time::timeout(PATIENCE, limited.read_to_end(&mut text)).await??;
    let query: Query = serde_json::from_slice(&text)?;
    let (kept, later) = flows.log.read();
    let mut shown: Vec<FlowRecord> =
        kept.iter().rev().filter_map(|record| query.show(record)).take(query.last).collect();
    shown.reverse();
    for record in shown {
        write(&mut stream, &Told::Flow(record.into())).await?;
    }
    if !query.follow {
        return Ok(());
    }
    let (out, mut told) = mpsc::channel(BEHIND);
    let (pick, write) = (pick(query, later, out), async {
        while let Some(told) = told.recv().await {
            write(&mut stream, &told).await?;
        }
        Ok(())
    });
    tokio::select! {
        () = pick => Ok(()),
        written = write => written,
    }
}

/// Picks what is asked for out of everything, however slowly it is read: what a reader has missed is counted of its own records
/// alone, because others' are nothing that it may count.
async fn pick(query: Query, mut later: broadcast::Receiver<Arc<FlowRecord>>, out: mpsc::Sender<Told>) {
    let mut missed = 0;
    loop {
        match later.recv().await {
            Ok(record) => {
                let Some(record) = query.show(&record) else { continue };
                // The last place is for how many are missing before what comes next.
                if out.capacity() < 2 || (missed > 0 && out.try_send(Told::Missed(missed)).is_err()) {
                    missed += 1;
                    continue;
                }
                missed = 0;
                if out.try_send(Told::Flow(record.into())).is_err() {
                    return;
                }
            }
            // Whose these were is not known: who may not see all is told that there was one at least.
            Err(RecvError::Lagged(lost)) => missed += if query.viewer == Viewer::Operator { lost } else { 1 },
            Err(RecvError::Closed) => return,
        }
    }
}

async fn write(stream: &mut UnixStream, told: &Told) -> io::Result<()> {
    let mut line = serde_json::to_vec(told)?;
    line.push(b'\n');
    stream.write_all(&line).await
}

#[cfg(test)]
mod tests {
    use model::id::AccountId;

    use super::super::record::tests::record;
    use super::super::view::Filter;
    use super::*;

    /// The record is account 1's as a client and 2's as a server.
    #[tokio::test]
    async fn a_slow_reader_is_told_how_many_of_its_own_records_it_has_missed() {
        let (followers, later) = broadcast::channel(64);
        let (out, mut told) = mpsc::channel(4);
        let query =
            Query { viewer: Viewer::Account(AccountId(1)), filter: Filter::default(), last: 0, follow: true };
        let mut foreign = record();
        foreign.client = foreign.server.clone();
        let picking = tokio::spawn(pick(query, later, out));
        for own in 0..10 {
            followers.send(Arc::new(FlowRecord { time_ms: own, ..record() })).unwrap();
            followers.send(Arc::new(foreign.clone())).unwrap();
            tokio::task::yield_now().await;
        }
        let mut times = Vec::new();
        while let Ok(Told::Flow(record)) = told.try_recv() {
            times.push(record.time_ms);
        }
        assert_eq!(times, [0, 1, 2]);
        followers.send(Arc::new(FlowRecord { time_ms: 10, ..record() })).unwrap();
        assert_eq!(told.recv().await, Some(Told::Missed(7)));
        assert!(matches!(told.recv().await, Some(Told::Flow(record)) if record.time_ms == 10));
        drop(followers);
        picking.await.unwrap();
    }
}
