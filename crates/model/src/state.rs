//! The state: tables, and indexes derived from them. A copy is a few pointers.

use std::sync::Arc;

use crate::account::Account;
use crate::endpoint::Endpoint;
use crate::id::{
    AccountId, EndpointServiceId, EniId, InstanceId, LoadBalancerId, Revision, RouteTableId, SecurityGroupId,
    SecurityPolicyId, ServerGroupId, VSwitchId, VpcId,
};
use crate::instance::{Eni, EniOwner};
use crate::key_pair::KeyPair;
use crate::meta::Name;
use crate::nlb::{Listener, LoadBalancer, ServerGroup};
use crate::private_zone::{PrivateZone, RecordNumber, ZoneRecord};
use crate::quota::Quota;
use crate::records::{Counters, Settings};
use crate::refusal::Refusal;
use crate::relations::{Claim, Keys, Relations, key_of};
use crate::route::RouteTable;
use crate::security::{GroupKind, SecurityGroup};
use crate::service::EndpointService;
use crate::tables::{Change, Key, Kind, Only, Op, Record, Resource, Row, Tables};
use crate::vpc::VSwitch;

/// Everything that was ever asked for and still holds.
#[derive(Clone, Default, PartialEq)]
pub struct State {
    revision: Revision,
    tables: Tables,
    relations: Relations,
}

impl State {
    /// The state that a store's rows make up.
    pub fn replay(revision: Revision, rows: impl IntoIterator<Item = Row>) -> Self {
        let mut state = Self { revision, ..Self::default() };
        for row in rows {
            state.put(row);
        }
        state
    }

    /// The state after a change.
    #[must_use]
    pub fn absorb(&self, change: &Change) -> Self {
        let mut state = self.clone();
        for op in &change.ops {
            match op {
                Op::Put(row) => state.put(row.clone()),
                Op::Delete(key) => state.delete(key),
            }
        }
        state.revision = change.revision;
        state
    }

    pub(crate) fn put(&mut self, row: Row) {
        if let Some(old) = self.tables.put(row.clone()) {
            self.relations.remove(&old);
        }
        self.relations.insert(&row);
    }

    pub(crate) fn delete(&mut self, key: &Key) {
        if let Some(old) = self.tables.delete(key) {
            self.relations.remove(&old);
        }
    }

    /// Number of the last commit.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The tables, to list them.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(crate) fn relations(&self) -> &Relations {
        &self.relations
    }

    /// Region, zones, hosts; empty before they are set.
    pub fn settings(&self) -> Arc<Settings> {
        let none = || Arc::new(Settings { region: String::new(), zones: Vec::new(), hosts: Vec::new() });
        self.tables.settings.get(&Only).cloned().unwrap_or_else(none)
    }

    pub(crate) fn counters(&self) -> Counters {
        self.tables.counters.get(&Only).map(|row| **row).unwrap_or_default()
    }

    /// A row by its key, whoever owns it.
    pub fn get<T: Record>(&self, id: &T::Key) -> Option<&Arc<T>> {
        T::table(&self.tables).get(id)
    }

    /// A resource of this account. Another account's answers exactly as an unknown one.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn owned<T: Resource>(&self, account: AccountId, id: &T::Key) -> Result<&Arc<T>, Refusal> {
        let found = self.get::<T>(id).filter(|row| row.meta().owner == account);
        found.ok_or_else(|| Refusal::NotFound(key_of::<T>(id)))
    }

    /// How much of something an account may have.
    pub fn limit(&self, account: AccountId, quota: Quota) -> u32 {
        let set = self.get::<Account>(&account).and_then(|account| account.limits.get(&quota).copied());
        set.unwrap_or_else(|| quota.usual())
    }

    /// Keys of one table's rows that refer to a row, in order.
    pub fn users(&self, key: &Key, kind: Kind) -> impl Iterator<Item = &Key> + use<'_> {
        self.relations.users(key, kind).into_iter().flat_map(Keys::iter)
    }

    /// How many rows of one table refer to a row.
    pub fn count_users(&self, key: &Key, kind: Kind) -> usize {
        self.relations.users(key, kind).map_or(0, Keys::size)
    }

    /// How many addresses of a vSwitch are in use or rest.
    pub fn addresses_held(&self, vswitch: &VSwitchId) -> usize {
        self.relations.addresses_of(&Key::VSwitch(vswitch.clone()))
    }

    /// How many of what its kind limits a security group has, and the limit's name.
    pub fn members(&self, group: &SecurityGroup) -> (usize, Quota) {
        let key = Key::SecurityGroup(group.id.clone());
        match group.kind {
            GroupKind::Normal => (self.relations.addresses_of(&key), Quota::AddressesANormalGroup),
            GroupKind::Enterprise => (self.count_users(&key, Kind::Eni), Quota::InterfacesAnEnterpriseGroup),
        }
    }

    /// Who holds what only one can hold.
    pub fn holder(&self, claim: &Claim) -> Option<&Key> {
        self.relations.holder(claim)
    }
}

macro_rules! lookups {
    ($($(#[$doc:meta])* $name:ident: $kind:ident of $of:ident($id:ty) in $field:ident;)*) => {
        impl State {
            $($(#[$doc])*
            pub fn $name(&self, id: &$id) -> impl Iterator<Item = &Arc<$kind>> + use<'_> {
                self.users(&Key::$of(id.clone()), Kind::$kind).filter_map(|key| {
                    let Key::$kind(id) = key else { return None };
                    self.tables.$field.get(id)
                })
            })*
        }
    };
}

lookups! {
    /// vSwitches of a VPC.
    vswitches_of: VSwitch of Vpc(VpcId) in vswitches;
    /// Route tables of a VPC.
    route_tables_of: RouteTable of Vpc(VpcId) in route_tables;
    /// vSwitches that use a route table other than the system's.
    vswitches_using: VSwitch of RouteTable(RouteTableId) in vswitches;
    /// Security groups of a VPC.
    security_groups_of: SecurityGroup of Vpc(VpcId) in security_groups;
    /// Interfaces in a VPC.
    enis_of_vpc: Eni of Vpc(VpcId) in enis;
    /// Interfaces in a vSwitch.
    enis_of: Eni of VSwitch(VSwitchId) in enis;
    /// Interfaces of an instance.
    enis_of_instance: Eni of Instance(InstanceId) in enis;
    /// Interfaces in a security group.
    members_of: Eni of SecurityGroup(SecurityGroupId) in enis;
    /// NLBs with a security group.
    load_balancers_in: LoadBalancer of SecurityGroup(SecurityGroupId) in load_balancers;
    /// Server groups of a VPC.
    server_groups_of_vpc: ServerGroup of Vpc(VpcId) in server_groups;
    /// Server groups that an instance serves.
    server_groups_of: ServerGroup of Instance(InstanceId) in server_groups;
    /// Server groups that an interface serves.
    server_groups_of_eni: ServerGroup of Eni(EniId) in server_groups;
    /// Listeners of an NLB.
    listeners_of: Listener of LoadBalancer(LoadBalancerId) in listeners;
    /// Listeners that use a server group.
    listeners_using: Listener of ServerGroup(ServerGroupId) in listeners;
    /// Listeners that follow a security policy.
    listeners_following: Listener of SecurityPolicy(SecurityPolicyId) in listeners;
    /// NLBs of a VPC.
    load_balancers_of: LoadBalancer of Vpc(VpcId) in load_balancers;
    /// Private zones that a VPC is bound to.
    private_zones_of: PrivateZone of Vpc(VpcId) in private_zones;
    /// Services that offer an NLB.
    services_offering: EndpointService of LoadBalancer(LoadBalancerId) in services;
    /// Endpoints that belong to a service.
    endpoints_to: Endpoint of EndpointService(EndpointServiceId) in endpoints;
    /// Endpoints that an NLB serves or is chosen for.
    endpoints_served_by: Endpoint of LoadBalancer(LoadBalancerId) in endpoints;
    /// Endpoints with a security group.
    endpoints_in: Endpoint of SecurityGroup(SecurityGroupId) in endpoints;
    /// Endpoints of a VPC.
    endpoints_of: Endpoint of Vpc(VpcId) in endpoints;
}

impl State {
    /// An account's key pair of this name.
    pub fn key_pair(&self, account: AccountId, name: &Name) -> Option<&Arc<KeyPair>> {
        let Key::KeyPair(id) = self.holder(&Claim::KeyPairName(account, name.clone()))? else { return None };
        self.get::<KeyPair>(id)
    }

    /// A record of a private zone, and its zone, whoever owns them.
    pub fn zone_record(&self, number: RecordNumber) -> Option<(&Arc<PrivateZone>, &ZoneRecord)> {
        let Some(Key::PrivateZone(id)) = self.holder(&Claim::ZoneRecord(number)) else { return None };
        let zone = self.get::<PrivateZone>(id)?;
        Some((zone, zone.records.get(&number)?))
    }

    /// The resource that a person knows: for the interface of an instance, NLB or endpoint that is its owner.
    pub fn known_as(&self, key: &Key) -> Key {
        let Key::Eni(id) = key else { return key.clone() };
        match self.get::<Eni>(id).map(|eni| &eni.owner) {
            Some(EniOwner::Instance(id, _)) => Key::Instance(id.clone()),
            Some(EniOwner::LoadBalancer(id)) => Key::LoadBalancer(id.clone()),
            Some(EniOwner::Endpoint(id)) => Key::Endpoint(id.clone()),
            Some(EniOwner::Nobody) | None => key.clone(),
        }
    }
}
