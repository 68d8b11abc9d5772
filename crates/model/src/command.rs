//! Commands: every way in which the state can change. Fields are parsed values; `Default` is the API's default.

pub mod assistant;
pub mod balancer;
pub mod endpoint;
pub mod eni;
pub mod instance;
pub mod key_pair;
pub mod nlb;
pub mod prefix_list;
pub mod private_zone;
pub mod resource_group;
pub mod route;
pub mod security;
pub mod service;
pub mod system;
pub mod tls;
pub mod vpc;

use assistant::AssistantCommand;
use balancer::BalancerCommand;
use endpoint::{
    AddEndpointZone, CreateEndpoint, EnableConnection, EndpointGroup, EndpointZoneRef, SetZoneResource,
    UpdateConnection, UpdateEndpoint, ZoneSwitch,
};
use eni::EniCommand;
use instance::{DeleteInstances, ModifyInstance, RunInstances, Switch};
use key_pair::KeyPairCommand;
use nlb::{
    AddServers, CreateListener, CreateLoadBalancer, CreateServerGroup, RemoveServers, UpdateListener,
    UpdateLoadBalancer, UpdateLoadBalancerProtection, UpdateLoadBalancerZones, UpdateServerGroup,
    UpdateServers,
};
use prefix_list::PrefixListCommand;
use private_zone::PrivateZoneCommand;
use resource_group::ResourceGroupCommand;
use route::RouteCommand;
use security::{
    AuthorizeRules, CreateSecurityGroup, Membership, ModifyRule, ModifySecurityGroup, RevokeRules,
};
use service::{CreateService, ServiceResource, SetAutoAllocated, UpdateService};
use system::{Access, CreateAccessKey, CreateAccount, Tagging, Untagging};
use tls::TlsCommand;
use vpc::VpcCommand;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::Ipv6Net;

use crate::account::Secret;
use crate::id::{
    AccountId, CertificateId, CommandId, EndpointId, EndpointServiceId, EniId, InstanceId, InvocationId,
    JobId, KeyPairId, ListenerId, LoadBalancerId, PrefixListId, PrivateZoneId, Revision, RouteEntryId,
    RouteTableId, RouterId, SecurityGroupId, SecurityPolicyId, ServerGroupId, Timestamp, VSwitchId, VpcId,
};
use crate::meta::Name;
use crate::private_zone::RecordNumber;
use crate::records::Settings;
use crate::resource_group::ResourceGroup;
use crate::service::User;
use crate::tables::Key;
use crate::vpc::VpcCidr;

/// What a command is judged with besides the state.
#[derive(Clone, Debug)]
pub struct Env {
    /// The time.
    pub now: Timestamp,
    /// Where new ids come from: different for every command.
    pub seed: u64,
    /// Who asks.
    pub account: AccountId,
    /// As which role of the account; `None` = with the account's own key.
    pub role: Option<String>,
}

/// One change of the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Sets region, zones and hosts.
    Configure(Settings),
    /// Makes an account.
    CreateAccount(CreateAccount),
    /// Says who may call, and how much they may have.
    Access(Access),
    /// Makes an access key.
    CreateAccessKey(CreateAccessKey),
    /// Forgets old jobs and tokens, and addresses that rested long enough; hosts have made true this revision.
    Purge(Revision),
    /// Sets tags.
    Tag(Tagging),
    /// Takes tags away.
    Untag(Untagging),
    /// Something about resource groups.
    ResourceGroup(ResourceGroupCommand),

    /// Something about VPCs and vSwitches.
    Vpc(VpcCommand),
    /// Something about route tables.
    Route(RouteCommand),

    /// Makes instances.
    RunInstances(RunInstances),
    /// Starts, stops or reboots instances.
    SwitchInstances(Switch, Vec<InstanceId>),
    /// Deletes instances.
    DeleteInstances(DeleteInstances),
    /// Changes an instance.
    ModifyInstance(ModifyInstance),

    /// A change of key pairs.
    KeyPair(KeyPairCommand),
    /// A change of prefix lists.
    PrefixList(PrefixListCommand),
    /// Something about the cloud assistant.
    Assistant(AssistantCommand),

    /// Something about interfaces.
    Eni(EniCommand),

    /// Makes a security group.
    CreateSecurityGroup(CreateSecurityGroup),
    /// Names or describes a security group.
    ModifySecurityGroup(ModifySecurityGroup),
    /// Whether members of a normal group accept each other.
    SetInnerAccess(SecurityGroupId, bool),
    /// Deletes an unused security group.
    DeleteSecurityGroup(SecurityGroupId),
    /// Adds rules; one that is there already stays as it is.
    AuthorizeRules(AuthorizeRules),
    /// Takes rules away; one that is not there is no error.
    RevokeRules(RevokeRules),
    /// Changes a rule.
    ModifyRule(ModifyRule),
    /// Puts an instance or ENI into a group.
    JoinSecurityGroup(Membership),
    /// Takes an instance or ENI out of a group.
    LeaveSecurityGroup(Membership),

    /// Makes an NLB.
    CreateLoadBalancer(CreateLoadBalancer),
    /// Changes an NLB.
    UpdateLoadBalancer(UpdateLoadBalancer),
    /// Sets the zones of an NLB.
    UpdateLoadBalancerZones(UpdateLoadBalancerZones),
    /// Sets the protections of an NLB.
    UpdateLoadBalancerProtection(UpdateLoadBalancerProtection),
    /// Deletes an NLB and its listeners.
    DeleteLoadBalancer(LoadBalancerId),
    /// Makes a server group.
    CreateServerGroup(CreateServerGroup),
    /// Changes a server group.
    UpdateServerGroup(UpdateServerGroup),
    /// Deletes a server group that no listener uses.
    DeleteServerGroup(ServerGroupId),
    /// Adds servers to a group.
    AddServers(AddServers),
    /// Takes servers out of a group.
    RemoveServers(RemoveServers),
    /// Changes servers of a group.
    UpdateServers(UpdateServers),
    /// Makes a listener and starts it.
    CreateListener(CreateListener),
    /// Changes a listener.
    UpdateListener(UpdateListener),
    /// Starts a stopped listener.
    StartListener(ListenerId),
    /// Stops a running listener.
    StopListener(ListenerId),
    /// Deletes a listener.
    DeleteListener(ListenerId),
    /// A change of what surrounds an NLB.
    Balancer(BalancerCommand),
    /// A change of certificates, security policies, or a listener's certificates.
    Tls(TlsCommand),

    /// A change of private zones.
    PrivateZone(PrivateZoneCommand),

    /// Makes an endpoint service.
    CreateService(CreateService),
    /// Changes an endpoint service.
    UpdateService(UpdateService),
    /// Deletes an endpoint service without resources and accepted connections.
    DeleteService(EndpointServiceId),
    /// Adds a resource to a service.
    AttachResource(ServiceResource),
    /// Takes a resource from a service.
    DetachResource(ServiceResource),
    /// Whether a resource may be chosen without being asked for.
    SetAutoAllocated(SetAutoAllocated),
    /// Lets an account connect.
    AddUser(EndpointServiceId, User),
    /// No longer lets an account connect.
    RemoveUser(EndpointServiceId, User),

    /// Makes an endpoint.
    CreateEndpoint(CreateEndpoint),
    /// Changes an endpoint.
    UpdateEndpoint(UpdateEndpoint),
    /// Deletes an endpoint without zones.
    DeleteEndpoint(EndpointId),
    /// Adds a zone to an endpoint.
    AddEndpointZone(AddEndpointZone),
    /// Takes a zone from an endpoint.
    RemoveEndpointZone(EndpointZoneRef),
    /// Adds a security group to an endpoint.
    AttachEndpointGroup(EndpointGroup),
    /// Takes a security group from an endpoint.
    DetachEndpointGroup(EndpointGroup),

    /// The provider accepts a connection.
    EnableConnection(EnableConnection),
    /// The provider denies a connection.
    DisableConnection(EndpointServiceId, EndpointId),
    /// The provider changes a connection.
    UpdateConnection(UpdateConnection),
    /// The provider switches something of one zone of a connection.
    SwitchZone(ZoneSwitch, EndpointServiceId, EndpointZoneRef),
    /// The provider chooses what serves one zone of a connection.
    SetZoneResource(SetZoneResource),
}

/// What the answer to a command needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Nothing.
    Done,
    /// A resource was moved into a resource group.
    Moved(Key),
    /// A resource group was made, renamed or deleted: this one.
    ResourceGroup(Arc<ResourceGroup>),
    /// An account was made.
    Account(AccountId),
    /// A VPC was made.
    Vpc {
        /// The VPC.
        id: VpcId,
        /// Its router.
        router: RouterId,
        /// Its route table.
        route_table: RouteTableId,
    },
    /// A VPC got this range.
    Cidr(VpcCidr),
    /// A VPC got this IPv6 range.
    Ipv6Cidr(Ipv6Net),
    /// A vSwitch was made.
    VSwitch(VSwitchId),
    /// A route table was made.
    RouteTable(RouteTableId),
    /// A route was made.
    RouteEntry(RouteEntryId),
    /// Instances were made, started, stopped or rebooted.
    Instances(Vec<InstanceId>),
    /// A command of the cloud assistant is kept.
    SavedCommand(CommandId),
    /// Instances carry out a command.
    Invocation(CommandId, InvocationId),
    /// A key pair was made; its private half, when it was made here.
    KeyPair(KeyPairId, Option<Secret>),
    /// Instances got a key pair, or no longer have it.
    KeyPairOf(Name, Vec<InstanceId>),
    /// A prefix list was made.
    PrefixList(PrefixListId),
    /// An interface was made.
    Eni(EniId),
    /// An interface got these addresses.
    Addresses(EniId, Vec<IpAddr>),
    /// A security group was made.
    SecurityGroup(SecurityGroupId),
    /// An NLB was made.
    LoadBalancer(LoadBalancerId),
    /// A server group was made or changed.
    ServerGroup(ServerGroupId, JobId),
    /// A listener was made.
    Listener(ListenerId, JobId),
    /// A certificate was imported.
    Certificate(CertificateId),
    /// A security policy was made or changed.
    SecurityPolicy(SecurityPolicyId, JobId),
    /// A job of the NLB API goes on.
    Job(JobId),
    /// A private zone was made, changed or deleted.
    PrivateZone(PrivateZoneId),
    /// A record of a private zone was made, changed or deleted.
    ZoneRecord(RecordNumber),
    /// An endpoint service was made.
    Service(EndpointServiceId),
    /// An endpoint was made.
    Endpoint(EndpointId),
}
