//! Ports: where packets enter and leave. One for each ENI on this host, and one for the host's own services.

/// A MAC address as half-words, so that the kernel copies it in three aligned accesses.
pub type Mac = [u16; 3];

/// Packs six octets.
pub const fn mac(b: [u8; 6]) -> Mac {
    [u16::from_ne_bytes([b[0], b[1]]), u16::from_ne_bytes([b[2], b[3]]), u16::from_ne_bytes([b[4], b[5]])]
}

/// What stands behind a port.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// An instance's ENI: source MAC and address are enforced, policies apply.
    Instance = 1,
    /// The host's own services: probes leave here, resolver and metadata answer here.
    Services = 2,
}

/// Value of `PORTS`, keyed by the interface index of the host side.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// Network (VPC) that the port belongs to.
    pub network: u32,
    /// The port's primary address. It may use others that `ADDRESSES` leads to it, and those that
    /// `ROUTES` names among its sources.
    pub address: u32,
    /// Stands for this port in the services network (100.64.0.0/10): resolver and probes know the port by it.
    pub alias: u32,
    /// Dense id of the port, for counters.
    pub index: u32,
    /// Route table in `ROUTES`; 0 = what nobody owns is nowhere.
    pub table: u32,
    /// Policies judged on first packets: what the port may send, and what it may receive.
    pub egress_policy: u32,
    pub ingress_policy: u32,
    /// The only source MAC the port may use.
    pub mac: Mac,
    /// A [`PortKind`].
    pub kind: u8,
    pub pad: u8,
}

const _: () = assert!(size_of::<Port>() == 36);
