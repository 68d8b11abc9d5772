//! Rules of the tree that no compiler checks: sizes, dependencies, words, promises.

mod dependencies;
mod promises;
mod size;
mod source;
mod words;

use anyhow::{Result, bail};

/// Checks every rule and prints every breach.
///
/// # Errors
/// When a rule is broken, or the tree cannot be read.
pub(crate) fn check() -> Result<()> {
    let sources = source::read_all()?;
    let mut breaches = size::breaches(&sources)?;
    breaches.extend(dependencies::of_crates()?);
    breaches.extend(dependencies::of_sources(&sources));
    breaches.extend(words::breaches()?);
    breaches.extend(promises::breaches()?);
    for breach in &breaches {
        println!("{breach}");
    }
    if !breaches.is_empty() {
        bail!("{} rules broken", breaches.len());
    }
    Ok(())
}
