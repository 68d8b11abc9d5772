//! What would become of a connection, stage by stage: the program decides, by the maps in force and without leaving a trace in
//! them; the plan says the names, and which rule it was.

mod next;
mod packet;
mod rules;
mod stages;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};

use model::id::{EniId, InstanceId, PortIndex};
use model::plan::{HostPlan, PortPlan};
use serde::Serialize;

use crate::config::AgentConfig;
use crate::flows::Viewer;
use crate::kernel::links::{self, host_side};
use crate::kernel::netlink::NetlinkError;
use crate::kernel::programs::maps_dir;
use crate::kernel::rehearsal::{RehearsalError, rehearse};
use crate::kernel::table::TableError;
use crate::kernel::tap::TapError;

pub use next::next;

/// What a connection would speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// A ping.
    Icmp,
}

/// The connection that is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Its client.
    pub from: From,
    /// Whom it asks for: an address, or a name of the client's VPC.
    pub to: String,
    /// The port that it asks for; of a ping none counts.
    pub port: u16,
    /// What it speaks.
    pub protocol: Protocol,
}

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// The primary interface of an instance.
    Instance(InstanceId),
    /// An interface.
    Eni(EniId),
    /// The interface with this primary address, if there is but one.
    Address(Ipv4Addr),
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// Whether the first packet would pass.
    pub passes: bool,
    /// What each stage says, in the order of the packet's way, as far as it comes.
    pub stages: Vec<Stage>,
}

/// What one stage says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// The stage.
    pub stage: &'static str,
    /// Its decision.
    pub decision: String,
    /// What decided: a rule, or who it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The client is not on this host.
    #[error("no interface on this host is {0}: give an instance, an interface or an address of one")]
    NoClient(String),
    /// Several interfaces have the address.
    #[error("{address} is the address of several interfaces: give one of {}", .enis.join(", "))]
    ManyClients {
        /// The address.
        address: Ipv4Addr,
        /// The interfaces.
        enis: Vec<String>,
    },
    /// The name has no address in the client's VPC.
    #[error("{0} is neither an address nor a name of the client's VPC")]
    NoTarget(String),
    /// The client's link is not there.
    #[error("the interface has no link yet: `isthmus status` says what stands in the way")]
    NoLink,
    /// The fabric's links could not be listed.
    #[error(transparent)]
    Links(#[from] NetlinkError),
    /// The program could not be asked.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    /// The client's interface could not be listened to.
    #[error(transparent)]
    Tap(#[from] TapError),
    /// The client's interface has gone.
    #[error("the interface could be listened to no more")]
    Tapped(#[source] io::Error),
    /// The packet's connection could not be looked up.
    #[error(transparent)]
    Flows(#[from] TableError),
    /// No such packet came.
    #[error("no such packet left the interface within {0} s")]
    Silence(u64),
}

/// Asks the data plane of this host what would become of the connection, as the viewer may see it: of a service of somebody
/// else's whether it takes the connection. Nothing changes: no counter, no flow, no turn.
///
/// # Errors
/// When the client or the target is unknown, there is no data plane, or the caller is not root.
pub fn trace(
    config: &AgentConfig,
    plan: &HostPlan,
    question: &Question,
    viewer: &Viewer,
) -> Result<Trace, TraceError> {
    let Client { ifindex, port, to } = Client::of(config, plan, question)?;
    let packet = packet::first(port, to, question.port, question.protocol);
    let rehearsed = rehearse(&config.fabric(), &maps_dir(&config.bpf_dir()), ifindex, &packet, &[])?;
    let source = SocketAddrV4::new(port.address, packet::SOURCE_PORT);
    let stages =
        stages::Walk { plan, port, to, source, asked: question, rehearsed: &rehearsed, viewer }.stages();
    Ok(Trace { passes: rehearsed.dropped.is_none(), stages })
}

/// The client that is asked about, and the address that it asks for.
struct Client<'a> {
    /// The host side of its interface.
    ifindex: u32,
    port: &'a PortPlan,
    to: Ipv4Addr,
}

impl<'a> Client<'a> {
    fn of(config: &AgentConfig, plan: &'a HostPlan, question: &Question) -> Result<Self, TraceError> {
        let (index, port) = client(plan, &question.from)?;
        let to = target(plan, port, &question.to)?;
        let links = links::list(&config.fabric())?;
        let ifindex = *links.get(&host_side(index)).ok_or(TraceError::NoLink)?;
        Ok(Self { ifindex, port, to })
    }
}

fn client<'a>(plan: &'a HostPlan, from: &From) -> Result<(PortIndex, &'a PortPlan), TraceError> {
    let is_it = |port: &PortPlan| match from {
        From::Instance(id) => port.instance == *id && port.device == 0,
        From::Eni(id) => port.eni == *id,
        From::Address(address) => port.address == *address,
    };
    let found: Vec<_> = plan.ports.iter().filter(|(_, port)| is_it(port)).collect();
    match (found.as_slice(), from) {
        ([(index, port)], _) => Ok((**index, port)),
        ([], From::Instance(id)) => Err(TraceError::NoClient(id.to_string())),
        ([], From::Eni(id)) => Err(TraceError::NoClient(id.to_string())),
        ([], From::Address(address)) => Err(TraceError::NoClient(address.to_string())),
        (several, From::Address(address)) => Err(TraceError::ManyClients {
            address: *address,
            enis: several.iter().map(|(_, port)| port.eni.to_string()).collect(),
        }),
        // Ids are given once.
        ([(index, port), ..], From::Instance(_) | From::Eni(_)) => Ok((**index, port)),
    }
}

/// The address that the client would be told first.
fn target(plan: &HostPlan, port: &PortPlan, to: &str) -> Result<Ipv4Addr, TraceError> {
    if let Ok(address) = to.parse() {
        return Ok(address);
    }
    let name = to.trim_end_matches('.').to_lowercase();
    let known = plan.vpcs.get(&port.network).and_then(|vpc| vpc.names.get(&name));
    let addresses = known.map(|name| name.addresses.as_slice()).unwrap_or_default();
    let mut known: Vec<_> =
        addresses.iter().filter_map(|(address, zone)| Some((v4(*address)?, zone))).collect();
    known.sort_by_key(|(_, zone)| **zone != port.zone);
    known.first().map(|(address, _)| *address).ok_or_else(|| TraceError::NoTarget(to.to_owned()))
}

fn v4(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
