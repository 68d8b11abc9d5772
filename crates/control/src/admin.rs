//! What only the operator of the machine may do: accounts and their access keys. Asked over a socket that root alone reaches.

use model::account::{AccessKey, AccessKeyId, Account};
use model::command::Command;
use model::command::system::{Access, AccessKeyFate, CreateAccessKey, CreateAccount, SetLimit};
use model::id::AccountId;
use model::meta::Name;
use model::quota::Quota;
use model::state::State;
use model::tables::Record;
use serde::{Deserialize, Serialize};

use crate::accounts::{SetUpError, submit};
use crate::commit::Commits;
use crate::random;
use crate::rpc::time;

/// A question to the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// Makes an account.
    CreateAccount {
        /// Its name, for people: 2 to 128 characters.
        name: String,
    },
    /// Every account.
    ListAccounts,
    /// Lets an account call, or refuses all its calls. Its resources stay as they are.
    SwitchAccount {
        /// The account.
        account: AccountId,
        /// Whether its calls are answered.
        active: bool,
    },
    /// Makes an access key.
    CreateKey {
        /// Whose.
        account: AccountId,
    },
    /// Every access key, or those of one account; never a secret.
    ListKeys {
        /// Whose; `None` = all.
        account: Option<AccountId>,
    },
    /// Switches an access key on or off.
    SwitchKey {
        /// The key.
        key: AccessKeyId,
        /// Whether it is taken.
        active: bool,
    },
    /// Limits of an account.
    ListQuotas {
        /// Whose.
        account: AccountId,
    },
    /// Sets a limit of an account.
    SetQuota {
        /// Whose.
        account: AccountId,
        /// Which.
        quota: Quota,
        /// The most from now on; `None` = the usual limit.
        limit: Option<u32>,
    },
    /// Deletes an access key.
    DeleteKey {
        /// The key.
        key: AccessKeyId,
    },
}

/// What the daemon says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// It is done.
    Done,
    /// Accounts, the oldest first.
    Accounts(Vec<AccountShown>),
    /// Access keys, the oldest first.
    Keys(Vec<KeyShown>),
    /// Limits.
    Quotas(Vec<QuotaShown>),
    /// A new access key: the only time that its secret is told.
    NewKey {
        /// Its public half.
        id: AccessKeyId,
        /// Its secret half.
        secret: String,
    },
    /// It is not done, because of this.
    Refused(String),
}

/// An account as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountShown {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Whether its calls are answered.
    pub active: bool,
    /// When it was made, as text.
    pub created: String,
    /// How many access keys it has.
    pub keys: usize,
}

/// A limit as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaShown {
    /// Which.
    pub quota: Quota,
    /// What holds.
    pub limit: u32,
}

/// An access key as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyShown {
    /// Its public half.
    pub id: AccessKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// Whether it is taken.
    pub active: bool,
    /// When it was made, as text.
    pub created: String,
}

/// Answers what the operator asks.
#[derive(Clone)]
pub struct Admin(Commits);

impl Admin {
    pub(crate) fn new(commits: Commits) -> Self {
        Self(commits)
    }

    /// Does what is asked, durably, and says what came of it.
    pub async fn answer(&self, question: Question) -> Told {
        self.perform(question).await.unwrap_or_else(|error| Told::Refused(in_full(&error)))
    }

    async fn perform(&self, question: Question) -> Result<Told, SetUpError> {
        let state = self.0.state();
        match question {
            Question::ListAccounts => Ok(Told::Accounts(accounts(&state))),
            Question::ListKeys { account } => Ok(Told::Keys(keys(&state, account))),
            Question::CreateAccount { name } => self.create_account(name).await,
            Question::CreateKey { account } => self.create_key(account).await,
            Question::SwitchAccount { account, active } => {
                self.submit(Command::Access(Access::Account(account, active))).await
            }
            Question::SwitchKey { key, active } => {
                let fate = if active { AccessKeyFate::Active } else { AccessKeyFate::Inactive };
                self.submit(Command::Access(Access::Key(key, fate))).await
            }
            Question::ListQuotas { account } => quotas(&state, account),
            Question::SetQuota { account, quota, limit } => {
                self.submit(Command::Access(Access::Limit(SetLimit { account, quota, limit }))).await
            }
            Question::DeleteKey { key } => {
                self.submit(Command::Access(Access::Key(key, AccessKeyFate::Deleted))).await
            }
        }
    }

    async fn submit(&self, command: Command) -> Result<Told, SetUpError> {
        submit(&self.0, command).await?;
        Ok(Told::Done)
    }

    async fn create_account(&self, name: String) -> Result<Told, SetUpError> {
        if name.is_empty() {
            return Ok(Told::Refused("give the account a name".to_owned()));
        }
        if let Err(error) = Name::parse(&name) {
            return Ok(Told::Refused(error.to_string()));
        }
        let before = self.0.state();
        self.submit(Command::CreateAccount(CreateAccount { id: None, name: name.clone() })).await?;
        let state = self.0.state();
        let is_new = |row: &AccountShown| row.name == name && before.get::<Account>(&row.id).is_none();
        Ok(Told::Accounts(accounts(&state).into_iter().filter(is_new).collect()))
    }

    async fn create_key(&self, account: AccountId) -> Result<Told, SetUpError> {
        let (id, secret) = random::access_key()?;
        let key = CreateAccessKey { account, id: id.clone(), secret: secret.clone() };
        submit(&self.0, Command::CreateAccessKey(key)).await?;
        Ok(Told::NewKey { id, secret: secret.reveal().to_owned() })
    }
}

/// The error and what caused it: a refusal hides behind the command that met it.
fn in_full(error: &SetUpError) -> String {
    let mut causes = vec![error as &dyn std::error::Error];
    while let Some(cause) = causes.last().and_then(|cause| cause.source()) {
        causes.push(cause);
    }
    let innermost = causes.last().map(ToString::to_string);
    innermost.unwrap_or_default()
}

fn accounts(state: &State) -> Vec<AccountShown> {
    let mut rows: Vec<_> = Account::table(state.tables()).values().collect();
    rows.sort_by_key(|row| (row.created, row.id));
    let keys_of = |id| state.tables().access_keys.values().filter(|key| key.account == id).count();
    let shown = |row: &std::sync::Arc<Account>| AccountShown {
        id: row.id,
        name: row.name.clone(),
        active: row.active,
        created: time::format(row.created),
        keys: keys_of(row.id),
    };
    rows.into_iter().map(shown).collect()
}

fn quotas(state: &State, account: AccountId) -> Result<Told, SetUpError> {
    if state.get::<Account>(&account).is_none() {
        return Ok(Told::Refused(format!("account {account} does not exist")));
    }
    let shown = |quota: &Quota| QuotaShown { quota: *quota, limit: state.limit(account, *quota) };
    Ok(Told::Quotas(Quota::ALL.iter().map(shown).collect()))
}

fn keys(state: &State, account: Option<AccountId>) -> Vec<KeyShown> {
    let mut rows: Vec<_> = AccessKey::table(state.tables()).values().collect();
    rows.retain(|row| account.is_none_or(|account| row.account == account));
    rows.sort_by_key(|row| (row.created, row.id.clone()));
    let shown = |row: &std::sync::Arc<AccessKey>| KeyShown {
        id: row.id.clone(),
        account: row.account,
        active: row.active,
        created: time::format(row.created),
    };
    rows.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    fn admin() -> Admin {
        Admin::new(Commits::start(Box::<MemoryStore>::default()).unwrap().0)
    }

    async fn account(admin: &Admin, name: &str) -> AccountShown {
        match admin.answer(Question::CreateAccount { name: name.into() }).await {
            Told::Accounts(made) => made.into_iter().next().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_secret_is_told_once() {
        let admin = admin();
        let made = account(&admin, "shop").await;
        let told = admin.answer(Question::CreateKey { account: made.id }).await;
        let Told::NewKey { id, secret } = told else { panic!("{told:?}") };
        assert_eq!(secret.len(), 30);
        let listed = admin.answer(Question::ListKeys { account: Some(made.id) }).await;
        assert!(!format!("{listed:?}").contains(&secret));
        let Told::Keys(keys) = listed else { panic!("{listed:?}") };
        assert_eq!(keys.iter().map(|key| (&key.id, key.active)).collect::<Vec<_>>(), [(&id, true)]);
    }

    #[tokio::test]
    async fn accounts_and_keys_are_switched_and_keys_deleted() {
        let admin = admin();
        let made = account(&admin, "shop").await;
        let Told::NewKey { id, .. } = admin.answer(Question::CreateKey { account: made.id }).await else {
            panic!("no key")
        };
        let off = Question::SwitchKey { key: id.clone(), active: false };
        assert_eq!(admin.answer(off).await, Told::Done);
        let off = Question::SwitchAccount { account: made.id, active: false };
        assert_eq!(admin.answer(off).await, Told::Done);
        let Told::Accounts(accounts) = admin.answer(Question::ListAccounts).await else { panic!("no list") };
        assert_eq!((accounts[0].active, accounts[0].keys), (false, 1));
        assert_eq!(admin.answer(Question::DeleteKey { key: id.clone() }).await, Told::Done);
        let gone = admin.answer(Question::DeleteKey { key: id }).await;
        assert!(matches!(&gone, Told::Refused(why) if why.contains("does not exist")), "{gone:?}");
    }

    #[tokio::test]
    async fn a_limit_is_set_for_one_account_and_taken_back() {
        let admin = admin();
        let (shop, other) = (account(&admin, "shop").await.id, account(&admin, "other").await.id);
        let quota = Quota::VpcsAnAccount;
        let set = |account, limit| admin.answer(Question::SetQuota { account, quota, limit });
        let limit = |account| {
            let admin = admin.clone();
            async move {
                let told = admin.answer(Question::ListQuotas { account }).await;
                let Told::Quotas(all) = told else { panic!("{told:?}") };
                assert_eq!(all.len(), Quota::ALL.len());
                all.iter().find(|one| one.quota == quota).unwrap().limit
            }
        };
        assert_eq!(set(shop, Some(7)).await, Told::Done);
        assert_eq!((limit(shop).await, limit(other).await), (7, quota.usual()));
        assert_eq!(set(shop, None).await, Told::Done);
        assert_eq!(limit(shop).await, quota.usual());
        for (account, limit) in [(shop, Some(quota.most() + 1)), (AccountId(7), Some(1))] {
            assert!(matches!(set(account, limit).await, Told::Refused(_)));
        }
        assert!(matches!(
            admin.answer(Question::ListQuotas { account: AccountId(7) }).await,
            Told::Refused(_)
        ));
    }

    #[tokio::test]
    async fn what_does_not_exist_and_what_is_no_name_is_refused() {
        let admin = admin();
        for question in [
            Question::CreateKey { account: AccountId(7) },
            Question::SwitchAccount { account: AccountId(7), active: true },
            Question::CreateAccount { name: String::new() },
            Question::CreateAccount { name: "1".into() },
        ] {
            let told = admin.answer(question.clone()).await;
            assert!(matches!(told, Told::Refused(_)), "{question:?}: {told:?}");
        }
    }
}
