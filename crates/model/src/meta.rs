//! What every resource carries: owner, name, description, tags, and the revisions that made and changed it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ResourceGroupId, Revision, Timestamp};
use crate::refusal::Refusal;

/// The common part of every resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Whose it is.
    pub owner: AccountId,
    /// Its name; empty when none was given.
    pub name: Name,
    /// Its description; empty when none was given.
    pub description: Description,
    /// When it was made.
    pub created: Timestamp,
    /// The resource group that it lies in.
    pub resource_group: ResourceGroupId,
    /// Its tags.
    pub tags: Tags,
    /// The commit that made it.
    pub born: Revision,
    /// The commit that last changed what hosts make of it.
    pub changed: Revision,
}

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Text that breaks the rule of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// A name.
    #[error(
        "a name has 2 to 128 printable characters, begins with a letter and not with http:// or https://"
    )]
    Name,
    /// A description.
    #[error(
        "a description has 2 to 256 characters, besides line ends and tabs printable ones, and does not begin with http:// or https://"
    )]
    Description,
}

/// A part of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagPart {
    /// Its key.
    Key,
    /// Its value.
    Value,
}

impl fmt::Display for TagPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key has 1 to 128",
            Self::Value => "value has at most 128",
        })
    }
}

/// Refuses a tag that no resource can have.
pub fn legal_tag(key: &str, value: &str) -> Result<(), Refusal> {
    let reserved = |text: &str| {
        let lower = text.to_ascii_lowercase();
        lower.starts_with("aliyun") || lower.starts_with("acs:")
    };
    let legal =
        |text: &str| text.chars().count() <= 128 && !text.contains(char::is_control) && !reserved(text);
    match (!key.is_empty() && legal(key), legal(value)) {
        (false, _) => Err(Refusal::InvalidTag(TagPart::Key)),
        (true, false) => Err(Refusal::InvalidTag(TagPart::Value)),
        (true, true) => Ok(()),
    }
}

fn is_address(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// A name: 2 to 128 characters, or empty when none was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// A name from text; empty text is the empty name.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let begins = text.chars().next().is_none_or(char::is_alphabetic);
        let fits = text.is_empty() || (2..=128).contains(&text.chars().count());
        if begins && fits && !text.chars().any(char::is_control) && !is_address(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText::Name)
        }
    }

    /// The name as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A description: 2 to 256 characters, or empty when none was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Description(String);

impl Description {
    /// A description from text; empty text is the empty description.
    pub fn parse(text: &str) -> Result<Self, InvalidText> {
        let fits = text.is_empty() || (2..=256).contains(&text.chars().count());
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if fits && !text.contains(odd) && !is_address(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidText::Description)
        }
    }

    /// The description as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidText;
            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}
text! { Name Description }

/// What the maker of a resource may say about it, whatever its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Description,
    /// Its resource group; `None` = the account's default one.
    pub resource_group: Option<ResourceGroupId>,
    /// Its tags.
    pub tags: Tags,
}

impl Labels {
    /// The same in this resource group.
    #[must_use]
    pub(crate) fn within(self, group: &ResourceGroupId) -> Self {
        Self { resource_group: Some(group.clone()), ..self }
    }
}

/// New labels; `None` leaves what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relabel {
    /// The new name.
    pub name: Option<Name>,
    /// The new description.
    pub description: Option<Description>,
}
