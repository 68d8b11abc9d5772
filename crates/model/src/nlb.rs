//! Network load balancers: zonal addresses, listeners, server groups, health checks.

pub mod health_check;
mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

pub use health_check::{HealthCheck, HealthCheckKind, HttpCheck};
pub use tls::{AlpnPolicy, ListenerTls};

use crate::id::{
    EniId, InstanceId, ListenerId, ListenerIndex, LoadBalancerId, Revision, SecurityGroupId, ServerGroupId,
    ServerGroupIndex, ServerIndex, Timestamp, VSwitchId, VipIndex, VpcId, ZoneId,
};
use crate::instance::Eni;
use crate::meta::{Description, Meta};
use crate::net::PortRange;
use crate::tables::Key;
use crate::words::{AsSent, words};

/// A network load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    /// Its id.
    pub id: LoadBalancerId,
    /// The common part.
    pub meta: Meta,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its zones, two to ten.
    pub zones: BTreeMap<ZoneId, ZoneMapping>,
    /// Whether a zone's address uses servers of every zone.
    pub cross_zone: bool,
    /// Where its addresses are reachable from.
    pub address_type: AsSent<AddressType>,
    /// Its address family.
    pub ip_version: AsSent<IpVersion>,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: u32,
    /// Refuses deletion.
    pub deletion_protection: Protection,
    /// Refuses changes through a console.
    pub modification_protection: Protection,
    /// Its own security groups, of one type: with any, they judge what its addresses take from its VPC.
    pub security_groups: BTreeSet<SecurityGroupId>,
}

/// A zone of an NLB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneMapping {
    /// The vSwitch that the address comes from.
    pub vswitch: VSwitchId,
    /// The interface that holds the address.
    pub eni: EniId,
    /// The address, as the data plane knows it.
    pub vip: VipIndex,
    /// Whether its address is out of the NLB's name.
    pub shifted: bool,
    /// Other addresses of the interface, from which it speaks to servers that do not see their clients', as the data plane knows
    /// them; none = from its zonal address.
    #[serde(default)]
    pub local: BTreeMap<Ipv4Addr, VipIndex>,
    /// The same towards servers of IPv6.
    #[serde(default)]
    pub local_ipv6: BTreeSet<Ipv6Addr>,
}

impl ZoneMapping {
    /// The zone's own IPv6 address, of those that its interface has.
    pub fn zonal_ipv6(&self, eni: &Eni) -> Option<Ipv6Addr> {
        eni.ipv6.keys().find(|address| !self.local_ipv6.contains(address)).copied()
    }
}

/// Whether a zone can have so many local addresses of a family: an even number, 2 to 8, as in the cloud.
pub fn is_local_count(count: usize) -> bool {
    count.is_multiple_of(2) && (2..=8).contains(&count)
}

/// A protection of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Protection {
    /// Since when it is on; `None` = off.
    pub since: Option<Timestamp>,
    /// Why it is on.
    pub reason: String,
}

/// Where the addresses of an NLB are reachable from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressType {
    /// Only from private networks.
    Intranet,
    /// From the Internet too.
    Internet,
}

/// An address family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpVersion {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv4 and IPv6.
    DualStack,
}

/// Whether clients of one address family get servers of the other one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpVersionAffinity {
    /// They do.
    #[default]
    NonAffinity,
    /// They do not, where a group has servers of both.
    Affinity,
}

/// What a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ListenerProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// TLS over TCP.
    TcpSsl,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its id.
    pub id: ListenerId,
    /// The common part.
    pub meta: Meta,
    /// The listener, as the data plane knows it.
    pub index: ListenerIndex,
    /// Its NLB.
    pub load_balancer: LoadBalancerId,
    /// What it speaks.
    pub protocol: AsSent<ListenerProtocol>,
    /// The ports that it listens on: one, or a range with a group of any port.
    pub ports: PortRange,
    /// Where connections go.
    pub server_group: ServerGroupId,
    /// Seconds without a packet after which a connection is forgotten.
    pub idle_timeout: u16,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: u32,
    /// Largest TCP segment; 0 = unchanged.
    pub mss: u16,
    /// Second-level statistics were asked for.
    pub sec_sensor: bool,
    /// Whether a header before the first byte tells servers who the client is.
    pub proxy_protocol: ProxyProtocol,
    /// How it speaks TLS: exactly a TCPSSL listener does.
    pub tls: Option<ListenerTls>,
    /// Whether it is to forward.
    pub enabled: bool,
}

impl Listener {
    /// The port that it has alone; 0 = a range.
    pub fn port(&self) -> u16 {
        if self.ports.is_one() { self.ports.low } else { 0 }
    }

    /// The first port that it does not leave to another listener of its NLB: one port in the midst of a range is free.
    pub fn takes(&self, protocol: ListenerProtocol, ports: PortRange) -> Option<u16> {
        let udp = |protocol| protocol == ListenerProtocol::Udp;
        let rivals = udp(self.protocol.value) == udp(protocol) && self.ports.is_one() == ports.is_one();
        self.ports.common(ports).filter(|_| rivals)
    }
}

/// PROXY protocol version 2, and what its header tells besides addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyProtocol {
    /// Whether the header is sent.
    pub enabled: bool,
    /// The client's VPC.
    pub vpc: bool,
    /// The endpoint that the connection came through.
    pub endpoint: bool,
    /// The service of that endpoint.
    pub service: bool,
}

/// A server group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerGroup {
    /// Its id.
    pub id: ServerGroupId,
    /// The common part.
    pub meta: Meta,
    /// The group, as the data plane knows it.
    pub index: ServerGroupIndex,
    /// Its VPC.
    pub vpc: VpcId,
    /// What its servers are.
    pub kind: ServerGroupKind,
    /// What its servers speak.
    pub protocol: AsSent<GroupProtocol>,
    /// How a server is chosen.
    pub scheduler: AsSent<Scheduler>,
    /// Its address family.
    pub ip_version: AsSent<IpVersion>,
    /// Whether clients get servers of their own family alone.
    #[serde(default)]
    pub ip_version_affinity: IpVersionAffinity,
    /// Servers see the client's own address.
    pub preserve_client_ip: bool,
    /// Whether connections of a leaving server may go on.
    pub drain: Drain,
    /// A server gets a connection on the port that the client asked for.
    pub any_port: bool,
    /// How health is judged; `None` = checks are off.
    pub health_check: Option<HealthCheck>,
    /// The servers, in the order in which they came.
    pub servers: Vec<Server>,
}

/// Whether, and how long, connections of a leaving server may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// Whether they may.
    pub enabled: bool,
    /// How long, seconds, 0..=900.
    pub seconds: u16,
}

impl Default for Drain {
    fn default() -> Self {
        Self { enabled: false, seconds: 10 }
    }
}

/// A server of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The server, as the data plane knows it.
    pub index: ServerIndex,
    /// What it is.
    pub target: Target,
    /// Its port; 0 with any-port groups.
    pub port: u16,
    /// 0 (no new connections) to 100.
    pub weight: u8,
    /// Its description.
    pub description: Description,
    /// The commit that added it.
    pub born: Revision,
    /// The commit that last changed it.
    pub changed: Revision,
}

/// What a server is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Target {
    /// The primary interface of an instance.
    Ecs(InstanceId),
    /// An interface.
    Eni(EniId),
    /// The primary interface of an instance, by an IPv6 address of it.
    EcsIpv6(InstanceId, Ipv6Addr),
    /// An interface, by an IPv6 address of it.
    EniIpv6(EniId, Ipv6Addr),
    /// An address in a consumer's VPC, behind an interface of its Reverse endpoint.
    Behind(EniId, Ipv4Addr),
    /// An address in the group's VPC.
    Ip(IpAddr),
}

impl Target {
    /// The resource that it stands or falls with; a bare address has none.
    pub fn key(&self) -> Option<Key> {
        match self {
            Self::Ecs(id) | Self::EcsIpv6(id, _) => Some(Key::Instance(id.clone())),
            Self::Eni(id) | Self::EniIpv6(id, _) | Self::Behind(id, _) => Some(Key::Eni(id.clone())),
            Self::Ip(_) => None,
        }
    }

    /// The IPv6 address that it is reached by.
    pub fn ipv6(&self) -> Option<Ipv6Addr> {
        match self {
            Self::EcsIpv6(_, address) | Self::EniIpv6(_, address) | Self::Ip(IpAddr::V6(address)) => {
                Some(*address)
            }
            Self::Ecs(_) | Self::Eni(_) | Self::Behind(..) | Self::Ip(IpAddr::V4(_)) => None,
        }
    }
}

/// What the servers of a group are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerGroupKind {
    /// Instances and interfaces.
    #[default]
    Instance,
    /// Addresses.
    Ip,
}

/// What the servers of a group speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupProtocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both.
    TcpUdp,
}

/// How a server is chosen for a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheduler {
    /// Weighted round robin.
    Wrr,
    /// Round robin.
    Rr,
    /// Weighted least connections.
    Wlc,
    /// Consistent hash of the source address.
    Sch,
    /// Consistent hash of the four-tuple.
    Tch,
    /// Consistent hash of the QUIC connection id.
    Qch,
}

words! {
    AddressType { Intranet = "Intranet", Internet = "Internet" }
    IpVersionAffinity { NonAffinity = "NonAffinity", Affinity = "Affinity" }
    IpVersion { Ipv4 = "Ipv4", DualStack = "DualStack" }
    ListenerProtocol { Tcp = "TCP", Udp = "UDP", TcpSsl = "TCPSSL" }
    ServerGroupKind { Instance = "Instance", Ip = "Ip" }
    GroupProtocol { Tcp = "TCP", Udp = "UDP", TcpUdp = "TCP_UDP" }
    Scheduler { Wrr = "Wrr", Rr = "Rr", Wlc = "Wlc", Sch = "Sch", Tch = "Tch", Qch = "Qch" }
}
