//! The Vpc product: networks, their subnets and route tables, and where they can be.

mod internet;
mod places;
mod route_tables;
mod routes;
mod tags;
mod vpcs;
mod vswitches;

use super::Action;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    internet::ACTIONS,
    places::ACTIONS,
    route_tables::ACTIONS,
    routes::ACTIONS,
    tags::ACTIONS,
    vpcs::ACTIONS,
    vswitches::ACTIONS,
];

/// Why parameters about IPv6 are refused.
const NO_IPV6: &str = "this version has no IPv6 inside VPCs.";
