//! Addresses: what an address means inside a network.

use crate::Mac;

/// Key of `ADDRESSES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey {
    pub network: u32,
    pub address: u32,
}

/// What stands behind an address.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// An ENI on this host. In [`crate::SERVICES_NETWORK`]: an alias, whose traffic enters the port below its
    /// security group and is translated to the port's own address.
    Port = 1,
    /// A zonal address of an NLB. In [`crate::SERVICES_NETWORK`]: its alias, from which the proxy opens connections to
    /// servers in the NLB's name.
    LoadBalancer = 2,
    /// A zonal address of an endpoint.
    Endpoint = 3,
    /// A gateway of a vSwitch: answers ping, carries nothing else.
    Gateway = 4,
    /// Resolver or metadata; only in [`crate::SERVICES_NETWORK`], reachable from every network.
    Service = 5,
    /// The proxy; only in [`crate::SERVICES_NETWORK`], reachable through listeners alone.
    Proxy = 6,
    /// A zonal address of a Reverse endpoint: nothing listens there, and servers behind it are spoken to in its name. In
    /// [`crate::SERVICES_NETWORK`]: its alias, from which the proxy does so.
    Reverse = 7,
    /// A local address of an NLB's zone: nothing listens there, and servers are spoken to from it.
    Local = 8,
}

/// Value of `ADDRESSES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// `Port`, `Service`, `Proxy`: interface index of the host side. Otherwise 0.
    pub ifindex: u32,
    /// `Port`: the port's own address (differs from the key for an alias). Alias of a `LoadBalancer`: the local address from which
    /// the proxy speaks behind it, 0 = the zonal one.
    pub address: u32,
    /// Dense id: of the port, of the NLB's zonal address (vip), of the endpoint.
    pub index: u32,
    /// `Port`, `Endpoint`: judged on what arrives here. `LoadBalancer`: the same, 0 = everything is taken. Otherwise 0.
    pub ingress_policy: u32,
    /// `Reverse`: judged on what leaves from here. Otherwise 0.
    pub egress_policy: u32,
    /// `Endpoint`: the vip of the NLB that the provider's acceptance chose for this zone; 0 = not connected.
    /// `LoadBalancer`: its own vip.
    pub vip: u32,
    /// `Endpoint`: the provider-side source address that policies of the servers see (the NLB's zonal address).
    /// `LoadBalancer`: its own address, the source where a client's own cannot be kept. `Reverse`: its own address.
    pub nlb_address: u32,
    /// The same for servers that are reached by IPv6; 0 = none.
    pub nlb_ipv6: u32,
    /// `Endpoint`: vip and address of the NLB that served the zone before, for flows of the lease before; 0 = none.
    pub replaced_vip: u32,
    pub replaced_address: u32,
    pub replaced_ipv6: u32,
    /// `Port`, `Service`, `Proxy`: destination MAC.
    pub mac: Mac,
    /// An [`AddressKind`].
    pub kind: u8,
    /// `Endpoint`: 1 = its connection has a bandwidth, which `LIMITS` holds.
    pub limited: u8,
    /// `Endpoint`: counts what has served the zone.
    pub lease: u8,
    /// `Reverse`: 1 = its connection is accepted, and its zone is on.
    pub open: u8,
    pub pad: [u8; 2],
}

impl Address {
    /// In whose name servers of a family are spoken to: an NLB without IPv6 speaks in its IPv4 address' name to all.
    #[inline(always)]
    pub fn local(&self, to_ipv6: bool) -> u32 {
        if self.speaks_ipv6(to_ipv6) { self.nlb_ipv6 } else { self.nlb_address }
    }

    /// Whether it speaks to servers of a family in an IPv6 address' name.
    #[inline(always)]
    pub fn speaks_ipv6(&self, to_ipv6: bool) -> bool {
        to_ipv6 && self.nlb_ipv6 != 0
    }
}

const _: () = assert!(size_of::<AddressKey>() == 8 && size_of::<Address>() == 56);
