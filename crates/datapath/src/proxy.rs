//! Connections whose bytes must change end at the proxy, in the services network; it opens others to servers.

use tables::{AddressKind, DropReason, FlowMark, PROXY_PORT, SERVICES_NETWORK, is_ipv6};

use crate::{
    local,
    maps::PORTS,
    policy::{Question, ask},
    report::Outcome,
    reverse,
    route::{address, arrive},
    trip::Trip,
};

/// 100.64.0.2, as it stands in a packet.
const PROXY: u32 = u32::from_ne_bytes([100, 64, 0, 2]);

/// Sends a client's connection to the proxy, which knows the client by its alias and the listener by the flow.
#[inline(always)]
pub(crate) fn intercept(trip: &mut Trip) -> Outcome {
    let Some(proxy) = address(SERVICES_NETWORK, PROXY) else { return Err(DropReason::NoServer) };
    if proxy.kind != AddressKind::Proxy as u8 || trip.sender.alias == 0 {
        return Err(DropReason::NoServer);
    }
    trip.target.ifindex = proxy.ifindex;
    trip.target.mac = proxy.mac;
    trip.forward.src = trip.sender.alias;
    trip.forward.dst = PROXY;
    trip.forward.dport = PROXY_PORT.to_be();
    trip.forward.marks |= FlowMark::Hop as u8;
    arrive(trip)
}

/// Lets a connection of the proxy out in the name of the NLB, or of the Reverse endpoint, behind its source, as far as the
/// server's policy does.
#[inline(always)]
pub(crate) fn emerge(trip: &mut Trip) -> Outcome {
    let Some(source) = address(SERVICES_NETWORK, trip.judged.src) else {
        return Err(if trip.again == 1 { DropReason::ServerGone } else { DropReason::SpoofedAddress });
    };
    trip.forward.marks |= FlowMark::Hop as u8;
    // SAFETY: nothing changes the map before the last use.
    let Some(server) = (unsafe { PORTS.get(trip.target.ifindex) }) else {
        return Err(DropReason::UnknownPort);
    };
    if source.kind == AddressKind::Reverse as u8 {
        return reverse::pass(trip, source, server.ingress_policy);
    }
    if source.kind != AddressKind::LoadBalancer as u8 {
        return Err(DropReason::SpoofedAddress);
    }
    let to_ipv6 = is_ipv6(trip.forward.dst);
    trip.forward.src = local::behind(source, to_ipv6);
    ask(&Question {
        policy: server.ingress_policy,
        peer: source.local(to_ipv6),
        own: trip.forward.dst,
        source_port: trip.judged.sport,
        port: trip.judged.dport,
        protocol: trip.protocol,
        groups: false,
        otherwise: DropReason::IngressPolicy,
    })
}
