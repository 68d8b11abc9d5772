//! Every refusal has a test that names it.

use std::collections::BTreeSet;
use std::path::Path;

/// Refusals that no test expects. This list only gets shorter.
const UNTESTED: [&str; 1] = [
    // All of 2^24 dense ids would have to be given out first.
    "NoFreeIndex",
];

/// Where refusals are expected by name.
const TESTS: [&str; 19] = [
    "endpoints.rs",
    "private_zones.rs",
    "balancer.rs",
    "port_ranges.rs",
    "assistant.rs",
    "interfaces.rs",
    "ipv6.rs",
    "ranges.rs",
    "key_pairs.rs",
    "local.rs",
    "prefix_lists.rs",
    "refusals.rs",
    "resource_groups.rs",
    "routes.rs",
    "states.rs",
    "walkthrough.rs",
    "reached.rs",
    "reverse.rs",
    "tls.rs",
];

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The enumerations of refusals and their files.
const REFUSALS: [(&str, &str); 13] = [
    ("AddressRefusal", "src/refusal/address.rs"),
    ("EndpointRefusal", "src/refusal/endpoint.rs"),
    ("PrivateZoneRefusal", "src/refusal/private_zone.rs"),
    ("BalancerRefusal", "src/refusal/balancer.rs"),
    ("Refusal", "src/refusal.rs"),
    ("KeyPairRefusal", "src/refusal/key_pair.rs"),
    ("PrefixListRefusal", "src/refusal/prefix_list.rs"),
    ("ServerRefusal", "src/refusal/server.rs"),
    ("AssistantRefusal", "src/refusal/assistant.rs"),
    ("TogetherRefusal", "src/refusal/together.rs"),
    ("EniRefusal", "src/refusal/eni.rs"),
    ("TlsRefusal", "src/refusal/tls.rs"),
    ("VpcRefusal", "src/refusal/vpc.rs"),
];

/// The names of the variants: lines of one level's indent that begin with a capital letter.
fn variants(source: &str) -> BTreeSet<String> {
    let body = source.split_once("pub enum ").map_or("", |(_, body)| body);
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

#[test]
fn every_refusal_is_expected_by_a_test() {
    let tests: String = TESTS.map(|file| text(&format!("tests/model/{file}"))).concat();
    let mut missing = BTreeSet::new();
    for (name, file) in REFUSALS {
        let all = variants(&text(file));
        assert!(!all.is_empty(), "{file}");
        missing.extend(all.into_iter().filter(|variant| !tests.contains(&format!("{name}::{variant}"))));
    }
    assert_eq!(missing, UNTESTED.map(str::to_owned).into());
}
