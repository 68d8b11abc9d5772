//! Commands about network load balancers.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::command::tls::TlsPatch;
use crate::id::{ListenerId, LoadBalancerId, ServerGroupId, VSwitchId, VpcId, ZoneId};
use crate::meta::{Description, Labels, Name};
use crate::net::PortRange;
use crate::nlb::health_check::HealthCheckPatch;
use crate::nlb::{
    AddressType, Drain, GroupProtocol, IpVersion, IpVersionAffinity, ListenerProtocol, ProxyProtocol,
    Scheduler, ServerGroupKind, Target,
};
use crate::words::AsSent;

/// A zone of an NLB to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewZone {
    /// The zone.
    pub zone: ZoneId,
    /// The vSwitch that the address comes from.
    pub vswitch: VSwitchId,
    /// The address that was asked for.
    pub address: Option<Ipv4Addr>,
    /// The IPv6 address that was asked for; only with dual stack.
    pub ipv6: Option<Ipv6Addr>,
    /// Addresses from which it is to speak to servers. None of a family = what is there stays.
    pub local: LocalAddresses,
}

/// Addresses from which a zone speaks to servers that do not see their clients'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalAddresses {
    /// IPv4 addresses.
    pub ipv4: BTreeSet<Ipv4Addr>,
    /// IPv6 addresses; only with dual stack.
    pub ipv6: BTreeSet<Ipv6Addr>,
}

/// Switches a protection on or off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetProtection {
    /// Whether it is on.
    pub enabled: bool,
    /// Why.
    pub reason: String,
}

/// Makes an NLB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateLoadBalancer {
    /// Name, tags, resource group.
    pub labels: Labels,
    /// Its VPC.
    pub vpc: VpcId,
    /// Its zones.
    pub zones: Vec<NewZone>,
    /// Where its addresses are reachable from.
    pub address_type: AsSent<AddressType>,
    /// Its address family.
    pub ip_version: AsSent<IpVersion>,
    /// Refuses deletion.
    pub deletion_protection: Option<SetProtection>,
    /// Refuses changes through a console.
    pub modification_protection: Option<SetProtection>,
}

impl CreateLoadBalancer {
    /// An NLB with every default.
    pub fn new(vpc: VpcId, zones: Vec<NewZone>) -> Self {
        Self {
            labels: Labels::default(),
            vpc,
            zones,
            address_type: AddressType::Intranet.into(),
            ip_version: IpVersion::Ipv4.into(),
            deletion_protection: None,
            modification_protection: None,
        }
    }
}

/// Changes an NLB; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateLoadBalancer {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// Its name.
    pub name: Option<Name>,
    /// Whether a zone's address uses servers of every zone.
    pub cross_zone: Option<bool>,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: Option<u32>,
}

/// Changes the PROXY protocol of a listener; `None` leaves what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProxyProtocolPatch {
    /// Whether the header is sent.
    pub enabled: Option<bool>,
    /// Whether it tells the client's VPC.
    pub vpc: Option<bool>,
    /// Whether it tells the endpoint.
    pub endpoint: Option<bool>,
    /// Whether it tells the endpoint's service.
    pub service: Option<bool>,
}

impl ProxyProtocolPatch {
    /// What is there with this change.
    #[must_use]
    pub fn applied_to(self, before: ProxyProtocol) -> ProxyProtocol {
        ProxyProtocol {
            enabled: self.enabled.unwrap_or(before.enabled),
            vpc: self.vpc.unwrap_or(before.vpc),
            endpoint: self.endpoint.unwrap_or(before.endpoint),
            service: self.service.unwrap_or(before.service),
        }
    }
}

/// Sets the zones of an NLB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateLoadBalancerZones {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// The full new set.
    pub zones: Vec<NewZone>,
}

/// Sets the protections of an NLB; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateLoadBalancerProtection {
    /// The NLB.
    pub load_balancer: LoadBalancerId,
    /// Refuses deletion.
    pub deletion: Option<SetProtection>,
    /// Refuses changes through a console.
    pub modification: Option<SetProtection>,
}

/// Makes a server group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateServerGroup {
    /// Name, tags, resource group.
    pub labels: Labels,
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
    pub ip_version_affinity: IpVersionAffinity,
    /// Servers see the client's own address.
    pub preserve_client_ip: bool,
    /// Whether connections of a leaving server may go on.
    pub drain: Drain,
    /// A server gets a connection on the port that the client asked for.
    pub any_port: bool,
    /// How health is judged: what differs from the default.
    pub health_check: HealthCheckPatch,
}

impl CreateServerGroup {
    /// A group with every default.
    pub fn new(vpc: VpcId) -> Self {
        Self {
            labels: Labels::default(),
            vpc,
            kind: ServerGroupKind::default(),
            protocol: GroupProtocol::Tcp.into(),
            scheduler: Scheduler::Wrr.into(),
            ip_version: IpVersion::Ipv4.into(),
            ip_version_affinity: IpVersionAffinity::default(),
            preserve_client_ip: true,
            drain: Drain::default(),
            any_port: false,
            health_check: HealthCheckPatch::default(),
        }
    }
}

/// Changes a server group; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateServerGroup {
    /// The group.
    pub server_group: ServerGroupId,
    /// Its name.
    pub name: Option<Name>,
    /// How a server is chosen.
    pub scheduler: Option<AsSent<Scheduler>>,
    /// Whether clients get servers of their own family alone.
    pub ip_version_affinity: Option<IpVersionAffinity>,
    /// Servers see the client's own address.
    pub preserve_client_ip: Option<bool>,
    /// Whether connections of a leaving server may go on.
    pub drain_enabled: Option<bool>,
    /// How long, seconds.
    pub drain_seconds: Option<u16>,
    /// How health is judged.
    pub health_check: HealthCheckPatch,
}

impl UpdateServerGroup {
    /// A change of nothing yet.
    pub fn new(server_group: ServerGroupId) -> Self {
        Self {
            server_group,
            name: None,
            scheduler: None,
            ip_version_affinity: None,
            preserve_client_ip: None,
            drain_enabled: None,
            drain_seconds: None,
            health_check: HealthCheckPatch::default(),
        }
    }
}

/// A server to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewServer {
    /// What it is.
    pub target: Target,
    /// The address that was given with it; must be the target's own.
    pub address: Option<Ipv4Addr>,
    /// Its port; 0 with any-port groups.
    pub port: u16,
    /// 0 to 100; the API's default is 100.
    pub weight: u8,
    /// Its description.
    pub description: Description,
}

impl NewServer {
    /// A server with every default.
    pub fn new(target: Target, port: u16) -> Self {
        Self { target, address: None, port, weight: 100, description: Description::default() }
    }
}

/// Adds servers to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddServers {
    /// The group.
    pub server_group: ServerGroupId,
    /// The servers.
    pub servers: Vec<NewServer>,
}

/// Which server of a group is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerRef {
    /// What it is.
    pub target: Target,
    /// Its port.
    pub port: u16,
}

/// Takes servers out of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveServers {
    /// The group.
    pub server_group: ServerGroupId,
    /// The servers.
    pub servers: Vec<ServerRef>,
}

/// Changes a server; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPatch {
    /// The server.
    pub server: ServerRef,
    /// 0 to 100.
    pub weight: Option<u8>,
    /// Its description.
    pub description: Option<Description>,
}

/// Changes servers of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateServers {
    /// The group.
    pub server_group: ServerGroupId,
    /// The servers.
    pub servers: Vec<ServerPatch>,
}

/// Makes a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateListener {
    /// Description, tags.
    pub labels: Labels,
    /// Its NLB.
    pub load_balancer: LoadBalancerId,
    /// What it speaks.
    pub protocol: AsSent<ListenerProtocol>,
    /// The ports that it listens on: one, or a range.
    pub ports: PortRange,
    /// Where connections go.
    pub server_group: ServerGroupId,
    /// Seconds without a packet after which a connection is forgotten; `None` = 900, 20 for UDP.
    pub idle_timeout: Option<u16>,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: u32,
    /// Largest TCP segment; 0 = unchanged.
    pub mss: u16,
    /// PROXY protocol: what differs from the default.
    pub proxy_protocol: ProxyProtocolPatch,
    /// Second-level statistics.
    pub sec_sensor: bool,
    /// How it speaks TLS.
    pub tls: TlsPatch,
}

impl CreateListener {
    /// A listener with every default.
    pub fn new(
        load_balancer: LoadBalancerId,
        protocol: ListenerProtocol,
        port: u16,
        server_group: ServerGroupId,
    ) -> Self {
        Self {
            labels: Labels::default(),
            load_balancer,
            protocol: protocol.into(),
            ports: PortRange::one(port),
            server_group,
            idle_timeout: None,
            cps: 0,
            mss: 0,
            proxy_protocol: ProxyProtocolPatch::default(),
            sec_sensor: false,
            tls: TlsPatch::default(),
        }
    }
}

/// Changes a listener; `None` leaves what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateListener {
    /// The listener.
    pub listener: ListenerId,
    /// Its description.
    pub description: Option<Description>,
    /// Where connections go.
    pub server_group: Option<ServerGroupId>,
    /// Seconds without a packet after which a connection is forgotten.
    pub idle_timeout: Option<u16>,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: Option<u32>,
    /// Largest TCP segment; 0 = unchanged.
    pub mss: Option<u16>,
    /// PROXY protocol: what changes.
    pub proxy_protocol: ProxyProtocolPatch,
    /// Second-level statistics.
    pub sec_sensor: Option<bool>,
    /// How it speaks TLS.
    pub tls: TlsPatch,
}

impl UpdateListener {
    /// A change of nothing yet.
    pub fn new(listener: ListenerId) -> Self {
        Self {
            listener,
            description: None,
            server_group: None,
            idle_timeout: None,
            cps: None,
            mss: None,
            proxy_protocol: ProxyProtocolPatch::default(),
            sec_sensor: None,
            tls: TlsPatch::default(),
        }
    }
}
