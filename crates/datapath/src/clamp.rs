//! Lowers the longest segment that a SYN announces (RFC 9293, 3.7.1) to the listener's.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::checksum;

use crate::{
    flow::SYN,
    parse::{TCP, load},
    rewrite::{check_field, replace},
    trip::{Part, Trip},
};

const TCP_HEADER: u32 = 20;
const END: u8 = 0;
const NOTHING: u8 = 1;
const LONGEST_SEGMENT: u8 = 2;
/// Options take at most so many bytes.
const OPTIONS: u32 = 40;

/// False if the packet could not be changed.
#[inline(never)]
pub(crate) fn segments(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    let most = trip.out.mss;
    if most == 0 || trip.protocol != TCP || trip.tcp_flags & SYN == 0 || trip.part != Part::Whole as u8 {
        return true;
    }
    let Some(at) = option(skb, trip.l4) else { return true };
    let mut announced = 0u16;
    if !load(skb, at, &raw mut announced) || u16::from_be(announced) <= most {
        return true;
    }
    let (l4, most) = (trip.l4, most.to_be());
    // SAFETY: two bytes are stored, and `most` has two.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, (&raw const most).cast(), 2, 0) };
    let (check, flags) = check_field(TCP);
    stored == 0 && replace(skb, l4 + check, difference(announced, most, (at - l4) & 1), flags)
}

/// The checksum's difference; at an odd place the bytes count in the other order.
#[inline(always)]
fn difference(old: u16, new: u16, odd: u32) -> u32 {
    let delta = checksum::delta(checksum::change16(0, old, new));
    if odd == 0 { delta } else { (delta as u16).swap_bytes() as u32 }
}

/// Where the value of the option stands.
#[inline(always)]
fn option(skb: *mut __sk_buff, l4: u32) -> Option<u32> {
    let mut offset = 0u8;
    if !load(skb, l4 + 12, &raw mut offset) {
        return None;
    }
    let end = l4 + (offset >> 4) as u32 * 4;
    let mut at = l4 + TCP_HEADER;
    for _ in 0..OPTIONS {
        let mut head = [0u8; 2];
        if at + 4 > end || !load(skb, at, &raw mut head) {
            return None;
        }
        match head {
            [END, _] => return None,
            [NOTHING, _] => at += 1,
            [LONGEST_SEGMENT, 4] => return Some(at + 2),
            [_, length] if length >= 2 => at += length as u32,
            _ => return None,
        }
    }
    None
}
