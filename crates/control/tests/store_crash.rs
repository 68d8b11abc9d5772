//! The promise of the store: whatever was acknowledged survives `kill -9` at any moment, and nothing is half there.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails like the test")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use control::store::redb::RedbStore;
use control::store::{Edit, Store};
use model::id::Revision;

/// Tells the child where the store is.
const STORE: &str = "ISTHMUS_CRASH_STORE";
const ROUNDS: u32 = 20;
/// Rows that every commit writes alike: seen together or not at all.
const TWINS: [&str; 3] = ["a", "b", "c"];

fn numbered(revision: u64) -> Vec<Edit> {
    let edit = |table: &str, key: String, value: &str| Edit {
        table: table.into(),
        key,
        value: Some(value.as_bytes().to_vec()),
    };
    let value = format!("{revision} {}", "x".repeat((revision % 97) as usize * 50));
    let twins = TWINS.iter().map(|key| edit("twin", (*key).to_owned(), &value));
    twins.chain([edit("log", format!("{revision:08}"), &value)]).collect()
}

/// Commits and acknowledges until it is killed. Run by the other test, not by hand.
#[test]
#[ignore = "the other test starts it as a process of its own"]
fn child() {
    let path = std::env::var(STORE).unwrap();
    let mut store = RedbStore::open(Path::new(&path)).unwrap();
    let mut revision = store.load().unwrap().revision.0;
    loop {
        store.commit(Revision(revision), Revision(revision + 1), &numbered(revision + 1)).unwrap();
        revision += 1;
        // Not println!: it would wait for the end of a line that a test harness may hold back.
        writeln!(std::io::stdout(), "acknowledged {revision}").unwrap();
    }
}

/// Starts the child, lets it commit for so long, kills it, and says what it acknowledged last.
fn killed_after(path: &Path, time: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.strip_prefix("acknowledged ").and_then(|number| number.parse().ok());
    let mut last: u64 = lines.by_ref().map_while(Result::ok).find_map(number).unwrap_or_default();
    let deadline = Instant::now() + time;
    while Instant::now() < deadline {
        let Some(Ok(line)) = lines.next() else { break };
        last = number(line).unwrap_or(last);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    lines.map_while(Result::ok).filter_map(number).last().unwrap_or(last)
}

fn check(path: &Path, acknowledged: u64) {
    let loaded = RedbStore::open(path).unwrap().load().unwrap();
    let revision = loaded.revision.0;
    assert!(revision >= acknowledged, "acknowledged {acknowledged}, found {revision}");
    let expected = numbered(revision).remove(0).value.unwrap();
    for row in loaded.rows.iter().filter(|row| row.table == "twin") {
        assert_eq!(row.value, expected, "row {} is of another commit than {revision}", row.key);
    }
    let log: Vec<_> =
        loaded.rows.iter().filter(|row| row.table == "log").map(|row| row.key.clone()).collect();
    let every: Vec<_> = (1..=revision).map(|revision| format!("{revision:08}")).collect();
    assert_eq!(log, every);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let directory = std::env::temp_dir().join(format!("isthmus-crash-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("state.redb");
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let before = acknowledged;
        acknowledged = killed_after(&path, Duration::from_micros(u64::from(seed >> 14)));
        assert!(acknowledged > before, "round {round} committed nothing");
        check(&path, acknowledged);
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
