//! What always holds of a state. Commands keep it by construction; tests, and a store that was tampered with, ask here.

mod assistant;
mod network;
mod service;

use std::collections::BTreeSet;
use std::fmt;

use crate::id::{SecurityGroupId, VpcId};
use crate::meta::Meta;
use crate::resource_group::ResourceGroup;
use crate::security::SecurityGroup;
use crate::state::State;
use crate::tables::{Key, Row};

/// Something that should hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Whose.
    pub key: Key,
    /// What should hold.
    pub rule: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.key.kind(), self.key, self.rule)
    }
}

/// Collects what does not hold.
struct Findings<'a> {
    state: &'a State,
    key: Key,
    found: Vec<Violation>,
}

impl Findings<'_> {
    fn must(&mut self, holds: bool, rule: &'static str) {
        if !holds {
            self.found.push(Violation { key: self.key.clone(), rule });
        }
    }
}

impl State {
    /// Everything that should hold and does not; empty for every state that commands made.
    pub fn check(&self) -> Vec<Violation> {
        self.tables().rows().flat_map(|row| self.check_row(&row)).collect()
    }

    fn check_row(&self, row: &Row) -> Vec<Violation> {
        let mut findings = Findings { state: self, key: row.key(), found: Vec::new() };
        findings.common(row);
        match row {
            Row::Settings(_) | Row::Counters(_) | Row::AccessKey(_) | Row::Token(_) | Row::Job(_) => {}
            Row::Account(row) => {
                let group = findings.state.get::<ResourceGroup>(&row.resource_group);
                findings.must(
                    group.is_some_and(|group| group.meta.owner == row.id),
                    "its default group is its own",
                );
            }
            Row::ResourceGroup(row) => findings.must(row.meta.resource_group == row.id, "it lies in itself"),
            Row::Vpc(row) => findings.vpc(row),
            Row::RouteTable(row) => findings.route_table(row),
            Row::VSwitch(row) => findings.vswitch(row),
            Row::Released(row) => findings.released(row),
            Row::SecurityGroup(row) => findings.security_group(row),
            Row::Eni(row) => findings.eni(row),
            Row::Instance(row) => findings.instance(row),
            Row::LoadBalancer(row) => findings.load_balancer(row),
            Row::ServerGroup(row) => findings.server_group(row),
            Row::Listener(row) => findings.listener(row),
            Row::SavedCommand(row) => findings.command(row),
            Row::Invocation(row) => findings.invocation(row),
            Row::Certificate(_) | Row::KeyPair(_) | Row::Monitor(_) => {}
            Row::PrefixList(row) => findings.prefix_list(row),
            Row::SecurityPolicy(row) => findings.security_policy(row),
            Row::PrivateZone(row) => findings.private_zone(row),
            Row::EndpointService(row) => findings.service(row),
            Row::Endpoint(row) => findings.endpoint(row),
        }
        findings.found
    }
}

impl Findings<'_> {
    fn common(&mut self, row: &Row) {
        let state = self.state;
        let exists = |key: &Key| state.tables().row(key).is_some();
        self.must(row.refers_to().iter().all(exists), "everything that it refers to exists");
        let own = row.key();
        let held = |claim| state.holder(claim) == Some(&own);
        self.must(row.claims().iter().all(held), "nobody else holds its address or number");
        let listed = |key: &Key| state.users(key, own.kind()).any(|user| *user == own);
        self.must(row.refers_to().iter().all(listed), "what it refers to knows it");
        let past =
            row.meta().is_none_or(|meta| meta.born <= meta.changed && meta.changed <= state.revision());
        let near = |meta: &Meta| {
            state
                .get::<ResourceGroup>(&meta.resource_group)
                .is_some_and(|group| group.meta.owner == meta.owner)
        };
        self.must(row.meta().is_none_or(near), "its resource group is its owner's");
        self.must(past, "it was born before it changed, and not in the future");
    }

    /// Groups of one type, in this VPC.
    fn groups(&mut self, groups: &BTreeSet<SecurityGroupId>, vpc: &VpcId) {
        let rows: Vec<_> = groups.iter().filter_map(|id| self.state.get::<SecurityGroup>(id)).collect();
        self.must(rows.iter().all(|group| group.vpc == *vpc), "its security groups lie in its VPC");
        let one_kind = rows.windows(2).all(|pair| pair[0].kind == pair[1].kind);
        self.must(one_kind, "its security groups have one type");
    }
}
