//! Who asks for the flow log gets it over a socket: a query in, a line for each record out.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;

use super::Flows;
use super::record::FlowRecord;
use super::view::Query;

/// Longest query, bytes.
const LONGEST: u64 = 4096;
/// Longest wait for a query.
const PATIENCE: Duration = Duration::from_secs(5);

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
    let (kept, mut later) = flows.log.read();
    let mut shown: Vec<FlowRecord> =
        kept.iter().rev().filter_map(|record| query.show(record)).take(query.last).collect();
    shown.reverse();
    for record in shown {
        write(&mut stream, &Told::Flow(record.into())).await?;
    }
    if !query.follow {
        return Ok(());
    }
    loop {
        match later.recv().await {
            Ok(record) => {
                if let Some(record) = query.show(&record) {
                    write(&mut stream, &Told::Flow(record.into())).await?;
                }
            }
            Err(RecvError::Lagged(missed)) => write(&mut stream, &Told::Missed(missed)).await?,
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

async fn write(stream: &mut UnixStream, told: &Told) -> io::Result<()> {
    let mut line = serde_json::to_vec(told)?;
    line.push(b'\n');
    stream.write_all(&line).await
}
