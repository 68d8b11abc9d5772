//! The Ecs product: instances, their interfaces and security groups.

mod addresses;
mod attributes;
mod catalogue;
mod companions;
mod eni_changes;
mod eni_shape;
mod enis;
mod group_rules;
mod groups;
mod instances;
mod key_pairs;
mod members;
mod places;
mod power;
mod references;
mod rule;
mod run;
mod tags;

use super::Action;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    addresses::ACTIONS,
    attributes::ACTIONS,
    catalogue::ACTIONS,
    companions::ACTIONS,
    eni_changes::ACTIONS,
    enis::ACTIONS,
    group_rules::ACTIONS,
    groups::ACTIONS,
    instances::ACTIONS,
    key_pairs::ACTIONS,
    members::ACTIONS,
    places::ACTIONS,
    power::ACTIONS,
    references::ACTIONS,
    run::ACTIONS,
    tags::ACTIONS,
];
