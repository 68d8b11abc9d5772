//! Commands about route tables and their entries.

use ipnet::Ipv4Net;

use crate::id::{RouteEntryId, RouteTableId, VSwitchId, VpcId};
use crate::meta::{Description, Labels, Name, Relabel};
use crate::route::NextHop;

/// A change of route tables.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteCommand {
    /// Makes a table.
    CreateTable(CreateRouteTable),
    /// Names or describes a table.
    ModifyTable(ModifyRouteTable),
    /// Deletes a table that no vSwitch uses and that has no entries.
    DeleteTable(RouteTableId),
    /// Lets a vSwitch use a table instead of the system's.
    Associate(TableOfVSwitch),
    /// Lets a vSwitch use the system's table again.
    Unassociate(TableOfVSwitch),
    /// Adds an entry.
    CreateEntry(CreateRouteEntry),
    /// Takes an entry away.
    DeleteEntry(RouteSelector),
}

/// Makes a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRouteTable {
    /// Name, description, tags.
    pub labels: Labels,
    /// Its VPC.
    pub vpc: VpcId,
}

/// Names or describes a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyRouteTable {
    /// The table.
    pub table: RouteTableId,
    /// What it is called now.
    pub relabel: Relabel,
}

/// A table and a vSwitch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOfVSwitch {
    /// The table.
    pub table: RouteTableId,
    /// The vSwitch.
    pub vswitch: VSwitchId,
}

/// Adds an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRouteEntry {
    /// The table.
    pub table: RouteTableId,
    /// The destination.
    pub destination: Ipv4Net,
    /// Where it leads.
    pub next_hop: NextHop,
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Description,
}

/// Which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteSelector {
    /// The one with this id.
    Id(RouteEntryId),
    /// The one of a table with this destination, and this next hop if one is named.
    Destination(RouteTableId, Ipv4Net, Option<String>),
}
