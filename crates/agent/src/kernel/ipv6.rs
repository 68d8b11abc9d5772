//! IPv6 of an instance's interface: its addresses and the gateway. Nothing is found out on the link: the gateway's addresses
//! are known, and everything goes through it.

use std::net::{IpAddr, Ipv6Addr};
use std::{fs, io};

use futures_util::TryStreamExt as _;
use rtnetlink::RouteMessageBuilder;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use rtnetlink::packet_route::neighbour::NeighbourState;
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage};

use super::netlink::{Link, Netlink, NetlinkError};

/// The gateway of every vSwitch, as instances know it.
const GATEWAY: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

/// What the kernel would do by itself on an interface, and what it is to do: no address of its own making (1 =
/// `IN6_ADDR_GEN_MODE_NONE` of `linux/if_link.h`), no look for routers, no probes for its own addresses.
const QUIET: [(&str, &str); 4] =
    [("addr_gen_mode", "1"), ("accept_ra", "0"), ("router_solicitations", "0"), ("accept_dad", "0")];

/// Switches IPv6 on or off on an interface of the caller's namespace, which is then quiet.
///
/// # Errors
/// When the kernel has no IPv6 and it is to be on.
pub(super) fn switch(device: &str, on: bool) -> io::Result<()> {
    let path = |name: &str| format!("/proc/sys/net/ipv6/conf/{device}/{name}");
    let off = match fs::read_to_string(path("disable_ipv6")) {
        Ok(text) => text.trim() != "0",
        // A kernel without IPv6.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !on => return Ok(()),
        Err(error) => return Err(error),
    };
    if off != on {
        return Ok(());
    }
    if on {
        for (name, value) in QUIET {
            fs::write(path(name), value)?;
        }
    }
    fs::write(path("disable_ipv6"), if on { "0" } else { "1" })
}

impl Netlink {
    /// Makes these the link's only IPv6 addresses, each alone on its link.
    pub(super) async fn set_ipv6_addresses(
        &self,
        link: &Link,
        wanted: &[Ipv6Addr],
    ) -> Result<(), NetlinkError> {
        let request = self.handle.address().get().set_link_index_filter(link.index);
        let present: Vec<AddressMessage> =
            request.execute().try_collect().await.map_err(|e| self.refused("list addresses", e))?;
        let mut missing = wanted.to_vec();
        for message in present {
            let Some(address) = ipv6(&message) else { continue };
            if wanted.contains(&address) {
                missing.retain(|other| *other != address);
                continue;
            }
            let what = format!("remove address {address}");
            self.handle.address().del(message).execute().await.map_err(|e| self.refused(&what, e))?;
        }
        for address in missing {
            let mut request = self.handle.address().add(link.index, IpAddr::V6(address), 128).replace();
            request.message_mut().header.flags |= AddressHeaderFlags::Nodad;
            let what = format!("add address {address}");
            request.execute().await.map_err(|e| self.refused(&what, e))?;
        }
        Ok(())
    }

    /// Sends everything in these routing tables through the gateway.
    pub(super) async fn set_ipv6_gateway(&self, link: &Link, tables: &[u8]) -> Result<(), NetlinkError> {
        let neighbour = self.handle.neighbours().add(link.index, IpAddr::V6(GATEWAY));
        let neighbour = neighbour.link_layer_address(&tables::GATEWAY_MAC).state(NeighbourState::Permanent);
        neighbour.replace().execute().await.map_err(|e| self.refused("name the gateway of IPv6", e))?;
        let query = RouteMessageBuilder::<Ipv6Addr>::new().build();
        let routes: Vec<RouteMessage> = (self.handle.route().get(query).execute().try_collect().await)
            .map_err(|e| self.refused("list routes of IPv6", e))?;
        for table in tables {
            if routes.iter().any(|route| is_default(route, link.index, *table)) {
                continue;
            }
            let route = RouteMessageBuilder::<Ipv6Addr>::new()
                .table_id(u32::from(*table))
                .gateway(GATEWAY)
                .output_interface(link.index)
                .build();
            let what = format!("set the default route of IPv6 in table {table}");
            self.handle.route().add(route).replace().execute().await.map_err(|e| self.refused(&what, e))?;
        }
        Ok(())
    }
}

fn ipv6(message: &AddressMessage) -> Option<Ipv6Addr> {
    let of = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Address(IpAddr::V6(address)) => Some(*address),
        _ => None,
    };
    message.attributes.iter().find_map(of)
}

fn is_default(route: &RouteMessage, link: u32, table: u8) -> bool {
    let has = |attribute: RouteAttribute| route.attributes.contains(&attribute);
    route.header.address_family == AddressFamily::Inet6
        && route.header.table == table
        && route.header.destination_prefix_length == 0
        && has(RouteAttribute::Oif(link))
        && has(RouteAttribute::Gateway(RouteAddress::Inet6(GATEWAY)))
}
