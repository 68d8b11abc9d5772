//! Tests of the model, in the user's words.

#![allow(clippy::unwrap_used, reason = "a test that is wrong may panic")]

mod always;
mod assistant;
mod balancer;
mod endpoints;
mod group_members;
mod interfaces;
mod ipv6;
mod key_pairs;
mod local;
mod pieces;
mod port_ranges;
mod prefix_lists;
mod private_zones;
mod quotas;
mod random;
mod ranges;
mod ratchet;
mod reached;
mod refusals;
mod resource_groups;
mod reverse;
mod routes;
mod scale;
mod states;
mod support;
mod tls;
mod walkthrough;
