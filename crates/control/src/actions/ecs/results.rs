//! What became of commands on instances, and which instances can carry out any.

use std::sync::Arc;

use model::assistant::Invocation;
use model::id::{InstanceId, Timestamp};
use model::instance::Instance;
use model::report::{TaskEnd, TaskReport, TaskResult};
use model::status::{InstanceStatus, InvocationStatus, TaskStatus};
use serde_json::{Value, json};

use super::commands::{Encoding, TYPE};
use crate::actions::older::{Filter, ecs_tags, many, page, wanted};
use crate::actions::{Action, Call, Param, View, call, no_effect, works};
use crate::rpc::{ApiError, Product, time};

const ONCE: &str = "a command is run once, at once";

const PAGES: [Param; 4] = [works("MaxResults"), works("NextToken"), works("PageNumber"), works("PageSize")];

/// Actions about results.
pub(super) const ACTIONS: &[Action] = &[
    Action::read(
        Product::Ecs,
        "DescribeInvocations",
        &[
            works("CommandId"),
            works("CommandName"),
            works("CommandType"),
            works("ContentEncoding"),
            works("IncludeOutput"),
            works("InstanceId"),
            works("InvokeId"),
            works("InvokeStatus"),
            works("ResourceGroupId"),
            works("Tag"),
            works("RepeatMode"),
            works("Timed"),
            PAGES[0],
            PAGES[1],
            PAGES[2],
            PAGES[3],
        ],
        invocations,
    ),
    Action::read(
        Product::Ecs,
        "DescribeInvocationResults",
        &[
            works("CommandId"),
            works("ContentEncoding"),
            works("InstanceId"),
            works("InvokeId"),
            works("InvokeRecordStatus"),
            works("ResourceGroupId"),
            works("Tag"),
            no_effect("IncludeHistory", ONCE),
            PAGES[0],
            PAGES[1],
            PAGES[2],
            PAGES[3],
        ],
        results,
    ),
    Action::read(
        Product::Ecs,
        "DescribeCloudAssistantStatus",
        &[works("InstanceId"), works("OSType"), PAGES[0], PAGES[1], PAGES[2], PAGES[3]],
        assistants,
    ),
];

/// The invocations that a request asks for, and what it says of their commands and instances.
fn asked<'a>(call: &'a Call) -> Result<impl Iterator<Item = Arc<Invocation>> + 'a, ApiError> {
    let params = &call.params;
    let filter = Filter::of(params, "InvokeId", "CommandName")?;
    let instance = params.text("InstanceId");
    let takes = move |row: &&Arc<Invocation>| {
        filter.takes(row.id.as_str(), &row.meta)
            && wanted(params, "CommandId", row.command.as_str())
            && instance.is_none_or(|id| row.instances.iter().any(|own| own.as_str() == id))
    };
    Ok(call.all_owned::<Invocation>().filter(takes).cloned())
}

fn invocations(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let encoding = Encoding::of(params, Encoding::Base64)?;
    let with_output = params.flag("IncludeOutput")?.unwrap_or(false);
    let takes = |row: &Arc<Invocation>| {
        wanted(params, "InvokeStatus", older_status(call.view.status().invocation(row)))
            && wanted(params, "CommandType", TYPE)
            && wanted(params, "RepeatMode", "Once")
            && wanted(params, "Timed", "false")
    };
    let rows: Vec<_> = asked(call)?.filter(takes).collect();
    let shape = |row: &Arc<Invocation>| invocation(&call.view, row, encoding, with_output);
    page(params, ("Invocations", "Invocation"), 50, rows, |row| row.id.to_string(), shape)
}

/// The word of the older field, which has fewer.
fn older_status(status: InvocationStatus) -> &'static str {
    match status {
        InvocationStatus::Pending | InvocationStatus::Running => "Running",
        InvocationStatus::Success => "Finished",
        InvocationStatus::Failed => "Failed",
        InvocationStatus::PartialFailed => "PartialFailed",
        InvocationStatus::Stopping => "Stopping",
        InvocationStatus::Stopped => "Stopped",
    }
}

/// The same for one instance.
fn older_task_status(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending | TaskStatus::Running => "Running",
        TaskStatus::Success => "Finished",
        TaskStatus::Failed | TaskStatus::Error | TaskStatus::Timeout | TaskStatus::Aborted => "Failed",
        TaskStatus::Stopping => "Stopping",
        TaskStatus::Terminated | TaskStatus::Cancelled => "Stopped",
    }
}

fn invocation(view: &View, row: &Invocation, encoding: Encoding, with_output: bool) -> Value {
    let status = view.status().invocation(row);
    let instances: Vec<Value> = row
        .instances
        .iter()
        .map(|id| {
            let mut shown = task(view, row, id, encoding);
            shown["InstanceInvokeStatus"] = older_task_status(view.status().task_status(row, id)).into();
            shown["CreationTime"] = time::format(row.meta.created).into();
            shown["UpdateTime"] = shown["FinishedTime"].clone();
            shown["FinishTime"] = shown["FinishedTime"].take();
            shown["Timed"] = false.into();
            if !with_output {
                shown["Output"] = "".into();
            }
            shown
        })
        .collect();
    json!({
        "InvokeId": row.id,
        "CommandId": row.command,
        "CommandName": row.meta.name,
        "CommandDescription": row.meta.description,
        "CommandType": TYPE,
        "CommandContent": encoding.encode(row.script.content.as_str()),
        "Parameters": Value::from_iter(row.values.clone()).to_string(),
        "WorkingDir": row.script.working_dir.as_str(),
        "Timeout": row.script.timeout,
        "Username": "root",
        "RepeatMode": "Once",
        "Frequency": "",
        "Timed": false,
        "TerminationMode": "ProcessTree",
        "CreationTime": time::format(row.meta.created),
        "InvokeStatus": older_status(status),
        "InvocationStatus": status.to_string(),
        "InvokeInstances": { "InvokeInstance": instances },
        "Tags": ecs_tags(&row.meta),
    })
}

fn results(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let encoding = Encoding::of(params, Encoding::Base64)?;
    let tasks = asked(call)?.flat_map(|row| {
        let instances: Vec<InstanceId> = row.instances.iter().cloned().collect();
        instances.into_iter().map(move |id| (row.clone(), id))
    });
    let takes = |(row, id): &(Arc<Invocation>, InstanceId)| {
        wanted(params, "InstanceId", id.as_str())
            && wanted(
                params,
                "InvokeRecordStatus",
                older_task_status(call.view.status().task_status(row, id)),
            )
    };
    let tasks: Vec<_> = tasks.filter(takes).collect();
    let answer = page(
        params,
        ("InvocationResults", "InvocationResult"),
        50,
        tasks,
        |(row, id)| format!("{}/{id}", row.id),
        |(row, id)| record(&call.view, row, id, encoding),
    )?;
    Ok(json!({ "Invocation": answer }))
}

fn record(view: &View, row: &Invocation, id: &InstanceId, encoding: Encoding) -> Value {
    let mut shown = task(view, row, id, encoding);
    shown["InvokeId"] = row.id.as_str().into();
    shown["CommandId"] = row.command.as_str().into();
    shown["InvokeRecordStatus"] = older_task_status(view.status().task_status(row, id)).into();
    shown["Username"] = "root".into();
    shown["TerminationMode"] = "ProcessTree".into();
    shown["Tags"] = ecs_tags(&row.meta);
    shown
}

/// What both lists tell of one instance.
fn task(view: &View, row: &Invocation, id: &InstanceId, encoding: Encoding) -> Value {
    let report = view.status().task(row, id);
    let result = report.and_then(|report| match report {
        TaskReport::Running(_) => None,
        TaskReport::Ended(result) => Some(result),
    });
    let started = match report {
        Some(TaskReport::Running(since)) => Some(*since),
        Some(TaskReport::Ended(result)) => result.started,
        None => None,
    };
    let gone = view.state.get::<Instance>(id).is_none();
    let (code, why) = match result {
        _ if gone => ("InstanceReleased", "The instance was deleted.".to_owned()),
        Some(result) => reason(result),
        None => ("", String::new()),
    };
    let at = |time: Option<Timestamp>| time.map(time::format).unwrap_or_default();
    let stopped = result.filter(|result| matches!(result.end, TaskEnd::Terminated | TaskEnd::Cancelled));
    json!({
        "InstanceId": id,
        "InvocationStatus": view.status().task_status(row, id).to_string(),
        "StartTime": at(started),
        "FinishedTime": at(result.map(|result| result.finished)),
        "StopTime": at(stopped.map(|result| result.finished)),
        "ExitCode": result.and_then(exit_code),
        "Output": encoding.encode(result.map_or("", |result| &result.output)),
        "Dropped": result.map_or(0, |result| result.dropped),
        "ErrorCode": code,
        "ErrorInfo": why,
        "Repeats": u8::from(started.is_some()),
    })
}

fn exit_code(result: &TaskResult) -> Option<i32> {
    match result.end {
        TaskEnd::Exited(code) => Some(code),
        TaskEnd::TimedOut
        | TaskEnd::Terminated
        | TaskEnd::Cancelled
        | TaskEnd::InstanceNotRunning
        | TaskEnd::NotDelivered
        | TaskEnd::Interrupted
        | TaskEnd::NotStarted(_) => None,
    }
}

/// The code and the reason of what did not succeed.
fn reason(result: &TaskResult) -> (&'static str, String) {
    match &result.end {
        TaskEnd::Exited(0) | TaskEnd::Terminated | TaskEnd::Cancelled => ("", String::new()),
        TaskEnd::Exited(code) => ("ExitCodeNonzero", format!("The command ended with exit code {code}.")),
        TaskEnd::TimedOut => {
            ("ExecutionTimeout", "The command took too long; its processes were ended.".to_owned())
        }
        TaskEnd::InstanceNotRunning => {
            ("InstanceNotRunning", "The instance is stopped: start it.".to_owned())
        }
        TaskEnd::NotDelivered => {
            let seconds = Invocation::DELIVERY;
            ("DeliveryTimeout", format!("The instance did not run within {seconds} seconds."))
        }
        TaskEnd::Interrupted => {
            let why = "The agent ended while the command ran. What it had done by then is not known; the rest of it was ended, and it is not run again.";
            ("ExecutionInterrupted", why.to_owned())
        }
        TaskEnd::NotStarted(why) => {
            ("ExecutionException", format!("The command could not be started: {why}."))
        }
    }
}

fn assistants(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    for id in call::ids::<InstanceId>(params, "InstanceId")? {
        let found = call.view.state.owned::<Instance>(call.account, &id);
        found.map_err(|_| {
            ApiError::new(404, "InvalidInstance.NotFound", format!("The instance {id} does not exist."))
        })?;
    }
    let ids = many(params, "InstanceId")?;
    let asked = |row: &&Arc<Instance>| {
        ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id == row.id.as_str()))
            && wanted(params, "OSType", "Linux")
    };
    let rows: Vec<Arc<Instance>> = call.all_owned::<Instance>().filter(asked).cloned().collect();
    let names = ("InstanceCloudAssistantStatusSet", "InstanceCloudAssistantStatus");
    page(params, names, 50, rows, |row| row.id.to_string(), |row| assistant(call, row))
}

/// The assistant of an instance is its host's: it answers as long as the instance runs.
fn assistant(call: &Call, row: &Instance) -> Value {
    let status = call.view.status();
    let runs = status.instance(row).status == InstanceStatus::Running;
    let mine: Vec<_> = call.all_owned::<Invocation>().filter(|it| it.instances.contains(&row.id)).collect();
    let active = mine.iter().filter(|it| !status.task_status(it, &row.id).is_final()).count();
    let last = mine.iter().map(|it| it.meta.created).max();
    let heartbeat = if runs { time::format(call.now) } else { String::new() };
    json!({
        "InstanceId": row.id,
        "CloudAssistantStatus": runs.to_string(),
        "CloudAssistantVersion": env!("CARGO_PKG_VERSION"),
        "OSType": "Linux",
        "LastHeartbeatTime": heartbeat,
        "LastInvokedTime": last.map(time::format).unwrap_or_default(),
        "InvocationCount": mine.len(),
        "ActiveTaskCount": active,
        "SupportSessionManager": false,
    })
}
