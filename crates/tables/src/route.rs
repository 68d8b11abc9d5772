//! Routes: where packets go whose destination nobody in the network owns, and which foreign sources a port may use.

/// Set in the scope of a port's sources; the rest is the port's dense id. Otherwise the scope is a route table's.
pub const SOURCES_OF_PORT: u32 = 1 << 31;

/// What `ROUTES` is asked.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RouteAt {
    pub scope: u32,
    pub address: u32,
}

/// Key of `ROUTES`, in the kernel's layout of prefixes. The value is a `u32`: the address in the same network whose port
/// gets the packets, 0 = nobody; in a scope of sources 1 = may be used, 0 = may not.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoutePrefix {
    /// How many bits of `at` count: 32 for the scope, then those of the range.
    pub bits: u32,
    pub at: RouteAt,
}

const _: () = assert!(size_of::<RouteAt>() == 8 && size_of::<RoutePrefix>() == 12);
