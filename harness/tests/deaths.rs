//! Programs that would kill their process: each is a verdict with its story, or leaves its schedule behind.

use std::hint::black_box;

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread};

/// Needs some hundred bytes of stack a turn, and in the last frames what `leaf` needs.
fn recurse(turns: u64, leaf: fn()) -> u64 {
    let frame = black_box([turns; 64]);
    if turns == 0 {
        return 0;
    }
    leaf();
    1 + recurse(turns - 1, leaf) + (frame[(turns % 64) as usize] & 1)
}

const FOR_EVER: u64 = 10_000_000;

fn check(strategy: &Strategy) -> Check {
    Check::new("deaths/overflow").strategy(strategy.clone())
}

const CONTROLLED: [Strategy; 4] = [Strategy::Exhaustive, Strategy::Dfs, Strategy::Pos, Strategy::Auto];

#[track_caller]
fn overflows_in(task: &str, report: &Report) {
    let failure = report.failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind, FailureKind::Panic, "{report}");
    let words = format!("stack overflow in {task}; raise Builder::stack_size");
    assert!(failure.message.starts_with(&words), "{report}");
}

/// A worker whose stack is full in one of the interleavings only.
fn recurses_if_second(leaf: fn()) -> impl Fn() + Send + Sync + 'static {
    move || {
        let turn = Arc::new(AtomicU32::new(0).named("turn"));
        let theirs = Arc::clone(&turn);
        let worker = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || {
                if theirs.fetch_add(1, SeqCst) == 1 {
                    recurse(FOR_EVER, leaf);
                }
            })
            .unwrap();
        turn.fetch_add(1, SeqCst);
        worker.join().unwrap();
    }
}

#[test]
fn a_full_stack_is_a_failure_with_its_timeline_and_replays() {
    for strategy in &CONTROLLED {
        let report = check(strategy).run(recurses_if_second(|| ()));
        overflows_in("worker", &report);
        let failure = report.failure.unwrap();
        let timeline = failure.to_string();
        for row in ["turn.fetch_add(1) ➜ 0", "turn.fetch_add(1) ➜ 1", "overflows its stack"] {
            assert!(timeline.contains(row), "{timeline}");
        }
        let again = check(&Strategy::Replay(failure.schedule)).run(recurses_if_second(|| ()));
        overflows_in("worker", &again);
        assert!(again.error.is_none(), "{again}");
    }
}

#[test]
fn the_main_task_and_async_tasks_have_stacks_too() {
    for strategy in &CONTROLLED {
        overflows_in("main", &check(strategy).run(|| recurse(FOR_EVER, || ())));
        let report = check(strategy).run(|| {
            future::block_on(async {
                let task = future::Builder::new()
                    .name("fetcher")
                    .spawn(async { recurse(FOR_EVER, || ()) });
                task.await.unwrap()
            })
        });
        overflows_in("fetcher", &report);
    }
}

/// The last frames belong to the allocator, or to the facade and so to the kernel.
#[test]
fn whoever_needs_the_last_bytes_the_run_is_told() {
    fn allocates() {
        drop(black_box(vec![1_u8; 3000]));
    }
    fn locks() {
        let lock = Mutex::new(0);
        *lock.lock().unwrap() += 1;
    }
    for leaf in [allocates, locks] {
        let report = check(&Strategy::Exhaustive)
            .max_steps(usize::MAX)
            .run(recurses_if_second(leaf));
        assert!(report.to_string().contains("stack overflow in"), "{report}");
    }
}

#[test]
fn with_real_threads_and_loom_it_is_the_same() {
    for strategy in [Strategy::Stress, Strategy::Loom] {
        let report = check(&strategy).max_executions(50).run(|| {
            thread::spawn(|| recurse(FOR_EVER, || ())).join().unwrap();
        });
        assert!(report.to_string().contains("stack overflow in a t"), "{report}");
    }
}

/// The next check, and the next test, do not notice.
#[test]
fn many_full_stacks_one_after_the_other_and_at_once() {
    let runs: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..3 {
                    overflows_in("worker", &check(&Strategy::Exhaustive).run(recurses_if_second(|| ())));
                }
            })
        })
        .collect();
    runs.into_iter().for_each(|run| run.join().unwrap());
    let report = check(&Strategy::Exhaustive).workers(2).run(|| {
        let worker = thread::spawn(|| recurse(1_000, || ()));
        assert!(worker.join().unwrap() >= 1_000);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// 8 MiB in one frame after the other, of a thread that has asked for it, whichever thread of the program that is.
#[test]
fn a_thread_has_the_stack_that_it_asks_for() {
    for strategy in &CONTROLLED {
        let report = check(strategy).max_executions(2_000).run(|| {
            let turn = Arc::new(AtomicU32::new(0));
            let spawns = |turn: &Arc<AtomicU32>| {
                let turn = Arc::clone(turn);
                thread::spawn(move || {
                    let first = turn.fetch_add(1, SeqCst) == 0;
                    // Who comes first needs more than usual.
                    let (size, turns) = if first { (12 << 20, 10_000) } else { (64 << 10, 10) };
                    let deep = thread::Builder::new()
                        .stack_size(size)
                        .spawn(move || recurse(turns, || ()));
                    assert!(deep.unwrap().join().unwrap() >= turns);
                })
            };
            let threads = [spawns(&turn), spawns(&turn)];
            threads.into_iter().for_each(|t| t.join().unwrap());
        });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
}
