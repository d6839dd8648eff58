//! What random programs have shown to be missing, told by hand.

use std::collections::BTreeSet;

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex, RwLock};
use selvedge::{Check, Strategy, thread};

fn outcomes<R: std::fmt::Debug + 'static>(strategy: Strategy, program: fn() -> R) -> BTreeSet<String> {
    let report = Check::new("found").strategy(strategy).run(program);
    assert!(report.complete, "{report}");
    report.outcomes.into_keys().collect()
}

/// Two that exchange, two that look, one that writes.
#[test]
fn exchanges_beside_readers_and_a_writer_have_all_their_outcomes() {
    fn program() -> (Vec<u32>, Vec<bool>) {
        let value = Arc::new(AtomicU32::new(0));
        let theirs = || Arc::clone(&value);
        let looks = [theirs(), theirs()].map(|v| thread::spawn(move || v.load(SeqCst)));
        let exchanges =
            [theirs(), theirs()].map(|v| thread::spawn(move || v.compare_exchange(0, 5, SeqCst, SeqCst).is_ok()));
        value.store(3, SeqCst);
        (
            looks.into_iter().map(|t| t.join().unwrap()).collect(),
            exchanges.into_iter().map(|t| t.join().unwrap()).collect(),
        )
    }
    let all = outcomes(Strategy::Dfs, program);
    assert!(
        all.contains("([5, 5], [false, true])") && all.contains("([3, 5], [true, false])"),
        "{all:?}"
    );
    assert_eq!(outcomes(Strategy::Exhaustive, program), all);
}

/// Whether the lock is poisoned depends on who comes first.
#[test]
fn a_look_at_poison_sees_both() {
    fn mutex() -> (bool, bool) {
        let lock = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let panics = thread::spawn(move || {
            let _guard = theirs.lock();
            std::panic::resume_unwind(Box::new(()))
        });
        let seen = lock.is_poisoned();
        lock.clear_poison();
        let failed: Result<(), _> = panics.join();
        (seen, failed.is_err() && lock.lock().is_err())
    }
    fn rwlock() -> (bool, bool) {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let panics = thread::spawn(move || {
            let _guard = theirs.write();
            std::panic::resume_unwind(Box::new(()))
        });
        let seen = lock.is_poisoned();
        lock.clear_poison();
        let failed: Result<(), _> = panics.join();
        (seen, failed.is_err() && lock.read().is_err())
    }
    // Before both, between them, after both.
    let expected = ["(false, false)", "(false, true)", "(true, false)"].map(str::to_owned);
    for program in [mutex, rwlock] {
        assert_eq!(
            outcomes(Strategy::Exhaustive, program),
            BTreeSet::from(expected.clone())
        );
    }
}
