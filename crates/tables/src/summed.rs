//! How a packet's checksum stands: what agent and kernel program agree on about the kernel's `ip_summed`.

/// `r0 = PLACE`, then `goto +0`: the two instructions that the agent may replace. Read as the byte they say
/// [`COMPLETE`].
pub const PLACE: i32 = 0x5eed_1540;
/// First bit of `ip_summed` in its byte, and its bits.
pub const SHIFT: u32 = 5;
pub const MASK: u32 = 3 << SHIFT;
/// `CHECKSUM_COMPLETE`: the packet carries a sum of its own, which the kernel's helper keeps right.
pub const COMPLETE: u32 = 2 << SHIFT;
/// `CHECKSUM_PARTIAL`: the field holds the sum of the pseudo-header.
pub const PARTIAL: u32 = 3 << SHIFT;

const _: () = assert!(PLACE as u32 & MASK == COMPLETE);
