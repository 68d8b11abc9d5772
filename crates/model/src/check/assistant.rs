//! What always holds of commands and invocations.

use crate::assistant::{Content, Invocation, SavedCommand, Script};
use crate::check::Findings;
use crate::quota::Quota;

impl Findings<'_> {
    pub(super) fn command(&mut self, row: &SavedCommand) {
        self.must(Script::TIMEOUTS.contains(&row.script.timeout), "its time limit is possible");
        let count = row.script.parameter_names().len();
        self.must(
            count <= Quota::ParametersACommand.most() as usize,
            "it has at most as many parameters as can be",
        );
    }

    pub(super) fn invocation(&mut self, row: &Invocation) {
        self.must(Script::TIMEOUTS.contains(&row.script.timeout), "its time limit is possible");
        self.must(row.script.filled(&row.values).len() <= Content::LIMIT, "its text is not too long");
        let names = row.script.parameter_names();
        self.must(row.values.keys().eq(names.iter()), "each of its parameters has a value");
        let limit = Quota::InstancesAnInvocation.most() as usize;
        self.must((1..=limit).contains(&row.instances.len()), "it has instances, but not more than can be");
        self.must(row.stopped.is_subset(&row.instances), "what is stopped is one of its instances");
    }
}
