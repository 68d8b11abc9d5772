//! Resource groups, and what lies in them.

use std::sync::Arc;

use crate::account::Account;
use crate::command::Output;
use crate::command::resource_group::{CreateResourceGroup, ResourceGroupCommand};
use crate::draft::Draft;
use crate::id::{AccountId, ResourceGroupId, VpcId};
use crate::meta::{Description, Meta, Name, Tags};
use crate::quota::Quota;
use crate::refusal::Refusal;
use crate::relations::Claim;
use crate::resource_group::{DisplayName, GroupName, ResourceGroup};
use crate::tables::{Key, Kind};

impl Draft {
    pub(super) fn run_resource_group(&mut self, command: &ResourceGroupCommand) -> Result<Output, Refusal> {
        match command {
            ResourceGroupCommand::Create(it) => self.create_resource_group(it),
            ResourceGroupCommand::Rename(id, name) => self.rename_resource_group(id, name),
            ResourceGroupCommand::Delete(id) => self.delete_resource_group(id),
            ResourceGroupCommand::Move(key, group) => self.move_resource_group(key, group),
        }
    }

    fn create_resource_group(&mut self, it: &CreateResourceGroup) -> Result<Output, Refusal> {
        self.check_tags(&it.tags)?;
        if let Some(key) = self.state().holder(&Claim::ResourceGroup(self.account, it.name.clone())) {
            return Err(Refusal::Exists(key.clone()));
        }
        self.room_in_account(Kind::ResourceGroup, Quota::ResourceGroupsAnAccount)?;
        let (name, display_name) = (it.name.clone(), it.display_name.clone());
        Ok(Output::ResourceGroup(self.new_resource_group(self.account, name, display_name, it.tags.clone())))
    }

    pub(super) fn new_default_group(&mut self, owner: AccountId) -> ResourceGroupId {
        let (name, display_name) = (GroupName::of_default(), DisplayName::of_default());
        self.new_resource_group(owner, name, display_name, Tags::new()).id.clone()
    }

    fn new_resource_group(
        &mut self,
        owner: AccountId,
        name: GroupName,
        display_name: DisplayName,
        tags: Tags,
    ) -> Arc<ResourceGroup> {
        let id = ResourceGroupId::generate(&mut self.entropy);
        let meta = Meta {
            owner,
            name: Name::default(),
            description: Description::default(),
            created: self.now,
            resource_group: id.clone(),
            tags,
            born: self.revision,
            changed: self.revision,
        };
        let row = ResourceGroup { id, meta, name, display_name };
        self.put(row.clone());
        Arc::new(row)
    }

    fn rename_resource_group(&mut self, id: &ResourceGroupId, name: &DisplayName) -> Result<Output, Refusal> {
        let row =
            ResourceGroup { display_name: name.clone(), ..self.own::<ResourceGroup>(id)?.as_ref().clone() };
        self.put(row.clone());
        Ok(Output::ResourceGroup(Arc::new(row)))
    }

    fn delete_resource_group(&mut self, id: &ResourceGroupId) -> Result<Output, Refusal> {
        let row = self.own::<ResourceGroup>(id)?;
        if self.default_resource_group()? == *id {
            return Err(Refusal::DefaultResourceGroup(id.clone()));
        }
        self.unused::<ResourceGroup>(id, Kind::ALL)?;
        self.delete(Key::ResourceGroup(id.clone()));
        Ok(Output::ResourceGroup(row))
    }

    /// The group of resources that name none.
    pub(crate) fn default_resource_group(&self) -> Result<ResourceGroupId, Refusal> {
        let account = self.state().get::<Account>(&self.account);
        let account = account.ok_or(Refusal::NotFound(Key::Account(self.account)))?;
        Ok(account.resource_group.clone())
    }

    /// What a VPC is divided into moves with it.
    fn move_resource_group(&mut self, key: &Key, group: &ResourceGroupId) -> Result<Output, Refusal> {
        self.own::<ResourceGroup>(group)?;
        self.change_meta(key, |meta| meta.resource_group = group.clone())?;
        if let Key::Vpc(vpc) = key {
            for part in self.parts_of(vpc) {
                self.change_meta(&part, |meta| meta.resource_group = group.clone())?;
            }
        }
        Ok(Output::Moved(key.clone()))
    }

    fn parts_of(&self, vpc: &VpcId) -> Vec<Key> {
        let key = Key::Vpc(vpc.clone());
        let parts = [Kind::VSwitch, Kind::RouteTable];
        parts.iter().flat_map(|kind| self.state().users(&key, *kind)).cloned().collect()
    }
}
