//! Acknowledgements of servers that have come to miss the PROXY protocol's header: turned round, they bring it.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::{DropReason, GATEWAY_MAC, mac};

use crate::{
    header,
    options::{TIMES, find},
    parse::load,
    report::Outcome,
    rewrite::send,
    trip::{Frame, Frame6, Trip},
};

/// Turns an acknowledgement of the server, which has come to miss the header, into the packet that brings it: the other way
/// round, nothing of it has to change for its checksum but what is added.
#[inline(never)]
pub(crate) fn round(skb: *mut __sk_buff, trip: &mut Trip) -> Outcome {
    let l4 = trip.l4;
    header::lengthen(trip);
    let (ports, numbers) = ([trip.key.dport, trip.key.sport], [trip.ack, trip.seq]);
    // SAFETY: helpers; every source is as long as said.
    let stored = unsafe {
        bpf_skb_store_bytes(skb, l4, ports.as_ptr().cast(), 4, 0) == 0
            && bpf_skb_store_bytes(skb, l4 + 4, numbers.as_ptr().cast(), 8, 0) == 0
    };
    if !stored || !turn_times(skb, l4) || !turn_frame(skb, trip) {
        return Err(DropReason::Rewrite);
    }
    header::append(skb, trip)?;
    trip.verdict = send(skb, trip.ingress);
    Ok(())
}

/// Each end's own time and the one that it has heard change places.
#[inline(always)]
fn turn_times(skb: *mut __sk_buff, l4: u32) -> bool {
    let Some(option) = find(skb, l4, TIMES) else { return true };
    let mut times = [0u32; 2];
    if !load(skb, option.at + 2, &raw mut times) {
        return false;
    }
    times.swap(0, 1);
    // SAFETY: a helper; the source is as long as said.
    unsafe { bpf_skb_store_bytes(skb, option.at + 2, times.as_ptr().cast(), 8, 0) == 0 }
}

#[inline(always)]
fn turn_frame(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    let (source, size) = if trip.ipv6 == 1 {
        let frame = &mut trip.frame6;
        (frame.dst_mac, frame.src_mac) = (frame.src_mac, mac(GATEWAY_MAC));
        (frame.src, frame.dst) = (frame.dst, frame.src);
        ((&raw const *frame).cast(), size_of::<Frame6>() as u32)
    } else {
        let frame = &mut trip.frame;
        (frame.dst_mac, frame.src_mac) = (frame.src_mac, mac(GATEWAY_MAC));
        (frame.src, frame.dst) = (frame.dst, frame.src);
        ((&raw const *frame).cast(), size_of::<Frame>() as u32)
    };
    // SAFETY: a helper; the frame is as long as said.
    unsafe { bpf_skb_store_bytes(skb, 0, source, size, 0) == 0 }
}
