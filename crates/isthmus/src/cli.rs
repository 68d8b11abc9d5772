//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::place::Place;
use crate::{
    account, api, bench, capture, certificate, compatibility, demo, doctor, down, exec, flows, proxy, status,
    trace, up, whois,
};

/// Private links and network load balancers on plain Linux.
#[derive(Parser)]
#[command(name = "isthmus", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the daemon in the foreground; packets go on when it ends.
    Up(up::Up),
    /// Stop the daemon and remove everything it made; the state stays unless --purge is given.
    Down(down::Down),
    /// Show one screen about a system.
    Status(status::Show),
    /// Check what this machine lacks, and what is left of systems that are gone.
    Doctor,
    /// Call the API: isthmus api vpc DescribeVpcs
    Api(api::Api),
    /// Create, list and switch accounts (root, while the daemon runs).
    Account(account::AccountCommand),
    /// Create, list, switch and delete access keys (root, while the daemon runs).
    Key(account::KeyCommand),
    /// List and set limits of an account (root, while the daemon runs).
    Quota(account::QuotaCommand),
    /// Import, list and delete certificates of TCPSSL listeners.
    Certificate(certificate::Certificate),
    /// Run a command inside an instance of this machine.
    Exec(exec::Exec),
    /// Show what became of connections, as the operator or as one tenant sees it.
    Flows(flows::Flows),
    /// Say what would become of a connection, stage by stage, and change nothing: isthmus trace i-… 10.0.1.100:80
    Trace(trace::TraceArgs),
    /// Capture what passes an interface, or both sides of an endpoint or a load balancer.
    Capture(capture::CaptureArgs),
    /// Say who stands behind the source of a connection that an instance has got: isthmus whois 10.0.1.200:40312
    Whois(whois::Whois),
    /// Measure against a wire, routing, nftables and HAProxy.
    Bench(bench::Args),
    /// Build the walkthrough from nothing, show it and measure it.
    #[command(hide = true)]
    Demo {
        /// Directory of the demo's own state: what is in it goes first, so there is no default.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
    },
    /// Run the proxy of a system: its daemon starts it when a listener needs one.
    #[command(hide = true)]
    Proxy(proxy::Proxy),
    /// Print docs/COMPATIBILITY.md.
    #[command(hide = true)]
    Compatibility {
        /// Print the table itself instead, for tests in other languages.
        #[arg(long)]
        json: bool,
    },
}

/// Does what the command line says, and tells what went wrong on standard error.
pub fn main() -> ExitCode {
    match perform(Arguments::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("isthmus: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(verb: Verb) -> Result<()> {
    match verb {
        Verb::Up(up) => up.run(),
        Verb::Status(show) => show.run(),
        Verb::Doctor => doctor::run(),
        Verb::Down(down) => down.run(),
        Verb::Api(api) => api.run(),
        Verb::Account(account) => account.run(),
        Verb::Key(key) => key.run(),
        Verb::Quota(quota) => quota.run(),
        Verb::Certificate(certificate) => certificate.run(),
        Verb::Exec(exec) => exec.run(),
        Verb::Flows(flows) => flows.run(),
        Verb::Trace(trace) => trace.run(),
        Verb::Capture(capture) => capture.run(),
        Verb::Whois(whois) => whois.run(),
        Verb::Proxy(proxy) => proxy.run(),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Demo { state } => demo::run(&Place::of(&state)?),
        Verb::Compatibility { json: false } => {
            print!("{}", compatibility::page());
            Ok(())
        }
        Verb::Compatibility { json: true } => {
            println!("{}", compatibility::table());
            Ok(())
        }
    }
}
