//! Verbs that need the built binary.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::console;
use crate::run::{cargo, output, succeed};

/// State of the demo, inside the repository and ignored by git.
const DEMO_STATE: &str = ".state";
const COMPATIBILITY: &str = "docs/COMPATIBILITY.md";

fn binary() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target.join("release/isthmus")
}

/// Builds the release binary with the console in it and says where it lies.
pub(crate) fn build() -> Result<PathBuf> {
    console::build()?;
    succeed(&mut cargo(&["build", "--release", "--locked", "--package", "isthmus"]))?;
    Ok(binary())
}

/// Builds the binary, then becomes `isthmus VERB ARGUMENTS`.
pub(crate) fn isthmus(verb: &str, arguments: &[String]) -> Result<()> {
    become_isthmus(&build()?, verb, arguments)
}

fn become_isthmus(binary: &Path, verb: &str, arguments: &[String]) -> Result<()> {
    let error = Command::new(binary).arg(verb).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", binary.display()))
}

/// Shows the whole system at work, on a state of the demo's own.
pub(crate) fn demo() -> Result<()> {
    isthmus("demo", &["--state".to_owned(), DEMO_STATE.to_owned()])
}

/// Removes what the demo has made, its state too; with the binary that made it, however old.
pub(crate) fn down() -> Result<()> {
    let binary = if binary().exists() { binary() } else { build()? };
    become_isthmus(&binary, "down", &["--purge".to_owned(), "--state".to_owned(), DEMO_STATE.to_owned()])
}

/// Whether the figures that are steady on any machine are as good as promised.
pub(crate) fn gates() -> Result<()> {
    succeed(&mut cargo(&["run", "--quiet", "--locked", "--bin", "isthmus", "--", "bench", "--gates"]))
}

/// Writes docs/COMPATIBILITY.md.
pub(crate) fn compatibility() -> Result<()> {
    let page = output(&mut cargo(&["run", "--quiet", "--bin", "isthmus", "compatibility"]))?;
    std::fs::write(COMPATIBILITY, page).with_context(|| format!("cannot write {COMPATIBILITY}"))
}
