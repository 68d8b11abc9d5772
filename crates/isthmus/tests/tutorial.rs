//! The commands of docs/tutorial.md work as they stand, in one shell, and print what the page says.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command block of the page and the output that it shows.
#[derive(Debug, Default, PartialEq)]
struct Step {
    commands: String,
    output: String,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut fence = None;
    for line in page.lines() {
        match (fence, line) {
            (None, "```sh") => {
                steps.push(Step::default());
                fence = Some("sh");
            }
            (None, "```output") => fence = Some("output"),
            (Some(_), "```") => fence = None,
            (Some(kind), line) => {
                let step = steps.last_mut().expect("output follows commands");
                let text = if kind == "sh" { &mut step.commands } else { &mut step.output };
                text.push_str(line);
                text.push('\n');
            }
            (None, _) => {}
        }
    }
    steps
}

/// Whether a line is what the page says, where `…` stands for anything.
fn is_like(line: &str, pattern: &str) -> bool {
    let mut rest = line;
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    let parts: Vec<_> = parts.collect();
    for (index, part) in parts.iter().enumerate() {
        let last = index + 1 == parts.len();
        match (last, rest.find(part)) {
            (true, _) => return rest.ends_with(part),
            (false, Some(at)) => rest = &rest[at + part.len()..],
            (false, None) => return false,
        }
    }
    rest.is_empty()
}

/// One script of all steps; a line with its number goes before the output of each.
fn script(steps: &[Step]) -> String {
    let mut script = "set -eu\n".to_owned();
    for (number, step) in steps.iter().enumerate() {
        script += &format!("echo '## {number}'\n{}", step.commands);
    }
    script
}

#[test]
fn the_pages_commands_print_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/tutorial.md")).expect("the page");
    // The page's own names, replaced by this test's: it may run beside whoever follows the page.
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
    let page = page.replace("/tmp/isthmus-tutorial", &state.display().to_string());
    let bin =
        Path::new(support::PROGRAM).parent().expect("the program lies in a folder").display().to_string();
    let page = page.replace("$PWD/target/release", &bin);
    support::purge(&state);
    let steps = steps(&page);
    assert!(steps.len() > 10, "the page has its steps");

    let listen = support::free_address();
    let output = Command::new("bash")
        .args(["-c", &script(&steps)])
        .env("ISTHMUS_LISTEN", &listen)
        .env("ISTHMUS_ENDPOINT", format!("http://{listen}"))
        .stdin(Stdio::null())
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    let log = fs::read_to_string(format!("{}.log", state.display())).unwrap_or_default();
    support::purge(&state);
    assert!(output.status.success(), "a command failed.\n{said}\n{errors}\nThe daemon said:\n{log}");

    for (number, step) in steps.iter().enumerate().filter(|(_, step)| !step.output.is_empty()) {
        let after = said.split(&format!("## {number}\n")).nth(1).unwrap_or_default();
        let printed: Vec<_> = after.lines().take_while(|line| !line.starts_with("## ")).collect();
        let wanted: Vec<_> = step.output.lines().collect();
        let alike = printed.len() == wanted.len()
            && printed.iter().zip(&wanted).all(|(line, like)| is_like(line, like));
        assert!(
            alike,
            "{}\nprinted:\n{}\nbut the page says:\n{}",
            step.commands,
            printed.join("\n"),
            step.output
        );
    }
}

#[test]
fn dots_stand_for_anything_and_nothing_else_does() {
    assert!(is_like("ECS 03 serves 10.0.1.4", "ECS 0… serves 10.0.1.…"));
    assert!(!is_like("ECS 03 serves 10.0.2.4", "ECS 0… serves 10.0.1.…"));
    assert!(is_like("Connected", "Connected"));
    assert!(!is_like("Connected.", "Connected"));
}

#[test]
fn a_page_is_read_block_by_block() {
    let steps = steps("text\n```sh\na\nb\n```\nmore\n```output\nc\n```\n```text\nd\n```\n");
    assert_eq!(steps, [Step { commands: "a\nb\n".into(), output: "c\n".into() }]);
}
