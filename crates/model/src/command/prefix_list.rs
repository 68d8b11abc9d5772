//! Commands about prefix lists.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use crate::id::PrefixListId;
use crate::meta::{Description, Labels, Relabel};
use crate::net::Family;

/// A change of prefix lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrefixListCommand {
    /// Makes a list.
    Create(CreatePrefixList),
    /// Changes what a list is called, and its ranges.
    Modify(ModifyPrefixList),
    /// Deletes a list that no rule names.
    Delete(PrefixListId),
}

/// Makes a prefix list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePrefixList {
    /// Its name, description, tags, resource group.
    pub labels: Labels,
    /// The family of its ranges.
    pub family: Family,
    /// How many ranges it may have.
    pub max_entries: u32,
    /// Its first ranges.
    pub entries: BTreeMap<IpNet, Description>,
}

/// Changes a prefix list; ranges that are neither added nor removed stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyPrefixList {
    /// The list.
    pub list: PrefixListId,
    /// What it is called now.
    pub relabel: Relabel,
    /// Ranges that it gets; of those that it has, the new description.
    pub add: BTreeMap<IpNet, Description>,
    /// Ranges that it loses.
    pub remove: BTreeSet<IpNet>,
}
