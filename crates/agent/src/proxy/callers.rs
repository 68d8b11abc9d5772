//! For whom the proxy has opened its connections to servers: it tells whoever asks, over a socket of its process.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddrV4;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::sleep;

use super::SHORTAGE;
use super::message;
use super::origin::Origin;
use crate::config::AgentConfig;

/// How long a proxy may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest answer, bytes.
const LONGEST: u64 = 4096;

/// A connection that a proxy has opened. Several may come from one port, each to another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// Its number in the IP header: TCP and UDP have ports of their own.
    pub(crate) protocol: u8,
    /// The proxy's own end.
    pub(crate) from: SocketAddrV4,
    /// The server, by its alias.
    pub(crate) to: SocketAddrV4,
}

/// The connections that one proxy has opened.
#[derive(Debug, Default)]
pub(super) struct Callers(Mutex<HashMap<Opened, Origin>>);

/// Forgets a connection when dropped.
pub(super) struct Remembered {
    callers: Arc<Callers>,
    opened: Opened,
}

impl Callers {
    /// Remembers for whom a connection was opened.
    pub(super) fn remember(self: &Arc<Self>, opened: Opened, origin: Origin) -> Remembered {
        // What a panic has left is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(opened, origin);
        Remembered { callers: Arc::clone(self), opened }
    }

    pub(super) fn of(&self, opened: Opened) -> Option<Origin> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&opened).copied()
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        self.callers.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.opened);
    }
}

/// The socket of this process; its file goes when dropped.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Makes it, for root alone.
    pub(super) fn bind(config: &AgentConfig) -> io::Result<Self> {
        let directory = config.callers_dir();
        fs::create_dir_all(&directory)?;
        fs::set_permissions(&directory, Permissions::from_mode(0o700))?;
        let path = directory.join(std::process::id().to_string());
        // An earlier process of this number was killed.
        let _ = fs::remove_file(&path);
        Ok(Self { listener: UnixListener::bind(&path)?, path })
    }

    /// Answers until dropped.
    pub(super) async fn tell(self, callers: Arc<Callers>) {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                sleep(SHORTAGE).await;
                continue;
            };
            let callers = Arc::clone(&callers);
            tokio::spawn(async move {
                if let Ok(Err(error)) = tokio::time::timeout(PATIENCE, answer(stream, &callers)).await {
                    tracing::debug!(%error, "who asked for a caller has gone");
                }
            });
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer(mut stream: UnixStream, callers: &Callers) -> io::Result<()> {
    while let Some(opened) = message::receive(&mut stream).await? {
        message::send(&mut stream, &callers.of(opened)).await?;
    }
    Ok(())
}

/// For whom a proxy of this host has opened a connection; `None` = none knows it.
/// Blocks for as long as they take to answer.
pub(crate) fn caller(config: &AgentConfig, opened: Opened) -> Option<Origin> {
    let sockets = fs::read_dir(config.callers_dir()).ok()?.flatten();
    sockets.filter_map(|socket| ask(&socket.path(), opened).ok().flatten()).next()
}

/// A proxy that was killed has left its socket, and answers nothing.
fn ask(socket: &Path, opened: Opened) -> io::Result<Option<Origin>> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let text = serde_json::to_vec(&opened)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], &text].concat())?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u64::from(u32::from_be_bytes(length));
    if length > LONGEST {
        return Err(io::Error::other(format!("an answer of {length} bytes")));
    }
    Ok(serde_json::from_reader(stream.take(length))?)
}

#[cfg(test)]
mod tests {
    use model::id::{EndpointIndex, ListenerIndex};

    use super::*;
    use crate::proxy::{TCP, UDP};

    fn origin(endpoint: u32) -> Origin {
        Origin {
            client: SocketAddrV4::new([10, 0, 1, 11].into(), 5000),
            target: SocketAddrV4::new([10, 0, 1, 200].into(), 81),
            listener: ListenerIndex(1),
            endpoint: Some(EndpointIndex(endpoint)),
        }
    }

    fn config(name: &str) -> AgentConfig {
        let tag = format!("callers-{}-{name}", std::process::id());
        AgentConfig {
            state_dir: std::env::temp_dir().join(&tag),
            run_dir: std::env::temp_dir().join(&tag),
            tag,
            host: "host-a1".parse().unwrap(),
            connections: 1,
            proxy_command: vec![],
        }
    }

    #[tokio::test]
    async fn a_proxy_tells_for_whom_it_has_opened_a_connection_for_as_long_as_it_is_there() {
        let config = config("told");
        let from = SocketAddrV4::new([100, 112, 0, 1].into(), 4000);
        // One port serves for each server.
        let to =
            |server| Opened { protocol: TCP, from, to: SocketAddrV4::new([100, 64, 0, server].into(), 81) };
        let (one, other) = (to(1), to(2));
        let datagrams = Opened { protocol: UDP, ..one };
        let callers = Arc::new(Callers::default());
        let asked = |opened| {
            let config = config.clone();
            async move { tokio::task::spawn_blocking(move || caller(&config, opened)).await.unwrap() }
        };
        assert_eq!(asked(one).await, None, "there is no proxy");
        let telling = tokio::spawn(Socket::bind(&config).unwrap().tell(Arc::clone(&callers)));
        // What one that was killed has left, too, stands in nobody's way.
        fs::write(config.callers_dir().join("1"), "").unwrap();
        let first = callers.remember(one, origin(7));
        let _second = callers.remember(other, origin(8));
        assert_eq!((asked(one).await, asked(other).await), (Some(origin(7)), Some(origin(8))));
        assert_eq!(asked(datagrams).await, None, "what it has opened is a connection");
        drop(first);
        assert_eq!((asked(one).await, callers.count()), (None, 1));
        telling.abort();
        assert!(telling.await.unwrap_err().is_cancelled());
        assert_eq!(fs::read_dir(config.callers_dir()).unwrap().count(), 1, "its own socket has gone");
        fs::remove_dir_all(&config.run_dir).unwrap();
    }
}
