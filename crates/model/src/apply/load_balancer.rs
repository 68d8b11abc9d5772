//! Network load balancers and their zones.

use std::collections::{BTreeMap, BTreeSet};

use crate::alloc::NewEni;
use crate::apply::balancer::stays_in_dns;
use crate::apply::ipv6::zone_ipv6;
use crate::command::Output;
use crate::command::nlb::{
    CreateLoadBalancer, NewZone, SetProtection, UpdateLoadBalancer, UpdateLoadBalancerProtection,
    UpdateLoadBalancerZones,
};
use crate::draft::Draft;
use crate::id::{ListenerId, LoadBalancerId, VpcId, ZoneId};
use crate::instance::{Eni, EniOwner};
use crate::nlb::{AddressType, IpVersion, LoadBalancer, Protection, ZoneMapping};
use crate::quota::{LOAD_BALANCER_ZONES, Quota};
use crate::refusal::{BalancerRefusal, Refusal};
use crate::service::ResourceKey;
use crate::tables::{Key, Kind};
use crate::vpc::Vpc;

/// Most new connections a second and zone that can be asked for.
pub(super) const MAX_CPS: u32 = 1_000_000;

pub(super) fn in_range(field: &'static str, value: u64, low: u64, high: u64) -> Result<(), Refusal> {
    if (low..=high).contains(&value) { Ok(()) } else { Err(Refusal::OutOfRange { field, value, low, high }) }
}

impl Draft {
    pub(super) fn create_load_balancer(&mut self, it: &CreateLoadBalancer) -> Result<Output, Refusal> {
        self.own::<Vpc>(&it.vpc)?;
        if it.address_type.value == AddressType::Internet {
            return Err(Refusal::Unsupported("an Internet-facing load balancer"));
        }
        distinct_zones(&it.zones)?;
        self.room_in_account(Kind::LoadBalancer, Quota::LoadBalancersAnAccount)?;
        let id = LoadBalancerId::generate(&mut self.entropy);
        let zones = it
            .zones
            .iter()
            .map(|zone| Ok((zone.zone.clone(), self.new_zone(&id, &it.vpc, it.ip_version.value, zone)?)));
        let zones = zones.collect::<Result<BTreeMap<_, _>, Refusal>>()?;
        let protection = |set: &Option<SetProtection>| self.protection(set.as_ref(), &Protection::default());
        self.put(LoadBalancer {
            id: id.clone(),
            meta: self.meta(&it.labels)?,
            vpc: it.vpc.clone(),
            zones,
            cross_zone: true,
            address_type: it.address_type.clone(),
            ip_version: it.ip_version.clone(),
            cps: 0,
            deletion_protection: protection(&it.deletion_protection),
            modification_protection: protection(&it.modification_protection),
            security_groups: BTreeSet::new(),
        });
        Ok(Output::LoadBalancer(id))
    }

    fn new_zone(
        &mut self,
        id: &LoadBalancerId,
        vpc: &VpcId,
        version: IpVersion,
        zone: &NewZone,
    ) -> Result<ZoneMapping, Refusal> {
        self.placed(&zone.vswitch, vpc, &zone.zone)?;
        let ipv6 = zone_ipv6(version, zone.ipv6)?;
        let address = self.zonal_address(zone)?;
        let eni = self.new_eni(&zone.vswitch, NewEni::of(EniOwner::LoadBalancer(id.clone()), address))?;
        let (vswitch, vip) = (zone.vswitch.clone(), self.dense()?);
        let (local, local_ipv6) = (BTreeMap::new(), BTreeSet::new());
        let mut mapping = ZoneMapping { vswitch, eni, vip, shifted: false, local, local_ipv6 };
        // Before the zonal address of the family, which may be any that is left.
        self.set_local(&mut mapping, version, zone)?;
        let eni = self.own::<Eni>(&mapping.eni)?;
        self.add_ipv6(&eni, &ipv6)?;
        Ok(mapping)
    }

    fn protection(&self, set: Option<&SetProtection>, now: &Protection) -> Protection {
        match set {
            None => now.clone(),
            Some(SetProtection { enabled: false, .. }) => Protection::default(),
            Some(SetProtection { enabled: true, reason }) => {
                Protection { since: Some(now.since.unwrap_or(self.now)), reason: reason.clone() }
            }
        }
    }

    pub(super) fn update_load_balancer(&mut self, it: &UpdateLoadBalancer) -> Result<Output, Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        let cps = it.cps.unwrap_or(row.cps);
        in_range("Cps", cps.into(), 0, MAX_CPS.into())?;
        self.edit(row.as_ref(), |row| {
            row.meta.name = it.name.clone().unwrap_or_else(|| row.meta.name.clone());
            row.cross_zone = it.cross_zone.unwrap_or(row.cross_zone);
            row.cps = cps;
        });
        Ok(Output::Job(self.job()))
    }

    pub(super) fn update_zones(&mut self, it: &UpdateLoadBalancerZones) -> Result<Output, Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        distinct_zones(&it.zones)?;
        let mut zones = BTreeMap::new();
        for zone in &it.zones {
            let mapping = match row.zones.get(&zone.zone) {
                Some(mapping) => self.kept_zone(mapping, row.ip_version.value, zone)?,
                None => self.new_zone(&row.id, &row.vpc, row.ip_version.value, zone)?,
            };
            zones.insert(zone.zone.clone(), mapping);
        }
        stays_in_dns(&zones)?;
        for (zone, mapping) in row.zones.iter().filter(|(zone, _)| !zones.contains_key(*zone)) {
            self.zone_unoffered(&row.id, zone)?;
            self.delete_eni(&mapping.eni);
        }
        self.edit(row.as_ref(), |row| row.zones = zones);
        Ok(Output::Job(self.job()))
    }

    fn kept_zone(
        &mut self,
        mapping: &ZoneMapping,
        version: IpVersion,
        asked: &NewZone,
    ) -> Result<ZoneMapping, Refusal> {
        let eni = self.state().get::<Eni>(&mapping.eni);
        let ipv4 = |wanted| eni.is_some_and(|eni| eni.address == wanted);
        let ipv6 = |wanted| eni.is_some_and(|eni| mapping.zonal_ipv6(eni) == Some(wanted));
        if mapping.vswitch != asked.vswitch {
            return Err(BalancerRefusal::ZoneFixed(asked.zone.clone()).into());
        }
        if !asked.address.is_none_or(ipv4) || !asked.ipv6.is_none_or(ipv6) {
            return Err(BalancerRefusal::AddressFixed(asked.zone.clone()).into());
        }
        let mut mapping = mapping.clone();
        self.set_local(&mut mapping, version, asked)?;
        Ok(mapping)
    }

    fn zone_unoffered(&self, id: &LoadBalancerId, zone: &ZoneId) -> Result<(), Refusal> {
        let resource = ResourceKey { zone: zone.clone(), load_balancer: id.clone() };
        match self.state().services_offering(id).find(|service| service.resources.contains_key(&resource)) {
            Some(service) => {
                let (what, by) = (Key::LoadBalancer(id.clone()), Key::EndpointService(service.id.clone()));
                Err(Refusal::InUse { what, by })
            }
            None => Ok(()),
        }
    }

    pub(super) fn update_protection(&mut self, it: &UpdateLoadBalancerProtection) -> Result<(), Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        let deletion = self.protection(it.deletion.as_ref(), &row.deletion_protection);
        let modification = self.protection(it.modification.as_ref(), &row.modification_protection);
        self.edit_quietly(row.as_ref(), |row| {
            row.deletion_protection = deletion;
            row.modification_protection = modification;
        });
        Ok(())
    }

    pub(super) fn delete_load_balancer(&mut self, id: &LoadBalancerId) -> Result<Output, Refusal> {
        let row = self.own::<LoadBalancer>(id)?;
        if row.deletion_protection.since.is_some() {
            return Err(Refusal::DeletionProtected(Key::LoadBalancer(id.clone())));
        }
        self.unused::<LoadBalancer>(id, &[Kind::EndpointService, Kind::Endpoint])?;
        let listeners: Vec<ListenerId> = self.state().listeners_of(id).map(|row| row.id.clone()).collect();
        for listener in listeners {
            self.delete(Key::Listener(listener));
        }
        self.delete(Key::LoadBalancer(id.clone()));
        for mapping in row.zones.values() {
            self.delete_eni(&mapping.eni);
        }
        Ok(Output::Job(self.job()))
    }
}

fn distinct_zones(zones: &[NewZone]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = zones.iter().find(|zone| !seen.insert(&zone.zone)) {
        return Err(Refusal::ZoneTwice(twice.zone.clone()));
    }
    if LOAD_BALANCER_ZONES.contains(&zones.len()) { Ok(()) } else { Err(Refusal::ZoneCount(zones.len())) }
}
