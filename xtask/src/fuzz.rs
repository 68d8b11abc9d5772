//! `./x fuzz`: every parser that faces the network, fed with what its own branches suggest.
//!
//! The instrumentation is the compiler's and the fuzzer libFuzzer's; stable Rust gives both. Without `unsafe` in the parsers,
//! what a sanitizer could find beyond panics cannot be there.

use std::process::Command;

use anyhow::{Context, Result};

use crate::run::succeed;

/// The programs of the package `fuzz`, a parser each.
const TARGETS: [&str; 6] = ["action", "canonical", "credentials", "json", "probe", "request"];
/// How long `./x test` fuzzes all of them together, seconds.
const BRIEFLY: u32 = 60;
const TRIPLE: &str = "x86_64-unknown-linux-gnu";
const BUILT: &str = "target/fuzz";
/// What libFuzzer needs to see of the branches taken.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1";
/// Longest input, bytes.
const LONGEST: &str = "-max_len=4096";

/// Fuzzes all targets within a minute.
pub(crate) fn briefly() -> Result<()> {
    run(BRIEFLY / TARGETS.len() as u32)
}

/// Fuzzes each target for so many seconds, from its committed corpus on. What is found stays in target/tmp/fuzz.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target", TRIPLE]);
    succeed(build.args(["--target-dir", BUILT]).env("RUSTFLAGS", COVERAGE))?;
    for target in TARGETS {
        let found = format!("target/tmp/fuzz/{target}");
        std::fs::create_dir_all(&found).with_context(|| format!("cannot make {found}"))?;
        let mut fuzz = Command::new(format!("{BUILT}/{TRIPLE}/debug/{target}"));
        fuzz.arg(format!("-max_total_time={seconds}")).args([
            LONGEST,
            "-verbosity=0",
            "-print_final_stats=1",
        ]);
        fuzz.arg(format!("-artifact_prefix={found}/")).args([&found, &format!("fuzz/corpus/{target}")]);
        succeed(&mut fuzz)?;
    }
    Ok(())
}
