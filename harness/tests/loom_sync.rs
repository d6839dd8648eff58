//! The objects loom has no equal of, composed from its mutex and condition variable, and the ones it has:
//! each is explored by loom itself.
#![cfg(feature = "loom")]

use std::fmt::Debug;

use selvedge::cell::UnsafeCell;
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn model<R: Debug + 'static>(f: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("loom/sync").strategy(Strategy::Loom).run(f)
}

/// Runs `f` under loom, which must find nothing wrong, and gives its outcomes.
fn outcomes<R: Debug + 'static>(f: impl Fn() -> R + Send + Sync + 'static) -> Vec<String> {
    let report = model(f);
    assert_eq!((report.verdict, report.complete), (Verdict::Verified, true), "{report}");
    report.outcomes.into_keys().collect()
}

#[test]
fn a_condition_variable_hands_the_mutex_back() {
    let outcomes = outcomes(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let other = Arc::clone(&shared);
        let task = thread::spawn(move || {
            *other.0.lock().unwrap() = 1;
            other.1.notify_one();
        });
        let seen = *shared.1.wait_while(shared.0.lock().unwrap(), |n| *n == 0).unwrap();
        task.join().unwrap();
        seen
    });
    assert_eq!(outcomes, ["1"]);
}

#[test]
fn a_reader_writer_lock_excludes() {
    let outcomes = outcomes(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || *other.write().unwrap() += 1);
        let seen = *lock.read().unwrap();
        task.join().unwrap();
        seen
    });
    assert_eq!(outcomes, ["0", "1"]);
}

#[test]
fn a_barrier_has_one_leader_each_round() {
    let outcomes = outcomes(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let task = thread::spawn(move || [other.wait().is_leader(), other.wait().is_leader()]);
        let here = [barrier.wait().is_leader(), barrier.wait().is_leader()];
        let there = task.join().unwrap();
        here[0] != there[0] && here[1] != there[1]
    });
    assert_eq!(outcomes, ["true"]);
}

#[test]
fn an_initialization_runs_once() {
    let outcomes = outcomes(|| {
        let shared = Arc::new((Once::new(), OnceLock::new()));
        let other = Arc::clone(&shared);
        let task = thread::spawn(move || {
            other.0.call_once(|| ());
            *other.1.get_or_init(|| 1)
        });
        shared.0.call_once(|| ());
        let here = *shared.1.get_or_init(|| 2);
        assert_eq!(here, task.join().unwrap());
        here
    });
    assert_eq!(outcomes, ["1", "2"]);
}

#[test]
fn channels_end_with_either_side() {
    let queued = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || sender.send(1).unwrap());
        let got: Vec<i32> = receiver.iter().collect();
        task.join().unwrap();
        got
    });
    assert_eq!(queued, ["[1]"]);
    let handed_over = outcomes(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let task = thread::spawn(move || receiver.recv());
        let sent = sender.send(1).is_ok();
        let refused = sender.send(2).is_err();
        (sent, refused, task.join().unwrap().is_ok())
    });
    assert_eq!(handed_over, ["(true, true, true)"]);
}

#[test]
fn a_race_on_a_cell_is_looms_to_find() {
    struct Slot(UnsafeCell<u32>);
    // SAFETY: whether the accesses are ordered is what the test asks; loom ends at the race.
    unsafe impl Sync for Slot {}
    let report = model(|| {
        let slot = Arc::new(Slot(UnsafeCell::new(0)));
        let other = Arc::clone(&slot);
        // SAFETY: see the impl of Sync.
        let task = thread::spawn(move || other.0.with_mut(|n| unsafe { *n = 1 }));
        // SAFETY: see the impl of Sync.
        slot.0.with_mut(|n| unsafe { *n = 2 });
        task.join().unwrap();
    });
    assert_eq!(
        report.failure.as_ref().map(|f| f.kind),
        Some(FailureKind::DataRace),
        "{report}"
    );
}

#[test]
fn a_lock_that_can_be_upgraded_is_one_for_readers_and_writers_under_loom() {
    use selvedge::parking_lot;
    let run = |upgrades: bool| {
        model(move || {
            let lock = Arc::new(parking_lot::RwLock::new(0));
            let theirs = Arc::clone(&lock);
            let other = thread::spawn(move || *theirs.write() += 1);
            let seen = if upgrades {
                *lock.upgradable_read()
            } else {
                *lock.read()
            };
            other.join().unwrap();
            (seen, *lock.read())
        })
    };
    let report = run(false);
    assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    let error = run(true).error.expect("loom has no such lock").to_string();
    assert!(
        error.contains("loom has no reader-writer lock that can be upgraded"),
        "{error}"
    );
}
