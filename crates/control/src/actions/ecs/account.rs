//! What an account may have, and the screen that instances do not have.

use model::instance::Instance;
use model::quota::Quota;
use serde_json::{Value, json};

use super::catalogue;
use crate::actions::{Action, Call, no_effect, works};
use crate::rpc::{ApiError, Product};

/// Actions about accounts and screens.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeAccountAttributes",
        &[works("AttributeName"), no_effect("ZoneId", "zones offer the same")],
        attributes,
    ),
    Action::read(Product::Ecs, "DescribeInstanceVncUrl", &[works("InstanceId")], screen),
];

/// The attributes that mean something here, with their values.
fn known(call: &Call) -> [(&'static str, Vec<String>); 4] {
    let limit = |quota: Quota| vec![call.view.state.limit(call.account, quota).to_string()];
    [
        ("instance-network-type", vec!["vpc".to_owned()]),
        ("max-security-groups", limit(Quota::SecurityGroupsAnAccount)),
        ("max-elastic-network-interfaces", limit(Quota::EnisAnAccount)),
        (
            "supported-postpay-instance-types",
            catalogue::every().iter().map(|kind| kind.as_str().to_owned()).collect(),
        ),
    ]
}

fn attributes(call: &Call) -> Result<Value, ApiError> {
    let (asked, known) = (call.params.texts("AttributeName")?, known(call));
    let names = known.clone().map(|(name, _)| name);
    if asked.iter().any(|name| !names.contains(&name.as_str())) {
        let message = format!("Instances and accounts have no limits but these: {}.", names.join(", "));
        return Err(ApiError::new(403, "Invalid.Parameter", message));
    }
    let shown = known.into_iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|one| one == name));
    let shape = |(name, values): (&str, Vec<String>)| {
        let items: Vec<Value> = values.iter().map(|value| json!({ "Value": value })).collect();
        json!({ "AttributeName": name, "AttributeValues": { "ValueItem": items } })
    };
    Ok(json!({ "AccountAttributeItems": { "AccountAttributeItem": shown.map(shape).collect::<Vec<_>>() } }))
}

/// Never any: an instance has a console that can be read, and no screen.
fn screen(call: &Call) -> Result<Value, ApiError> {
    call.owned::<Instance>("InstanceId")?;
    let message = "An instance has no screen. Read its console with GetInstanceConsoleOutput, run commands with RunCommand, or use isthmus exec on its host.";
    Err(ApiError::new(403, "OperationDenied.NoScreen", message))
}
