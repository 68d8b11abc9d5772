//! `isthmus account …`, `isthmus key …` and `isthmus quota …`: accounts, access keys and limits, for root of this machine, while the daemon runs.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use comfy_table::Table;
use control::admin::{AccountShown, KeyShown, Question, QuotaShown, Told};
use model::account::AccessKeyId;
use model::id::AccountId;

use crate::place::{Place, Which};

/// Longest wait for the daemon.
const PATIENCE: Duration = Duration::from_secs(10);

/// Create, list and switch accounts; each owns its resources.
#[derive(Args)]
pub struct AccountCommand {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    verb: AccountVerb,
}

#[derive(Subcommand)]
enum AccountVerb {
    /// Make an account and print its number.
    Create {
        /// For people.
        name: String,
    },
    /// List accounts.
    List,
    /// Refuse every call of an account; its resources and their packets go on.
    Disable {
        /// Its number.
        account: u64,
    },
    /// Answer its calls again.
    Enable {
        /// Its number.
        account: u64,
    },
}

/// Create, list, switch and delete access keys.
#[derive(Args)]
pub struct KeyCommand {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    verb: KeyVerb,
}

#[derive(Subcommand)]
enum KeyVerb {
    /// Make an access key; its secret is shown only now.
    Create {
        /// Number of its account.
        account: u64,
    },
    /// List access keys, without secrets.
    List {
        /// Number of an account [default: all].
        account: Option<u64>,
    },
    /// Refuse every call with a key.
    Disable {
        /// Such as LTAI….
        key: String,
    },
    /// Take it again.
    Enable {
        /// Such as LTAI….
        key: String,
    },
    /// Delete a key.
    Delete {
        /// Such as LTAI….
        key: String,
    },
}

/// List and set limits of an account.
#[derive(Args)]
pub struct QuotaCommand {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    verb: QuotaVerb,
}

#[derive(Subcommand)]
enum QuotaVerb {
    /// List the limits of an account.
    List {
        /// Its number.
        account: u64,
    },
    /// Set a limit of an account. What it has beyond it stays.
    Set {
        /// Its number.
        account: u64,
        /// Such as VpcsAnAccount.
        name: String,
        /// The most from now on, or `usual`.
        limit: String,
    },
}

impl QuotaCommand {
    /// Does it and prints what came of it.
    ///
    /// # Errors
    /// When there is no such limit, no daemon answers, or it refuses.
    pub fn run(self) -> Result<()> {
        let question = match self.verb {
            QuotaVerb::List { account } => Question::ListQuotas { account: AccountId(account) },
            QuotaVerb::Set { account, name, limit } => Question::SetQuota {
                account: AccountId(account),
                quota: name.parse().with_context(|| format!("'{name}'"))?,
                limit: most(&limit)?,
            },
        };
        show(ask(&self.which.place()?, &question)?)
    }
}

/// A number; `None` for the usual limit.
fn most(text: &str) -> Result<Option<u32>> {
    let number = || text.parse().with_context(|| format!("'{text}': give a number, or usual"));
    if text == "usual" { Ok(None) } else { number().map(Some) }
}

impl AccountCommand {
    /// Does it and prints what came of it.
    ///
    /// # Errors
    /// When no daemon answers, or it refuses.
    pub fn run(self) -> Result<()> {
        let switch = |account, active| Question::SwitchAccount { account: AccountId(account), active };
        let is_new = matches!(self.verb, AccountVerb::Create { .. });
        let question = match self.verb {
            AccountVerb::Create { name } => Question::CreateAccount { name },
            AccountVerb::List => Question::ListAccounts,
            AccountVerb::Disable { account } => switch(account, false),
            AccountVerb::Enable { account } => switch(account, true),
        };
        match ask(&self.which.place()?, &question)? {
            Told::Accounts(made) if is_new => made.iter().for_each(|one| println!("{}", one.id)),
            told => show(told)?,
        }
        Ok(())
    }
}

impl KeyCommand {
    /// Does it and prints what came of it.
    ///
    /// # Errors
    /// When the key is none, no daemon answers, or it refuses.
    pub fn run(self) -> Result<()> {
        let switch =
            |key: &str, active| Ok::<_, anyhow::Error>(Question::SwitchKey { key: parse(key)?, active });
        let question = match self.verb {
            KeyVerb::Create { account } => Question::CreateKey { account: AccountId(account) },
            KeyVerb::List { account } => Question::ListKeys { account: account.map(AccountId) },
            KeyVerb::Disable { key } => switch(&key, false)?,
            KeyVerb::Enable { key } => switch(&key, true)?,
            KeyVerb::Delete { key } => Question::DeleteKey { key: parse(&key)? },
        };
        show(ask(&self.which.place()?, &question)?)
    }
}

fn parse(key: &str) -> Result<AccessKeyId> {
    AccessKeyId::parse(key).with_context(|| format!("'{key}'"))
}

fn ask(place: &Place, question: &Question) -> Result<Told> {
    let socket = place.admin_socket();
    let mut stream = UnixStream::connect(&socket).with_context(|| {
        format!("no daemon answers at {}: is `isthmus up` running, and are you root?", socket.display())
    })?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&serde_json::to_vec(question)?)?;
    stream.shutdown(Shutdown::Write)?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text)?;
    serde_json::from_slice(&text).context("the daemon closed the connection: it answers root alone")
}

fn show(told: Told) -> Result<()> {
    match told {
        Told::Done => {}
        Told::Accounts(rows) => {
            print(["ACCOUNT", "NAME", "STATUS", "KEYS", "CREATED"], rows.iter().map(account));
        }
        Told::Keys(rows) => print(["KEY", "ACCOUNT", "STATUS", "CREATED"], rows.iter().map(key)),
        Told::Quotas(rows) => print(["LIMIT", "MOST", "USUAL", "OF"], rows.iter().map(quota)),
        Told::NewKey { id, secret } => println!("Access key {id}, secret {secret}: shown only now."),
        Told::Refused(why) => bail!("{why}"),
    }
    Ok(())
}

fn print<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(heading);
    table.add_rows(rows);
    println!("{table}");
}

fn account(row: &AccountShown) -> [String; 5] {
    let keys = row.keys.to_string();
    [row.id.to_string(), row.name.clone(), status(row.active), keys, row.created.clone()]
}

fn key(row: &KeyShown) -> [String; 4] {
    [row.id.to_string(), row.account.to_string(), status(row.active), row.created.clone()]
}

fn quota(row: &QuotaShown) -> [String; 4] {
    let QuotaShown { quota, limit } = row;
    [quota.name().to_owned(), limit.to_string(), quota.usual().to_string(), quota.to_string()]
}

fn status(active: bool) -> String {
    if active { "Active" } else { "Disabled" }.to_owned()
}
