//! Running other programs.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How many of a failed command's last lines are told again.
const SHOWN: usize = 60;

/// Makes the repository's root the current directory, wherever the task was called.
///
/// # Errors
/// When the task was not started by cargo, which alone says whose task it is: a build folder may be copied between worktrees.
pub(crate) fn enter_repository() -> Result<()> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").context("start this with `cargo xtask`")?;
    let root = Path::new(&package).parent().context("xtask lies in a folder of the repository")?;
    std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))
}

/// A cargo command with the toolchain that runs this task.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs `command` to its end, with this task's own input and output.
///
/// # Errors
/// When it cannot be started or does not end with success; where nobody scrolls back (no terminal), with what it printed that matters.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    if std::io::stdout().is_terminal() {
        let status = command.status().with_context(|| format!("cannot start: {shown}"))?;
        return if status.success() { Ok(()) } else { bail!("{shown}: {status}") };
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start: {shown}"))?;
    let printed = Kept::of(child.stdout.take(), std::io::stdout());
    let complained = Kept::of(child.stderr.take(), std::io::stderr());
    let status = child.wait().with_context(|| format!("cannot wait for: {shown}"))?;
    let (printed, complained) = (printed.lines(), complained.lines());
    if !status.success() {
        bail!("{shown}: {status}\n{}", telling(&printed, &complained));
    }
    Ok(())
}

/// Lines that are passed on as they come, and kept.
struct Kept {
    lines: Arc<Mutex<Vec<String>>>,
    reader: JoinHandle<()>,
}

impl Kept {
    fn of(from: Option<impl Read + Send + 'static>, mut to: impl Write + Send + 'static) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            let read =
                from.into_iter().flat_map(|from| BufReader::new(from).split(b'\n').map_while(Result::ok));
            for line in read {
                let line = String::from_utf8_lossy(&line).into_owned();
                // Nobody reads any more: the command still has to end.
                let _ = writeln!(to, "{line}");
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { lines, reader }
    }

    /// The lines of a command that has ended. What it has left running may hold the pipe open: that is not waited for.
    fn lines(self) -> Vec<String> {
        let patience = Instant::now() + Duration::from_secs(2);
        while !self.reader.is_finished() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::mem::take(&mut self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The failures that Rust's tests list, or else the last lines of both outputs.
fn telling(printed: &[String], complained: &[String]) -> String {
    let mut inside = false;
    let mut failures = Vec::new();
    for line in printed {
        inside = (inside || line == "failures:") && !line.starts_with("test result:");
        if inside && !line.trim().is_empty() {
            failures.push(line.as_str());
        }
    }
    if failures.is_empty() {
        let end = |lines: &[String], count| lines[lines.len().saturating_sub(count)..].join("\n");
        return format!("{}\n{}", end(printed, SHOWN), end(complained, SHOWN / 3));
    }
    failures.truncate(3 * SHOWN);
    failures.join("\n")
}

/// What `command` prints on its standard output.
///
/// # Errors
/// When it cannot be started, fails or prints something other than UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command.output().with_context(|| format!("cannot start: {shown}"))?;
    if !output.status.success() {
        bail!("{shown}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown}: output is not text"))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_command_is_told_with_what_matters() {
        let told =
            |script: &str| format!("{:#}", succeed(Command::new("sh").args(["-c", script])).unwrap_err());
        let tests = told(
            "echo test a ... ok; echo failures:; echo why; echo test result: FAILED; echo much; exit 101",
        );
        assert!(tests.ends_with("\nfailures:\nwhy"), "{tests}");
        let other = told("seq 1000; echo worse >&2; exit 1");
        assert!(other.contains("1000\nworse") && !other.contains("\n900\n"), "{other}");
        succeed(&mut Command::new("true")).unwrap();
    }
}
