//! Places for lists in an array map. What is in use is never written to: a changed list goes to a free range, and the
//! old one becomes free when nothing refers to it any more.

use std::collections::BTreeMap;

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
pub fn place<T: PartialEq>(
    live: &BTreeMap<Range, Vec<T>>,
    wanted: &[Vec<T>],
    capacity: u32,
) -> (Vec<Place>, Option<Full>) {
    let mut taken: Vec<Range> = live.keys().copied().filter(|range| range.count > 0).collect();
    let mut full = None;
    let mut place_or_not = |list| {
        place_one(live, list, &mut taken, capacity).unwrap_or_else(|error| {
            full.get_or_insert(error);
            Place { range: Range::default(), fresh: false }
        })
    };
    let places = wanted.iter().map(&mut place_or_not).collect();
    (places, full)
}

fn place_one<T: PartialEq>(
    live: &BTreeMap<Range, Vec<T>>,
    list: &Vec<T>,
    taken: &mut Vec<Range>,
    capacity: u32,
) -> Result<Place, Full> {
    if list.is_empty() {
        return Ok(Place { range: Range::default(), fresh: false });
    }
    if let Some((range, _)) = live.iter().find(|(_, content)| *content == list) {
        return Ok(Place { range: *range, fresh: false });
    }
    let count = u32::try_from(list.len()).unwrap_or(u32::MAX);
    let range = first_free(taken, count, capacity).ok_or(Full { needed: count, capacity })?;
    taken.push(range);
    Ok(Place { range, fresh: true })
}

/// The first gap of at least `count` elements.
fn first_free(taken: &mut [Range], count: u32, capacity: u32) -> Option<Range> {
    taken.sort_unstable();
    let mut first = 0;
    for range in taken.iter() {
        if range.first.saturating_sub(first) >= count {
            break;
        }
        first = first.max(range.end());
    }
    let range = Range { first, count };
    (capacity.saturating_sub(first) >= count).then_some(range)
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
