use std::collections::BTreeSet;

use crate::actions::{COMMON, Support, all};

#[test]
fn every_action_and_parameter_is_named_once() {
    let mut names = BTreeSet::new();
    for action in all() {
        assert!(names.insert((action.product, action.name)), "{} twice", action.name);
        let mut params = BTreeSet::new();
        for param in action.params.iter().chain(COMMON) {
            assert!(params.insert(param.name), "{}: {} twice", action.name, param.name);
            assert!(!param.name.contains('.'), "{}: {}", action.name, param.name);
        }
    }
    assert!(names.len() > 60);
}

#[test]
fn refused_parameters_say_why_in_a_sentence() {
    for action in all() {
        for param in action.params {
            if let Support::Refused(_, why) = param.support {
                assert!(why.ends_with('.'), "{}: {}: {why}", action.name, param.name);
            }
        }
    }
}

/// Actions that no test calls through an official SDK. This list only gets shorter.
const NOT_CALLED: [&str; 0] = [];

/// The text of all tests that call the API through the official SDKs.
fn sdk_tests() -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let tests = files.filter(|path| path.extension().is_some_and(|end| end == "py"));
    tests.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_action_is_called_through_an_official_sdk() {
    let tests = sdk_tests();
    // A client that several products take turns to be is named `client`, the connection product's own also `link`.
    let called = |product: &str, action: &str| {
        [product, "client", "link"].iter().any(|client| {
            ["(", " ", "\n"].iter().any(|end| tests.contains(&format!("{client}.{action}{end}")))
        })
    };
    let name = |action: &crate::actions::Action| format!("{}.{}", action.product.name(), action.name);
    let missing: BTreeSet<String> = all()
        .filter(|action| !called(&action.product.name().to_ascii_lowercase(), action.name))
        .map(name)
        .collect();
    assert_eq!(missing, NOT_CALLED.map(str::to_owned).into());
}
