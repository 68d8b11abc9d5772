//! Counters.

/// A per-CPU pair of counters.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    pub packets: u64,
    pub bytes: u64,
}

/// Key of `DROPS` (per-CPU [`Counter`]): which port saw a packet dropped, and why.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropKey {
    /// Dense id of the port that sent the packet, or that it was meant for: both tenants see it.
    pub port: u32,
    /// A [`crate::DropReason`].
    pub reason: u32,
}

const _: () = assert!(size_of::<Counter>() == 16 && size_of::<DropKey>() == 8);
