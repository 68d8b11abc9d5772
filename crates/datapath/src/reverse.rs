//! Servers in a consumer's VPC: spoken to from an interface of its Reverse endpoint, and in its name.

use tables::{Address, AddressKind, DropReason, Server};

use crate::{
    policy::{Question, ask},
    report::Outcome,
    route::address,
    trip::Trip,
};

/// Lets a connection out to a server behind a Reverse endpoint. `trip.forward` leads to the server already.
#[inline(always)]
pub(crate) fn leave(trip: &mut Trip, server: &Server) -> Outcome {
    trip.forward.src = server.source;
    let Some(endpoint) = address(server.network, server.source) else { return Err(DropReason::NotConnected) };
    if endpoint.kind != AddressKind::Reverse as u8 {
        return Err(DropReason::NotConnected);
    }
    pass(trip, endpoint, server.ingress_policy)
}

/// Lets a connection out as far as the groups of the endpoint and of the server do: they are in one network. The server sees the
/// endpoint's address, never the client's.
#[inline(always)]
pub(crate) fn pass(trip: &mut Trip, endpoint: &Address, ingress_policy: u32) -> Outcome {
    trip.forward.src = endpoint.nlb_address;
    if endpoint.open == 0 {
        return Err(DropReason::NotConnected);
    }
    let question = Question {
        policy: endpoint.egress_policy,
        peer: trip.forward.dst,
        own: trip.forward.src,
        source_port: trip.judged.sport,
        port: trip.forward.dport,
        protocol: trip.protocol,
        groups: true,
        otherwise: DropReason::ReversePolicy,
    };
    ask(&question)?;
    ask(&Question {
        policy: ingress_policy,
        peer: trip.forward.src,
        own: trip.forward.dst,
        otherwise: DropReason::IngressPolicy,
        ..question
    })
}
