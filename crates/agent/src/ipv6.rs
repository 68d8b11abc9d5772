//! From what stands for IPv6 addresses in the kernel back to the addresses, by the plan.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::path::Path;

use model::id::{Ipv6Index, PortIndex};
use model::net::services;
use model::plan::{AddressPlan, HostPlan, Ipv6Plan, PortPlan};
use serde::{Deserialize, Serialize};
use tables::Ipv6;

use crate::kernel::maps::Maps;
use crate::kernel::packed::{index_of, packed, packed_ipv6, stand_in, unpacked, unpacked_ipv6};
use crate::kernel::table::{Table, TableError};

/// The IPv6 addresses of a plan, by what stands for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ipv6Addresses(pub BTreeMap<Ipv6Index, Ipv6Addr>);

impl Ipv6Addresses {
    /// Those of interfaces that the plan tells of, on any host.
    pub fn of(plan: &HostPlan) -> Self {
        let ports = plan.ports.values().flat_map(|port| &port.ipv6);
        let members = plan.groups.values().flat_map(|group| &group.ipv6_members);
        let vips = plan.vips.values().filter_map(|vip| vip.ipv6.as_ref());
        let zones = plan.endpoints.values().flat_map(|endpoint| &endpoint.zones);
        let local = plan.vips.values().flat_map(|vip| &vip.local.ipv6);
        let all =
            ports.chain(members).chain(vips).chain(local).chain(zones.filter_map(|zone| zone.ipv6.as_ref()));
        Self(all.map(|it| (it.index, it.address)).collect())
    }

    /// Those that the kernel knows.
    pub(crate) fn in_force(maps: &Maps) -> Result<Self, TableError> {
        let all = maps.ipv6_addresses.entries()?.into_iter();
        let known = all.filter_map(|(it, address)| Some((index_of(unpacked(it))?, unpacked_ipv6(address))));
        Ok(Self(known.collect()))
    }

    /// As people know it. One that is gone is shown as what stood for it.
    pub fn ip(&self, address: Ipv4Addr) -> IpAddr {
        let known = index_of(address).and_then(|index| self.0.get(&index));
        known.map_or(IpAddr::V4(address), |known| IpAddr::V6(*known))
    }

    /// The same with a port.
    pub fn end(&self, end: SocketAddrV4) -> SocketAddr {
        SocketAddr::new(self.ip(*end.ip()), end.port())
    }

    /// Both ends of a packet as they stand in it: IPv6 writes an IPv4 address behind a prefix.
    pub fn ends(&self, from: SocketAddrV4, to: SocketAddrV4) -> [SocketAddr; 2] {
        let ends = [self.end(from), self.end(to)];
        let in_ipv6 = ends.iter().any(SocketAddr::is_ipv6);
        ends.map(|end| match end {
            SocketAddr::V4(end) if in_ipv6 && index_of(*end.ip()).is_none() => {
                SocketAddr::new(unpacked_ipv6(Ipv6::of_ipv4(packed(*end.ip()))).into(), end.port())
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => end,
        })
    }

    /// As the kernel knows it; `None` = no interface has it.
    pub fn known(&self, address: IpAddr) -> Option<Ipv4Addr> {
        match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(address) => {
                self.0.iter().find(|(_, known)| **known == address).map(|(index, _)| stand_in(*index))
            }
        }
    }
}

/// What addresses of packets are known by, as the kernel's map says.
pub(crate) struct Known(Table<Ipv6, u32>);

impl Known {
    /// By the maps pinned in this directory.
    pub(crate) fn open(maps: &Path) -> Result<Self, TableError> {
        Ok(Self(Table::open(maps, "IPV6")?))
    }

    /// As the kernel knows it; `None` = nobody has it.
    pub(crate) fn ip(&self, address: IpAddr) -> Result<Option<Ipv4Addr>, TableError> {
        match address {
            IpAddr::V4(address) => Ok(Some(address)),
            IpAddr::V6(address) => {
                let address = packed_ipv6(address);
                Ok(self.0.get(&address)?.or(address.to_ipv4()).map(unpacked))
            }
        }
    }

    /// The same with a port.
    pub(crate) fn end(&self, end: SocketAddr) -> Result<Option<SocketAddrV4>, TableError> {
        Ok(self.ip(end.ip())?.map(|address| SocketAddrV4::new(address, end.port())))
    }
}

/// An address and its IPv6 one, as people know them.
pub(crate) fn ips(address: Ipv4Addr, ipv6: Option<Ipv6Plan>) -> impl Iterator<Item = IpAddr> {
    [address.into()].into_iter().chain(ipv6.map(|it| it.address.into()))
}

/// Every address of an interface, the primary one first.
pub(crate) fn all_of(port: &PortPlan) -> impl Iterator<Item = IpAddr> + '_ {
    let ipv4 = std::iter::once(port.address).chain(port.secondary.iter().copied());
    ipv4.map(IpAddr::from).chain(port.ipv6.iter().map(|it| it.address.into()))
}

/// An address and its IPv6 one, as the kernel knows them.
pub(crate) fn both(address: Ipv4Addr, ipv6: Option<Ipv6Plan>) -> impl Iterator<Item = Ipv4Addr> {
    [address].into_iter().chain(ipv6.map(|it| stand_in(it.index)))
}

/// What stands for an address of a port in the services network.
pub(crate) fn alias(port: PortIndex, address: AddressPlan) -> Ipv4Addr {
    match address {
        AddressPlan::Ipv4(_) => services::alias(port),
        AddressPlan::Ipv6(at) => services::ipv6_alias(at.index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_an_address_is_shown_as_the_address() {
        let address: Ipv6Addr = "fd00::7".parse().unwrap();
        let known = Ipv6Addresses(BTreeMap::from([(Ipv6Index(7), address)]));
        let own = Ipv4Addr::new(10, 0, 0, 1);
        assert_eq!(known.ip(Ipv4Addr::new(240, 0, 0, 7)), address);
        assert_eq!(known.ip(own), own);
        assert_eq!(known.ip(Ipv4Addr::new(240, 0, 0, 8)), Ipv4Addr::new(240, 0, 0, 8), "gone");
        assert_eq!(known.known(address.into()), Some(Ipv4Addr::new(240, 0, 0, 7)));
        let ends = |from, to| {
            known.ends(SocketAddrV4::new(from, 1), SocketAddrV4::new(to, 2)).map(|it| it.to_string())
        };
        let (six, gone) = (Ipv4Addr::new(240, 0, 0, 7), Ipv4Addr::new(240, 0, 0, 8));
        assert_eq!(ends(own, own), ["10.0.0.1:1", "10.0.0.1:2"]);
        assert_eq!(ends(own, six), ["[64:ff9b::a00:1]:1", "[fd00::7]:2"]);
        assert_eq!(ends(gone, six), ["240.0.0.8:1", "[fd00::7]:2"]);
        assert_eq!((known.known(own.into()), known.known("fd00::8".parse().unwrap())), (Some(own), None));
    }
}
