//! Limits, as documented for the cloud's own products.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Most instances that one call makes.
pub const INSTANCES_A_CALL: u32 = 100;
/// Fewest and most zones of an NLB.
pub const LOAD_BALANCER_ZONES: std::ops::RangeInclusive<usize> = 2..=10;

/// The most that the operator can allow where nothing smaller is said.
const MOST: u32 = 100_000;

/// Text that names no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no limit is called that")]
pub struct UnknownQuota;

macro_rules! quotas {
    ($($(#[$doc:meta])* $name:ident = $usual:literal $(up to $most:literal)?, $text:literal;)*) => {
        /// A limit. The operator can set each for an account.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Quota {
            $($(#[$doc])* $name,)*
        }

        impl Quota {
            /// Every limit.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it is called by.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What holds while the operator says nothing else.
            pub fn usual(self) -> u32 {
                match self {
                    $(Self::$name => $usual,)*
                }
            }

            /// The most that the operator can allow.
            pub fn most(self) -> u32 {
                match self {
                    $(Self::$name => [$($most,)? MOST][0],)*
                }
            }
        }

        impl fmt::Display for Quota {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

impl FromStr for Quota {
    type Err = UnknownQuota;
    fn from_str(text: &str) -> Result<Self, UnknownQuota> {
        let named = |quota: &&Self| quota.name().eq_ignore_ascii_case(text);
        Self::ALL.iter().find(named).copied().ok_or(UnknownQuota)
    }
}

// A policy of the data plane takes 4096 rules: those of ten groups with 400 each.
quotas! {
    /// Resource groups of an account, the default one included.
    ResourceGroupsAnAccount = 100, "resource groups in an account";
    /// VPCs of an account.
    VpcsAnAccount = 200, "VPCs in an account";
    /// Address ranges of a VPC besides its first one.
    SecondaryCidrsAVpc = 5, "secondary ranges of a VPC";
    /// vSwitches of a VPC.
    VSwitchesAVpc = 150, "vSwitches in a VPC";
    /// Route tables of a VPC, the system's included.
    RouteTablesAVpc = 10, "route tables in a VPC";
    /// Routes that users add to a table.
    EntriesARouteTable = 200, "routes in a route table";
    /// Security groups of an account.
    SecurityGroupsAnAccount = 500, "security groups in an account";
    /// Rules of a security group.
    RulesAGroup = 200 up to 400, "rules in a security group";
    /// Security groups of an ENI.
    GroupsAnEni = 5 up to 10, "security groups of an instance";
    /// Private addresses of both families of all interfaces in a security group of the normal kind.
    AddressesANormalGroup = 6000, "private addresses in a security group";
    /// Interfaces in a security group of the enterprise kind.
    InterfacesAnEnterpriseGroup = 65_536, "network interfaces in a security group";
    /// Network interfaces of an account that belong to no instance's birth.
    EnisAnAccount = 1000, "network interfaces in an account";
    /// Network interfaces of an instance, the primary one included.
    EnisAnInstance = 8 up to 16, "network interfaces of an instance";
    /// Private addresses of a network interface, the primary one included.
    AddressesAnEni = 50 up to 100, "private addresses of a network interface";
    /// IPv6 addresses of a network interface.
    Ipv6AddressesAnEni = 10 up to 100, "IPv6 addresses of a network interface";
    /// Commands of the cloud assistant that an account keeps.
    CommandsAnAccount = 500, "commands in an account";
    /// Parameters of a command.
    ParametersACommand = 20 up to 100, "parameters of a command";
    /// Instances that carry out one invocation.
    InstancesAnInvocation = 50 up to 1000, "instances of an invocation";
    /// Results of invocations that an account has, one for each instance; the oldest make room.
    ResultsAnAccount = 500, "results of invocations that are not over in an account";
    /// Key pairs of an account.
    KeyPairsAnAccount = 500, "key pairs in an account";
    /// Prefix lists of an account.
    PrefixListsAnAccount = 100, "prefix lists in an account";
    /// NLBs of an account.
    LoadBalancersAnAccount = 60, "load balancers in an account";
    /// Listeners of an NLB.
    ListenersALoadBalancer = 50 up to 1000, "listeners of a load balancer";
    /// Server groups of an account.
    ServerGroupsAnAccount = 3000, "server groups in an account";
    /// Servers of a group.
    ServersAGroup = 400 up to 1000, "servers in a group";
    /// Servers of all groups that an NLB's listeners use.
    ServersALoadBalancer = 400 up to 4000, "servers of a load balancer";
    /// Servers in one call.
    ServersACall = 200 up to 200, "servers in one call";
    /// Server groups that one instance serves.
    GroupsAServer = 200, "server groups of one server";
    /// Listeners that use a group.
    ListenersAGroup = 50, "listeners of a server group";
    /// Security groups of an NLB.
    GroupsALoadBalancer = 4 up to 10, "security groups of a load balancer";
    /// Certificates for more names, of an NLB's listeners together.
    CertificatesALoadBalancer = 25, "additional certificates of a load balancer";
    /// Certificates of an account.
    CertificatesAnAccount = 1000, "certificates in an account";
    /// Security policies of an account.
    SecurityPoliciesAnAccount = 50, "security policies in an account";
    /// Private zones of an account.
    PrivateZonesAnAccount = 1000, "private zones in an account";
    /// Records of a private zone.
    RecordsAZone = 10_000, "records in a private zone";
    /// Endpoint services of an account.
    ServicesAnAccount = 200, "endpoint services in an account";
    /// Resources of a service.
    ResourcesAService = 500, "resources of an endpoint service";
    /// Resources of a service in one zone.
    ResourcesAZone = 100, "resources of an endpoint service in one zone";
    /// Resources that a service may begin with.
    ResourcesACall = 10 up to 10, "resources in one call";
    /// Endpoints of a VPC.
    EndpointsAVpc = 1000, "endpoints in a VPC";
    /// Zones of an endpoint.
    ZonesAnEndpoint = 10 up to 10, "zones of an endpoint";
    /// Security groups of an endpoint.
    GroupsAnEndpoint = 10 up to 10, "security groups of an endpoint";
    /// Tags of a resource.
    TagsAResource = 20 up to 100, "tags of a resource";
}
