//! Internet checksum arithmetic (RFC 1071, RFC 1624) on words as they stand in memory.

/// Adds the change of a 32-bit field to an unfolded sum.
#[inline(always)]
pub fn change32(sum: u64, from: u32, to: u32) -> u64 {
    sum + (!from) as u64 + to as u64
}

/// Adds the change of a 16-bit field to an unfolded sum.
#[inline(always)]
pub fn change16(sum: u64, from: u16, to: u16) -> u64 {
    sum + (!from) as u64 + to as u64
}

/// Folds a sum to 16 bits. "No change" has two forms in ones' complement; this returns 0 for both.
#[inline(always)]
pub fn delta(sum: u64) -> u32 {
    let s = (sum & 0xffff_ffff) + (sum >> 32);
    let s = (s & 0xffff) + (s >> 16);
    let s = (s & 0xffff) + (s >> 16);
    let s = (s & 0xffff) + (s >> 16);
    if s == 0xffff { 0 } else { s as u32 }
}

/// The checksum field after a change by `delta`, a sum of at most three folded differences (RFC 1624, equation 3).
#[inline(always)]
pub fn apply(check: u16, delta: u32) -> u16 {
    let s = (!check) as u32 + delta;
    let s = (s & 0xffff) + (s >> 16);
    let s = (s & 0xffff) + (s >> 16);
    !(s as u16)
}
