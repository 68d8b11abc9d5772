//! The kernel program of Isthmus, attached to the ingress of every host-side veth.
//!
//! | map | what |
//! | --- | --- |
//! | `FLOWS` | (ingress, 5-tuple) to the composed rewrite: all that an established packet needs |
//! | `OPENINGS`, `OPENED` | half-open connections in the order in which they came, and how many there have been |
//! | `PORTS` | interface index to the port behind it |
//! | `IPV6`, `IPV6_ADDRESSES` | an IPv6 address to what stands for it everywhere else, and back |
//! | `ADDRESSES` | (network, address) to what stands behind it |
//! | `ROUTES` | (route table, range) to the next hop; (port, range) to whether it may send from there |
//! | `POLICIES`, `RULES`, `MEMBERS` | security groups: id to a range of rules; group membership |
//! | `LISTENERS`, `SLOTS`, `SERVERS` | load balancing: (zonal address, protocol, range of ports) to a range of slots, slot to server |
//! | `LOCALS` | addresses from which a zone of a load balancer speaks to servers |
//! | `HEADERS` | what a listener's servers are told in front of a connection's first byte |
//! | `FRAGMENTS` | ports of datagrams whose first fragment was seen |
//! | `LIMITS` | bandwidth of an endpoint's connection, and how far it is used |
//! | `RATES` | how many new connections a zonal address and its listeners take |
//! | `LOADS` | connections of each server, where the least loaded one is chosen |
//! | `TURNS` | how many new connections a listener of a zonal address has placed in turn |
//! | `QUIC_IDS` | ids that servers gave to their QUIC connections, to the server |
//! | `EXHAUSTED` | private: when no source port towards a server was free |
//! | `EPOCH` | the plan in force: flows of another one are judged again |
//! | `DROPS` | (port, reason) to packets and bytes dropped |
//! | `CARRIED` | listeners and servers, to what connections that are over have carried |
//! | `COUNTERS` | packets and bytes of the whole host, by purpose |
//! | `EVENTS` | ring: what becomes of connections |
//! | `ENDING` | private: the entry of a connection that is forgotten |
//! | `TRIP` | private: what the slow path knows about the packet in hand |
#![no_std]
#![no_main]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]
#![allow(missing_docs, reason = "the macro of entry points drops their documentation")]
#![allow(
    clippy::needless_borrows_for_generic_args,
    reason = "a copied key would lie on the stack of 512 bytes"
)]

mod arp;
mod atomic;
mod carried;
mod choose;
mod clamp;
mod clock;
mod event;
mod families;
mod fast;
mod fast6;
mod flow;
mod front;
mod header;
mod hop;
mod icmp;
mod icmpv6;
mod ipv6;
mod limit;
mod load;
mod local;
mod maps;
mod messages;
mod openings;
mod options;
mod pair;
mod parse;
mod policy;
mod proxy;
mod quic;
mod rate;
mod report;
mod reverse;
mod rewrite;
mod route;
mod service;
mod shift;
mod source;
mod stand;
mod summed;
mod trip;
mod turn;
mod unreachable;

use aya_ebpf::{
    bindings::{__sk_buff, TC_ACT_OK, TC_ACT_SHOT},
    macros::classifier,
    programs::TcContext,
};
use tables::{DropReason, EventKind, FlowKey, Purpose, Talk, is_ipv6};

use crate::{report::Outcome, trip::Trip};

/// Every packet that a port sends.
#[classifier]
fn ingress(ctx: TcContext) -> i32 {
    match fast::forward(&ctx) {
        Some(verdict) => verdict,
        None => others(ctx.skb.skb),
    }
}

/// Does nothing: what a call costs before the program starts, for benchmarks.
#[classifier]
fn empty(_: TcContext) -> i32 {
    TC_ACT_OK
}

/// What the kernel's clock says: user space cannot read it otherwise.
#[classifier]
fn jiffies(_: TcContext) -> i32 {
    clock::now().now.0 as i32
}

/// What is not established in IPv4. Apart from the entry point, whose stack IPv4's fast path has.
#[inline(never)]
fn others(skb: *mut __sk_buff) -> i32 {
    match fast6::forward(skb) {
        fast6::SLOW => slow(skb),
        verdict => verdict as i32,
    }
}

/// First packets, ends of connections, and everything unusual.
#[inline(always)]
fn slow(skb: *mut __sk_buff) -> i32 {
    let Some(trip) = Trip::current() else { return TC_ACT_SHOT };
    trip.begin(skb);
    match stages(skb, trip) {
        Ok(()) => trip.verdict,
        Err(reason) => {
            report::dropped(trip, reason);
            unreachable::explain(skb, trip, reason)
        }
    }
}

#[inline(always)]
fn stages(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    parse::frame(skb, trip)?;
    if trip.frame.ethertype == parse::ETHERTYPE_ARP {
        return arp::answer(skb, trip);
    }
    if trip.frame.ethertype == parse::ETHERTYPE_IPV6 {
        ipv6::parse(skb, trip)?;
        if trip.answered == 1 {
            return Ok(());
        }
    } else {
        parse::ipv4(skb, trip)?;
    }
    let icmp = trip.protocol == parse::ICMP;
    if icmp && !matches!(trip.icmp_type, parse::ECHO_REPLY | parse::ECHO_REQUEST) {
        return icmp::error(skb, trip);
    }
    let Some(talk) = Talk::of(trip.protocol, trip.icmp_type) else { return Err(DropReason::IpProtocol) };
    trip.key.way = FlowKey::way(trip.ingress, talk);
    flow::find(trip)?;
    if trip.known == 1 && trip.out.epoch != trip.epoch {
        stand::judge(skb, trip)?;
    }
    if trip.known == 1 { known(skb, trip) } else { first(skb, trip) }
}

/// A packet of a known flow.
#[inline(always)]
fn known(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    rewrite::hop(trip)?;
    families::may(trip)?;
    limit::pass(trip)?;
    header::heed(skb, trip)?;
    flow::follow(trip)?;
    if header::turns(trip) {
        return turn::round(skb, trip);
    }
    quic::listen(skb, trip);
    rewrite::forward(skb, trip)
}

/// A packet of no known flow.
#[inline(always)]
fn first(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.part == trip::Part::Later as u8 {
        return Err(DropReason::Fragment);
    }
    trip.judged = trip.key;
    route::begin(trip);
    let outcome = open(skb, trip);
    if let Err(reason) = outcome {
        event::denied(trip, reason);
    }
    outcome
}

/// Judges the packet, and lets it through as the first of a new flow.
#[inline(always)]
fn open(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if !trip.opens() {
        return Err(DropReason::NoConnection);
    }
    // Only answers go to addresses of the other family.
    if trip.ipv6 == 1 && !is_ipv6(trip.key.dst) {
        return Err(DropReason::NoRoute);
    }
    route::judge(skb, trip)?;
    if trip.answered == 1 {
        return Ok(());
    }
    trip.out = trip.forward;
    rewrite::hop(trip)?;
    families::may(trip)?;
    limit::pass(trip)?;
    pair::install(trip)?;
    trip.out = trip.forward;
    event::flow(EventKind::New, &trip.judged, &trip.forward, &trip.reverse);
    report::count(Purpose::NewFlow, trip.length);
    report::count(Purpose::Forwarded, trip.length);
    rewrite::forward(skb, trip)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

/// Helpers of the kernel that are for GPL programs only need this.
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";
