//! The Sts product: who the caller is.

use serde_json::{Value, json};

use super::{Action, Call};
use crate::rpc::{ApiError, Product};

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[Action::read(Product::Sts, "GetCallerIdentity", &[], caller_identity)]];

fn caller_identity(call: &Call) -> Result<Value, ApiError> {
    let account = call.account.to_string();
    Ok(json!({
        "AccountId": account,
        "Arn": format!("acs:ram::{account}:root"),
        "IdentityType": "Account",
        "PrincipalId": account,
        "RoleId": "",
        "UserId": account,
    }))
}
