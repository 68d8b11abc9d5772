//! Indexes over all tables, derived from the rows: who refers to whom, who holds what only one can hold, and how many
//! addresses a vSwitch and a security group have.

use std::net::{Ipv4Addr, Ipv6Addr};

use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};

use crate::assistant::Invocation;
use crate::endpoint::Acceptance;
use crate::id::{
    AccountId, EndpointIndex, GroupIndex, InstanceId, Ipv6Index, ListenerIndex, Network, PortIndex,
    RouteEntryId, ServerGroupIndex, ServerIndex, TableIndex, Timestamp, VipIndex, VpcId, ZoneId,
};
use crate::instance::EniOwner;
use crate::meta::{Meta, Name};
use crate::nlb::Listener;
use crate::private_zone::RecordNumber;
use crate::records::{Job, Released, Token};
use crate::resource_group::GroupName;
use crate::route::{NextHop, RouteTable};
use crate::security::Peer;
use crate::tables::{Key, Kind, Record, Row};
use crate::tls::PolicyId;

/// What only one row can hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// An address in a VPC.
    Address(VpcId, Ipv4Addr),
    /// An IPv6 address.
    Ipv6Address(Ipv6Addr),
    /// Being the default VPC of an account.
    DefaultVpc(AccountId),
    /// Being the default vSwitch of a VPC in a zone.
    DefaultVSwitch(VpcId, ZoneId),
    /// The name of a resource group in an account.
    ResourceGroup(AccountId, GroupName),
    /// A network.
    Network(Network),
    /// A port.
    Port(PortIndex),
    /// An interface's number in an instance.
    Device(InstanceId, u8),
    /// A route table's index.
    Table(TableIndex),
    /// A route entry's id.
    RouteEntry(RouteEntryId),
    /// A key pair's name in its account.
    KeyPairName(AccountId, Name),
    /// A security group's index.
    Group(GroupIndex),
    /// A zonal address's index.
    Vip(VipIndex),
    /// A listener's index.
    Listener(ListenerIndex),
    /// A server group's index.
    ServerGroup(ServerGroupIndex),
    /// A server's index.
    Server(ServerIndex),
    /// A number of a record of a private zone.
    ZoneRecord(RecordNumber),
    /// An endpoint's index.
    Endpoint(EndpointIndex),
    /// An IPv6 address's index.
    Ipv6(Ipv6Index),
}

impl Row {
    /// Rows that must exist as long as this one does.
    pub fn refers_to(&self) -> Vec<Key> {
        let mut keys = match self {
            Row::Settings(_)
            | Row::Counters(_)
            | Row::ResourceGroup(_)
            | Row::Token(_)
            | Row::Job(_)
            | Row::SavedCommand(_)
            | Row::Invocation(_)
            | Row::KeyPair(_)
            | Row::PrefixList(_)
            | Row::Certificate(_)
            | Row::SecurityPolicy(_) => Vec::new(),
            Row::Vpc(row) => vec![Key::RouteTable(row.route_table.clone())],
            Row::RouteTable(row) => route_table_refers_to(row),
            Row::Account(row) => vec![Key::ResourceGroup(row.resource_group.clone())],
            Row::AccessKey(row) => vec![Key::Account(row.account)],
            Row::Monitor(row) => vec![Key::Account(row.account)],
            Row::VSwitch(row) => {
                let table = row.route_table.clone().map(Key::RouteTable);
                table.into_iter().chain([Key::Vpc(row.vpc.clone())]).collect()
            }
            Row::Released(row) => vec![Key::VSwitch(row.vswitch.clone())],
            Row::SecurityGroup(row) => {
                let peers = row.rules.values().filter_map(|rule| match &rule.spec.peer {
                    Peer::Group(group) if *group != row.id => Some(Key::SecurityGroup(group.clone())),
                    Peer::PrefixList(list) => Some(Key::PrefixList(list.clone())),
                    Peer::Group(_) | Peer::Cidr(_) | Peer::Ipv6Cidr(_) => None,
                });
                peers.chain([Key::Vpc(row.vpc.clone())]).collect()
            }
            Row::Eni(row) => {
                let groups = row.security_groups.iter().cloned().map(Key::SecurityGroup);
                let instance = row.instance().cloned().map(Key::Instance);
                let places = [Key::Vpc(row.vpc.clone()), Key::VSwitch(row.vswitch.clone())];
                groups.chain(instance).chain(places).collect()
            }
            Row::Instance(row) => {
                let key_pair = row.key_pair.clone().map(Key::KeyPair);
                key_pair.into_iter().chain([Key::Eni(row.eni.clone())]).collect()
            }
            Row::LoadBalancer(row) => {
                let enis = row.zones.values().map(|zone| Key::Eni(zone.eni.clone()));
                let groups = row.security_groups.iter().cloned().map(Key::SecurityGroup);
                enis.chain(groups).chain([Key::Vpc(row.vpc.clone())]).collect()
            }
            Row::ServerGroup(row) => {
                let targets = row.servers.iter().filter_map(|server| server.target.key());
                targets.chain([Key::Vpc(row.vpc.clone())]).collect()
            }
            Row::Listener(row) => listener_refers_to(row),
            Row::PrivateZone(row) => row.vpcs.iter().cloned().map(Key::Vpc).collect(),
            Row::EndpointService(row) => {
                row.resources.keys().map(|key| Key::LoadBalancer(key.load_balancer.clone())).collect()
            }
            Row::Endpoint(row) => endpoint_refers_to(row),
        };
        let own = self.key();
        let common =
            |meta: &Meta| [Key::Account(meta.owner), Key::ResourceGroup(meta.resource_group.clone())];
        keys.extend(self.meta().into_iter().flat_map(common).filter(|key| *key != own));
        keys
    }

    /// What this row holds alone.
    pub fn claims(&self) -> Vec<Claim> {
        match self {
            Row::Settings(_) | Row::Counters(_) | Row::Account(_) | Row::AccessKey(_) | Row::Token(_) => {
                Vec::new()
            }
            Row::Job(_) | Row::Instance(_) | Row::EndpointService(_) => Vec::new(),
            Row::SavedCommand(_) | Row::Invocation(_) | Row::PrefixList(_) => Vec::new(),
            Row::Certificate(_) | Row::SecurityPolicy(_) | Row::Monitor(_) => Vec::new(),
            Row::PrivateZone(row) => row.records.keys().copied().map(Claim::ZoneRecord).collect(),
            Row::ResourceGroup(row) => vec![Claim::ResourceGroup(row.meta.owner, row.name.clone())],
            Row::Vpc(row) => {
                let default = row.is_default.then_some(Claim::DefaultVpc(row.meta.owner));
                default.into_iter().chain([Claim::Network(row.network)]).collect()
            }
            Row::VSwitch(row) => {
                let default =
                    row.is_default.then(|| Claim::DefaultVSwitch(row.vpc.clone(), row.zone.clone()));
                default.into_iter().collect()
            }
            Row::RouteTable(row) => {
                let entries = row.entries.values().map(|entry| Claim::RouteEntry(entry.id.clone()));
                entries.chain([Claim::Table(row.index)]).collect()
            }
            Row::Released(row) => vec![Claim::Address(row.vpc.clone(), row.address)],
            Row::SecurityGroup(row) => vec![Claim::Group(row.index)],
            Row::KeyPair(row) => vec![Claim::KeyPairName(row.meta.owner, row.meta.name.clone())],
            Row::Eni(row) => {
                let addresses = row.addresses().map(|address| Claim::Address(row.vpc.clone(), address));
                let ipv6 = row.ipv6.iter();
                let ipv6 =
                    ipv6.flat_map(|(address, index)| [Claim::Ipv6Address(*address), Claim::Ipv6(*index)]);
                let device = match &row.owner {
                    EniOwner::Instance(id, number) => Some(Claim::Device(id.clone(), *number)),
                    EniOwner::Nobody | EniOwner::LoadBalancer(_) | EniOwner::Endpoint(_) => None,
                };
                addresses.chain(ipv6).chain([Claim::Port(row.port)]).chain(device).collect()
            }
            Row::LoadBalancer(row) => {
                let local = row.zones.values().flat_map(|zone| zone.local.values());
                row.zones.values().map(|zone| &zone.vip).chain(local).map(|vip| Claim::Vip(*vip)).collect()
            }
            Row::ServerGroup(row) => {
                let servers = row.servers.iter().map(|server| Claim::Server(server.index));
                servers.chain([Claim::ServerGroup(row.index)]).collect()
            }
            Row::Listener(row) => vec![Claim::Listener(row.index)],
            Row::Endpoint(row) => vec![Claim::Endpoint(row.index), Claim::Network(row.connection.network)],
        }
    }

    /// How many addresses of which vSwitches it takes up, and brings into which security groups.
    fn addresses(&self) -> Vec<(Key, usize)> {
        if let Row::Eni(row) = self {
            let ipv4 = row.addresses().count();
            let all = ipv4 + row.ipv6.len();
            let groups = row.security_groups.iter().map(|group| (Key::SecurityGroup(group.clone()), all));
            groups.chain([(Key::VSwitch(row.vswitch.clone()), ipv4)]).collect()
        } else if let Row::Released(row) = self {
            vec![(Key::VSwitch(row.vswitch.clone()), 1)]
        } else {
            Vec::new()
        }
    }

    /// When this row may be forgotten; `None` = never by itself.
    pub fn expires(&self) -> Option<Timestamp> {
        let after = |start: Timestamp, seconds: i64| Some(Timestamp(start.0.saturating_add(seconds)));
        match self {
            Row::Token(row) => after(row.created, Token::LIFETIME),
            Row::Invocation(row) => after(row.meta.created, Invocation::LIFETIME),
            Row::Job(row) => after(row.created, Job::LIFETIME),
            Row::Released(row) => after(row.at, Released::REST),
            Row::Instance(row) => row.release_at,
            Row::Settings(_) | Row::Counters(_) | Row::Account(_) | Row::AccessKey(_) | Row::Vpc(_) => None,
            Row::ResourceGroup(_)
            | Row::VSwitch(_)
            | Row::RouteTable(_)
            | Row::SecurityGroup(_)
            | Row::Eni(_)
            | Row::SavedCommand(_)
            | Row::KeyPair(_)
            | Row::PrefixList(_)
            | Row::LoadBalancer(_) => None,
            Row::Certificate(_) | Row::SecurityPolicy(_) | Row::PrivateZone(_) | Row::Monitor(_) => None,
            Row::ServerGroup(_) | Row::Listener(_) | Row::EndpointService(_) | Row::Endpoint(_) => None,
        }
    }
}

fn route_table_refers_to(row: &RouteTable) -> Vec<Key> {
    let next_hops = row.entries.values().map(|entry| match &entry.next_hop {
        NextHop::Instance(id) => Key::Instance(id.clone()),
        NextHop::Eni(id) => Key::Eni(id.clone()),
    });
    next_hops.chain([Key::Vpc(row.vpc.clone())]).collect()
}

fn listener_refers_to(row: &Listener) -> Vec<Key> {
    let tls = row.tls.iter();
    let certificates = tls.clone().flat_map(|tls| tls.certificates().chain(&tls.client_authority));
    let policies = tls.filter_map(|tls| match &tls.policy {
        PolicyId::Custom(id) => Some(Key::SecurityPolicy(id.clone())),
        PolicyId::System(_) => None,
    });
    let own = [Key::LoadBalancer(row.load_balancer.clone()), Key::ServerGroup(row.server_group.clone())];
    own.into_iter().chain(certificates.cloned().map(Key::Certificate)).chain(policies).collect()
}

fn endpoint_refers_to(row: &crate::endpoint::Endpoint) -> Vec<Key> {
    let groups = row.security_groups.iter().cloned().map(Key::SecurityGroup);
    let enis = row.zones.values().map(|zone| Key::Eni(zone.eni.clone()));
    let resources = row.zones.values().flat_map(|zone| zone.load_balancers()).cloned().map(Key::LoadBalancer);
    let alive = row.connection.acceptance != Acceptance::ServiceDeleted;
    let service = alive.then(|| Key::EndpointService(row.service.clone()));
    groups.chain(enis).chain(resources).chain(service).chain([Key::Vpc(row.vpc.clone())]).collect()
}

/// Keys in order.
pub type Keys = RedBlackTreeSetSync<Key>;

/// The indexes.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Relations {
    users: RedBlackTreeMapSync<(Key, Kind), Keys>,
    claims: RedBlackTreeMapSync<Claim, Key>,
    addresses: RedBlackTreeMapSync<Key, usize>,
    expiries: RedBlackTreeSetSync<(Timestamp, Key)>,
}

impl Relations {
    /// Takes a row in.
    pub(crate) fn insert(&mut self, row: &Row) {
        let key = row.key();
        for target in row.refers_to() {
            let slot = (target, key.kind());
            let users = self.users.get(&slot).cloned().unwrap_or_default().insert(key.clone());
            self.users.insert_mut(slot, users);
        }
        for claim in row.claims() {
            self.claims.insert_mut(claim, key.clone());
        }
        for (of, count) in row.addresses() {
            let all = self.addresses_of(&of) + count;
            self.addresses.insert_mut(of, all);
        }
        if let Some(at) = row.expires() {
            self.expiries.insert_mut((at, key));
        }
    }

    /// Takes a row out again.
    pub(crate) fn remove(&mut self, row: &Row) {
        let key = row.key();
        for target in row.refers_to() {
            let slot = (target, key.kind());
            let users = self.users.get(&slot).map(|users| users.remove(&key));
            match users {
                Some(users) if !users.is_empty() => self.users.insert_mut(slot, users),
                Some(_) | None => {
                    self.users.remove_mut(&slot);
                }
            }
        }
        for claim in row.claims() {
            if self.claims.get(&claim) == Some(&key) {
                self.claims.remove_mut(&claim);
            }
        }
        for (of, count) in row.addresses() {
            match self.addresses_of(&of).saturating_sub(count) {
                0 => drop(self.addresses.remove_mut(&of)),
                left => self.addresses.insert_mut(of, left),
            }
        }
        if let Some(at) = row.expires() {
            self.expiries.remove_mut(&(at, key));
        }
    }

    /// Rows of one table that refer to a row.
    pub(crate) fn users(&self, key: &Key, kind: Kind) -> Option<&Keys> {
        self.users.get(&(key.clone(), kind))
    }

    /// How many addresses of a vSwitch are in use or rest, or are in a security group.
    pub(crate) fn addresses_of(&self, key: &Key) -> usize {
        self.addresses.get(key).copied().unwrap_or(0)
    }

    /// Who holds it.
    pub(crate) fn holder(&self, claim: &Claim) -> Option<&Key> {
        self.claims.get(claim)
    }

    /// Rows that may be forgotten some day, the first to go first.
    pub(crate) fn expiries(&self) -> impl Iterator<Item = &(Timestamp, Key)> {
        self.expiries.iter()
    }
}

/// The key of a row of this type.
pub(crate) fn key_of<T: Record>(id: &T::Key) -> Key {
    T::any_key(id.clone())
}
