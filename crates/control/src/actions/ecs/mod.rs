//! The Ecs product: instances, their interfaces and security groups.

mod attributes;
mod catalogue;
mod enis;
mod group_rules;
mod groups;
mod instances;
mod members;
mod places;
mod power;
mod rule;
mod run;
mod tags;

use super::Action;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    attributes::ACTIONS,
    catalogue::ACTIONS,
    enis::ACTIONS,
    group_rules::ACTIONS,
    groups::ACTIONS,
    instances::ACTIONS,
    members::ACTIONS,
    places::ACTIONS,
    power::ACTIONS,
    run::ACTIONS,
    tags::ACTIONS,
];
