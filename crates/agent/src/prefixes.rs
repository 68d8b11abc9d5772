//! Ranges of ports, cut into prefixes: a range of n ports needs at most 2 log n.

use model::net::PortRange;

/// All ports that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    /// The first of them.
    pub port: u16,
    /// How many bits count, 0..=16.
    pub bits: u32,
}

/// The fewest prefixes that together are the range, in order.
pub(crate) fn prefixes(range: PortRange) -> Vec<Prefix> {
    let mut all = Vec::new();
    let (mut port, end) = (u32::from(range.low), u32::from(range.high) + 1);
    while port < end {
        // The longest step that `port` is a multiple of and that does not go beyond the end.
        let free = port.trailing_zeros().min(16).min((end - port).ilog2());
        all.push(Prefix { port: port as u16, bits: 16 - free });
        port += 1 << free;
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(low: u16, high: u16) -> Vec<Prefix> {
        prefixes(PortRange { low, high })
    }

    proptest! {
        #[test]
        fn they_follow_each_other_from_the_first_port_to_the_last(a: u16, b: u16) {
            let (low, high) = (a.min(b), a.max(b));
            let mut next = u32::from(low);
            let all = of(low, high);
            for prefix in &all {
                prop_assert_eq!(u32::from(prefix.port), next);
                prop_assert_eq!(next % (1 << (16 - prefix.bits)), 0);
                next += 1 << (16 - prefix.bits);
            }
            prop_assert_eq!(next, u32::from(high) + 1);
            prop_assert!(all.len() <= 30);
        }
    }

    #[test]
    fn all_ports_are_sixteen_prefixes_and_one_port_is_one() {
        assert_eq!(of(1, 65535).len(), 16);
        assert_eq!(of(0, 65535), [Prefix { port: 0, bits: 0 }]);
        assert_eq!(of(80, 80), [Prefix { port: 80, bits: 16 }]);
    }
}
