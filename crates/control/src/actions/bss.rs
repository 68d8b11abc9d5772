//! The BssOpenApi product: nothing is billed here, so nothing was bought. One question, which a client asks when it starts.

use serde_json::{Value, json};

use super::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

const NOTHING: &str = "nothing was bought, so every list is empty";

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[&[Action::read(
    Product::BssOpenApi,
    "QueryAvailableInstances",
    &[
        works("PageNum"),
        works("PageSize"),
        no_effect("CreateTimeEnd", NOTHING),
        no_effect("CreateTimeStart", NOTHING),
        no_effect("EndTimeEnd", NOTHING),
        no_effect("EndTimeStart", NOTHING),
        no_effect("InstanceIDs", NOTHING),
        no_effect("ProductCode", NOTHING),
        no_effect("ProductType", NOTHING),
        no_effect("Region", NOTHING),
        no_effect("RenewStatus", NOTHING),
        no_effect("SubscriptionType", NOTHING),
    ],
    query,
)]];

fn query(call: &Call) -> Result<Value, ApiError> {
    let page = call.params.number("PageNum", 1..=1_000_000)?.unwrap_or(1);
    let size = call.params.number("PageSize", 1..=300)?.unwrap_or(20);
    Ok(json!({
        "Success": true,
        "Code": "Success",
        "Message": "Successful!",
        "Data": { "PageNum": page, "PageSize": size, "TotalCount": 0, "InstanceList": [] },
    }))
}
