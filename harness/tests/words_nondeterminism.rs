//! A program that is not the same every time: the report says at which step what differed, and what led there.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use selvedge::sync::atomic::AtomicU32;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Failure, FailureKind, Strategy, thread};

fn failure(strategy: Strategy, program: impl Fn() + Send + Sync + 'static) -> Failure {
    let report = Check::new("other").strategy(strategy).run(program);
    let failure = report.failure.expect("it is not the same every time");
    assert_eq!(failure.kind, FailureKind::Nondeterminism, "{failure}");
    failure
}

/// The step that the message names, which is the row after the timeline or its last one.
fn step(failure: &Failure) -> usize {
    let message = &failure.message;
    let number = message.split("at step ").nth(1).unwrap_or_else(|| panic!("{message}"));
    let step = number.split([' ', ',']).next().unwrap().parse().unwrap();
    let rows = failure.trace.rows.iter().filter(|row| row.numbered()).count();
    assert!(step == rows || step == rows + 1, "{failure}");
    step
}

#[test]
fn a_search_that_meets_other_steps_says_which_and_shows_what_led_there() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        let calls = AtomicUsize::new(0);
        let failure = failure(strategy, move || {
            let both = Arc::new([AtomicU32::new(0).named("a"), AtomicU32::new(0).named("b")]);
            let theirs = Arc::clone(&both);
            let other = thread::spawn(move || {
                theirs[0].store(1, SeqCst);
                theirs[1].store(1, SeqCst);
            });
            both[0].load(SeqCst);
            // Only every other time.
            if calls.fetch_add(1, Relaxed).is_multiple_of(2) {
                both[1].load(SeqCst);
            }
            other.join().unwrap();
        });
        assert!(step(&failure) > 1, "{failure}");
        assert!(
            failure
                .message
                .contains("the program does not depend on the schedule alone"),
            "{failure}"
        );
        assert!(
            failure.to_string().contains("\n    1  "),
            "the timeline so far: {failure}"
        );
    }
}

#[test]
fn a_failure_that_takes_another_course_is_told_with_both_operations() {
    let calls = AtomicUsize::new(0);
    let failure = failure(Strategy::Pos, move || {
        let both = Arc::new([Mutex::new(0).named("a"), Mutex::new(0).named("b")]);
        let first = calls.fetch_add(1, Relaxed);
        *both[0].lock().unwrap() += 1;
        *both[usize::from(first != 0)].lock().unwrap() += 1;
        // Locks that others can see, so that they are choices.
        let theirs = Arc::clone(&both);
        thread::spawn(move || drop(theirs[1].lock())).join().unwrap();
        assert!(first > 0, "only the first time");
    });
    assert!(failure.message.contains("at step 3 it did `main lock("), "{failure}");
    assert!(failure.message.contains("`main lock(b)` now"), "{failure}");
    assert_eq!(step(&failure), 3);
    assert!(failure.to_string().contains("  1–2  lock and unlock a\n"), "{failure}");
}

#[test]
fn a_failure_that_does_not_come_back_shows_the_run_that_passed() {
    let calls = AtomicUsize::new(0);
    let failure = failure(Strategy::Exhaustive, move || {
        let lock = Mutex::new(0).named("m");
        *lock.lock().unwrap() += 1;
        assert!(calls.fetch_add(1, Relaxed) > 0, "only the first time");
    });
    assert!(
        failure.message.contains("every step was the same, and it did not fail"),
        "{failure}"
    );
    assert!(failure.to_string().contains("lock m"), "{failure}");
}

/// A failure that was found before is what is told, and not all there is to say.
#[test]
fn a_search_that_has_found_a_failure_says_why_it_ended_later() {
    let calls = AtomicUsize::new(0);
    let check = Check::new("other")
        .strategy(Strategy::Dfs)
        .keep_going(true)
        .cause(false);
    let report = check.run(move || {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let theirs = Arc::clone(&counter);
        let other = thread::spawn(move || [1; 4].map(|value| theirs.store(value, SeqCst)));
        // Once there are steps more.
        if calls.fetch_add(1, Relaxed) == 3 {
            thread::spawn(|| AtomicU32::new(0).store(1, SeqCst)).join().unwrap();
        }
        assert_eq!(counter.load(SeqCst), 1, "it is too early");
        other.join().unwrap();
    });
    assert_eq!(report.failure.as_ref().unwrap().kind, FailureKind::Panic, "{report}");
    assert!(!report.complete, "{report}");
    assert!(
        report
            .basis
            .contains("; the search ended with another execution: under the same schedule"),
        "{}",
        report.basis
    );
}
