//! What a run prints and writes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use comfy_table::{Table, presets};
use serde::Serialize;

use super::measure::Metric;
use super::targets::Verdict;
use super::turns::{Samples, median, spread};
use super::ways::Way;

/// Markers in the page between which a result stands: that of the way of packets, that of the control
/// plane, of large plans, of the program, and of proxies.
pub(super) const PACKETS: &str = "<!-- result of `isthmus bench` -->\n";
pub(super) const CONTROL: &str = "<!-- result of `isthmus bench --control` -->\n";
pub(super) const SCALE: &str = "<!-- result of `isthmus bench --scale` -->\n";
pub(super) const PROGRAM: &str = "<!-- result of `isthmus bench --program` -->\n";
pub(super) const PROXIES: &str = "<!-- result of `isthmus bench --proxies` -->\n";
const END: &str = "<!-- end of result -->\n";

/// Every figure: median, spread and ratio to the routed path.
pub(super) fn figures(samples: &Samples) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["figure", "way", "median", "spread", "/ routed"]);
    for metric in samples.metrics() {
        for way in Way::ALL {
            let Some(values) = samples.of(metric, way) else { continue };
            let ratio = samples.ratio(metric, way, Way::Routed).map(|ratio| format!("{ratio:.3}"));
            table.add_row([
                metric.title().to_owned(),
                way.name().to_owned(),
                format!("{:.2}", median(values)),
                format!("{:.0} %", 100.0 * spread(values)),
                ratio.unwrap_or_default(),
            ]);
        }
    }
    if let Some(cost) = &samples.program {
        for (name, value) in [("empty program", cost.empty), ("Isthmus", cost.program)] {
            let cells = ["program, established 64-byte TCP, ns", name, &format!("{value:.0}"), "", ""];
            table.add_row(cells);
        }
    }
    table
}

/// Every target and whether it was reached.
pub(super) fn verdicts(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN).set_header(["target", "bound", "reached", "verdict"]);
    for verdict in verdicts {
        let word = match (verdict.reached_target(), verdict.fails_gate()) {
            (true, _) => "reached",
            (false, false) => "missed",
            (false, true) => "missed (gate)",
        };
        table.add_row([
            verdict.what.as_str(),
            &verdict.bound.to_string(),
            &format!("{:.3}", verdict.reached),
            word,
        ]);
    }
    table
}

#[derive(Serialize)]
struct Document<'a> {
    machine: &'a str,
    samples: Vec<Row<'a>>,
    program: Option<&'a super::program::Cost>,
    verdicts: &'a [Verdict],
}

#[derive(Serialize)]
struct Row<'a> {
    metric: Metric,
    way: Way,
    values: &'a [f64],
}

/// Writes every sample.
pub(super) fn write_json(file: &Path, samples: &Samples, verdicts: &[Verdict]) -> Result<()> {
    let rows = samples.metrics().flat_map(|metric| {
        Way::ALL
            .into_iter()
            .filter_map(move |way| Some(Row { metric, way, values: samples.of(metric, way)? }))
    });
    let document = Document {
        machine: &machine(),
        samples: rows.collect(),
        program: samples.program.as_ref(),
        verdicts,
    };
    fs::write(file, serde_json::to_vec_pretty(&document)?)
        .with_context(|| format!("write {}", file.display()))
}

/// Replaces a result section of a page: the machine, then the tables.
pub(super) fn write_page(file: &Path, section: &str, tables: &[Table]) -> Result<()> {
    let page = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let parts = page.split_once(section).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = parts.with_context(|| format!("{} has no result section", file.display()))?;
    let tables: String = tables.iter().map(|table| format!("\n{table}\n")).collect();
    let result = format!("\n{}.\n{tables}\n", machine());
    fs::write(file, [before, section, &result, END, after].concat())
        .with_context(|| format!("write {}", file.display()))
}

/// The machine in one line.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let processors = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = read("/proc/sys/kernel/osrelease");
    let load = read("/proc/loadavg");
    format!(
        "{processors} × {}, Linux {}, load average of the last minute {}",
        model.trim_start_matches([' ', '\t', ':']),
        kernel.trim(),
        load.split(' ').next().unwrap_or_default()
    )
}
