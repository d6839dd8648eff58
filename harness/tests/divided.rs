//! An exhaustive search that is divided: over threads, over machines, over time.

use selvedge::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Error, FailureKind, Report, SearchState, Strategy, Verdict, thread};

/// `n` writers that each take over from the one before, and a reader that looks for the last zero:
/// (n + 3) * 2^(n - 2) traces.
fn lastzero(n: usize) -> impl Fn() -> usize + Send + Sync + 'static {
    lastzero_of(n, |i| AtomicUsize::new(0).named(&i.to_string()))
}

fn lastzero_of(
    n: usize,
    new: impl Fn(usize) -> AtomicUsize + Copy + Send + Sync + 'static,
) -> impl Fn() -> usize + Send + Sync + 'static {
    move || {
        let array: Arc<Vec<AtomicUsize>> = Arc::new((0..=n).map(new).collect());
        let writers: Vec<_> = (1..=n)
            .map(|i| {
                let array = Arc::clone(&array);
                thread::spawn(move || array[i].store(array[i - 1].load(SeqCst) + 1, SeqCst))
            })
            .collect();
        let reader = {
            let array = Arc::clone(&array);
            thread::spawn(move || {
                let mut i = n;
                while array[i].load(SeqCst) != 0 {
                    i -= 1;
                }
                i
            })
        };
        for writer in writers {
            writer.join().unwrap();
        }
        reader.join().unwrap()
    }
}

fn traces(n: u32) -> u64 {
    (u64::from(n) + 3) << (n - 2)
}

fn exhaustive() -> Check {
    Check::new("divided").strategy(Strategy::Exhaustive)
}

/// All that a report says about the program, but for the time it took.
fn told(report: &Report) -> String {
    format!("{report}{:?} {}", report.outcomes, report.executions)
}

#[test]
fn shards_are_disjoint_and_together_complete() {
    let whole = exhaustive().run(lastzero(9));
    assert_eq!(whole.executions, traces(9));
    let shards: Vec<Report> = (1..=4).map(|i| exhaustive().shard(i, 4).run(lastzero(9))).collect();
    for shard in &shards {
        // No shard does most of the work, and none verifies anything alone.
        assert!(shard.executions > 0 && shard.executions < traces(9) / 2, "{shard}");
        assert_eq!((shard.verdict, shard.complete), (Verdict::Passed, false));
        assert!(shard.shard.as_ref().is_some_and(|s| s.complete), "{shard}");
        assert_eq!(shard.blocked_executions, 0);
    }
    assert_eq!(shards.iter().map(|s| s.executions).sum::<u64>(), traces(9));
    for (outcome, n) in &whole.outcomes {
        let all: u64 = shards.iter().filter_map(|s| s.outcomes.get(outcome)).sum();
        assert_eq!(all, *n, "{outcome}");
    }
}

/// Nothing tells where an object lies but what tasks have done before they came to it: that divides a search, too.
#[test]
fn objects_on_the_heap_divide_a_search() {
    let program = |n| lastzero_of(n, |_| AtomicUsize::new(0));
    let whole = exhaustive().run(program(7));
    assert_eq!(whole.executions, traces(7));
    for of in [2, 7] {
        let shards: Vec<Report> = (1..=of).map(|i| exhaustive().shard(i, of).run(program(7))).collect();
        let counts: Vec<u64> = shards.iter().map(|s| s.executions).collect();
        assert_eq!(counts.iter().sum::<u64>(), traces(7));
        assert!(
            counts.iter().all(|&n| n > 0 && n < traces(7) * 2 / u64::from(of)),
            "{counts:?}"
        );
        for (outcome, n) in &whole.outcomes {
            let all: u64 = shards.iter().filter_map(|s| s.outcomes.get(outcome)).sum();
            assert_eq!(all, *n, "{outcome}");
        }
        let blocked: u64 = shards.iter().map(|s| s.blocked_executions).sum();
        assert!(blocked <= traces(7) / 20, "{blocked}");
    }
}

/// In one of the 7! orders, the last task looks at a lock that another one takes meanwhile, without waiting.
fn late_try_lock() -> u32 {
    let order = Arc::new(Mutex::new(0));
    let other = Arc::new(Mutex::new(()));
    let mut threads: Vec<_> = (1..=7)
        .map(|i| {
            let (order, other) = (Arc::clone(&order), Arc::clone(&other));
            thread::spawn(move || {
                let mut order = order.lock().unwrap();
                *order = *order * 10 + i;
                if *order == 7_351_624 {
                    drop(order);
                    return 1 + u32::from(other.try_lock().is_ok());
                }
                0
            })
        })
        .collect();
    threads.push(thread::spawn(move || {
        drop(other.lock().unwrap());
        0
    }));
    threads.into_iter().map(|t| t.join().unwrap()).sum()
}

/// Only one shard learns that somebody looks at locks, and starts again with releases as steps. The shards remain
/// parts of one search.
#[test]
fn a_shard_that_learns_something_does_not_leave_the_others() {
    let whole = exhaustive().run(late_try_lock);
    // Before the other task locks, while it holds the lock, and after.
    assert_eq!(whole.executions, 5_040 - 1 + 3);
    assert_eq!(whole.outcomes["1"], 1);
    let shards: Vec<Report> = (1..=3).map(|i| exhaustive().shard(i, 3).run(late_try_lock)).collect();
    assert_eq!(shards.iter().map(|s| s.executions).sum::<u64>(), whole.executions);
    for (outcome, n) in &whole.outcomes {
        let all: u64 = shards.iter().filter_map(|s| s.outcomes.get(outcome)).sum();
        assert_eq!(all, *n, "{outcome}");
    }
    let division = |s: &Report| s.shard.as_ref().and_then(|s| s.division.clone());
    assert!(division(&shards[0]).is_some());
    assert!(shards.iter().all(|s| division(s) == division(&shards[0])));
}

/// A task that nobody waits for comes to a cell, and another one comes there only sometimes. Where that one does not come, the
/// first must not be held back for it until the execution is over.
#[test]
fn a_task_that_nobody_waits_for_is_in_one_shard() {
    fn program() -> (usize, usize) {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let (left, asked) = (Arc::clone(&shared), Arc::clone(&shared));
        let asker = thread::spawn(move || {
            if asked.1.load(SeqCst) == 1 {
                asked.0.load(SeqCst) + 1
            } else {
                0
            }
        });
        drop(selvedge::future::spawn(async move { left.0.store(1, SeqCst) }));
        shared.1.store(1, SeqCst);
        (asker.join().unwrap(), shared.1.load(SeqCst))
    }
    let whole = exhaustive().run(program);
    let shards: Vec<Report> = (1..=2).map(|i| exhaustive().shard(i, 2).run(program)).collect();
    assert!(shards.iter().all(|s| s.executions > 0));
    assert_eq!(shards.iter().map(|s| s.executions).sum::<u64>(), whole.executions);
}

#[test]
fn any_number_of_workers_finds_the_same() {
    let run = |workers| exhaustive().workers(workers).run(lastzero(13));
    let one = run(1);
    // More than an undivided search may take.
    assert_eq!((one.executions, one.complete), (traces(13), true));
    assert_eq!(told(&run(3)), told(&one));
}

/// Fails in one of the 8! orders, and in none of the first 20,000.
fn needle() {
    let order = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (1..=8)
        .map(|i| {
            let order = Arc::clone(&order);
            thread::spawn(move || {
                let mut order = order.lock().unwrap();
                *order = *order * 10 + i;
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_ne!(*order.lock().unwrap(), 83_571_624);
}

#[test]
fn any_number_of_workers_reports_the_same_failure() {
    let run = |workers| exhaustive().cause(false).workers(workers).run(needle);
    let one = run(1);
    let failure = one.failure.as_ref().expect("an order fails");
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.message.contains("83571624"), "{failure}");
    assert_eq!(told(&run(2)), told(&one));
}

#[test]
fn any_number_of_workers_takes_the_same_samples() {
    for strategy in [
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Urw,
        Strategy::Surw,
        Strategy::Pos,
    ] {
        let run = |workers| {
            Check::new("divided")
                .strategy(strategy.clone())
                .max_executions(4_500)
                .workers(workers)
                .run(lastzero(4))
        };
        let one = run(1);
        assert_eq!(one.executions, 4_500, "{strategy:?}");
        assert_eq!(told(&run(3)), told(&one), "{strategy:?}");
    }
}

#[test]
fn shards_of_a_sample_have_different_seeds_and_share_the_budget() {
    let shard = |index| {
        Check::new("divided")
            .strategy(Strategy::Random)
            .max_executions(500)
            .shard(index, 3)
            .run(lastzero(6))
    };
    let shards: Vec<Report> = (1..=3).map(shard).collect();
    assert_eq!(shards.iter().map(|s| s.executions).sum::<u64>(), 500);
    assert_ne!(shards[0].outcomes, shards[1].outcomes);
}

#[test]
fn a_search_that_was_stopped_goes_on_where_it_was() {
    let whole = exhaustive().run(lastzero(8));
    let folder = std::env::temp_dir().join(format!("selvedge-resume-{}", std::process::id()));
    let file = folder.join("search.json");
    let mut report = exhaustive().max_executions(100).run(lastzero(8));
    let mut rounds = 1;
    while let Some(state) = report.state.take() {
        assert!(!report.complete);
        assert_eq!(report.executions, 100 * rounds);
        state.save(&file).unwrap();
        let state = SearchState::load(&file).unwrap();
        assert_eq!(state.executions(), report.executions);
        report = exhaustive().max_executions(100).resume(state).run(lastzero(8));
        rounds += 1;
    }
    assert_eq!((report.executions, report.complete), (traces(8), true));
    assert_eq!(report.outcomes, whole.outcomes);
    assert_eq!(rounds, traces(8).div_ceil(100));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_divided_search_goes_on_where_it_was() {
    let shard = || exhaustive().shard(1, 2);
    let whole = shard().run(lastzero(9));
    let mut report = shard().max_executions(whole.executions / 3).run(lastzero(9));
    let mut rounds = 1;
    while let Some(state) = report.state.take() {
        report = shard()
            .max_executions(whole.executions / 3)
            .workers(2)
            .resume(*state)
            .run(lastzero(9));
        rounds += 1;
    }
    assert!(rounds > 2);
    assert_eq!(
        (report.executions, &report.outcomes),
        (whole.executions, &whole.outcomes)
    );
}

#[test]
fn a_search_that_is_cancelled_can_go_on_too() {
    let cancel = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let report = exhaustive().cancel_flag(cancel).run(lastzero(7));
    assert!(report.interrupted);
    let state = report.state.expect("there is something left");
    let rest = exhaustive().resume(*state).run(lastzero(7));
    assert_eq!((rest.executions, rest.complete), (traces(7), true));
}

#[test]
fn what_does_not_fit_is_refused() {
    let report = exhaustive().max_executions(5).run(lastzero(5));
    let state = *report.state.expect("there is something left");
    let refused = |check: Check| {
        let report = check.run(lastzero(5));
        assert_eq!(report.executions, 0);
        match report.error {
            Some(Error::Unsupported { message }) => message,
            other => panic!("{other:?}"),
        }
    };
    let other = Check::new("other").strategy(Strategy::Exhaustive).resume(state.clone());
    assert!(refused(other).contains("of divided, not of other"));
    assert!(refused(exhaustive().max_steps(50).resume(state.clone())).contains("other settings"));
    assert!(refused(exhaustive().strategy(Strategy::Random).resume(state)).contains("resumed"));
    assert!(refused(exhaustive().shard(3, 2)).contains("no shard 3 of 2"));
    assert!(refused(exhaustive().strategy(Strategy::Dfs).shard(1, 2)).contains("divided"));

    let folder = std::env::temp_dir().join(format!("selvedge-misfit-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("state.json");
    for (text, words) in [
        ("{\"version\": 1, \"name\"", "cut short"),
        ("{\"version\": 9}", "version 9"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(SearchState::load(&file).unwrap_err().to_string().contains(words));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_changed_program_is_noticed_when_a_search_goes_on() {
    let report = exhaustive().max_executions(5).run(lastzero(5));
    let state = *report.state.expect("there is something left");
    let rest = exhaustive().resume(state).run(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let other = Arc::clone(&flag);
        let thread = thread::spawn(move || other.store(true, SeqCst));
        let seen = flag.load(SeqCst);
        thread.join().unwrap();
        seen
    });
    let failure = rest.failure.expect("it takes another course");
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
}

#[test]
fn estimates_are_near_the_known_numbers() {
    let estimate = |n: usize| {
        let report = exhaustive().max_executions(1).estimate(true).run(lastzero(n));
        report.estimated_executions.expect("it was asked for")
    };
    let mut ratios = Vec::new();
    for n in [4, 6, 8, 10, 12, 15] {
        ratios.push((n, estimate(n) as f64 / traces(n as u32) as f64));
    }
    assert!(ratios.iter().all(|(_, r)| (0.5..2.0).contains(r)), "{ratios:?}");

    let writers = exhaustive().max_executions(1).estimate(true).run(|| {
        let cell = Arc::new(AtomicUsize::new(0));
        let writers: Vec<_> = (0..8)
            .map(|i| {
                let cell = Arc::clone(&cell);
                thread::spawn(move || cell.store(i, SeqCst))
            })
            .collect();
        writers.into_iter().for_each(|w| w.join().unwrap());
    });
    let ratio = writers.estimated_executions.expect("it was asked for") as f64 / 40_320.0;
    assert!((0.1..10.0).contains(&ratio), "{ratio}");
}
