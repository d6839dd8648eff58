//! Locks that no panic poisons, with the names of `parking_lot`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::parking_lot::{
    Condvar, MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex, MutexGuard, Once, RwLock,
    RwLockReadGuard, RwLockWriteGuard,
};
use selvedge::sync::Arc;
use selvedge::time::{Duration, Instant};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

const SECOND: Duration = Duration::from_secs(1);

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive].map(|strategy| {
        Check::new("parking-lot")
            .strategy(strategy)
            .keep_going(true)
            .run(program)
    });
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    assert_eq!(
        plain.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>(),
        "{plain}\n{reduced}"
    );
    reduced
}

fn outcomes(report: &Report) -> Vec<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

static COUNT: Mutex<u32> = Mutex::new(0);
static TABLE: RwLock<(u32, u32)> = RwLock::new((0, 0));
static CHANGED: Condvar = Condvar::new();
static ONCE: Once = Once::new();

#[test]
fn one_lock_for_two_steps_keeps_them_together() {
    let report = both(|| {
        let add_one = || *COUNT.lock() += 1;
        let other = thread::spawn(add_one);
        add_one();
        other.join().unwrap();
        *COUNT.lock()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["2"]);
    let report = both(|| {
        let add_one = || {
            let seen = *COUNT.lock();
            *COUNT.lock() = seen + 1;
        };
        let other = thread::spawn(add_one);
        add_one();
        other.join().unwrap();
        *COUNT.lock()
    });
    assert_eq!(outcomes(&report), ["1", "2"]);
}

#[test]
fn a_panic_poisons_nothing() {
    let report = both(|| {
        let fails = |f: &dyn Fn()| catch_unwind(AssertUnwindSafe(f)).is_err();
        let lock = fails(&|| {
            *COUNT.lock() = 1;
            let _guard = COUNT.lock();
            panic!("inside");
        });
        let write = fails(&|| {
            let _guard = TABLE.write();
            panic!("inside");
        });
        ONCE.call_once(|| ());
        let count = *COUNT.lock();
        let first = TABLE.read().0;
        (
            lock,
            write,
            count,
            first,
            COUNT.try_lock().is_some(),
            TABLE.try_write().is_some(),
        )
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, true, 1, 0, true, true)"]);
}

#[test]
fn others_come_in_while_a_guard_is_unlocked() {
    let report = both(|| {
        let other = thread::spawn(|| *COUNT.lock() += 1);
        let mut guard = COUNT.lock();
        let before = *guard;
        MutexGuard::unlocked(&mut guard, || ());
        let between = *guard;
        MutexGuard::bump(&mut guard);
        let after = *guard;
        MutexGuard::unlock_fair(guard);
        other.join().unwrap();
        (before, between, after)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(0, 0, 0)", "(0, 0, 1)", "(0, 1, 1)", "(1, 1, 1)"]);
}

#[test]
fn a_guard_is_locked_again_when_what_runs_without_it_panics() {
    let report = both(|| {
        let mut guard = COUNT.lock();
        let fails = catch_unwind(AssertUnwindSafe(|| {
            MutexGuard::unlocked(&mut guard, || panic!("inside"));
        }));
        (fails.is_err(), COUNT.is_locked(), *guard)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, true, 0)"]);
}

#[test]
fn a_timed_lock_gives_up_when_the_lock_is_not_given_back() {
    let report = both(|| {
        let held = COUNT.lock();
        let other = thread::spawn(|| COUNT.try_lock_for(SECOND).is_some());
        let late = other.join().unwrap();
        drop(held);
        let until = COUNT.try_lock_until(Instant::now() + SECOND).is_some();
        (late, until)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(false, true)"]);
    let report = both(|| {
        let other = thread::spawn(|| COUNT.try_lock_for(SECOND).map(|mut count| *count += 1).is_some());
        *COUNT.lock() += 1;
        (other.join().unwrap(), *COUNT.lock())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, 2)"]);
}

#[test]
fn a_lock_that_is_held_while_time_passes_makes_a_timed_lock_late() {
    for early in [0, 2] {
        let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive].map(|strategy| {
            let check = Check::new("late")
                .strategy(strategy)
                .keep_going(true)
                .early_timers(early);
            check.run(|| {
                let other = thread::spawn(|| {
                    let held = COUNT.lock();
                    thread::sleep(2 * SECOND);
                    drop(held);
                });
                let locked = COUNT.try_lock_for(SECOND).is_some();
                other.join().unwrap();
                locked
            })
        });
        assert_eq!(outcomes(&plain), ["false", "true"]);
        assert_eq!(outcomes(&reduced), ["false", "true"]);
    }
}

/// A deadline lets an attempt go on that others keep waiting, which execution graphs do not tell.
#[test]
fn a_search_of_graphs_says_that_it_cannot_follow_a_timed_lock() {
    let check = Check::new("graphs").strategy(Strategy::Graphs);
    let report = check.memory_model(MemoryModel::Rust).run(|| {
        let other = thread::spawn(|| {
            let _held = COUNT.lock();
            thread::sleep(2 * SECOND);
        });
        let locked = COUNT.try_lock_for(SECOND).is_some();
        other.join().unwrap();
        locked
    });
    let error = report.error.expect("it would miss that the lock is held").to_string();
    assert!(error.contains("an attempt to lock ends in time"), "{error}");
}

#[test]
fn who_asks_whether_a_lock_is_held_sees_both() {
    let report = both(|| {
        let other = thread::spawn(|| *COUNT.lock() += 1);
        let held = COUNT.is_locked();
        other.join().unwrap();
        assert!(!COUNT.is_locked());
        held
    });
    assert_eq!(outcomes(&report), ["false", "true"]);
}

#[test]
fn a_part_of_a_value_holds_the_lock_of_the_whole() {
    let report = both(|| {
        let pair = Arc::new(Mutex::new((0, 0)));
        let theirs = Arc::clone(&pair);
        let other = thread::spawn(move || {
            let mut first: MappedMutexGuard<'_, u32> = MutexGuard::map(theirs.lock(), |pair| &mut pair.0);
            *first += 1;
        });
        let part = MutexGuard::try_map(pair.lock(), |pair| Some(&mut pair.0));
        let mut first = part.expect("there is a first");
        let seen = *first;
        *first = seen + 1;
        drop(first);
        other.join().unwrap();
        let whole = MutexGuard::try_map(pair.lock(), |_| None::<&mut u32>).expect_err("there is none");
        whole.0
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["2"]);
}

#[test]
fn readers_and_writers_of_parts() {
    let report = both(|| {
        let other = thread::spawn(|| {
            let mut first: MappedRwLockWriteGuard<'_, u32> = RwLockWriteGuard::map(TABLE.write(), |t| &mut t.0);
            *first += 1;
            drop(first);
            let mut write = TABLE.write();
            write.1 += 1;
            let read = RwLockWriteGuard::downgrade(write);
            read.0 == read.1
        });
        let first: MappedRwLockReadGuard<'_, u32> = RwLockReadGuard::map(TABLE.read(), |t| &t.0);
        let seen = *first;
        drop(first);
        (seen, other.join().unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(0, true)", "(1, true)"]);
}

#[test]
fn a_wait_for_a_change_that_is_told_ends() {
    let report = both(|| {
        let other = thread::spawn(|| {
            *COUNT.lock() = 1;
            CHANGED.notify_one();
        });
        let mut count = COUNT.lock();
        CHANGED.wait_while(&mut count, |count| *count == 0);
        let seen = *count;
        drop(count);
        other.join().unwrap();
        seen
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["1"]);
}

#[test]
fn a_wait_that_does_not_look_first_sleeps_for_ever() {
    let report = Check::new("no look").strategy(Strategy::Exhaustive).run(|| {
        let other = thread::spawn(|| {
            *COUNT.lock() = 1;
            CHANGED.notify_one();
        });
        let mut count = COUNT.lock();
        CHANGED.wait(&mut count);
        drop(count);
        other.join().unwrap();
    });
    assert_eq!(report.failure.expect("told too early").kind, FailureKind::LostWakeup);
}

#[test]
fn a_timed_wait_that_nobody_ends_is_over_in_time() {
    let report = both(|| {
        let mut count = COUNT.lock();
        let late = CHANGED.wait_for(&mut count, SECOND).timed_out();
        let until = Instant::now() + SECOND;
        (late, CHANGED.wait_until(&mut count, until).timed_out(), *count)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, true, 0)"]);
}

#[test]
fn the_same_names_outside_of_a_check() {
    let mutex = Mutex::new(1);
    let held = mutex.lock();
    thread::scope(|scope| {
        scope.spawn(|| assert!(mutex.is_locked() && mutex.try_lock_for(Duration::from_millis(2)).is_none()));
    });
    drop(held);
    assert!(mutex.try_lock_for(Duration::ZERO).is_some() && !mutex.is_locked());
    let (mutex, condvar) = (Mutex::new(0), Condvar::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            *mutex.lock() = 1;
            condvar.notify_all();
        });
        condvar.wait_while(&mut mutex.lock(), |n| *n == 0);
    });
    let mut lock = RwLock::from(mutex.into_inner());
    *lock.get_mut() += 1;
    assert_eq!(*lock.read(), 2);
    assert_eq!(lock.into_inner(), 2);
}
