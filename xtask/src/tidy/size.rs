//! How long files and functions may be: what fits on a screen is understood, what does not is guessed at.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use super::source::Source;

const FILE: Budget = Budget { what: "file", median: 150, ninth: 350, cap: 500 };
const FUNCTION: Budget = Budget { what: "function", median: 10, ninth: 30, cap: 70 };
/// A file of the kernel program holds one stage of the packet's way.
const STAGE_CAP: usize = 250;
const STAGES: &str = "crates/datapath/src/";
/// `PATH LINES` or `PATH:FUNCTION LINES`: what is over its cap, and how far. May only shrink.
const EXCEPTIONS: &str = "xtask/tidy-exceptions.txt";

struct Budget {
    what: &'static str,
    median: usize,
    /// The 90th percentile.
    ninth: usize,
    cap: usize,
}

/// Every budget that is not kept, and every exception that is not needed any more.
pub(crate) fn breaches(sources: &[Source]) -> Result<Vec<String>> {
    let mut exceptions = exceptions()?;
    let mut breaches = Vec::new();
    for source in sources {
        let cap = if source.path.starts_with(STAGES) { STAGE_CAP } else { FILE.cap };
        breaches.extend(over(&source.path, source.lines, cap, &mut exceptions));
        for function in &source.functions {
            let name = format!("{}:{}", source.path, function.name);
            let breach = over(&name, function.lines, FUNCTION.cap, &mut exceptions);
            breaches.extend(breach.map(|breach| format!("{breach} (line {})", function.line)));
        }
    }
    let gone =
        exceptions.keys().map(|name| format!("{EXCEPTIONS}: {name} needs no exception any more: delete it"));
    breaches.extend(gone);
    breaches.extend(FILE.spread(sources.iter().map(|source| source.lines).collect()));
    let functions = sources.iter().flat_map(|source| &source.functions);
    breaches.extend(FUNCTION.spread(functions.map(|function| function.lines).collect()));
    Ok(breaches)
}

/// An excepted item must have exactly the length written down: shorter lowers the number, longer is a breach.
fn over(name: &str, lines: usize, cap: usize, exceptions: &mut BTreeMap<String, usize>) -> Option<String> {
    match exceptions.get(name) {
        _ if lines <= cap => None,
        None => Some(format!("{name}: {lines} lines, at most {cap}")),
        Some(&known) => {
            exceptions.remove(name);
            (known != lines)
                .then(|| format!("{name}: {lines} lines, {EXCEPTIONS} says {known}; it may only shrink"))
        }
    }
}

fn exceptions() -> Result<BTreeMap<String, usize>> {
    let text = std::fs::read_to_string(EXCEPTIONS).with_context(|| format!("cannot read {EXCEPTIONS}"))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (name, lines) = line.split_once(' ')?;
        Some((name.to_owned(), lines.parse().ok()?))
    };
    lines.map(|line| entry(line).with_context(|| format!("{EXCEPTIONS}: cannot read '{line}'"))).collect()
}

impl Budget {
    fn spread(&self, mut lines: Vec<usize>) -> Vec<String> {
        lines.sort_unstable();
        let at = |share: usize| lines.get(lines.len() * share / 100).copied().unwrap_or_default();
        let (median, ninth) = (at(50), at(90));
        println!("{} {}s: median {median} lines, 90 % up to {ninth}", lines.len(), self.what);
        let mut breaches = Vec::new();
        if median > self.median {
            breaches.push(format!("the median {} has {median} lines, at most {}", self.what, self.median));
        }
        if ninth > self.ninth {
            breaches.push(format!(
                "a tenth of all {}s has {ninth} lines or more, at most {}",
                self.what, self.ninth
            ));
        }
        breaches
    }
}
