//! Verbs that need the built binary.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{cargo, succeed};

/// Builds the release binary and says where it lies.
pub(crate) fn build() -> Result<PathBuf> {
    succeed(&mut cargo(&["build", "--release", "--locked", "--package", "isthmus"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(target.join("release/isthmus"))
}

/// Builds the binary, then becomes `isthmus VERB ARGUMENTS`.
pub(crate) fn isthmus(verb: &str, arguments: &[String]) -> Result<()> {
    let binary = build()?;
    let error = Command::new(&binary).arg(verb).args(arguments).exec();
    Err(error).with_context(|| format!("cannot run {}", binary.display()))
}

/// Shows the whole system at work.
pub(crate) fn demo() -> Result<()> {
    isthmus("demo", &[])
}
