//! docs/COMPATIBILITY.md is what the table of actions gives.

use std::path::Path;

#[test]
fn the_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/COMPATIBILITY.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let is_current = page == isthmus::compatibility::page();
    assert!(is_current, "docs/COMPATIBILITY.md is old: run `cargo xtask compatibility`");
}
