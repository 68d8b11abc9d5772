//! What one host must make true. The planner makes every choice; the agent has none left. A host plan is complete:
//! whatever it does not mention must not exist.

mod vip;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Serialize};

pub use vip::{LocalPlan, VipPlan};

use crate::account::Secret;
use crate::endpoint::EndpointType;
use crate::id::{
    AccountId, CertificateId, EndpointId, EndpointIndex, EndpointServiceId, EniId, GroupIndex, HostId,
    InstanceId, InvocationId, Ipv6Index, ListenerId, ListenerIndex, Network, PortIndex, Revision,
    SecurityGroupId, ServerGroupId, ServerGroupIndex, ServerIndex, TableIndex, Timestamp, VSwitchId,
    VipIndex, VpcId, ZoneId,
};
use crate::instance::MetadataOptions;
use crate::net::{Family, Mac, PortRange, Transport};
use crate::nlb::{AlpnPolicy, HealthCheck, ProxyProtocol, Scheduler};
use crate::private_zone::{ProxyPattern, RecordData};
use crate::security::{RulePolicy, RuleProtocol};
use crate::tls::{Cipher, TlsVersion};

/// Everything one host must make true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostPlan {
    /// The state that the plan was made from. An agent refuses a plan older than its last.
    pub revision: Revision,
    /// Whom the plan is for.
    pub host: HostId,
    /// Every VPC, by network.
    pub vpcs: BTreeMap<Network, VpcPlan>,
    /// ENIs of instances on this host.
    pub ports: BTreeMap<PortIndex, PortPlan>,
    /// Instances on this host.
    pub instances: BTreeMap<InstanceId, InstancePlan>,
    /// Scripts that instances on this host carry out, each at most once.
    pub invocations: BTreeMap<InvocationId, InvocationPlan>,
    /// Security groups that any policy here needs.
    pub groups: BTreeMap<GroupIndex, GroupPlan>,
    /// Zonal addresses of NLBs.
    pub vips: BTreeMap<VipIndex, VipPlan>,
    /// Listeners.
    pub listeners: BTreeMap<ListenerIndex, ListenerPlan>,
    /// Server groups that a listener uses.
    pub server_groups: BTreeMap<ServerGroupIndex, ServerGroupPlan>,
    /// Endpoints.
    pub endpoints: BTreeMap<EndpointIndex, EndpointPlan>,
}

/// An IPv6 address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ipv6Plan {
    /// What stands for it where packets are judged.
    pub index: Ipv6Index,
    /// The address.
    pub address: Ipv6Addr,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddressPlan {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Plan),
}

impl AddressPlan {
    /// Its family.
    pub fn family(self) -> Family {
        match self {
            Self::Ipv4(_) => Family::Ipv4,
            Self::Ipv6(_) => Family::Ipv6,
        }
    }

    /// As people write it.
    pub fn ip(self) -> IpAddr {
        match self {
            Self::Ipv4(address) => address.into(),
            Self::Ipv6(plan) => plan.address.into(),
        }
    }
}

impl From<Ipv4Addr> for AddressPlan {
    fn from(address: Ipv4Addr) -> Self {
        Self::Ipv4(address)
    }
}

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcPlan {
    /// The VPC.
    pub id: VpcId,
    /// Whose it is.
    pub owner: AccountId,
    /// Its first range.
    pub range: Ipv4Net,
    /// One gateway address for each vSwitch.
    pub gateways: Vec<Ipv4Addr>,
    /// Route tables that lead somewhere, by table.
    pub tables: BTreeMap<TableIndex, Vec<RoutePlan>>,
    /// Names that the resolver answers inside this VPC, fully qualified, lower case, without a last dot.
    pub names: BTreeMap<String, NamePlan>,
    /// Private zones that are answered inside this VPC, by domain.
    pub zones: BTreeMap<String, ZonePlan>,
}

/// A private zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZonePlan {
    /// Who answers for what it does not have.
    pub proxy: ProxyPattern,
    /// Records by full name, and the seconds that each may be kept. A first label `*` stands for whatever is not there.
    pub records: BTreeMap<String, Vec<(RecordData, u32)>>,
}

/// A route: the longest range that has a destination decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutePlan {
    /// The destinations.
    pub range: Ipv4Net,
    /// The primary address of the interface that gets the packets; `None` = what nobody owns there is nowhere.
    pub via: Option<Ipv4Addr>,
}

/// Foreign addresses that a port may use as source: the longest range that has an address decides about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePlan {
    /// The addresses.
    pub range: Ipv4Net,
    /// Whether it may.
    pub allowed: bool,
}

/// The addresses behind a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamePlan {
    /// Address and the zone that it lies in.
    pub addresses: Vec<(IpAddr, ZoneId)>,
    /// Answer only the asking client's own zone (while it has an address), not all zones, the client's first.
    pub zone_affinity: bool,
}

/// The attachment of an instance's ENI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortPlan {
    /// The ENI.
    pub eni: EniId,
    /// The instance behind it.
    pub instance: InstanceId,
    /// Its number there: `ethN`, 0 for the primary ENI.
    pub device: u8,
    /// The VPC.
    pub network: Network,
    /// The zone.
    pub zone: ZoneId,
    /// The primary private address.
    pub address: Ipv4Addr,
    /// Other private addresses.
    pub secondary: Vec<Ipv4Addr>,
    /// IPv6 addresses.
    pub ipv6: Vec<Ipv6Plan>,
    /// The vSwitch.
    pub vswitch: VSwitchId,
    /// The vSwitch's range.
    pub subnet: Ipv4Net,
    /// The vSwitch's gateway.
    pub gateway: Ipv4Addr,
    /// The MAC.
    pub mac: Mac,
    /// The route table; `None` = nothing but what the VPC owns is reached.
    pub table: Option<TableIndex>,
    /// Foreign addresses that it may send from; an instance with any forwards packets.
    pub sources: Vec<SourcePlan>,
    /// Security groups; never empty.
    pub groups: Vec<GroupIndex>,
}

/// An instance on this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstancePlan {
    /// The primary ENI's port.
    pub port: PortIndex,
    /// Name inside the instance.
    pub host_name: String,
    /// Image: `host`, or the absolute path of a root file system on the host.
    pub image: String,
    /// Run once, at first boot.
    pub user_data: Option<Vec<u8>>,
    /// The public key that opens its root account, as a line of `authorized_keys`; written when it starts.
    pub authorized_key: Option<String>,
    /// What it is told about itself.
    pub about: AboutPlan,
    /// Whether it is to run.
    pub running: bool,
    /// Raised by every reboot and start: a running container of an older boot is started anew.
    pub boot: u64,
    /// CPU limit in cores.
    pub cpus: u32,
    /// Memory limit, MiB.
    pub memory_mib: u64,
}

/// What an instance is told about itself, besides its network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutPlan {
    /// Whose it is.
    pub owner: AccountId,
    /// The region.
    pub region: String,
    /// Its type.
    pub instance_type: String,
    /// Whether it is told anything, and on what condition.
    pub options: MetadataOptions,
}

/// A script that instances carry out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvocationPlan {
    /// Its text.
    pub content: String,
    /// The directory inside the instance that it is run in.
    pub working_dir: String,
    /// Longest time that it may take, seconds.
    pub timeout: u32,
    /// An instance that has not begun by then does not begin.
    pub begins_until: Timestamp,
    /// The instances of this host.
    pub instances: BTreeSet<InstanceId>,
    /// Those that are to stop, or not to begin.
    pub stopped: BTreeSet<InstanceId>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPlan {
    /// The group.
    pub id: SecurityGroupId,
    /// Its VPC.
    pub network: Network,
    /// Whether members accept each other (the inner access policy of a normal group).
    pub inner_access: bool,
    /// Whether everything may go out that no rule forbids (normal groups yes, enterprise groups no).
    pub egress_default: bool,
    /// Rules, in the order in which they are judged: by priority, drop before accept.
    pub ingress: Vec<RulePlan>,
    /// The same for what goes out.
    pub egress: Vec<RulePlan>,
    /// Addresses of the ENIs in the group, on every host.
    pub members: Vec<Ipv4Addr>,
    /// The same interfaces' IPv6 addresses.
    pub ipv6_members: Vec<Ipv6Plan>,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulePlan {
    /// Protocols.
    pub protocol: RuleProtocol,
    /// Destination ports.
    pub ports: PortRange,
    /// Source ports.
    pub source_ports: PortRange,
    /// The other side.
    pub peer: PeerPlan,
    /// Which addresses of its own side it is about; `None` = all.
    pub own: Option<IpNet>,
    /// Accept or drop.
    pub policy: RulePolicy,
    /// 1 (highest) to 100.
    pub priority: u8,
}

/// The other side of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeerPlan {
    /// An address range.
    Cidr(Ipv4Net),
    /// A range of IPv6 addresses.
    Ipv6Cidr(Ipv6Net),
    /// The members of a group.
    Group(GroupIndex),
}

/// A listener that forwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerPlan {
    /// The listener.
    pub id: ListenerId,
    /// The zonal addresses that it listens on.
    pub vips: Vec<VipIndex>,
    /// The protocol.
    pub protocol: Transport,
    /// The ports: one stands before the ranges around it.
    pub ports: PortRange,
    /// Where connections go.
    pub server_group: ServerGroupIndex,
    /// Seconds without a packet after which a connection is forgotten.
    pub idle_timeout: u16,
    /// New connections a second and zone; 0 = unlimited.
    pub cps: u32,
    /// Longest TCP segment that either end may announce, bytes; 0 = any.
    pub mss: u16,
    /// A header before the first byte, or in front of each datagram, tells servers who the client is.
    pub proxy_protocol: Option<ProxyProtocol>,
    /// How it speaks TLS.
    pub tls: Option<TlsPlan>,
}

impl ListenerPlan {
    /// Whether connections, or datagrams, end at the proxy, because their bytes change.
    pub fn is_proxied(&self) -> bool {
        let has_headers_of_datagrams = self.proxy_protocol.is_some() && self.protocol == Transport::Udp;
        self.tls.is_some() || has_headers_of_datagrams
    }

    /// What the kernel puts in front of the first byte of connections that go to their servers as they are.
    pub fn kernel_header(&self) -> Option<ProxyProtocol> {
        self.proxy_protocol.filter(|_| !self.is_proxied())
    }
}

/// How a listener speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsPlan {
    /// Shown when no other certificate fits the asked name.
    pub certificate: CertificatePlan,
    /// For other names: each is shown to clients that ask for a name of its own.
    pub additional: Vec<CertificatePlan>,
    /// Certificates of the authority of clients, as PEM; `None` = clients need no certificate.
    pub client_authority: Option<String>,
    /// Versions that it speaks.
    pub versions: Vec<TlsVersion>,
    /// Suites that it takes, the one liked best first.
    pub ciphers: Vec<Cipher>,
    /// Protocols that it agrees on; `None` = none is agreed on.
    pub alpn: Option<AlpnPolicy>,
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificatePlan {
    /// The certificate.
    pub id: CertificateId,
    /// Names that it is for; one that begins with `*.` is for every name with one more label.
    pub names: Vec<String>,
    /// The certificate, then those that lead to a root, as PEM.
    pub chain: String,
    /// The private key, as PEM.
    pub key: Secret,
}

/// A server group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerGroupPlan {
    /// The group.
    pub id: ServerGroupId,
    /// How a server is chosen.
    pub scheduler: Scheduler,
    /// Clients get servers of their own address family alone.
    pub ip_version_affinity: bool,
    /// Servers see the client's own address.
    pub preserve_client_ip: bool,
    /// Established connections of a leaving server live this many seconds; `None` = cut at once.
    pub drain_seconds: Option<u16>,
    /// How health is judged; `None` = checks are off.
    pub health_check: Option<HealthCheck>,
    /// The servers.
    pub servers: BTreeMap<ServerIndex, ServerPlan>,
}

impl ServerGroupPlan {
    /// Whether clients of a family may get a server.
    pub fn serves(&self, client: Family, server: &ServerPlan) -> bool {
        !self.ip_version_affinity || server.address.family() == client
    }
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerPlan {
    /// The port of its ENI.
    pub port_index: PortIndex,
    /// Its zone.
    pub zone: ZoneId,
    /// Its address.
    pub address: AddressPlan,
    /// Its transport port; 0 = the one that the client asked for.
    pub port: u16,
    /// 0 (no new connections) to 100.
    pub weight: u8,
    /// Where it is.
    pub place: PlacePlan,
}

/// Where a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlacePlan {
    /// In the VPC of its group.
    Own,
    /// In a consumer's VPC.
    Behind(BehindPlan),
}

/// The zone of a Reverse endpoint that a server is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BehindPlan {
    /// The endpoint.
    pub endpoint: EndpointIndex,
    /// The consumer's VPC.
    pub network: Network,
    /// The address in whose name the server is spoken to: the endpoint's.
    pub source: Ipv4Addr,
    /// The port of the interface with this address.
    pub port: PortIndex,
    /// The connection is accepted, and the zone is on.
    pub open: bool,
}

impl ServerPlan {
    /// Whether connections reach its VPC.
    pub fn is_connected(&self) -> bool {
        match self.place {
            PlacePlan::Own => true,
            PlacePlan::Behind(behind) => behind.open,
        }
    }
}

/// An endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointPlan {
    /// The endpoint.
    pub id: EndpointId,
    /// Which side opens connections.
    pub kind: EndpointType,
    /// The consumer's VPC.
    pub network: Network,
    /// The service behind it.
    pub service: EndpointServiceId,
    /// The connection's own network.
    pub connection: Network,
    /// What the connection carries at most in each direction, Mbit/s; `None` = what the machine can.
    pub bandwidth: Option<u32>,
    /// Security groups of the endpoint's ENIs; never empty.
    pub groups: Vec<GroupIndex>,
    /// One address for each zone.
    pub zones: Vec<EndpointZonePlan>,
}

/// A zone of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointZonePlan {
    /// The zone.
    pub zone: ZoneId,
    /// The ENI.
    pub eni: EniId,
    /// The ENI's port, which no host has.
    pub port: PortIndex,
    /// The ENI's address.
    pub address: Ipv4Addr,
    /// Its IPv6 address, if the endpoint is dual-stack.
    pub ipv6: Option<Ipv6Plan>,
    /// The NLB's zonal address that serves this zone; `None` = not accepted.
    pub vip: Option<VipIndex>,
    /// The one that served it before, and goes on with the connections that it has.
    pub replaced: Option<VipIndex>,
    /// Counts what has served the zone: `vip` has the connections of this lease, `replaced` those of the one before.
    pub lease: u8,
    /// The connection is accepted, and the zone is on.
    pub open: bool,
}
