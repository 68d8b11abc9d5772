//! Slots of the schedulers that take turns: one round, in which each server has as many turns as its weight says, as evenly
//! spread as they can be.

use crate::compile::Candidate;

/// The servers of a round, in turn. Weights with a common divisor make a shorter round.
pub fn round(candidates: &[Candidate]) -> Vec<u32> {
    let divisor = candidates.iter().fold(0, |divisor, candidate| gcd(divisor, candidate.weight));
    let times = |candidate: &Candidate| {
        let (id, turns) = (candidate.id, candidate.weight / divisor.max(1));
        // A server's turns lie in the middle of equal parts of the round.
        (0..turns).map(move |turn| ((u64::from(2 * turn + 1) << 32) / u64::from(2 * turns), id))
    };
    let mut times: Vec<(u64, u32)> = candidates.iter().flat_map(times).collect();
    times.sort_unstable();
    times.into_iter().map(|(_, id)| id).collect()
}

/// The greatest common divisor; that of 0 and a number is the number.
fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_of(weights: &[u32]) -> Vec<u32> {
        let candidates: Vec<Candidate> =
            (1..).zip(weights).map(|(id, weight)| Candidate { id, weight: *weight }).collect();
        round(&candidates)
    }

    #[test]
    fn equal_servers_take_one_turn_each() {
        assert_eq!(round_of(&[100, 100, 100]), [1, 2, 3]);
        assert!(round_of(&[]).is_empty());
    }

    #[test]
    fn turns_follow_the_weights_and_are_spread() {
        assert_eq!(round_of(&[50, 100]), [2, 1, 2]);
        assert_eq!(round_of(&[3, 1]), [1, 1, 2, 1]);
    }
}
