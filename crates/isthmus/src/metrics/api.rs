//! Requests and commits.

use control::tally::{Asked, Counts};

use super::exposition::{Exposition, Kind};

/// Label of what has no name: success among codes, unknown actions among actions.
const DONE: &str = "OK";
const UNKNOWN: &str = "unknown";

pub(super) fn write(text: &mut Exposition, counts: &Counts) {
    let help = "Requests answered, by action and code.";
    let mut family = text.family(Kind::Counter, "isthmus_api_requests_total", help);
    for ((asked, code), count) in &counts.answers {
        let (product, action) = names(*asked);
        let code = code.as_deref().unwrap_or(DONE);
        family.sample(&[("product", product), ("action", action), ("code", code)], count);
    }
    let help = "Time from a request to its answer, by action.";
    let mut family = text.family(Kind::Histogram, "isthmus_api_request_duration_seconds", help);
    for (asked, durations) in &counts.requests {
        let (product, action) = names(*asked);
        family.histogram(&[("product", product), ("action", action)], durations);
    }
    let help = "Time that durable transactions of the store took.";
    text.family(Kind::Histogram, "isthmus_store_commit_duration_seconds", help)
        .histogram(&[], &counts.commits);
    let help = "Commands made durable; one transaction carries all that wait.";
    text.family(Kind::Counter, "isthmus_store_commands_total", help).sample(&[], counts.commands);
    let help = "Transactions that failed: nothing was answered as done.";
    text.family(Kind::Counter, "isthmus_store_commit_failures_total", help)
        .sample(&[], counts.failed_commits);
}

fn names(asked: Asked) -> (&'static str, &'static str) {
    asked.map_or((UNKNOWN, UNKNOWN), |(product, action)| (product.name(), action))
}
