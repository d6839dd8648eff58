//! The failing order tried on another program: what forbids it there.

use std::sync::atomic::AtomicU32 as Real;

use selvedge::against::{Forbids, Tried};
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Check, FailureKind, Strategy, choose, thread};

fn tried<F: Fn() + Send + Sync + 'static, G: Fn() + Send + Sync + 'static>(naive: F, repaired: G) -> (Tried, String) {
    let report = Check::new("program")
        .strategy(Strategy::Exhaustive)
        .against(repaired)
        .run(naive);
    let text = report.to_string();
    let tried = report.failure.expect("it fails").tried.expect("it is tried");
    (tried, text)
}

#[derive(Clone, Copy)]
enum Adds {
    Apart,
    AtOnce,
    UnderALock,
}

fn two_increments(adds: Adds) {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let lock = Arc::new(Mutex::new(()).named("lock"));
    let add = move |counter: &AtomicU32, lock: &Mutex<()>| {
        let held = matches!(adds, Adds::UnderALock).then(|| lock.lock());
        match adds {
            Adds::AtOnce => drop(counter.fetch_add(1, SeqCst)),
            Adds::Apart | Adds::UnderALock => counter.store(counter.load(SeqCst) + 1, SeqCst),
        }
        drop(held);
    };
    let threads: Vec<_> = ["a", "b"]
        .map(|name| {
            let (counter, lock) = (Arc::clone(&counter), Arc::clone(&lock));
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn(move || add(&counter, &lock)).unwrap()
        })
        .into_iter()
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(counter.load(SeqCst), 2);
}

#[test]
fn nothing_comes_between_two_steps_that_are_one() {
    let (tried, text) = tried(|| two_increments(Adds::Apart), || two_increments(Adds::AtOnce));
    let stop = tried.stops.expect("it cannot be followed");
    assert_eq!((stop.task.as_str(), stop.text.as_str()), ("a", "counter = 1"), "{text}");
    assert!(
        matches!(&stop.why, Forbids::OneStep { verb, with: Some(1), between: Some(2) } if verb == "fetch_add"),
        "{text}"
    );
    assert_eq!(tried.fails, None);
    assert!(text.contains("repaired: a's `counter = 1`"), "{text}");
}

#[test]
fn a_lock_forbids_a_step_and_its_holder_is_named() {
    let (tried, text) = tried(|| two_increments(Adds::Apart), || two_increments(Adds::UnderALock));
    let stop = tried.stops.clone().expect("it cannot be followed");
    assert_eq!((stop.task.as_str(), stop.step), ("b", Some(2)), "{text}");
    assert_eq!(
        stop.why,
        Forbids::Waits {
            next: "lock.lock()".to_owned(),
            waits_for: "`lock`, held by a".to_owned()
        },
        "{text}"
    );
    let told = "repaired: b cannot do `counter ➜ 0` (2) there: it has to do `lock.lock()`, and waits for `lock`, held by a; it passes";
    assert_eq!(tried.to_string(), told);
    assert_eq!(tried.fails, None);
}

/// What main does before it looks whether the worker is done.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Joins,
    Sleeps,
}

fn looks(before: Before) {
    let done = Arc::new(AtomicBool::new(false).named("done"));
    let theirs = Arc::clone(&done);
    let worker = thread::Builder::new().name("worker".to_owned());
    let worker = worker.spawn(move || theirs.store(true, SeqCst)).unwrap();
    let mut worker = Some(worker);
    match before {
        Before::Nothing => {}
        Before::Joins => worker.take().unwrap().join().unwrap(),
        Before::Sleeps => thread::sleep(std::time::Duration::from_millis(1)),
    }
    assert!(done.load(SeqCst), "not yet");
}

#[test]
fn who_has_to_join_or_to_sleep_first_waits_for_that() {
    for (before, told) in [
        (
            Before::Joins,
            "it has to do `joins worker`, and waits for worker to exit",
        ),
        (
            Before::Sleeps,
            "it has to do `sleeps`, and waits for the clock to reach 1ms",
        ),
    ] {
        let (tried, text) = tried(|| looks(Before::Nothing), move || looks(before));
        assert!(tried.to_string().contains(told), "{text}");
    }
}

/// What is read is written down, or only if it is nothing yet.
fn writes_down(always: bool) {
    let shared = Arc::new((AtomicU32::new(0).named("given"), AtomicU32::new(0).named("taken")));
    let theirs = Arc::clone(&shared);
    let giver = thread::Builder::new().name("giver".to_owned());
    let giver = giver.spawn(move || theirs.0.store(1, SeqCst));
    let given = shared.0.load(SeqCst);
    if always || given == 0 {
        shared.1.store(given, SeqCst);
    }
    giver.unwrap().join().unwrap();
    assert_eq!(shared.1.load(SeqCst), 0);
}

#[test]
fn a_task_that_goes_another_way_is_named() {
    let (tried, text) = tried(|| writes_down(true), || writes_down(false));
    let stop = tried.stops.expect("it cannot be followed");
    assert_eq!(
        (stop.task.as_str(), stop.text.as_str()),
        ("main", "taken = 1"),
        "{text}"
    );
    assert_eq!((stop.why, tried.fails), (Forbids::Ends, None), "{text}");
    assert_eq!(stop.row.map(|row| stop.step == Some(row)), Some(true), "{text}");
}

/// A waker is left before the look, or behind it.
fn registers(first: bool) {
    let shared = Arc::new((AtomicBool::new(false).named("done"), AtomicU32::new(0).named("waiting")));
    let theirs = Arc::clone(&shared);
    let worker = thread::Builder::new().name("worker".to_owned()).spawn(move || {
        theirs.0.store(true, SeqCst);
        theirs.1.swap(0, SeqCst)
    });
    let (done, waiting) = &*shared;
    let seen = match first {
        true => {
            waiting.store(1, SeqCst);
            done.load(SeqCst)
        }
        false => {
            let seen = done.load(SeqCst);
            waiting.store(1, SeqCst);
            seen
        }
    };
    let woken = worker.unwrap().join().unwrap() == 1;
    assert!(seen || woken);
}

#[test]
fn what_has_to_come_earlier_is_said() {
    let (tried, text) = tried(|| registers(false), || registers(true));
    let stop = tried.stops.as_ref().expect("it cannot be followed");
    assert_eq!(
        (stop.task.as_str(), stop.text.as_str()),
        ("main", "waiting = 1"),
        "{text}"
    );
    assert!(
        matches!(
            stop.why,
            Forbids::Earlier {
                before: Some(1),
                between: Some(3)
            }
        ),
        "{text}"
    );
    assert_eq!(tried.fails, None);
}

#[test]
fn a_program_that_is_no_repair_is_followed_and_fails_too() {
    let (tried, text) = tried(|| two_increments(Adds::Apart), || two_increments(Adds::Apart));
    assert_eq!((tried.stops, tried.has), (None, tried.steps), "{text}");
    assert_eq!(tried.fails, Some(FailureKind::Panic));
    assert!(tried.aligned.iter().all(|(one, other)| one == other), "{text}");
    assert_eq!(tried.parts_at, None);
}

/// A flag that is looked at before the lock is taken, or behind it.
fn waits(behind_the_lock: bool) {
    let shared = Arc::new((
        Mutex::new(()).named("lock"),
        Condvar::new().named("ready"),
        AtomicBool::new(false).named("flag"),
    ));
    let theirs = Arc::clone(&shared);
    let thread = thread::Builder::new().name("setter".to_owned());
    let setter = thread.spawn(move || {
        let (lock, ready, flag) = &*theirs;
        let held = behind_the_lock.then(|| lock.lock());
        flag.store(true, SeqCst);
        ready.notify_one();
        drop(held);
    });
    let (lock, ready, flag) = &*shared;
    let mut guard = lock.lock().unwrap();
    if behind_the_lock {
        while !flag.load(SeqCst) {
            guard = ready.wait(guard).unwrap();
        }
    } else if !flag.load(SeqCst) {
        guard = ready.wait(guard).unwrap();
    }
    drop(guard);
    setter.unwrap().join().unwrap();
}

#[test]
fn a_missed_signal_cannot_be_sent_while_the_lock_is_held() {
    let (tried, text) = tried(|| waits(false), || waits(true));
    let stop = tried.stops.expect("it cannot be followed");
    assert_eq!(stop.task, "setter", "{text}");
    assert!(
        matches!(&stop.why, Forbids::Waits { waits_for, .. } if waits_for == "`lock`, held by main"),
        "{text}"
    );
    assert_eq!(tried.fails, None, "{text}");
}

fn message(ordering: (Ordering, Ordering)) {
    let shared = Arc::new((AtomicU32::new(0).named("data"), AtomicBool::new(false).named("ready")));
    let theirs = Arc::clone(&shared);
    let writer = thread::Builder::new().name("writer".to_owned());
    let writer = writer.spawn(move || {
        theirs.0.store(1, Ordering::Relaxed);
        theirs.1.store(true, ordering.0);
    });
    if shared.1.load(ordering.1) {
        assert_eq!(shared.0.load(Ordering::Relaxed), 1);
    }
    writer.unwrap().join().unwrap();
}

#[test]
fn a_stale_store_cannot_be_seen_where_it_is_ordered() {
    let (tried, text) = tried(
        || message((Ordering::Relaxed, Ordering::Relaxed)),
        || message((Ordering::Release, Ordering::Acquire)),
    );
    let stop = tried.stops.expect("it cannot be followed");
    assert_eq!((stop.task.as_str(), stop.why), ("main", Forbids::Sees), "{text}");
    assert_eq!(tried.fails, None, "{text}");
}

#[test]
fn the_same_arm_is_taken() {
    let program = |bad: usize| {
        move || {
            let arm = choose(3);
            let flag = AtomicU32::new(0).named("flag");
            flag.store(arm as u32, SeqCst);
            assert_ne!(arm, bad);
        }
    };
    let (tried, text) = tried(program(2), program(7));
    assert_eq!((tried.fails, &tried.stops), (None, &None), "{text}");
    assert!(
        tried.trace.rows.iter().any(|row| row.text.contains("flag = 2")),
        "{text}"
    );
}

#[test]
fn a_program_that_does_something_else_has_none_of_the_steps() {
    let (tried, text) = tried(
        || two_increments(Adds::Apart),
        || {
            let other = AtomicU32::new(0).named("other");
            other.store(1, SeqCst);
        },
    );
    assert_eq!((tried.has, &tried.stops), (0, &None), "{text}");
    assert!(text.contains("has none of the"), "{text}");
}

#[test]
fn another_program_that_never_ends_or_differs_takes_nothing_away() {
    static RUNS: Real = Real::new(0);
    for other in [
        (|| loop {
            thread::yield_now();
        }) as fn(),
        || {
            let flag = AtomicU32::new(0);
            for _ in 0..RUNS.fetch_add(1, SeqCst) % 3 {
                flag.store(1, SeqCst);
            }
        },
        || panic!("always"),
    ] {
        let report = Check::new("program").against(other).run(|| two_increments(Adds::Apart));
        let failure = report.failure.expect("it fails");
        assert!(failure.cause.is_some(), "{failure}");
    }
}

#[test]
fn it_is_the_same_every_time() {
    let once = || tried(|| two_increments(Adds::Apart), || two_increments(Adds::UnderALock)).1;
    assert_eq!(once(), once());
}
