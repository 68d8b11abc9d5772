//! IPv6 addresses. Everything that is judged and remembered knows them by what stands for them, 32 bits like an IPv4 address:
//! so both families share every map, and IPv4 pays nothing for the other one.
//!
//! An IPv4 address that an IPv6 host must see is written behind a prefix (RFC 6052, section 2.1).

/// An address, as half-words: a packet aligns it to two bytes only.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ipv6(pub [u16; 8]);

/// 64:ff9b::/96, as it stands in a packet.
const PREFIX: [u16; 6] = [0x0064u16.to_be(), 0xff9bu16.to_be(), 0, 0, 0, 0];

impl Ipv6 {
    /// An IPv4 address as IPv6 hosts see it.
    #[inline(always)]
    pub fn of_ipv4(address: u32) -> Self {
        let [a, b, c, d, e, f] = PREFIX;
        Self([a, b, c, d, e, f, address as u16, (address >> 16) as u16])
    }

    /// The IPv4 address that is written so.
    #[inline(always)]
    pub fn to_ipv4(self) -> Option<u32> {
        let [a, b, c, d, e, f, low, high] = self.0;
        if [a, b, c, d, e, f] == PREFIX { Some(low as u32 | (high as u32) << 16) } else { None }
    }

    /// The sum of its half-words, for checksums.
    #[inline(always)]
    pub fn sum(&self) -> u64 {
        let [a, b, c, d, e, f, g, h] = self.0;
        a as u64 + b as u64 + c as u64 + d as u64 + e as u64 + f as u64 + g as u64 + h as u64
    }
}

/// What stands for the IPv6 address with this dense id (28 bits): one of 240.0.0.0/4, which no packet may carry.
#[inline(always)]
pub const fn ipv6(index: u32) -> u32 {
    (0xf000_0000 | index).to_be()
}

/// Whether an address stands for an IPv6 address.
#[inline(always)]
pub const fn is_ipv6(address: u32) -> bool {
    address.to_ne_bytes()[0] >= 240
}

const _: () = assert!(size_of::<Ipv6>() == 16);
