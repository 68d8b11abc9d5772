//! First start: region, host, account and access key. Later starts: the same things are there and stay.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use model::account::{AccessKey, AccessKeyId, Secret};
use model::command::system::{Access, AccessKeyFate, CreateAccessKey, CreateAccount};
use model::command::{Command, Env};
use model::entropy::Entropy;
use model::id::{AccountId, HostId, ZoneId};
use model::records::Settings;
use serde_json::{Value, json};

use crate::commit::{Commits, Submission, SubmitError};
use crate::random::{self, NoRandomness};
use crate::rpc::time;

/// Whoever sets up the installation; owns nothing.
pub(crate) const SYSTEM: AccountId = AccountId(0);
/// Id and secret of the key that `--dev` opens with.
pub(crate) const DEV_KEY: &str = "dev";
/// Beside the store: the key of the first account, for the command line on this machine.
pub const KEY_FILE: &str = "access-key.json";

/// Why the installation could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A command did not go through.
    #[error("the installation could not be set up")]
    Submit(#[from] SubmitError),
    /// No keys can be made.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// The key file cannot be written.
    #[error("the key file {} cannot be written: check that its directory is writable and has space", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// What the installation is to be.
pub(crate) struct Wanted<'a> {
    pub(crate) region: &'a str,
    pub(crate) zones: &'a [ZoneId],
    /// Open with the key dev/dev; a later start without it switches that key off.
    pub(crate) dev: bool,
    pub(crate) state_dir: &'a Path,
}

/// Makes the installation what it is to be. Says which host runs here, and the key if one was made just now.
pub(crate) async fn set_up(
    commits: &Commits,
    wanted: &Wanted<'_>,
) -> Result<(HostId, Option<(AccessKeyId, Secret)>), SetUpError> {
    let host = configure(commits, wanted).await?;
    let account = account(commits).await?;
    if wanted.dev {
        open_dev_key(commits, account).await?;
        return Ok((host, None));
    }
    set_active(commits, &dev_key(), false).await?;
    let made = first_key(commits, account, wanted.state_dir).await?;
    Ok((host, made))
}

/// Settles region, zones and the one host.
async fn configure(commits: &Commits, wanted: &Wanted<'_>) -> Result<HostId, SetUpError> {
    let settings = commits.state().settings();
    let host = match settings.hosts.first() {
        Some(host) => host.clone(),
        None => HostId::generate(&mut Entropy::new(random::seed()?)),
    };
    let hosts = vec![host.clone()];
    let wanted = Settings { region: wanted.region.to_owned(), zones: wanted.zones.to_vec(), hosts };
    if *settings != wanted {
        submit(commits, Command::Configure(wanted)).await?;
    }
    Ok(host)
}

/// The first account, which is made when there is none.
async fn account(commits: &Commits) -> Result<AccountId, SetUpError> {
    if commits.state().tables().accounts.is_empty() {
        submit(commits, Command::CreateAccount(CreateAccount { id: None, name: "default".into() })).await?;
    }
    let state = commits.state();
    let oldest = state.tables().accounts.values().min_by_key(|account| (account.created, account.id));
    Ok(oldest.map_or(SYSTEM, |account| account.id))
}

#[expect(clippy::expect_used, reason = "three letters are a legal id")]
fn dev_key() -> AccessKeyId {
    AccessKeyId::parse(DEV_KEY).expect("a legal id")
}

async fn open_dev_key(commits: &Commits, account: AccountId) -> Result<(), SetUpError> {
    let id = dev_key();
    if commits.state().get::<AccessKey>(&id).is_none() {
        let key = CreateAccessKey { account, id: id.clone(), secret: Secret::new(DEV_KEY) };
        submit(commits, Command::CreateAccessKey(key)).await?;
    }
    set_active(commits, &id, true).await
}

/// Switches a key on or off, if there is such a key.
async fn set_active(commits: &Commits, id: &AccessKeyId, active: bool) -> Result<(), SetUpError> {
    let differs = commits.state().get::<AccessKey>(id).is_some_and(|key| key.active != active);
    if differs {
        let fate = if active { AccessKeyFate::Active } else { AccessKeyFate::Inactive };
        submit(commits, Command::Access(Access::Key(id.clone(), fate))).await?;
    }
    Ok(())
}

/// A key for an account without any, also in the key file.
async fn first_key(
    commits: &Commits,
    account: AccountId,
    state_dir: &Path,
) -> Result<Option<(AccessKeyId, Secret)>, SetUpError> {
    if commits.state().tables().access_keys.values().any(|key| key.active) {
        return Ok(None);
    }
    let (id, secret) = random::access_key()?;
    // The file first: a key that nobody knows would shut everybody out.
    let path = state_dir.join(KEY_FILE);
    write_key(&path, &id, &secret).map_err(|source| SetUpError::KeyFile { path, source })?;
    let key = CreateAccessKey { account, id: id.clone(), secret: secret.clone() };
    submit(commits, Command::CreateAccessKey(key)).await?;
    Ok(Some((id, secret)))
}

fn write_key(path: &Path, id: &AccessKeyId, secret: &Secret) -> io::Result<()> {
    let text = json!({ "AccessKeyId": id.as_str(), "AccessKeySecret": secret.reveal() }).to_string();
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Commits a command of the installation itself.
pub(crate) async fn submit(commits: &Commits, command: Command) -> Result<Value, SetUpError> {
    let env = Env { now: time::now(), seed: random::seed()?, account: SYSTEM, role: None };
    let answer = Box::new(|_: &_, _: &_| Value::Null);
    Ok(commits.submit(Submission { command, env, token: None, answer }).await?)
}

#[cfg(test)]
mod tests;
