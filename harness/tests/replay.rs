//! A recorded schedule, on the program it was recorded from and on others.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, Error, Report, Schedule, Strategy, Verdict, thread};

/// Two increments in two steps each; one is lost. `by` is what is added, `extra` one more operation of a task.
fn increments(by: u32, extra: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let theirs = Arc::clone(&counter);
        let thread = thread::Builder::new()
            .name("other".to_owned())
            .spawn(move || {
                if extra {
                    theirs.fetch_add(0, SeqCst);
                }
                let seen = theirs.load(SeqCst);
                theirs.store(seen + by, SeqCst);
            })
            .unwrap();
        let seen = counter.load(SeqCst);
        counter.store(seen + by, SeqCst);
        thread.join().unwrap();
        assert_eq!(counter.load(SeqCst), 2 * by, "an increment is lost");
    }
}

fn recorded() -> Schedule {
    let report = Check::new("replay/increments").run(increments(1, false));
    report.failure.expect("an increment is lost").schedule
}

fn replay(program: impl Fn() + Send + Sync + 'static) -> Report {
    Check::new("replay/increments")
        .strategy(Strategy::Replay(recorded()))
        .run(program)
}

#[test]
fn the_same_program_fails_in_the_same_way() {
    let report = replay(increments(1, false));
    assert_eq!(report.verdict, Verdict::Failed);
    assert_eq!((report.executions, report.basis.as_str()), (1, "one recorded schedule"));
    let first = Check::new("replay/increments").run(increments(1, false));
    assert_eq!(report.failure.unwrap().to_string(), first.failure.unwrap().to_string());
}

#[test]
fn other_values_in_the_same_steps_are_told() {
    let report = replay(increments(5, false));
    assert!(report.failure.is_some(), "{report}");
    assert_eq!(
        report.basis,
        "one recorded schedule; every step is as recorded, and a value, a name or a line in the trace is not"
    );
}

#[test]
fn other_steps_are_an_error_that_names_the_first() {
    let report = replay(increments(1, true));
    let Some(Error::Diverged { message }) = &report.error else {
        panic!("{report}");
    };
    assert!(
        message.contains("load(counter)") && message.contains("fetch_add(counter)"),
        "{message}"
    );
    assert!(report.failure.is_none());
}
