//! Policies: an ordered list of rules, the first match decides, none means drop. Judged on first packets only.

use core::ffi::c_void;

use aya_ebpf::helpers::bpf_loop;
use tables::{Asked, DropReason, IPV6_RANGE, MemberKey, RuleAction, Side, is_ipv6};

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
    /// The address on the policy's side.
    pub own: u32,
    /// Network byte order, as the destination port.
    pub source_port: u16,
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
    asked: Asked,
    groups: u8,
    accepted: u8,
}

/// Asks a policy. Without one the answer is no.
#[inline(always)]
pub(crate) fn ask(question: &Question) -> Outcome {
    let protocol =
        if question.protocol == ICMP && is_ipv6(question.peer) { ICMPV6 } else { question.protocol };
    let ports = question.port as u64 | (question.source_port as u64) << 16;
    let what = ports | (protocol as u64) << 32 | (question.groups as u64) << 40;
    judge(question.policy, question.peer, question.own, what, question.otherwise)
}

/// As scalars: the stack stays free and the verifier's states few.
#[inline(never)]
fn judge(policy: u32, peer: u32, own: u32, what: u64, otherwise: DropReason) -> Outcome {
    // SAFETY: nothing removes or inserts policies before the last use.
    let Some(range) = (unsafe { POLICIES.get(policy) }) else { return Err(DropReason::NoPolicy) };
    if range.count > MAX_RULES {
        return Err(DropReason::NoPolicy);
    }
    let mut search = Search {
        first: range.first,
        asked: Asked {
            peer,
            own,
            source_port: u16::from_be((what >> 16) as u16),
            port: u16::from_be(what as u16),
            protocol: (what >> 32) as u8,
        },
        groups: (what >> 40) as u8,
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
    if !rule.covers(&search.asked) {
        return 0;
    }
    let foreign = search.groups == 0 && rule.peer.group & IPV6_RANGE == 0;
    if rule.peer.group != 0 && foreign {
        return 0;
    }
    if !is_member(&rule.peer, search.asked.peer) || !is_member(&rule.own, search.asked.own) {
        return 0;
    }
    search.accepted = (rule.action == RuleAction::Accept as u8) as u8;
    1
}

/// Whether the address is a member of the side's group, if that has one.
#[inline(always)]
fn is_member(side: &Side, address: u32) -> bool {
    side.group == 0 || MEMBERS.get_ptr(MemberKey { group: side.group, address }).is_some()
}
