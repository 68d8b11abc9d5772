//! Values of a command's parameters: one JSON object, whose names are alike in any letter case.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use model::quota::Quota;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::actions::Call;
use crate::rpc::ApiError;

/// Longest name of a parameter, characters.
const NAME: usize = 64;

/// The values in `Parameters`; none when it is not given.
pub(super) fn values(call: &Call) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(text) = call.params.text("Parameters") else { return Ok(BTreeMap::new()) };
    let members = serde_json::from_str::<Members>(text).ok().filter(|members| !members.0.is_empty());
    let members = members.ok_or_else(|| {
        let why = r#"give a JSON object of texts, such as {"name":"value"}."#;
        call.params.illegal("Parameters", why)
    })?;
    let most = call.view.state.limit(call.account, Quota::ParametersACommand);
    if members.0.len() > most as usize {
        return Err(denied(
            "ParameterCount.ExceedLimit",
            format!("A command has at most {most} parameters."),
        ));
    }
    by_name(members)
}

fn by_name(members: Members) -> Result<BTreeMap<String, String>, ApiError> {
    let mut values = BTreeMap::new();
    for (name, value) in members.0 {
        if name.chars().count() > NAME {
            let message = format!("The name of a parameter has at most {NAME} characters.");
            return Err(denied("ParameterKey.ExceedLimit", message));
        }
        if values.insert(name.to_ascii_lowercase(), plain(value)?).is_some() {
            let message = "Two parameters have the same name; letter case does not tell them apart.";
            return Err(denied("ParameterKey.Duplicate", message));
        }
    }
    Ok(values)
}

/// A value that a parameter can have.
fn plain(value: Value) -> Result<String, ApiError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(denied("ParameterType.NotSupported", "The value of a parameter is a text or a number."))
        }
    }
}

fn denied(code: &'static str, message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(403, code, message)
}

/// The members of a JSON object, also those whose names are there twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}
