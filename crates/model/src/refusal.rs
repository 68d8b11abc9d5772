//! Why a command is refused. One variant for each meaning: the API maps them to the codes of its products.

mod address;
mod assistant;
mod balancer;
mod endpoint;
mod eni;
mod key_pair;
mod prefix_list;
mod private_zone;
mod server;
mod tls;
mod together;
mod vpc;

use crate::id::{
    EndpointId, EndpointServiceId, HostId, LoadBalancerId, ResourceGroupId, SecurityGroupId, VSwitchId,
    ZoneId,
};
use crate::meta::TagPart;
use crate::nlb::health_check::InvalidHealthCheck;
use crate::nlb::{GroupProtocol, ListenerProtocol, Scheduler};
use crate::quota::Quota;
use crate::security::{GroupKind, RuleProtocol};
use crate::tables::Key;

pub use address::AddressRefusal;
pub use assistant::AssistantRefusal;
pub use balancer::BalancerRefusal;
pub use endpoint::EndpointRefusal;
pub use eni::EniRefusal;
pub use key_pair::KeyPairRefusal;
pub use prefix_list::PrefixListRefusal;
pub use private_zone::PrivateZoneRefusal;
pub use server::ServerRefusal;
pub use tls::TlsRefusal;
pub use together::TogetherRefusal;
pub use vpc::VpcRefusal;

/// A command that was refused. The state is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Unknown, or another account's.
    #[error("{kind} {0} does not exist", kind = .0.kind())]
    NotFound(Key),
    /// Something else needs it.
    #[error("{} {what} is in use by {} {by}: remove that first", .what.kind(), .by.kind())]
    InUse {
        /// What was to be removed.
        what: Key,
        /// What is in the way.
        by: Key,
    },
    /// It exists already.
    #[error("{kind} {0} exists already", kind = .0.kind())]
    Exists(Key),
    /// A limit is reached.
    #[error("the limit of {quota} is {limit}: delete some first, or ask the operator for more")]
    QuotaExceeded {
        /// Which limit.
        quota: Quota,
        /// The most that is possible.
        limit: u32,
    },
    /// The group that every account has stays.
    #[error("resource group {0} is the account's default one and stays")]
    DefaultResourceGroup(ResourceGroupId),
    /// Deletion protection is on.
    #[error("{kind} {0} is protected from deletion: switch the protection off first", kind = .0.kind())]
    DeletionProtected(Key),
    /// A part of the product that this version does not have.
    #[error("{0} is not supported by this version")]
    Unsupported(&'static str),
    /// Two resources that must lie in one VPC do not.
    #[error("{} {what} and {} {other} are not in the same VPC", .what.kind(), .other.kind())]
    VpcMismatch {
        /// One.
        what: Key,
        /// The other.
        other: Key,
    },
    /// The region does not have the zone.
    #[error("the region has no zone {0}")]
    ZoneUnknown(ZoneId),
    /// No host can run an instance.
    #[error("no host is set up to run instances")]
    NoHost,
    /// A list that must say something is empty.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// A tag that breaks the rules.
    #[error("a tag's {0} printable characters and does not begin with aliyun or acs:")]
    InvalidTag(TagPart),

    /// About address ranges and routes.
    #[error(transparent)]
    Vpc(#[from] VpcRefusal),
    /// The vSwitch lies in another zone.
    #[error("vSwitch {vswitch} lies in zone {actual}, not in {asked}")]
    ZoneMismatch {
        /// The vSwitch.
        vswitch: VSwitchId,
        /// Its zone.
        actual: ZoneId,
        /// The zone that was asked for.
        asked: ZoneId,
    },
    /// About addresses that are not given out.
    #[error(transparent)]
    Address(#[from] AddressRefusal),
    /// Every dense id of a kind is in use.
    #[error("no more {0} are possible in this installation")]
    NoFreeIndex(&'static str),

    /// About instances that are made together.
    #[error(transparent)]
    Together(#[from] TogetherRefusal),
    /// The instance does not run, or it does.
    #[error("{} {instance} is {}: {}", .instance.kind(), if *.running { "running" } else { "stopped" },
        if *.running { "stop it first" } else { "start it first" })]
    WrongPower {
        /// The instance.
        instance: Key,
        /// Whether it runs.
        running: bool,
    },

    /// Security groups of both types.
    #[error(
        "security group {group} is of type {kind}, but the others are not: all security groups must have one type"
    )]
    MixedGroupKinds {
        /// One that differs.
        group: SecurityGroupId,
        /// Its type.
        kind: GroupKind,
    },
    /// Already in the group.
    #[error("{} {member} is in security group {group} already", .member.kind())]
    AlreadyMember {
        /// Who.
        member: Key,
        /// The group.
        group: SecurityGroupId,
    },
    /// Not in the group.
    #[error("{} {member} is not in security group {group}", .member.kind())]
    NotMember {
        /// Who.
        member: Key,
        /// The group.
        group: SecurityGroupId,
    },
    /// The last security group cannot be left.
    #[error("{kind} {0} must be in at least one security group", kind = .0.kind())]
    LastSecurityGroup(Key),
    /// The ENI belongs to a product.
    #[error("{kind} {0} is managed by its product: change the NLB or endpoint instead", kind = .0.kind())]
    EniServiceManaged(Key),
    /// About interfaces.
    #[error(transparent)]
    Eni(#[from] EniRefusal),
    /// About the cloud assistant.
    #[error(transparent)]
    Assistant(#[from] AssistantRefusal),
    /// About key pairs.
    #[error(transparent)]
    KeyPair(#[from] KeyPairRefusal),
    /// About prefix lists.
    #[error(transparent)]
    PrefixList(#[from] PrefixListRefusal),
    /// An enterprise group has no inner access.
    #[error("members of an enterprise security group never accept each other")]
    InnerAccessOfEnterprise(SecurityGroupId),
    /// A rule of an enterprise group names a group.
    #[error("a rule of an enterprise security group cannot name a security group")]
    GroupRuleInEnterprise(SecurityGroupId),
    /// The peer group of a rule is unknown, or another account's.
    #[error("security group {0}, which the rule names, does not exist")]
    PeerGroupNotFound(SecurityGroupId),
    /// A rule's protocol and addresses are of two families.
    #[error("{0} does not go with a range of the other address family")]
    ProtocolOfOtherFamily(RuleProtocol),
    /// A rule's ranges are of two families.
    #[error("the ranges of a rule's two sides must be of one address family")]
    SidesOfTwoFamilies,
    /// No such rule.
    #[error("security group {group} has no such rule")]
    RuleNotFound {
        /// The group.
        group: SecurityGroupId,
    },
    /// Another rule says the same.
    #[error("security group {group} has a rule that says the same")]
    RuleExists {
        /// The group.
        group: SecurityGroupId,
    },

    /// An NLB needs two to ten zones.
    #[error("a network load balancer needs 2 to 10 zones; {0} were given")]
    ZoneCount(usize),
    /// A zone is named twice.
    #[error("zone {0} is named twice")]
    ZoneTwice(ZoneId),
    /// Listener and server group do not fit.
    #[error("a {listener} listener does not fit a {group} server group")]
    ProtocolMismatch {
        /// The listener's.
        listener: ListenerProtocol,
        /// The group's.
        group: GroupProtocol,
    },
    /// Client addresses cannot be kept through TLS.
    #[error("a TCPSSL listener needs a server group without client IP preservation")]
    PreserveClientIpWithTls,
    /// The port is taken.
    #[error("port {port} of {load_balancer} is taken by another {protocol} listener")]
    PortTaken {
        /// The NLB.
        load_balancer: LoadBalancerId,
        /// The protocol.
        protocol: ListenerProtocol,
        /// The port.
        port: u16,
    },
    /// A number out of its range.
    #[error("{field} is {value}; give {low} to {high}")]
    OutOfRange {
        /// Which.
        field: &'static str,
        /// What it was to be.
        value: u64,
        /// Least.
        low: u64,
        /// Most.
        high: u64,
    },
    /// The scheduler does not fit the group's protocol.
    #[error("scheduler {scheduler} needs a UDP server group")]
    SchedulerNeedsUdp {
        /// The scheduler.
        scheduler: Scheduler,
    },
    /// A health check that cannot be.
    #[error(transparent)]
    HealthCheck(#[from] InvalidHealthCheck),
    /// An any-port group needs a port for its health check.
    #[error("a server group with any port needs a port for its health check")]
    AnyPortHealthCheck,
    /// A listener on one port, a group with any.
    #[error("a listener on one port needs a server group without any port")]
    OnePortAnyPortGroup,
    /// A listener on a range of ports, a plain group.
    #[error("a listener on a range of ports needs a server group with any port")]
    RangePlainGroup,
    /// About servers of a group.
    #[error(transparent)]
    Server(#[from] ServerRefusal),
    /// What surrounds a load balancer.
    #[error(transparent)]
    Balancer(#[from] BalancerRefusal),
    /// A command about private zones.
    #[error(transparent)]
    PrivateZone(#[from] PrivateZoneRefusal),
    /// Certificates, security policies, TLS of listeners.
    #[error(transparent)]
    Tls(#[from] TlsRefusal),
    /// The listener runs, or it does not.
    #[error("{} {listener} is {} already", .listener.kind(), if *.enabled { "running" } else { "stopped" })]
    WrongListenerState {
        /// The listener.
        listener: Key,
        /// Whether it runs.
        enabled: bool,
    },

    /// The NLB has no address in the zone.
    #[error("load balancer {load_balancer} has no address in zone {zone}")]
    ResourceNotInZone {
        /// The NLB.
        load_balancer: LoadBalancerId,
        /// The zone.
        zone: ZoneId,
    },
    /// The resource is attached already.
    #[error("load balancer {load_balancer} is a resource of the service in zone {zone} already")]
    ResourceExists {
        /// The NLB.
        load_balancer: LoadBalancerId,
        /// The zone.
        zone: ZoneId,
    },
    /// No such resource.
    #[error("load balancer {load_balancer} is no resource of the service in that zone")]
    ResourceNotFound {
        /// The NLB.
        load_balancer: LoadBalancerId,
        /// The zone, when one was given.
        zone: Option<ZoneId>,
    },
    /// A connection uses the resource, or is accepted.
    #[error("endpoint {endpoint} is connected: disable its connection first")]
    ConnectionDependence {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// The service still has resources.
    #[error("service {0} still has resources: detach them first")]
    ServiceHasResources(EndpointServiceId),
    /// Each zone needs a resource that may be chosen automatically.
    #[error("zone {zone} would be left without a resource that may be chosen automatically")]
    NoAutoAllocated {
        /// The zone.
        zone: ZoneId,
    },
    /// The user is not on the whitelist.
    #[error("the account is not on the service's whitelist")]
    UserNotFound,
    /// The caller is not on the service's whitelist.
    #[error("this account may not connect to service {0}: ask its owner to add the account")]
    ServiceNotAuthorized(EndpointServiceId),
    /// The service is gone.
    #[error("service {0} was deleted")]
    ServiceDeleted(EndpointServiceId),

    /// The service has no resource in the zone.
    #[error("the service has no resource in zone {zone}")]
    ServiceHasNoResourceInZone {
        /// The zone.
        zone: ZoneId,
    },
    /// A connection cannot be accepted: nothing would serve the zone.
    #[error("the service has no resource in the endpoint's zone {zone}: attach one first")]
    NothingServesZone {
        /// The zone.
        zone: ZoneId,
    },
    /// The endpoint has the zone already.
    #[error("the endpoint is in zone {zone} already")]
    EndpointZoneExists {
        /// The zone.
        zone: ZoneId,
    },
    /// The endpoint has no such zone.
    #[error("the endpoint is not in zone {zone}")]
    EndpointZoneNotFound {
        /// The zone.
        zone: ZoneId,
    },
    /// The endpoint still has zones.
    #[error("endpoint {0} still has zones: remove them first")]
    EndpointHasZones(EndpointId),
    /// An endpoint needs a security group.
    #[error("an endpoint needs 1 to 10 security groups")]
    EndpointNeedsSecurityGroup,
    /// Somebody else made the endpoint, and it is protected.
    #[error("endpoint {0} is protected: only who made it, the account itself or a role of it, may change it")]
    EndpointProtected(EndpointId),
    /// The endpoint does not belong to the service.
    #[error("endpoint {endpoint} has no connection to service {service}")]
    ConnectionNotFound {
        /// The endpoint.
        endpoint: EndpointId,
        /// The service.
        service: EndpointServiceId,
    },
    /// The connection is accepted, or it is not.
    #[error("the connection is {}", if *.accepted { "accepted already" } else { "not accepted: enable it first" })]
    WrongConnectionState {
        /// Whether it is accepted.
        accepted: bool,
    },
    /// About endpoints and their connections.
    #[error(transparent)]
    Endpoint(#[from] EndpointRefusal),
    /// A host cannot go while it runs instances.
    #[error("host {0} still runs instances: delete them first")]
    HostInUse(HostId),
    /// A zone cannot go while it has vSwitches.
    #[error("zone {0} still has vSwitches: delete them first")]
    ZoneInUse(ZoneId),
}
