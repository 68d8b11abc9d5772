//! Where second-level statistics of listeners go: kept and shown, because nothing here writes logs to a cloud.

use model::command::Command;
use model::command::balancer::BalancerCommand;
use model::records::Monitor;
use model::refusal::{BalancerRefusal, Refusal};
use serde_json::{Value, json};

use crate::actions::{Action, Call, View, Write, no_effect};
use crate::rpc::{ApiError, Params, Product};

/// Longest name of a project or store, characters.
const MAX_NAME: usize = 128;
const KEPT: &str = "kept and shown; there is no second-level monitoring";

pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Nlb,
        "SetHdMonitorRegionConfig",
        &[no_effect("LogProject", KEPT), no_effect("MetricStore", KEPT)],
        set,
    ),
    Action::read(Product::Nlb, "DescribeHdMonitorRegionConfig", &[], describe),
    Action::write(Product::Nlb, "DeleteHdMonitorRegionConfig", &[], |_| {
        Ok(Write::silent(Command::Balancer(BalancerCommand::DeleteMonitor)))
    }),
];

fn name(params: &Params, parameter: &str) -> Result<String, ApiError> {
    let text = params.required(parameter)?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if text.len() <= MAX_NAME && text.chars().all(legal) {
        Ok(text.to_owned())
    } else {
        Err(params.illegal(parameter, "give at most 128 letters, digits, '-' and '_'."))
    }
}

fn set(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    let command = BalancerCommand::SetMonitor {
        log_project: name(params, "LogProject")?,
        metric_store: name(params, "MetricStore")?,
    };
    Ok(Write { command: Command::Balancer(command), answer: |view, _| region(view) })
}

fn region(view: &View) -> Value {
    json!({ "RegionId": view.state.settings().region })
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let row = call.view.state.get::<Monitor>(&call.account);
    let row = row.ok_or_else(|| none(&BalancerRefusal::NoMonitor.into()))?;
    Ok(json!({
        "LogProject": row.log_project,
        "MetricStore": row.metric_store,
        "RegionId": call.region(),
    }))
}

fn none(refusal: &Refusal) -> ApiError {
    ApiError::new(404, "ResourceNotFound.RegionHdMonitorConfig", format!("{refusal}."))
}
