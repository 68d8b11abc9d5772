//! What surrounds a load balancer: its security groups, its zones in DNS, fine-grained monitoring.

use std::collections::BTreeMap;

use crate::command::Output;
use crate::command::balancer::{BalancerCommand as C, BalancerGroups, ShiftZones};
use crate::draft::Draft;
use crate::id::ZoneId;
use crate::nlb::{LoadBalancer, ZoneMapping};
use crate::quota::Quota;
use crate::records::Monitor;
use crate::refusal::{BalancerRefusal, Refusal};
use crate::tables::Key;

impl Draft {
    pub(super) fn run_balancer(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Join(it) => self.join(it),
            C::Leave(it) => self.leave(it),
            C::Shift(it) => self.shift(it, true).map(|()| Output::Done),
            C::CancelShift(it) => self.shift(it, false).map(|()| Output::Done),
            C::SetMonitor { log_project, metric_store } => {
                let (log_project, metric_store) = (log_project.clone(), metric_store.clone());
                self.put(Monitor { account: self.account, log_project, metric_store });
                Ok(Output::Done)
            }
            C::DeleteMonitor => self.delete_monitor(),
        }
    }

    fn join(&mut self, it: &BalancerGroups) -> Result<Output, Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        if it.groups.is_empty() {
            return Err(Refusal::Empty("the list of security groups"));
        }
        let mut groups = row.security_groups.clone();
        for group in &it.groups {
            if !groups.insert(group.clone()) {
                let member = Key::LoadBalancer(row.id.clone());
                return Err(Refusal::AlreadyMember { member, group: group.clone() });
            }
        }
        self.usable_groups(&groups, &row.vpc, Quota::GroupsALoadBalancer)?;
        self.edit(row.as_ref(), |row| row.security_groups = groups);
        Ok(Output::Job(self.job()))
    }

    fn leave(&mut self, it: &BalancerGroups) -> Result<Output, Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        if it.groups.is_empty() {
            return Err(Refusal::Empty("the list of security groups"));
        }
        let mut groups = row.security_groups.clone();
        for group in &it.groups {
            if !groups.remove(group) {
                let member = Key::LoadBalancer(row.id.clone());
                return Err(Refusal::NotMember { member, group: group.clone() });
            }
        }
        self.edit(row.as_ref(), |row| row.security_groups = groups);
        Ok(Output::Job(self.job()))
    }

    fn shift(&mut self, it: &ShiftZones, shifted: bool) -> Result<(), Refusal> {
        let row = self.own::<LoadBalancer>(&it.load_balancer)?;
        if it.zones.is_empty() {
            return Err(Refusal::Empty("the list of zones"));
        }
        let mut zones = row.zones.clone();
        for (zone, vswitch) in &it.zones {
            let not_there =
                || Refusal::ResourceNotInZone { load_balancer: row.id.clone(), zone: zone.clone() };
            self.placed(vswitch, &row.vpc, zone)?;
            let mapping = zones.get_mut(zone).filter(|mapping| mapping.vswitch == *vswitch);
            let mapping = mapping.ok_or_else(not_there)?;
            if mapping.shifted == shifted {
                return Err(BalancerRefusal::WrongShift { zone: zone.clone(), shifted }.into());
            }
            mapping.shifted = shifted;
        }
        stays_in_dns(&zones)?;
        self.edit(row.as_ref(), |row| row.zones = zones);
        Ok(())
    }

    fn delete_monitor(&mut self) -> Result<Output, Refusal> {
        self.monitored(true)?;
        self.delete(Key::Monitor(self.account));
        Ok(Output::Done)
    }

    /// Second-level statistics need a place to go to.
    pub(super) fn monitored(&self, asked: bool) -> Result<(), Refusal> {
        if asked && self.state().get::<Monitor>(&self.account).is_none() {
            return Err(BalancerRefusal::NoMonitor.into());
        }
        Ok(())
    }
}

/// A name without an address would be no name.
pub(super) fn stays_in_dns(zones: &BTreeMap<ZoneId, ZoneMapping>) -> Result<(), Refusal> {
    if zones.values().all(|mapping| mapping.shifted) { Err(BalancerRefusal::LastZone.into()) } else { Ok(()) }
}
