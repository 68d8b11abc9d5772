//! The work behind `./x VERB`.

mod console;
mod daemon;
mod datapath;
mod fuzz;
mod older_kernel;
mod run;
mod sdk;
mod system;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, checks and shows Isthmus.
#[derive(Parser)]
#[command(name = "x")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build target/release/isthmus.
    Build,
    /// Run every check and every test.
    Test {
        /// Only steps whose name contains this.
        only: Option<String>,
    },
    /// Start Isthmus, build two VPCs joined by an endpoint, and show what passes.
    Demo,
    /// Remove everything that the demo has made.
    Down,
    /// Measure against a wire, routing, nftables and HAProxy.
    Bench {
        /// More arguments for `isthmus bench`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check sizes, dependencies and words of the tree.
    Tidy,
    /// Build the kernel program, or check that the committed object is current.
    Datapath {
        /// Change nothing: fail when the committed object is not what the sources give.
        #[arg(long)]
        check: bool,
    },
    /// Fuzz every parser that faces the network.
    Fuzz {
        /// Seconds for each of them.
        #[arg(default_value_t = 60)]
        seconds: u32,
    },
    /// Run the data plane's tests under Debian 12's kernel, emulated.
    OlderKernel,
    /// Write docs/COMPATIBILITY.md from the table of API actions.
    Compatibility,
}

fn main() -> ExitCode {
    match run::enter_repository().and_then(|()| perform(Arguments::parse().verb)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("x: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(verb: Verb) -> Result<()> {
    match verb {
        Verb::Build => system::build().map(drop),
        Verb::Test { only } => test::all(only.as_deref()),
        Verb::Demo => system::demo(),
        Verb::Down => system::down(),
        Verb::Bench { arguments } => system::isthmus("bench", &arguments),
        Verb::Tidy => tidy::check(),
        Verb::Datapath { check } => datapath::run(check),
        Verb::Fuzz { seconds } => fuzz::run(seconds),
        Verb::OlderKernel => older_kernel::run(),
        Verb::Compatibility => system::compatibility(),
    }
}
