//! Strategy::Stress: the program on real OS threads, counted, never proved.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Error, FailureKind, Strategy, Verdict, thread};

fn stress(name: &str) -> Check {
    Check::new(name).strategy(Strategy::Stress).max_executions(20)
}

#[test]
fn a_correct_program_passes_and_is_not_verified() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let report = stress("counter").run(move || {
        counted.fetch_add(1, SeqCst);
        let counter = Arc::new(AtomicU32::new(0));
        let other = Arc::clone(&counter);
        let thread = thread::spawn(move || other.fetch_add(1, SeqCst));
        counter.fetch_add(1, SeqCst);
        thread.join().unwrap();
        counter.load(SeqCst)
    });
    assert_eq!(
        (report.verdict, report.complete, report.executions),
        (Verdict::Passed, false, 20),
        "{report}"
    );
    assert_eq!(report.outcomes.into_iter().collect::<Vec<_>>(), [("2".to_owned(), 20)]);
    assert_eq!(calls.load(SeqCst), 20);
}

#[test]
fn the_default_is_a_thousand_executions() {
    let report = Check::new("default").strategy(Strategy::Stress).run(|| ());
    assert_eq!(report.executions, 1_000);
}

#[test]
fn a_panic_of_main_fails_and_stops_the_run() {
    let report = stress("panic/main").run(|| panic!("on purpose"));
    assert_eq!(
        (report.verdict, report.executions, report.failing_executions),
        (Verdict::Failed, 1, 1),
        "{report}"
    );
    let failure = report.failure.unwrap();
    assert_eq!((failure.kind, failure.interleaving), (FailureKind::Panic, 1));
    assert!(failure.message.contains("main panicked: on purpose"), "{failure}");
    assert!(failure.trace.rows.is_empty());
}

#[test]
fn keep_going_counts_the_executions_that_fail() {
    let calls = AtomicU64::new(0);
    let report = stress("panic/sometimes").keep_going(true).run(move || {
        assert!(!calls.fetch_add(1, SeqCst).is_multiple_of(4), "each fourth");
    });
    assert_eq!((report.executions, report.failing_executions), (20, 5), "{report}");
    assert_eq!(report.outcomes["()"], 15);
}

#[test]
fn a_panic_that_is_joined_is_no_failure_and_one_that_is_not_is() {
    let joined = stress("panic/joined").run(|| {
        assert!(thread::spawn(|| panic!("seen")).join().is_err());
    });
    assert_eq!(joined.verdict, Verdict::Passed, "{joined}");
    let left = stress("panic/left").run(|| drop(thread::Builder::new().name("lonely").spawn(|| panic!("unseen"))));
    assert!(left.to_string().contains("lonely panicked: unseen"), "{left}");
    let scope = stress("panic/scope").run(|| {
        let scoped = std::panic::catch_unwind(|| thread::scope(|s| drop(s.spawn(|| panic!("in scope")))));
        assert!(scoped.is_err());
    });
    assert_eq!(scope.verdict, Verdict::Passed, "{scope}");
}

#[test]
fn an_execution_ends_when_its_detached_threads_have() {
    let running = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&running);
    let report = stress("detached").max_executions(3).run(move || {
        assert_eq!(seen.load(SeqCst), 0, "a thread of the execution before is still there");
        seen.fetch_add(1, SeqCst);
        let seen = Arc::clone(&seen);
        thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            seen.fetch_sub(1, SeqCst);
        });
    });
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
}

#[test]
fn a_hang_is_a_finding_and_is_left_behind() {
    let started = Instant::now();
    let report = stress("hang")
        .stall_timeout(Duration::from_millis(200))
        .keep_going(true)
        .max_executions(3)
        .run(|| {
            let lock = Arc::new(Mutex::new(()));
            let guard = lock.lock().unwrap();
            let other = Arc::clone(&lock);
            let waiter = thread::spawn(move || drop(other.lock().unwrap()));
            waiter.join().unwrap();
            drop(guard);
        });
    assert_eq!((report.executions, report.failing_executions), (3, 3), "{report}");
    assert_eq!(
        report.failure.as_ref().map(|f| f.kind),
        Some(FailureKind::Deadlock),
        "{report}"
    );
    assert!(report.to_string().contains("2 threads have not ended"), "{report}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_panic_in_a_destructor_while_unwinding_does_not_abort_us() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("second");
        }
    }
    let report = stress("abort").run(|| {
        let _bomb = Bomb;
        panic!("first");
    });
    assert_eq!(
        report.failure.as_ref().map(|f| f.kind),
        Some(FailureKind::Panic),
        "{report}"
    );
    assert!(report.to_string().contains("aborts a process: second"), "{report}");
}

#[test]
fn its_schedule_is_refused_for_replay() {
    let schedule = stress("panic").run(|| panic!("on purpose")).failure.unwrap().schedule;
    assert_eq!(schedule.engine, "stress");
    let report = Check::new("panic").strategy(Strategy::Replay(schedule)).run(|| ());
    assert!(
        matches!(&report.error, Some(Error::Unsupported { message }) if message.contains("stress")),
        "{report}"
    );
}
