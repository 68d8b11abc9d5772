//! Counters, summed over CPUs.

use std::path::Path;

use aya::maps::{Map, MapData, MapError, PerCpuArray, PerCpuHashMap, PerCpuValues};
use tables::{Counter, DropKey, Purpose};

/// Packets dropped, by port and reason.
pub fn drops(directory: &Path) -> Result<Vec<(DropKey, Counter)>, MapError> {
    let map = Map::from_map_data(MapData::from_pin(directory.join("DROPS"))?)?;
    let map: PerCpuHashMap<MapData, DropKey, Counter> = map.try_into()?;
    map.iter().map(|entry| entry.map(|(key, values)| (key, sum(&values)))).collect()
}

/// One sum for each of [`Purpose::ALL`].
pub fn purposes(directory: &Path) -> Result<Vec<Counter>, MapError> {
    let map = Map::from_map_data(MapData::from_pin(directory.join("COUNTERS"))?)?;
    let map: PerCpuArray<MapData, Counter> = map.try_into()?;
    Purpose::ALL.iter().map(|purpose| Ok(sum(&map.get(&(*purpose as u32), 0)?))).collect()
}

/// Adds to what the program never counts itself, and so has no part in.
pub fn add(directory: &Path, purpose: Purpose, packets: u64) -> Result<(), MapError> {
    let map = Map::from_map_data(MapData::from_pin(directory.join("COUNTERS"))?)?;
    let mut map: PerCpuArray<MapData, Counter> = map.try_into()?;
    let index = purpose as u32;
    let mut values: Vec<Counter> = map.get(&index, 0)?.iter().copied().collect();
    if let Some(first) = values.first_mut() {
        first.packets += packets;
    }
    map.set(index, PerCpuValues::try_from(values)?, 0)
}

fn sum(values: &PerCpuValues<Counter>) -> Counter {
    values.iter().fold(Counter::default(), |sum, value| Counter {
        packets: sum.packets + value.packets,
        bytes: sum.bytes + value.bytes,
    })
}
