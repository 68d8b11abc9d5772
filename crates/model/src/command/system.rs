//! Commands about accounts, access keys and tags.

use std::collections::BTreeSet;

use crate::account::{AccessKeyId, Secret};
use crate::id::AccountId;
use crate::meta::Tags;
use crate::quota::Quota;
use crate::tables::Key;

/// Makes an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccount {
    /// Its number; `None` = a new one.
    pub id: Option<AccountId>,
    /// Its name, for people.
    pub name: String,
}

/// Makes an access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateAccessKey {
    /// Whose.
    pub account: AccountId,
    /// Its public half.
    pub id: AccessKeyId,
    /// Its secret half.
    pub secret: Secret,
}

/// Says who may call, and how much they may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Answers the calls of an account, or refuses them all.
    Account(AccountId, bool),
    /// Sets a limit of an account.
    Limit(SetLimit),
    /// Switches an access key on or off, or deletes it.
    Key(AccessKeyId, AccessKeyFate),
}

/// Sets a limit of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetLimit {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub quota: Quota,
    /// The most from now on; what is there beyond it stays. `None` = the usual limit.
    pub limit: Option<u32>,
}

/// What becomes of an access key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKeyFate {
    /// It is taken.
    Active,
    /// It is refused.
    Inactive,
    /// It is gone.
    Deleted,
}

/// Sets tags of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The resources.
    pub resources: Vec<Key>,
    /// The tags.
    pub tags: Tags,
}

/// Takes tags from resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untagging {
    /// The resources.
    pub resources: Vec<Key>,
    /// Keys of the tags; `None` = all.
    pub keys: Option<BTreeSet<String>>,
}
