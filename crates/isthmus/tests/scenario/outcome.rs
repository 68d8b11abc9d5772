//! What came of a step, and whether that is as expected.

use isthmus::client::CallError;
use serde_json::Value;

use crate::language::Expect;
use crate::values;

/// What came of a step.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The API answered.
    Answer(Value),
    /// The API refused.
    Refused { code: String, message: String },
    /// A command ended.
    Output { success: bool, text: String },
}

impl Outcome {
    /// A refusal is an outcome; no answer at all is none.
    pub(crate) fn of_call(result: Result<Value, CallError>) -> Result<Self, String> {
        match result {
            Ok(answer) => Ok(Self::Answer(answer)),
            Err(CallError::Refused { code, message, .. }) => Ok(Self::Refused { code, message }),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What is not as expected, in words; nothing when all is.
    pub(crate) fn complaint(&self, expects: &[Expect]) -> Option<String> {
        let surprise = match self {
            Self::Refused { code, message } if !expects.iter().any(|e| matches!(e, Expect::Refused(_))) => {
                Some(format!("refused with {code}: {message}"))
            }
            Self::Output { success: false, text } if !expects.contains(&Expect::Fails) => {
                Some(format!("the command failed and printed:\n{text}"))
            }
            Self::Answer(_) | Self::Refused { .. } | Self::Output { .. } => None,
        };
        surprise.or_else(|| expects.iter().find_map(|expect| self.unmet(expect)))
    }

    /// What the answer, or the output as JSON, has at a path.
    fn found(&self, path: &str) -> Option<String> {
        match self {
            Self::Answer(answer) => values::at(answer, path),
            Self::Output { text, .. } => values::at(&serde_json::from_str(text).ok()?, path),
            Self::Refused { .. } => None,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Answer(answer) => answer.to_string(),
            Self::Output { text, .. } => text.clone(),
            Self::Refused { code, .. } => code.clone(),
        }
    }

    fn unmet(&self, expect: &Expect) -> Option<String> {
        let (met, instead) = match (expect, self) {
            (Expect::Has(path, wanted), Self::Answer(_) | Self::Output { .. }) => {
                let found = self.found(path);
                (found.as_ref() == Some(wanted), format!("{path} is {found:?} in {}", self.shown()))
            }
            (Expect::Above(path, least), Self::Answer(_) | Self::Output { .. }) => {
                let found = self.found(path);
                let number = found.as_ref().and_then(|found| found.parse::<u64>().ok());
                (
                    number.is_some_and(|number| number > *least),
                    format!("{path} is {found:?} in {}", self.shown()),
                )
            }
            (Expect::Refused(wanted), Self::Refused { code, message }) => {
                (code == wanted, format!("refused with {code}: {message}"))
            }
            (Expect::Prints(wanted), Self::Output { text, .. }) => (text.contains(wanted), printed(text)),
            (Expect::Lacks(unwanted), Self::Output { text, .. }) => (!text.contains(unwanted), printed(text)),
            (Expect::Counts(wanted, range), Self::Output { text, .. }) => {
                let count = text.matches(wanted).count();
                (range.contains(&count), format!("it is there {count} times: {}", printed(text)))
            }
            (Expect::Fails, Self::Output { success, text }) => (!success, printed(text)),
            (_, other) => (false, format!("the outcome is {other:?}")),
        };
        (!met).then(|| format!("expected {expect:?}, but {instead}"))
    }
}

fn printed(text: &str) -> String {
    const ENOUGH: usize = 2000;
    let cut: String = text.chars().take(ENOUGH).collect();
    format!("the command printed:\n{cut}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Outcome {
        Outcome::Refused { code: "InvalidZones".into(), message: "Give two zones.".into() }
    }

    fn output(success: bool) -> Outcome {
        Outcome::Output { success, text: "one two two".into() }
    }

    fn json() -> Outcome {
        let text = "{\n  \"drops\": [{ \"name\": \"a\", \"packets\": 3 }]\n}".into();
        Outcome::Output { success: true, text }
    }

    #[test]
    fn without_expectations_only_success_will_do() {
        assert_eq!(refused().complaint(&[]).as_deref(), Some("refused with InvalidZones: Give two zones."));
        assert!(output(false).complaint(&[Expect::Prints("one".into())]).is_some());
        assert_eq!(output(true).complaint(&[]), None);
        assert_eq!(Outcome::Answer(Value::Null).complaint(&[]), None);
    }

    #[test]
    fn each_expectation_can_fail() {
        let answer = Outcome::Answer(serde_json::json!({"Status": "Active"}));
        for (outcome, met, unmet) in [
            (
                answer,
                Expect::Has("Status".into(), "Active".into()),
                Expect::Has("Status".into(), "Gone".into()),
            ),
            (
                json(),
                Expect::Has("drops.[name=a].packets".into(), "3".into()),
                Expect::Has("drops.0.packets".into(), "0".into()),
            ),
            (json(), Expect::Above("drops.0.packets".into(), 2), Expect::Above("drops.0.packets".into(), 3)),
            (json(), Expect::Above("drops.0.packets".into(), 0), Expect::Above("drops.1.packets".into(), 0)),
            (output(true), Expect::Prints("one".into()), Expect::Has("drops".into(), "one".into())),
            (refused(), Expect::Refused("InvalidZones".into()), Expect::Refused("Invalid".into())),
            (output(true), Expect::Prints("two".into()), Expect::Prints("three".into())),
            (output(true), Expect::Lacks("three".into()), Expect::Lacks("two".into())),
            (output(true), Expect::Counts("two".into(), 2..=2), Expect::Counts("two".into(), 3..=9)),
            (output(false), Expect::Fails, Expect::Refused("Fails".into())),
        ] {
            assert_eq!(outcome.complaint(std::slice::from_ref(&met)), None, "{met:?}");
            assert!(outcome.complaint(&[met, unmet.clone()]).is_some(), "{unmet:?}");
        }
        assert!(output(true).complaint(&[Expect::Fails]).is_some());
        assert!(Outcome::Answer(Value::Null).complaint(&[Expect::Refused("X".into())]).is_some());
    }
}
