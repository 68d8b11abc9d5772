//! Runs every text of `scenarios/` against a real `isthmus up`: calls in; tables, names and packets out.

#[path = "scenario/language.rs"]
mod language;
#[path = "scenario/outcome.rs"]
mod outcome;
#[path = "scenario/run.rs"]
mod run;
#[path = "scenario/stream.rs"]
mod stream;
#[path = "scenario/system.rs"]
mod system;
#[path = "scenario/values.rs"]
mod values;

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

macro_rules! scenarios {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            run::file(&folder().join(concat!(stringify!($name), ".txt")));
        })*
    };
}

scenarios! {
    accounts
    balancer
    bandwidth
    connections
    daemon
    deletion
    draining
    flood
    flows
    header
    health
    interfaces
    ipv6
    local
    metadata
    names
    odd
    outage
    overlap
    path_mtu
    port_ranges
    power
    private_zones
    proxy_protocol
    ranges
    refusals
    replacement
    reverse
    routes
    scheduling
    security_groups
    seeing
    side_by_side
    source_ports
    spoofing
    tls
    trace
    walkthrough
}

#[test]
fn every_text_is_run() {
    let mut found: Vec<_> = std::fs::read_dir(folder())
        .expect("the folder of scenarios")
        .filter_map(|entry| {
            entry.expect("an entry").file_name().to_str()?.strip_suffix(".txt").map(str::to_owned)
        })
        .collect();
    found.sort();
    let mut listed = NAMES.to_vec();
    listed.sort_unstable();
    assert_eq!(found, listed, "scenarios/*.txt and the list in {} differ", file!());
}

#[test]
fn every_text_and_part_can_be_understood() {
    for folder in [folder(), folder().join("parts")] {
        for entry in std::fs::read_dir(folder).expect("a folder of scenarios") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                let text = std::fs::read_to_string(&path).expect("a text");
                let steps = language::parse(&text);
                assert!(
                    steps.is_ok_and(|steps| !steps.is_empty()),
                    "{}: {:?}",
                    path.display(),
                    language::parse(&text)
                );
            }
        }
    }
}
