//! The Ecs product: instances, their interfaces and security groups.

mod account;
mod addresses;
mod attributes;
mod catalogue;
mod commands;
mod companions;
mod eni_changes;
mod eni_shape;
mod enis;
mod group_rules;
mod groups;
mod images;
mod instances;
mod invocations;
mod key_pairs;
mod members;
mod places;
mod power;
mod prefix_lists;
mod references;
mod results;
mod rule;
mod run;
mod tags;
mod values;

use super::Action;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    account::ACTIONS,
    addresses::ACTIONS,
    attributes::ACTIONS,
    catalogue::ACTIONS,
    commands::ACTIONS,
    companions::ACTIONS,
    eni_changes::ACTIONS,
    enis::ACTIONS,
    group_rules::ACTIONS,
    groups::ACTIONS,
    images::ACTIONS,
    instances::ACTIONS,
    invocations::ACTIONS,
    key_pairs::ACTIONS,
    members::ACTIONS,
    places::ACTIONS,
    power::ACTIONS,
    prefix_lists::ACTIONS,
    references::ACTIONS,
    results::ACTIONS,
    run::ACTIONS,
    tags::ACTIONS,
];
