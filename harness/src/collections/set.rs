//! [`HashSet`].

use std::collections::hash_set;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::{BitAnd, BitOr, BitXor, Deref, DerefMut, Sub};

use super::RandomState;

/// `std::collections::HashSet` with the same order every time.
///
/// ```
/// use selvedge::collections::HashSet;
///
/// let seen: HashSet<_> = ["a", "b"].into();
/// assert!(seen.contains("a"));
/// assert_eq!(&seen & &HashSet::from(["b", "c"]), HashSet::from(["b"]));
/// ```
#[derive(Clone)]
pub struct HashSet<T, S = RandomState>(std::collections::HashSet<T, S>);

impl<T> HashSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        HashSet::with_hasher(RandomState)
    }

    /// An empty set with room for so many values.
    pub fn with_capacity(capacity: usize) -> Self {
        HashSet::with_capacity_and_hasher(capacity, RandomState)
    }
}

impl<T, S> HashSet<T, S> {
    /// An empty set with a hasher of its own.
    pub const fn with_hasher(state: S) -> Self {
        HashSet(std::collections::HashSet::with_hasher(state))
    }

    /// An empty set with room for so many values and a hasher of its own.
    pub fn with_capacity_and_hasher(capacity: usize, state: S) -> Self {
        HashSet(std::collections::HashSet::with_capacity_and_hasher(capacity, state))
    }
}

impl<T, S> Deref for HashSet<T, S> {
    type Target = std::collections::HashSet<T, S>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T, S> DerefMut for HashSet<T, S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T, S: Default> Default for HashSet<T, S> {
    fn default() -> Self {
        HashSet(Default::default())
    }
}

impl<T: fmt::Debug, S> fmt::Debug for HashSet<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Eq + Hash, S: BuildHasher> PartialEq for HashSet<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Eq + Hash, S: BuildHasher> Eq for HashSet<T, S> {}

impl<T: Eq + Hash, const N: usize> From<[T; N]> for HashSet<T> {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Eq + Hash, S: BuildHasher + Default> FromIterator<T> for HashSet<T, S> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        HashSet(values.into_iter().collect())
    }
}

impl<T: Eq + Hash, S: BuildHasher> Extend<T> for HashSet<T, S> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        self.0.extend(values);
    }
}

impl<'a, T: Eq + Hash + Copy, S: BuildHasher> Extend<&'a T> for HashSet<T, S> {
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, values: I) {
        self.0.extend(values);
    }
}

impl<T, S> IntoIterator for HashSet<T, S> {
    type Item = T;
    type IntoIter = hash_set::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T, S> IntoIterator for &'a HashSet<T, S> {
    type Item = &'a T;
    type IntoIter = hash_set::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// The operators of sets, as std has them.
macro_rules! operator {
    ($($trait:ident $method:ident)*) => {$(
        impl<T: Eq + Hash + Clone, S: BuildHasher + Default> $trait<&HashSet<T, S>> for &HashSet<T, S> {
            type Output = HashSet<T, S>;

            fn $method(self, other: &HashSet<T, S>) -> HashSet<T, S> {
                HashSet((&self.0).$method(&other.0))
            }
        }
    )*};
}

operator! { BitAnd bitand BitOr bitor BitXor bitxor Sub sub }
