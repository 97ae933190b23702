//! The largest set of things of which no two clash.

use std::collections::{BTreeMap, BTreeSet};

/// So many things in clashes are tried in every combination; of more, those with the fewest clashes are taken first.
const MOST_TRIED: usize = 16;

/// Finds the largest set of those that are `free`, without both ends of any pair, in ascending order. Of several, the one with the
/// earlier members.
pub(super) fn largest(free: &[bool], pairs: &[(usize, usize)]) -> Vec<usize> {
    let pairs: Vec<_> = pairs.iter().filter(|(a, b)| free[*a] && free[*b]).copied().collect();
    let clashing: BTreeSet<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let (bound, mut chosen): (Vec<usize>, Vec<usize>) = (0..free.len()).filter(|n| free[*n]).partition(|n| clashing.contains(n));
    chosen.extend(if bound.len() <= MOST_TRIED { every(&bound, &pairs) } else { fewest(bound, &pairs) });
    chosen.sort_unstable();
    chosen
}

/// Tries every combination. The first is the highest bit, so of sets of one size the largest number has the earlier members.
fn every(bound: &[usize], pairs: &[(usize, usize)]) -> Vec<usize> {
    let bit = |n: usize| bound.iter().position(|b| *b == n).map_or(0, |at| 1_u32 << (bound.len() - 1 - at));
    let masks: Vec<u32> = pairs.iter().map(|(a, b)| bit(*a) | bit(*b)).collect();
    let holds = |set: &u32| masks.iter().all(|mask| set & mask != *mask);
    let best = (0..1_u32 << bound.len()).filter(holds).max_by_key(|set| (set.count_ones(), *set)).unwrap_or(0);
    bound.iter().copied().filter(|n| best & bit(*n) != 0).collect()
}

fn fewest(mut bound: Vec<usize>, pairs: &[(usize, usize)]) -> Vec<usize> {
    let mut clashes = BTreeMap::<usize, Vec<usize>>::new();
    for (a, b) in pairs {
        clashes.entry(*a).or_default().push(*b);
        clashes.entry(*b).or_default().push(*a);
    }
    bound.sort_by_key(|n| (clashes.get(n).map_or(0, Vec::len), *n));
    let mut chosen = BTreeSet::new();
    for n in bound {
        if !clashes.get(&n).into_iter().flatten().any(|other| chosen.contains(other)) {
            chosen.insert(n);
        }
    }
    chosen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_set_is_found_and_of_several_the_one_with_the_earlier() {
        for (free, pairs, expected) in [
            (vec![true; 3], vec![], vec![0, 1, 2]),
            (vec![true; 3], vec![(0, 1), (0, 2)], vec![1, 2]),
            (vec![true; 2], vec![(0, 1)], vec![0]),
            (vec![true, false, true], vec![(0, 1), (1, 2)], vec![0, 2]),
            (vec![true; 5], vec![(0, 1), (1, 2), (2, 3), (3, 4)], vec![0, 2, 4]),
            (vec![true; 4], vec![(0, 1), (2, 3)], vec![0, 2]),
            (vec![], vec![], vec![]),
        ] {
            assert_eq!(largest(&free, &pairs), expected, "{pairs:?}");
        }
    }

    #[test]
    fn of_very_many_none_clash() {
        // A star: the one in the middle clashes with all others.
        let pairs: Vec<_> = (0..40).filter(|n| *n != 7).map(|n| (n.min(7), n.max(7))).collect();
        let found = largest(&[true; 40], &pairs);
        assert_eq!(found, (0..40).filter(|n| *n != 7).collect::<Vec<_>>());
    }
}
