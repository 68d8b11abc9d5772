//! Commands of the cloud assistant: kept, listed, forgotten.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::assistant::{Content, InvalidScript, SavedCommand, Script, WorkingDir};
use model::command::assistant::{AssistantCommand, CreateCommand};
use model::command::{Command, Output};
use serde_json::{Value, json};

use crate::actions::list::resource_group;
use crate::actions::older::{Filter, ecs_tags, page, wanted};
use crate::actions::{Action, Call, Param, Write, call, no_effect, refused, works};
use crate::rpc::{ApiError, Params, Product, time};

/// The one type of command that Linux instances know.
pub(super) const TYPE: &str = "RunShellScript";

pub(super) const LAUNCHER: Param =
    refused("Launcher", "begin the command with #! and the program that is to run it.");

/// Actions about commands.
pub(super) const ACTIONS: &[Action] = &[
    Action::write(
        Product::Ecs,
        "CreateCommand",
        &[
            works("CommandContent"),
            works("ContentEncoding"),
            works("Description"),
            works("EnableParameter"),
            works("Name"),
            works("ResourceGroupId"),
            works("Tag"),
            works("Timeout"),
            works("Type"),
            works("WorkingDir"),
            LAUNCHER,
        ],
        create,
    ),
    Action::read(
        Product::Ecs,
        "DescribeCommands",
        &[
            works("CommandId"),
            works("ContentEncoding"),
            works("Description"),
            works("MaxResults"),
            works("Name"),
            works("NextToken"),
            works("PageNumber"),
            works("PageSize"),
            works("Provider"),
            works("ResourceGroupId"),
            works("Tag"),
            works("Type"),
            no_effect("Latest", "a command has one version"),
        ],
        describe,
    ),
    Action::write(Product::Ecs, "DeleteCommand", &[works("CommandId")], |call| {
        let id = call::required_id(&call.params, "CommandId")?;
        Ok(Write::silent(Command::Assistant(AssistantCommand::Delete(id))))
    }),
];

/// How texts travel.
#[derive(Clone, Copy)]
pub(super) enum Encoding {
    Base64,
    PlainText,
}

impl Encoding {
    /// What a request says, or `default`.
    pub(super) fn of(params: &Params, default: Self) -> Result<Self, ApiError> {
        let words = [("Base64", Self::Base64), ("PlainText", Self::PlainText)];
        Ok(params.choice("ContentEncoding", &words)?.unwrap_or(default))
    }

    pub(super) fn encode(self, text: &str) -> String {
        match self {
            Self::Base64 => STANDARD.encode(text),
            Self::PlainText => text.to_owned(),
        }
    }

    fn decode(self, text: &str) -> Result<Vec<u8>, ApiError> {
        match self {
            Self::Base64 => STANDARD.decode(text.trim_end()).map_err(|_| {
                let message =
                    "The command is not base64 (the standard alphabet, padded). Encode it, or say PlainText.";
                ApiError::new(400, "CmdContent.DecodeError", message)
            }),
            Self::PlainText => Ok(text.as_bytes().to_vec()),
        }
    }
}

/// A value that a script cannot have, under the code that clients know.
fn invalid(error: InvalidScript) -> ApiError {
    let (status, code) = match error {
        InvalidScript::Length => (403, "CmdContent.ExceedLimit"),
        InvalidScript::Text => (400, "CmdContent.DecodeError"),
        InvalidScript::WorkingDir => (400, "InvalidParameter.WorkingDir"),
    };
    ApiError::new(status, code, format!("The command cannot be taken: {error}."))
}

pub(super) fn working_dir(params: &Params) -> Result<Option<WorkingDir>, ApiError> {
    params.text("WorkingDir").map(WorkingDir::parse).transpose().map_err(invalid)
}

pub(super) fn timeout(params: &Params) -> Result<Option<u32>, ApiError> {
    params.number("Timeout", Script::TIMEOUTS)
}

/// Names and descriptions of commands that are too long have codes of their own.
fn short(params: &Params) -> Result<(), ApiError> {
    let texts = [("Name", 128, "CmdName.ExceedLimit"), ("Description", 256, "CmdDesc.ExceedLimit")];
    let length = |name| params.text(name).map_or(0, |text| text.chars().count());
    match texts.into_iter().find(|(name, most, _)| length(name) > *most) {
        Some((name, most, code)) => {
            Err(ApiError::new(403, code, format!("The parameter {name} has at most {most} characters.")))
        }
        None => Ok(()),
    }
}

/// The command that a request describes.
pub(super) fn described(params: &Params, default: Encoding) -> Result<CreateCommand, ApiError> {
    if params.required("Type")? != TYPE {
        let message = format!("Instances are Linux: the type of a command is {TYPE}.");
        return Err(ApiError::new(404, "InvalidCmdType.NotFound", message));
    }
    short(params)?;
    let bytes = Encoding::of(params, default)?.decode(params.required("CommandContent")?)?;
    Ok(CreateCommand {
        labels: call::labels(params, Some("Name"), Some("Description"))?,
        script: Script {
            content: Content::new(bytes).map_err(invalid)?,
            parameters: params.flag("EnableParameter")?.unwrap_or(false),
            working_dir: working_dir(params)?.unwrap_or_default(),
            timeout: timeout(params)?.unwrap_or(Script::DEFAULT_TIMEOUT),
        },
    })
}

fn create(call: &Call) -> Result<Write, ApiError> {
    call.params.required("Name")?;
    let command = described(&call.params, Encoding::Base64)?;
    let answer = |_: &_, output: &Output| match output {
        Output::SavedCommand(id) => json!({ "CommandId": id }),
        _ => Value::Null,
    };
    Ok(Write { command: Command::Assistant(AssistantCommand::Create(command)), answer })
}

fn describe(call: &Call) -> Result<Value, ApiError> {
    let params = &call.params;
    let encoding = Encoding::of(params, Encoding::Base64)?;
    let filter = Filter::of(params, "CommandId", "Name")?;
    let asked = |row: &&Arc<SavedCommand>| {
        filter.takes(row.id.as_str(), &row.meta)
            && wanted(params, "Type", TYPE)
            && wanted(params, "Provider", "User")
            && wanted(params, "Description", row.meta.description.as_str())
    };
    let rows: Vec<Arc<SavedCommand>> = call.all_owned::<SavedCommand>().filter(asked).cloned().collect();
    page(params, ("Commands", "Command"), 50, rows, |row| row.id.to_string(), |row| shape(row, encoding))
}

fn shape(row: &SavedCommand, encoding: Encoding) -> Value {
    let names = row.script.parameter_names();
    let definition = |name: &String| json!({ "ParameterName": name, "Required": true });
    let definitions: Vec<Value> = names.iter().map(definition).collect();
    json!({
        "CommandId": row.id,
        "Name": row.meta.name,
        "Description": row.meta.description,
        "Type": TYPE,
        "CommandContent": encoding.encode(row.script.content.as_str()),
        "WorkingDir": row.script.working_dir.as_str(),
        "Timeout": row.script.timeout,
        "EnableParameter": row.script.parameters,
        "ParameterNames": { "ParameterName": names },
        "ParameterDefinitions": { "ParameterDefinition": definitions },
        "InvokeTimes": row.invoked,
        "CreationTime": time::format(row.meta.created),
        "Category": "",
        "Provider": "User",
        "Latest": true,
        "Version": 1,
        "Launcher": "",
        "ResourceGroupId": resource_group(&row.meta),
        "Tags": ecs_tags(&row.meta),
    })
}
