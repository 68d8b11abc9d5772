//! Options of TCP headers (RFC 9293, section 3.1).

use aya_ebpf::bindings::__sk_buff;

use crate::parse::load;

/// Size of a TCP header without options, bytes.
pub(crate) const TCP_HEADER: u32 = 20;
pub(crate) const LONGEST_SEGMENT: u8 = 2;
/// Selective acknowledgements (RFC 2018).
pub(crate) const SELECTIVE: u8 = 5;
/// Time stamps (RFC 7323).
pub(crate) const TIMES: u8 = 8;
/// Multipath TCP (RFC 8684).
pub(crate) const MULTIPATH: u8 = 30;
/// Cookies of TCP Fast Open (RFC 7413).
pub(crate) const FAST_OPEN: u8 = 34;
/// Nobody knows it: it is for experiments (RFC 4727).
pub(crate) const UNKNOWN: u8 = 253;
const END: u8 = 0;
const NOTHING: u8 = 1;
/// Options take at most so many bytes.
const ALL: u32 = 40;

/// An option that was found: where it stands in the packet, and its length with kind and length, bytes.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub at: u32,
    pub length: u32,
}

/// Finds the first option of a kind in the header at `l4`.
#[inline(always)]
pub(crate) fn find(skb: *mut __sk_buff, l4: u32, kind: u8) -> Option<Found> {
    let found = search(skb, l4, kind as u32);
    if found == 0 { None } else { Some(Found { at: (found >> 8) as u32, length: found as u8 as u32 }) }
}

/// Place and length in one word; 0 = there is none.
#[inline(never)]
fn search(skb: *mut __sk_buff, l4: u32, kind: u32) -> u64 {
    let mut offset = 0u8;
    if !load(skb, l4 + 12, &raw mut offset) {
        return 0;
    }
    let end = l4 + (offset >> 4) as u32 * 4;
    let mut at = l4 + TCP_HEADER;
    for _ in 0..ALL {
        let mut head = [0u8; 2];
        if at + 2 > end || !load(skb, at, &raw mut head) {
            return 0;
        }
        let [found, length] = head;
        match found {
            END => return 0,
            NOTHING => at += 1,
            _ if length < 2 || at + length as u32 > end => return 0,
            _ if found as u32 == kind => return (at as u64) << 8 | length as u64,
            _ => at += length as u32,
        }
    }
    0
}
