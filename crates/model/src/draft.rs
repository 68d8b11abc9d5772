//! A change in the making: a copy of the state that a command works on, and what differs from the original.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::Env;
use crate::entropy::Entropy;
use crate::id::{AccountId, JobId, Revision, Timestamp};
use crate::meta::{Labels, Meta, Relabel, Tags, legal_tag};
use crate::quota::Quota;
use crate::records::Job;
use crate::refusal::Refusal;
use crate::relations::key_of;
use crate::resource_group::ResourceGroup;
use crate::state::State;
use crate::tables::{Change, Key, Kind, Op, Record, Resource, Row};

pub(crate) struct Draft {
    state: State,
    ops: BTreeMap<Key, Op>,
    pub(crate) account: AccountId,
    /// As which role of the account.
    pub(crate) role: Option<String>,
    pub(crate) now: Timestamp,
    pub(crate) revision: Revision,
    pub(crate) entropy: Entropy,
}

impl Draft {
    pub(crate) fn new(state: &State, env: &Env) -> Self {
        Self {
            state: state.clone(),
            ops: BTreeMap::new(),
            account: env.account,
            role: env.role.clone(),
            now: env.now,
            revision: Revision(state.revision().0.saturating_add(1)),
            entropy: Entropy::new(env.seed),
        }
    }

    /// The state as it is so far.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn finish(self) -> Change {
        Change { revision: self.revision, ops: self.ops.into_values().collect() }
    }

    pub(crate) fn put<T: Record>(&mut self, row: T) {
        self.put_row(row.into_row());
    }

    pub(crate) fn put_row(&mut self, row: Row) {
        self.state.put(row.clone());
        self.ops.insert(row.key(), Op::Put(row));
    }

    pub(crate) fn delete(&mut self, key: Key) {
        self.state.delete(&key);
        self.ops.insert(key.clone(), Op::Delete(key));
    }

    /// The caller's own resource.
    pub(crate) fn own<T: Resource>(&self, id: &T::Key) -> Result<Arc<T>, Refusal> {
        self.state.owned::<T>(self.account, id).cloned()
    }

    /// Changes a resource in a way that hosts follow.
    pub(crate) fn edit<T: Resource>(&mut self, row: &T, change: impl FnOnce(&mut T)) {
        let mut row = row.clone();
        change(&mut row);
        row.meta_mut().changed = self.revision;
        self.put(row);
    }

    /// Changes a resource in a way that its own status does not show.
    pub(crate) fn edit_quietly<T: Resource>(&mut self, row: &T, change: impl FnOnce(&mut T)) {
        let mut row = row.clone();
        change(&mut row);
        self.put(row);
    }

    pub(crate) fn relabel<T: Resource>(&mut self, id: &T::Key, relabel: &Relabel) -> Result<(), Refusal> {
        let row = self.own::<T>(id)?;
        self.edit_quietly(row.as_ref(), |row| {
            let meta = row.meta_mut();
            meta.name = relabel.name.clone().unwrap_or_else(|| meta.name.clone());
            meta.description = relabel.description.clone().unwrap_or_else(|| meta.description.clone());
        });
        Ok(())
    }

    pub(crate) fn meta(&self, labels: &Labels) -> Result<Meta, Refusal> {
        self.check_tags(&labels.tags)?;
        let resource_group = match &labels.resource_group {
            Some(id) => self.own::<ResourceGroup>(id)?.id.clone(),
            None => self.default_resource_group()?,
        };
        Ok(Meta {
            owner: self.account,
            name: labels.name.clone(),
            description: labels.description.clone(),
            created: self.now,
            resource_group,
            tags: labels.tags.clone(),
            born: self.revision,
            changed: self.revision,
        })
    }

    pub(crate) fn job(&mut self) -> JobId {
        let id = JobId::random(&mut self.entropy);
        self.put(Job { id: id.clone(), owner: self.account, created: self.now, born: self.revision });
        id
    }

    /// Refuses when the account's limit is passed.
    pub(crate) fn within(&self, count: usize, quota: Quota) -> Result<(), Refusal> {
        let limit = self.state.limit(self.account, quota);
        if count > limit as usize { Err(Refusal::QuotaExceeded { quota, limit }) } else { Ok(()) }
    }

    /// Refuses tags that break the rules, or are too many.
    pub(crate) fn check_tags(&self, tags: &Tags) -> Result<(), Refusal> {
        self.within(tags.len(), Quota::TagsAResource)?;
        for (key, value) in tags {
            legal_tag(key, value)?;
        }
        Ok(())
    }

    /// Room for `more` rows of a kind that refer to `key`.
    pub(crate) fn room(&self, key: &Key, kind: Kind, more: usize, quota: Quota) -> Result<(), Refusal> {
        self.within(self.state.count_users(key, kind) + more, quota)
    }

    /// Room for one more resource of the account.
    pub(crate) fn room_in_account(&self, kind: Kind, quota: Quota) -> Result<(), Refusal> {
        self.room(&Key::Account(self.account), kind, 1, quota)
    }

    /// Refuses while rows of these kinds need the resource.
    pub(crate) fn unused<T: Resource>(&self, id: &T::Key, kinds: &[Kind]) -> Result<(), Refusal> {
        let what = key_of::<T>(id);
        let by = kinds.iter().find_map(|kind| self.state.users(&what, *kind).next());
        match by {
            Some(by) => Err(Refusal::InUse { by: self.state.known_as(by), what }),
            None => Ok(()),
        }
    }
}
