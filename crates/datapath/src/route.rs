//! Judges first packets: who may send, what stands behind the destination, who may receive.

use aya_ebpf::bindings::__sk_buff;
use tables::{Address, AddressKey, AddressKind, DropReason, PortKind, SERVICES_NETWORK};

use crate::{
    flow::plain_timeout,
    hop, icmp,
    maps::ADDRESSES,
    pair::complete,
    policy::{Question, ask},
    proxy,
    report::Outcome,
    service,
    trip::Trip,
};

const PORT: u8 = AddressKind::Port as u8;
const LOAD_BALANCER: u8 = AddressKind::LoadBalancer as u8;
const ENDPOINT: u8 = AddressKind::Endpoint as u8;
const GATEWAY: u8 = AddressKind::Gateway as u8;
const REVERSE: u8 = AddressKind::Reverse as u8;
const LOCAL: u8 = AddressKind::Local as u8;
const SERVICE: u8 = AddressKind::Service as u8;

/// Finds what becomes of `judged`: fills both entries, or answers, or refuses.
#[inline(never)]
pub(crate) fn judge(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    if trip.sender.kind == PortKind::Services as u8 {
        return from_services(trip);
    }
    let mut found = look_up(trip, trip.sender.network, trip.judged.dst);
    if !found && look_up(trip, SERVICES_NETWORK, trip.judged.dst) && trip.target.kind == SERVICE {
        return to_services(trip);
    }
    found = found || hop::find(trip);
    ask(&Question {
        policy: trip.sender.egress_policy,
        peer: trip.judged.dst,
        own: trip.judged.src,
        source_port: trip.judged.sport,
        port: trip.judged.dport,
        protocol: trip.protocol,
        groups: true,
        otherwise: DropReason::EgressPolicy,
    })?;
    if !found {
        return Err(DropReason::NoRoute);
    }
    match trip.target.kind {
        PORT => to_port(trip),
        GATEWAY if is_echo(trip) => icmp::answer_echo(skb, trip),
        LOAD_BALANCER | ENDPOINT => {
            service::admit(trip)?;
            if is_echo(trip) { icmp::answer_echo(skb, trip) } else { service::balance(skb, trip) }
        }
        GATEWAY | REVERSE | LOCAL => Err(DropReason::NoListener),
        _ => Err(DropReason::NoRoute),
    }
}

/// The forward entry as it is if nothing is translated.
#[inline(always)]
pub(crate) fn begin(trip: &mut Trip) {
    trip.routed = 0;
    trip.locals.count = 0;
    let f = &mut trip.forward;
    f.src = trip.judged.src;
    f.dst = trip.judged.dst;
    f.sport = trip.judged.sport;
    f.dport = trip.judged.dport;
    f.listener = 0;
    f.server = 0;
    f.endpoint = 0;
    f.egress = 0;
    f.lease = 0;
    f.header = 0;
    f.mss = 0;
    f.marks = 0;
    f.timeout = plain_timeout(trip.protocol);
}

/// Finds what stands behind an address.
#[inline(always)]
pub(crate) fn look_up(trip: &mut Trip, network: u32, at: u32) -> bool {
    match address(network, at) {
        Some(target) => {
            trip.target = *target;
            true
        }
        None => false,
    }
}

/// What stands behind an address.
#[inline(always)]
pub(crate) fn address(network: u32, address: u32) -> Option<&'static Address> {
    // SAFETY: the program removes no addresses, and the agent's removals wait for running programs.
    unsafe { ADDRESSES.get(&AddressKey { network, address }) }
}

#[inline(always)]
fn is_echo(trip: &Trip) -> bool {
    trip.judged.is_request()
}

/// Inside a VPC: nothing is translated.
#[inline(always)]
fn to_port(trip: &mut Trip) -> Outcome {
    trip.receiver = trip.target.index;
    trip.forward.egress = trip.target.ifindex;
    ask(&Question {
        policy: trip.target.ingress_policy,
        peer: trip.judged.src,
        own: trip.judged.dst,
        source_port: trip.judged.sport,
        port: trip.judged.dport,
        protocol: trip.protocol,
        groups: true,
        otherwise: DropReason::IngressPolicy,
    })?;
    arrive(trip)
}

/// From the host's services to an alias: a probe, which enters below the security group, or the proxy in an NLB's name.
#[inline(always)]
fn from_services(trip: &mut Trip) -> Outcome {
    if !look_up(trip, SERVICES_NETWORK, trip.judged.dst) || trip.target.kind != PORT {
        return Err(DropReason::NoRoute);
    }
    trip.receiver = trip.target.index;
    trip.forward.egress = trip.target.ifindex;
    trip.forward.dst = trip.target.address;
    if trip.judged.src != trip.sender.address {
        proxy::emerge(trip)?;
    }
    arrive(trip)
}

/// To the host's services, which know the port by its alias because addresses may overlap.
#[inline(always)]
fn to_services(trip: &mut Trip) -> Outcome {
    if trip.sender.alias == 0 {
        return Err(DropReason::NoRoute);
    }
    trip.forward.src = trip.sender.alias;
    arrive(trip)
}

#[inline(always)]
pub(crate) fn arrive(trip: &mut Trip) -> Outcome {
    trip.forward.egress = trip.target.ifindex;
    trip.forward.dst_mac = trip.target.mac;
    complete(trip)
}
