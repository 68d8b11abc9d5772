//! `isthmus bench`: how much a packet's way through Isthmus costs, next to the ways that one would take otherwise.
//!
//! All ways are built side by side and measured in turns, the order turned round in every second turn, so that what else
//! the machine does falls on all of them alike. Figures are ratios within one turn; `docs/BENCHMARKS.md` tells the method.

mod bed;
mod control;
mod cubic;
mod dress;
mod fabric;
mod figure;
mod inline;
mod link;
mod measure;
mod output;
mod plan;
mod program;
mod proxies;
mod scale;
mod servers;
mod share;
mod targets;
mod turns;
mod users;
mod ways;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use measure::Metric;
use targets::Verdict;
use turns::{Samples, Schedule};
use ways::{Path, Way};

/// How often a missed gate is looked at, each time with as many turns more: what else the machine does may take longer
/// than one look, but a slower path stays slower.
const LOOKS: u32 = 3;

/// Arguments of `isthmus bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only the steady figures of Isthmus and of the routed path; fails when one misses its target by more than its head-room
    #[arg(long)]
    gates: bool,
    /// The control plane instead of the way of packets: rates and times of calls, small state and large
    #[arg(long, conflicts_with_all = ["gates", "json"])]
    control: bool,
    /// How long a large plan takes to the kernel, and one more endpoint after it, instead
    #[arg(long, conflicts_with_all = ["gates", "json", "control"])]
    scale: bool,
    /// The kernel program instead: with each feature, among how many connections, and the memory of a connection
    #[arg(long, conflicts_with_all = ["gates", "json", "control", "scale"])]
    program: bool,
    /// Listeners that speak TLS or the PROXY protocol instead, next to HAProxy and NGINX
    #[arg(long, conflicts_with_all = ["gates", "json", "control"])]
    proxies: bool,
    /// Be the proxy of a benchmark that runs
    #[arg(long, hide = true, value_name = "NAME")]
    proxy_of: Option<String>,
    /// How often everything is measured
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(5..=99))]
    turns: u32,
    /// Write all samples to this file as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Replace the result section of this page
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Measures, prints a table with a verdict for each target, and fails when a gate is missed.
///
/// # Errors
/// When a way cannot be built or measured, or, with `--gates`, when a figure misses its target.
pub fn run(args: &Args) -> Result<()> {
    if let Some(name) = &args.proxy_of {
        return fabric::proxy(name);
    }
    let _share = share::Share::take();
    if args.control {
        return control::run(args.page.as_deref());
    }
    bed::remove_stale();
    if args.scale {
        return scale::run(args.page.as_deref());
    }
    if args.program {
        return program::run(args.page.as_deref());
    }
    let _leave = cubic::Leave::take();
    if args.proxies {
        return proxies::run(args.turns, args.page.as_deref());
    }
    let schedule = if args.gates { gates(args.turns) } else { everything(args.turns) };
    let ways = ways::build(&schedule.ways)?;
    let mut samples = Samples::default();
    let mut verdicts = look(&ways, &schedule, &mut samples)?;
    for _ in 1..if args.gates { LOOKS } else { 1 } {
        if verdicts.iter().any(Verdict::fails_gate) {
            verdicts = look(&ways, &schedule, &mut samples)?;
        }
    }
    println!("{}", output::figures(&samples));
    println!("{}", output::verdicts(&verdicts));
    if let Some(file) = &args.json {
        output::write_json(file, &samples, &verdicts)?;
    }
    if let Some(file) = &args.page {
        let tables = [output::verdicts(&verdicts), output::figures(&samples)];
        output::write_page(file, output::PACKETS, &tables)?;
    }
    let missed = verdicts.iter().filter(|verdict| verdict.fails_gate()).count();
    ensure!(!args.gates || missed == 0, "{missed} of the gates were missed");
    Ok(())
}

/// Measures and judges everything that was measured so far.
fn look(ways: &[Path], schedule: &Schedule, samples: &mut Samples) -> Result<Vec<Verdict>> {
    turns::measure(ways, schedule, samples)?;
    samples.program = Some(program::cost()?);
    Ok(targets::judge(samples))
}

fn gates(turns: u32) -> Schedule {
    Schedule {
        turns,
        ways: vec![Way::Routed, Way::Isthmus, Way::IsthmusSmall],
        metrics: Metric::GATES.to_vec(),
    }
}

fn everything(turns: u32) -> Schedule {
    let metrics = [&Metric::GATES[..], &Metric::USERS[..]].concat();
    Schedule { turns, ways: Way::ALL.to_vec(), metrics }
}
