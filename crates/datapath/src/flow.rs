//! Flows on the slow path: found, followed, forgotten, judged again.

use aya_ebpf::bindings::BPF_NOEXIST;
use tables::{DropReason, Flow, FlowMark, FlowState, Purpose, idle};

use crate::{
    carried, event, header, load,
    maps::{FLOWS, PORTS},
    parse::{ICMP, TCP},
    report::{Outcome, count},
    trip::Trip,
};

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// Looks for the packet's flow. A dead one is removed, and so is one that a new SYN replaces.
#[inline(never)]
pub(crate) fn find(trip: &mut Trip) -> Outcome {
    let Some(flow) = FLOWS.get_ptr_mut(&trip.key) else { return Ok(()) };
    // SAFETY: a live entry, copied at once.
    trip.out = unsafe { *flow };
    trip.reverse_key = trip.key.paired(&trip.out);
    let dead = match FLOWS.get_ptr(&trip.reverse_key) {
        Some(pair) => {
            // SAFETY: a live entry, only read, and before any is removed.
            let pair = unsafe { &*pair };
            let idle = trip.out.idle(trip.clock) && pair.idle(trip.clock);
            // The agent resets both ends.
            if idle && trip.out.owes_reset(trip.protocol) && !trip.opens() {
                return Ok(());
            }
            let over = idle || replaced(trip, pair);
            if over {
                event::over(idle, &trip.key, &trip.out, pair);
            }
            over
        }
        None => true,
    };
    if dead {
        forget(trip);
    } else {
        trip.known = 1;
    }
    Ok(())
}

/// Whether the packet opens a new connection with the ports of one that is over.
#[inline(always)]
fn replaced(trip: &Trip, pair: &Flow) -> bool {
    trip.protocol == TCP && trip.tcp_flags & (SYN | ACK) == SYN && (trip.out.over() || pair.over())
}

/// Removes the pair of the packet's flow.
#[inline(always)]
pub(crate) fn forget(trip: &Trip) {
    carried::end(&trip.key);
    carried::end(&trip.reverse_key);
}

/// Removes the pair of a flow that was judged again and refused.
#[inline(always)]
pub(crate) fn forget_judged(trip: &Trip) {
    carried::end(&trip.judged);
    carried::end(&trip.kept_reverse);
}

/// Counts the packet for its flow and follows the TCP state in both entries.
#[inline(never)]
pub(crate) fn follow(trip: &mut Trip) -> Outcome {
    let (Some(flow), Some(pair)) = (FLOWS.get_ptr_mut(&trip.key), FLOWS.get_ptr_mut(&trip.reverse_key))
    else {
        return Err(DropReason::NoConnection);
    };
    // SAFETY: two live entries of different keys.
    let (flow, pair) = unsafe { (&mut *flow, &mut *pair) };
    flow.last_seen = trip.clock.now;
    flow.packets += 1;
    flow.bytes += trip.length as u64;
    if trip.tcp_flags & ACK != 0 && !header::awaits(trip, flow, pair) {
        flow.ack = trip.ack;
    }
    count(Purpose::Forwarded, trip.length);
    let told = flow.ended();
    advance(flow, pair, trip.tcp_flags);
    event::ended(told, &trip.key, flow, pair);
    Ok(())
}

/// Follows the state of a connection in both of its entries, on a packet that matched `flow`.
#[inline(always)]
pub(crate) fn advance(flow: &mut Flow, pair: &mut Flow, tcp_flags: u8) {
    let mut both = 0;
    let ended = flow.ended();
    if tcp_flags & RST != 0 {
        both = FlowState::Reset as u8;
    } else if flow.is_reply() {
        both = if answers(flow, tcp_flags) { FlowState::Answered as u8 } else { 0 };
    } else if tcp_flags & ACK != 0 && flow.is(FlowState::Answered) {
        both = FlowState::Established as u8;
    }
    if tcp_flags & FIN != 0 {
        flow.state |= FlowState::Closing as u8;
        if pair.is(FlowState::Closing) {
            both |= FlowState::Closed as u8;
        }
    }
    flow.state |= both;
    pair.state |= both;
    if !ended && flow.ended() {
        load::ends(flow);
    }
}

/// Whether a reply answers the client's opening. To an untold server's only SYN and ACK do: else it speaks of a handshake that this
/// flow does not know, with which the client could go on.
#[inline(always)]
fn answers(flow: &Flow, tcp_flags: u8) -> bool {
    !flow.is_untold() || tcp_flags & (SYN | ACK) == SYN | ACK
}

/// Prepares a flow of an old plan to be judged again as its first packet was.
#[inline(never)]
pub(crate) fn recollect(trip: &mut Trip) -> Outcome {
    trip.again = 1;
    if trip.out.is_reply() {
        trip.judged = trip.reverse_key;
        trip.kept_reverse = trip.key;
    } else {
        trip.judged = trip.key;
        trip.kept_reverse = trip.reverse_key;
    }
    let Some(forward) = FLOWS.get_ptr(&trip.judged) else { return Err(DropReason::NoConnection) };
    // SAFETY: a live entry, read at once.
    let forward = unsafe { &*forward };
    trip.keep = forward.server;
    trip.kept_src = forward.src;
    trip.kept_sport = forward.sport;
    trip.kept_lease = forward.lease;
    trip.client_mac = forward.src_mac;
    // SAFETY: copied at once.
    let Some(port) = (unsafe { PORTS.get(trip.judged.ingress()) }) else {
        return Err(DropReason::UnknownPort);
    };
    // The port that sent this packet is the receiver when a reply made the flow be judged.
    trip.receiver = if trip.out.is_reply() { trip.sender.index } else { 0 };
    // Another port has the interface's number now: the flow is not its own. MAC addresses are never shared.
    if port.mac != trip.client_mac {
        return Err(DropReason::UnknownPort);
    }
    trip.sender = *port;
    Ok(())
}

/// Lets a flow whose route has changed go on to another next hop: the old one's replies no longer pass.
#[inline(always)]
fn reroute(trip: &mut Trip) -> Outcome {
    if trip.routed == 0 {
        return Err(DropReason::ServerGone);
    }
    if trip.out.is_reply() {
        // SAFETY: read at once.
        if let Some(old) = unsafe { PORTS.get(trip.ingress) } {
            trip.receiver = old.index;
        }
        return Err(DropReason::Rerouted);
    }
    trip.reverse.state = trip.out.state;
    if FLOWS.insert(&trip.reverse_key, &trip.reverse, BPF_NOEXIST as u64).is_err() {
        return Err(DropReason::SourcePorts);
    }
    let _ = FLOWS.remove(&trip.kept_reverse);
    trip.kept_reverse = trip.reverse_key;
    Ok(())
}

/// Renews both entries of a flow that was judged again, in place: counters and state stay.
#[inline(never)]
pub(crate) fn renew(trip: &mut Trip) -> Outcome {
    if trip.reverse_key != trip.kept_reverse {
        reroute(trip)?;
    }
    let (Some(f), Some(r)) = (FLOWS.get_ptr_mut(&trip.judged), FLOWS.get_ptr_mut(&trip.reverse_key)) else {
        return Err(DropReason::NoConnection);
    };
    // SAFETY: two live entries of different keys.
    let (f, r) = unsafe { (&mut *f, &mut *r) };
    update(f, &trip.forward);
    update(r, &trip.reverse);
    let reverse = trip.out.is_reply();
    trip.reverse_key = if reverse { trip.judged } else { trip.kept_reverse };
    trip.out = if reverse { *r } else { *f };
    count(Purpose::Rejudged, trip.length);
    Ok(())
}

/// What a flow keeps from its beginning: how its server was chosen.
const BEGUN: u8 = FlowMark::Counted as u8 | FlowMark::Quic as u8;

#[inline(always)]
fn update(flow: &mut Flow, new: &Flow) {
    flow.egress = new.egress;
    flow.dst_mac = new.dst_mac;
    flow.src_mac = new.src_mac;
    flow.listener = new.listener;
    flow.server = new.server;
    flow.endpoint = new.endpoint;
    flow.timeout = new.timeout;
    flow.marks = new.marks & !BEGUN | flow.marks & BEGUN;
    flow.mss = new.mss;
    flow.epoch = new.epoch;
}

/// Idle time of a flow that no listener governs, seconds.
#[inline(always)]
pub(crate) fn plain_timeout(protocol: u8) -> u16 {
    match protocol {
        TCP => idle::TCP,
        ICMP => idle::ICMP,
        _ => idle::UDP,
    }
}
