//! Prefix lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use crate::apply::done;
use crate::command::Output;
use crate::command::prefix_list::{CreatePrefixList, ModifyPrefixList, PrefixListCommand as C};
use crate::draft::Draft;
use crate::id::PrefixListId;
use crate::meta::Description;
use crate::net::Family;
use crate::prefix_list::PrefixList;
use crate::quota::Quota;
use crate::refusal::{PrefixListRefusal, Refusal};
use crate::security::{Peer, RuleProtocol, RuleSpec, SecurityGroup};
use crate::tables::{Key, Kind};

impl Draft {
    pub(super) fn run_prefix_list(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Create(it) => self.create_prefix_list(it),
            C::Modify(it) => done(self.modify_prefix_list(it)),
            C::Delete(id) => done(self.delete_prefix_list(id)),
        }
    }

    fn create_prefix_list(&mut self, it: &CreatePrefixList) -> Result<Output, Refusal> {
        if !PrefixList::SIZES.contains(&it.max_entries) {
            let (low, high) = (u64::from(*PrefixList::SIZES.start()), u64::from(*PrefixList::SIZES.end()));
            let value = it.max_entries.into();
            return Err(Refusal::OutOfRange { field: "MaxEntries", value, low, high });
        }
        fits(it.family, it.max_entries, &it.entries)?;
        self.room_in_account(Kind::PrefixList, Quota::PrefixListsAnAccount)?;
        let id = PrefixListId::generate(&mut self.entropy);
        let meta = self.meta(&it.labels)?;
        let (family, max_entries, entries) = (it.family, it.max_entries, it.entries.clone());
        self.put(PrefixList { id: id.clone(), meta, family, max_entries, entries });
        Ok(Output::PrefixList(id))
    }

    fn modify_prefix_list(&mut self, it: &ModifyPrefixList) -> Result<(), Refusal> {
        let row = self.own::<PrefixList>(&it.list)?;
        let mut entries = row.entries.clone();
        for range in &it.remove {
            entries.remove(range).ok_or(PrefixListRefusal::EntryNotFound(*range))?;
        }
        entries.extend(it.add.clone());
        fits(row.family, row.max_entries, &entries)?;
        if entries != row.entries {
            self.edit(row.as_ref(), |row| row.entries = entries);
        }
        self.relabel::<PrefixList>(&it.list, &it.relabel)
    }

    fn delete_prefix_list(&mut self, id: &PrefixListId) -> Result<(), Refusal> {
        self.own::<PrefixList>(id)?;
        self.unused::<PrefixList>(id, &[Kind::SecurityGroup])?;
        self.delete(Key::PrefixList(id.clone()));
        Ok(())
    }

    /// The caller's list that a rule names, if the rule is of its family.
    pub(super) fn list_of(&self, spec: &RuleSpec, id: &PrefixListId) -> Result<Arc<PrefixList>, Refusal> {
        let list = self.own::<PrefixList>(id)?;
        let protocol = match spec.protocol {
            RuleProtocol::Icmp => Some(Family::Ipv4),
            RuleProtocol::Icmpv6 => Some(Family::Ipv6),
            RuleProtocol::All | RuleProtocol::Tcp | RuleProtocol::Udp | RuleProtocol::Gre => None,
        };
        let mut families = protocol.into_iter().chain(spec.own.map(family_of));
        if families.all(|family| family == list.family) {
            Ok(list)
        } else {
            Err(PrefixListRefusal::RuleOfOtherFamily(id.clone()).into())
        }
    }

    /// How many rules a group's count for: one that names a list, for as many as that has room for.
    pub(super) fn weight(&self, group: &SecurityGroup) -> usize {
        let weight = |peer: &Peer| match peer {
            Peer::PrefixList(id) => {
                self.state().get::<PrefixList>(id).map_or(0, |list| list.max_entries as usize)
            }
            Peer::Cidr(_) | Peer::Ipv6Cidr(_) | Peer::Group(_) => 1,
        };
        group.rules.values().map(|rule| weight(&rule.spec.peer)).sum()
    }
}

fn family_of(range: IpNet) -> Family {
    Family::of(range.addr())
}

fn fits(family: Family, max: u32, entries: &BTreeMap<IpNet, Description>) -> Result<(), Refusal> {
    if let Some(range) = entries.keys().find(|range| family_of(**range) != family) {
        return Err(PrefixListRefusal::OtherFamily(*range).into());
    }
    let asked = entries.len();
    if asked <= max as usize { Ok(()) } else { Err(PrefixListRefusal::Full { asked, max }.into()) }
}
