//! `./x test`: every check and every test, each with a heading and its time.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::run::{cargo, succeed};
use crate::{datapath, sdk, system, tidy};

type Step = (&'static str, fn() -> Result<()>);

/// In this order: what fails fastest first.
const STEPS: &[Step] = &[
    ("format", || succeed(&mut cargo(&["fmt", "--all", "--check"]))),
    ("tidy", tidy::check),
    ("clippy", || succeed(&mut cargo(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"]))),
    ("unit and property tests", || tests(&["--lib", "--bins"])),
    ("model, store and documentation tests", || {
        tests(&["--test", "model", "--test", "arithmetic", "--test", "store_crash"])?;
        tests(&["--doc"])
    }),
    ("kernel object", || datapath::run(true)),
    ("packet and host tests", || tests(&["--test", "packet", "--test", "host", "--test", "instance"])),
    ("scenarios", || tests(&["--test", "scenario"])),
    ("SDK walkthrough", sdk::walkthrough),
    ("documents", || tests(&["--test", "compatibility", "--test", "tutorial"])),
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
                println!("==== {name}: FAILED, {seconds:.1} s: {error:#}");
                failures.push(*name);
            }
        }
    }
    println!("\n==== all of it: {:.0} s", begin.elapsed().as_secs_f32());
    if !failures.is_empty() {
        bail!("failed: {}", failures.join(", "));
    }
    Ok(())
}
