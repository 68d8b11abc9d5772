//! Settings, accounts, access keys, tags, and forgetting what is old.

use std::collections::BTreeMap;

use crate::account::{AccessKey, AccessKeyId, Account};
use crate::apply::load_balancer::in_range;
use crate::command::Output;
use crate::command::system::{
    Access, AccessKeyFate, CreateAccessKey, CreateAccount, SetLimit, Tagging, Untagging,
};
use crate::draft::Draft;
use crate::id::{AccountId, Revision};
use crate::meta::Meta;
use crate::records::{Released, Settings};
use crate::refusal::Refusal;
use crate::tables::{Key, Row};

/// Most rows that one commit forgets, so that it stays short.
const PURGE_BATCH: usize = 1000;

impl Draft {
    pub(super) fn configure(&mut self, it: &Settings) -> Result<(), Refusal> {
        let tables = self.state().tables();
        if let Some(row) = tables.instances.values().find(|row| !it.hosts.contains(&row.host)) {
            return Err(Refusal::HostInUse(row.host.clone()));
        }
        if let Some(row) = tables.vswitches.values().find(|row| !it.zones.contains(&row.zone)) {
            return Err(Refusal::ZoneInUse(row.zone.clone()));
        }
        self.put(it.clone());
        Ok(())
    }

    pub(super) fn create_account(&mut self, it: &CreateAccount) -> Result<Output, Refusal> {
        let id = it.id.unwrap_or_else(|| AccountId::generate(&mut self.entropy));
        if self.state().get::<Account>(&id).is_some() {
            return Err(Refusal::Exists(Key::Account(id)));
        }
        let resource_group = self.new_default_group(id);
        self.put(Account {
            id,
            name: it.name.clone(),
            active: true,
            resource_group,
            limits: BTreeMap::new(),
            created: self.now,
        });
        Ok(Output::Account(id))
    }

    pub(super) fn change_access(&mut self, it: &Access) -> Result<(), Refusal> {
        match it {
            Access::Account(id, active) => self.switch_account(*id, *active),
            Access::Limit(it) => self.set_limit(it),
            Access::Key(id, fate) => self.change_access_key(id, *fate),
        }
    }

    fn switch_account(&mut self, id: AccountId, active: bool) -> Result<(), Refusal> {
        let row = self.state().get::<Account>(&id).ok_or(Refusal::NotFound(Key::Account(id)))?;
        let row = Account { active, ..row.as_ref().clone() };
        self.put(row);
        Ok(())
    }

    fn set_limit(&mut self, it: &SetLimit) -> Result<(), Refusal> {
        let row =
            self.state().get::<Account>(&it.account).ok_or(Refusal::NotFound(Key::Account(it.account)))?;
        let mut row = row.as_ref().clone();
        match it.limit {
            Some(limit) => {
                in_range("limit", limit.into(), 0, it.quota.most().into())?;
                row.limits.insert(it.quota, limit);
            }
            None => drop(row.limits.remove(&it.quota)),
        }
        self.put(row);
        Ok(())
    }

    pub(super) fn create_access_key(&mut self, it: &CreateAccessKey) -> Result<(), Refusal> {
        if self.state().get::<Account>(&it.account).is_none() {
            return Err(Refusal::NotFound(Key::Account(it.account)));
        }
        if self.state().get::<AccessKey>(&it.id).is_some() {
            return Err(Refusal::Exists(Key::AccessKey(it.id.clone())));
        }
        let (id, account, secret) = (it.id.clone(), it.account, it.secret.clone());
        self.put(AccessKey { id, account, secret, active: true, created: self.now });
        Ok(())
    }

    fn change_access_key(&mut self, id: &AccessKeyId, fate: AccessKeyFate) -> Result<(), Refusal> {
        let row = self.state().get::<AccessKey>(id).cloned();
        let row = row.ok_or_else(|| Refusal::NotFound(Key::AccessKey(id.clone())))?;
        match fate {
            AccessKeyFate::Active => self.put(AccessKey { active: true, ..row.as_ref().clone() }),
            AccessKeyFate::Inactive => self.put(AccessKey { active: false, ..row.as_ref().clone() }),
            AccessKeyFate::Deleted => self.delete(Key::AccessKey(id.clone())),
        }
        Ok(())
    }

    /// An address is forgotten only when every host has seen that it was given up.
    pub(super) fn purge(&mut self, observed: Revision) -> Result<(), Refusal> {
        let unseen = |key: &Key| {
            let Key::Released(key) = key else { return false };
            self.state().get::<Released>(key).is_some_and(|row| row.revision > observed)
        };
        let due = self.state().relations().expiries().take_while(|(at, _)| *at <= self.now);
        let old: Vec<Key> =
            due.map(|(_, key)| key).filter(|key| !unseen(key)).take(PURGE_BATCH).cloned().collect();
        for key in old {
            match key {
                // Refused while a route leads to it: tried again the next time.
                Key::Instance(id) => drop(self.release_when_due(&id)),
                key => self.delete(key),
            }
        }
        Ok(())
    }

    fn own_row(&self, key: &Key) -> Result<Row, Refusal> {
        let row = self.state().tables().row(key);
        let mine = row.filter(|row| row.meta().is_some_and(|meta| meta.owner == self.account));
        mine.ok_or_else(|| Refusal::NotFound(key.clone()))
    }

    pub(super) fn change_meta(&mut self, key: &Key, change: impl FnOnce(&mut Meta)) -> Result<(), Refusal> {
        let row = self.own_row(key)?.with_meta(change);
        self.put_row(row.ok_or_else(|| Refusal::NotFound(key.clone()))?);
        Ok(())
    }

    pub(super) fn tag(&mut self, it: &Tagging) -> Result<(), Refusal> {
        for key in &it.resources {
            let mut tags = self.own_row(key)?.meta().map(|meta| meta.tags.clone()).unwrap_or_default();
            tags.extend(it.tags.clone());
            self.check_tags(&tags)?;
            self.change_meta(key, |meta| meta.tags = tags)?;
        }
        Ok(())
    }

    pub(super) fn untag(&mut self, it: &Untagging) -> Result<(), Refusal> {
        for key in &it.resources {
            self.change_meta(key, |meta| match &it.keys {
                Some(keys) => meta.tags.retain(|key, _| !keys.contains(key)),
                None => meta.tags.clear(),
            })?;
        }
        Ok(())
    }
}
