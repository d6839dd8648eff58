//! What objects are known by that have no other name: digests of what came before their uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The numbers of objects, by keys. An object has as many keys as there are ways to come to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<u64, u32>", into = "BTreeMap<u64, u32>")]
pub(super) struct Keys {
    numbers: BTreeMap<u64, u32>,
    /// The keys of each number.
    of: BTreeMap<u32, Vec<u64>>,
}

impl Keys {
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    pub(super) fn get(&self, key: u64) -> Option<u32> {
        self.numbers.get(&key).copied()
    }

    /// The numbers that keys stand for.
    pub(super) fn numbers(self) -> impl Iterator<Item = u32> {
        self.of.into_keys()
    }

    /// One of the keys of a number.
    pub(super) fn key_of(&self, number: u32) -> Option<u64> {
        self.of.get(&number)?.iter().min().copied()
    }

    /// From here on, the key stands for this number. It has stood for none.
    pub(super) fn add(&mut self, key: u64, number: u32) {
        self.numbers.insert(key, number);
        self.of.entry(number).or_default().push(key);
    }

    /// What was known by one number is known by the other from here on.
    pub(super) fn join(&mut self, from: u32, to: u32) {
        let keys = self.of.remove(&from).unwrap_or_default();
        for key in &keys {
            self.numbers.insert(*key, to);
        }
        self.of.entry(to).or_default().extend(keys);
    }
}

impl From<BTreeMap<u64, u32>> for Keys {
    fn from(numbers: BTreeMap<u64, u32>) -> Self {
        let mut keys = Keys::default();
        for (key, number) in numbers {
            keys.add(key, number);
        }
        keys
    }
}

impl From<Keys> for BTreeMap<u64, u32> {
    fn from(keys: Keys) -> Self {
        keys.numbers
    }
}
