//! Maglev hashing (Eisenbud et al., NSDI 2016) with weights: every host makes the same table of the same servers, and
//! a server that comes or goes moves few of the others' slots.
//!
//! A server's permutation of the slots is made by a small Feistel network, not by the paper's stride: the strides of
//! two servers can be related, and then a third one that leaves moves most of their slots.

/// Table sizes, powers of four: the smallest with at least [`SLOTS_PER_SERVER`] slots a server is taken.
const SIZES: [u32; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];
/// A server of average weight has at least this many slots, so that its share is right within a tenth.
const SLOTS_PER_SERVER: usize = 10;

/// A server that takes a share of the slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What the table holds; also the server's name in the hash, so it must be the same on every host.
    pub id: u32,
    /// Its share, relative to the others'; not 0.
    pub weight: u32,
}

/// The table for these servers: ids in proportion to the weights. Empty when there is no server.
pub fn table(candidates: &[Candidate]) -> Vec<u32> {
    let Some(heaviest) = candidates.iter().map(|c| c.weight).max().filter(|w| *w > 0) else {
        return Vec::new();
    };
    let size = size_for(candidates.len());
    let mut slots: Vec<Option<u32>> = vec![None; size as usize];
    let mut turns: Vec<Turn> = candidates.iter().map(|c| Turn::new(c, size)).collect();
    let mut free = size;
    let mut round: u64 = 0;
    while free > 0 {
        round += 1;
        for turn in &mut turns {
            // A server of half the greatest weight takes a slot every second round.
            if free == 0 || round * u64::from(turn.weight) < turn.owed {
                continue;
            }
            turn.owed += u64::from(heaviest);
            let slot = turn.preferred(&slots);
            slots[slot] = Some(turn.id);
            free -= 1;
        }
    }
    slots.into_iter().flatten().collect()
}

fn size_for(servers: usize) -> u32 {
    let enough = |size: &&u32| **size as usize >= servers * SLOTS_PER_SERVER;
    SIZES.iter().find(enough).copied().unwrap_or(SIZES[SIZES.len() - 1])
}

/// One server's walk through its own permutation of the slots.
struct Turn {
    id: u32,
    weight: u32,
    owed: u64,
    next: u32,
    /// Bits of half a slot number.
    half: u32,
}

impl Turn {
    fn new(candidate: &Candidate, size: u32) -> Self {
        let half = size.trailing_zeros() / 2;
        Self { id: candidate.id, weight: candidate.weight, owed: 0, next: 0, half }
    }

    /// The next slot of the permutation that is still free. Ends, because a permutation meets every slot and the caller
    /// has counted a free one.
    fn preferred(&mut self, slots: &[Option<u32>]) -> usize {
        loop {
            let slot = self.permuted(self.next) as usize;
            self.next += 1;
            if slots[slot].is_none() {
                return slot;
            }
        }
    }

    /// Four rounds of a balanced Feistel network.
    fn permuted(&self, position: u32) -> u32 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (position >> self.half, position & mask);
        for round in 0..4u64 {
            let mixed = mix(mix(u64::from(self.id)) ^ (round << 32) ^ u64::from(right));
            (left, right) = (right, left ^ (mixed as u32 & mask));
        }
        left << self.half | right
    }
}

/// The finalizer of `splitmix64`.
fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn shares(table: &[u32]) -> BTreeMap<u32, usize> {
        table.iter().fold(BTreeMap::new(), |mut shares, id| {
            *shares.entry(*id).or_default() += 1;
            shares
        })
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        prop::collection::btree_map(1u32..100_000, 1u32..=100, 1..12)
            .prop_map(|map| map.into_iter().map(|(id, weight)| Candidate { id, weight }).collect())
    }

    proptest! {
        #[test]
        fn each_server_gets_its_share_within_a_percent_of_the_table(servers in candidates()) {
            let table = table(&servers);
            let total: u32 = servers.iter().map(|s| s.weight).sum();
            let shares = shares(&table);
            for server in &servers {
                let wanted = table.len() as f64 * f64::from(server.weight) / f64::from(total);
                let got = shares.get(&server.id).copied().unwrap_or(0) as f64;
                prop_assert!((got - wanted).abs() <= 0.01 * table.len() as f64, "{got} slots instead of {wanted}");
            }
        }

        #[test]
        fn a_leaving_server_moves_little_more_than_its_own_slots(ids in prop::collection::btree_set(1u32..100_000, 2..10)) {
            let servers: Vec<Candidate> = ids.iter().map(|id| Candidate { id: *id, weight: 100 }).collect();
            let (before, after) = (table(&servers), table(&servers[1..]));
            let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count() as f64 / before.len() as f64;
            let own = 1.0 / servers.len() as f64;
            prop_assert!(moved <= own + 0.10, "{moved} of the slots moved, {own} had to");
        }
    }

    #[test]
    fn no_server_makes_an_empty_table() {
        assert!(table(&[]).is_empty());
    }

    #[test]
    fn the_order_of_equal_servers_does_not_change_their_number_of_slots() {
        let table = table(&[Candidate { id: 1, weight: 100 }, Candidate { id: 2, weight: 100 }]);
        assert_eq!(table.len(), 1024);
        assert!(shares(&table).values().all(|n| *n == 512));
    }
}
