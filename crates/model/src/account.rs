//! Accounts and their access keys.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ResourceGroupId, Timestamp};
use crate::quota::Quota;

/// An account: it owns resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name, for people.
    pub name: String,
    /// The resource group of its resources that name none.
    pub resource_group: ResourceGroupId,
    /// Whether its calls are answered.
    pub active: bool,
    /// Limits that the operator has set for it; the usual ones are not here.
    pub limits: BTreeMap<Quota, u32>,
    /// When it was made.
    pub created: Timestamp,
}

/// The public half of an access key: 1 to 128 letters, digits, `-`, `_`, `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessKeyId(String);

/// Text that cannot be an access key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access key id has 1 to 128 letters, digits, '-', '_' or '.'")]
pub struct InvalidAccessKey;

impl AccessKeyId {
    /// An access key id from text.
    pub fn parse(text: &str) -> Result<Self, InvalidAccessKey> {
        let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if (1..=128).contains(&text.len()) && text.chars().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccessKey)
        }
    }

    /// The id as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret half of an access key. Never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret of this text.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for signatures.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// An access key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// Its public half.
    pub id: AccessKeyId,
    /// Whose it is.
    pub account: AccountId,
    /// Its secret half.
    pub secret: Secret,
    /// Whether it is taken.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
}
