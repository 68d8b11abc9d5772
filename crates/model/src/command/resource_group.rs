//! Commands about resource groups.

use crate::id::ResourceGroupId;
use crate::meta::Tags;
use crate::resource_group::{DisplayName, GroupName};
use crate::tables::Key;

/// A change of resource groups.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceGroupCommand {
    /// Makes a resource group.
    Create(CreateResourceGroup),
    /// Gives it another display name.
    Rename(ResourceGroupId, DisplayName),
    /// Deletes an empty one.
    Delete(ResourceGroupId),
    /// Moves a resource into it.
    Move(Key, ResourceGroupId),
}

/// Makes a resource group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateResourceGroup {
    /// What it is called by in its account.
    pub name: GroupName,
    /// What people read.
    pub display_name: DisplayName,
    /// Its tags.
    pub tags: Tags,
}
