//! Names for texts, and paths into answers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What scenarios call things: `$vpc1`, `${vpc1}`, `$page.base64`, `$script.quoted`.
#[derive(Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub(crate) fn set(&mut self, name: &str, text: String) {
        self.0.insert(name.to_owned(), text);
    }

    /// `text` with every known name put in. Others stay: a shell may know them.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            filled.push_str(&rest[..at]);
            match self.value(&rest[at + 1..]) {
                Some((value, length)) => {
                    filled.push_str(&value);
                    rest = &rest[at + 1 + length..];
                }
                None => {
                    filled.push('$');
                    rest = &rest[at + 1..];
                }
            }
        }
        filled + rest
    }

    /// The same, where nobody else could know a name.
    pub(crate) fn fill_all(&self, text: &str) -> Result<String, String> {
        let filled = self.fill(text);
        if text.contains('$') && filled.contains('$') {
            return Err(format!("'{filled}' has a name that no step has given"));
        }
        Ok(filled)
    }

    /// The value of the name that `text` begins with, and how much of the text it takes.
    fn value(&self, text: &str) -> Option<(String, usize)> {
        let letter = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let (name, taken) = match text.strip_prefix('{') {
            Some(inner) => {
                let end = inner.find('}')?;
                (&inner[..end], end + 2)
            }
            None => {
                let end = text.find(letter).unwrap_or(text.len());
                (&text[..end], end)
            }
        };
        let value = self.0.get(name)?;
        let rest = &text[taken..];
        if rest.starts_with(".base64") {
            return Some((STANDARD.encode(value), taken + ".base64".len()));
        }
        if rest.starts_with(".quoted") {
            return Some((format!("'{}'", value.replace('\'', r"'\''")), taken + ".quoted".len()));
        }
        Some((value.clone(), taken))
    }
}

/// The text at a path such as `Zones.[ZoneId=cn-hangzhou-g].EniIp`; `Zones.#` is the length of a list.
pub(crate) fn at(answer: &Value, path: &str) -> Option<String> {
    let found = segments(path).into_iter().try_fold(answer.clone(), |value, segment| match segment {
        "#" => value.as_array().map(|list| list.len().into()),
        name => match (name.parse::<usize>(), name.strip_prefix('[')) {
            (Ok(index), _) => value.get(index).cloned(),
            (Err(_), None) => value.get(name).cloned(),
            (Err(_), Some(choice)) => {
                let (key, wanted) = choice.trim_end_matches(']').split_once('=')?;
                value
                    .as_array()?
                    .iter()
                    .find(|item| item.get(key).is_some_and(|v| plain(v) == wanted))
                    .cloned()
            }
        },
    })?;
    Some(plain(&found))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The path cut at its dots, except those inside brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut depth = 0;
    path.split(|character| {
        depth += i32::from(character == '[') - i32::from(character == ']');
        character == '.' && depth == 0
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_put_in_and_others_left_to_the_shell() {
        let mut names = Names::default();
        names.set("vpc", "vpc-1".into());
        names.set("page", "it's".into());
        assert_eq!(
            names.fill("[\"$vpc\"] ${vpc}x $(seq 3) $1 $vpcs"),
            "[\"vpc-1\"] vpc-1x $(seq 3) $1 $vpcs"
        );
        assert_eq!(names.fill("$page.base64 $page.quoted"), r"aXQncw== 'it'\''s'");
        assert!(names.fill_all("VpcId=$vpc").is_ok());
        assert!(names.fill_all("VpcId=$vcp").is_err());
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let answer = serde_json::json!({"Zones": [{"Id": "g", "Ip": "10.0.0.1"}, {"Id": "k", "Port": 80}], "Next": ""});
        assert_eq!(at(&answer, "Zones.0.Ip").as_deref(), Some("10.0.0.1"));
        assert_eq!(at(&answer, "Zones.[Id=k].Port").as_deref(), Some("80"));
        assert_eq!(at(&answer, "Zones.#").as_deref(), Some("2"));
        assert_eq!(at(&answer, "Next").as_deref(), Some(""));
        assert_eq!(at(&answer, "Zones.[Id=x].Port"), None);
    }
}
