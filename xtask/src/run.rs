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
    fn a_failure_is_told_with_what_matters() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let mut printed = lines("passed failures: why");
        printed.extend(["test result: FAILED".to_owned(), "more".to_owned()]);
        assert_eq!(telling(&printed, &[]), "failures:\nwhy");
        let many: Vec<_> = (0..1000).map(|line| line.to_string()).collect();
        let told = telling(&many, &lines("worse"));
        assert!(told.ends_with("\n999\nworse") && !told.contains("\n900\n"), "{told}");
    }

    #[test]
    fn what_a_command_prints_is_kept_though_it_leaves_something_running() {
        let kept = Kept::of(Some(&b"one\ntwo"[..]), std::io::sink());
        assert_eq!(kept.lines(), ["one", "two"]);
        let (endless, open) = std::io::pipe().unwrap();
        assert!(Kept::of(Some(endless), std::io::sink()).lines().is_empty());
        drop(open);
    }
}
