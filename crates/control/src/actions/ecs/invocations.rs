//! Having instances carry out commands.

use std::collections::BTreeSet;

use model::command::assistant::{AssistantCommand, InvokeCommand, RunCommand, StopInvocation};
use model::command::{Command, Output};
use model::id::InstanceId;
use serde_json::{Value, json};

use super::commands::{self, Encoding, LAUNCHER};
use super::key_pairs::named;
use super::values::values;
use crate::actions::{Action, Call, Param, View, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product};

const NO_CONTAINERS: &str = "commands run in the instance itself.";
/// Longest name of a user, characters.
const USERNAME: usize = 255;
const NO_WINDOWS: &str = "instances are Linux.";

const CONTAINER_ID: Param = refused("ContainerId", NO_CONTAINERS);
const CONTAINER_NAME: Param = refused("ContainerName", NO_CONTAINERS);
const FREQUENCY: Param = refused("Frequency", "a command is run once, at once.");
const OSS: Param = refused("OssOutputDelivery", "there is no object storage: read the results.");
const RESOURCE_TAG: Param = refused("ResourceTag", "name the instances.");
const TERMINATION: Param = no_effect("TerminationMode", "every process of a command is ended");
const TIMED: Param = works("Timed");
const WINDOWS: Param = refused("WindowsPasswordName", NO_WINDOWS);

/// Actions that instances follow.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "RunCommand",
        &[
            works("CommandContent"),
            works("ContentEncoding"),
            works("Description"),
            works("EnableParameter"),
            works("InstanceId"),
            works("KeepCommand"),
            works("Name"),
            works("Parameters"),
            works("RepeatMode"),
            works("ResourceGroupId"),
            works("Tag"),
            works("Timeout"),
            works("Type"),
            works("Username"),
            works("WorkingDir"),
            CONTAINER_ID,
            CONTAINER_NAME,
            FREQUENCY,
            LAUNCHER,
            OSS,
            RESOURCE_TAG,
            TERMINATION,
            TIMED,
            WINDOWS,
        ],
        run,
    ),
    Action::write(
        Product::Ecs,
        "InvokeCommand",
        &[
            works("CommandId"),
            works("InstanceId"),
            works("Parameters"),
            works("RepeatMode"),
            works("ResourceGroupId"),
            works("Tag"),
            works("Timeout"),
            works("Username"),
            works("WorkingDir"),
            CONTAINER_ID,
            CONTAINER_NAME,
            FREQUENCY,
            LAUNCHER,
            OSS,
            RESOURCE_TAG,
            TERMINATION,
            TIMED,
            WINDOWS,
        ],
        invoke,
    ),
    Action::write(Product::Ecs, "StopInvocation", &[works("InvokeId"), works("InstanceId")], |call| {
        let stop = StopInvocation {
            invocation: call::required_id(&call.params, "InvokeId")?,
            instances: named(&call.params, "InstanceId")?.into_iter().flatten().collect(),
        };
        Ok(Write::silent(Command::Assistant(AssistantCommand::Stop(stop))))
    }),
];

/// What both ways of running a command may say of when and as whom: once, and as root.
fn plainly(params: &Params) -> Result<(), ApiError> {
    let once = [("Once", ())];
    params.choice("RepeatMode", &once).map_err(|_| {
        let message = "A command is run once, at once: the repeat mode is Once.";
        ApiError::new(404, "InvalidRepeatMode.NotFound", message)
    })?;
    if params.flag("Timed")?.unwrap_or(false) {
        return Err(params.illegal("Timed", "a command is run once, at once."));
    }
    if params.text("Username").is_some_and(|name| name.chars().count() > USERNAME) {
        let message = format!("A user's name has at most {USERNAME} characters; commands run as root.");
        return Err(ApiError::new(403, "Username.ExceedLimit", message));
    }
    params.choice("Username", &[("root", ())])?;
    Ok(())
}

fn instances(params: &Params) -> Result<BTreeSet<InstanceId>, ApiError> {
    let instances: BTreeSet<_> = named(params, "InstanceId")?.into_iter().flatten().collect();
    if instances.is_empty() {
        let message = "Give the parameter InstanceId.1: a command is run on instances.";
        return Err(ApiError::new(400, "MissingParam.InstanceId", message));
    }
    Ok(instances)
}

fn run(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    plainly(params)?;
    let command = RunCommand {
        command: commands::described(params, Encoding::PlainText)?,
        keep: params.flag("KeepCommand")?.unwrap_or(false),
        values: values(call)?,
        instances: instances(params)?,
    };
    invoked(AssistantCommand::Run(command))
}

fn invoke(call: &Call) -> Result<Write, ApiError> {
    let params = &call.params;
    plainly(params)?;
    let command = InvokeCommand {
        command: call::required_id(params, "CommandId")?,
        labels: call::labels(params, None, None)?,
        working_dir: commands::working_dir(params)?,
        timeout: commands::timeout(params)?,
        values: values(call)?,
        instances: instances(params)?,
    };
    invoked(AssistantCommand::Invoke(command))
}

fn invoked(command: AssistantCommand) -> Result<Write, ApiError> {
    let answer = |_: &View, output: &Output| match output {
        Output::Invocation(command, id) => json!({ "CommandId": command, "InvokeId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Assistant(command), answer })
}
