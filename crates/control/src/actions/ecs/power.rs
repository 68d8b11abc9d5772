//! Instances are started, stopped, rebooted and deleted.

use model::command::instance::{DeleteInstances, Switch};
use model::command::{Command, Output};
use model::id::InstanceId;
use serde_json::{Value, json};

use super::instances::few_instances;
use crate::actions::{Action, Call, Param, View, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product};

const ONE: Param = works("InstanceId");
const BATCH: Param = no_effect("BatchOptimization", "all instances change, or none");
const FORCE: Param = no_effect("ForceStop", "processes that ignore a stop are killed anyway");
const NO_BILL: &str = "nothing is billed";

/// Actions about an instance's life.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "StartInstance",
        &[ONE, no_effect("InitLocalDisk", "instances have no local disks")],
        |call| Ok(Write::silent(Command::SwitchInstances(Switch::Start, one(call)?))),
    ),
    Action::write(
        Product::Ecs,
        "StopInstance",
        &[
            ONE,
            FORCE,
            no_effect("ConfirmStop", "a stop needs no confirmation"),
            no_effect("StoppedMode", NO_BILL),
            refused("Hibernate", "this version cannot put an instance to sleep."),
        ],
        |call| Ok(Write::silent(Command::SwitchInstances(Switch::Stop, one(call)?))),
    ),
    Action::write(Product::Ecs, "RebootInstance", &[ONE, FORCE], |call| {
        Ok(Write::silent(Command::SwitchInstances(Switch::Reboot, one(call)?)))
    }),
    Action::write(
        Product::Ecs,
        "DeleteInstance",
        &[ONE, works("Force"), FORCE, no_effect("TerminateSubscription", NO_BILL)],
        |call| delete(call, one(call)?),
    ),
    Action::write(Product::Ecs, "StartInstances", &[ONE, BATCH], |call| {
        Ok(Write { command: Command::SwitchInstances(Switch::Start, some(&call.params)?), answer: started })
    }),
    Action::write(
        Product::Ecs,
        "StopInstances",
        &[ONE, BATCH, FORCE, no_effect("StoppedMode", NO_BILL)],
        |call| {
            Ok(Write {
                command: Command::SwitchInstances(Switch::Stop, some(&call.params)?),
                answer: stopped,
            })
        },
    ),
    Action::write(
        Product::Ecs,
        "RebootInstances",
        &[ONE, BATCH, no_effect("ForceReboot", "processes that ignore a stop are killed anyway")],
        |call| {
            Ok(Write {
                command: Command::SwitchInstances(Switch::Reboot, some(&call.params)?),
                answer: rebooted,
            })
        },
    ),
    Action::write(
        Product::Ecs,
        "DeleteInstances",
        &[ONE, works("Force"), FORCE, no_effect("TerminateSubscription", NO_BILL)],
        |call| delete(call, some(&call.params)?),
    ),
];

fn one(call: &Call) -> Result<Vec<InstanceId>, ApiError> {
    Ok(vec![call::required_id(&call.params, "InstanceId")?])
}

fn some(params: &Params) -> Result<Vec<InstanceId>, ApiError> {
    let ids = call::ids(params, "InstanceId")?;
    few_instances(ids.len())?;
    if ids.is_empty() { Err(params.missing("InstanceId")) } else { Ok(ids) }
}

fn delete(call: &Call, instances: Vec<InstanceId>) -> Result<Write, ApiError> {
    let force = call.params.flag("Force")?.unwrap_or(false);
    Ok(Write::silent(Command::DeleteInstances(DeleteInstances { instances, force })))
}

fn started(_: &View, output: &Output) -> Value {
    responses(output, "Stopped", "Starting")
}

fn stopped(_: &View, output: &Output) -> Value {
    responses(output, "Running", "Stopping")
}

fn rebooted(_: &View, output: &Output) -> Value {
    responses(output, "Running", "Running")
}

/// What became of each instance. All of them change, or the request is refused.
fn responses(output: &Output, previous: &str, current: &str) -> Value {
    let Output::Instances(ids) = output else { return Value::Null };
    let response = |id: &InstanceId| {
        json!({
            "InstanceId": id,
            "Code": "200",
            "Message": "success",
            "PreviousStatus": previous,
            "CurrentStatus": current,
        })
    };
    json!({ "InstanceResponses": { "InstanceResponse": ids.iter().map(response).collect::<Vec<_>>() } })
}
