//! `./x fuzz`: every parser that faces the network, fed with what its own branches suggest.
//!
//! The instrumentation is the compiler's and the fuzzer libFuzzer's; stable Rust gives both. Without `unsafe` in the parsers,
//! what a sanitizer could find beyond panics cannot be there.

use std::process::Command;
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::run::{cargo, succeed};

/// The programs of the package `fuzz`, a parser each.
const TARGETS: [&str; 6] = ["action", "canonical", "credentials", "json", "probe", "request"];
/// The targets' own package, and with it all that other steps build: so their dependencies, with the same features, are built already.
const PACKAGES: [&str; 7] = ["fuzz", "model", "tables", "control", "agent", "isthmus", "xtask"];
/// Instruments the workspace's own crates.
const COMPILER: &str = "fuzz/instrumented";
const BUILT: &str = "target/debug";
/// How long `./x test` fuzzes each of them, seconds.
const BRIEFLY: u32 = 60;
/// Longest input, bytes.
const LONGEST: &str = "-max_len=4096";

/// Fuzzes each target for a minute.
pub(crate) fn briefly() -> Result<()> {
    run(BRIEFLY)
}

/// Fuzzes each target for so many seconds, all side by side, from their committed corpora on. What is found stays in target/tmp/fuzz.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let mut build = cargo(&["build", "--locked"]);
    build.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    build.args(TARGETS.iter().flat_map(|target| ["--bin", target]));
    succeed(build.env("RUSTC_WORKSPACE_WRAPPER", COMPILER))?;
    thread::scope(|scope| {
        let running = TARGETS.map(|target| (target, scope.spawn(move || one(target, seconds))));
        running.into_iter().try_for_each(|(target, running)| {
            let ended = running.join().map_err(|_| anyhow!("the thread that watched {target} panicked"))?;
            ended.with_context(|| format!("fuzzing {target}"))
        })
    })
}

fn one(target: &str, seconds: u32) -> Result<()> {
    let found = format!("target/tmp/fuzz/{target}");
    std::fs::create_dir_all(&found).with_context(|| format!("cannot make {found}"))?;
    let mut fuzz = Command::new(format!("{BUILT}/{target}"));
    fuzz.arg(format!("-max_total_time={seconds}")).args([LONGEST, "-verbosity=0", "-print_final_stats=1"]);
    fuzz.arg(format!("-artifact_prefix={found}/")).args([&found, &format!("fuzz/corpus/{target}")]);
    succeed(&mut fuzz)
}
