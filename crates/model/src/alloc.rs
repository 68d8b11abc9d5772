//! Giving out addresses and dense ids. Both go on behind the last one given out, so that none is used again soon.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use crate::draft::Draft;
use crate::id::{
    EndpointIndex, EniId, GroupIndex, ListenerIndex, Network, PortIndex, SecurityGroupId, ServerGroupIndex,
    ServerIndex, VSwitchId, VipIndex,
};
use crate::instance::{Eni, EniOwner};
use crate::meta::Labels;
use crate::records::{Counters, Released};
use crate::refusal::Refusal;
use crate::relations::Claim;
use crate::tables::{Key, Kind, ReleasedKey};
use crate::vpc::VSwitch;

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
    GroupIndex = Group, group, 24, "security groups";
    VipIndex = Vip, vip, 24, "zonal addresses of load balancers";
    ListenerIndex = Listener, listener, 24, "listeners";
    ServerGroupIndex = ServerGroup, server_group, 24, "server groups";
    ServerIndex = Server, server, 24, "servers";
    EndpointIndex = Endpoint, endpoint, 24, "endpoints";
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

    /// An interface in a vSwitch, with the address that was asked for or the next free one.
    pub(crate) fn new_eni(
        &mut self,
        vswitch: &VSwitchId,
        wanted: Option<Ipv4Addr>,
        owner: EniOwner,
        security_groups: BTreeSet<SecurityGroupId>,
    ) -> Result<EniId, Refusal> {
        let vswitch = self.own::<VSwitch>(vswitch)?;
        let address = match wanted {
            Some(address) => self.wanted_address(&vswitch, address)?,
            None => self.next_address(&vswitch)?,
        };
        let id = EniId::generate(&mut self.entropy);
        let meta = self.meta(&Labels::default())?;
        let port = self.dense()?;
        let (vpc, vswitch) = (vswitch.vpc.clone(), vswitch.id.clone());
        self.put(Eni { id: id.clone(), meta, vpc, vswitch, address, port, owner, security_groups });
        Ok(id)
    }

    /// Gives an interface up; its address rests.
    pub(crate) fn delete_eni(&mut self, id: &EniId) {
        let Some(eni) = self.state().get::<Eni>(id).cloned() else { return };
        self.delete(Key::Eni(id.clone()));
        self.put(Released {
            address: eni.address,
            vpc: eni.vpc.clone(),
            vswitch: eni.vswitch.clone(),
            at: self.now,
            revision: self.revision,
        });
    }

    /// Who asks for an address by name gets it even while it rests.
    fn wanted_address(&mut self, vswitch: &VSwitch, address: Ipv4Addr) -> Result<Ipv4Addr, Refusal> {
        if !vswitch.cidr.is_usable(address) {
            let (first, last) = (vswitch.cidr.first(), vswitch.cidr.last());
            return Err(Refusal::AddressOutsideVSwitch { address, vswitch: vswitch.id.clone(), first, last });
        }
        match self.state().holder(&Claim::Address(vswitch.vpc.clone(), address)).cloned() {
            None => Ok(address),
            Some(resting @ Key::Released(_)) => {
                self.delete(resting);
                Ok(address)
            }
            Some(by) => Err(Refusal::AddressTaken { address, by: self.state().known_as(&by) }),
        }
    }

    fn next_address(&mut self, vswitch: &VSwitch) -> Result<Ipv4Addr, Refusal> {
        let key = Key::VSwitch(vswitch.id.clone());
        let taken =
            self.state().count_users(&key, Kind::Eni) + self.state().count_users(&key, Kind::Released);
        if taken >= vswitch.cidr.usable() as usize {
            return self.longest_resting(vswitch);
        }
        let (first, last) = (u32::from(vswitch.cidr.first()), u32::from(vswitch.cidr.last()));
        let cursor = u32::from(vswitch.cursor);
        let behind = (cursor.saturating_add(1)..=last).chain(first..=cursor.min(last)).map(Ipv4Addr::from);
        let is_free = |address: &Ipv4Addr| {
            self.state().holder(&Claim::Address(vswitch.vpc.clone(), *address)).is_none()
        };
        let free = behind.into_iter().find(is_free);
        let address = free.ok_or_else(|| Refusal::NoFreeAddress { vswitch: vswitch.id.clone() })?;
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
        let oldest = oldest.ok_or_else(|| Refusal::NoFreeAddress { vswitch: vswitch.id.clone() })?;
        self.delete(Key::Released(ReleasedKey(oldest.vswitch.clone(), oldest.address)));
        Ok(oldest.address)
    }
}
