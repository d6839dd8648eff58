//! A program that is played live.

use selvedge::play::{Future, Play};
use selvedge::states::End;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, thread};

fn increments() -> u32 {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let other = Arc::clone(&counter);
    let thread = thread::Builder::new().name("other".to_owned());
    let thread = thread.spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    counter.store(counter.load(SeqCst) + 1, SeqCst);
    thread.unwrap().join().unwrap();
    assert_eq!(counter.load(SeqCst), 2, "one is lost");
    2
}

fn play() -> Play {
    Check::new("increments").play(increments).expect("it can be played")
}

fn choices(play: &Play) -> Vec<String> {
    let here = play.here();
    let name = |choice: &selvedge::play::Choice| format!("{}: {}", here.trace.tasks[choice.task], choice.text);
    here.choices.iter().map(name).collect()
}

#[test]
fn picks_say_what_they_do_and_do_it() {
    let mut play = play();
    assert_eq!(choices(&play), ["main: counter ➜ 0", "other: counter ➜ 0"]);
    play.pick(0).unwrap();
    assert_eq!(choices(&play), ["main: counter = 1", "other: counter ➜ 0"]);
    play.pick(1).unwrap();
    play.pick(1).unwrap();
    assert_eq!(choices(&play), ["main: counter = 1"]);
    play.pick(0).unwrap();
    play.pick(0).unwrap();
    let here = play.here();
    let Some(End::Failed { kind, message, .. }) = &here.end else {
        panic!("{here:?}")
    };
    assert_eq!(*kind, FailureKind::Panic);
    assert!(message.contains("one is lost"), "{message}");
    assert!(here.choices.is_empty());
    assert!(play.pick(0).is_err());
    // Back to where it could still pass.
    for _ in 0..4 {
        play.undo().unwrap();
    }
    assert_eq!(
        (play.picks(), choices(&play)),
        (1, vec!["main: counter = 1".to_owned(), "other: counter ➜ 0".to_owned()])
    );
    play.undo().unwrap();
    play.undo().unwrap();
    assert_eq!(play.picks(), 0);
}

#[test]
fn a_failure_that_is_still_possible_is_shown_and_can_be_picked() {
    let mut play = play();
    play.pick(0).unwrap();
    let Future::Fails {
        picks,
        trace,
        rows,
        kind,
        ..
    } = play.future(1_000).unwrap()
    else {
        panic!("it can fail")
    };
    assert_eq!(kind, FailureKind::Panic);
    assert!(
        rows < trace.rows.len() && trace.rows[..rows].iter().any(|row| row.text == "counter ➜ 0"),
        "{trace:?}"
    );
    for pick in picks {
        play.pick(pick).unwrap();
    }
    assert!(play.here().end.as_ref().is_some_and(End::fails));
}

#[test]
fn where_no_failure_is_possible_all_states_have_been_looked_at() {
    let mut play = play();
    play.pick(0).unwrap();
    play.pick(0).unwrap();
    // The other one loads 1 and stores 2, and main loads that.
    assert_eq!(play.future(1_000).unwrap(), Future::Passes { states: 4 });
    for _ in 0..3 {
        play.pick(0).unwrap();
    }
    assert_eq!(
        play.here().end,
        Some(End::Passed {
            outcome: "2".to_owned()
        })
    );
    assert_eq!(play.future(1_000).unwrap(), Future::Passes { states: 1 });
}

#[test]
fn what_has_not_been_looked_at_is_not_known() {
    let program = || {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let object = Arc::new(AtomicU32::new(0));
                thread::spawn(move || (0..9).for_each(|_| object.store(1, SeqCst)))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    };
    let mut play = Check::new("many").play(program).unwrap();
    assert_eq!(play.future(50).unwrap(), Future::Unknown { executions: 50 });
}

#[test]
fn who_waits_is_told_and_cannot_be_picked() {
    let mut play = Check::new("locks")
        .play(|| {
            let (left, right) = (
                Arc::new(Mutex::new(()).named("left")),
                Arc::new(Mutex::new(()).named("right")),
            );
            let (l, r) = (Arc::clone(&left), Arc::clone(&right));
            let thread = thread::spawn(move || {
                let _r = r.lock().unwrap();
                let _l = l.lock().unwrap();
            });
            {
                let _l = left.lock().unwrap();
                let _r = right.lock().unwrap();
            }
            thread.join().unwrap();
        })
        .unwrap();
    play.pick(0).unwrap();
    assert_eq!(choices(&play).len(), 2);
    play.pick(1).unwrap();
    let here = play.here();
    assert!(
        matches!(
            here.end,
            Some(End::Failed {
                kind: FailureKind::Deadlock,
                ..
            })
        ),
        "{here:?}"
    );
    let waits = here.trace.rows.iter().filter(|row| row.text.starts_with("waits for"));
    assert_eq!(waits.count(), 2, "{}", here.trace.timeline());
    let arms = Check::new("arms").play(|| selvedge::choose(3)).unwrap();
    assert_eq!(
        choices(&arms),
        ["main: choose(3) ➜ 0", "main: choose(3) ➜ 1", "main: choose(3) ➜ 2"]
    );
}
