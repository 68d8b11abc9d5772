//! Network interfaces that users make, attach and give addresses.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use super::done;
use crate::alloc::NewEni;
use crate::command::Output;
use crate::command::eni::{
    AssignAddresses, AssignIpv6, CreateEni, EniAttachment, EniCommand, ModifyEni, UnassignAddresses,
    UnassignIpv6,
};
use crate::command::instance::{MoreInterface, MoveInstance};
use crate::draft::Draft;
use crate::id::{EniId, InstanceId, SecurityGroupId};
use crate::instance::{Eni, EniOwner, Instance, Power};
use crate::meta::Relabel;
use crate::nlb::Target;
use crate::quota::Quota;
use crate::refusal::{EniRefusal, Refusal};
use crate::relations::Claim;
use crate::tables::{Key, Kind};
use crate::vpc::VSwitch;

impl Draft {
    pub(super) fn run_eni(&mut self, command: &EniCommand) -> Result<Output, Refusal> {
        match command {
            EniCommand::Create(it) => self.create_eni(it),
            EniCommand::Delete(id) => done(self.remove_eni(id)),
            EniCommand::Attach(it) => done(self.attach_eni(it)),
            EniCommand::Detach(it) => done(self.detach_eni(it)),
            EniCommand::Modify(it) => done(self.modify_eni(it)),
            EniCommand::Assign(it) => self.assign_addresses(it),
            EniCommand::Unassign(it) => done(self.unassign_addresses(it)),
            EniCommand::AssignIpv6(it) => self.assign_ipv6(it),
            EniCommand::UnassignIpv6(it) => done(self.unassign_ipv6(it)),
            EniCommand::MoveInstance(it) => done(self.move_instance(it)),
        }
    }

    fn create_eni(&mut self, it: &CreateEni) -> Result<Output, Refusal> {
        self.room_in_account(Kind::Eni, Quota::EnisAnAccount)?;
        self.free_eni(it).map(Output::Eni)
    }

    fn free_eni(&mut self, it: &CreateEni) -> Result<EniId, Refusal> {
        let vswitch = self.own::<VSwitch>(&it.vswitch)?;
        if it.security_groups.is_empty() {
            return Err(Refusal::Empty("the list of security groups"));
        }
        self.usable_groups(&it.security_groups, &vswitch.vpc, Quota::GroupsAnEni)?;
        let new = NewEni {
            address: it.address,
            more: it.more.clone(),
            ipv6: it.ipv6.clone(),
            owner: EniOwner::Nobody,
            security_groups: it.security_groups.clone(),
            labels: it.labels.clone(),
            delete_on_release: it.delete_on_release,
            source_dest_check: it.source_dest_check,
        };
        self.new_eni(&it.vswitch, new)
    }

    /// An interface that users may change.
    fn user_eni(&self, id: &EniId) -> Result<Arc<Eni>, Refusal> {
        let eni = self.own::<Eni>(id)?;
        if eni.is_managed() { Err(Refusal::EniServiceManaged(Key::Eni(id.clone()))) } else { Ok(eni) }
    }

    fn remove_eni(&mut self, id: &EniId) -> Result<(), Refusal> {
        let eni = self.user_eni(id)?;
        if let Some(instance) = eni.instance() {
            return Err(EniRefusal::Attached { eni: id.clone(), instance: instance.clone() }.into());
        }
        self.no_route_to_eni(&eni)?;
        self.leave_server_groups(&Key::Eni(id.clone()), |_| true);
        self.delete_eni(id);
        Ok(())
    }

    fn attach_eni(&mut self, it: &EniAttachment) -> Result<(), Refusal> {
        let eni = self.user_eni(&it.eni)?;
        let instance = self.own::<Instance>(&it.instance)?;
        if let Some(other) = eni.instance() {
            return Err(EniRefusal::Attached { eni: it.eni.clone(), instance: other.clone() }.into());
        }
        let primary = self.own::<Eni>(&instance.eni)?;
        if primary.vpc != eni.vpc {
            let (what, other) = (Key::Eni(it.eni.clone()), Key::Instance(it.instance.clone()));
            return Err(Refusal::VpcMismatch { what, other });
        }
        let zone = self.own::<VSwitch>(&eni.vswitch)?.zone.clone();
        if zone != instance.zone {
            return Err(EniRefusal::ZoneMismatch { eni: it.eni.clone(), zone }.into());
        }
        let device = self.free_device(&it.instance)?;
        self.give(&eni, EniOwner::Instance(it.instance.clone(), device));
        Ok(())
    }

    /// The lowest number that no interface of the instance has.
    fn free_device(&self, instance: &InstanceId) -> Result<u8, Refusal> {
        self.within(self.state().enis_of_instance(instance).count() + 1, Quota::EnisAnInstance)?;
        let is_free = |number: &u8| self.state().holder(&Claim::Device(instance.clone(), *number)).is_none();
        (1..=u8::MAX).find(is_free).ok_or(Refusal::NoFreeIndex("network interfaces of an instance"))
    }

    fn give(&mut self, eni: &Eni, owner: EniOwner) {
        let now = self.revision;
        self.edit(eni, |row| (row.owner, row.moved) = (owner, now));
    }

    fn detach_eni(&mut self, it: &EniAttachment) -> Result<(), Refusal> {
        let eni = self.user_eni(&it.eni)?;
        self.own::<Instance>(&it.instance)?;
        if eni.instance() != Some(&it.instance) {
            return Err(
                EniRefusal::NotOfInstance { eni: it.eni.clone(), instance: it.instance.clone() }.into()
            );
        }
        if eni.is_primary() {
            return Err(EniRefusal::Primary(it.eni.clone()).into());
        }
        self.give(&eni, EniOwner::Nobody);
        Ok(())
    }

    fn modify_eni(&mut self, it: &ModifyEni) -> Result<(), Refusal> {
        let eni = self.user_eni(&it.eni)?;
        if eni.is_primary() && it.delete_on_release == Some(false) {
            return Err(EniRefusal::Primary(it.eni.clone()).into());
        }
        if let Some(groups) = &it.security_groups {
            self.set_groups(&it.eni, groups)?;
        }
        if it.delete_on_release.is_some() || it.source_dest_check.is_some() {
            let eni = self.own::<Eni>(&it.eni)?;
            self.edit(eni.as_ref(), |row| {
                row.delete_on_release = it.delete_on_release.unwrap_or(row.delete_on_release);
                row.source_dest_check = it.source_dest_check.unwrap_or(row.source_dest_check);
            });
        }
        if it.relabel == Relabel::default() { Ok(()) } else { self.relabel::<Eni>(&it.eni, &it.relabel) }
    }

    fn assign_addresses(&mut self, it: &AssignAddresses) -> Result<Output, Refusal> {
        let eni = self.user_eni(&it.eni)?;
        if it.addresses.is_none() {
            return Err(Refusal::Empty("the list of addresses"));
        }
        let added = self.add_addresses(&eni, &it.addresses)?;
        self.room_in_groups(&eni.security_groups)?;
        Ok(Output::Addresses(it.eni.clone(), added.into_iter().map(IpAddr::from).collect()))
    }

    fn assign_ipv6(&mut self, it: &AssignIpv6) -> Result<Output, Refusal> {
        let eni = self.user_eni(&it.eni)?;
        if it.addresses.is_none() {
            return Err(Refusal::Empty("the list of addresses"));
        }
        let added = self.add_ipv6(&eni, &it.addresses)?;
        self.room_in_groups(&eni.security_groups)?;
        Ok(Output::Addresses(it.eni.clone(), added.into_iter().map(IpAddr::from).collect()))
    }

    fn unassign_ipv6(&mut self, it: &UnassignIpv6) -> Result<(), Refusal> {
        let eni = self.user_eni(&it.eni)?;
        if it.addresses.is_empty() {
            return Err(Refusal::Empty("the list of addresses"));
        }
        if let Some(address) = it.addresses.iter().find(|address| !eni.ipv6.contains_key(address)) {
            let address = (*address).into();
            return Err(EniRefusal::AddressNotAssigned { eni: it.eni.clone(), address }.into());
        }
        let gone = |target: &Target| target.ipv6().is_some_and(|address| it.addresses.contains(&address));
        self.leave_server_groups(&Key::Eni(it.eni.clone()), gone);
        if let Some(instance) = eni.instance().filter(|_| eni.is_primary()) {
            self.leave_server_groups(&Key::Instance(instance.clone()), gone);
        }
        self.edit(eni.as_ref(), |row| row.ipv6.retain(|address, _| !it.addresses.contains(address)));
        Ok(())
    }

    fn unassign_addresses(&mut self, it: &UnassignAddresses) -> Result<(), Refusal> {
        let eni = self.user_eni(&it.eni)?;
        if it.addresses.is_empty() {
            return Err(Refusal::Empty("the list of addresses"));
        }
        let unknown = it.addresses.iter().find(|address| !eni.secondary.contains(address));
        if let Some(address) = unknown {
            return Err(
                EniRefusal::AddressNotAssigned { eni: it.eni.clone(), address: (*address).into() }.into()
            );
        }
        self.edit(eni.as_ref(), |row| row.secondary.retain(|address| !it.addresses.contains(address)));
        for address in &it.addresses {
            self.rest(&eni, *address);
        }
        Ok(())
    }

    /// A new instance's interface besides its primary one.
    pub(super) fn add_interface(
        &mut self,
        instance: &InstanceId,
        interface: &MoreInterface,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Result<(), Refusal> {
        let eni = match interface {
            MoreInterface::Existing(id) => id.clone(),
            MoreInterface::New(new) if new.security_groups.is_empty() => {
                self.free_eni(&CreateEni { security_groups: groups.clone(), ..new.clone() })?
            }
            MoreInterface::New(new) => self.free_eni(new)?,
        };
        self.attach_eni(&EniAttachment { eni, instance: instance.clone() })
    }

    /// Interfaces of an instance that goes: the primary one and those that are to go with it go, others stay.
    pub(super) fn release_enis(&mut self, instance: &InstanceId) {
        let enis: Vec<Arc<Eni>> = self.state().enis_of_instance(instance).cloned().collect();
        for eni in enis {
            if eni.is_primary() || eni.delete_on_release {
                self.leave_server_groups(&Key::Eni(eni.id.clone()), |_| true);
                self.delete_eni(&eni.id);
            } else {
                self.give(&eni, EniOwner::Nobody);
            }
        }
    }

    fn move_instance(&mut self, it: &MoveInstance) -> Result<(), Refusal> {
        let instance = self.own::<Instance>(&it.instance)?;
        super::instance::in_power(&instance, Power::Stopped)?;
        let eni = self.own::<Eni>(&instance.eni)?;
        let vswitch = self.own::<VSwitch>(&it.vswitch)?;
        self.placed(&it.vswitch, it.vpc.as_ref().unwrap_or(&eni.vpc), &instance.zone)?;
        if self.state().enis_of_instance(&it.instance).count() > 1 {
            return Err(EniRefusal::InstanceHasMore(it.instance.clone()).into());
        }
        if !eni.secondary.is_empty() {
            return Err(EniRefusal::HasMoreAddresses(eni.id.clone()).into());
        }
        if !eni.ipv6.is_empty() {
            return Err(EniRefusal::HasIpv6(eni.id.clone()).into());
        }
        if vswitch.vpc != eni.vpc {
            self.unused::<Instance>(&it.instance, &[Kind::ServerGroup])?;
            self.unused::<Eni>(&eni.id, &[Kind::ServerGroup])?;
            self.no_route_to_instance(&instance)?;
        }
        let groups = if it.security_groups.is_empty() { &eni.security_groups } else { &it.security_groups };
        self.usable_groups(groups, &vswitch.vpc, Quota::GroupsAnEni)?;
        if it.address == Some(eni.address) && it.vswitch == eni.vswitch {
            return self.set_groups(&eni.id, groups);
        }
        let address = self.take_address(&it.vswitch, it.address)?;
        self.edit(eni.as_ref(), |row| {
            (row.vpc, row.vswitch) = (vswitch.vpc.clone(), vswitch.id.clone());
            (row.address, row.security_groups) = (address, groups.clone());
        });
        self.rest(&eni, eni.address);
        self.room_in_groups(groups.difference(&eni.security_groups))
    }
}
