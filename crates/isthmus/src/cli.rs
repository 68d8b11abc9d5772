//! The command line.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::api;

/// Private links and network load balancers on plain Linux.
#[derive(Parser)]
#[command(name = "isthmus", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Call the API: isthmus api vpc DescribeVpcs
    Api(api::Api),
}

/// Does what the command line says, and tells what went wrong on standard error.
pub fn main() -> ExitCode {
    match perform(Arguments::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("isthmus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(verb: Verb) -> Result<ExitCode> {
    match verb {
        Verb::Api(api) => api.run()?,
    }
    Ok(ExitCode::SUCCESS)
}
