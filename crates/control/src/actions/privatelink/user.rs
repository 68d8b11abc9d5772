//! The whitelist of an endpoint service.

use model::command::Command;
use model::id::AccountId;
use model::service::{EndpointService, User};
use serde_json::{Value, json};

use super::{PAGE, total_as_text};
use crate::actions::call::required_id;
use crate::actions::{Action, Call, Write, list, no_effect, works};
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
            no_effect("UserListType", "accounts and resource names are shown together"),
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

fn list(call: &Call) -> Result<Value, ApiError> {
    let service = call.owned::<EndpointService>("ServiceId")?;
    let asked = call.params.number("UserId", 0..=u64::MAX)?;
    let accounts =
        service.users.accounts.iter().filter(|account| asked.is_none_or(|asked| asked == account.0));
    let key = |account: &&AccountId| account.to_string();
    let render = |account: &&AccountId| json!({ "UserId": account.0 });
    let mut answer = list::answer(&call.params, &PAGE, "Users", accounts.collect(), key, render)?;
    let everybody = service.users.everybody.then(|| json!({ "UserARN": EVERYBODY }));
    answer["UserARNs"] = everybody.into_iter().collect();
    Ok(total_as_text(answer))
}
