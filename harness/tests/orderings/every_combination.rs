//! Programs whose orderings come from outside: whatever is declared, what is found is what trying every combination finds.

use std::collections::BTreeMap;

use selvedge::orderings::Weakest;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicUsize, fence};
use selvedge::{Check, MemoryModel, Orderings, Strategy, Verdict, thread};

const LOAD: &[Ordering] = &[Relaxed, Acquire, SeqCst];
const STORE: &[Ordering] = &[Relaxed, Release, SeqCst];
const WEAK_OR_STRONG: &[Ordering] = &[Relaxed, SeqCst];
const UPDATE: &[Ordering] = &[Relaxed, Acquire, Release, AcqRel, SeqCst];

type Words = [AtomicUsize; 3];

/// What the tasks do with these orderings, and whether what they come to is right.
struct Program {
    /// What can be declared at each place, in the order of the source.
    places: &'static [&'static [Ordering]],
    /// Places that are fences: a relaxed one is none.
    fences: &'static [usize],
    tasks: &'static [fn(&Words, &[Ordering]) -> usize],
    holds: fn(&[usize]) -> bool,
}

const MESSAGE: Program = Program {
    places: &[STORE, STORE, LOAD, LOAD],
    fences: &[],
    tasks: &[
        |[data, ready, _], o| {
            data.store(1, o[0]);
            ready.store(1, o[1]);
            0
        },
        |[data, ready, _], o| match ready.load(o[2]) {
            0 => 1,
            _ => data.load(o[3]),
        },
    ],
    holds: |seen| seen[1] == 1,
};

const STORE_BUFFERING: Program = Program {
    places: &[STORE, UPDATE, LOAD, STORE, UPDATE, LOAD],
    fences: &[1, 4],
    tasks: &[
        |[one, two, _], o| {
            one.store(1, o[0]);
            around(o[1], || fence(o[1]));
            two.load(o[2])
        },
        |[one, two, _], o| {
            two.store(1, o[3]);
            around(o[4], || fence(o[4]));
            one.load(o[5])
        },
    ],
    holds: |seen| seen[0] + seen[1] > 0,
};

const ONE_OR_THE_OTHER: Program = Program {
    places: &[
        WEAK_OR_STRONG,
        STORE,
        WEAK_OR_STRONG,
        UPDATE,
        WEAK_OR_STRONG,
        LOAD,
        LOAD,
    ],
    fences: &[],
    tasks: &[
        |[one, _, count], o| {
            one.store(1, o[0]);
            count.store(1, o[1]);
            0
        },
        |[one, two, count], o| {
            two.store(1, o[2]);
            match count.fetch_add(1, o[3]) {
                1 => one.load(o[4]),
                _ => 1,
            }
        },
        |[_, two, count], o| match count.load(o[5]) {
            2 => two.load(o[6]),
            _ => 1,
        },
    ],
    holds: |seen| seen[1] + seen[2] > 0,
};

const CLAIM: Program = Program {
    // The ordering of a failure comes first, as that of a load.
    places: &[STORE, STORE, LOAD, UPDATE, LOAD],
    fences: &[],
    tasks: &[
        |[data, state, _], o| {
            data.store(1, o[0]);
            state.store(1, o[1]);
            0
        },
        |[data, state, _], o| match state.compare_exchange(0, 2, o[3], o[2]) {
            Ok(_) => 1,
            Err(_) => data.load(o[4]),
        },
    ],
    holds: |seen| seen[1] == 1,
};

fn around(ordering: Ordering, fence: impl FnOnce()) {
    if ordering != Relaxed {
        fence();
    }
}

impl Program {
    fn with(&'static self, orderings: Vec<Ordering>) -> impl Fn() + Send + Sync + 'static {
        let orderings: &'static [Ordering] = orderings.leak();
        move || {
            let words: Arc<Words> = Arc::new([(); 3].map(|()| AtomicUsize::new(0)));
            let threads = self.tasks.iter().map(|task| {
                let words = Arc::clone(&words);
                thread::spawn(move || task(&words, orderings))
            });
            let threads: Vec<_> = threads.collect();
            let seen: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            assert!((self.holds)(&seen), "{seen:?}");
        }
    }

    /// Every way to declare its orderings.
    fn all(&self) -> Vec<Vec<Ordering>> {
        self.places.iter().fold(vec![Vec::new()], |all, place| {
            let longer = |one: &Vec<Ordering>| {
                let one = one.clone();
                place.iter().map(move |next| [one.clone(), vec![*next]].concat())
            };
            all.iter().flat_map(longer).collect()
        })
    }
}

fn is_weaker(one: Ordering, other: Ordering) -> bool {
    let promises = |ordering| match ordering {
        Relaxed => 0b000,
        Acquire => 0b001,
        Release => 0b010,
        AcqRel => 0b011,
        _ => 0b111,
    };
    one != other && promises(one) & promises(other) == promises(one)
}

fn is_at_most(one: &[Ordering], other: &[Ordering]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| one == other || is_weaker(*one, *other))
}

/// The number by which each way is known: an ordering is no key.
fn key(orderings: &[Ordering]) -> String {
    format!("{orderings:?}")
}

fn ordering(weakest: &Weakest) -> Ordering {
    weakest.ordering.unwrap_or(Relaxed)
}

/// Compares what is found from every `nth` way to declare the orderings with what holds of all.
fn compare(program: &'static Program, nth: usize) {
    let all = program.all();
    let verified: BTreeMap<String, bool> = all
        .iter()
        .map(|orderings| {
            let report = Check::new("all")
                .cause(false)
                .strategy(Strategy::Exhaustive)
                .memory_model(MemoryModel::Rust)
                .run(program.with(orderings.clone()));
            assert!(report.error.is_none(), "{report}");
            (key(orderings), report.verdict == Verdict::Verified)
        })
        .collect();
    let holds = |orderings: &[Ordering]| verified[&key(orderings)];
    let (mut held, mut repaired) = (0, 0);
    for declared in all.iter().step_by(nth) {
        if program.fences.iter().any(|&fence| declared[fence] == Relaxed) {
            continue;
        }
        let found: Orderings = Check::new("found").weakest_orderings(program.with(declared.clone()));
        assert_eq!(found.as_declared.is_verified(), holds(declared), "{found}");
        assert_eq!(found.places.len(), declared.len(), "{found}");
        let hopeless = !holds(&vec![SeqCst; declared.len()]);
        assert!(!hopeless, "{found}");
        // One at a time.
        for (at, place) in found.places.iter().enumerate() {
            assert_eq!(place.declared, [declared[at]], "{found}");
            let with = |ordering| {
                let mut with = declared.clone();
                with[at] = ordering;
                with
            };
            let possible = |ordering: &Ordering| match holds(declared) {
                true => *ordering == declared[at] || is_weaker(*ordering, declared[at]),
                false => is_weaker(declared[at], *ordering),
            };
            let enough: Vec<Ordering> = program.places[at]
                .iter()
                .copied()
                .filter(|ordering| possible(ordering) && holds(&with(*ordering)))
                .collect();
            let least: Vec<Ordering> = enough
                .iter()
                .copied()
                .filter(|one| !enough.iter().any(|other| is_weaker(*other, *one)))
                .collect();
            let alone: Vec<Ordering> = place.alone.iter().map(ordering).collect();
            assert_eq!(alone, least, "{declared:?} at {at}: {found}");
        }
        // All together.
        let any_alone = found.places.iter().any(|place| !place.alone.is_empty());
        let is_asked = holds(declared) || !any_alone;
        assert_eq!(found.together.is_some(), is_asked, "{found}");
        let together: Option<Vec<Ordering>> = found.places.iter().map(|p| p.together.as_ref().map(ordering)).collect();
        assert_eq!(together.is_some(), is_asked, "{found}");
        let Some(together) = together else { continue };
        assert!(holds(&together), "{found}");
        let (lower, upper) = match holds(declared) {
            true => (vec![Relaxed; declared.len()], declared.clone()),
            false => (declared.clone(), vec![SeqCst; declared.len()]),
        };
        assert!(
            is_at_most(&lower, &together) && is_at_most(&together, &upper),
            "{found}"
        );
        let below =
            |other: &&Vec<Ordering>| is_at_most(&lower, other) && is_at_most(other, &together) && **other != together;
        let weaker = all.iter().filter(below).find(|other| holds(other));
        assert_eq!(
            weaker, None,
            "{declared:?}, and {together:?} is not the weakest: {found}"
        );
        if holds(declared) { held += 1 } else { repaired += 1 }
    }
    assert!(
        held > 0 && repaired > 0,
        "{held} hold, {repaired} were repaired by several"
    );
}

#[test]
fn of_a_message() {
    compare(&MESSAGE, 1);
}

#[test]
fn of_store_buffering_with_fences() {
    compare(&STORE_BUFFERING, 37);
}

#[test]
fn of_an_update_that_acquires_or_releases() {
    compare(&ONE_OR_THE_OTHER, 67);
}

#[test]
fn of_an_exchange_that_fails() {
    compare(&CLAIM, 3);
}
