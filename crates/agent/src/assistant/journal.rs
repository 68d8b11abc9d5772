//! What began and how it ended, on disk beside the instance's: `instances/<id>/tasks/<invocation>/`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use model::id::Timestamp;
use model::report::{TaskEnd, TaskResult};

use super::Task;

/// Is there from before a task begins.
const BEGUN: &str = "begun";
/// Is there, whole, when a task has ended.
const RESULT: &str = "result.json";

/// The notes about every task of this host.
#[derive(Clone, Debug)]
pub(super) struct Journal(PathBuf);

impl Journal {
    pub(super) fn new(state: &Path) -> Self {
        Self(state.join("instances"))
    }

    fn directory(&self, (invocation, instance): &Task) -> PathBuf {
        self.0.join(instance.as_str()).join("tasks").join(invocation.as_str())
    }

    /// Every task that was noted. One without an end gets its end now, after `end_leftovers` of it.
    pub(super) fn load(&self, now: Timestamp, end_leftovers: impl Fn(&Task)) -> Vec<(Task, TaskResult)> {
        let end = |task: Task| {
            let directory = self.directory(&task);
            if let Some(result) = read(&directory) {
                return (task, result);
            }
            end_leftovers(&task);
            let (end, started) = (TaskEnd::Interrupted, written(&directory.join(BEGUN)));
            let result = TaskResult { end, started, finished: now, output: "".into(), dropped: 0 };
            note(&task, "its end", conclude(&directory, &result));
            (task, result)
        };
        self.tasks().into_iter().map(end).collect()
    }

    fn tasks(&self) -> Vec<Task> {
        let names = |directory: &Path| {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect::<Vec<_>>()
        };
        let of = |instance: String| {
            let invocations = names(&self.0.join(&instance).join("tasks"));
            let task = move |invocation: String| Some((invocation.parse().ok()?, instance.parse().ok()?));
            invocations.into_iter().filter_map(task)
        };
        names(&self.0).into_iter().flat_map(of).collect()
    }

    /// Notes that a task begins. It is durable when this returns, so that no later agent begins it again.
    ///
    /// # Errors
    /// When that is not sure: then it must not begin.
    pub(super) async fn begin(&self, task: Task) -> io::Result<()> {
        let directory = self.directory(&task);
        let begin = move || {
            make(&directory)?;
            OpenOptions::new().write(true).create_new(true).open(directory.join(BEGUN))?.sync_all()?;
            sync(&directory)
        };
        tokio::task::spawn_blocking(begin).await.map_err(io::Error::other)?
    }

    /// Notes how a task ended. Where that fails, later agents take it for interrupted.
    pub(super) async fn end(&self, task: Task, result: TaskResult) {
        let directory = self.directory(&task);
        let end = move || make(&directory).and_then(|()| conclude(&directory, &result));
        let ended = tokio::task::spawn_blocking(end).await.map_err(io::Error::other).flatten();
        note(&task, "its end", ended);
    }

    pub(super) async fn forget(&self, task: Task) {
        let directory = self.directory(&task);
        let forgotten = tokio::task::spawn_blocking(move || match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        });
        note(&task, "that it is forgotten", forgotten.await.map_err(io::Error::other).flatten());
    }
}

fn note(task: &Task, what: &str, result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(invocation = %task.0, instance = %task.1, %error, "{what} could not be noted");
    }
}

/// Makes a task's directory. The instance's own is not made: without it the instance is gone.
fn make(directory: &Path) -> io::Result<()> {
    for path in [directory.parent().unwrap_or(directory), directory] {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        path.parent().map_or(Ok(()), sync)?;
    }
    Ok(())
}

fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Writes a result so that it is there whole or not at all.
fn conclude(directory: &Path, result: &TaskResult) -> io::Result<()> {
    let fresh = directory.join("result.new");
    let mut file = File::create(&fresh)?;
    file.write_all(&serde_json::to_vec(result)?)?;
    file.sync_all()?;
    fs::rename(&fresh, directory.join(RESULT))?;
    sync(directory)
}

fn read(directory: &Path) -> Option<TaskResult> {
    serde_json::from_slice(&fs::read(directory.join(RESULT)).ok()?).ok()
}

/// When a file was written.
fn written(file: &Path) -> Option<Timestamp> {
    let since = file.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since.as_secs()).ok()?))
}
