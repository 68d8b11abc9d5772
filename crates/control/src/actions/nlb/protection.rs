//! Protections of load balancers against deletion and changes.

use model::command::Command;
use model::command::nlb::{SetProtection, UpdateLoadBalancerProtection};
use model::nlb::Protection;
use serde_json::{Value, json};

use crate::actions::call::required_id;
use crate::actions::{Action, Call, Write, works};
use crate::rpc::{ApiError, Params, Product, time};

pub(super) const ACTIONS: &[Action] = &[Action::write(
    Product::Nlb,
    "UpdateLoadBalancerProtection",
    &[
        works("LoadBalancerId"),
        works("DeletionProtectionEnabled"),
        works("DeletionProtectionReason"),
        works("ModificationProtectionStatus"),
        works("ModificationProtectionReason"),
    ],
    update,
)];

const MODIFICATION: &[(&str, bool)] = &[("NonProtection", false), ("ConsoleProtection", true)];

fn update(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let deletion = params.flag("DeletionProtectionEnabled")?;
    let modification = params.choice("ModificationProtectionStatus", MODIFICATION)?;
    let command = UpdateLoadBalancerProtection {
        load_balancer: required_id(params, "LoadBalancerId")?,
        deletion: deletion.map(|enabled| set(params, "DeletionProtectionReason", enabled)).transpose()?,
        modification: modification
            .map(|enabled| set(params, "ModificationProtectionReason", enabled))
            .transpose()?,
    };
    Ok(Write::silent(Command::UpdateLoadBalancerProtection(command)))
}

fn set(params: &Params, reason: &str, enabled: bool) -> Result<SetProtection, ApiError> {
    let text = params.text(reason).unwrap_or_default();
    let legal = |c: char| c.is_alphanumeric() || ".-_".contains(c);
    let begins = text.chars().next().is_none_or(char::is_alphabetic);
    if !begins || !(text.is_empty() || (2..=128).contains(&text.chars().count())) || !text.chars().all(legal)
    {
        let why = "give 2 to 128 letters, digits, '.', '-' and '_', a letter first.";
        return Err(params.illegal(reason, why));
    }
    Ok(SetProtection { enabled, reason: text.to_owned() })
}

/// `DeletionProtectionConfig`.
pub(super) fn deletion(config: &Params) -> Result<Option<SetProtection>, ApiError> {
    config.flag("Enabled")?.map(|enabled| set(config, "Reason", enabled)).transpose()
}

/// `ModificationProtectionConfig`.
pub(super) fn modification(config: &Params) -> Result<Option<SetProtection>, ApiError> {
    config.choice("Status", MODIFICATION)?.map(|enabled| set(config, "Reason", enabled)).transpose()
}

fn since(protection: &Protection) -> String {
    protection.since.map(time::format).unwrap_or_default()
}

/// `DeletionProtectionConfig` of an answer.
pub(super) fn show_deletion(protection: &Protection) -> Value {
    json!({
        "Enabled": protection.since.is_some(),
        "EnabledTime": since(protection),
        "Reason": protection.reason,
    })
}

/// `ModificationProtectionConfig` of an answer.
pub(super) fn show_modification(protection: &Protection) -> Value {
    let status = if protection.since.is_some() { "ConsoleProtection" } else { "NonProtection" };
    json!({ "Status": status, "EnabledTime": since(protection), "Reason": protection.reason })
}
