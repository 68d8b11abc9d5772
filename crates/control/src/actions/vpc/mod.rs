//! The Vpc product: networks, their subnets and route tables, and where they can be.

mod defaults;
mod internet;
mod places;
mod ranges;
mod route_tables;
mod routes;
mod tags;
mod vpcs;
mod vswitches;

use super::Action;

/// Every action of the product.
pub const ACTIONS: &[&[Action]] = &[
    defaults::ACTIONS,
    internet::ACTIONS,
    places::ACTIONS,
    ranges::ACTIONS,
    route_tables::ACTIONS,
    routes::ACTIONS,
    tags::ACTIONS,
    vpcs::ACTIONS,
    vswitches::ACTIONS,
];

/// Why parameters about address pools are refused.
const NO_IPAM: &str = "this version has no address pools: give a range.";
/// The code of a pool that is asked for.
const IPAM: &str = "UnsupportedFeature.Ipam";
/// The code of an IPv6 range of an Internet provider.
const ISP: &str = "UnsupportedFeature.Ipv6Isp";
/// Why parameters about a VPC's IPv6 range are refused.
const IPV6_GIVEN: &str = "the system gives a VPC its one IPv6 range, out of private addresses.";
