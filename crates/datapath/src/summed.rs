//! How a packet's checksum stands: `ip_summed`, which the kernel keeps from programs of this type.

use aya_ebpf::bindings::__sk_buff;
use tables::{checksum, summed};

use crate::parse::{ICMP, UDP};

/// The byte of the kernel's packet that holds `ip_summed`, in the bits of [`summed::MASK`].
///
/// The two instructions are a place for the agent: where the kernel can, it puts a call of `bpf_cast_to_kern_ctx` and a
/// load there. As they stand they say "ask the helper", which is right everywhere.
#[cfg(target_arch = "bpf")]
#[inline(always)]
pub(crate) fn summed(skb: *mut __sk_buff) -> u32 {
    let byte: u64;
    // SAFETY: sets r0; what is put in its place is a call, which changes no more than is named here.
    unsafe {
        core::arch::asm!(
            "r0 = {place}",
            "goto +0",
            place = const summed::PLACE,
            in("r1") skb,
            lateout("r0") byte,
            lateout("r1") _, lateout("r2") _, lateout("r3") _, lateout("r4") _, lateout("r5") _,
        );
    }
    byte as u32
}

/// Not for running: the checks of the source have another target.
#[cfg(not(target_arch = "bpf"))]
pub(crate) fn summed(_: *mut __sk_buff) -> u32 {
    summed::PLACE as u32
}

/// Applies the differences to a checksum field whose state is known; false if only the helper can.
#[inline(always)]
pub(crate) fn apply(byte: u32, check: &mut u16, protocol: u8, addresses: u32, ports: u32) -> bool {
    let addresses = if protocol == ICMP { 0 } else { addresses };
    match byte & summed::MASK {
        summed::COMPLETE => return false,
        // The field holds the sum of the pseudo-header, not inverted; ports are added by whoever completes it.
        summed::PARTIAL => *check = !checksum::apply(!*check, addresses),
        _ if protocol == UDP && *check == 0 => {}
        _ => {
            *check = checksum::apply(*check, addresses + ports);
            if protocol == UDP && *check == 0 {
                *check = 0xffff;
            }
        }
    }
    true
}
