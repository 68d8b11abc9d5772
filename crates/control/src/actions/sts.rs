//! The Sts product: who the caller is, and credentials that end.
//!
//! There are no roles to set up: a role of the caller's own account, whatever its name, acts for the whole account.

use model::id::Timestamp;
use serde_json::{Value, json};

use super::{Action, Call, no_effect, refused, works};
use crate::rpc::{ApiError, Product, time};
use crate::sessions::Role;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[
    Action::read(
        Product::Sts,
        "AssumeRole",
        &[
            works("RoleArn"),
            works("RoleSessionName"),
            works("DurationSeconds"),
            works("SourceIdentity"),
            no_effect("ExternalId", "roles have no policy that could ask for one"),
            refused("Policy", "there are no policies here; the credentials act for the whole account."),
        ],
        assume_role,
    ),
    Action::read(Product::Sts, "GetCallerIdentity", &[], caller_identity),
]];

/// How long credentials last, seconds: at least, when nothing is asked for, at most.
const SHORTEST: i64 = 900;
const USUAL: i64 = 3600;
const LONGEST: i64 = 43_200;

fn assume_role(call: &Call) -> Result<Value, ApiError> {
    if call.caller.role.is_some() {
        let message = "Temporary credentials cannot assume a role. Call with the account's own access key.";
        return Err(ApiError::new(403, "NoPermission", message));
    }
    let role = Role { name: role_name(call)?, session: session_name(call, "RoleSessionName")? };
    let lasts = call.params.number("DurationSeconds", SHORTEST..=LONGEST)?.unwrap_or(USUAL);
    let expires = Timestamp(call.now.0 + lasts);
    let identity =
        call.params.text("SourceIdentity").map(|_| session_name(call, "SourceIdentity")).transpose()?;
    let issued = call.sessions.issue(call.caller.key.clone(), role, expires);
    let (session, token) = issued.map_err(|error| ApiError::internal(&error))?;
    Ok(json!({
        "AssumedRoleUser": {
            "Arn": assumed(call, &session.role),
            "AssumedRoleId": format!("{}:{}", call.account, session.role.session),
        },
        "Credentials": {
            "AccessKeyId": session.key.as_str(),
            "AccessKeySecret": session.secret.reveal(),
            "Expiration": time::format(expires),
            "SecurityToken": token,
        },
        "SourceIdentity": identity.unwrap_or_default(),
    }))
}

/// `acs:ram::<account>:role/<name>`, of the caller's own account.
fn role_name(call: &Call) -> Result<String, ApiError> {
    let arn = call.params.required("RoleArn")?;
    let malformed = || call.params.illegal("RoleArn", "give acs:ram::ACCOUNT:role/NAME.");
    let rest = arn.strip_prefix("acs:ram::").ok_or_else(malformed)?;
    let (account, name) = rest.split_once(":role/").ok_or_else(malformed)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(legal) {
        return Err(malformed());
    }
    if account != call.account.to_string() {
        let message = "Another account's roles trust nobody here. Name a role of the own account.";
        return Err(ApiError::new(403, "NoPermission", message));
    }
    Ok(name.to_owned())
}

fn session_name(call: &Call, parameter: &str) -> Result<String, ApiError> {
    let name = call.params.required(parameter)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || ".@-_".contains(c);
    if (2..=64).contains(&name.len()) && name.chars().all(legal) {
        Ok(name.to_owned())
    } else {
        Err(call.params.illegal(parameter, "give 2 to 64 letters, digits, '.', '@', '-' or '_'."))
    }
}

fn assumed(call: &Call, role: &Role) -> String {
    format!("acs:ram::{}:assumed-role/{}/{}", call.account, role.name, role.session)
}

fn caller_identity(call: &Call) -> Result<Value, ApiError> {
    let account = call.account.to_string();
    Ok(match &call.caller.role {
        None => json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:root"),
            "IdentityType": "Account",
            "PrincipalId": account,
            "RoleId": "",
            "UserId": account,
        }),
        Some(role) => json!({
            "AccountId": account,
            "Arn": assumed(call, role),
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": format!("{account}:{}", role.session),
            "RoleId": account,
            "UserId": "",
        }),
    })
}
