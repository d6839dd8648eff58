//! The types loom has no equal of, composed from its mutex and condition variable, and the ones it has,
//! through the facade: each is explored by loom itself.

use std::collections::BTreeSet;

use loom::thread;

use super::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use crate::cell::UnsafeCell;
use crate::engine::{self, Engine};

/// Runs `f` under loom and gives its outcomes.
fn model<R: Ord + Send + 'static>(f: impl Fn() -> R + Send + Sync + 'static) -> BTreeSet<R> {
    let _engine = engine::enter_engine(Engine::Loom);
    let outcomes = std::sync::Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let seen = std::sync::Arc::clone(&outcomes);
    loom::model(move || {
        let outcome = f();
        seen.lock().unwrap().insert(outcome);
    });
    std::mem::take(&mut *outcomes.lock().unwrap())
}

#[test]
fn a_condition_variable_hands_the_mutex_back() {
    let outcomes = model(|| {
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
    assert_eq!(outcomes, BTreeSet::from([1]));
}

#[test]
fn a_reader_writer_lock_excludes() {
    let outcomes = model(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || *other.write().unwrap() += 1);
        let seen = *lock.read().unwrap();
        task.join().unwrap();
        seen
    });
    assert_eq!(outcomes, BTreeSet::from([0, 1]));
}

#[test]
fn a_barrier_has_one_leader_each_round() {
    let outcomes = model(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = Arc::clone(&barrier);
        let task = thread::spawn(move || [other.wait().is_leader(), other.wait().is_leader()]);
        let here = [barrier.wait().is_leader(), barrier.wait().is_leader()];
        let there = task.join().unwrap();
        here[0] != there[0] && here[1] != there[1]
    });
    assert_eq!(outcomes, BTreeSet::from([true]));
}

#[test]
fn an_initialization_runs_once() {
    let outcomes = model(|| {
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
    assert_eq!(outcomes, BTreeSet::from([1, 2]));
}

#[test]
fn channels_end_with_either_side() {
    let outcomes = model(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || sender.send(1).unwrap());
        let got: Vec<i32> = receiver.iter().collect();
        task.join().unwrap();
        got
    });
    assert_eq!(outcomes, BTreeSet::from([vec![1]]));
    let outcomes = model(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let task = thread::spawn(move || receiver.recv());
        let sent = sender.send(1).is_ok();
        let refused = sender.send(2).is_err();
        (sent, refused, task.join().unwrap().is_ok())
    });
    assert_eq!(outcomes, BTreeSet::from([(true, true, true)]));
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_race_on_a_cell_is_looms_to_find() {
    struct Slot(UnsafeCell<u32>);
    // SAFETY: whether the accesses are ordered is what the test asks; loom ends at the race.
    unsafe impl Sync for Slot {}
    model(|| {
        let slot = Arc::new(Slot(UnsafeCell::new(0)));
        let other = Arc::clone(&slot);
        // SAFETY: see the impl of Sync.
        let task = thread::spawn(move || other.0.with_mut(|n| unsafe { *n = 1 }));
        // SAFETY: see the impl of Sync.
        slot.0.with_mut(|n| unsafe { *n = 2 });
        task.join().unwrap();
    });
}
