//! What stands in a header of PROXY protocol version 2 before its values: signature, version, length, who connects to what
//! (haproxy.org, proxy-protocol.txt, section 2.2).

use tables::{FlowKey, Header, Ipv6, is_ipv6};

use crate::{
    ipv6,
    trip::{Trip, halves},
};

/// What stands before the values.
#[repr(C)]
struct Front {
    signature: [u8; 12],
    /// Version 2, a connection on somebody's behalf; its family, TCP.
    kind: [u8; 2],
    /// Of what follows, bytes.
    length: u16,
    /// From and to, then both ports; those of IPv4 fill a third.
    ends: [u16; 18],
}

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const PROXY: u8 = 0x21;
const IPV4: u8 = 0x11;
const IPV6: u8 = 0x21;
/// Up to the addresses.
const FIXED: u32 = 16;
const FRONT4: u32 = Header::FRONT[0];
const FRONT6: u32 = Header::FRONT[1];

const _: () = assert!(size_of::<Front>() as u32 == FRONT6 && size_of::<Front>() <= size_of::<[u16; 31]>());

/// How much stands before the values, for a client of this family.
#[inline(always)]
pub(crate) fn size(asked: &FlowKey) -> u32 {
    if is_ipv6(asked.src) { FRONT6 } else { FRONT4 }
}

/// Writes the front into the buffer, with zeros behind it; false if an address is gone.
#[inline(always)]
pub(crate) fn write(trip: &mut Trip, asked: &FlowKey, values: u32) -> bool {
    // SAFETY: the buffer is longer, aligned to half-words as the front is, and belongs to this CPU.
    let front = unsafe { &mut *trip.buffer.as_mut_ptr().cast::<Front>() };
    front.signature = SIGNATURE;
    front.ends = [0; 18];
    if is_ipv6(asked.src) {
        front.kind = [PROXY, IPV6];
        front.length = ((FRONT6 - FIXED + values) as u16).to_be();
        let (mut client, mut target) = (Ipv6([0; 8]), Ipv6([0; 8]));
        if !ipv6::write(asked.src, &mut client) || !ipv6::write(asked.dst, &mut target) {
            return false;
        }
        front.ends[..8].copy_from_slice(&client.0);
        front.ends[8..16].copy_from_slice(&target.0);
        (front.ends[16], front.ends[17]) = (asked.sport, asked.dport);
    } else {
        front.kind = [PROXY, IPV4];
        front.length = ((FRONT4 - FIXED + values) as u16).to_be();
        let ([a, b], [c, d]) = (halves(asked.src), halves(asked.dst));
        [front.ends[0], front.ends[1], front.ends[2], front.ends[3]] = [a, b, c, d];
        (front.ends[4], front.ends[5]) = (asked.sport, asked.dport);
    }
    true
}

/// The sum of a front.
#[inline(always)]
pub(crate) fn sum(buffer: &[u16; 31]) -> u64 {
    let mut sum = 0;
    for word in buffer.iter().take(FRONT6 as usize / 2) {
        sum += *word as u64;
    }
    sum
}
