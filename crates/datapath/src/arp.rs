//! ARP: every address but the port's own is behind the gateway.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::{DropReason, GATEWAY_MAC, Mac, PortKind, Purpose, mac};

use crate::{
    parse::load,
    report::{Outcome, count},
    rewrite::send,
    source,
    trip::{ETHERNET, Trip, halves, word},
};

/// ARP for IPv4 over Ethernet (RFC 826).
#[repr(C)]
#[derive(Clone, Copy)]
struct Arp {
    hardware: u16,
    protocol: u16,
    lengths: u16,
    operation: u16,
    sender_mac: Mac,
    sender: [u16; 2],
    target_mac: Mac,
    target: [u16; 2],
}

const REQUEST: u16 = 1u16.to_be();
const REPLY: u16 = 2u16.to_be();

/// Answers requests in place; what needs no answer is swallowed.
#[inline(never)]
pub(crate) fn answer(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let arp = trip.buffer.as_mut_ptr().cast::<Arp>();
    if !load(skb, ETHERNET, arp) {
        return Err(DropReason::Malformed);
    }
    // SAFETY: the buffer is larger than the header, aligned to half-words as it is, and belongs to this CPU.
    let arp = unsafe { &mut *arp };
    if arp.hardware != 1u16.to_be() || arp.protocol != 0x0800u16.to_be() || arp.lengths != 0x0604u16.to_be() {
        return Err(DropReason::Malformed);
    }
    let (sender, target) = (word(arp.sender), word(arp.target));
    if trip.sender.kind == PortKind::Instance as u8 {
        if arp.sender_mac != trip.sender.mac {
            return Err(DropReason::SpoofedMac);
        }
        // A probe (RFC 5227) has no sender address.
        if sender != 0 && !source::is_own(trip, sender) {
            return Err(DropReason::SpoofedAddress);
        }
    }
    if arp.operation != REQUEST || sender == 0 || target == trip.sender.address || target == sender {
        count(Purpose::ArpSwallowed, trip.length);
        return Ok(());
    }
    arp.operation = REPLY;
    arp.target_mac = arp.sender_mac;
    arp.target = arp.sender;
    arp.sender_mac = mac(GATEWAY_MAC);
    arp.sender = halves(target);
    trip.frame.dst_mac = trip.frame.src_mac;
    trip.frame.src_mac = mac(GATEWAY_MAC);
    // SAFETY: both sources are as long as said.
    let failed = unsafe {
        bpf_skb_store_bytes(skb, ETHERNET, (&raw const *arp).cast(), size_of::<Arp>() as u32, 0) != 0
            || bpf_skb_store_bytes(skb, 0, (&raw const trip.frame).cast(), 12, 0) != 0
    };
    if failed {
        return Err(DropReason::Rewrite);
    }
    count(Purpose::ArpAnswered, trip.length);
    trip.verdict = send(skb, trip.ingress);
    Ok(())
}
