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
            if let Support::Refused(why) = param.support {
                assert!(why.ends_with('.'), "{}: {}: {why}", action.name, param.name);
            }
        }
    }
}
