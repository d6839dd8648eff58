//! The smallest sets that have an element in common with each of some given ones ("hitting sets": Karp, "Reducibility Among
//! Combinatorial Problems", 1972), by iterative deepening: sets of one element first, then of two, and so on.

/// A set of small numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn of(elements: impl IntoIterator<Item = usize>) -> Self {
        let mut bits = Bits::default();
        for element in elements {
            let word = element / 64;
            if bits.0.len() <= word {
                bits.0.resize(word + 1, 0);
            }
            bits.0[word] |= 1 << (element % 64);
        }
        bits
    }

    pub(super) fn contains(&self, element: usize) -> bool {
        self.0
            .get(element / 64)
            .is_some_and(|word| word >> (element % 64) & 1 == 1)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 == 1)
                .map(move |bit| at * 64 + bit)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn is_within(&self, other: &Bits) -> bool {
        let word = |at: usize| other.0.get(at).copied().unwrap_or_default();
        self.0.iter().enumerate().all(|(at, bits)| bits & !word(at) == 0)
    }
}

/// Sets looked at, at most, for each size.
const EFFORT: usize = 200_000;

/// Solutions of the smallest size that are compared, at most.
const SOLUTIONS: usize = 4_096;

/// The smallest sets of at most `most` elements that have one in common with each of these, in order; some of them, if there are
/// very many. None if there is no such set, or it would take too long to find one.
pub(super) fn smallest(sets: impl IntoIterator<Item = Bits>, most: usize) -> Vec<Vec<usize>> {
    let mut sets: Vec<Bits> = sets.into_iter().collect();
    sets.sort_by_key(Bits::len);
    // Who has an element of a set has one of every larger set around it.
    let mut minimal: Vec<Bits> = Vec::new();
    for set in sets {
        if minimal.last() != Some(&set) && !minimal.iter().any(|smaller| smaller.is_within(&set)) {
            minimal.push(set);
        }
    }
    for size in 0..=most {
        let mut search = Search {
            sets: &minimal,
            effort: EFFORT,
            found: Vec::new(),
        };
        search.extend(&mut Vec::new(), size);
        if !search.found.is_empty() {
            search.found.sort();
            search.found.dedup();
            return search.found;
        }
    }
    Vec::new()
}

struct Search<'a> {
    sets: &'a [Bits],
    effort: usize,
    found: Vec<Vec<usize>>,
}

impl Search<'_> {
    fn extend(&mut self, chosen: &mut Vec<usize>, left: usize) {
        if self.effort == 0 || self.found.len() == SOLUTIONS {
            return;
        }
        self.effort -= 1;
        let missed = self
            .sets
            .iter()
            .find(|set| !chosen.iter().any(|&element| set.contains(element)));
        let Some(missed) = missed else {
            let mut found = chosen.clone();
            found.sort_unstable();
            self.found.push(found);
            return;
        };
        if left == 0 {
            return;
        }
        for element in missed.iter() {
            chosen.push(element);
            self.extend(chosen, left - 1);
            chosen.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// All of the smallest, by trying every subset.
    fn by_trying(sets: &[BTreeSet<usize>], elements: usize) -> Vec<Vec<usize>> {
        let all = (0_u32..1 << elements).map(|mask| (0..elements).filter(|&e| mask >> e & 1 == 1).collect::<Vec<_>>());
        let hits = |chosen: &Vec<usize>| sets.iter().all(|set| chosen.iter().any(|e| set.contains(e)));
        let hitting: Vec<Vec<usize>> = all.filter(hits).collect();
        let fewest = hitting.iter().map(Vec::len).min();
        let mut found: Vec<_> = hitting.into_iter().filter(|set| Some(set.len()) == fewest).collect();
        found.sort();
        found
    }

    proptest! {
        #[test]
        fn they_are_those_that_trying_every_subset_finds(
            sets in proptest::collection::vec(proptest::collection::btree_set(0_usize..8, 0..5), 0..9)
        ) {
            let found = smallest(sets.iter().map(|set| Bits::of(set.iter().copied())), 8);
            prop_assert_eq!(found, by_trying(&sets, 8));
        }
    }

    #[test]
    fn larger_sets_than_asked_for_are_not_found() {
        let apart = || [Bits::of([0]), Bits::of([70]), Bits::of([200])];
        assert_eq!(smallest(apart(), 3), [[0, 70, 200]]);
        assert!(smallest(apart(), 2).is_empty());
    }
}
