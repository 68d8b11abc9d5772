//! What would become of a connection, stage by stage: the program decides, by the maps in force and without leaving a trace in
//! them; the plan says the names, and which rule it was.

mod next;
mod packet;
pub(crate) mod rules;
mod stages;

use std::io;
use std::net::{IpAddr, SocketAddr};

use model::id::{EniId, InstanceId, PortIndex, ZoneId};
use model::net::Family;
use model::plan::{HostPlan, PortPlan};
use serde::Serialize;

use crate::config::AgentConfig;
use crate::flows::Viewer;
use crate::ipv6::{Ipv6Addresses, all_of};
use crate::kernel::links::{self, host_side};
use crate::kernel::netlink::NetlinkError;
use crate::kernel::programs::maps_dir;
use crate::kernel::rehearsal::{RehearsalError, rehearse};
use crate::kernel::table::TableError;
use crate::kernel::tap::TapError;
use packet::Ends;

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
    /// Whom it asks for by this family; `None` = as `from` has it, else by IPv4 if there is a choice.
    pub family: Option<Family>,
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
    /// The interface with this address, if there is but one.
    Address(IpAddr),
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
        address: IpAddr,
        /// The interfaces.
        enis: Vec<String>,
    },
    /// The name has no address in the client's VPC.
    #[error("{0} is neither an address nor a name of the client's VPC")]
    NoTarget(String),
    /// The target is not reached by that family.
    #[error("{to} has no {family} address")]
    NotOfFamily {
        /// The target.
        to: String,
        /// The family.
        family: Family,
    },
    /// The client does not speak the target's family.
    #[error("{eni} has no {family} address, and {to} is one")]
    NoSource {
        /// The client.
        eni: EniId,
        /// The family.
        family: Family,
        /// The target.
        to: IpAddr,
    },
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
    let Client { ifindex, port, ends } = Client::of(config, plan, question)?;
    let packet = packet::first(port.mac, ends, question.port, question.protocol);
    let rehearsed = rehearse(&config.fabric(), &maps_dir(&config.bpf_dir()), ifindex, &packet, &[])?;
    let source = SocketAddr::new(ends.from(), packet::SOURCE_PORT);
    let (to, ipv6) = (ends.to(), Ipv6Addresses::of(plan));
    let walk =
        stages::Walk { plan, ipv6: &ipv6, port, to, source, asked: question, rehearsed: &rehearsed, viewer };
    Ok(Trace { passes: rehearsed.dropped.is_none(), stages: walk.stages() })
}

/// The client that is asked about, by which of its addresses, and the address that it asks for.
struct Client<'a> {
    /// The host side of its interface.
    ifindex: u32,
    port: &'a PortPlan,
    ends: Ends,
}

impl<'a> Client<'a> {
    fn of(config: &AgentConfig, plan: &'a HostPlan, question: &Question) -> Result<Self, TraceError> {
        let (index, port) = client(plan, &question.from)?;
        let ends = ends(port, question, target(plan, port, question)?)?;
        let links = links::list(&config.fabric())?;
        let ifindex = *links.get(&host_side(index)).ok_or(TraceError::NoLink)?;
        Ok(Self { ifindex, port, ends })
    }
}

fn client<'a>(plan: &'a HostPlan, from: &From) -> Result<(PortIndex, &'a PortPlan), TraceError> {
    let is_it = |port: &PortPlan| match from {
        From::Instance(id) => port.instance == *id && port.device == 0,
        From::Eni(id) => port.eni == *id,
        From::Address(address) => all_of(port).any(|own| own == *address),
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
fn target(plan: &HostPlan, port: &PortPlan, question: &Question) -> Result<IpAddr, TraceError> {
    let to = &question.to;
    let mut known = match to.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(address) => vec![(address, &port.zone)],
        Err(_) => named(plan, port, to).ok_or_else(|| TraceError::NoTarget(to.clone()))?,
    };
    let family = question.family.unwrap_or(match question.from {
        From::Address(address) => Family::of(address),
        From::Instance(_) | From::Eni(_) => Family::Ipv4,
    });
    known.sort_by_key(|(address, zone)| (Family::of(*address) != family, **zone != port.zone));
    match (known.first(), question.family) {
        (Some((address, _)), Some(family)) if Family::of(*address) != family => {
            Err(TraceError::NotOfFamily { to: to.clone(), family })
        }
        (Some((address, _)), _) => Ok(*address),
        (None, _) => Err(TraceError::NoTarget(to.clone())),
    }
}

/// The addresses behind a name of the client's VPC, and their zones.
fn named<'a>(plan: &'a HostPlan, port: &PortPlan, name: &str) -> Option<Vec<(IpAddr, &'a ZoneId)>> {
    let name = name.trim_end_matches('.').to_lowercase();
    let known = plan.vpcs.get(&port.network)?.names.get(&name)?;
    Some(known.addresses.iter().map(|(address, zone)| (*address, zone)).collect())
}

/// By the address that was asked for, if it speaks the target's family, else by the first that does.
fn ends(port: &PortPlan, question: &Question, to: IpAddr) -> Result<Ends, TraceError> {
    let asked = match question.from {
        From::Address(address) => Some(address),
        From::Instance(_) | From::Eni(_) => None,
    };
    let mut own = asked.into_iter().chain(all_of(port));
    let ends = own.find_map(|from| match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => Some(Ends::Ipv4(from, to)),
        (IpAddr::V6(from), IpAddr::V6(to)) => Some(Ends::Ipv6(from, to)),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    });
    ends.ok_or_else(|| TraceError::NoSource { eni: port.eni.clone(), family: Family::of(to), to })
}
