//! One script on one instance, from its beginning to its end.

use std::io::{self, PipeReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::plan::InvocationPlan;
use model::report::{TaskEnd, TaskResult};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

use super::Task;
use super::journal::Journal;
use crate::clock::now;
use crate::instance::Instances;

/// How long output is waited for after the script has ended: what it left running may hold the pipe for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs a script that was never begun, to its end, its time limit, or until it is stopped.
pub(super) async fn run(
    instances: Instances,
    journal: Journal,
    task: Task,
    plan: InvocationPlan,
    stopped: oneshot::Receiver<()>,
) -> (Task, TaskResult) {
    let started = now();
    let mut output = Output::default();
    let end = match journal.begin(task.clone()).await {
        Ok(()) => go(&instances, &task, &plan, stopped, &mut output).await,
        Err(error) => Err(error),
    };
    let end = end.unwrap_or_else(|error| TaskEnd::NotStarted(error.to_string()));
    let (output, dropped) = output.end().await;
    let result = TaskResult { end, started: Some(started), finished: now(), output, dropped };
    journal.end(task.clone(), result.clone()).await;
    (task, result)
}

async fn go(
    instances: &Instances,
    (invocation, instance): &Task,
    plan: &InvocationPlan,
    stopped: oneshot::Receiver<()>,
    output: &mut Output,
) -> io::Result<TaskEnd> {
    let command = instances.task(instance, invocation.as_str(), &plan.working_dir)?;
    let mut child = output.of(command)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script that cannot be handed over shows in the exit status.
        let _ = stdin.write_all(plan.content.as_bytes()).await;
    }
    let limit = Duration::from_secs(plan.timeout.into());
    let end = tokio::select! {
        status = child.wait() => {
            instances.leave_task(instance, invocation.as_str());
            return Ok(TaskEnd::Exited(code(status?)));
        }
        () = tokio::time::sleep(limit) => TaskEnd::TimedOut,
        Ok(()) = stopped => TaskEnd::Terminated,
    };
    let (instances, instance, invocation) = (instances.clone(), instance.clone(), invocation.clone());
    let kill = move || instances.end_task(&instance, invocation.as_str());
    tokio::task::spawn_blocking(kill).await.map_err(io::Error::other)?;
    // Where there are no cgroups, at least the way in is closed.
    child.kill().await?;
    Ok(end)
}

/// As shells tell it: what a signal ended has 128 and the signal's number.
fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// What a script writes, its errors in between.
#[derive(Default)]
struct Output {
    tail: Arc<Mutex<Tail>>,
    ended: Option<oneshot::Receiver<()>>,
}

#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    dropped: u64,
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let surplus = self.bytes.len().saturating_sub(TaskResult::OUTPUT);
        self.bytes.drain(..surplus);
        self.dropped += surplus as u64;
    }
}

impl Output {
    /// Starts a command and reads what it writes, until nobody holds the other end of the pipe.
    fn of(&mut self, command: std::process::Command) -> io::Result<Child> {
        let (reader, writer) = io::pipe()?;
        let mut command = Command::from(command);
        command.stdin(Stdio::piped()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn()?;
        let (end, ended) = oneshot::channel();
        let tail = Arc::clone(&self.tail);
        std::thread::Builder::new().name("output".to_owned()).spawn(move || read(reader, &tail, end))?;
        self.ended = Some(ended);
        Ok(child)
    }

    /// What was written, and how many bytes before it are left out.
    async fn end(self) -> (Arc<str>, u64) {
        if let Some(ended) = self.ended {
            // Whatever still holds the pipe may go on writing: nobody will see it.
            let _ = tokio::time::timeout(LAST_WORDS, ended).await;
        }
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        (String::from_utf8_lossy(&tail.bytes).into(), tail.dropped)
    }
}

fn read(mut reader: PipeReader, tail: &Mutex<Tail>, end: oneshot::Sender<()>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = reader.read(&mut bytes) {
        tail.lock().unwrap_or_else(PoisonError::into_inner).push(&bytes[..count]);
    }
    // Nobody may wait any more.
    let _ = end.send(());
}
