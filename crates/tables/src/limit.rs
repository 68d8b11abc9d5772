//! Bandwidth of endpoint connections.

/// Value of `LIMITS`, keyed by the dense id of the endpoint.
#[repr(C)]
#[derive(Clone, Copy, Debug, Eq)]
pub struct Limit {
    /// What a byte costs: nanoseconds, in units of 2^-20.
    pub byte_cost: u64,
    /// Requests, then replies.
    pub buckets: [Bucket; 2],
}

/// How far one direction has used its bandwidth: the kernel program's business. Times are `CLOCK_MONOTONIC`, nanoseconds.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When all that was let through would have left at the bandwidth.
    pub until: u64,
    /// When a packet was last refused.
    pub refused: u64,
}

/// Equal when they limit alike, wherever their buckets stand.
impl PartialEq for Limit {
    fn eq(&self, other: &Limit) -> bool {
        self.byte_cost == other.byte_cost
    }
}

impl Limit {
    /// This bandwidth, Mbit/s, not used yet; 0 counts as 1.
    pub fn of(mbit: u32) -> Limit {
        Limit { byte_cost: (8_000 << 20) / u64::from(mbit.max(1)), buckets: [Bucket::default(); 2] }
    }

    /// What so many bytes cost, nanoseconds.
    #[inline(always)]
    pub fn cost(&self, bytes: u32) -> u64 {
        (bytes as u64 * self.byte_cost) >> 20
    }
}

const _: () = assert!(size_of::<Limit>() == 40);
