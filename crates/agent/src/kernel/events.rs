//! The ring through which the program tells what becomes of connections.

use std::path::Path;

use aya::maps::{Map, MapData, MapError, RingBuf};
use tables::Event;

/// The reading end. It has one reader: what one takes, another does not see.
pub struct Events(RingBuf<MapData>);

impl Events {
    /// The ring pinned in `directory`.
    ///
    /// # Errors
    /// When there is none, or memory cannot be shared with it.
    pub fn open(directory: &Path) -> Result<Self, MapError> {
        let map = Map::RingBuf(MapData::from_pin(directory.join("EVENTS"))?);
        Ok(Self(map.try_into()?))
    }

    /// Takes the oldest event, if there is one.
    pub fn take(&mut self) -> Option<Event> {
        loop {
            // What has another size is nothing that this version understands.
            if let Some(event) = parse(&self.0.next()?) {
                return Some(event);
            }
        }
    }
}

/// An event as it lies in the ring; `None` = it has another size.
pub fn parse(bytes: &[u8]) -> Option<Event> {
    // SAFETY: as long as an event, read wherever it lies, and any bytes are an event.
    (bytes.len() == size_of::<Event>()).then(|| unsafe { bytes.as_ptr().cast::<Event>().read_unaligned() })
}
