//! Giving out addresses and dense ids. Both go on behind the last one given out, so that none is used again soon.

mod ipv6;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::command::eni::MoreAddresses;
use crate::draft::Draft;
use crate::id::{
    EndpointIndex, EniId, GroupIndex, Ipv6Index, ListenerIndex, Network, PortIndex, SecurityGroupId,
    ServerGroupIndex, ServerIndex, TableIndex, VSwitchId, VipIndex,
};
use crate::instance::{Eni, EniOwner};
use crate::meta::Labels;
use crate::quota::Quota;
use crate::records::{Counters, Released};
use crate::refusal::{AddressRefusal, Refusal};
use crate::relations::Claim;
use crate::tables::{Key, Kind, ReleasedKey};
use crate::vpc::VSwitch;

/// What an interface begins with.
pub(crate) struct NewEni {
    /// The address that was asked for; `None` = the next free one.
    pub(crate) address: Option<Ipv4Addr>,
    pub(crate) more: MoreAddresses,
    pub(crate) ipv6: MoreAddresses<Ipv6Addr>,
    pub(crate) owner: EniOwner,
    pub(crate) security_groups: BTreeSet<SecurityGroupId>,
    pub(crate) labels: Labels,
    pub(crate) delete_on_release: bool,
    pub(crate) source_dest_check: bool,
}

impl NewEni {
    /// An interface with one address and no groups, as load balancers and endpoints have them.
    pub(crate) fn of(owner: EniOwner, address: Option<Ipv4Addr>) -> Self {
        Self {
            address,
            more: MoreAddresses::default(),
            ipv6: MoreAddresses::default(),
            owner,
            security_groups: BTreeSet::new(),
            labels: Labels::default(),
            delete_on_release: true,
            source_dest_check: true,
        }
    }
}

/// A dense id: from 1, unique in the installation.
pub(crate) trait Dense: Copy {
    /// The greatest one possible.
    const MAX: u32;
    /// What is counted, in words.
    const WHAT: &'static str;
    fn new(value: u32) -> Self;
    fn claim(self) -> Claim;
    fn counter(counters: &mut Counters) -> &mut u32;
}

macro_rules! dense {
    ($($name:ident = $claim:ident, $field:ident, $bits:literal, $what:literal;)*) => {$(
        impl Dense for $name {
            const MAX: u32 = (1 << $bits) - 1;
            const WHAT: &'static str = $what;
            fn new(value: u32) -> Self {
                Self(value)
            }
            fn claim(self) -> Claim {
                Claim::$claim(self)
            }
            fn counter(counters: &mut Counters) -> &mut u32 {
                &mut counters.$field
            }
        }
    )*};
}

dense! {
    Network = Network, network, 24, "networks";
    // Alias addresses of ports stay below the resolvers' 100.100.2.136.
    PortIndex = Port, port, 21, "network interfaces";
    TableIndex = Table, table, 24, "route tables";
    GroupIndex = Group, group, 24, "security groups";
    // Aliases of zonal addresses fill a /12.
    VipIndex = Vip, vip, 20, "zonal addresses of load balancers";
    ListenerIndex = Listener, listener, 24, "listeners";
    ServerGroupIndex = ServerGroup, server_group, 24, "server groups";
    ServerIndex = Server, server, 24, "servers";
    EndpointIndex = Endpoint, endpoint, 24, "endpoints";
    // Aliases of IPv6 addresses fill a /13.
    Ipv6Index = Ipv6, ipv6, 19, "IPv6 addresses";
}

impl Draft {
    /// A dense id that nothing has.
    pub(crate) fn dense<D: Dense>(&mut self) -> Result<D, Refusal> {
        let mut counters = self.state().counters();
        let last = *D::counter(&mut counters);
        let mut behind = (last.saturating_add(1)..=D::MAX).chain(1..=last.min(D::MAX));
        let is_free = |value: &u32| self.state().holder(&D::new(*value).claim()).is_none();
        let value = behind.find(is_free).ok_or(Refusal::NoFreeIndex(D::WHAT))?;
        *D::counter(&mut counters) = value;
        self.put(counters);
        Ok(D::new(value))
    }

    /// An interface in a vSwitch.
    pub(crate) fn new_eni(&mut self, vswitch: &VSwitchId, new: NewEni) -> Result<EniId, Refusal> {
        let vswitch = self.own::<VSwitch>(vswitch)?;
        let id = EniId::generate(&mut self.entropy);
        let eni = Eni {
            id: id.clone(),
            meta: self.meta(&new.labels)?,
            vpc: vswitch.vpc.clone(),
            vswitch: vswitch.id.clone(),
            address: self.take_address(&vswitch.id, new.address)?,
            secondary: BTreeSet::new(),
            ipv6: BTreeMap::new(),
            port: self.dense()?,
            owner: new.owner,
            moved: self.revision,
            security_groups: new.security_groups,
            delete_on_release: new.delete_on_release,
            source_dest_check: new.source_dest_check,
        };
        self.put(eni.clone());
        self.add_addresses(&eni, &new.more)?;
        let eni = self.own::<Eni>(&id)?;
        self.add_ipv6(&eni, &new.ipv6)?;
        self.room_in_groups(&eni.security_groups)?;
        Ok(id)
    }

    /// Gives an interface more addresses; says which.
    pub(crate) fn add_addresses(
        &mut self,
        eni: &Eni,
        more: &MoreAddresses,
    ) -> Result<Vec<Ipv4Addr>, Refusal> {
        let wanted = more.wanted();
        self.within(1 + eni.secondary.len() + wanted.len(), Quota::AddressesAnEni)?;
        let mut eni = eni.clone();
        let mut added = Vec::new();
        for address in wanted {
            let address = self.take_address(&eni.vswitch, address)?;
            added.push(address);
            eni.secondary.insert(address);
            self.edit(&eni, |_| ());
        }
        Ok(added)
    }

    /// Gives an interface up; its addresses rest.
    pub(crate) fn delete_eni(&mut self, id: &EniId) {
        let Some(eni) = self.state().get::<Eni>(id).cloned() else { return };
        self.delete(Key::Eni(id.clone()));
        for address in eni.addresses() {
            self.rest(&eni, address);
        }
    }

    /// An address that the interface no longer has rests.
    pub(crate) fn rest(&mut self, eni: &Eni, address: Ipv4Addr) {
        self.put(Released {
            address,
            vpc: eni.vpc.clone(),
            vswitch: eni.vswitch.clone(),
            at: self.now,
            revision: self.revision,
        });
    }

    /// The address that was asked for, or the next free one.
    pub(crate) fn take_address(
        &mut self,
        vswitch: &VSwitchId,
        wanted: Option<Ipv4Addr>,
    ) -> Result<Ipv4Addr, Refusal> {
        let vswitch = self.own::<VSwitch>(vswitch)?;
        match wanted {
            Some(address) => self.wanted_address(&vswitch, address),
            None => self.next_address(&vswitch),
        }
    }

    /// Who asks for an address by name gets it even while it rests.
    fn wanted_address(&mut self, vswitch: &VSwitch, address: Ipv4Addr) -> Result<Ipv4Addr, Refusal> {
        if !vswitch.cidr.is_usable(address) {
            let (first, last) = (vswitch.cidr.first(), vswitch.cidr.last());
            return Err(Refusal::Address(AddressRefusal::OutsideVSwitch {
                address: address.into(),
                vswitch: vswitch.id.clone(),
                first: first.into(),
                last: last.into(),
            }));
        }
        match self.state().holder(&Claim::Address(vswitch.vpc.clone(), address)).cloned() {
            None => Ok(address),
            Some(resting @ Key::Released(_)) => {
                self.delete(resting);
                Ok(address)
            }
            Some(by) => Err(Refusal::Address(AddressRefusal::Taken {
                address: address.into(),
                by: self.state().known_as(&by),
            })),
        }
    }

    fn next_address(&mut self, vswitch: &VSwitch) -> Result<Ipv4Addr, Refusal> {
        if self.state().addresses_held(&vswitch.id) >= vswitch.cidr.usable() as usize {
            return self.longest_resting(vswitch);
        }
        let (first, last) = (u32::from(vswitch.cidr.first()), u32::from(vswitch.cidr.last()));
        let cursor = u32::from(vswitch.cursor);
        let behind = (cursor.saturating_add(1)..=last).chain(first..=cursor.min(last)).map(Ipv4Addr::from);
        let is_free = |address: &Ipv4Addr| {
            self.state().holder(&Claim::Address(vswitch.vpc.clone(), *address)).is_none()
        };
        let free = behind.into_iter().find(is_free);
        let address = free.ok_or_else(|| Refusal::Address(AddressRefusal::NoneFree(vswitch.id.clone())))?;
        self.edit_quietly(vswitch, |row| row.cursor = address);
        Ok(address)
    }

    /// A vSwitch without any other address gives out the one that has rested longest.
    fn longest_resting(&mut self, vswitch: &VSwitch) -> Result<Ipv4Addr, Refusal> {
        let key = Key::VSwitch(vswitch.id.clone());
        let resting = self.state().users(&key, Kind::Released).filter_map(|key| {
            let Key::Released(key) = key else { return None };
            self.state().get::<Released>(key)
        });
        let oldest = resting.min_by_key(|row| row.revision).cloned();
        let oldest = oldest.ok_or_else(|| Refusal::Address(AddressRefusal::NoneFree(vswitch.id.clone())))?;
        self.delete(Key::Released(ReleasedKey(oldest.vswitch.clone(), oldest.address)));
        Ok(oldest.address)
    }
}
