//! Key pairs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::apply::done;
use crate::command::Output;
use crate::command::key_pair::{CreateKeyPair, KeyPairCommand as C, KeyPairOfInstances};
use crate::draft::Draft;
use crate::id::KeyPairId;
use crate::instance::Instance;
use crate::key_pair::KeyPair;
use crate::meta::Name;
use crate::quota::Quota;
use crate::refusal::{KeyPairRefusal, Refusal};
use crate::tables::{Key, Kind};

impl Draft {
    pub(super) fn run_key_pair(&mut self, command: &C) -> Result<Output, Refusal> {
        match command {
            C::Create(it) => self.create_key_pair(it),
            C::Delete(names) => done(self.delete_key_pairs(names)),
            C::Attach(it) => self.attach_key_pair(it).map(|()| of_instances(it)),
            C::Detach(it) => self.detach_key_pair(it).map(|()| of_instances(it)),
        }
    }

    fn create_key_pair(&mut self, it: &CreateKeyPair) -> Result<Output, Refusal> {
        let name = &it.labels.name;
        if name.as_str().is_empty() {
            return Err(KeyPairRefusal::NoName.into());
        }
        if self.state().key_pair(self.account, name).is_some() {
            return Err(KeyPairRefusal::Exists(name.clone()).into());
        }
        self.room_in_account(Kind::KeyPair, Quota::KeyPairsAnAccount)?;
        let id = KeyPairId::generate(&mut self.entropy);
        let meta = self.meta(&it.labels)?;
        self.put(KeyPair { id: id.clone(), meta, public_key: it.public_key.clone() });
        Ok(Output::KeyPair(id, it.private_key.clone()))
    }

    /// The caller's key pair of this name.
    pub(super) fn key_pair(&self, name: &Name) -> Result<Arc<KeyPair>, Refusal> {
        let found = self.state().key_pair(self.account, name).cloned();
        found.ok_or_else(|| KeyPairRefusal::NotFound(name.clone()).into())
    }

    fn delete_key_pairs(&mut self, names: &[Name]) -> Result<(), Refusal> {
        if names.is_empty() {
            return Err(Refusal::Empty("the list of key pairs"));
        }
        for name in names.iter().collect::<BTreeSet<_>>() {
            let key = Key::KeyPair(self.key_pair(name)?.id.clone());
            if let Some(Key::Instance(instance)) = self.state().users(&key, Kind::Instance).next() {
                let in_use = KeyPairRefusal::InUse { key_pair: name.clone(), instance: instance.clone() };
                return Err(in_use.into());
            }
            self.delete(key);
        }
        Ok(())
    }

    fn attach_key_pair(&mut self, it: &KeyPairOfInstances) -> Result<(), Refusal> {
        let id = self.key_pair(&it.key_pair)?.id.clone();
        for instance in self.instances_of(it)? {
            self.edit(instance.as_ref(), |row| row.key_pair = Some(id.clone()));
        }
        Ok(())
    }

    fn detach_key_pair(&mut self, it: &KeyPairOfInstances) -> Result<(), Refusal> {
        let id = self.key_pair(&it.key_pair)?.id.clone();
        for instance in self.instances_of(it)? {
            if instance.key_pair.as_ref() != Some(&id) {
                let (key_pair, instance) = (it.key_pair.clone(), instance.id.clone());
                return Err(KeyPairRefusal::NotOfInstance { key_pair, instance }.into());
            }
            self.edit(instance.as_ref(), |row| row.key_pair = None);
        }
        Ok(())
    }

    fn instances_of(&self, it: &KeyPairOfInstances) -> Result<Vec<Arc<Instance>>, Refusal> {
        if it.instances.is_empty() {
            return Err(Refusal::Empty("the list of instances"));
        }
        let distinct: BTreeSet<_> = it.instances.iter().collect();
        distinct.into_iter().map(|id| self.own::<Instance>(id)).collect()
    }
}

fn of_instances(it: &KeyPairOfInstances) -> Output {
    Output::KeyPairOf(it.key_pair.clone(), it.instances.clone())
}
