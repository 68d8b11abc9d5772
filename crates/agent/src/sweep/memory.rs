//! IPv6 addresses, those that have gone among them: whoever had a connection with one is told its end in its name.

use std::collections::HashMap;

use tables::Ipv6;

use crate::kernel::maps::Maps;
use crate::kernel::table::TableError;

/// Addresses that are gone and remembered, about: what stands for one never stands for another.
const REMEMBERED: usize = 65_536;

/// By what stands for them.
#[derive(Debug, Default)]
pub struct Memory(HashMap<u32, Ipv6>);

impl Memory {
    /// Takes up those that there are.
    pub(super) fn learn(&mut self, maps: &Maps) -> Result<(), TableError> {
        let present = maps.ipv6_addresses.entries()?;
        if self.0.len() > present.len() + REMEMBERED {
            self.0.clear();
        }
        self.0.extend(present);
        Ok(())
    }

    pub(super) fn of(&self, address: u32) -> Option<Ipv6> {
        self.0.get(&address).copied()
    }
}
