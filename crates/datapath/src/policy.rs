//! Policies: an ordered list of rules, the first match decides, none means drop. Judged on first packets only.

use core::ffi::c_void;

use aya_ebpf::helpers::bpf_loop;
use tables::{DropReason, IPV6_RANGE, MemberKey, RuleAction, is_ipv6};

use crate::{
    ipv6::ICMPV6,
    maps::{MEMBERS, POLICIES, RULES},
    parse::ICMP,
    report::Outcome,
};

/// Most rules that a policy may have; more fail closed.
const MAX_RULES: u32 = 4096;

/// What is asked of a policy, and its answer.
#[repr(C)]
pub(crate) struct Question {
    pub policy: u32,
    /// The other side's address.
    pub peer: u32,
    /// Destination port, network byte order.
    pub port: u16,
    pub protocol: u8,
    /// Whether rules about security groups can match this peer: false where the peer is of another network.
    pub groups: bool,
    /// The reason if the policy says no.
    pub otherwise: DropReason,
}

#[repr(C)]
struct Search {
    first: u32,
    peer: u32,
    port: u16,
    protocol: u8,
    groups: u8,
    accepted: u32,
}

/// Asks a policy. Without one the answer is no.
#[inline(always)]
pub(crate) fn ask(question: &Question) -> Outcome {
    let protocol =
        if question.protocol == ICMP && is_ipv6(question.peer) { ICMPV6 } else { question.protocol };
    let ports = question.port as u32 | (protocol as u32) << 16 | (question.groups as u32) << 24;
    judge(question.policy, question.peer, ports, question.otherwise)
}

/// As scalars: the stack stays free and the verifier's states few.
#[inline(never)]
fn judge(policy: u32, peer: u32, what: u32, otherwise: DropReason) -> Outcome {
    // SAFETY: nothing removes or inserts policies before the last use.
    let Some(range) = (unsafe { POLICIES.get(policy) }) else { return Err(DropReason::NoPolicy) };
    if range.count > MAX_RULES {
        return Err(DropReason::NoPolicy);
    }
    let mut search = Search {
        first: range.first,
        peer,
        port: u16::from_be(what as u16),
        protocol: (what >> 16) as u8,
        groups: (what >> 24) as u8,
        accepted: 0,
    };
    // SAFETY: the callback has the signature that `bpf_loop` wants, and `search` outlives the call.
    unsafe { bpf_loop(range.count, rule as *mut c_void, (&raw mut search).cast(), 0) };
    if search.accepted == 1 { Ok(()) } else { Err(otherwise) }
}

/// Looks at one rule; 1 ends the loop.
unsafe extern "C" fn rule(index: u32, search: *mut Search) -> i64 {
    // SAFETY: `judge` passes its own live structure.
    let search = unsafe { &mut *search };
    let Some(rule) = RULES.get(search.first.wrapping_add(index)) else { return 1 };
    if !rule.covers(search.protocol, search.port, search.peer) {
        return 0;
    }
    let foreign = search.groups == 0 && rule.group & IPV6_RANGE == 0;
    if rule.group != 0 && (foreign || !is_member(rule.group, search.peer)) {
        return 0;
    }
    search.accepted = (rule.action == RuleAction::Accept as u8) as u32;
    1
}

#[inline(always)]
fn is_member(group: u32, address: u32) -> bool {
    MEMBERS.get_ptr(MemberKey { group, address }).is_some()
}
