//! Random numbers: what `rand` names, the same in every execution; or chosen by the search.

use std::collections::BTreeSet;

use selvedge::rand::rngs::StdRng;
use selvedge::rand::{self, Choosing, Rng, RngExt};
use selvedge::{Check, Report, Strategy, Verdict, future, thread};

/// The same body against `rand` and against ours, on real threads.
macro_rules! both {
    ($($body:tt)*) => {
        mod of_rand {
            use rand10 as rand;
            $($body)*
        }
        mod of_selvedge {
            use selvedge::rand;
            $($body)*
        }
    };
}

both! {
    use rand::prelude::*;
    use rand::distr::Uniform;

    pub(super) fn names() -> bool {
        let mut rng: ThreadRng = rand::rng();
        let mut small: SmallRng = rand::make_rng();
        let mut bytes = [0_u8; 12];
        rand::fill(&mut bytes);
        rng.fill_bytes(&mut bytes);
        let mut cards: Vec<u32> = (0..5).collect();
        cards.shuffle(&mut rng.clone());
        let die = Uniform::new_inclusive(1, 6).unwrap().sample(&mut rng);
        let some: Vec<u8> = rand::random_iter().take(3).collect();
        let numbers: (u64, f64) = (rand::random(), rand::random());
        let default = ThreadRng::default().next_u32() >> 1;
        (1..=6).contains(&die) && (1..7).contains(&rand::random_range(1..7)) && cards.len() + some.len() == 8
            && (rand::random_bool(1.0) && !rand::random_ratio(0, 3)) && numbers.1 < 1.0
            && small.next_u64() != rng.next_u64() && default < 1 << 31
            && format!("{rng:?}") == "ThreadRng { .. }"
    }
}

#[test]
fn what_rand_names_is_here() {
    assert!(of_rand::names());
    assert!(of_selvedge::names());
    let of_a_check = Check::new("rand").run(of_selvedge::names);
    assert_eq!(of_a_check.outcomes.into_keys().collect::<Vec<_>>(), ["true"]);
    assert_ne!(
        rand::random::<u128>(),
        rand::random::<u128>(),
        "they are random outside of a check"
    );
}

/// What each of four tasks draws, two of which may be spawned in either order.
fn draws() -> Vec<u64> {
    let spawners = [(); 2].map(|()| {
        thread::spawn(|| {
            thread::yield_now();
            let inner = future::spawn(async { rand::random::<u64>() });
            let first = rand::random::<u64>();
            let mut rng = rand::rng();
            let next = rng.next_u64();
            let mut seeded: StdRng = rand::make_rng();
            [first, next, seeded.next_u64(), future::block_on(inner).unwrap()]
        })
    });
    let mut all = vec![rand::random()];
    all.extend(spawners.into_iter().flat_map(|spawner| spawner.join().unwrap()));
    all
}

#[test]
fn each_task_draws_numbers_of_its_own_and_the_same_in_every_execution() {
    let run = |strategy: Strategy, seed| {
        Check::new("rand")
            .strategy(strategy)
            .seed(seed)
            .max_executions(300)
            .run(draws)
    };
    let reports = [
        run(Strategy::Exhaustive, 0),
        run(Strategy::Random, 1),
        run(Strategy::Pos, 2),
    ];
    let all: BTreeSet<String> = reports
        .iter()
        .flat_map(|report: &Report| report.outcomes.keys().cloned())
        .collect();
    assert_eq!(all.len(), 1, "{all:?}");
    let numbers: BTreeSet<&str> = all
        .iter()
        .flat_map(|all| all.trim_matches(['[', ']']).split(", "))
        .collect();
    assert_eq!(numbers.len(), 9, "{numbers:?}");
    assert_eq!(reports[0].verdict, Verdict::Verified, "{}", reports[0]);
}

#[test]
fn every_value_of_a_small_range_is_chosen() {
    for values in 1..=8_u32 {
        for among in values as usize..=8 {
            let report = Check::new("rand").run(move || {
                let mut rng = Choosing::among(among);
                rng.random_range(0..values)
            });
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
            assert_eq!(report.outcomes.len(), values as usize, "{values} of {among}: {report}");
        }
    }
    let flips = Check::new("rand").run(|| {
        let mut rng = Choosing::among(4);
        let mut bytes = [0; 9];
        rng.fill_bytes(&mut bytes);
        (
            rng.random_bool(0.25),
            rng.next_u32() >= 1 << 31,
            bytes[7] < 128,
            bytes[8],
        )
    });
    assert_eq!((flips.outcomes.len(), flips.executions), (8, 256), "{flips}");
}

/// A retry that two tasks make at times they draw: with the numbers of their own they never meet, with others they do.
#[test]
fn a_bug_that_needs_a_number_is_found_where_the_search_chooses_it() {
    fn slots(draw: fn() -> u32) {
        let other = thread::spawn(draw);
        assert_ne!(draw(), other.join().unwrap(), "both have taken the same slot");
    }
    let report = Check::new("rand").run(|| slots(|| Choosing::among(4).random_range(0..4)));
    assert!(report.failure.is_some(), "{report}");
    let report = Check::new("rand").run(|| slots(|| rand::random_range(0..1_000_000)));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}
