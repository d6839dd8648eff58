//! Condition variables under the controlled engine: each bug of the classic list is caught, and each
//! repair survives every interleaving.

use std::time::Duration;

use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn both(name: &str, program: fn() -> u32) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new(name).strategy(strategy).keep_going(true).run(program))
}

type Shared = Arc<(Mutex<u32>, Condvar)>;

fn shared() -> Shared {
    Arc::new((Mutex::new(0).named("count"), Condvar::new().named("ready")))
}

fn spawn(name: &str, f: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name).spawn(f).unwrap()
}

fn waits_after_checking_without_the_lock() -> u32 {
    let pair = shared();
    let other = Arc::clone(&pair);
    let waiter = spawn("waiter", move || {
        let empty = *other.0.lock().unwrap() == 0;
        if empty {
            drop(other.1.wait(other.0.lock().unwrap()).unwrap());
        }
    });
    *pair.0.lock().unwrap() += 1;
    pair.1.notify_one();
    waiter.join().unwrap();
    0
}

#[test]
fn a_notification_before_the_wait_is_a_lost_wakeup() {
    for report in both("condvar/check-outside", waits_after_checking_without_the_lock) {
        assert_eq!(report.verdict, Verdict::Failed);
        assert!(report.complete && report.failing_executions > 0 && !report.outcomes.is_empty());
        let failure = report.failure.unwrap();
        assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
        let text = failure.to_string();
        assert!(text.contains("notify_one ready ➜ nobody waits"), "{text}");
        assert!(text.contains("wait ready"), "{text}");
    }
}

fn waits_while_empty() -> u32 {
    let pair = shared();
    let other = Arc::clone(&pair);
    let waiter = spawn("waiter", move || {
        let mut count = other.1.wait_while(other.0.lock().unwrap(), |n| *n == 0).unwrap();
        *count -= 1;
    });
    *pair.0.lock().unwrap() += 1;
    pair.1.notify_one();
    waiter.join().unwrap();
    *pair.0.lock().unwrap()
}

#[test]
fn a_wait_under_the_lock_loses_nothing() {
    for report in both("condvar/wait-while", waits_while_empty) {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["0"]);
    }
}

/// Two consumers and two items, where the second item may be taken by a consumer that never waited.
fn consumers(wait: fn(&Shared)) -> u32 {
    let pair = shared();
    let tasks: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|name| {
            let pair = Arc::clone(&pair);
            spawn(name, move || wait(&pair))
        })
        .collect();
    for _ in 0..2 {
        *pair.0.lock().unwrap() += 1;
        pair.1.notify_all();
    }
    for task in tasks {
        task.join().unwrap();
    }
    *pair.0.lock().unwrap()
}

fn take_with_if(pair: &Shared) {
    let mut count = pair.0.lock().unwrap();
    if *count == 0 {
        count = pair.1.wait(count).unwrap();
    }
    *count = count.checked_sub(1).expect("an item is there");
}

fn take_with_while(pair: &Shared) {
    let mut count = pair.0.lock().unwrap();
    while *count == 0 {
        count = pair.1.wait(count).unwrap();
    }
    *count = count.checked_sub(1).expect("an item is there");
}

#[test]
fn an_if_around_the_wait_meets_a_stolen_predicate() {
    for report in both("condvar/if", || consumers(take_with_if)) {
        assert_eq!(report.failure.unwrap().kind, FailureKind::Panic);
    }
    let report = Check::new("condvar/while")
        .strategy(Strategy::Exhaustive)
        .run(|| consumers(take_with_while));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn an_if_around_the_wait_meets_a_spurious_wakeup() {
    fn one(wait: fn(&Shared)) -> u32 {
        let pair = shared();
        let other = Arc::clone(&pair);
        let waiter = spawn("waiter", move || wait(&other));
        *pair.0.lock().unwrap() += 1;
        pair.1.notify_one();
        waiter.join().unwrap();
        0
    }
    let check = |f: fn(&Shared)| {
        Check::new("condvar/spurious")
            .strategy(Strategy::Exhaustive)
            .run(move || one(f))
    };
    let spurious = |f: fn(&Shared)| {
        Check::new("condvar/spurious")
            .strategy(Strategy::Exhaustive)
            .spurious_wakeups(2)
            .run(move || one(f))
    };
    assert_eq!(check(take_with_if).verdict, Verdict::Verified);
    let failure = spurious(take_with_if).failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.to_string().contains("wakes spuriously"), "{failure}");
    let report = spurious(take_with_while);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn notify_one_may_wake_either_waiter_and_wakes_only_one() {
    fn program(all: bool) -> u32 {
        let pair = shared();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (1..=2)
            .map(|i| {
                let (pair, order) = (Arc::clone(&pair), Arc::clone(&order));
                spawn(&format!("w{i}"), move || {
                    let mut count = pair.0.lock().unwrap();
                    *count += 1;
                    drop(pair.1.wait(count).unwrap());
                    order.lock().unwrap().push(i);
                })
            })
            .collect();
        while *pair.0.lock().unwrap() < 2 {
            thread::yield_now();
        }
        if all {
            pair.1.notify_all();
        } else {
            pair.1.notify_one();
            pair.1.notify_one();
        }
        for task in tasks {
            task.join().unwrap();
        }
        let order = order.lock().unwrap();
        order[0]
    }
    for all in [true, false] {
        for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
            let report = Check::new("condvar/which").strategy(strategy).run(move || program(all));
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
            assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["1", "2"]);
        }
    }
    let report = Check::new("condvar/one-of-two").strategy(Strategy::Exhaustive).run(|| {
        let pair = shared();
        let tasks: Vec<_> = ["a", "b"]
            .into_iter()
            .map(|name| {
                let pair = Arc::clone(&pair);
                spawn(name, move || {
                    drop(pair.1.wait_while(pair.0.lock().unwrap(), |n| *n == 0).unwrap())
                })
            })
            .collect();
        *pair.0.lock().unwrap() = 1;
        pair.1.notify_one();
        for task in tasks {
            task.join().unwrap();
        }
    });
    assert_eq!(report.failure.unwrap().kind, FailureKind::Deadlock);
}

#[test]
fn a_timed_wait_ends_by_notification_or_by_time() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let report = Check::new("condvar/timeout").strategy(strategy).run(|| {
            let pair = shared();
            let other = Arc::clone(&pair);
            let task = spawn("worker", move || {
                thread::sleep(Duration::from_millis(10));
                other.1.notify_one();
            });
            let (guard, result) = pair
                .1
                .wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(10))
                .unwrap();
            drop(guard);
            task.join().unwrap();
            result.timed_out()
        });
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
    }
}

#[test]
fn a_timed_wait_for_a_condition_gives_up_in_virtual_time() {
    let report = Check::new("condvar/timeout-while")
        .strategy(Strategy::Exhaustive)
        .run(|| {
            let pair = shared();
            let guard = pair.0.lock().unwrap();
            let (guard, result) = pair
                .1
                .wait_timeout_while(guard, Duration::from_secs(3600), |n| *n == 0)
                .unwrap();
            drop(guard);
            assert!(result.timed_out());
        });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_waiter_sees_the_poison_of_who_panicked_meanwhile() {
    let report = Check::new("condvar/poison").strategy(Strategy::Exhaustive).run(|| {
        let pair = shared();
        let guard = pair.0.lock().unwrap();
        let other = Arc::clone(&pair);
        let task = spawn("worker", move || {
            let _guard = other.0.lock().unwrap();
            other.1.notify_one();
            panic!("while it holds the lock");
        });
        let poisoned = pair.1.wait(guard).is_err();
        assert!(task.join().is_err());
        poisoned
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["true"]);
}
