//! Commands about the cloud assistant.

use std::collections::{BTreeMap, BTreeSet};

use crate::assistant::{Script, WorkingDir};
use crate::id::{CommandId, InstanceId, InvocationId};
use crate::meta::Labels;

/// A change of commands that are kept, or of what instances carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssistantCommand {
    /// Keeps a command.
    Create(CreateCommand),
    /// Forgets a command; its invocations go on.
    Delete(CommandId),
    /// Has instances carry out a new command.
    Run(RunCommand),
    /// Has instances carry out a command that is kept.
    Invoke(InvokeCommand),
    /// Has instances stop.
    Stop(StopInvocation),
}

/// Keeps a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateCommand {
    /// Its name, description, tags, resource group.
    pub labels: Labels,
    /// What it runs.
    pub script: Script,
}

/// Has instances carry out a new command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunCommand {
    /// The command.
    pub command: CreateCommand,
    /// Whether it is kept.
    pub keep: bool,
    /// Values of its parameters.
    pub values: BTreeMap<String, String>,
    /// The instances.
    pub instances: BTreeSet<InstanceId>,
}

/// Has instances carry out a command that is kept; `None` leaves what the command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeCommand {
    /// The command.
    pub command: CommandId,
    /// Tags and resource group of the invocation.
    pub labels: Labels,
    /// Another directory.
    pub working_dir: Option<WorkingDir>,
    /// Another time limit, seconds.
    pub timeout: Option<u32>,
    /// Values of its parameters.
    pub values: BTreeMap<String, String>,
    /// The instances.
    pub instances: BTreeSet<InstanceId>,
}

/// Has instances stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopInvocation {
    /// What they carry out.
    pub invocation: InvocationId,
    /// Which of them; none = all.
    pub instances: BTreeSet<InstanceId>,
}
