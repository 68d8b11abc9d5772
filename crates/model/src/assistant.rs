//! The cloud assistant: commands that are kept, and invocations, which instances carry out once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{CommandId, InstanceId, InvocationId, Timestamp};
use crate::meta::Meta;

/// A command that is kept to be invoked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedCommand {
    /// Its id.
    pub id: CommandId,
    /// The common part.
    pub meta: Meta,
    /// What it runs.
    pub script: Script,
    /// How often it was invoked.
    pub invoked: u32,
}

/// A script, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its text.
    pub content: Content,
    /// Whether `{{name}}` in the text stands for a parameter.
    pub parameters: bool,
    /// The directory that it is run in.
    pub working_dir: WorkingDir,
    /// Longest time that it may take, seconds.
    pub timeout: u32,
}

impl Script {
    /// Seconds that a script may take when nothing is said.
    pub const DEFAULT_TIMEOUT: u32 = 60;
    /// Shortest and longest time that can be given, seconds.
    pub const TIMEOUTS: std::ops::RangeInclusive<u32> = 10..=86_400;

    /// Names of the parameters in the text, in order; none where they are off.
    pub fn parameter_names(&self) -> BTreeSet<String> {
        let parts = pieces(self.content.as_str()).into_iter().filter(|_| self.parameters);
        parts.filter_map(|piece| if let Piece::Parameter(name) = piece { Some(name) } else { None }).collect()
    }

    /// The text with these values of its parameters.
    pub fn filled(&self, values: &BTreeMap<String, String>) -> String {
        if !self.parameters {
            return self.content.as_str().to_owned();
        }
        let text = |piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Parameter(name) => values.get(&name).cloned().unwrap_or_default(),
        };
        pieces(self.content.as_str()).into_iter().map(text).collect()
    }
}

/// A part of a script's text.
enum Piece<'a> {
    Text(&'a str),
    Parameter(String),
}

/// Letters, digits, `-` and `_`, at most 64; names are alike in any letter case.
fn parameter_name(text: &str) -> Option<String> {
    let name = text.trim();
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    ((1..=64).contains(&name.len()) && name.chars().all(legal)).then(|| name.to_ascii_lowercase())
}

/// Braces around anything but a name are text: shells and templates of other kinds have them too.
fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some(close) = rest.find("}}") {
        let (inside, behind) = (&rest[..close], &rest[close + 2..]);
        let named = inside.rfind("{{").and_then(|open| Some((open, parameter_name(&inside[open + 2..])?)));
        match named {
            Some((open, name)) => pieces.extend([Piece::Text(&rest[..open]), Piece::Parameter(name)]),
            None => pieces.push(Piece::Text(&rest[..close + 2])),
        }
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// A value that a script cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScript {
    /// Its text is too long.
    #[error("a command has at most {} bytes before it is encoded", Content::LIMIT)]
    Length,
    /// Its text is none.
    #[error("a command is text in UTF-8, without zero bytes, and not empty")]
    Text,
    /// Its directory is none.
    #[error("the working directory is an absolute path of at most 200 bytes")]
    WorkingDir,
}

/// The text of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(String);

impl Content {
    /// Most bytes: 24 KiB in base64.
    pub const LIMIT: usize = 18 * 1024;

    /// The text of a script from its bytes.
    ///
    /// # Errors
    /// When they are none.
    pub fn new(bytes: Vec<u8>) -> Result<Self, InvalidScript> {
        if bytes.len() > Self::LIMIT {
            return Err(InvalidScript::Length);
        }
        let text = String::from_utf8(bytes).map_err(|_| InvalidScript::Text)?;
        if text.is_empty() || text.contains('\0') { Err(InvalidScript::Text) } else { Ok(Self(text)) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The directory that a script is run in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkingDir(String);

impl WorkingDir {
    /// A directory from text.
    ///
    /// # Errors
    /// When it is no absolute path.
    pub fn parse(text: &str) -> Result<Self, InvalidScript> {
        let legal = text.starts_with('/') && text.len() <= 200 && !text.contains(char::is_control);
        if legal { Ok(Self(text.to_owned())) } else { Err(InvalidScript::WorkingDir) }
    }

    /// The directory as it travels.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for WorkingDir {
    fn default() -> Self {
        Self("/root".to_owned())
    }
}

/// A script that instances carry out, each at most once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Its id.
    pub id: InvocationId,
    /// The common part; name and description are the command's.
    pub meta: Meta,
    /// The command that was invoked; it may be gone, or was never kept.
    pub command: CommandId,
    /// What is run.
    pub script: Script,
    /// Values of its parameters.
    pub values: BTreeMap<String, String>,
    /// The instances; they may be gone.
    pub instances: BTreeSet<InstanceId>,
    /// Those that are to carry it out no further.
    pub stopped: BTreeSet<InstanceId>,
}

impl Invocation {
    /// How long an invocation and its results can be asked for, seconds: 30 days, when its account makes few.
    pub const LIFETIME: i64 = 30 * 86_400;
    /// Time in which an instance must begin, seconds.
    pub const DELIVERY: i64 = 60;

    /// When the last instance must begin.
    pub fn begins_until(&self) -> Timestamp {
        Timestamp(self.meta.created.0.saturating_add(Self::DELIVERY))
    }

    /// When it is over whatever happens; the minute is for ending what took too long.
    pub fn is_over_at(&self) -> Timestamp {
        let longest = Self::DELIVERY + i64::from(self.script.timeout) + 60;
        Timestamp(self.meta.created.0.saturating_add(longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(content: &str) -> Script {
        let content = Content::new(content.as_bytes().to_vec()).unwrap();
        Script { content, parameters: true, working_dir: WorkingDir::default(), timeout: 60 }
    }

    #[test]
    fn parameters_are_filled_in_and_other_braces_stay() {
        let script = script("a {{ Name }} {{x y}} ${{{name}}} }} {{é}} {{ {{last}} {{open");
        assert_eq!(script.parameter_names(), BTreeSet::from(["last".to_owned(), "name".to_owned()]));
        let values = [("name", "N{{last}}"), ("last", "L")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let filled = script.filled(&values);
        assert_eq!(filled, "a N{{last}} {{x y}} ${N{{last}}} }} {{é}} {{ L {{open");
        let plain = Script { parameters: false, ..script };
        assert_eq!((plain.filled(&values), plain.parameter_names().len()), (plain.content.0.clone(), 0));
    }

    #[test]
    fn what_is_no_script_is_refused() {
        assert_eq!(Content::new(vec![b'x'; Content::LIMIT + 1]), Err(InvalidScript::Length));
        for bytes in [&b""[..], b"a\0b", b"\xff"] {
            assert_eq!(Content::new(bytes.to_vec()), Err(InvalidScript::Text));
        }
        for path in ["", "relative", "/a\nb"] {
            assert_eq!(WorkingDir::parse(path), Err(InvalidScript::WorkingDir));
        }
    }
}
