//! Route tables: where packets go whose destination nobody in the VPC owns.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use crate::id::{EniId, InstanceId, Revision, RouteEntryId, RouteTableId, TableIndex, Timestamp, VpcId};
use crate::meta::{Description, Meta, Name};

/// A route table. Ranges of vSwitches and of the cloud's services are in every table and not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTable {
    /// Its id.
    pub id: RouteTableId,
    /// The common part.
    pub meta: Meta,
    /// Its VPC.
    pub vpc: VpcId,
    /// The table, as the data plane knows it.
    pub index: TableIndex,
    /// The table that its VPC was born with, which holds for every vSwitch without another one.
    pub system: bool,
    /// What users have added, by destination.
    pub entries: BTreeMap<Ipv4Net, RouteEntry>,
}

/// A route that a user has added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteEntry {
    /// Its id.
    pub id: RouteEntryId,
    /// Its name.
    pub name: Name,
    /// Its description.
    pub description: Description,
    /// Where it leads.
    pub next_hop: NextHop,
    /// When it was made.
    pub created: Timestamp,
    /// The commit that made it.
    pub born: Revision,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NextHop {
    /// The primary interface of an instance.
    Instance(InstanceId),
    /// An interface; while it is attached to nothing, packets go nowhere.
    Eni(EniId),
}

impl NextHop {
    /// Its id, as it travels.
    pub fn id(&self) -> &str {
        match self {
            Self::Instance(id) => id.as_str(),
            Self::Eni(id) => id.as_str(),
        }
    }

    /// Its type, as it travels.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Instance(_) => "Instance",
            Self::Eni(_) => "NetworkInterface",
        }
    }
}

/// The range of the cloud's own services, which is in every table.
pub const SERVICES: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10);

/// Whether a route may have this destination: no part of the services' range, loopback, link-local or multicast.
pub fn is_destination(range: &Ipv4Net) -> bool {
    let reserved = [
        SERVICES,
        Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
        Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
        Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 3),
    ];
    !reserved.iter().any(|reserved| reserved.contains(range))
}
