//! The whitelist of an endpoint service.

use model::command::Command;
use model::id::AccountId;
use model::service::{EndpointService, User};
use serde_json::{Value, json};

use super::{PAGE, total_as_text};
use crate::actions::call::required_id;
use crate::actions::{Action, Call, Write, list, works};
use crate::rpc::{ApiError, Params, Product};

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Privatelink,
        "AddUserToVpcEndpointService",
        &[works("ServiceId"), works("UserId"), works("UserARN")],
        |call| {
            let service = required_id(&call.params, "ServiceId")?;
            Ok(Write::silent(Command::AddUser(service, user(&call.params)?)))
        },
    ),
    Action::write(
        Product::Privatelink,
        "RemoveUserFromVpcEndpointService",
        &[works("ServiceId"), works("UserId"), works("UserARN")],
        |call| {
            let service = required_id(&call.params, "ServiceId")?;
            Ok(Write::silent(Command::RemoveUser(service, user(&call.params)?)))
        },
    ),
    Action::read(
        Product::Privatelink,
        "ListVpcEndpointServiceUsers",
        &[
            works("ServiceId"),
            works("UserId"),
            works("UserListType"),
            works("MaxResults"),
            works("NextToken"),
        ],
        list,
    ),
];

/// How everybody is written.
const EVERYBODY: &str = "acs:ram:*:*:*";

/// An account number, or a resource name `acs:ram:*:<account>:*` whose account may be `*`; `*` alone is everybody too.
fn user(params: &Params) -> Result<User, ApiError> {
    let by_id = params.number("UserId", 0..=u64::MAX)?.map(|id| User::Account(AccountId(id)));
    let by_name = params.text("UserARN").map(|name| from_name(params, name)).transpose()?;
    match (by_id, by_name) {
        (Some(id), Some(name)) if id != name => {
            let message = "UserId and UserARN name different accounts. Give one of them.";
            Err(ApiError::new(400, "Mismatch.UserIdAndUserArn", message))
        }
        (Some(user), _) | (None, Some(user)) => Ok(user),
        (None, None) => {
            Err(ApiError::new(400, "MissingParam.UserArn", "Name the account in UserId or in UserARN."))
        }
    }
}

fn from_name(params: &Params, name: &str) -> Result<User, ApiError> {
    let parts: Vec<&str> = name.split(':').collect();
    match parts.as_slice() {
        ["*"] | ["acs", "ram", _, "*", "*"] => Ok(User::Everybody),
        ["acs", "ram", _, account, "*"] if account.parse::<u64>().is_ok() => {
            Ok(User::Account(AccountId(account.parse().unwrap_or_default())))
        }
        _ => Err(params.illegal("UserARN", "give acs:ram:*:ACCOUNT:*, or * for everybody.")),
    }
}

/// Accounts, or the same as resource names.
fn list(call: &Call) -> Result<Value, ApiError> {
    let service = call.owned::<EndpointService>("ServiceId")?;
    let params = &call.params;
    let names = params.choice("UserListType", &[("Users", false), ("UserARNs", true)])?.unwrap_or(false);
    let asked = params.number("UserId", 0..=u64::MAX)?.map(AccountId);
    let users = &service.users;
    let everybody = (names && users.everybody && asked.is_none()).then_some(User::Everybody);
    let accounts = users.accounts.iter().filter(|account| asked.is_none_or(|asked| asked == **account));
    let found = everybody.into_iter().chain(accounts.map(|account| User::Account(*account))).collect();
    let (shown, other) = if names { ("UserARNs", "Users") } else { ("Users", "UserARNs") };
    let mut answer = list::answer(params, &PAGE, shown, found, key, |user| show(*user, names))?;
    answer[other] = json!([]);
    Ok(total_as_text(answer))
}

fn key(user: &User) -> String {
    match user {
        User::Everybody => String::new(),
        User::Account(account) => account.to_string(),
    }
}

fn show(user: User, as_name: bool) -> Value {
    match user {
        User::Everybody => json!({ "UserARN": EVERYBODY }),
        User::Account(account) if as_name => json!({ "UserARN": format!("acs:ram:*:{account}:*") }),
        User::Account(account) => json!({ "UserId": account.0 }),
    }
}
