//! Resource groups: by them an account sorts its resources. Every resource lies in one.

use serde::{Deserialize, Serialize};

use crate::id::ResourceGroupId;
use crate::meta::Meta;

/// A resource group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceGroup {
    /// Its id.
    pub id: ResourceGroupId,
    /// The common part. A resource group lies in itself.
    pub meta: Meta,
    /// What it is called by in its account.
    pub name: GroupName,
    /// What people read.
    pub display_name: DisplayName,
}

/// Text that breaks the rule of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroupText {
    /// A name.
    #[error("the name of a resource group has 3 to 50 letters, digits or '-', and begins with a letter")]
    Name,
    /// A display name.
    #[error("the display name of a resource group has 1 to 50 printable characters")]
    DisplayName,
}

/// The name of a resource group, one of its kind in its account: 3 to 50 letters, digits or `-`, first a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct GroupName(String);

/// The display name of a resource group: 1 to 50 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DisplayName(String);

impl TryFrom<String> for GroupName {
    type Error = InvalidGroupText;
    fn try_from(text: String) -> Result<Self, InvalidGroupText> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        let fits = begins && (3..=50).contains(&text.len()) && text.chars().all(legal);
        if fits { Ok(Self(text)) } else { Err(InvalidGroupText::Name) }
    }
}

impl TryFrom<String> for DisplayName {
    type Error = InvalidGroupText;
    fn try_from(text: String) -> Result<Self, InvalidGroupText> {
        let fits = (1..=50).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(InvalidGroupText::DisplayName) }
    }
}

impl GroupName {
    /// The name of the group that every account has.
    pub(crate) fn of_default() -> Self {
        Self("default".to_owned())
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DisplayName {
    /// The display name of the group that every account has.
    pub(crate) fn of_default() -> Self {
        Self("default resource group".to_owned())
    }

    /// The display name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
