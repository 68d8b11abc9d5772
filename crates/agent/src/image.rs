//! What the kernel's maps are to hold, before rules and slots have been given places: policies and server tables are
//! named by their position in `policies` and `server_tables`, so that equal ones are stored once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;
use model::id::{
    EndpointIndex, Ipv6Index, ListenerIndex, Network, PortIndex, ServerGroupIndex, ServerIndex, VipIndex,
};
use model::net::{Family, Mac, PortRange, Transport};
use tables::Choice;

use crate::reverse::Behind;

/// Position of a policy in [`Image::policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyRef(pub usize);

/// Position of a server table in [`Image::server_tables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableRef(pub usize);

/// The contents of all maps that the agent writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Instances' ports, by interface index of the host side.
    pub ports: BTreeMap<u32, PortImage>,
    /// The services port's interface index.
    pub services: u32,
    /// Addresses of all networks.
    pub addresses: BTreeMap<(Network, Ipv4Addr), AddressImage>,
    /// IPv6 addresses of interfaces, by what stands for them.
    pub ipv6: BTreeMap<Ipv6Index, Ipv6Addr>,
    /// Routes and sources: scope and range to the value.
    pub routes: BTreeMap<(u32, Ipv4Net), RouteImage>,
    /// Rules of each policy, in the order in which they are judged.
    pub policies: Vec<Vec<tables::Rule>>,
    /// Members of security groups: dense id of the group and address.
    pub members: BTreeSet<(u32, Ipv4Addr)>,
    /// Listeners, one for each zonal address and address family of clients.
    pub listeners: BTreeMap<(VipIndex, Family, PortRange, Transport), ListenerImage>,
    /// What headers of the PROXY protocol say after the addresses, for clients that come through an endpoint or through none.
    pub headers: BTreeMap<(ListenerIndex, Option<EndpointIndex>), Vec<u8>>,
    /// Slots of each server table: dense ids of servers.
    pub server_tables: Vec<Vec<u32>>,
    /// New connections a second that a zonal address takes, for one listener or for all of them.
    pub rates: BTreeMap<(VipIndex, Option<ListenerIndex>), u32>,
    /// Shares of servers that are chosen by their connections.
    pub loads: BTreeMap<ServerIndex, u32>,
    /// Addresses from which a zone speaks to servers of a family instead of its zonal one.
    pub locals: BTreeMap<(VipIndex, Family), Vec<Ipv4Addr>>,
    /// Bandwidth of endpoints' connections that have one, Mbit/s.
    pub limits: BTreeMap<EndpointIndex, u32>,
    /// Servers on this host, and those that have left their group and still have connections.
    pub servers: BTreeMap<ServerIndex, ServerImage>,
}

/// A port of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortImage {
    /// Dense id.
    pub index: PortIndex,
    /// The VPC.
    pub network: Network,
    /// Its primary address.
    pub address: Ipv4Addr,
    /// Its other addresses.
    pub secondary: Vec<Ipv4Addr>,
    /// What stands for its IPv6 addresses.
    pub ipv6: Vec<Ipv4Addr>,
    /// Its MAC.
    pub mac: Mac,
    /// Its route table; 0 = none.
    pub table: u32,
    /// What it may send.
    pub egress: PolicyRef,
    /// What it may receive.
    pub ingress: PolicyRef,
}

/// What stands behind an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressImage {
    /// A port on this host.
    Port {
        /// Interface index of the host side.
        ifindex: u32,
        /// Dense id.
        index: PortIndex,
        /// The port's own address.
        address: Ipv4Addr,
        /// Its MAC.
        mac: Mac,
        /// What it may receive; `None` for an alias, which enters below the security group.
        ingress: Option<PolicyRef>,
    },
    /// A zonal address of an NLB.
    LoadBalancer(VipIndex, Option<PolicyRef>, LocalImage),
    /// A zonal address of an endpoint.
    Endpoint {
        /// Dense id.
        index: EndpointIndex,
        /// What it lets in.
        ingress: PolicyRef,
        /// Where it leads: the NLB's zonal address; `None` = not connected.
        vip: Option<(VipIndex, LocalImage)>,
        /// Where flows of the lease before still lead.
        replaced: Option<(VipIndex, LocalImage)>,
        /// Counts what has served the zone.
        lease: u8,
        /// Whether the connection has a limit.
        limited: bool,
    },
    /// A zonal address of a Reverse endpoint, or an alias of it.
    Reverse {
        /// Dense id.
        index: EndpointIndex,
        /// What it lets out.
        egress: PolicyRef,
        /// The address in whose name servers are spoken to.
        source: Ipv4Addr,
        /// Whether its connection is accepted and its zone is on.
        open: bool,
    },
    /// A vSwitch's gateway.
    Gateway,
    /// Resolver or metadata.
    Service,
    /// The proxy.
    Proxy,
    /// A local address of an NLB's zone.
    Local,
    /// Stands for an address of an NLB's zone where the proxy opens connections.
    VipAlias {
        /// The zonal address.
        vip: VipIndex,
        /// Whom servers' policies see.
        zonal: LocalImage,
        /// The local address that it stands for; `None` = the zonal one.
        local: Option<Ipv4Addr>,
    },
}

/// The zonal addresses of an NLB, in whose name it speaks to servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// Its zonal address.
    pub address: Ipv4Addr,
    /// What stands for its IPv6 address.
    pub ipv6: Option<Ipv4Addr>,
}

/// What a range means in its scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteImage {
    /// Packets go to the port with this address.
    Via(Ipv4Addr),
    /// Packets go nowhere.
    Nowhere,
    /// Its addresses may be sources, or may not.
    Source(bool),
}

/// A listener on one zonal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerImage {
    /// Dense id.
    pub index: ListenerIndex,
    /// Its server group.
    pub server_group: ServerGroupIndex,
    /// The slots.
    pub table: TableRef,
    /// Seconds.
    pub idle_timeout: u16,
    /// Servers see the client's own address.
    pub preserve_client: bool,
    /// Connections end at the proxy.
    pub proxied: bool,
    /// A header tells servers who the client is: see [`Image::headers`].
    pub header: bool,
    /// How a server is chosen.
    pub choice: Choice,
    /// It has an entry in [`Image::rates`], or its zonal address has one.
    pub rated: bool,
    /// Longest TCP segment, bytes; 0 = any.
    pub mss: u16,
}

/// A server on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerImage {
    /// Its group.
    pub server_group: ServerGroupIndex,
    /// Its address.
    pub address: Ipv4Addr,
    /// Its transport port.
    pub port: u16,
    /// Interface index of the host side of its port.
    pub ifindex: u32,
    /// Dense id of its port.
    pub port_index: PortIndex,
    /// Its MAC.
    pub mac: Mac,
    /// What it may receive.
    pub ingress: PolicyRef,
    /// The address of a Reverse endpoint that it is behind; `None` = it is in its load balancer's VPC.
    pub behind: Option<Behind>,
    /// 0 = it serves; otherwise until when its connections live: see [`tables::Server::until`].
    pub until: u64,
}
