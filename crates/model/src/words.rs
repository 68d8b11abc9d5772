//! Enumerations as they travel: any letter case is understood, one spelling is answered.

use serde::{Deserialize, Serialize};

/// A word that an enumeration does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not one of {}", allowed.join(", "))]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// What may be given.
    pub allowed: Vec<&'static str>,
}

/// An enumeration with one word for each value.
pub trait Words: Copy + Sized + 'static {
    /// Every value with its word.
    const ALL: &'static [(&'static str, Self)];

    /// The value's word.
    fn word(self) -> &'static str;

    /// The value of a word, in any letter case.
    fn parse(text: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, value)| *value).ok_or_else(|| UnknownWord {
            given: text.chars().take(64).collect(),
            allowed: Self::ALL.iter().map(|(word, _)| *word).collect(),
        })
    }
}

/// Gives enumerations their words.
macro_rules! words {
    ($($name:ident { $($value:ident = $word:literal),+ $(,)? })*) => {$(
        impl $crate::words::Words for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$value)),+];
            fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::words::Words::word(*self))
            }
        }
    )*};
}
pub(crate) use words;

/// A value with the spelling that its creator used, because some clients compare the answer letter by letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsSent<T> {
    /// The value.
    pub value: T,
    /// The creator's spelling.
    pub text: String,
}

impl<T: Words> AsSent<T> {
    /// The value of a word, which is kept.
    pub fn parse(text: &str) -> Result<Self, UnknownWord> {
        Ok(Self { value: T::parse(text)?, text: text.to_owned() })
    }
}

impl<T: Words> From<T> for AsSent<T> {
    fn from(value: T) -> Self {
        Self { value, text: value.word().to_owned() }
    }
}
