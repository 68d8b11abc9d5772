//! Counters.

/// A per-CPU pair of counters.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counter {
    pub packets: u64,
    pub bytes: u64,
}

/// Index of `COUNTERS` (per-CPU [`Counter`]): what the whole host did.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Packets of known flows that left rewritten.
    Forwarded = 0,
    /// First packets that were let through.
    NewFlow = 1,
    /// Flows that were judged again after a change of plan, and kept.
    Rejudged = 2,
    /// First packets whose client is the chosen server itself.
    Hairpin = 3,
    /// First packets whose source port was changed because the tuple was taken.
    PortRemapped = 4,
    ArpAnswered = 5,
    EchoAnswered = 6,
    /// ICMP errors translated to the sender of what they are about.
    IcmpTranslated = 7,
    /// ICMP errors made here (TTL expired, no route).
    IcmpSent = 8,
    /// ARP and neighbour discovery that need no answer: probes, announcements, replies, reports of groups.
    ArpSwallowed = 9,
    /// Packets whose event found no room in `EVENTS`.
    EventLost = 10,
    /// Half-open connections that made room for newer ones.
    PushedOut = 11,
    /// Entries of connections that found no room in `CARRIED` when they ended.
    CarriedLost = 12,
    /// The same, found by the agent's sweeps, which alone count here.
    CarriedLostInSweep = 13,
}

impl Purpose {
    /// Every purpose, by index.
    pub const ALL: [Purpose; 14] = [
        Purpose::Forwarded,
        Purpose::NewFlow,
        Purpose::Rejudged,
        Purpose::Hairpin,
        Purpose::PortRemapped,
        Purpose::ArpAnswered,
        Purpose::EchoAnswered,
        Purpose::IcmpTranslated,
        Purpose::IcmpSent,
        Purpose::ArpSwallowed,
        Purpose::EventLost,
        Purpose::PushedOut,
        Purpose::CarriedLost,
        Purpose::CarriedLostInSweep,
    ];
}

/// Key of `DROPS` (per-CPU [`Counter`]): which port saw a packet dropped, and why.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DropKey {
    /// Dense id of the port that sent the packet, or that it was meant for: both tenants see it.
    /// 0 = the interface is not a port.
    pub port: u32,
    /// A [`crate::DropReason`].
    pub reason: u32,
}

const _: () = assert!(size_of::<Counter>() == 16 && size_of::<DropKey>() == 8);
