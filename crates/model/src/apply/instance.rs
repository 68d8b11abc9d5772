//! Instances.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::alloc::NewEni;
use crate::command::Output;
use crate::command::eni::MoreAddresses;
use crate::command::instance::{DeleteInstances, ModifyInstance, MoreInterface, RunInstances, Switch};
use crate::draft::Draft;
use crate::id::{EniId, HostId, InstanceId, KeyPairId, SecurityGroupId};
use crate::instance::{Eni, EniOwner, HostName, Instance, Power};
use crate::meta::{Labels, Name, Relabel};
use crate::nlb::{Server, ServerGroup, Target};
use crate::quota::{INSTANCES_A_CALL, Quota};
use crate::refusal::{AddressRefusal, Refusal, TogetherRefusal};
use crate::tables::{Key, Kind};
use crate::vpc::VSwitch;

impl Draft {
    pub(super) fn run_instances(&mut self, it: &RunInstances) -> Result<Output, Refusal> {
        let vswitch = self.own::<VSwitch>(&it.vswitch)?;
        if let Some(zone) = &it.zone {
            self.placed(&it.vswitch, &vswitch.vpc, zone)?;
        }
        if !(1..=INSTANCES_A_CALL).contains(&it.amount) {
            return Err(TogetherRefusal::Amount(it.amount).into());
        }
        if it.amount > 1 && names_one(it) {
            return Err(Refusal::Address(AddressRefusal::ForSeveral));
        }
        if it.host_names.len() > 1 && it.host_names.len() != it.amount as usize {
            return Err(TogetherRefusal::HostNames { names: it.host_names.len(), amount: it.amount }.into());
        }
        let groups = if it.security_groups.is_empty() {
            BTreeSet::from([self.default_group(&vswitch.vpc)?])
        } else {
            it.security_groups.clone()
        };
        self.usable_groups(&groups, &vswitch.vpc, Quota::GroupsAnEni)?;
        let key_pair = it.key_pair.as_ref().map(|name| self.key_pair(name)).transpose()?;
        let key_pair = key_pair.map(|row| row.id.clone());
        let instances =
            (0..it.amount).map(|at| self.run_instance(it, at, &vswitch, &groups, key_pair.as_ref()));
        Ok(Output::Instances(instances.collect::<Result<_, _>>()?))
    }

    fn run_instance(
        &mut self,
        it: &RunInstances,
        at: u32,
        vswitch: &VSwitch,
        groups: &BTreeSet<SecurityGroupId>,
        key_pair: Option<&KeyPairId>,
    ) -> Result<InstanceId, Refusal> {
        let id = InstanceId::generate(&mut self.entropy);
        let host = self.pick_host()?;
        let eni = NewEni {
            more: it.more.clone(),
            ipv6: it.ipv6.clone(),
            security_groups: groups.clone(),
            source_dest_check: it.source_dest_check,
            ..NewEni::of(EniOwner::Instance(id.clone(), 0), it.address)
        };
        let eni = self.new_eni(&vswitch.id, eni)?;
        self.put(Instance {
            id: id.clone(),
            meta: self.meta(&labels_of(it, at)?)?,
            zone: vswitch.zone.clone(),
            eni,
            host,
            image: it.image.clone(),
            instance_type: it.instance_type.clone(),
            host_name: host_name_of(it, at, &id)?,
            user_data: it.user_data.clone(),
            key_pair: key_pair.cloned(),
            power: it.power,
            boot: u64::from(it.power == Power::Running),
            deletion_protection: it.deletion_protection,
            metadata: it.metadata,
            release_at: it.release_at,
        });
        for interface in &it.interfaces {
            self.add_interface(&id, interface, groups)?;
        }
        Ok(id)
    }

    fn pick_host(&mut self) -> Result<HostId, Refusal> {
        let settings = self.state().settings();
        let index = self.entropy.below(settings.hosts.len() as u64) as usize;
        settings.hosts.get(index).cloned().ok_or(Refusal::NoHost)
    }

    pub(super) fn switch_instances(&mut self, how: Switch, ids: &[InstanceId]) -> Result<Output, Refusal> {
        if ids.is_empty() {
            return Err(Refusal::Empty("the list of instances"));
        }
        for id in ids.iter().collect::<BTreeSet<_>>() {
            let instance = self.own::<Instance>(id)?;
            match how {
                Switch::Start => in_power(&instance, Power::Stopped)?,
                Switch::Stop | Switch::Reboot => in_power(&instance, Power::Running)?,
            }
            self.edit(instance.as_ref(), |row| match how {
                Switch::Stop => row.power = Power::Stopped,
                Switch::Start | Switch::Reboot => {
                    row.power = Power::Running;
                    row.boot += 1;
                }
            });
        }
        Ok(Output::Instances(ids.to_vec()))
    }

    pub(super) fn delete_instances(&mut self, it: &DeleteInstances) -> Result<(), Refusal> {
        if it.instances.is_empty() {
            return Err(Refusal::Empty("the list of instances"));
        }
        for id in it.instances.iter().collect::<BTreeSet<_>>() {
            let instance = self.own::<Instance>(id)?;
            if instance.deletion_protection {
                return Err(Refusal::DeletionProtected(Key::Instance(id.clone())));
            }
            if !it.force {
                in_power(&instance, Power::Stopped)?;
            }
            self.release_instance(&instance)?;
        }
        Ok(())
    }

    /// Deletes an instance whose time has come: it runs or not, protected or not. One that a route leads to stays until the
    /// route is gone.
    pub(super) fn release_when_due(&mut self, id: &InstanceId) -> Result<(), Refusal> {
        let Some(instance) = self.state().get::<Instance>(id).cloned() else { return Ok(()) };
        self.release_instance(&instance)
    }

    fn release_instance(&mut self, instance: &Instance) -> Result<(), Refusal> {
        self.no_route_to_instance(instance)?;
        self.leave_server_groups(&Key::Instance(instance.id.clone()), |_| true);
        self.release_enis(&instance.id);
        self.delete(Key::Instance(instance.id.clone()));
        Ok(())
    }

    /// A server that is gone is no server: its groups go on without it. Of what `key` is, these targets are gone.
    pub(super) fn leave_server_groups(&mut self, key: &Key, gone: impl Fn(&Target) -> bool) {
        let gone = |server: &Server| server.target.key().as_ref() == Some(key) && gone(&server.target);
        let groups: Vec<Key> = self.state().users(key, Kind::ServerGroup).cloned().collect();
        for group in groups {
            let Key::ServerGroup(id) = group else { continue };
            let Some(group) = self.state().get::<ServerGroup>(&id).cloned() else { continue };
            if group.servers.iter().any(gone) {
                self.edit(group.as_ref(), |row| row.servers.retain(|server| !gone(server)));
            }
        }
    }

    pub(super) fn modify_instance(&mut self, it: &ModifyInstance) -> Result<(), Refusal> {
        let instance = self.own::<Instance>(&it.instance)?;
        if let Some(groups) = &it.security_groups {
            self.set_groups(&instance.eni, groups)?;
        }
        if let Some(instance_type) = &it.instance_type {
            in_power(&instance, Power::Stopped)?;
            self.edit(instance.as_ref(), |row| row.instance_type = instance_type.clone());
        }
        if it.host_name.is_some() || it.deletion_protection.is_some() {
            self.edit_quietly(instance.as_ref(), |row| {
                row.host_name = it.host_name.clone().unwrap_or_else(|| row.host_name.clone());
                row.deletion_protection = it.deletion_protection.unwrap_or(row.deletion_protection);
            });
        }
        if it.relabel == Relabel::default() {
            Ok(())
        } else {
            self.relabel::<Instance>(&it.instance, &it.relabel)
        }
    }

    pub(super) fn set_groups(
        &mut self,
        eni: &EniId,
        groups: &BTreeSet<SecurityGroupId>,
    ) -> Result<(), Refusal> {
        let eni: Arc<Eni> = self.own::<Eni>(eni)?;
        if groups.is_empty() {
            return Err(Refusal::LastSecurityGroup(self.state().known_as(&Key::Eni(eni.id.clone()))));
        }
        self.usable_groups(groups, &eni.vpc, Quota::GroupsAnEni)?;
        self.edit(eni.as_ref(), |row| row.security_groups = groups.clone());
        self.room_in_groups(groups.difference(&eni.security_groups))
    }
}

/// What the name of one of several ends with, when they are numbered.
fn number(it: &RunInstances, at: u32) -> Option<String> {
    (it.numbered && it.amount > 1).then(|| format!("{:03}", at + 1))
}

fn labels_of(it: &RunInstances, at: u32) -> Result<Labels, Refusal> {
    let mut labels = it.labels.clone();
    if let Some(number) = number(it, at).filter(|_| !labels.name.as_str().is_empty()) {
        labels.name =
            Name::parse(&format!("{}{number}", labels.name)).map_err(|_| TogetherRefusal::NumberedName)?;
    }
    Ok(labels)
}

fn host_name_of(it: &RunInstances, at: u32, id: &InstanceId) -> Result<HostName, Refusal> {
    match (it.host_names.as_slice(), number(it, at)) {
        ([], _) => Ok(HostName::of(id)),
        ([one], Some(number)) => HostName::parse(&format!("{}{number}", one.as_str()))
            .map_err(|_| TogetherRefusal::NumberedHostName.into()),
        ([one], None) => Ok(one.clone()),
        (each, _) => Ok(each.get(at as usize).cloned().unwrap_or_else(|| HostName::of(id))),
    }
}

/// Whether the command names something that only one instance can have.
fn names_one(it: &RunInstances) -> bool {
    let one = |interface: &MoreInterface| match interface {
        MoreInterface::Existing(_) => true,
        MoreInterface::New(new) => {
            new.address.is_some()
                || matches!(new.more, MoreAddresses::These(_))
                || matches!(new.ipv6, MoreAddresses::These(_))
        }
    };
    it.address.is_some() || matches!(it.ipv6, MoreAddresses::These(_)) || it.interfaces.iter().any(one)
}

pub(super) fn in_power(instance: &Instance, power: Power) -> Result<(), Refusal> {
    if instance.power == power {
        return Ok(());
    }
    let running = instance.power == Power::Running;
    Err(Refusal::WrongPower { instance: Key::Instance(instance.id.clone()), running })
}
