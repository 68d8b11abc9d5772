//! The next real packet of a client that is like the one asked about: caught as it leaves its interface, and then led through the
//! stages once more, in a copy, with exactly its bytes.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use model::plan::HostPlan;
use tables::{Event, EventKind, Flow, FlowKey, FlowState};

use super::stages::{Walk, stage};
use super::{Client, Protocol, Question, Stage, Trace, TraceError};
use crate::capture::Packet;
use crate::config::AgentConfig;
use crate::flows::Viewer;
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

const ETHERNET: usize = 14;
const ECHO_REQUEST: u8 = 8;

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
    let key = key(client.ifindex, &caught);
    let known = known(&Table::open(&maps, "FLOWS")?, key)?;
    let entries = known.map(|[flow, pair]| [(key, flow), (key.paired(&flow), pair)]);
    let entries = entries.as_ref().map_or(&[][..], |entries| entries);
    let rehearsed = rehearse(&config.fabric(), &maps, client.ifindex, &caught.bytes, entries)?;
    let passed = known.map(|[flow, pair]| Event::of(EventKind::New, sweep::now(), &key, &flow, &pair));
    let rehearsed = Rehearsed { event: passed.or(rehearsed.event), ..rehearsed };
    let walk = Walk {
        plan,
        port: client.port,
        to: client.to,
        source: caught.source(),
        asked: question,
        rehearsed: &rehearsed,
        viewer: &Viewer::Operator,
    };
    let is_reply = known.is_some_and(|[flow, _]| flow.reverse == 1);
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
                packet.filter(|packet| is_asked_for(packet, frame.bytes, client.to, question))
            {
                return Ok(Caught { packet, length: frame.length, bytes: first_segment(frame.bytes) });
            }
        }
    }
    Err(TraceError::Silence(patience.as_secs()))
}

fn is_asked_for(packet: &Packet, frame: &[u8], to: Ipv4Addr, question: &Question) -> bool {
    let is_it = match question.protocol {
        Protocol::Tcp => packet.protocol == 6,
        Protocol::Udp => packet.protocol == 17,
        Protocol::Icmp => packet.protocol == 1 && l4(frame).first() == Some(&ECHO_REQUEST),
    };
    is_it
        && *packet.to.ip() == to
        && (question.protocol == Protocol::Icmp || packet.to.port() == question.port)
}

/// What follows the IP header.
fn l4(frame: &[u8]) -> &[u8] {
    let length = frame.get(ETHERNET).map_or(0, |first| usize::from(first & 0x0f) * 4);
    frame.get(ETHERNET + length..).unwrap_or_default()
}

/// The kernel rehearses what fits into a page.
fn first_segment(frame: &[u8]) -> Vec<u8> {
    let mut first = frame[..frame.len().min(LONGEST)].to_vec();
    if frame.len() > LONGEST {
        first[ETHERNET + 2..ETHERNET + 4].copy_from_slice(&((LONGEST - ETHERNET) as u16).to_be_bytes());
    }
    first
}

impl Caught {
    /// Of a ping, its identifier is the port.
    fn source(&self) -> SocketAddrV4 {
        SocketAddrV4::new(*self.packet.from.ip(), self.identifier().unwrap_or(self.packet.from.port()))
    }

    fn identifier(&self) -> Option<u16> {
        let bytes = l4(&self.bytes).get(4..6).filter(|_| self.packet.protocol == 1)?;
        Some(u16::from_be_bytes(bytes.try_into().ok()?))
    }

    fn stage(&self) -> Stage {
        let Packet { from, to, .. } = self.packet;
        let flags = self.packet.letters().map(|letters| format!(" [{letters}]")).unwrap_or_default();
        let ends = if self.packet.protocol == 1 {
            format!("{} > {}", from.ip(), to.ip())
        } else {
            format!("{from} > {to}")
        };
        stage("packet", format!("{ends}{flags}, {} bytes", self.length), None)
    }
}

fn key(ingress: u32, caught: &Caught) -> FlowKey {
    let Packet { from, to, protocol, .. } = caught.packet;
    match caught.identifier() {
        Some(identifier) => {
            let end = |end: SocketAddrV4| SocketAddrV4::new(*end.ip(), identifier);
            FlowKey { icmp_type: ECHO_REQUEST, ..flow_key(ingress, end(from), end(to), protocol) }
        }
        None => flow_key(ingress, from, to, protocol),
    }
}

/// Both entries of the packet's connection.
fn known(flows: &Table<FlowKey, Flow>, key: FlowKey) -> Result<Option<[Flow; 2]>, TableError> {
    let Some(flow) = flows.get(&key)? else { return Ok(None) };
    Ok(flows.get(&key.paired(&flow))?.map(|pair| [flow, pair]))
}

fn flow_stage(known: Option<&[Flow; 2]>) -> Stage {
    let Some([flow, pair]) = known else { return stage("flow", "none", None) };
    let state = if flow.ended() {
        "ended"
    } else if flow.reverse == 1 {
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
