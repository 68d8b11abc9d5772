//! What the data plane of this host does, read from the kernel: right whether or not an agent runs.

use std::error::Error;

use serde::{Deserialize, Serialize};
use tables::{DropReason, Purpose};

use crate::carried::{self, Rows};
use crate::config::AgentConfig;
use crate::ipv6::Ipv6Addresses;
use crate::kernel::counters;
use crate::kernel::links;
use crate::kernel::maps::Maps;
use crate::kernel::programs::{self, maps_dir};
use crate::ports::{PortsStatus, Taken};

/// What is counted nowhere else.
const LOST: [Purpose; 2] = [Purpose::CarriedLost, Purpose::CarriedLostInSweep];

/// The data plane of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStatus {
    /// The tag of its namespaces.
    pub tag: String,
    /// Its links.
    pub links: Vec<LinkStatus>,
    /// Connections in the table, established or not.
    pub connections: usize,
    /// Packets dropped, by port and reason, most first.
    pub drops: Vec<DropStatus>,
    /// What was done with packets.
    pub counters: Vec<CounterStatus>,
    /// How full the maps are.
    pub maps: Vec<MapStatus>,
    /// Source ports towards servers that do not see their clients' addresses, where many are taken, most first.
    pub ports: Vec<PortsStatus>,
    /// Counts of what ended connections have carried that found no room.
    pub carried_lost: u64,
    /// What listeners, endpoints and servers have carried, by numbers that the plan names.
    #[serde(skip)]
    pub carried: Rows,
}

/// A link's host side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkStatus {
    /// `services`, or `p` and the dense id of the port.
    pub name: String,
    /// The program sees its packets.
    pub attached: bool,
}

/// Packets dropped at one port for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropStatus {
    /// Dense id of the port; 0 = none.
    pub port: u32,
    /// The reason's number.
    pub reason: u32,
    /// The reason in words.
    pub text: String,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A counter of the whole host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterStatus {
    /// What is counted.
    pub name: String,
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// A map that can fill up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapStatus {
    /// Its name.
    pub name: String,
    /// Entries in use.
    pub used: usize,
    /// Most entries.
    pub capacity: u32,
}

impl MapStatus {
    /// Whether it will soon have no room: four fifths are taken.
    pub fn is_nearly_full(&self) -> bool {
        self.used * 10 >= self.capacity as usize * 8
    }
}

/// The status could not be read: usually the process is not root.
#[derive(Debug, thiserror::Error)]
#[error("the data plane's state could not be read: are you root?")]
pub struct StatusError(#[source] Box<dyn Error + Send + Sync>);

/// The status of the data plane; `None` when there is none.
pub fn status(config: &AgentConfig) -> Result<Option<HostStatus>, StatusError> {
    if !config.fabric().exists() {
        return Ok(None);
    }
    read(config).map(Some).map_err(StatusError)
}

fn read(config: &AgentConfig) -> Result<HostStatus, Box<dyn Error + Send + Sync>> {
    let directory = maps_dir(&config.bpf_dir());
    let maps = Maps::open(&directory)?;
    let mut taken = Taken::default();
    maps.flows.for_each(|key, flow| taken.count(key, flow))?;
    let carried = carried::read(&maps)?;
    let known = Ipv6Addresses::in_force(&maps)?;
    let maps = maps.fill()?;
    let entries = maps.iter().find(|(name, ..)| *name == "FLOWS").map_or(0, |(_, used, _)| *used);
    let counters = counter_status(&directory)?;
    let is_lost = |counter: &&CounterStatus| LOST.iter().any(|lost| counter.name == format!("{lost:?}"));
    Ok(HostStatus {
        tag: config.tag.clone(),
        links: link_status(config)?,
        connections: entries / 2,
        drops: drops(&directory)?,
        carried_lost: counters.iter().filter(is_lost).map(|counter| counter.packets).sum(),
        counters,
        maps: maps
            .into_iter()
            .map(|(name, used, capacity)| MapStatus { name: name.to_owned(), used, capacity })
            .collect(),
        ports: taken.many(&known),
        carried,
    })
}

fn link_status(config: &AgentConfig) -> Result<Vec<LinkStatus>, Box<dyn Error + Send + Sync>> {
    let names: Vec<String> = links::list(&config.fabric())?.into_keys().collect();
    let status = |name: String| {
        let attached = programs::is_attached(&name);
        LinkStatus { name, attached }
    };
    Ok(config.fabric().within(|| names.into_iter().map(status).collect())?)
}

fn drops(directory: &std::path::Path) -> Result<Vec<DropStatus>, Box<dyn Error + Send + Sync>> {
    let text = |reason| DropReason::from_number(reason).map_or("unknown", DropReason::text).to_owned();
    let mut drops: Vec<DropStatus> = counters::drops(directory)?
        .into_iter()
        .map(|(key, sum)| DropStatus {
            port: key.port,
            reason: key.reason,
            text: text(key.reason),
            packets: sum.packets,
            bytes: sum.bytes,
        })
        .collect();
    drops.sort_by_key(|drop| (std::cmp::Reverse(drop.packets), drop.port, drop.reason));
    Ok(drops)
}

fn counter_status(directory: &std::path::Path) -> Result<Vec<CounterStatus>, Box<dyn Error + Send + Sync>> {
    let sums = counters::purposes(directory)?;
    let status = |(purpose, sum): (&Purpose, &tables::Counter)| CounterStatus {
        name: format!("{purpose:?}"),
        packets: sum.packets,
        bytes: sum.bytes,
    };
    Ok(Purpose::ALL.iter().zip(&sums).map(status).collect())
}
