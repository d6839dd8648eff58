//! Maps and sets by hash have the same order in every execution, and are std's in all else.

use selvedge::collections::{HashMap, HashSet};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Verdict, thread};

/// The order of a map decides who is asked first, which a schedule must be able to repeat.
#[test]
fn what_depends_on_the_order_is_the_same_every_time() {
    let run = || {
        Check::new("collections").run(|| {
            let mut accounts = HashMap::new();
            for name in ["a", "b", "c", "d", "e"] {
                accounts.insert(name, Arc::new(Mutex::new(name)));
            }
            let theirs = accounts.clone();
            let thread = thread::spawn(move || theirs.values().map(|a| *a.lock().unwrap()).collect::<String>());
            let order: String = accounts.values().map(|account| *account.lock().unwrap()).collect();
            assert_eq!(thread.join().unwrap(), order);
            order
        })
    };
    let (first, second) = (run(), run());
    assert_eq!(first.verdict, Verdict::Verified, "{first}");
    assert_eq!(first.outcomes, second.outcomes);
    assert_eq!(first.outcomes.len(), 1);
}

macro_rules! same {
    ($name:ident, $($path:tt)*) => {
        fn $name() -> String {
            use $($path)*::{HashMap, HashSet};
            let mut map: HashMap<u32, u32> = HashMap::with_capacity(4);
            map.extend([(1, 10), (2, 20)]);
            map.extend(&HashMap::from([(3, 30)]));
            *map.entry(1).or_insert(0) += 1;
            map.retain(|key, _| *key != 2);
            for (_, value) in &mut map {
                *value *= 2;
            }
            for value in map.values_mut() {
                *value += 1;
            }
            let twice: HashMap<_, _> = map.iter().map(|(key, value)| (*key, *value)).collect();
            assert_eq!(twice, map.clone());
            let sum: u32 = (&map).into_iter().map(|(key, value)| key * value).sum();
            let first = map[&1];
            let mut keys: Vec<u32> = twice.clone().into_keys().collect();
            let mut values: Vec<u32> = twice.into_values().collect();
            let mut pairs: Vec<(u32, u32)> = map.into_iter().collect();
            keys.sort_unstable();
            values.sort_unstable();
            pairs.sort_unstable();
            let (mut a, b): (HashSet<u32>, HashSet<u32>) = ([1, 2, 3].into(), HashSet::from_iter([2, 3, 4]));
            let mut sets: Vec<Vec<u32>> = [&a & &b, &a | &b, &a ^ &b, &a - &b]
                .into_iter()
                .map(|set| set.into_iter().collect())
                .collect();
            sets.iter_mut().for_each(|set| set.sort_unstable());
            a.extend(&b);
            a.extend([9]);
            assert!(a.remove(&9) && !a.contains(&9) && a.is_superset(&b));
            let empty: (HashMap<u8, u8>, HashSet<u8>) = Default::default();
            format!("{sum} {first} {keys:?} {values:?} {pairs:?} {sets:?} {} {empty:?}", a.len())
        }
    };
}

same!(with_ours, selvedge::collections);
same!(with_std, std::collections);

#[test]
fn in_all_else_they_are_those_of_std() {
    assert_eq!(with_ours(), with_std());
    let named: HashSet<&str> = HashSet::with_capacity(1);
    assert!(named.is_empty() && HashMap::<u8, u8>::new().is_empty());
}
