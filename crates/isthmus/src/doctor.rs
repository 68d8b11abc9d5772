//! `isthmus doctor`: what this machine lacks, and what is left of systems that are gone.

use std::collections::BTreeSet;
use std::path::Path;

use agent::HostStatus;
use agent::kernel::check::{self, Check};
use anyhow::{Result, bail};

use crate::down::agent_config;
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
    for (what, remedy) in strained()? {
        troubles += 1;
        println!("  {:<8}{what}\n  {:<8}-> {remedy}", "FULL", "");
    }
    if troubles > 0 {
        bail!("{troubles} to mend");
    }
    println!("Everything is there, nothing is left over, and nothing runs out of room.");
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

/// What systems have no room for, or soon will not, with what gives them more.
fn strained() -> Result<Vec<(String, String)>> {
    let mut strained = Vec::new();
    for daemon in Place::all()?.into_iter().filter_map(|(_, daemon)| daemon) {
        let place = Place::of(&daemon.state)?;
        let Some(host) = agent::status(&agent_config(&place)?)? else { continue };
        strained
            .extend(troubles(&host).into_iter().map(|(what, why)| (format!("{}: {what}", place.tag), why)));
    }
    Ok(strained)
}

fn troubles(host: &HostStatus) -> Vec<(String, String)> {
    let full = host.maps.iter().filter(|map| map.is_nearly_full()).map(|map| {
        let what = format!("map {} is nearly full: {} of {}", map.name, map.used, map.capacity);
        let remedy = match map.name.as_str() {
            "FLOWS" => "isthmus down, then isthmus up --connections N: more connections at one time",
            _ => "the host carries about as much as it can: give some of it to another one",
        };
        (what, remedy.to_owned())
    });
    let lost = (host.carried_lost > 0).then(|| {
        let what = format!("{} counts of what connections have carried were lost", host.carried_lost);
        (what, "map CARRIED was full: metrics and curves of listeners and servers show too little".to_owned())
    });
    full.chain(lost).collect()
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
    use agent::status::MapStatus;

    use super::*;

    #[test]
    fn what_runs_out_of_room_is_told_and_what_was_lost() {
        let map = |name: &str, used| MapStatus { name: name.to_owned(), used, capacity: 10 };
        let host = HostStatus { maps: vec![map("FLOWS", 8), map("SERVERS", 7)], ..HostStatus::default() };
        let [(what, remedy)] = &troubles(&host)[..] else { panic!("one map") };
        assert!(what.contains("FLOWS is nearly full: 8 of 10") && remedy.contains("--connections"), "{what}");
        let lost = HostStatus { carried_lost: 3, ..HostStatus::default() };
        assert!(troubles(&lost)[0].0.starts_with("3 counts"));
        assert_eq!(troubles(&HostStatus::default()), []);
    }

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
