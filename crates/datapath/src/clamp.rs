//! Lowers the longest segment that a SYN announces (RFC 9293, 3.7.1) to the listener's.

use aya_ebpf::{bindings::__sk_buff, helpers::bpf_skb_store_bytes};
use tables::checksum;

use crate::{
    flow::SYN,
    options::{LONGEST_SEGMENT, find},
    parse::{TCP, load},
    rewrite::{check_field, placed, replace},
    trip::{Part, Trip},
};

/// Length of the option, bytes.
const LENGTH: u32 = 4;

/// False if the packet could not be changed.
#[inline(never)]
pub(crate) fn segments(skb: *mut __sk_buff, trip: &mut Trip) -> bool {
    let most = trip.out.mss;
    if most == 0 || trip.protocol != TCP || trip.tcp_flags & SYN == 0 || trip.part != Part::Whole as u8 {
        return true;
    }
    let Some(option) = find(skb, trip.l4, LONGEST_SEGMENT).filter(|it| it.length == LENGTH) else {
        return true;
    };
    let at = option.at + 2;
    let mut announced = 0u16;
    if !load(skb, at, &raw mut announced) || u16::from_be(announced) <= most {
        return true;
    }
    let (l4, most) = (trip.l4, most.to_be());
    // SAFETY: two bytes are stored, and `most` has two.
    let stored = unsafe { bpf_skb_store_bytes(skb, at, (&raw const most).cast(), 2, 0) };
    let (check, flags) = check_field(TCP);
    let change = checksum::delta(checksum::change16(0, announced, most));
    stored == 0 && replace(skb, l4 + check, placed(change, at - l4), flags)
}
