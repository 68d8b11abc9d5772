//! What stands in a header of PROXY protocol version 2 before its values: signature, version, length, who connects to what
//! (haproxy.org, proxy-protocol.txt, section 2.2).

use tables::{FlowKey, Header, Ipv6, is_ipv6};

use crate::{
    ipv6,
    messages::words,
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
    /// Of IPv4 its first six half-words hold everything from here on.
    from: Ipv6,
    to: Ipv6,
    ports: [u16; 2],
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

/// The connection as its client asked for it.
#[inline(always)]
pub(crate) fn asked(trip: &Trip) -> &FlowKey {
    if trip.out.is_reply() { &trip.reverse_key } else { &trip.key }
}

/// How much stands before the values, for a client of this family.
#[inline(always)]
pub(crate) fn size(asked: &FlowKey) -> u32 {
    if is_ipv6(asked.src) { FRONT6 } else { FRONT4 }
}

/// Writes the front for so many bytes of values into the buffer; its sum, 0 = an address is gone.
#[inline(never)]
pub(crate) fn write(trip: &mut Trip, values: u32) -> u64 {
    let asked = *asked(trip);
    // SAFETY: the buffer is longer, aligned to half-words as the front is, and belongs to this CPU.
    let front = unsafe { &mut *trip.buffer.as_mut_ptr().cast::<Front>() };
    front.signature = SIGNATURE;
    front.length = ((size(&asked) - FIXED + values) as u16).to_be();
    if is_ipv6(asked.src) {
        front.kind = [PROXY, IPV6];
        front.ports = [asked.sport, asked.dport];
        if !ipv6::write(asked.src, &mut front.from) || !ipv6::write(asked.dst, &mut front.to) {
            return 0;
        }
    } else {
        front.kind = [PROXY, IPV4];
        let ([a, b], [c, d]) = (halves(asked.src), halves(asked.dst));
        front.from = Ipv6([a, b, c, d, asked.sport, asked.dport, 0, 0]);
        (front.to, front.ports) = (Ipv6([0; 8]), [0; 2]);
    }
    words(&trip.buffer, FRONT6 as usize / 2)
}
