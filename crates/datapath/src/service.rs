//! Endpoints and load balancers: connection, listener, server, translation.

use aya_ebpf::{bindings::__sk_buff, btf_maps::lpm_trie::Key};
use tables::{AddressKind, Choice, DropReason, FlowMark, ListenerAt, Purpose, Server, is_ipv6};

use crate::{
    choose, header, local,
    maps::{LISTENERS, SERVERS},
    pair::complete,
    policy::{Question, ask},
    proxy, rate,
    report::{Outcome, count},
    reverse,
    trip::Trip,
};

const LEAST_CONNECTIONS: u8 = Choice::LeastConnections as u8;
const CONNECTION_ID: u8 = Choice::ConnectionId as u8;

/// Whether the sender may use what stands behind the address.
#[inline(always)]
pub(crate) fn admit(trip: &mut Trip) -> Outcome {
    if trip.target.kind == AddressKind::Endpoint as u8 {
        return enter(trip);
    }
    if trip.target.ingress_policy == 0 { Ok(()) } else { may_come_in(trip, DropReason::BalancerPolicy) }
}

/// Whether the security groups of the address let the sender in.
#[inline(always)]
fn may_come_in(trip: &Trip, otherwise: DropReason) -> Outcome {
    ask(&Question {
        policy: trip.target.ingress_policy,
        peer: trip.judged.src,
        own: trip.judged.dst,
        source_port: trip.judged.sport,
        port: trip.judged.dport,
        protocol: trip.protocol,
        groups: true,
        otherwise,
    })
}

/// Whether the sender may use the endpoint, and the endpoint its service.
#[inline(always)]
fn enter(trip: &mut Trip) -> Outcome {
    may_come_in(trip, DropReason::EndpointPolicy)?;
    if trip.target.vip == 0 {
        return Err(DropReason::NotConnected);
    }
    trip.forward.endpoint = trip.target.index;
    if trip.target.limited != 0 {
        trip.forward.marks |= FlowMark::Limited as u8;
    }
    stay(trip)
}

/// A flow stays with what served the endpoint's zone when it began, or ends with it.
#[inline(always)]
fn stay(trip: &mut Trip) -> Outcome {
    trip.forward.lease = trip.target.lease;
    if trip.again == 0 || trip.kept_lease == trip.target.lease {
        return Ok(());
    }
    if trip.target.replaced_vip == 0 || trip.kept_lease.wrapping_add(1) != trip.target.lease {
        return Err(DropReason::Replaced);
    }
    trip.forward.lease = trip.kept_lease;
    trip.target.vip = trip.target.replaced_vip;
    trip.target.nlb_address = trip.target.replaced_address;
    trip.target.nlb_ipv6 = trip.target.replaced_ipv6;
    Ok(())
}

/// Chooses a server, asks its policy, and translates to it.
#[inline(never)]
pub(crate) fn balance(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let at = ListenerAt {
        vip: trip.target.vip,
        protocol: trip.protocol,
        ipv6: is_ipv6(trip.judged.src) as u8,
        port: trip.judged.dport,
    };
    let listener = match LISTENERS.get(&Key::new(ListenerAt::WHOLE, at)) {
        Some(listener) => *listener,
        None => return Err(DropReason::NoListener),
    };
    trip.forward.listener = listener.index;
    trip.forward.timeout = listener.idle_timeout;
    trip.forward.mss = listener.mss;
    rate::pass(trip, &listener)?;
    if listener.proxied == 1 {
        return proxy::intercept(trip);
    }
    let id = if trip.keep != 0 {
        trip.keep
    } else if listener.slots == 0 {
        return Err(DropReason::NoServer);
    } else {
        choose::server(skb, trip, &listener)
    };
    // SAFETY: nothing changes the map before the last use.
    let known = unsafe { SERVERS.get(id) };
    let Some(server) = known.filter(|server| server.server_group == listener.server_group) else {
        return Err(if trip.keep != 0 { DropReason::ServerGone } else { DropReason::NoServer });
    };
    if trip.keep != 0 && server.until != 0 && !trip.is_settled() {
        if !trip.out.is_reply() {
            return Err(DropReason::ServerGone);
        }
        trip.parting = 1;
    }
    trip.forward.server = id;
    trip.forward.marks |= marks(listener.choice);
    if listener.header == 1 && trip.again == 0 {
        header::begin(trip)?;
    }
    lead(trip, server);
    if server.source != 0 {
        reverse::leave(trip, server)?;
    } else {
        speak(trip, server, listener.preserve_client == 1)?;
        permit(trip, server, listener.header == 1)?;
    }
    complete(trip)
}

/// What the flow remembers of how its server was chosen.
#[inline(always)]
fn marks(choice: u8) -> u8 {
    match choice {
        LEAST_CONNECTIONS => FlowMark::Counted as u8,
        CONNECTION_ID => FlowMark::Quic as u8,
        _ => 0,
    }
}

/// Leads the connection to the server.
#[inline(always)]
fn lead(trip: &mut Trip, server: &Server) {
    trip.receiver = server.port_index;
    trip.forward.dst = server.address;
    if server.port != 0 {
        trip.forward.dport = server.port;
    }
    trip.forward.egress = server.ifindex;
    trip.forward.dst_mac = server.mac;
    trip.forward.marks |= FlowMark::Hop as u8;
}

/// The server sees the client's own address, unless that is its own too, or of the other family, or the listener does not
/// keep it.
#[inline(always)]
fn speak(trip: &mut Trip, server: &Server, preserve_client: bool) -> Outcome {
    let hairpin = trip.judged.src == server.address;
    let other_family = is_ipv6(trip.judged.src) != is_ipv6(server.address);
    if hairpin && trip.again == 0 {
        count(Purpose::Hairpin, trip.length);
    }
    let hides_client = hairpin || other_family || !preserve_client;
    if hides_client || trip.again == 1 { local::speak(trip, is_ipv6(server.address)) } else { Ok(()) }
}

/// To the server's policy endpoint traffic comes from the NLB: consumers' addresses mean nothing in its network. So does what a
/// header tells of.
#[inline(always)]
fn permit(trip: &Trip, server: &Server, told: bool) -> Outcome {
    let local = trip.target.kind == AddressKind::LoadBalancer as u8 && !told;
    ask(&Question {
        policy: server.ingress_policy,
        peer: if local { trip.judged.src } else { trip.target.local(is_ipv6(server.address)) },
        own: server.address,
        source_port: trip.judged.sport,
        port: trip.forward.dport,
        protocol: trip.protocol,
        groups: local,
        otherwise: DropReason::IngressPolicy,
    })
}
