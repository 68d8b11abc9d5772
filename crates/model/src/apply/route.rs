//! Route tables and their entries.

use std::sync::Arc;

use ipnet::Ipv4Net;

use super::done;
use crate::command::Output;
use crate::command::route::{
    CreateRouteEntry, CreateRouteTable, RouteCommand, RouteSelector, TableOfVSwitch,
};
use crate::draft::Draft;
use crate::id::{ResourceGroupId, RouteEntryId, RouteTableId, VpcId};
use crate::instance::{Eni, Instance};
use crate::meta::Labels;
use crate::quota::Quota;
use crate::refusal::{EniRefusal, Refusal, VpcRefusal};
use crate::relations::Claim;
use crate::route::{NextHop, RouteEntry, RouteTable, is_destination};
use crate::tables::{Key, Kind};
use crate::vpc::{VSwitch, Vpc};

impl Draft {
    pub(super) fn run_route(&mut self, command: &RouteCommand) -> Result<Output, Refusal> {
        match command {
            RouteCommand::CreateTable(it) => self.create_route_table(it),
            RouteCommand::ModifyTable(it) => done(self.relabel::<RouteTable>(&it.table, &it.relabel)),
            RouteCommand::DeleteTable(id) => done(self.delete_route_table(id)),
            RouteCommand::Associate(it) => done(self.associate_table(it)),
            RouteCommand::Unassociate(it) => done(self.unassociate_table(it)),
            RouteCommand::CreateEntry(it) => self.create_route_entry(it),
            RouteCommand::DeleteEntry(it) => done(self.delete_route_entry(it)),
        }
    }

    fn create_route_table(&mut self, it: &CreateRouteTable) -> Result<Output, Refusal> {
        let vpc = self.own::<Vpc>(&it.vpc)?;
        self.room(&Key::Vpc(it.vpc.clone()), Kind::RouteTable, 1, Quota::RouteTablesAVpc)?;
        self.new_route_table(&it.labels, &it.vpc, &vpc.meta.resource_group, false).map(Output::RouteTable)
    }

    pub(super) fn new_route_table(
        &mut self,
        labels: &Labels,
        vpc: &VpcId,
        group: &ResourceGroupId,
        system: bool,
    ) -> Result<RouteTableId, Refusal> {
        let id = RouteTableId::generate(&mut self.entropy);
        let meta = self.meta(&labels.clone().within(group))?;
        let index = self.dense()?;
        let entries = std::collections::BTreeMap::new();
        self.put(RouteTable { id: id.clone(), meta, vpc: vpc.clone(), index, system, entries });
        Ok(id)
    }

    fn delete_route_table(&mut self, id: &RouteTableId) -> Result<(), Refusal> {
        let table = self.own::<RouteTable>(id)?;
        if table.system {
            return Err(VpcRefusal::SystemTable(id.clone()).into());
        }
        if !table.entries.is_empty() {
            return Err(VpcRefusal::TableHasEntries(id.clone()).into());
        }
        self.unused::<RouteTable>(id, &[Kind::VSwitch])?;
        self.delete(Key::RouteTable(id.clone()));
        Ok(())
    }

    fn associate_table(&mut self, it: &TableOfVSwitch) -> Result<(), Refusal> {
        let (table, vswitch) = (self.own::<RouteTable>(&it.table)?, self.own::<VSwitch>(&it.vswitch)?);
        if table.system {
            return Err(VpcRefusal::SystemTableAssociated(it.table.clone()).into());
        }
        if table.vpc != vswitch.vpc {
            let (what, other) = (Key::RouteTable(it.table.clone()), Key::VSwitch(it.vswitch.clone()));
            return Err(Refusal::VpcMismatch { what, other });
        }
        if let Some(table) = &vswitch.route_table {
            let (table, vswitch) = (table.clone(), it.vswitch.clone());
            return Err(VpcRefusal::TableAssociated { table, vswitch }.into());
        }
        self.edit(vswitch.as_ref(), |row| row.route_table = Some(it.table.clone()));
        Ok(())
    }

    fn unassociate_table(&mut self, it: &TableOfVSwitch) -> Result<(), Refusal> {
        let (table, vswitch) = (self.own::<RouteTable>(&it.table)?, self.own::<VSwitch>(&it.vswitch)?);
        if table.system {
            return Err(VpcRefusal::SystemTableUnassociated(it.table.clone()).into());
        }
        if vswitch.route_table.as_ref() != Some(&it.table) {
            let (table, vswitch) = (it.table.clone(), it.vswitch.clone());
            return Err(VpcRefusal::TableNotAssociated { table, vswitch }.into());
        }
        self.edit(vswitch.as_ref(), |row| row.route_table = None);
        Ok(())
    }

    fn create_route_entry(&mut self, it: &CreateRouteEntry) -> Result<Output, Refusal> {
        let table = self.own::<RouteTable>(&it.table)?;
        self.within(table.entries.len() + 1, Quota::EntriesARouteTable)?;
        self.destination_fits(&table, &it.destination)?;
        self.next_hop_fits(&table, &it.next_hop)?;
        let id = RouteEntryId::generate(&mut self.entropy);
        let entry = RouteEntry {
            id: id.clone(),
            name: it.name.clone(),
            description: it.description.clone(),
            next_hop: it.next_hop.clone(),
            created: self.now,
            born: self.revision,
        };
        self.edit(table.as_ref(), |row| drop(row.entries.insert(it.destination, entry)));
        Ok(Output::RouteEntry(id))
    }

    fn destination_fits(&self, table: &RouteTable, destination: &Ipv4Net) -> Result<(), Refusal> {
        let destination = *destination;
        if destination != destination.trunc() || !is_destination(&destination) {
            return Err(VpcRefusal::Destination(destination).into());
        }
        if table.entries.contains_key(&destination) {
            return Err(VpcRefusal::RouteExists(destination).into());
        }
        let mut vswitches = self.state().vswitches_of(&table.vpc);
        match vswitches.find(|vswitch| vswitch.cidr.net().contains(&destination)) {
            Some(vswitch) => {
                let vswitch = vswitch.id.clone();
                Err(VpcRefusal::RouteInVSwitch { destination, vswitch }.into())
            }
            None => Ok(()),
        }
    }

    /// An interface of the caller in the table's VPC.
    fn next_hop_fits(&self, table: &RouteTable, next_hop: &NextHop) -> Result<(), Refusal> {
        let (key, eni) = match next_hop {
            NextHop::Instance(id) => {
                let eni = self.own::<Instance>(id).and_then(|instance| self.own::<Eni>(&instance.eni));
                (Key::Instance(id.clone()), eni)
            }
            NextHop::Eni(id) => (Key::Eni(id.clone()), self.own::<Eni>(id)),
        };
        let Ok(eni) = eni else { return Err(VpcRefusal::NextHopNotFound(key).into()) };
        if eni.is_managed() {
            return Err(VpcRefusal::NextHopManaged(key).into());
        }
        if eni.vpc != table.vpc {
            return Err(VpcRefusal::NextHopElsewhere(key).into());
        }
        Ok(())
    }

    fn delete_route_entry(&mut self, it: &RouteSelector) -> Result<(), Refusal> {
        let (table, destination) = self.selected(it)?;
        self.edit(table.as_ref(), |row| drop(row.entries.remove(&destination)));
        Ok(())
    }

    fn selected(&self, it: &RouteSelector) -> Result<(Arc<RouteTable>, Ipv4Net), Refusal> {
        let found = match it {
            RouteSelector::Id(id) => {
                let holder = self.state().holder(&Claim::RouteEntry(id.clone()));
                let table = holder.and_then(|key| {
                    let Key::RouteTable(table) = key else { return None };
                    self.own::<RouteTable>(table).ok()
                });
                table.and_then(|table| {
                    let destination = *table.entries.iter().find(|(_, entry)| entry.id == *id)?.0;
                    Some((table, destination))
                })
            }
            RouteSelector::Destination(table, destination, next_hop) => {
                let table = self.own::<RouteTable>(table)?;
                let fits = table.entries.get(destination).is_some_and(|entry| {
                    next_hop.as_ref().is_none_or(|next_hop| next_hop == entry.next_hop.id())
                });
                fits.then_some((table, *destination))
            }
        };
        found.ok_or(Refusal::Vpc(VpcRefusal::RouteNotFound))
    }

    /// Refuses while a route leads to the instance or one of its interfaces that would go with it.
    pub(super) fn no_route_to_instance(&self, instance: &Instance) -> Result<(), Refusal> {
        self.unused::<Instance>(&instance.id, &[Kind::RouteTable])?;
        let mut enis = self.state().enis_of_instance(&instance.id);
        enis.try_for_each(|eni| self.no_route_to_eni(eni))
    }

    /// Refuses while a route leads to the interface.
    pub(super) fn no_route_to_eni(&self, eni: &Eni) -> Result<(), Refusal> {
        let key = Key::Eni(eni.id.clone());
        match self.state().users(&key, Kind::RouteTable).next() {
            Some(Key::RouteTable(table)) => {
                Err(EniRefusal::NextHop { eni: eni.id.clone(), table: table.clone() }.into())
            }
            Some(_) | None => Ok(()),
        }
    }
}
