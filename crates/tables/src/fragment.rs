//! Fragments: only the first one of a datagram carries ports, so they are remembered for the rest.

/// Key of `FRAGMENTS`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FragmentKey {
    pub ingress: u32,
    pub src: u32,
    pub dst: u32,
    /// Identification of the datagram, as it stands in the packet.
    pub id: u32,
    pub protocol: u8,
    pub pad: [u8; 3],
}

/// Value of `FRAGMENTS`: what the first fragment said.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub sport: u16,
    pub dport: u16,
    /// ICMP: the type of the message. Otherwise 0.
    pub icmp_type: u8,
    pub pad: [u8; 3],
}

const _: () = assert!(size_of::<FragmentKey>() == 20 && size_of::<Fragment>() == 8);
