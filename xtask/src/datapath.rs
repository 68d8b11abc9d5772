//! The kernel program's object.

use anyhow::{Result, bail};

/// Builds the kernel program and writes its object; with `check`, only compares it with the committed one.
pub(crate) fn run(check: bool) -> Result<()> {
    bail!("the kernel program has no build yet (check: {check})")
}
