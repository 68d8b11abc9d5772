//! Routing netlink inside a namespace. The library's interface changes often, so only this module and `links` use it.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use futures_util::TryStreamExt as _;
use ipnet::Ipv4Net;
use model::net::Mac;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::address::{AddressAttribute, AddressMessage};
use rtnetlink::packet_route::link::{LinkAttribute, LinkFlags, LinkMessage};
use rtnetlink::packet_route::route::{RouteAddress, RouteAttribute, RouteMessage};
use rtnetlink::{Handle, LinkUnspec, RouteMessageBuilder};

use super::netns::{Netns, NetnsError};

/// Largest super-packet of BIG TCP, bytes.
pub const BIG_TCP: u32 = 196_608;

/// A netlink request failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The namespace could not be entered.
    #[error(transparent)]
    Netns(#[from] NetnsError),
    /// No socket.
    #[error("no netlink socket: does this process have CAP_NET_ADMIN?")]
    Socket(#[from] io::Error),
    /// The kernel refused.
    #[error("the kernel refused to {what} in namespace '{namespace}'")]
    Refused {
        /// What was asked.
        what: String,
        /// Where.
        namespace: String,
        /// The kernel's words.
        #[source]
        source: rtnetlink::Error,
    },
    /// The namespace has given so many indices that the table of connections has no room for this one.
    #[error(
        "interface index {0} is too large: `isthmus down`, then `isthmus up`, begins with small ones again"
    )]
    Index(u32),
}

/// What is known of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) index: u32,
    pub(super) name: String,
    pub(super) mac: Option<Mac>,
    pub(super) up: bool,
    /// Index of the other end, in its own namespace.
    pub(super) peer: Option<u32>,
    pub(super) big_tcp: bool,
}

/// Requests into one namespace.
pub(super) struct Netlink {
    pub(super) handle: Handle,
    namespace: String,
}

impl Netlink {
    /// Runs `work` with a connection into the namespace.
    pub(super) fn within<T: Send>(
        namespace: &Netns,
        work: impl AsyncFnOnce(&Netlink) -> Result<T, NetlinkError> + Send,
    ) -> Result<T, NetlinkError> {
        namespace.within(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
            runtime.block_on(async {
                let (connection, handle, _) = rtnetlink::new_connection()?;
                tokio::spawn(connection);
                work(&Netlink { handle, namespace: namespace.name().to_owned() }).await
            })
        })?
    }

    pub(super) async fn links(&self) -> Result<Vec<Link>, NetlinkError> {
        let messages: Vec<LinkMessage> = self
            .handle
            .link()
            .get()
            .execute()
            .try_collect()
            .await
            .map_err(|e| self.refused("list links", e))?;
        Ok(messages.iter().map(link).collect())
    }

    pub(super) async fn create(&self, what: &str, message: LinkMessage) -> Result<(), NetlinkError> {
        self.handle.link().add(message).execute().await.map_err(|e| self.refused(what, e))
    }

    /// Deletes a link; one that is gone already, with the namespace of its other end, is a success.
    pub(super) async fn delete(&self, link: &Link) -> Result<(), NetlinkError> {
        let what = format!("delete link {}", link.name);
        match self.handle.link().del(link.index).execute().await {
            Err(error) if !is_gone(&error) => Err(self.refused(&what, error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) async fn set_up(&self, link: &Link) -> Result<(), NetlinkError> {
        if link.up {
            return Ok(());
        }
        let message = LinkUnspec::new_with_index(link.index).up().build();
        let what = format!("set link {} up", link.name);
        self.handle.link().change(message).execute().await.map_err(|e| self.refused(&what, e))
    }

    /// Super-packets of 192 KiB where the kernel can (IPv4 since 6.3; those of IPv6 have an extension header); elsewhere the link stays as it is.
    pub(super) async fn enable_big_tcp(&self, link: &Link) {
        if link.big_tcp {
            return;
        }
        let message = LinkUnspec::new_with_index(link.index)
            .append_extra_attribute(LinkAttribute::GsoIpv4MaxSize(BIG_TCP))
            .append_extra_attribute(LinkAttribute::GroIpv4MaxSize(BIG_TCP))
            .build();
        if let Err(error) = self.handle.link().change(message).execute().await {
            tracing::debug!(link = link.name, %error, "no BIG TCP on this kernel");
        }
    }

    /// Makes these the link's only IPv4 addresses.
    pub(super) async fn set_addresses(&self, link: &Link, wanted: &[Ipv4Net]) -> Result<(), NetlinkError> {
        let request = self.handle.address().get().set_link_index_filter(link.index);
        let present: Vec<AddressMessage> =
            request.execute().try_collect().await.map_err(|e| self.refused("list addresses", e))?;
        let mut missing: Vec<Ipv4Net> = wanted.to_vec();
        for message in present {
            let Some(address) = ipv4(&message) else { continue };
            if wanted.contains(&address) {
                missing.retain(|other| *other != address);
                continue;
            }
            let what = format!("remove address {address}");
            self.handle.address().del(message).execute().await.map_err(|e| self.refused(&what, e))?;
        }
        for address in missing {
            let what = format!("add address {address}");
            let request = self
                .handle
                .address()
                .add(link.index, IpAddr::V4(address.addr()), address.prefix_len())
                .replace();
            request.execute().await.map_err(|e| self.refused(&what, e))?;
        }
        Ok(())
    }

    pub(super) async fn set_default_route(
        &self,
        link: &Link,
        table: u8,
        gateway: Ipv4Addr,
    ) -> Result<(), NetlinkError> {
        let query = RouteMessageBuilder::<Ipv4Addr>::new().build();
        let routes: Vec<RouteMessage> = self
            .handle
            .route()
            .get(query)
            .execute()
            .try_collect()
            .await
            .map_err(|e| self.refused("list routes", e))?;
        if routes.iter().any(|route| is_default_via(route, link.index, table, gateway)) {
            return Ok(());
        }
        let route = RouteMessageBuilder::<Ipv4Addr>::new()
            .table_id(u32::from(table))
            .gateway(gateway)
            .output_interface(link.index)
            .build();
        let what = format!("set the default route via {gateway} in table {table}");
        self.handle.route().add(route).replace().execute().await.map_err(|e| self.refused(&what, e))
    }

    pub(super) fn refused(&self, what: &str, source: rtnetlink::Error) -> NetlinkError {
        NetlinkError::Refused { what: what.to_owned(), namespace: self.namespace.clone(), source }
    }
}

fn link(message: &LinkMessage) -> Link {
    let mut link = Link {
        index: message.header.index,
        up: message.header.flags.contains(LinkFlags::Up),
        ..Link::default()
    };
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Address(octets) => link.mac = <[u8; 6]>::try_from(octets.as_slice()).ok().map(Mac),
            LinkAttribute::Link(peer) => link.peer = Some(*peer),
            LinkAttribute::GsoIpv4MaxSize(size) => link.big_tcp = *size >= BIG_TCP,
            _ => {}
        }
    }
    link
}

/// Whether the kernel says that there is no such device.
fn is_gone(error: &rtnetlink::Error) -> bool {
    matches!(error, rtnetlink::Error::NetlinkError(message) if message.raw_code() == -libc::ENODEV)
}

fn ipv4(message: &AddressMessage) -> Option<Ipv4Net> {
    let of = |attribute: &AddressAttribute| match attribute {
        AddressAttribute::Local(IpAddr::V4(address)) => {
            Ipv4Net::new(*address, message.header.prefix_len).ok()
        }
        _ => None,
    };
    message.attributes.iter().find_map(of)
}

fn is_default_via(route: &RouteMessage, link: u32, table: u8, gateway: Ipv4Addr) -> bool {
    let has = |attribute: RouteAttribute| route.attributes.contains(&attribute);
    route.header.address_family == AddressFamily::Inet
        && route.header.table == table
        && route.header.destination_prefix_length == 0
        && has(RouteAttribute::Oif(link))
        && has(RouteAttribute::Gateway(RouteAddress::Inet(gateway)))
}
