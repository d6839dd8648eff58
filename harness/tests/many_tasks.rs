//! What an execution costs grows with its tasks, and not with their square. The only test of its binary, because it counts
//! the time that the process works.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, Strategy, Verdict, future, thread};

/// Nanoseconds that the process has worked, on all its OS threads.
#[cfg(target_os = "linux")]
fn worked() -> u128 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(result, 0);
    time.tv_sec as u128 * 1_000_000_000 + time.tv_nsec as u128
}

fn threads(tasks: u32) {
    let handles: Vec<_> = (0..tasks).map(|n| thread::spawn(move || n)).collect();
    let sum: u64 = handles.into_iter().map(|h| u64::from(h.join().unwrap())).sum();
    assert_eq!(sum, u64::from(tasks) * u64::from(tasks - 1) / 2);
}

fn async_tasks(tasks: u32) {
    future::block_on(async move {
        let done = Arc::new(AtomicU32::new(0));
        for _ in 0..tasks {
            let theirs = Arc::clone(&done);
            let task = future::spawn(async move { theirs.fetch_add(1, SeqCst) });
            task.await.unwrap();
        }
        assert_eq!(done.load(SeqCst), tasks);
    });
}

fn nested(tasks: u32) {
    for _ in 0..tasks / 100 {
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| ());
            }
        });
    }
}

#[cfg(target_os = "linux")]
#[test]
fn eight_times_the_tasks_take_about_eight_times_as_long() {
    for (what, program) in [
        ("threads", threads as fn(u32)),
        ("async tasks", async_tasks),
        ("scopes", nested),
    ] {
        // A step of the exhaustive search has a clock with a place for every task, so many of them are dear.
        let first = if what == "async tasks" {
            Strategy::Dfs
        } else {
            Strategy::Exhaustive
        };
        for strategy in [first, Strategy::Random, Strategy::Surw] {
            let took = |tasks: u32| {
                let once = || {
                    let before = worked();
                    let check = Check::new("many-tasks").strategy(strategy.clone()).max_executions(1);
                    let report = check.max_steps(1_000_000).run(move || program(tasks));
                    assert!(report.failure.is_none() && report.error.is_none(), "{report}");
                    assert_ne!(report.verdict, Verdict::Failed);
                    assert_eq!(report.executions, 1);
                    worked() - before
                };
                (0..3).map(|_| once()).sum::<u128>()
            };
            let (few, many) = (took(1_000), took(8_000));
            assert!(many < few * 24, "{what} under {strategy:?}: {few} ns and {many} ns");
        }
    }
}
