//! The agent's side: keeps the proxy running while a listener needs one, and tells it what to follow.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep, timeout};

use super::message::{self, Message};
use super::settings::Settings;
use crate::config::AgentConfig;

/// How long a new process may take until it listens.
const START: Duration = Duration::from_secs(3);
/// How often it is asked meanwhile.
const PAUSE: Duration = Duration::from_millis(10);
/// How long it may take to follow.
const FOLLOW: Duration = Duration::from_secs(3);

/// Listeners that need the proxy do not have it.
#[derive(Debug, thiserror::Error)]
#[error("the proxy does not follow the plan; what it says is in {}", log.display())]
pub struct KeeperError {
    log: PathBuf,
    #[source]
    source: io::Error,
}

/// Keeps the proxy.
#[derive(Debug)]
pub struct Keeper {
    config: AgentConfig,
    told: Option<(UnixStream, Settings)>,
}

impl Keeper {
    /// A keeper that has told nothing yet.
    pub fn new(config: AgentConfig) -> Self {
        Self { config, told: None }
    }

    /// Makes the proxy follow; without a listener that needs one there is none.
    ///
    /// # Errors
    /// When it cannot be started or does not answer. To ask again is safe.
    pub async fn follow(&mut self, settings: Settings) -> Result<(), KeeperError> {
        let followed = timeout(START + FOLLOW, self.try_follow(settings)).await;
        followed.unwrap_or_else(|elapsed| Err(elapsed.into())).map_err(|source| {
            self.told = None;
            KeeperError { log: self.config.proxy_log(), source }
        })
    }

    async fn try_follow(&mut self, settings: Settings) -> io::Result<()> {
        if self.told.as_ref().is_some_and(|(stream, told)| *told == settings && is_open(stream)) {
            return Ok(());
        }
        let known = self.told.take().map(|(stream, _)| stream).filter(is_open);
        let present = match known {
            Some(stream) => Some(stream),
            None => self.present().await?,
        };
        if settings.listeners.is_empty() {
            return match present {
                Some(mut stream) => message::tell(&mut stream, &Message::Retire).await,
                None => Ok(()),
            };
        }
        let mut stream = match present {
            Some(stream) => stream,
            None => self.start().await?,
        };
        let message = Message::Follow(settings);
        message::tell(&mut stream, &message).await?;
        if let Message::Follow(settings) = message {
            self.told = Some((stream, settings));
        }
        Ok(())
    }

    /// A connection to the process that listens, unless there is none or it runs another program: then that one retires.
    async fn present(&self) -> io::Result<Option<UnixStream>> {
        let Ok(mut stream) = UnixStream::connect(self.config.proxy_socket()).await else { return Ok(None) };
        let program = |process: &str| fs::read_link(Path::new("/proc").join(process).join("exe"));
        let pid = stream.peer_cred()?.pid().unwrap_or_default();
        if program(&pid.to_string())? == program("self")? {
            return Ok(Some(stream));
        }
        message::tell(&mut stream, &Message::Retire).await?;
        Ok(None)
    }

    async fn start(&self) -> io::Result<UnixStream> {
        let log = OpenOptions::new().create(true).append(true).open(self.config.proxy_log())?;
        let [program, arguments @ ..] = self.config.proxy_command.as_slice() else {
            return Err(io::Error::other("this host has no command for a proxy"));
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut process = std::os::unix::process::CommandExt::process_group(&mut command, 0).spawn()?;
        let end = Instant::now() + START;
        loop {
            if let Ok(stream) = UnixStream::connect(self.config.proxy_socket()).await {
                // Its end is waited for, so that it leaves no zombie.
                std::thread::spawn(move || process.wait());
                return Ok(stream);
            }
            if let Some(status) = process.try_wait()? {
                return Err(io::Error::other(format!("it has ended: {status}")));
            }
            if Instant::now() > end {
                process.kill()?;
                process.wait()?;
                return Err(io::ErrorKind::TimedOut.into());
            }
            sleep(PAUSE).await;
        }
    }
}

/// Whether the other side is there: it says nothing unasked.
fn is_open(stream: &UnixStream) -> bool {
    matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

/// Ends every proxy of this host, those that retire too. Returns when they have gone.
///
/// # Errors
/// When one cannot be ended.
pub fn kill_all(config: &AgentConfig) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(config.proxies_dir()) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let pid = name.and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
        let file = File::open(&path)?;
        if let (Some(pid), Err(_)) = (pid, flock(&file, FlockOperation::NonBlockingLockExclusive)) {
            kill_process(pid, Signal::KILL)?;
            flock(&file, FlockOperation::LockExclusive)?;
        }
        fs::remove_file(&path)?;
    }
    Ok(())
}
