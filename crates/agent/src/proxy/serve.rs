//! The process: takes connections and settings until it is told to retire and the last connection has ended.

mod choice;
mod connection;
mod datagrams;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;

use choice::{Loads, Turns};
use connection::Known;
use model::id::ListenerIndex;
use model::net::services;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tables::PROXY_PORT;
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixStream};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet, LocalSet};
use tokio::time::sleep;

use super::SHORTAGE;
use super::callers::{self, Callers};
use super::message::{self, Message};
use super::origin::Origins;
use super::settings::Settings;
use super::tls::Terminator;
use crate::config::AgentConfig;
use crate::kernel::netns::NetnsError;
use crate::kernel::programs::maps_dir;
use crate::kernel::table::TableError;

/// Connections that wait to be taken.
const BACKLOG: u32 = 4096;

/// The proxy cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The kernel's maps are not there.
    #[error("the proxy finds no flows: is the data plane up?")]
    Maps(#[from] TableError),
    /// The services namespace is not there.
    #[error("the proxy cannot enter its namespace")]
    Namespace(#[from] NetnsError),
    /// A socket or file could not be made.
    #[error("the proxy cannot use {what}")]
    Socket {
        /// Which.
        what: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

fn failed(what: impl Into<String>) -> impl FnOnce(io::Error) -> ProxyError {
    |source| ProxyError::Socket { what: what.into(), source }
}

/// Settings, and what follows from them alone.
#[derive(Default)]
struct Live {
    settings: Settings,
    /// What speaks TLS for each listener that does.
    terminators: BTreeMap<ListenerIndex, Arc<Terminator>>,
    /// Whose turn it is.
    turns: Turns,
}

impl Live {
    /// What these settings come to, and what of them cannot be: there the last good certificates stay.
    fn of(settings: Settings, last: &Live) -> (Self, Vec<String>) {
        let (mut terminators, mut faults) = (BTreeMap::new(), Vec::new());
        for (index, listener) in &settings.listeners {
            let Some(tls) = &listener.tls else { continue };
            let before = last.terminators.get(index);
            let is_same = last.settings.listeners.get(index).is_some_and(|it| it.tls.as_ref() == Some(tls));
            let made = match before.filter(|_| is_same) {
                Some(before) => Ok(Arc::clone(before)),
                None => Terminator::new(tls).map(Arc::new),
            };
            let kept = made.map_err(|error| faults.push(format!("TLS of {}: {error}", listener.id))).ok();
            terminators.extend(kept.or_else(|| before.cloned()).map(|terminator| (*index, terminator)));
        }
        let turns = Turns::of(&settings, &last.turns);
        (Self { settings, terminators, turns }, faults)
    }
}

/// Runs the proxy of this host, in a process that has no other thread.
///
/// # Errors
/// When a socket or the kernel's maps cannot be used.
pub fn run(config: &AgentConfig) -> Result<(), ProxyError> {
    open_many_files();
    config.services().enter()?;
    runtime()?.block_on(serve(config))
}

/// Every thread has one of its own: what belongs to a connection happens where it was taken, and wakes no other thread.
fn runtime() -> Result<Runtime, ProxyError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed("a thread"))
}

/// As many as this process may have: a connection takes two.
fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files stays");
    }
}

async fn serve(config: &AgentConfig) -> Result<(), ProxyError> {
    let _held = hold(config)?;
    let known = Known {
        origins: Arc::new(Origins::open(&maps_dir(&config.bpf_dir()))?),
        callers: Arc::new(Callers::default()),
        loads: Arc::new(Loads::default()),
    };
    let (live, settings) = watch::channel(Arc::new(Live::default()));
    let (retire, retired) = watch::channel(false);
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let workers: Vec<_> = (0..count)
        .map(|_| worker(known.clone(), settings.clone(), retired.clone(), datagrams::room(count)))
        .collect::<Result<_, _>>()?;
    let socket = config.proxy_socket();
    // A process that retires, or was killed, leaves its socket.
    let _ = fs::remove_file(&socket);
    let told = callers::Socket::bind(config).map_err(failed(config.callers_dir().display().to_string()))?;
    let mut telling = JoinSet::new();
    telling.spawn(told.tell(known.callers));
    let agents = UnixListener::bind(&socket).map_err(failed(socket.display().to_string()))?;
    let mut agent: Option<JoinHandle<()>> = None;
    let mut over = retired;
    loop {
        tokio::select! {
            _ = over.wait_for(|over| *over) => break,
            taken = agents.accept() => match taken {
                Ok((stream, _)) => {
                    // One agent at a time: the newest.
                    if let Some(old) = agent.take() { old.abort(); }
                    agent = Some(tokio::spawn(obey(stream, live.clone(), retire.clone())));
                }
                Err(error) => {
                    tracing::warn!(%error, "an agent was not heard");
                    sleep(SHORTAGE).await;
                }
            },
        }
    }
    drop(agents);
    // The agent may still say what becomes of the last connections.
    let ended = tokio::task::spawn_blocking(|| workers.into_iter().for_each(|worker| drop(worker.join())));
    ended.await.map_err(|error| failed("its threads")(error.into()))?;
    // Takes the socket's file along.
    telling.shutdown().await;
    Ok(())
}

/// A thread that takes its share of connections and datagrams, until it is to retire and the last connection has ended.
fn worker(
    known: Known,
    settings: watch::Receiver<Arc<Live>>,
    retired: watch::Receiver<bool>,
    room: usize,
) -> Result<std::thread::JoinHandle<()>, ProxyError> {
    let runtime = runtime()?;
    let at = SocketAddrV4::new(services::PROXY, PROXY_PORT);
    let (clients, senders) = {
        let _inside = runtime.enter();
        let listening = listen(at.into()).and_then(|clients| Ok((clients, datagrams::listen(at)?)));
        listening.map_err(failed(at.to_string()))?
    };
    let work = move || {
        let local = LocalSet::new();
        local.spawn_local(datagrams::take(senders, known.clone(), settings.clone(), retired.clone(), room));
        local.block_on(&runtime, take(clients, &known, &settings, retired));
    };
    std::thread::Builder::new().name("connections".into()).spawn(work).map_err(failed("a thread"))
}

async fn take(
    clients: TcpListener,
    known: &Known,
    settings: &watch::Receiver<Arc<Live>>,
    mut retired: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = retired.wait_for(|retired| *retired) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            taken = clients.accept() => match taken {
                Ok((client, SocketAddr::V4(peer))) => {
                    let connection = connection::serve(client, peer, known.clone(), settings.clone());
                    connections.spawn(connection);
                }
                Ok((_, SocketAddr::V6(_))) => {}
                Err(error) => {
                    tracing::warn!(%error, "a connection was not taken");
                    sleep(SHORTAGE).await;
                }
            },
        }
    }
    // What comes from now on is for the successor.
    drop(clients);
    while connections.join_next().await.is_some() {}
}

/// A file whose lock tells that this process lives.
fn hold(config: &AgentConfig) -> Result<File, ProxyError> {
    let path: PathBuf = config.proxies_dir().join(std::process::id().to_string());
    let make = || {
        fs::create_dir_all(config.proxies_dir())?;
        let file = File::create(&path)?;
        flock(&file, FlockOperation::LockExclusive)?;
        Ok(file)
    };
    make().map_err(failed(path.display().to_string()))
}

/// A successor may listen already while this process ends, and the other way round.
fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // Connections inherit it. A small message waits for nothing here: whether it may is between client and server.
    socket.set_nodelay(true)?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

/// Follows what the agent says, until it goes.
async fn obey(mut stream: UnixStream, live: watch::Sender<Arc<Live>>, retire: watch::Sender<bool>) {
    loop {
        let faults = match message::receive(&mut stream).await {
            Ok(Some(Message::Follow(settings))) => {
                let (next, faults) = Live::of(settings, &live.borrow().clone());
                live.send_replace(Arc::new(next));
                faults
            }
            Ok(Some(Message::Retire)) => {
                retire.send_replace(true);
                Vec::new()
            }
            Ok(None) => return,
            Err(error) => return tracing::warn!(%error, "the agent is not understood"),
        };
        if message::send(&mut stream, &faults).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
