//! Programs from outside whose failure was told wrongly, or not at all: each test states what is right, and why.

use std::time::Duration;

use selvedge::sync::atomic::AtomicBool;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::time::{self, Instant};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, FailureKind, Strategy, Verdict, future, thread};

/// A timer of one task, which another one resets while it waits.
fn resets(from: Option<u64>, to: u64) -> impl Fn() -> Duration {
    move || {
        future::block_on(async move {
            let begun = Instant::now();
            let far = Duration::from_secs(1_000_000_000_000);
            let millis = Duration::from_millis;
            let timer = Arc::new(Mutex::new(Box::pin(time::sleep(from.map_or(far, millis)))));
            let theirs = Arc::clone(&timer);
            let waiter = future::spawn(async move {
                std::future::poll_fn(|cx| theirs.lock().unwrap().as_mut().poll(cx)).await;
            });
            time::sleep(millis(10)).await;
            timer.lock().unwrap().as_mut().reset(begun + millis(to));
            waiter.await.unwrap();
            begun.elapsed()
        })
    }
}

#[test]
fn a_timer_that_is_reset_wakes_whoever_waits() {
    // tokio keeps the waker of the last poll: the new time may be sooner, later or over, and the old one never.
    for (from, to, slept) in [
        (Some(500), 20, "20ms"),
        (Some(500), 700, "700ms"),
        (Some(500), 5, "10ms"),
        (None, 20, "20ms"),
    ] {
        for early in [0, 1] {
            let check = Check::new("reset").strategy(Strategy::Exhaustive).early_timers(early);
            let report = check.run(resets(from, to));
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
            if early == 0 {
                assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), [slept]);
            }
        }
    }
    let real = Check::new("reset").strategy(Strategy::Stress).max_executions(2);
    real.run(resets(Some(500), 20)).assert_ok();
}

/// The kind of a failure, and its first words.
fn told(strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> (FailureKind, String) {
    let report = Check::new("told").strategy(strategy).run(program);
    let failure = report.failure.expect("the program fails");
    (failure.kind, failure.message)
}

/// Waiters that look and then wait, and one signal for all of them.
fn gate(waiters: usize) {
    let shared = Arc::new((
        Mutex::new(()).named("m"),
        Condvar::new().named("cv"),
        AtomicBool::new(false).named("open"),
    ));
    let waiters: Vec<_> = (0..waiters)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                if !shared.2.load(SeqCst) {
                    let guard = shared.0.lock().unwrap();
                    drop(shared.1.wait(guard).unwrap());
                }
            })
        })
        .collect();
    shared.2.store(true, SeqCst);
    shared.1.notify_all();
    for waiter in waiters {
        waiter.join().unwrap();
    }
}

#[test]
fn a_broadcast_that_came_too_early_for_one_is_lost_whomever_else_it_woke() {
    for waiters in [1, 2, 3] {
        for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Pos] {
            let (kind, message) = told(strategy, move || gate(waiters));
            assert_eq!(kind, FailureKind::LostWakeup, "{message}");
            assert!(
                message.contains("sleeps on `cv`: its wake-up was sent at step"),
                "{message}"
            );
        }
    }
    // One that came in time, for sure, and one that comes too late, for sure.
    let (kind, message) = told(Strategy::Exhaustive, || {
        future::block_on(async {
            let notify = Arc::new(Notify::new().named("n"));
            let theirs = Arc::clone(&notify);
            let late = future::Builder::new().name("late").spawn(async move {
                future::yield_now().await;
                theirs.notified().await;
            });
            let in_time = notify.notified();
            notify.notify_waiters();
            in_time.await;
            late.await.unwrap();
        });
    });
    assert_eq!(kind, FailureKind::LostWakeup, "{message}");
    assert!(message.contains("late sleeps on `n`"), "{message}");
}

#[test]
fn a_waiter_to_whom_nothing_was_sent_is_deadlocked() {
    // Nobody signals at all.
    let (kind, message) = told(Strategy::Exhaustive, || {
        let lock = Mutex::new(());
        drop(Condvar::new().wait(lock.lock().unwrap()));
    });
    assert_eq!(kind, FailureKind::Deadlock, "{message}");
    // Each has heard the only signal there is, and waits for another one.
    let (kind, message) = told(Strategy::Exhaustive, || {
        let shared = Arc::new((Mutex::new(0), Condvar::new(), Condvar::new()));
        let waiters = [1, 2].map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut waiting = shared.0.lock().unwrap();
                *waiting += 1;
                shared.2.notify_one();
                waiting = shared.1.wait(waiting).unwrap();
                drop(shared.1.wait(waiting).unwrap());
            })
        });
        let both = shared.2.wait_while(shared.0.lock().unwrap(), |waiting| *waiting < 2);
        drop(both.unwrap());
        shared.1.notify_all();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
    assert_eq!(kind, FailureKind::Deadlock, "{message}");
    // Spawned after the signal, which was for others.
    let (kind, message) = told(Strategy::Exhaustive, || {
        future::block_on(async {
            let notify = Arc::new(Notify::new());
            let mut first = std::pin::pin!(notify.notified());
            assert!(!first.as_mut().enable());
            notify.notify_waiters();
            first.await;
            let theirs = Arc::clone(&notify);
            let second = future::spawn(async move { theirs.notified().await });
            second.await.unwrap();
        });
    });
    assert_eq!(kind, FailureKind::Deadlock, "{message}");
}

/// A failure that aborts a process is told like any other, in every engine that has schedules, and comes back.
fn aborts(strategy: Strategy, program: impl Fn() + Clone + Send + Sync + 'static) -> (FailureKind, String) {
    let report = Check::new("aborts").strategy(strategy).run(program.clone());
    let failure = report.failure.expect("the program fails");
    assert!(!failure.trace.rows.is_empty(), "{failure}");
    assert!(!failure.schedule.steps.is_empty(), "{failure}");
    let again = Check::new("aborts").strategy(Strategy::Replay(failure.schedule.clone()));
    let again = again.run(program);
    assert!(again.error.is_none(), "{:?}", again.error);
    let repeated = again.failure.expect("the schedule leads to the failure");
    assert_eq!(repeated.kind, failure.kind);
    assert_eq!(repeated.message, failure.message);
    assert_eq!(repeated.trace, failure.trace);
    (failure.kind, failure.message)
}

/// Two threads, and what one of them does if it comes second.
fn second(then: impl Fn() + Clone + Send + 'static) {
    let shared = Arc::new(Mutex::new(0).named("m"));
    let theirs = Arc::clone(&shared);
    let other = thread::spawn(move || *theirs.lock().unwrap() = 1);
    let value = *shared.lock().unwrap();
    if value == 1 {
        then();
    }
    other.join().unwrap();
}

#[test]
#[cfg(debug_assertions)]
fn an_unsafe_precondition_that_does_not_hold_is_told_by_std_and_in_a_timeline() {
    for strategy in [Strategy::Auto, Strategy::Dfs, Strategy::Pos] {
        let (kind, message) = aborts(strategy, || {
            // SAFETY: none, which is the point.
            second(|| unsafe { std::hint::unreachable_unchecked() });
        });
        assert_eq!(kind, FailureKind::Panic);
        assert!(
            message.contains("main panicked, which aborts a process: unsafe precondition(s) violated"),
            "{message}"
        );
    }
}

extern "C" fn cannot_unwind() {
    panic!("out of C");
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_panic_that_cannot_unwind_is_told() {
    let (kind, message) = aborts(Strategy::Exhaustive, || second(|| cannot_unwind()));
    assert_eq!(kind, FailureKind::Panic);
    assert!(
        message.contains("main panicked in a function that cannot unwind, which aborts a process: out of C"),
        "{message}"
    );
    let (kind, message) = aborts(Strategy::Exhaustive, || {
        second(|| {
            let _second = OnDrop(|| panic!("and this"));
            panic!("first");
        });
    });
    assert_eq!(kind, FailureKind::Panic);
    assert!(
        message.starts_with("main panicked: first\nthen a destructor panicked"),
        "{message}"
    );
    assert!(message.ends_with("and this"), "{message}");
}

#[test]
fn a_destructor_that_waits_while_its_task_panics_hides_no_panic() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Pos] {
        let report = Check::new("waits").strategy(strategy).run(|| {
            let _waits = OnDrop(|| {
                future::block_on(async {
                    future::yield_now().await;
                    time::sleep(Duration::from_millis(1)).await;
                });
            });
            panic!("x");
        });
        let failure = report.failure.unwrap();
        assert_eq!(
            (failure.kind, &*failure.message),
            (FailureKind::Panic, "main panicked: x")
        );
    }
    // For ever, as on real threads.
    let (kind, message) = told(Strategy::Exhaustive, || {
        let _waits = OnDrop(|| future::block_on(std::future::pending()));
        panic!("x");
    });
    assert_eq!(kind, FailureKind::Panic);
    assert!(message.starts_with("main panicked: x\n"), "{message}");
    assert!(!message.contains("aborts"), "{message}");
}

/// What a call panics with.
fn panics(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("it panics");
    *payload.downcast::<String>().expect("a message")
}

#[test]
fn what_saw_nothing_or_ran_nothing_is_not_ok() {
    let blind = || {
        let shared = std::sync::Arc::new(std::sync::Mutex::new(0));
        let theirs = std::sync::Arc::clone(&shared);
        let other = thread::spawn(move || *theirs.lock().unwrap() += 1);
        *shared.lock().unwrap() += 1;
        other.join().unwrap();
    };
    let message = panics(move || Check::new("blind").run(blind).assert_ok());
    assert!(message.contains("no task did anything that can be seen"), "{message}");
    assert!(panics(move || selvedge::check(blind)).contains("selvedge::sync"));
    for check in [
        Check::new("none").max_executions(0),
        Check::new("none").strategy(Strategy::Pos).max_executions(0),
    ] {
        let report = check.run(|| second(|| ()));
        let message = panics(std::panic::AssertUnwindSafe(move || report.assert_ok()));
        assert!(message.contains("nothing was run"), "{message}");
    }
    Check::new("all").run(|| second(|| ())).assert_verified();
    // One task has nothing to show.
    Check::new("alone").run(|| 1 + 1).assert_verified();
    let some = Check::new("some").strategy(Strategy::Pos);
    let some = some.run(|| second(|| ()));
    let message = panics(std::panic::AssertUnwindSafe(move || some.assert_verified()));
    assert!(message.contains("not Verified"), "{message}");
}
