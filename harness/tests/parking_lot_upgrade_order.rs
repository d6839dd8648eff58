//! What the guards of an upgradable lock order, and what they do not: accesses to a cell that race, and their neighbours.

use std::collections::BTreeSet;

use selvedge::cell::UnsafeCell;
use selvedge::parking_lot::{RwLock, RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard};
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::time::Duration;
use selvedge::{Check, FailureKind, MemoryModel, Strategy, thread};

const SECOND: Duration = Duration::from_secs(1);

static LOCK: RwLock<u32> = RwLock::new(0);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// What somebody does who reads or writes the cell.
type Part = fn(&UnsafeCell<u32>);

struct Shared(UnsafeCell<u32>);

// SAFETY: whether the accesses are ordered is what the test is about; the harness runs one task at a time.
unsafe impl Sync for Shared {}

fn look(cell: &UnsafeCell<u32>) {
    // SAFETY: as above.
    cell.with(|value| _ = unsafe { *value });
}

fn touch(cell: &UnsafeCell<u32>) {
    // SAFETY: as above.
    cell.with_mut(|value| unsafe { *value += 1 });
}

/// Whether two tasks that do this race in every search.
#[track_caller]
fn races(one: Part, other: Part) -> bool {
    let mut found = BTreeSet::new();
    for (strategy, model) in [
        (Strategy::Dfs, MemoryModel::SequentiallyConsistent),
        (Strategy::Exhaustive, MemoryModel::SequentiallyConsistent),
        (Strategy::Exhaustive, MemoryModel::Rust),
        (Strategy::Graphs, MemoryModel::Rust),
    ] {
        let report = Check::new("race").strategy(strategy).memory_model(model).run(move || {
            let cell = Arc::new(Shared(UnsafeCell::new(0)));
            let theirs = Arc::clone(&cell);
            let thread = thread::spawn(move || other(&theirs.0));
            // So that orderings count.
            COUNT.store(1, Relaxed);
            one(&cell.0);
            thread.join().unwrap();
        });
        let race = report.failure.as_ref().map(|failure| failure.kind);
        assert!(race.is_none_or(|kind| kind == FailureKind::DataRace), "{report}");
        found.insert(race.is_some());
    }
    assert_eq!(found.len(), 1, "all searches agree");
    found.contains(&true)
}

#[test]
fn what_guards_order() {
    fn read(f: Part, cell: &UnsafeCell<u32>) {
        let _guard = LOCK.read();
        f(cell);
    }
    fn upgradable(f: Part, cell: &UnsafeCell<u32>) {
        let _guard = LOCK.upgradable_read();
        f(cell);
    }
    fn upgraded(f: Part, cell: &UnsafeCell<u32>) {
        let _guard = Upgradable::upgrade(LOCK.upgradable_read());
        f(cell);
    }
    fn write(f: Part, cell: &UnsafeCell<u32>) {
        let _guard = LOCK.write();
        f(cell);
    }
    fn lowered(f: Part, cell: &UnsafeCell<u32>) {
        let _guard = RwLockWriteGuard::downgrade_to_upgradable(LOCK.write());
        f(cell);
    }
    // Readers order nothing among themselves, whether one may upgrade or not.
    assert!(races(|c| read(touch, c), |c| read(look, c)));
    assert!(races(|c| upgradable(touch, c), |c| read(look, c)));
    assert!(races(|c| upgradable(look, c), |c| read(touch, c)));
    assert!(races(|c| lowered(touch, c), |c| read(look, c)));
    // Two that may upgrade come one after the other.
    assert!(!races(|c| upgradable(touch, c), |c| upgradable(touch, c)));
    // And so does everybody with who writes.
    assert!(!races(|c| upgraded(touch, c), |c| read(look, c)));
    assert!(!races(|c| upgraded(look, c), |c| read(touch, c)));
    assert!(!races(|c| upgraded(touch, c), |c| upgradable(look, c)));
    assert!(!races(|c| upgraded(touch, c), |c| write(touch, c)));
    assert!(!races(|c| write(touch, c), |c| upgradable(touch, c)));
    assert!(!races(|c| lowered(touch, c), |c| upgradable(touch, c)));
}

/// Who tries to write in vain, and for a time, has not learned what those have done that might have upgraded.
#[test]
fn a_timed_attempt_that_is_in_vain_orders_nothing() {
    for timed in [true, false] {
        let report = Check::new("in vain").strategy(Strategy::Exhaustive).run(move || {
            let cell = Arc::new(Shared(UnsafeCell::new(0)));
            // Nobody can see it, so it orders nothing.
            let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
            let (theirs, says) = (Arc::clone(&cell), std::sync::Arc::clone(&done));
            let read = LOCK.read();
            let other = thread::spawn(move || {
                let _guard = LOCK.upgradable_read();
                touch(&theirs.0);
                says.store(true, SeqCst);
            });
            let touches = || {
                if done.load(SeqCst) {
                    touch(&cell.0);
                }
            };
            if timed {
                assert!(LOCK.try_write_for(SECOND).is_none());
                touches();
            } else {
                let _guard = LOCK.upgradable_read();
                touches();
            }
            drop(read);
            other.join().unwrap();
        });
        let race = report.failure.as_ref().map(|failure| failure.kind);
        assert_eq!(race, timed.then_some(FailureKind::DataRace), "{report}");
    }
}
