//! Who may know whom. The picture is in ARCHITECTURE.md.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::source::Source;
use crate::run::{cargo, output};

/// Our crates, and which of our crates each may use.
const CRATES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("tables", &[]),
    ("datapath", &["tables"]),
    ("agent", &["model", "tables"]),
    ("control", &["model"]),
    ("isthmus", &["agent", "control", "model", "tables"]),
    ("fuzz", &["control", "model"]),
    ("xtask", &[]),
];

/// Outside crates that only some of ours may name in their Cargo.toml (tests excepted).
const RESERVED_CRATES: &[(&str, &[&str])] = &[
    ("aya", &["agent", "tables"]),
    ("aya-ebpf", &["datapath"]),
    ("rtnetlink", &["agent"]),
    ("netlink-packet-route", &["agent"]),
    ("redb", &["control"]),
    ("hyper", &["agent", "control"]),
    ("tokio", &["agent", "control", "isthmus"]),
];

/// Words of the code that only files under some paths may use.
const RESERVED_WORDS: &[(&[&str], &[&str])] = &[
    (&["unsafe"], &["crates/agent/src/kernel", "crates/tables/", "crates/datapath/"]),
    (&["aya"], &["crates/agent/src/kernel", "crates/tables/"]),
    (&["rtnetlink", "netlink_packet_route"], &["crates/agent/src/kernel"]),
    (&["redb"], &["crates/control/src/store"]),
    (&["hyper"], &["crates/control/src", "crates/agent/src/metadata"]),
];

/// Words that the pure model must not use: clock, chance, files, sockets, threads, async.
const IMPURE: &[&str] = &[
    "SystemTime",
    "Instant",
    "rand",
    "getrandom",
    "tokio",
    "async",
    "fs",
    "thread",
    "process",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "panic",
    "todo",
    "unimplemented",
    "unreachable",
];
const MODEL: &str = "crates/model/src/";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or nothing.
    kind: Option<String>,
    path: Option<String>,
}

/// Edges between crates that the rule forbids.
pub(crate) fn of_crates() -> Result<Vec<String>> {
    let text = output(&mut cargo(&["metadata", "--no-deps", "--locked", "--format-version", "1"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("cannot read what cargo metadata says")?;
    let ours: BTreeMap<_, _> = CRATES.iter().copied().collect();
    let reserved: BTreeMap<_, _> = RESERVED_CRATES.iter().copied().collect();
    let mut breaches = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = ours.get(package.name.as_str()) else {
            breaches.push(format!("crate {} is not in the dependency rule", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|edge| edge.kind.as_deref() != Some("dev")) {
            let name = dependency.name.as_str();
            let forbidden = match dependency.path {
                Some(_) => !allowed.contains(&name),
                None => reserved.get(name).is_some_and(|users| !users.contains(&package.name.as_str())),
            };
            if forbidden {
                breaches.push(format!("crate {} must not depend on {name}", package.name));
            }
        }
    }
    Ok(breaches)
}

/// Words in places where the rule forbids them, and files without a first line that says what they are for.
pub(crate) fn of_sources(sources: &[Source]) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        if !source.has_heading {
            breaches.push(format!("{}: must begin with `//!` and say what the file is for", source.path));
        }
        let found = source.words.iter().filter(|(word, _)| is_forbidden(&source.path, word));
        breaches.extend(
            found.map(|(word, line)| format!("{}:{line}: `{word}` must not be used here", source.path)),
        );
    }
    breaches
}

fn is_forbidden(path: &str, word: &str) -> bool {
    let reserved = RESERVED_WORDS
        .iter()
        .any(|(words, places)| words.contains(&word) && !places.iter().any(|place| path.starts_with(place)));
    reserved || (path.starts_with(MODEL) && IMPURE.contains(&word))
}
