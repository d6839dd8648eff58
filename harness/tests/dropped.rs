//! An object that unsafe code drops while somebody else uses it: the harness says so, and does not read what is left of it.
//!
//! Being dropped is no step, so it is seen in the interleavings that the operations have: a read that commutes with all that others do
//! before the drop need not be tried after it.

use std::mem::ManuallyDrop;

use selvedge::sync::atomic::{AtomicU32, Ordering, Ordering::*};
use selvedge::sync::{Condvar, Mutex};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, hint, thread};

/// What two tasks share without an owner: the one that comes second frees it.
struct Shared<T> {
    state: AtomicU32,
    value: T,
}

struct End<T: 'static>(*mut Shared<T>);

// SAFETY: what it points to is shared as a reference would, and whoever comes second has it alone.
unsafe impl<T> Send for End<T> {}

fn ends<T>(value: T) -> [End<T>; 2] {
    let shared = Box::into_raw(Box::new(Shared {
        state: AtomicU32::new(0),
        value,
    }));
    [End(shared), End(shared)]
}

impl<T> End<T> {
    fn get(&self) -> &Shared<T> {
        // SAFETY: this end has not been given up. Where a test has it that it was, the harness ends the execution before anything is
        // read; what ends here are objects of its own, and it looks for that.
        unsafe { &*self.0 }
    }

    /// Gives this end up. `uses` is what it does with the value, before that, or after it, which is wrong.
    fn give_up(self, too_late: bool, uses: impl Fn(&T)) {
        if !too_late {
            uses(&self.get().value);
        }
        let is_second = self.get().state.fetch_add(1, AcqRel) == 1;
        if too_late {
            uses(&self.get().value);
        }
        if is_second {
            // SAFETY: it was made by `Box::into_raw`, and only one of two ends is the second.
            drop(unsafe { Box::from_raw(self.0) });
        }
    }
}

fn run<T: Send + 'static>(
    strategy: Strategy,
    too_late: bool,
    make: impl Fn() -> T + Send + Sync + 'static,
    uses: fn(&T),
) -> Report {
    Check::new("dropped").strategy(strategy).run(move || {
        let [mine, theirs] = ends(make());
        let other = thread::spawn(move || theirs.give_up(too_late, uses));
        mine.give_up(too_late, uses);
        other.join().unwrap();
    })
}

fn is_caught<T: Send + 'static>(make: impl Fn() -> T + Send + Sync + Clone + 'static, uses: fn(&T)) {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        let report = run(strategy.clone(), true, make.clone(), uses);
        let failure = report
            .failure
            .unwrap_or_else(|| panic!("{} misses it", strategy.name()));
        assert_eq!(failure.kind, FailureKind::DataRace);
        assert!(failure.message.contains("drops"), "{}", failure.message);
        let report = run(strategy, false, make.clone(), uses);
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
    assert_eq!(run(Strategy::Exhaustive, false, make, uses).verdict, Verdict::Verified);
}

#[test]
fn an_atomic() {
    is_caught(|| AtomicU32::new(0), |count| _ = count.fetch_add(1, SeqCst));
}

#[test]
fn a_lock() {
    is_caught(|| Mutex::new(0), |count| *count.lock().unwrap() += 1);
}

#[test]
fn a_condition_variable() {
    is_caught(Condvar::new, |ready| ready.notify_all());
}

#[test]
fn it_is_told_with_both_tasks_and_the_operation() {
    let report = Check::new("told")
        .strategy(Strategy::Exhaustive)
        .memory_model(MemoryModel::SequentiallyConsistent)
        .run(|| {
            let [mine, theirs] = ends(AtomicU32::named(AtomicU32::new(0), "count"));
            let other = thread::Builder::new()
                .name("late")
                .spawn(move || theirs.give_up(true, |count| _ = count.fetch_add(1, AcqRel)))
                .unwrap();
            mine.give_up(true, |count| _ = count.fetch_add(1, AcqRel));
            other.join().unwrap();
        });
    let message = report.failure.expect("it fails").message;
    assert!(
        message.contains("late drops `count` while main is in `fetch_add` on it, at"),
        "{message}"
    );
    assert!(message.contains("dropped.rs:"), "{message}");
}

/// Nobody is about to use it when it is dropped, and somebody does later.
#[test]
fn what_has_been_dropped_says_so_as_long_as_its_memory_is_its_own() {
    let report = Check::new("later").strategy(Strategy::Exhaustive).run(|| {
        let mut count = Box::new(ManuallyDrop::new(AtomicU32::new(0)));
        count.store(1, SeqCst);
        // SAFETY: it is dropped once. What uses it below finds that out before it looks at anything else.
        unsafe { ManuallyDrop::drop(&mut count) };
        count.load(SeqCst)
    });
    let failure = report.failure.expect("it is used after its end");
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.message.contains("has been dropped"), "{}", failure.message);
}

/// A loop that waits has touched it once, and does not come back to it.
#[test]
fn what_a_loop_has_done_with_before_it_waits_for_something_else() {
    for (strategy, ordering) in [
        (Strategy::Exhaustive, SeqCst),
        (Strategy::Graphs, SeqCst),
        (Strategy::Exhaustive, Acquire),
    ] {
        let report = has_done_with(strategy, ordering);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }
}

fn has_done_with(strategy: Strategy, looks: Ordering) -> Report {
    use std::sync::Arc;

    Check::new("dropped").strategy(strategy).run(move || {
        let (once, open) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let begun = Arc::new(AtomicU32::new(0));
        let (theirs, opened, begins) = (Arc::clone(&once), Arc::clone(&open), Arc::clone(&begun));
        let waiting = thread::spawn(move || {
            let mut theirs = Some(theirs);
            begins.store(1, SeqCst);
            loop {
                if let Some(once) = theirs.take() {
                    once.load(SeqCst);
                }
                if opened.load(looks) != 0 {
                    break;
                }
                hint::spin_loop();
            }
        });
        while begun.load(SeqCst) == 0 {
            hint::spin_loop();
        }
        // The last owner, if the loop has gone round.
        drop(once);
        open.store(1, SeqCst);
        waiting.join().unwrap();
    })
}

/// A loop that looks at it again and again does.
#[test]
fn what_a_loop_waits_for() {
    let report = Check::new("dropped").strategy(Strategy::Exhaustive).run(|| {
        let [ours, theirs] = ends(());
        let begun = std::sync::Arc::new(AtomicU32::new(0));
        let begins = std::sync::Arc::clone(&begun);
        let waiting = thread::spawn(move || {
            begins.store(1, SeqCst);
            while theirs.get().state.load(SeqCst) == 0 {
                hint::spin_loop();
            }
        });
        while begun.load(SeqCst) == 0 {
            hint::spin_loop();
        }
        // SAFETY: not sound, which the harness says before it is read.
        drop(unsafe { Box::from_raw(ours.0) });
        waiting.join().unwrap();
    });
    let failure = report.failure.expect("it is looked at again");
    assert_eq!(failure.kind, FailureKind::DataRace, "{failure}");
    assert!(failure.message.contains("main drops"), "{failure}");
}
