//! `isthmus doctor`: what this machine lacks, and what is left of systems that are gone.

use std::collections::BTreeSet;
use std::path::Path;

use agent::kernel::check::{self, Check};
use anyhow::{Result, bail};

use crate::place::Place;

/// Network namespaces that `ip netns` knows.
const NAMESPACES: &str = "/run/netns";

/// Prints every check, each failure with its remedy.
///
/// # Errors
/// When something is lacking or left over.
pub fn run() -> Result<()> {
    let checks = check::all();
    checks.iter().for_each(show);
    let mut troubles = checks.iter().filter(|check| !check.ok).count();
    for (what, remedy) in leftovers()? {
        troubles += 1;
        println!("  {:<8}{what}\n  {:<8}-> {remedy}", "LEFT", "");
    }
    if troubles > 0 {
        bail!("{troubles} to mend");
    }
    println!("Everything is there, and nothing is left over.");
    Ok(())
}

/// Whether this machine has what a system needs; changes nothing.
///
/// # Errors
/// When it lacks something: everything that it lacks has been printed, with its remedy.
pub fn preflight() -> Result<()> {
    let lacking: Vec<_> = check::all().into_iter().filter(|check| !check.ok).collect();
    if lacking.is_empty() {
        return Ok(());
    }
    lacking.iter().for_each(show);
    bail!("this machine lacks {} of the things that Isthmus needs; nothing was changed", lacking.len())
}

fn show(check: &Check) {
    let mark = if check.ok { "ok" } else { "LACKING" };
    println!("  {mark:<8}{:<22}{}", check.name, check.found);
    if !check.ok {
        println!("  {:<8}-> {}", "", check.remedy);
    }
}

/// Things of systems whose state directory is gone, with what removes them.
fn leftovers() -> Result<Vec<(String, String)>> {
    let places = Place::all()?;
    let mut left = Vec::new();
    for (tag, daemon) in &places {
        match daemon {
            Some(daemon) if daemon.state.exists() => {}
            Some(daemon) => left.push((
                format!("{tag}: the system of {}, which is gone", daemon.state.display()),
                format!("isthmus down --state {}", daemon.state.display()),
            )),
            None => left.push((
                format!("/run/isthmus/{tag}, without a record"),
                format!("umount -q /run/isthmus/{tag}/bpf; rm -r /run/isthmus/{tag}"),
            )),
        }
    }
    let known: BTreeSet<&str> = places.iter().map(|(tag, _)| tag.as_str()).collect();
    for name in namespaces() {
        if !is_in_use(&name) && tag_of(&name).is_some_and(|tag| !known.contains(tag)) {
            left.push((format!("network namespace {name}"), format!("ip netns delete {name}")));
        }
    }
    Ok(left)
}

fn namespaces() -> Vec<String> {
    let entries = Path::new(NAMESPACES).read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// A bench and a check name their namespaces after their process: `isthmus-bench-4711-wire`.
fn is_in_use(name: &str) -> bool {
    let mut words = name.split('-').skip(1);
    let temporary = matches!(words.next(), Some("bench" | "check"));
    temporary && words.next().is_some_and(|process| Path::new("/proc").join(process).exists())
}

/// The tag in the name of a namespace: `isthmus-1a2b3c` of `isthmus-1a2b3c-services`, `isthmus` of `isthmus-i-…`.
fn tag_of(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("isthmus")?;
    let hash = rest.strip_prefix('-').and_then(|rest| rest.split('-').next());
    match hash {
        Some(hash) if hash.len() == 6 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Some(&name[.."isthmus-".len() + hash.len()])
        }
        Some(_) | None => Some("isthmus"),
    }
}

#[cfg(test)]
mod tests {
    use super::tag_of;

    #[test]
    fn a_namespace_tells_its_system() {
        assert_eq!(tag_of("isthmus"), Some("isthmus"));
        assert_eq!(tag_of("isthmus-services"), Some("isthmus"));
        assert_eq!(tag_of("isthmus-i-bp1abc"), Some("isthmus"));
        assert_eq!(tag_of("isthmus-1a2b3c"), Some("isthmus-1a2b3c"));
        assert_eq!(tag_of("isthmus-1a2b3c-i-bp1abc"), Some("isthmus-1a2b3c"));
        assert_eq!(tag_of("blue"), None);
    }
}
