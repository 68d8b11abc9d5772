//! The next real packet of a client that is like the one asked about: caught as it leaves its interface, and then led through the
//! stages once more, in a copy, with exactly its bytes.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::path::Path;
use std::time::{Duration, Instant};

use model::plan::HostPlan;
use tables::{Event, EventKind, Flow, FlowKey, FlowState, Talk};

use super::stages::{Walk, stage};
use super::{Client, Protocol, Question, Stage, Trace, TraceError};
use crate::capture::{ETHERNET, HOP_BY_HOP, IPV6, Packet};
use crate::config::AgentConfig;
use crate::flows::{FlowProtocol, Viewer};
use crate::ipv6::{Ipv6Addresses, Known};
use crate::kernel::packed::flow_key;
use crate::kernel::programs::maps_dir;
use crate::kernel::rehearsal::{Rehearsed, rehearse};
use crate::kernel::table::{Table, TableError};
use crate::kernel::tap::{self, Tap};
use crate::sweep;

/// Longest packet that is rehearsed, bytes with the Ethernet header: of what the kernel has joined, the first segment.
const LONGEST: usize = 1514;
/// Until then the real packet has passed, or not.
const SETTLE: Duration = Duration::from_millis(20);
/// Longest time between two looks at the clock.
const LOOK: Duration = Duration::from_millis(100);

const ECHO_REQUEST: u8 = 8;
const ECHO_REQUEST_IPV6: u8 = 128;

/// A packet that was caught.
struct Caught {
    packet: Packet,
    length: usize,
    bytes: Vec<u8>,
}

/// Waits for so long at most, and says what has become of the packet.
///
/// # Errors
/// When no such packet comes, the client or the target is unknown, there is no data plane, or the caller is not root.
pub fn next(
    config: &AgentConfig,
    plan: &HostPlan,
    question: &Question,
    patience: Duration,
) -> Result<Trace, TraceError> {
    let client = Client::of(config, plan, question)?;
    let caught = catch(config, &client, question, patience)?;
    std::thread::sleep(SETTLE);
    let maps = maps_dir(&config.bpf_dir());
    let known = known(&maps, client.ifindex, &caught)?;
    let entries = known.map(|(key, [flow, pair])| [(key, flow), (key.paired(&flow), pair)]);
    let entries = entries.as_ref().map_or(&[][..], |entries| entries);
    let rehearsed = rehearse(&config.fabric(), &maps, client.ifindex, &caught.bytes, entries)?;
    let passed = known.map(|(key, [flow, pair])| Event::of(EventKind::New, sweep::now(), &key, &flow, &pair));
    let rehearsed = Rehearsed { event: passed.or(rehearsed.event), ..rehearsed };
    let ipv6 = Ipv6Addresses::of(plan);
    let known = known.map(|(_, entries)| entries);
    let walk = Walk {
        plan,
        ipv6: &ipv6,
        port: client.port,
        to: client.ends.to(),
        source: caught.source(),
        asked: question,
        rehearsed: &rehearsed,
        viewer: &Viewer::Operator,
    };
    let is_reply = known.is_some_and(|[flow, _]| flow.is_reply());
    let mut stages = vec![caught.stage(), flow_stage(known.as_ref())];
    stages.extend(if is_reply { vec![walk.verdict()] } else { walk.stages() });
    Ok(Trace { passes: rehearsed.dropped.is_none(), stages })
}

fn catch(
    config: &AgentConfig,
    client: &Client<'_>,
    question: &Question,
    patience: Duration,
) -> Result<Caught, TraceError> {
    let mut tap = Tap::open(&config.instance(&client.port.instance), &format!("eth{}", client.port.device))?;
    let end = Instant::now() + patience;
    while Instant::now() < end {
        tap::wait([&tap], LOOK).map_err(TraceError::Tapped)?;
        while let Some(frame) = tap.take().map_err(TraceError::Tapped)? {
            let packet = Packet::of(frame.bytes).filter(|_| frame.outgoing);
            if let Some(packet) =
                packet.filter(|packet| is_asked_for(packet, frame.bytes, client.ends.to(), question))
            {
                return Ok(Caught { packet, length: frame.length, bytes: first_segment(frame.bytes) });
            }
        }
    }
    Err(TraceError::Silence(patience.as_secs()))
}

fn is_asked_for(packet: &Packet, frame: &[u8], to: IpAddr, question: &Question) -> bool {
    let is_it = match question.protocol {
        Protocol::Tcp => packet.protocol == 6,
        Protocol::Udp => packet.protocol == 17,
        Protocol::Icmp => identifier(frame).is_some(),
    };
    is_it
        && packet.to.ip() == to
        && (question.protocol == Protocol::Icmp || packet.to.port() == question.port)
}

/// Of an echo request.
fn identifier(frame: &[u8]) -> Option<u16> {
    let (packet, body) = Packet::with_body(frame)?;
    let request = if packet.to.is_ipv6() { ECHO_REQUEST_IPV6 } else { ECHO_REQUEST };
    let is_request =
        FlowProtocol::of(packet.protocol) == Some(FlowProtocol::Icmp) && body.first() == Some(&request);
    let bytes = body.get(4..6).filter(|_| is_request)?;
    Some(u16::from_be_bytes(bytes.try_into().ok()?))
}

/// The kernel rehearses what fits into a page.
fn first_segment(frame: &[u8]) -> Vec<u8> {
    if frame.len() <= LONGEST {
        return frame.to_vec();
    }
    let mut first = without_jumbo(frame);
    first.truncate(LONGEST);
    let (at, header) =
        if is_ipv6(frame) { (ETHERNET + 4, ETHERNET + IPV6) } else { (ETHERNET + 2, ETHERNET) };
    let length = (first.len() - header) as u16;
    first[at..at + 2].copy_from_slice(&length.to_be_bytes());
    first
}

fn is_ipv6(frame: &[u8]) -> bool {
    frame[12..ETHERNET] == [0x86, 0xdd]
}

/// A super-packet of IPv6 tells its length in a header of its own, which its segments do not have.
fn without_jumbo(frame: &[u8]) -> Vec<u8> {
    let next = ETHERNET + 6;
    let (before, after) = frame.split_at(ETHERNET + IPV6);
    if !is_ipv6(frame) || frame[next] != HOP_BY_HOP {
        return frame.to_vec();
    }
    let mut plain = [before, &after[8..]].concat();
    plain[next] = after[0];
    plain
}

impl Caught {
    /// Of a ping, its identifier is the port.
    fn source(&self) -> SocketAddr {
        SocketAddr::new(self.packet.from.ip(), identifier(&self.bytes).unwrap_or(self.packet.from.port()))
    }

    fn stage(&self) -> Stage {
        let Packet { from, to, .. } = self.packet;
        let flags = self.packet.letters().map(|letters| format!(" [{letters}]")).unwrap_or_default();
        let ends = if identifier(&self.bytes).is_some() {
            format!("{} > {}", from.ip(), to.ip())
        } else {
            format!("{from} > {to}")
        };
        stage("packet", format!("{ends}{flags}, {} bytes", self.length), None)
    }
}

/// The key of the packet, and both entries of its connection.
type Connection = (FlowKey, [Flow; 2]);

fn known(maps: &Path, ingress: u32, caught: &Caught) -> Result<Option<Connection>, TableError> {
    let addresses = Known::open(maps)?;
    let Packet { from, to, protocol, .. } = caught.packet;
    let (Some(from), Some(to)) = (addresses.end(from)?, addresses.end(to)?) else { return Ok(None) };
    let key = match identifier(&caught.bytes) {
        Some(identifier) => {
            let end = |end: SocketAddrV4| SocketAddrV4::new(*end.ip(), identifier);
            flow_key(ingress, end(from), end(to), Talk::Request)
        }
        None => match Talk::of(protocol, ECHO_REQUEST) {
            Some(talk) => flow_key(ingress, from, to, talk),
            None => return Ok(None),
        },
    };
    let flows: Table<FlowKey, Flow> = Table::open(maps, "FLOWS")?;
    let Some(flow) = flows.get(&key)? else { return Ok(None) };
    Ok(flows.get(&key.paired(&flow))?.map(|pair| (key, [flow, pair])))
}

fn flow_stage(known: Option<&[Flow; 2]>) -> Stage {
    let Some([flow, pair]) = known else { return stage("flow", "none", None) };
    let state = if flow.ended() {
        "ended"
    } else if flow.is_reply() {
        "a reply"
    } else if pair.packets == 0 {
        "new"
    } else if flow.is(FlowState::Established) {
        "established"
    } else {
        "opening"
    };
    let carried = format!("{} packets sent, {} received", flow.packets, pair.packets);
    stage("flow", state, Some(carried))
}
