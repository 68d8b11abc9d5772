//! Places for lists in an array map. What is in use is never written to: a changed list goes to a free range, and the
//! old one becomes free when nothing refers to it any more.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A part of an array map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// First element.
    pub first: u32,
    /// Number of elements.
    pub count: u32,
}

impl Range {
    fn end(self) -> u32 {
        self.first.saturating_add(self.count)
    }
}

/// No free range is long enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no room for a list of {needed} in a map of {capacity}")]
pub struct Full {
    needed: u32,
    capacity: u32,
}

/// The place of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where the list is, or is to be.
    pub range: Range,
    /// The list is not there yet.
    pub fresh: bool,
}

/// A place for each of the wanted lists, beside what is live. A list for which there is no room gets the place of the
/// empty list: a policy that lets nothing through, a table without a server.
pub fn place<T: Eq + Hash>(
    live: &BTreeMap<Range, Vec<T>>,
    wanted: &[Vec<T>],
    capacity: u32,
) -> (Vec<Place>, Option<Full>) {
    // Of equal lists the first stays.
    let known: HashMap<&[T], Range> =
        live.iter().rev().map(|(range, content)| (content.as_slice(), *range)).collect();
    let mut gaps = gaps(live.keys().copied().filter(|range| range.count > 0), capacity);
    let mut full = None;
    let mut place_one = |list: &Vec<T>| {
        if let Some(range) = known.get(list.as_slice()).filter(|_| !list.is_empty()) {
            return Place { range: *range, fresh: false };
        }
        let needed = u32::try_from(list.len()).unwrap_or(u32::MAX);
        take(&mut gaps, needed).map_or_else(
            || {
                full.get_or_insert(Full { needed, capacity });
                Place { range: Range::default(), fresh: false }
            },
            |range| Place { range, fresh: range.count > 0 },
        )
    };
    let places = wanted.iter().map(&mut place_one).collect();
    (places, full)
}

/// What lies free between the taken ranges, which come in order, and behind them.
fn gaps(taken: impl Iterator<Item = Range>, capacity: u32) -> Vec<Range> {
    let mut gaps = Vec::new();
    let mut first = 0;
    for range in taken.chain([Range { first: capacity, count: 0 }]) {
        gaps.push(Range { first, count: range.first.saturating_sub(first) });
        first = first.max(range.end());
    }
    gaps.retain(|gap| gap.count > 0);
    gaps
}

/// The front of the first gap that is long enough; no list needs no gap.
fn take(gaps: &mut [Range], count: u32) -> Option<Range> {
    if count == 0 {
        return Some(Range::default());
    }
    let gap = gaps.iter_mut().find(|gap| gap.count >= count)?;
    let range = Range { first: gap.first, count };
    *gap = Range { first: range.end(), count: gap.count - count };
    Some(range)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAPACITY: u32 = 4096;

    fn lists() -> impl Strategy<Value = Vec<Vec<u32>>> {
        prop::collection::vec(prop::collection::vec(0u32..50, 0..20), 0..20)
    }

    /// What the map holds once the places are filled.
    fn filled(places: &[Place], lists: &[Vec<u32>]) -> BTreeMap<Range, Vec<u32>> {
        places.iter().map(|place| place.range).zip(lists.iter().cloned()).collect()
    }

    fn overlap(a: Range, b: Range) -> bool {
        a.count > 0 && b.count > 0 && a.first < b.end() && b.first < a.end()
    }

    proptest! {
        #[test]
        fn nothing_live_is_overwritten_and_equal_lists_stay(before in lists(), after in lists()) {
            let live = filled(&place(&BTreeMap::new(), &before, CAPACITY).0, &before);
            let (places, full) = place(&live, &after, CAPACITY);
            prop_assert_eq!(full, None);
            for (place, list) in places.iter().zip(&after) {
                prop_assert_eq!(place.range.count as usize, list.len());
                if place.fresh {
                    prop_assert!(live.keys().all(|range| !overlap(*range, place.range)));
                    prop_assert!(!live.values().any(|content| content == list));
                } else if !list.is_empty() {
                    prop_assert_eq!(&live[&place.range], list);
                }
            }
            let fresh: Vec<Range> = places.iter().filter(|p| p.fresh).map(|p| p.range).collect();
            for (i, a) in fresh.iter().enumerate() {
                prop_assert!(fresh[i + 1..].iter().all(|b| !overlap(*a, *b)));
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_empty_and_the_rest_is_there() {
        let (places, full) = place(&BTreeMap::new(), &[vec![0u32; 10], vec![1; 10], vec![2; 9]], 19);
        assert_eq!(places.iter().map(|place| place.range.count).collect::<Vec<_>>(), [10, 0, 9]);
        assert!(full.is_some());
    }
}
