//! Local addresses of a load balancer's zone: those from which it speaks to servers that do not see their clients'.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::command::eni::MoreAddresses;
use crate::command::nlb::NewZone;
use crate::draft::Draft;
use crate::instance::Eni;
use crate::net::Family;
use crate::nlb::{IpVersion, ZoneMapping, is_local_count};
use crate::refusal::{AddressRefusal, BalancerRefusal, Refusal};

impl Draft {
    /// The address that a new zone asks for; when it asks for none, one that is not to be a local one.
    pub(super) fn zonal_address(&mut self, zone: &NewZone) -> Result<Option<Ipv4Addr>, Refusal> {
        if zone.address.is_some() || zone.local.ipv4.is_empty() {
            return Ok(zone.address);
        }
        for _ in 0..=zone.local.ipv4.len() {
            let address = self.take_address(&zone.vswitch, None)?;
            if !zone.local.ipv4.contains(&address) {
                return Ok(Some(address));
            }
        }
        Err(Refusal::Address(AddressRefusal::NoneFree(zone.vswitch.clone())))
    }

    /// Gives a zone the local addresses that were asked for, instead of those that it has; of a family of which none was asked for
    /// it keeps them.
    pub(super) fn set_local(
        &mut self,
        mapping: &mut ZoneMapping,
        version: IpVersion,
        asked: &NewZone,
    ) -> Result<(), Refusal> {
        let counts = [(Family::Ipv4, asked.local.ipv4.len()), (Family::Ipv6, asked.local.ipv6.len())];
        if let Some((family, count)) = counts.into_iter().find(|(_, count)| !fits(*count)) {
            return Err(BalancerRefusal::LocalCount { zone: asked.zone.clone(), family, count }.into());
        }
        if !asked.local.ipv4.is_empty() {
            self.set_local_ipv4(mapping, &asked.local.ipv4)?;
        }
        match (version, asked.local.ipv6.first()) {
            (IpVersion::Ipv4 | IpVersion::DualStack, None) => Ok(()),
            (IpVersion::DualStack, Some(_)) => self.set_local_ipv6(mapping, &asked.local.ipv6),
            (IpVersion::Ipv4, Some(address)) => {
                Err(Refusal::Address(AddressRefusal::Ipv6WithoutDualStack(*address)))
            }
        }
    }

    fn set_local_ipv4(
        &mut self,
        mapping: &mut ZoneMapping,
        wanted: &BTreeSet<Ipv4Addr>,
    ) -> Result<(), Refusal> {
        let eni = self.own::<Eni>(&mapping.eni)?;
        self.edit(eni.as_ref(), |row| row.secondary.retain(|address| wanted.contains(address)));
        for address in eni.secondary.difference(wanted) {
            mapping.local.remove(address);
            self.rest(&eni, *address);
        }
        let eni = self.own::<Eni>(&mapping.eni)?;
        let fresh: BTreeSet<_> = wanted.difference(&eni.secondary).copied().collect();
        for address in self.add_addresses(&eni, &MoreAddresses::These(fresh))? {
            let alias = self.dense()?;
            mapping.local.insert(address, alias);
        }
        Ok(())
    }

    fn set_local_ipv6(
        &mut self,
        mapping: &mut ZoneMapping,
        wanted: &BTreeSet<Ipv6Addr>,
    ) -> Result<(), Refusal> {
        let eni = self.own::<Eni>(&mapping.eni)?;
        let gone: BTreeSet<_> = mapping.local_ipv6.difference(wanted).copied().collect();
        self.edit(eni.as_ref(), |row| row.ipv6.retain(|address, _| !gone.contains(address)));
        let eni = self.own::<Eni>(&mapping.eni)?;
        let fresh: BTreeSet<_> = wanted.difference(&mapping.local_ipv6).copied().collect();
        self.add_ipv6(&eni, &MoreAddresses::These(fresh))?;
        mapping.local_ipv6.clone_from(wanted);
        Ok(())
    }
}

/// None is asked for, or so many as there can be.
fn fits(count: usize) -> bool {
    count == 0 || is_local_count(count)
}
