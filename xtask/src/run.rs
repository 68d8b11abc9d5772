//! Running other programs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

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
/// When it cannot be started or does not end with success.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command.status().with_context(|| format!("cannot start: {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
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
