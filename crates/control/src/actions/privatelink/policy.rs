//! Policies of endpoints. In the cloud they say which user may ask what of one of the cloud's own services; an endpoint of
//! anybody's service allows everything. So it is here, and a document may only say that.

use model::endpoint::Policy;
use serde_json::{Map, Value};

use crate::rpc::{ApiError, Params};

/// Longest document, characters: that of any policy of the cloud.
const LIMIT: usize = 6144;

/// The policy in `PolicyDocument`; `None` when none is given.
pub(super) fn given(params: &Params) -> Result<Option<Policy>, ApiError> {
    let Some(text) = params.text("PolicyDocument") else { return Ok(None) };
    if text.chars().count() > LIMIT {
        return Err(
            params.illegal("PolicyDocument", format_args!("a policy has at most {LIMIT} characters."))
        );
    }
    let statements = statements(text).ok_or_else(|| {
        let why = "give a JSON object with a Statement, or several, each with Effect, Action, Resource and Principal.";
        params.illegal("PolicyDocument", why)
    })?;
    if !statements.iter().all(allows_everything) {
        let message = "An endpoint of this service allows everything, because a load balancer's packets do not say which user \
                       sends them or what they ask for. Leave PolicyDocument out, or allow * to * on *, and say with \
                       security groups who may connect.";
        return Err(ApiError::new(400, "OperationDenied.EndpointPolicyNotSupport", message));
    }
    Ok(Some(Policy::Document(text.to_owned())))
}

/// The policy after a change: the one given, the default one with `ResetPolicy`, or `None` for the one that is there.
pub(super) fn changed(params: &Params) -> Result<Option<Policy>, ApiError> {
    match (params.flag("ResetPolicy")?.unwrap_or(false), given(params)?) {
        (false, policy) => Ok(policy),
        (true, None) => Ok(Some(Policy::Default)),
        (true, Some(_)) => Err(params.illegal("ResetPolicy", "give this or PolicyDocument, not both.")),
    }
}

/// The statements of a document: at least one, each of whose parts is there.
fn statements(text: &str) -> Option<Vec<Map<String, Value>>> {
    let Value::Object(mut document) = serde_json::from_str(text).ok()? else { return None };
    let statements = match document.remove("Statement")? {
        Value::Array(several) => several,
        one => vec![one],
    };
    let whole = |statement: Value| match statement {
        Value::Object(parts) => ["Effect", "Action", "Resource", "Principal"]
            .iter()
            .all(|part| parts.contains_key(*part))
            .then_some(parts),
        _ => None,
    };
    let statements: Vec<_> = statements.into_iter().map(whole).collect::<Option<_>>()?;
    (!statements.is_empty()).then_some(statements)
}

fn allows_everything(statement: &Map<String, Value>) -> bool {
    let everything = |part: &str| match &statement[part] {
        Value::String(one) => one == "*",
        Value::Array(several) => several.iter().any(|one| one == "*"),
        _ => false,
    };
    statement.len() == 4
        && statement["Effect"] == "Allow"
        && ["Action", "Resource", "Principal"].into_iter().all(everything)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::Product;

    fn judged(document: &str) -> Result<Option<Policy>, String> {
        let params = Params::new(Product::Privatelink, [("PolicyDocument", document)].into_iter());
        given(&params).map_err(|error| error.code.into_owned())
    }

    #[test]
    fn what_allows_everything_is_kept_as_it_was_given() {
        for document in [
            r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"],"Principal":"*"}]}"#,
            "{ \"Statement\":\n {\"Effect\": \"Allow\", \"Action\": \"*\", \"Resource\": \"*\", \"Principal\": [\"*\"]} }",
        ] {
            assert_eq!(judged(document), Ok(Some(Policy::Document(document.to_owned()))));
        }
        assert_eq!(judged(""), Ok(None));
    }

    #[test]
    fn what_would_restrict_is_refused() {
        for statement in [
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}"#,
            r#"{"Effect":"Allow","Action":"oss:*","Resource":"*","Principal":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":["acs:oss:*"],"Principal":"*"}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"RAM":["1"]}}"#,
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*","Condition":{}}"#,
        ] {
            let refused = judged(&format!(r#"{{"Version":"1","Statement":[{statement}]}}"#));
            assert_eq!(refused, Err("OperationDenied.EndpointPolicyNotSupport".to_owned()), "{statement}");
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let long = format!(r#"{{"Statement":"{}"}}"#, "x".repeat(LIMIT));
        for text in ["{", "[]", "{}", r#"{"Statement":[]}"#, r#"{"Statement":[{"Effect":"Allow"}]}"#, &long] {
            assert_eq!(judged(text), Err("IllegalParamFormat.PolicyDocument".to_owned()), "{text}");
        }
    }
}
