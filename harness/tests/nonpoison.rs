//! Every name of `std::sync::nonpoison`, which stable Rust cannot compile against: locks that no panic poisons.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use selvedge::sync::nonpoison::{
    Condvar, MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex, MutexGuard, RwLock,
    RwLockReadGuard, RwLockWriteGuard, TryLockResult, WouldBlock,
};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

static PAIR: Mutex<(u32, u32)> = Mutex::new((0, 0));
static COUNT: Mutex<u32> = Mutex::new(0);
static TABLE: RwLock<(u32, u32)> = RwLock::new((0, 0));
static CHANGED: Condvar = Condvar::new();

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] =
        [Strategy::Dfs, Strategy::Exhaustive].map(|strategy| Check::new("nonpoison").strategy(strategy).run(program));
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    let outcomes = |report: &Report| report.outcomes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(outcomes(&plain), outcomes(&reduced), "{plain}\n{reduced}");
    reduced
}

#[test]
fn a_panic_poisons_nothing() {
    let report = both(|| {
        let other = thread::spawn(|| {
            let _caught = catch_unwind(AssertUnwindSafe(|| {
                let mut pair = PAIR.lock();
                let mut table = TABLE.write();
                (pair.0, table.0) = (1, 1);
                panic!("under both locks");
            }));
        });
        let first = PAIR.lock().0;
        let seen = (first, TABLE.read().0);
        other.join().unwrap();
        (seen, PAIR.lock().0, TABLE.write().0)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let outcomes: Vec<_> = report.outcomes.keys().map(String::as_str).collect();
    assert_eq!(outcomes, ["((0, 0), 1, 1)", "((0, 1), 1, 1)", "((1, 1), 1, 1)"]);
}

#[test]
fn values_without_a_guard() {
    let report = both(|| {
        let other = thread::spawn(|| COUNT.with_mut(|count| *count += 1));
        let before = COUNT.replace(5);
        other.join().unwrap();
        let after = COUNT.get_cloned();
        COUNT.set(7);
        let table = thread::spawn(|| TABLE.replace((1, 1)));
        let seen = TABLE.with(|table| table.0);
        table.join().unwrap();
        TABLE.with_mut(|table| table.1 += 1);
        let pair = TABLE.get_cloned();
        TABLE.set((0, 0));
        (before, after, *COUNT.lock(), seen, pair)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.len(), 4, "{report}");
    assert!(report.outcomes.contains_key("(1, 5, 7, 1, (1, 2))"), "{report}");

    let split = |count: u32| COUNT.set(count + 1);
    let report = Check::new("nonpoison").run(move || {
        let other = thread::spawn(move || split(COUNT.get_cloned()));
        split(COUNT.get_cloned());
        other.join().unwrap();
        assert_eq!(COUNT.get_cloned(), 2);
    });
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Panic));
}

#[test]
fn attempts_say_that_they_would_block() {
    let report = both(|| {
        let told = |would: WouldBlock| format!("{would:?}: {would}");
        let held: TryLockResult<MutexGuard<'_, _>> = PAIR.try_lock();
        let locks = PAIR.try_lock().map_err(told).err();
        let read: RwLockReadGuard<'_, _> = TABLE.try_read().unwrap();
        let reads = TABLE.try_read().is_ok();
        let writes = TABLE.try_write().is_err();
        drop((held, read));
        let write: RwLockWriteGuard<'_, _> = TABLE.try_write().unwrap();
        (
            locks,
            reads,
            writes,
            TABLE.try_read().map_err(told).err(),
            format!("{write:?}"),
        )
    });
    let said = "Some(\"WouldBlock: try_lock failed because the operation would block\")";
    let outcomes: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(outcomes, [format!("({said}, true, true, {said}, \"(0, 0)\")")]);
}

#[test]
fn guards_of_parts_hold_the_whole() {
    let report = both(|| {
        let first: MappedMutexGuard<'_, u32> = MutexGuard::map(PAIR.lock(), |pair| &mut pair.0);
        let mut first = MappedMutexGuard::map(first, |first| first);
        *first += 1;
        let locked = PAIR.try_lock().is_err();
        let whole = MappedMutexGuard::filter_map(first, |_| None::<&mut u32>).err().unwrap();
        let first = MappedMutexGuard::filter_map(whole, |part| Some(part));
        let first = first.ok().map(|first| *first);
        let none = MutexGuard::filter_map(PAIR.lock(), |_| None::<&mut u32>).is_err();
        let some = MutexGuard::filter_map(PAIR.lock(), |pair| Some(&mut pair.0)).is_ok();

        let part: MappedRwLockWriteGuard<'_, u32> = RwLockWriteGuard::map(TABLE.write(), |table| &mut table.1);
        let mut part = MappedRwLockWriteGuard::map(part, |part| part);
        *part += 1;
        let written = TABLE.try_read().is_err();
        drop(part);
        let write = RwLockWriteGuard::filter_map(TABLE.write(), |_| None::<&mut u32>)
            .err()
            .unwrap();
        let read = RwLockWriteGuard::downgrade(write);
        let read = RwLockReadGuard::filter_map(read, |_| None::<&u32>).err().unwrap();
        let part: MappedRwLockReadGuard<'_, u32> = RwLockReadGuard::map(read, |table| &table.1);
        let part = MappedRwLockReadGuard::map(part, |part| part);
        let part = MappedRwLockReadGuard::filter_map(part, |part| Some(part))
            .ok()
            .map(|part| *part);
        (locked, first, none, some, written, part)
    });
    let outcomes: Vec<_> = report.outcomes.into_keys().collect();
    assert_eq!(outcomes, ["(true, Some(1), true, true, true, Some(1))"]);
}

#[test]
fn waits_borrow_the_guard() {
    let report = both(|| {
        let other = thread::spawn(|| {
            COUNT.set(1);
            CHANGED.notify_one();
        });
        let mut count = COUNT.lock();
        while *count == 0 {
            CHANGED.wait(&mut count);
        }
        drop(count);
        let late = thread::spawn(|| {
            *COUNT.lock() += 1;
            CHANGED.notify_all();
        });
        CHANGED.wait_while(&mut COUNT.lock(), |count| *count < 2);
        let mut count = COUNT.lock();
        let waited = CHANGED.wait_timeout_while(&mut count, Duration::from_secs(1), |count| *count < 3);
        let again = CHANGED.wait_timeout(&mut count, Duration::from_secs(1));
        drop(count);
        other.join().unwrap();
        late.join().unwrap();
        (waited.timed_out(), again.timed_out(), COUNT.get_cloned())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.outcomes.contains_key("(true, true, 2)"), "{report}");

    // Nothing is remembered of a notification that comes before the wait.
    let report = Check::new("nonpoison").run(|| {
        let other = thread::spawn(|| CHANGED.notify_one());
        CHANGED.wait(&mut COUNT.lock());
        other.join().unwrap();
    });
    assert_eq!(
        report.failure.map(|failure| failure.kind),
        Some(FailureKind::LostWakeup)
    );
}

#[test]
fn what_a_lock_is_made_of_and_gives_back() {
    let mut lock = Mutex::from(1);
    *lock.get_mut() += 1;
    assert_eq!((format!("{lock:?}"), lock.into_inner()), ("Mutex { .. }".to_owned(), 2));
    let mut lock = RwLock::from(1).named("lock").showing(u32::to_string);
    *lock.get_mut() += 1;
    assert_eq!(
        (format!("{lock:?}"), lock.into_inner()),
        ("RwLock { .. }".to_owned(), 2)
    );
    assert_eq!(
        Mutex::<u32>::default()
            .named("lock")
            .showing(u32::to_string)
            .into_inner(),
        0
    );
    assert_eq!(RwLock::<u32>::default().into_inner(), 0);
    let lock = Mutex::new(3);
    let shown = format!("{}", lock.lock());
    assert_eq!(format!("{}", MutexGuard::map(lock.lock(), |count| count)), shown);
}
