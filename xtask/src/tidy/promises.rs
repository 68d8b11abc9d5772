//! Every promise in the specification, and every invariant of the architecture, names a test that exists.

use anyhow::{Context, Result};

const PAGES: &[&str] = &["SPECIFICATION.md", "ARCHITECTURE.md"];
/// What shows a promise without being a test of its own.
const BENCHMARKS: &[&str] = &["isthmus bench --gates", "isthmus bench --control", "isthmus bench --program"];

/// Each file in here is one test.
const SCENARIOS: &str = "scenarios/";

/// Promises and invariants without a test, and tests that are named but do not exist.
pub(crate) fn breaches() -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for page in PAGES {
        let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {page}"))?;
        let mut promising = false;
        for (number, line) in text.lines().enumerate() {
            let shown_by = line.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
            promising = line.starts_with("| ") && (promising || shown_by == "shown by");
            if promising && !["shown by", "---"].contains(&shown_by) {
                breaches.extend(
                    missing(shown_by).into_iter().map(|what| format!("{page}:{}: {what}", number + 1)),
                );
            }
        }
    }
    Ok(breaches)
}

/// What is wrong with the tests that one row names: files come first, then the tests in them. A scenario is one test.
fn missing(shown_by: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut file = None;
    let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
    for (position, name) in names.iter().enumerate().filter(|(_, name)| !BENCHMARKS.contains(name)) {
        if name.contains('/') {
            file = std::fs::read_to_string(name).ok();
            let is_whole = name.starts_with(SCENARIOS);
            let is_followed = names.get(position + 1).is_some_and(|next| !next.contains('/'));
            if file.is_none() {
                wrong.push(format!("there is no {name}"));
            } else if !is_whole && !is_followed {
                wrong.push(format!("{name} is named, but no test in it"));
            }
            continue;
        }
        let found = file.as_ref().is_some_and(|text| is_test_in(text, name));
        if !found {
            wrong.push(format!("there is no test {name} in the file named before it"));
        }
    }
    if names.is_empty() {
        wrong.push("the promise names no test".to_owned());
    }
    wrong
}

/// A function in Rust or Python, a sentence in TypeScript.
fn is_test_in(text: &str, name: &str) -> bool {
    let written = [format!("fn {name}("), format!("def {name}("), format!("test(\"{name}\"")];
    written.iter().any(|written| text.contains(written))
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_promise_without_a_test_is_found() {
        assert_eq!(missing("nothing").len(), 1);
        assert_eq!(missing("`src/tidy/promises.rs`").len(), 1);
        assert_eq!(
            missing("`src/tidy/promises.rs` `a_promise_without_a_test_is_found`"),
            Vec::<String>::new()
        );
        assert_eq!(missing("`no/such/file.rs` `test`").len(), 2);
        assert_eq!(missing("`isthmus bench --gates`"), Vec::<String>::new());
    }
}
