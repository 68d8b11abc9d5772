//! The cloud assistant: commands are kept and invoked, and what hosts say of them becomes a status.

use std::collections::{BTreeMap, BTreeSet};

use model::assistant::{Content, Invocation, SavedCommand};
use model::command::assistant::{AssistantCommand, CreateCommand, InvokeCommand, RunCommand, StopInvocation};
use model::command::{Command, Output};
use model::id::{CommandId, InstanceId, InvocationId, Timestamp, VSwitchId};
use model::meta::Labels;
use model::planner::plan;
use model::quota::Quota;
use model::refusal::{AssistantRefusal, Refusal};
use model::report::{TaskEnd, TaskReport, TaskResult};
use model::status::{InvocationStatus, TaskStatus, View};
use model::tables::Key;

use crate::pieces::{command, run};
use crate::support::{OTHER, World, host};

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn place() -> (World, VSwitchId, [InstanceId; 2]) {
    let mut world = World::new();
    let vpc = world.vpc("10.0.0.0/16");
    let vswitch = world.vswitch(&vpc, "g", "10.0.1.0/24");
    let instances = [(); 2].map(|()| world.instance(&vswitch, &[]));
    (world, vswitch, instances)
}

fn create(world: &mut World, command: CreateCommand) -> CommandId {
    match world.run(Command::Assistant(AssistantCommand::Create(command))) {
        Output::SavedCommand(id) => id,
        other => panic!("{other:?}"),
    }
}

fn invoke(world: &mut World, command: AssistantCommand) -> (CommandId, InvocationId) {
    match world.run(Command::Assistant(command)) {
        Output::Invocation(command, id) => (command, id),
        other => panic!("{other:?}"),
    }
}

fn invocation(command: &CommandId, instances: &[InstanceId]) -> InvokeCommand {
    InvokeCommand {
        command: command.clone(),
        labels: Labels::default(),
        working_dir: None,
        timeout: None,
        values: BTreeMap::new(),
        instances: instances.iter().cloned().collect(),
    }
}

fn refused(world: &mut World, command: AssistantCommand) -> Refusal {
    world.refused(Command::Assistant(command))
}

#[test]
fn a_kept_command_is_invoked_with_its_parameters_and_can_be_forgotten_meanwhile() {
    let (mut world, _, instances) = place();
    let kept = create(&mut world, command("echo {{name}} {{Name}}", true));
    let invoke_it = InvokeCommand {
        values: values(&[("NAME", "x")]),
        timeout: Some(10),
        ..invocation(&kept, &instances)
    };
    let (command, id) = invoke(&mut world, AssistantCommand::Invoke(invoke_it));
    assert_eq!((&command, world.state.get::<SavedCommand>(&kept).unwrap().invoked), (&kept, 1));
    world.run(Command::Assistant(AssistantCommand::Delete(kept)));
    let planned = &plan(&world.state, &host()).invocations[&id];
    assert_eq!((planned.content.as_str(), planned.timeout, planned.instances.len()), ("echo x x", 10, 2));
    assert_eq!(planned.working_dir, "/root");
    assert_eq!(planned.begins_until, Timestamp(world.now.0 + 60));
}

#[test]
fn a_command_that_is_run_is_kept_only_on_demand() {
    let (mut world, _, instances) = place();
    let (once, _) = invoke(&mut world, AssistantCommand::Run(run("true", &instances)));
    assert!(world.state.get::<SavedCommand>(&once).is_none());
    let again = RunCommand { keep: true, ..run("true", &instances) };
    let (kept, _) = invoke(&mut world, AssistantCommand::Run(again));
    assert_eq!(world.state.get::<SavedCommand>(&kept).unwrap().invoked, 1);
}

#[test]
fn parameters_have_values_and_values_have_parameters() {
    let (mut world, _, instances) = place();
    let mut try_with = |content: &str, on: bool, given: &[(&str, &str)]| {
        let it = RunCommand { command: command(content, on), values: values(given), ..run("x", &instances) };
        refused(&mut world, AssistantCommand::Run(it))
    };
    let given = [("a", "1")];
    assert_eq!(try_with("{{a}}", false, &given), Refusal::Assistant(AssistantRefusal::ParametersOff));
    assert_eq!(try_with("{{a}}", true, &[]), AssistantRefusal::ParameterMissing("a".to_owned()).into());
    assert_eq!(try_with("{{b}}", true, &given), AssistantRefusal::ParameterUnknown("a".to_owned()).into());
    let long = "x".repeat(Content::LIMIT);
    assert_eq!(try_with(" {{a}}", true, &[("a", &long)]), AssistantRefusal::TooLong.into());
    let many: String = (0..21).map(|number| format!("{{{{p{number}}}}}")).collect();
    let refusal = refused(&mut world, AssistantCommand::Create(command(&many, true)));
    assert_eq!(refusal, Refusal::QuotaExceeded { quota: Quota::ParametersACommand, limit: 20 });
}

#[test]
fn only_the_owner_has_instances_carry_out_commands_and_sees_them() {
    let (mut world, vswitch, instances) = place();
    let kept = create(&mut world, command("true", false));
    let (_, id) = invoke(&mut world, AssistantCommand::Invoke(invocation(&kept, &instances)));
    let other = world.instance(&vswitch, &[]);
    let stop = StopInvocation { invocation: id.clone(), instances: BTreeSet::from([other.clone()]) };
    assert_eq!(refused(&mut world, AssistantCommand::Stop(stop)), Refusal::NotFound(Key::Instance(other)));
    assert!(matches!(refused(&mut world, AssistantCommand::Run(run("true", &[]))), Refusal::Empty(_)));
    world.account = OTHER;
    let refusal = refused(&mut world, AssistantCommand::Run(run("true", &instances)));
    assert!(matches!(refusal, Refusal::NotFound(Key::Instance(_))));
    let refusal = refused(&mut world, AssistantCommand::Delete(kept.clone()));
    assert_eq!(refusal, Refusal::NotFound(Key::SavedCommand(kept)));
    let stop = StopInvocation { invocation: id.clone(), instances: BTreeSet::new() };
    assert_eq!(refused(&mut world, AssistantCommand::Stop(stop)), Refusal::NotFound(Key::Invocation(id)));
}

#[test]
fn old_results_make_room_for_new_ones_and_what_may_still_run_does_not() {
    let (mut world, vswitch, _) = place();
    let many: Vec<_> = (0..50).map(|_| world.instance(&vswitch, &[])).collect();
    let all = AssistantCommand::Run(run("true", &many));
    let (_, first) = invoke(&mut world, all.clone());
    for _ in 1..10 {
        invoke(&mut world, all.clone());
    }
    let full = Refusal::QuotaExceeded { quota: Quota::ResultsAnAccount, limit: 500 };
    assert_eq!(refused(&mut world, all.clone()), full);
    world.now.0 += 60 + 60 + 60;
    assert_eq!(refused(&mut world, all.clone()), full, "to the second");
    world.now.0 += 1;
    invoke(&mut world, all.clone());
    assert!(world.state.get::<Invocation>(&first).is_none());
    assert_eq!(world.state.tables().invocations.size(), 10);
    world.now.0 += Invocation::LIFETIME;
    world.run(Command::Purge(world.state.revision()));
    assert_eq!(world.state.tables().invocations.size(), 0);
    let another = world.instance(&vswitch, &[]);
    let more: Vec<_> = many.into_iter().chain([another]).collect();
    let refusal = refused(&mut world, AssistantCommand::Run(run("true", &more)));
    assert_eq!(refusal, Refusal::QuotaExceeded { quota: Quota::InstancesAnInvocation, limit: 50 });
}

fn ended(end: TaskEnd) -> TaskReport {
    let finished = Timestamp(0);
    TaskReport::Ended(TaskResult { end, started: None, finished, output: "".into(), dropped: 0 })
}

#[test]
fn statuses_follow_what_the_host_reports() {
    use InvocationStatus as All;
    use TaskStatus as One;
    let (mut world, _, instances) = place();
    let (_, id) = invoke(&mut world, AssistantCommand::Run(run("true", &instances)));
    let statuses = |world: &World, reports: [Option<TaskReport>; 2]| {
        let mut observed = world.observed(world.state.revision());
        let tasks = instances.iter().cloned().zip(reports).filter_map(|(id, it)| Some((id, it?))).collect();
        observed.hosts.get_mut(&host()).unwrap().tasks.insert(id.clone(), tasks);
        let view = View { state: &world.state, observed: &observed };
        let row = world.state.get::<Invocation>(&id).unwrap();
        (instances.clone().map(|id| view.task_status(row, &id)), view.invocation(row))
    };
    let ok = || Some(ended(TaskEnd::Exited(0)));
    let bad = || Some(ended(TaskEnd::Exited(1)));
    assert_eq!(statuses(&world, [None, None]), ([One::Pending; 2], All::Pending));
    let running = Some(TaskReport::Running(Timestamp(0)));
    assert_eq!(statuses(&world, [running.clone(), ok()]), ([One::Running, One::Success], All::Running));
    assert_eq!(statuses(&world, [ok(), ok()]).1, All::Success);
    assert_eq!(statuses(&world, [ok(), bad()]), ([One::Success, One::Failed], All::PartialFailed));
    for (end, one) in [
        (TaskEnd::TimedOut, One::Timeout),
        (TaskEnd::Interrupted, One::Error),
        (TaskEnd::NotStarted(String::new()), One::Error),
        (TaskEnd::InstanceNotRunning, One::Aborted),
        (TaskEnd::NotDelivered, One::Aborted),
    ] {
        assert_eq!(statuses(&world, [Some(ended(end)), bad()]), ([one, One::Failed], All::Failed));
    }
    let stop = StopInvocation { invocation: id.clone(), instances: BTreeSet::new() };
    world.run(Command::Assistant(AssistantCommand::Stop(stop)));
    assert_eq!(statuses(&world, [running, None]), ([One::Stopping; 2], All::Stopping));
    let ends = [Some(ended(TaskEnd::Terminated)), Some(ended(TaskEnd::Cancelled))];
    assert_eq!(statuses(&world, ends), ([One::Terminated, One::Cancelled], All::Stopped));
}
