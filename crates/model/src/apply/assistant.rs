//! The cloud assistant.

use std::collections::{BTreeMap, BTreeSet};

use crate::apply::done;
use crate::assistant::{Content, Invocation, SavedCommand, Script};
use crate::command::Output;
use crate::command::assistant::{
    AssistantCommand as C, CreateCommand, InvokeCommand, RunCommand, StopInvocation,
};
use crate::draft::Draft;
use crate::id::{CommandId, InstanceId, InvocationId};
use crate::instance::Instance;
use crate::meta::{Labels, Meta};
use crate::quota::Quota;
use crate::refusal::{AssistantRefusal, Refusal};
use crate::tables::{Key, Kind};

impl Draft {
    pub(super) fn run_assistant(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Create(it) => self.create_command(it),
            C::Delete(id) => done(self.delete_command(id)),
            C::Run(it) => self.run_command(it),
            C::Invoke(it) => self.invoke_command(it),
            C::Stop(it) => done(self.stop_invocation(it)),
        }
    }

    fn create_command(&mut self, it: &CreateCommand) -> Result<Output, Refusal> {
        let id = CommandId::generate(&mut self.entropy);
        self.within(it.script.parameter_names().len(), Quota::ParametersACommand)?;
        self.keep(&id, it, 0)?;
        Ok(Output::SavedCommand(id))
    }

    fn keep(&mut self, id: &CommandId, it: &CreateCommand, invoked: u32) -> Result<(), Refusal> {
        self.room_in_account(Kind::SavedCommand, Quota::CommandsAnAccount)?;
        let meta = self.meta(&it.labels)?;
        self.put(SavedCommand { id: id.clone(), meta, script: it.script.clone(), invoked });
        Ok(())
    }

    fn delete_command(&mut self, id: &CommandId) -> Result<(), Refusal> {
        self.own::<SavedCommand>(id)?;
        self.delete(Key::SavedCommand(id.clone()));
        Ok(())
    }

    fn run_command(&mut self, it: &RunCommand) -> Result<Output, Refusal> {
        let command = CommandId::generate(&mut self.entropy);
        self.within(it.command.script.parameter_names().len(), Quota::ParametersACommand)?;
        if it.keep {
            self.keep(&command, &it.command, 1)?;
        }
        let (script, meta) = (it.command.script.clone(), self.meta(&it.command.labels)?);
        self.invoke(command, script, meta, &it.values, &it.instances)
    }

    fn invoke_command(&mut self, it: &InvokeCommand) -> Result<Output, Refusal> {
        let row = self.own::<SavedCommand>(&it.command)?;
        let labels = Labels {
            name: row.meta.name.clone(),
            description: row.meta.description.clone(),
            ..it.labels.clone()
        };
        let script = Script {
            working_dir: it.working_dir.clone().unwrap_or_else(|| row.script.working_dir.clone()),
            timeout: it.timeout.unwrap_or(row.script.timeout),
            ..row.script.clone()
        };
        let meta = self.meta(&labels)?;
        self.edit_quietly(row.as_ref(), |row| row.invoked = row.invoked.saturating_add(1));
        self.invoke(row.id.clone(), script, meta, &it.values, &it.instances)
    }

    fn invoke(
        &mut self,
        command: CommandId,
        script: Script,
        meta: Meta,
        values: &BTreeMap<String, String>,
        instances: &BTreeSet<InstanceId>,
    ) -> Result<Output, Refusal> {
        if instances.is_empty() {
            return Err(Refusal::Empty("the list of instances"));
        }
        self.within(instances.len(), Quota::InstancesAnInvocation)?;
        instances.iter().try_for_each(|id| self.own::<Instance>(id).map(|_| ()))?;
        let values = matching(&script, values)?;
        self.make_room(instances.len())?;
        let id = InvocationId::generate(&mut self.entropy);
        let (instances, stopped) = (instances.clone(), BTreeSet::new());
        self.put(Invocation {
            id: id.clone(),
            meta,
            command: command.clone(),
            script,
            values,
            instances,
            stopped,
        });
        Ok(Output::Invocation(command, id))
    }

    /// Forgets the oldest invocations that are over until there is room for more results.
    fn make_room(&mut self, more: usize) -> Result<(), Refusal> {
        let mine = self.state().tables().invocations.values();
        let mut mine: Vec<_> = mine.filter(|row| row.meta.owner == self.account).cloned().collect();
        mine.sort_by_key(|row| row.meta.born);
        let mut kept = more + mine.iter().map(|row| row.instances.len()).sum::<usize>();
        let over = mine.into_iter().filter(|row| row.is_over_at() < self.now).collect::<Vec<_>>();
        let limit = self.state().limit(self.account, Quota::ResultsAnAccount) as usize;
        for row in over {
            if kept <= limit {
                break;
            }
            kept -= row.instances.len();
            self.delete(Key::Invocation(row.id.clone()));
        }
        self.within(kept, Quota::ResultsAnAccount)
    }

    fn stop_invocation(&mut self, it: &StopInvocation) -> Result<(), Refusal> {
        let row = self.own::<Invocation>(&it.invocation)?;
        if let Some(id) = it.instances.difference(&row.instances).next() {
            return Err(Refusal::NotFound(Key::Instance(id.clone())));
        }
        let which = if it.instances.is_empty() { &row.instances } else { &it.instances };
        self.edit(row.as_ref(), |row| row.stopped.extend(which.iter().cloned()));
        Ok(())
    }
}

/// The values under the names of the script's parameters: each has one, and there are no others.
fn matching(script: &Script, values: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refusal> {
    if !script.parameters && !values.is_empty() {
        return Err(AssistantRefusal::ParametersOff.into());
    }
    let names = script.parameter_names();
    let given: BTreeMap<String, String> =
        values.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if let Some(name) = given.keys().find(|name| !names.contains(*name)) {
        return Err(AssistantRefusal::ParameterUnknown(name.clone()).into());
    }
    if let Some(name) = names.iter().find(|name| !given.contains_key(*name)) {
        return Err(AssistantRefusal::ParameterMissing(name.clone()).into());
    }
    if script.filled(&given).len() > Content::LIMIT {
        return Err(AssistantRefusal::TooLong.into());
    }
    Ok(given)
}
