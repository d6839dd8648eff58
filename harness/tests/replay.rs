//! A recorded schedule, on the program it was recorded from and on others.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{
    AtomicU32, Ordering,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
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
    let first = Check::new("replay/increments").cause(false).run(increments(1, false));
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

/// Two stores of a thread, and a third that says they are there.
fn told(store: Ordering, load: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let data = Arc::new(AtomicU32::new(0).named("data"));
        let ready = Arc::new(AtomicU32::new(0).named("ready"));
        let (theirs, tells) = (Arc::clone(&data), Arc::clone(&ready));
        let writer = thread::Builder::new().name("writer".to_owned()).spawn(move || {
            theirs.store(1, Relaxed);
            tells.store(1, store);
            theirs.store(2, Relaxed);
        });
        if ready.load(load) == 1 {
            assert_ne!(data.load(Relaxed), 0, "told, and not there");
        }
        writer.unwrap().join().unwrap();
    }
}

#[test]
fn a_schedule_says_which_store_was_seen() {
    let check = || Check::new("replay/told").cause(false);
    let failure = check().run(told(Relaxed, Relaxed)).failure.expect("stale data");
    let json = serde_json::to_value(&failure.schedule).unwrap();
    let steps = json["steps"].as_array().unwrap();
    let seen = steps.iter().filter(|step| step.get("sees").is_some());
    let seen: Vec<String> = seen.map(ToString::to_string).collect();
    assert_eq!(seen, [r#"{"sees":"writer","store":1}"#, r#"{"sees":"main","store":0}"#]);
    let replay = |program| {
        let schedule = serde_json::from_value(json.clone()).unwrap();
        check().strategy(Strategy::Replay(schedule)).run(program)
    };
    let again = replay(Box::new(told(Relaxed, Relaxed)) as Box<dyn Fn() + Send + Sync>);
    assert_eq!(again.failure.unwrap().to_string(), failure.to_string());
    let repaired = replay(Box::new(told(Release, Acquire)));
    let Some(Error::Diverged { message }) = &repaired.error else {
        panic!("{repaired}");
    };
    assert!(
        message.ends_with(
            "recorded the first value of data, of which only store 2 of writer or store 1 of writer can be seen"
        ),
        "{message}"
    );
}
