//! A yield is a step: others may come between what stands before it and what stands after it, seen or unseen, and all who can
//! run go first before it comes round again. A loop that waits for what can be seen costs no more than before.

mod strategies;

use std::sync::atomic::Ordering::{Acquire, Release, SeqCst};
use std::sync::{Arc, atomic::AtomicU32 as Unseen};

use selvedge::future::{self, block_on};
use selvedge::sync::atomic::AtomicU32;
use selvedge::sync::{Arc as Counted, Mutex};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, hint, thread};
use strategies::EVERY;

fn run<R: std::fmt::Debug>(strategy: Strategy, program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("yields")
        .cause(false)
        .strategy(strategy)
        .keep_going(true)
        .run(program)
}

fn outcomes(report: &Report) -> Vec<&str> {
    assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    report.outcomes.keys().map(String::as_str).collect()
}

/// Adds one, in two halves that nobody can see, with a yield between them.
async fn add(counter: Arc<Unseen>) {
    let seen = counter.load(SeqCst);
    future::yield_now().await;
    counter.store(seen + 1, SeqCst);
}

#[test]
fn tasks_come_between_what_an_async_yield_parts() {
    for tasks in [2_u32, 3] {
        let program = move || {
            block_on(async move {
                let counter = Arc::new(Unseen::new(0));
                let others: Vec<_> = (1..tasks).map(|_| future::spawn(add(Arc::clone(&counter)))).collect();
                add(Arc::clone(&counter)).await;
                for other in others {
                    other.await.unwrap();
                }
                counter.load(SeqCst)
            })
        };
        let all: Vec<String> = (1..=tasks).map(|n| n.to_string()).collect();
        for strategy in EVERY {
            let report = run(strategy.clone(), program);
            let found = outcomes(&report);
            match strategy {
                // Who yields goes last, so an increment is always lost.
                Strategy::Pct { .. } => assert!(found[0] != all[all.len() - 1], "{report}"),
                _ => assert_eq!(found, all, "{report}"),
            }
        }
    }
}

#[test]
fn threads_come_between_what_a_yield_parts() {
    let program = || {
        let counter = Arc::new(Unseen::new(0));
        let add = |counter: Arc<Unseen>| {
            move || {
                let seen = counter.load(SeqCst);
                thread::yield_now();
                counter.store(seen + 1, SeqCst);
            }
        };
        let other = thread::spawn(add(Arc::clone(&counter)));
        add(Arc::clone(&counter))();
        other.join().unwrap();
        assert_eq!(counter.load(SeqCst), 2);
    };
    for strategy in EVERY {
        let report = run(strategy.clone(), program);
        let failure = report.failure.unwrap_or_else(|| panic!("{strategy:?} finds it"));
        assert_eq!(failure.kind, FailureKind::Panic, "{failure}");
        let again = run(Strategy::Replay(failure.schedule.clone()), program);
        assert_eq!(again.failure.map(|f| f.to_string()), Some(failure.to_string()));
    }
}

/// A lock that is held over a yield is found held, and what follows the yield comes before or after what the other does then.
#[test]
fn a_yield_under_a_lock_is_a_step_beside_a_try_lock() {
    let program = || {
        let shared = Arc::new((Mutex::new(()), Unseen::new(5)));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            let _held = theirs.0.lock().unwrap();
            thread::yield_now();
            theirs.1.store(theirs.1.load(SeqCst) * 2, SeqCst);
        });
        if shared.0.try_lock().is_err() {
            shared.1.fetch_add(1, SeqCst);
        }
        other.join().unwrap();
        shared.1.load(SeqCst)
    };
    for strategy in EVERY {
        let report = run(strategy.clone(), program);
        let found = outcomes(&report);
        if !matches!(strategy, Strategy::Pct { .. }) {
            assert_eq!(found, ["10", "11", "12"], "{report}");
        }
    }
}

#[test]
fn a_loop_that_yields_until_something_unseen_changes_lets_the_others_run() {
    // The other task does nothing that can be seen, or a step before and after.
    for steps in 0..3 {
        let program = move || {
            let (flag, number) = (Arc::new(Unseen::new(0)), Counted::new(AtomicU32::new(0)));
            let (theirs, shared) = (Arc::clone(&flag), Counted::clone(&number));
            let other = thread::spawn(move || {
                (0..steps).for_each(|_| _ = shared.fetch_add(1, SeqCst));
                theirs.store(1, SeqCst);
                (0..steps).for_each(|_| _ = shared.fetch_add(1, SeqCst));
            });
            while flag.load(SeqCst) == 0 {
                thread::yield_now();
            }
            other.join().unwrap();
            number.load(SeqCst)
        };
        for strategy in EVERY {
            let report = run(strategy.clone(), program);
            assert_eq!(outcomes(&report), [(2 * steps).to_string()]);
            if strategy == Strategy::Exhaustive {
                assert_eq!(report.verdict, Verdict::Verified, "{report}");
                assert_eq!(report.blocked_executions, 0, "{report}");
            }
        }
    }
}

/// Each waits for the one before, and nobody can see how.
#[test]
fn loops_that_yield_wait_for_each_other() {
    let program = |tasks: u32| {
        move || {
            let turn = Arc::new(Unseen::new(0));
            let threads: Vec<_> = (1..=tasks)
                .map(|mine| {
                    let turn = Arc::clone(&turn);
                    thread::spawn(move || {
                        while turn.load(SeqCst) != mine {
                            thread::yield_now();
                        }
                        turn.fetch_add(1, SeqCst);
                    })
                })
                .collect();
            turn.store(1, SeqCst);
            threads.into_iter().for_each(|t| t.join().unwrap());
            turn.load(SeqCst)
        }
    };
    for strategy in EVERY {
        let report = Check::new("turns")
            .strategy(strategy)
            .max_executions(2_000)
            .run(program(2));
        assert_eq!(outcomes(&report), ["3"]);
    }
    let report = Check::new("turns").strategy(Strategy::Random).run(program(5));
    assert_eq!(outcomes(&report), ["6"]);
}

#[test]
fn an_owner_that_yields_until_it_is_alone_goes_on() {
    let program = || {
        let state = Counted::new(());
        let theirs = Counted::clone(&state);
        let worker = thread::spawn(move || drop(theirs));
        while Counted::strong_count(&state) > 1 {
            thread::yield_now();
        }
        worker.join().unwrap();
        let real = Arc::new(());
        let theirs = Arc::clone(&real);
        let worker = thread::spawn(move || drop(theirs));
        while Arc::strong_count(&real) > 1 {
            thread::yield_now();
        }
        worker.join().unwrap();
    };
    for strategy in EVERY {
        assert!(run(strategy, program).failure.is_none());
    }
    assert_eq!(run(Strategy::Exhaustive, program).verdict, Verdict::Verified);
}

#[test]
fn a_loop_that_yields_for_what_never_comes_is_a_livelock() {
    for strategy in [Strategy::Exhaustive, Strategy::Random, Strategy::Pct { depth: 2 }] {
        let report = run(strategy, || {
            let flag = Arc::new(Unseen::new(0));
            let theirs = Arc::clone(&flag);
            let other = thread::spawn(move || theirs.store(2, SeqCst));
            while flag.load(SeqCst) != 1 {
                thread::yield_now();
            }
            other.join().unwrap();
        });
        assert_eq!(report.failure.expect("it waits for ever").kind, FailureKind::Livelock);
    }
}

#[test]
fn yields_are_steps_of_the_limit() {
    for strategy in EVERY {
        for (yields, limited) in [(3, false), (4, true)] {
            let report = Check::new("steps")
                .strategy(strategy.clone())
                .max_steps(3)
                .run(move || {
                    for _ in 0..yields {
                        thread::yield_now();
                    }
                });
            assert!(report.error.is_none(), "{strategy:?}: {report}");
            let kind = report.failure.map(|f| f.kind);
            assert_eq!(kind, limited.then_some(FailureKind::StepLimit), "{strategy:?}");
        }
    }
}

#[test]
fn many_yields_in_a_row_end() {
    for strategy in EVERY {
        let report = Check::new("many")
            .strategy(strategy)
            .max_executions(4)
            .run(|| (0..500).for_each(|_| thread::yield_now()));
        assert!(report.failure.is_none(), "{report}");
    }
}

/// What can be seen is waited for: as many interleavings as a loop that says so by `spin_loop`, and none where nothing changes.
#[test]
fn a_loop_that_waits_for_what_can_be_seen_adds_no_interleavings() {
    fn waits(pause: fn()) -> Report {
        run(Strategy::Exhaustive, move || {
            let shared = Counted::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Counted::clone(&shared);
            let other = thread::spawn(move || {
                theirs.1.store(1, SeqCst);
                theirs.0.store(1, SeqCst);
            });
            while shared.0.load(SeqCst) == 0 {
                pause();
            }
            other.join().unwrap();
            shared.1.load(SeqCst)
        })
    }
    let [yields, spins] = [waits(|| thread::yield_now()), waits(|| hint::spin_loop())];
    for report in [&yields, &spins] {
        assert_eq!((report.verdict, outcomes(report)), (Verdict::Verified, vec!["1"]));
        assert_eq!(report.blocked_executions, 0);
    }
    // It finds the flag set, or not yet: once, or, where it yields, twice before it waits.
    assert_eq!((yields.executions, spins.executions), (3, 2));
}

/// Loops that look again only after a while say several times that they spin, which is one wait.
#[test]
fn a_loop_that_backs_off_is_a_loop_that_waits() {
    fn backs_off(times: u32) -> Report {
        run(Strategy::Exhaustive, move || {
            let flag = Counted::new(AtomicU32::new(0));
            let theirs = Counted::clone(&flag);
            let other = thread::spawn(move || theirs.store(1, SeqCst));
            let mut spins = 1;
            while flag.load(SeqCst) == 0 {
                (0..spins).for_each(|_| hint::spin_loop());
                spins *= times;
            }
            other.join().unwrap();
        })
    }
    for times in [1, 2, 8] {
        let report = backs_off(times);
        assert_eq!((report.verdict, report.executions), (Verdict::Verified, 2), "{report}");
    }
}

/// To go first when another yields is no preemption.
#[test]
fn a_yield_gives_way_without_a_preemption() {
    let report = Check::new("bounded")
        .strategy(Strategy::Dfs)
        .preemption_bound(0)
        .keep_going(true)
        .run(|| {
            let counter = Arc::new(Unseen::new(0));
            let theirs = Arc::clone(&counter);
            let other = thread::spawn(move || {
                let seen = theirs.load(SeqCst);
                thread::yield_now();
                theirs.store(seen + 1, SeqCst);
            });
            let seen = counter.load(SeqCst);
            thread::yield_now();
            counter.store(seen + 1, SeqCst);
            other.join().unwrap();
            counter.load(SeqCst)
        });
    assert_eq!(outcomes(&report), ["1", "2"]);
}

/// A loop that gives up after two rounds, while the other task may still do what it waits for.
#[test]
fn a_loop_may_give_up_if_it_may_go_round_for_no_reason() {
    let program = || {
        let ready = Counted::new(AtomicU32::new(0));
        let theirs = Counted::clone(&ready);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        let mut rounds = 0;
        while rounds < 2 && ready.load(SeqCst) == 0 {
            hint::spin_loop();
            rounds += 1;
        }
        let found = ready.load(SeqCst);
        other.join().unwrap();
        (rounds, found)
    };
    // It goes round when there is something new; once before that; as often as it likes.
    let expected = [
        vec!["(0, 1)", "(1, 1)"],
        vec!["(0, 1)", "(1, 1)", "(2, 1)"],
        vec!["(0, 1)", "(1, 1)", "(2, 0)", "(2, 1)"],
    ];
    for (rounds, expected) in (0..).zip(expected) {
        for strategy in [Strategy::Dfs, Strategy::Exhaustive, Strategy::Auto, Strategy::Random] {
            let report = Check::new("gives up")
                .strategy(strategy)
                .spurious_wakeups(rounds)
                .keep_going(true)
                .run(program);
            assert_eq!(outcomes(&report), expected, "{report}");
        }
    }
}

/// It spins for a while, then says that it sleeps, and sleeps without a second look. Whoever comes in between wakes nobody.
#[test]
fn what_comes_after_giving_up_is_explored() {
    fn program(looks_again: bool) {
        let shared = Counted::new([0, 0].map(AtomicU32::new));
        let [ready, sleeps] = &*shared;
        let theirs = Counted::clone(&shared);
        let sleeper = thread::current();
        let other = thread::spawn(move || {
            theirs[0].store(1, SeqCst);
            if theirs[1].load(SeqCst) == 1 {
                sleeper.unpark();
            }
        });
        let mut rounds = 0;
        while ready.load(SeqCst) == 0 {
            rounds += 1;
            if rounds < 3 {
                hint::spin_loop();
                continue;
            }
            sleeps.store(1, SeqCst);
            if !looks_again || ready.load(SeqCst) == 0 {
                thread::park();
            }
        }
        other.join().unwrap();
    }
    let run = |rounds, looks_again| {
        let check = Check::new("sleeps").strategy(Strategy::Exhaustive);
        check.spurious_wakeups(rounds).run(move || program(looks_again))
    };
    assert_eq!(run(0, false).verdict, Verdict::Verified);
    let failure = run(2, false).failure.expect("nobody saw that it slept");
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    let rows = failure.trace.detailed();
    assert!(rows.contains("goes round again, though nothing has changed"), "{rows}");
    let report = run(2, true);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// Where all that tasks share can be seen, a yield that belongs to no loop may be taken for nothing, and graphs follow.
#[test]
fn a_yield_in_no_loop_is_nothing_if_that_is_asked_for() {
    let search = |unmarked: bool| {
        Check::new("unmarked")
            .strategy(Strategy::Exhaustive)
            .memory_model(MemoryModel::Rust)
            .unmarked_yields(unmarked)
            .run(|| {
                let flag = Arc::new(AtomicU32::new(0));
                let theirs = Arc::clone(&flag);
                let other = thread::spawn(move || {
                    theirs.store(1, Release);
                    thread::yield_now();
                    theirs.store(2, Release);
                });
                let seen = flag.load(Acquire);
                other.join().unwrap();
                seen
            })
    };
    let report = search(true);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions - report.blocked_executions, 3, "{report}");
    assert_eq!(report.outcomes.len(), 3, "{report}");
    let error = search(false).error.expect("graphs do not follow marks").to_string();
    assert!(error.contains("yields where it does not come round again"), "{error}");
}
