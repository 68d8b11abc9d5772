//! Prefix lists: ranges of addresses that rules of security groups name together.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::id::PrefixListId;
use crate::meta::{Description, Meta};
use crate::net::Family;

/// A prefix list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrefixList {
    /// Its id.
    pub id: PrefixListId,
    /// The common part.
    pub meta: Meta,
    /// The family of all its ranges.
    pub family: Family,
    /// How many ranges it may have: what a rule that names it counts for.
    pub max_entries: u32,
    /// Its ranges, each with what it is for.
    pub entries: BTreeMap<IpNet, Description>,
}

impl PrefixList {
    /// Fewest and most ranges that a list can have room for.
    pub const SIZES: std::ops::RangeInclusive<u32> = 1..=200;
}
