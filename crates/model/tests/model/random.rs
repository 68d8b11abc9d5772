//! Random commands, sensible and not, with ids drawn from the state. The tests of the API draw from here too.

#[path = "random/balancing.rs"]
mod balancing;
#[path = "random/instances.rs"]
mod instances;
#[path = "random/interfaces.rs"]
mod interfaces;
#[path = "random/network.rs"]
mod network;
#[path = "random/private_link.rs"]
mod private_link;
#[path = "random/secrets.rs"]
mod secrets;
#[path = "random/security.rs"]
mod security;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use model::account::Secret;
use model::command::Command as C;
use model::command::assistant::*;
use model::command::balancer::{BalancerCommand, BalancerGroups, ShiftZones};
use model::command::endpoint::*;
use model::command::eni::*;
use model::command::instance::*;
use model::command::key_pair::*;
use model::command::nlb::*;
use model::command::prefix_list::*;
use model::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use model::command::route::*;
use model::command::security::*;
use model::command::service::*;
use model::command::system::{Access, SetLimit, Tagging, Untagging};
use model::command::tls::*;
use model::command::vpc::*;
use model::endpoint::{EndpointType, EndpointZone, Policy, Replacement};
use model::entropy::Entropy;
use model::id::{
    CertificateId, EndpointId, EndpointServiceId, PrefixListId, ResourceGroupId, Revision, SecurityGroupId,
    SecurityPolicyId, VSwitchId, ZoneId,
};
use model::instance::{InstanceType, Power};
use model::meta::{Description, Labels, Name, Relabel};
use model::net::PortRange;
use model::nlb::health_check::HealthCheckPatch;
use model::nlb::{GroupProtocol, IpVersion, ListenerProtocol, ServerGroupKind, Target};
use model::quota::Quota;
use model::route::NextHop;
use model::security::{ALL_PORTS, Direction, GroupKind, Peer, Priority, RulePolicy, RuleProtocol, RuleSpec};
use model::service::{EndpointService, Payer, ResourceKey, User};
use model::state::State;
use model::tables::Table;
use model::tls::{Cipher, PolicyId, TlsVersion};
use model::vpc::{VSwitchCidr, VpcCidr};

use super::pieces::{OTHER, command, create_key_pair, create_prefix_list, enable, import, run, zone};

/// Draws commands that fit a state more often than not.
pub(crate) struct Dice<'a> {
    pub(crate) state: &'a State,
    pub(crate) entropy: Entropy,
}

/// A name, where the API asks for one.
fn named() -> Labels {
    Labels { name: Name::parse("group").unwrap(), ..Labels::default() }
}

fn relabel() -> Relabel {
    Relabel { name: Some(Name::parse("other").unwrap()), description: None }
}

impl Dice<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        self.entropy.below(bound)
    }

    fn chance(&mut self, one_in: u64) -> bool {
        self.below(one_in) == 0
    }

    /// An id of the table, or now and then one that never was.
    fn key<K: Ord + Clone + std::str::FromStr, V>(&mut self, table: &Table<K, V>, unknown: &str) -> K
    where
        K::Err: std::fmt::Debug,
    {
        let count = table.size() as u64;
        if count == 0 || self.chance(40) {
            return unknown.parse().unwrap();
        }
        let index = self.below(count) as usize;
        table.keys().nth(index).unwrap().clone()
    }

    fn vswitch(&mut self) -> VSwitchId {
        self.key(&self.state.tables().vswitches.clone(), "vsw-none")
    }

    /// The zone that a vSwitch lies in, mostly.
    fn zone_of(&mut self, vswitch: &VSwitchId) -> ZoneId {
        let real = self.state.get::<model::vpc::VSwitch>(vswitch).map(|row| row.zone.clone());
        real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.zone())
    }

    fn zone(&mut self) -> ZoneId {
        zone(["g", "h", "k"][self.below(3) as usize])
    }

    fn vpc_id(&mut self) -> model::id::VpcId {
        self.key(&self.state.tables().vpcs.clone(), "vpc-none")
    }

    fn vpc_of(&mut self, vswitch: &VSwitchId) -> model::id::VpcId {
        let real = self.state.get::<model::vpc::VSwitch>(vswitch).map(|row| row.vpc.clone());
        real.filter(|_| !self.chance(20)).unwrap_or_else(|| self.vpc_id())
    }

    fn group(&mut self) -> SecurityGroupId {
        self.key(&self.state.tables().security_groups.clone(), "sg-none")
    }

    fn groups_of(&mut self, vpc: &model::id::VpcId) -> BTreeSet<SecurityGroupId> {
        let near: Vec<_> = self.state.security_groups_of(vpc).map(|row| row.id.clone()).collect();
        let mut groups: BTreeSet<_> = near.into_iter().filter(|_| !self.chance(3)).collect();
        if self.chance(20) {
            groups.insert(self.group());
        }
        groups
    }

    fn address(&mut self) -> Option<Ipv4Addr> {
        let last = self.below(16) as u8;
        self.chance(4).then_some(Ipv4Addr::new(10, 0, 0, last))
    }

    fn instance(&mut self) -> model::id::InstanceId {
        self.key(&self.state.tables().instances.clone(), "i-none")
    }

    fn balancer(&mut self) -> model::id::LoadBalancerId {
        self.key(&self.state.tables().load_balancers.clone(), "nlb-none")
    }

    fn server_group(&mut self) -> model::id::ServerGroupId {
        self.key(&self.state.tables().server_groups.clone(), "sgp-none")
    }

    fn listener(&mut self) -> model::id::ListenerId {
        self.key(&self.state.tables().listeners.clone(), "lsn-none")
    }

    fn service(&mut self) -> EndpointServiceId {
        self.key(&self.state.tables().services.clone(), "epsrv-none")
    }

    fn endpoint(&mut self) -> EndpointId {
        self.key(&self.state.tables().endpoints.clone(), "ep-none")
    }

    /// An address that a zone asks for now and then.
    fn ipv6_wish(&mut self, vswitch: &VSwitchId) -> Option<Ipv6Addr> {
        let ipv6 = self.state.get::<model::vpc::VSwitch>(vswitch).and_then(|row| row.ipv6)?;
        let address = u128::from(ipv6.range().addr()) + 0x100 + u128::from(self.below(4));
        self.chance(4).then_some(address.into())
    }

    /// A command about anything.
    pub(crate) fn command(&mut self) -> C {
        match self.below(14) {
            10 | 12 => self.secrets(),
            13 => self.openings(),
            11 => self.surroundings(),
            0 | 1 => self.network(),
            2 => self.instances(),
            3 => self.security(),
            8 => self.interfaces(),
            9 => self.routes(),
            4 => self.balancing(),
            5 => self.servers(),
            6 => self.offering(),
            _ => self.consuming(),
        }
    }
}
