//! `./x test`: every check and every test, each with a heading and its time.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::{cargo, succeed};
use crate::{console, datapath, fuzz, sdk, system, tidy};

type Step = (&'static str, fn() -> Result<()>);

/// In this order: what fails fastest first.
const STEPS: &[Step] = &[
    ("format", || succeed(&mut cargo(&["fmt", "--all", "--check"]))),
    ("tidy", tidy::check),
    // It is embedded: what compiles afterwards has it in it.
    ("console", console::check),
    ("clippy", || succeed(&mut cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"]))),
    ("unit and property tests", || tests(&["--lib", "--bins"])),
    ("model, store and documentation tests", || {
        tests(&["--test", "model", "--test", "arithmetic", "--test", "store_crash", "--test", "abuse"])?;
        tests(&["--doc"])
    }),
    ("fuzzing", fuzz::briefly),
    ("kernel object", || datapath::run(true)),
    ("packet and host tests", || tests(&["--test", "packet", "--test", "host", "--test", "instance"])),
    // They mostly wait: for instances, health checks, drain times.
    ("scenarios", || tests(&["--test", "scenario", "--", "--test-threads", "4"])),
    ("SDK walkthrough", sdk::walkthrough),
    ("console in a browser", console::browse),
    ("documents", || tests(&["--test", "compatibility", "--test", "tutorial"])),
    ("metrics", || tests(&["--test", "metrics"])),
    ("crash", || tests(&["--test", "crash"])),
    ("bench gates", system::gates),
];

/// Targets are chosen by their own names: a choice of packages would build their dependencies once more, with other features.
fn tests(selection: &[&str]) -> Result<()> {
    succeed(cargo(&["test", "--locked", "--no-fail-fast"]).args(selection))
}

/// Runs the steps whose name contains `only` (all of them without it), goes on after a failure and fails at the end.
pub(crate) fn all(only: Option<&str>) -> Result<()> {
    let mut failures = Vec::new();
    let begin = Instant::now();
    for (name, step) in STEPS.iter().filter(|(name, _)| only.is_none_or(|only| name.contains(only))) {
        println!("\n==== {name}");
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f32();
        match outcome {
            Ok(()) => println!("==== {name}: passed, {seconds:.1} s"),
            Err(error) => {
                println!("==== {name}: FAILED, {seconds:.1} s");
                failures.push((*name, error));
            }
        }
    }
    println!("\n==== all of it: {:.0} s", begin.elapsed().as_secs_f32());
    if failures.is_empty() {
        return Ok(());
    }
    for (name, error) in &failures {
        println!("\n==== why {name} failed\n{error:#}");
    }
    bail!("failed: {}", failures.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_test_target_is_run_by_a_step() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
        for package in std::fs::read_dir(crates).unwrap() {
            let Ok(tests) = std::fs::read_dir(package.unwrap().path().join("tests")) else { continue };
            for entry in tests.map(|entry| entry.unwrap().path()) {
                let is_target =
                    entry.extension().is_some_and(|it| it == "rs") || entry.join("main.rs").exists();
                let name = entry.file_stem().unwrap().to_str().unwrap();
                let chosen = format!("\"--test\", \"{name}\"");
                assert!(!is_target || include_str!("test.rs").contains(&chosen), "no step runs {name}");
            }
        }
    }
}
