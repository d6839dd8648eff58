//! What lies outside of an execution and is used inside of it, or the other way round: each is told with what to write
//! instead, at the line that does it.

use std::sync::atomic::AtomicUsize as RealAtomic;
use std::time::Duration;

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, Failure, FailureKind, Strategy, future, thread};

fn failure(program: impl Fn() + Send + Sync + 'static) -> Failure {
    let report = Check::new("outside").strategy(Strategy::Exhaustive).run(program);
    report.failure.expect("it cannot be controlled")
}

/// The source line of the row that tells the panic.
#[track_caller]
fn line(failure: &Failure) -> &'static str {
    let row = failure.trace.rows.iter().find(|row| row.text.starts_with("panics: "));
    let place = row.and_then(|row| row.location.as_deref());
    let number = place.and_then(|place| place.strip_prefix("tests/words_outside.rs:"));
    let Some(number) = number else {
        panic!("{}", failure.detailed())
    };
    include_str!("words_outside.rs")
        .lines()
        .nth(number.parse::<usize>().unwrap() - 1)
        .unwrap()
}

struct Shared(UnsafeCell<u32>);
// SAFETY: it is used by one thread.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

/// The failure of who uses what was made outside.
#[track_caller]
fn told(failure: Failure) {
    assert!(
        failure.message.contains("create it inside the checked closure"),
        "{failure}"
    );
    assert!(line(&failure).contains("// here"), "{}", failure.detailed());
}

#[test]
fn an_object_that_was_made_outside_is_told_at_the_line_that_uses_it() {
    let atomic = Arc::new(AtomicUsize::new(0));
    told(failure(move || {
        atomic.fetch_add(1, SeqCst); // here
    }));
    let mutex = Mutex::new(0);
    told(failure(move || {
        *mutex.lock().unwrap() += 1; // here
    }));
    let lock = RwLock::new(0);
    told(failure(move || {
        *lock.write().unwrap() += 1; // here
    }));
    let condvar = Condvar::new();
    told(failure(move || {
        condvar.notify_one(); // here
    }));
    let cell = OnceLock::new();
    told(failure(move || {
        cell.get_or_init(|| 1); // here
    }));
    let shared = Shared(UnsafeCell::new(0));
    told(failure(move || {
        let Shared(cell) = &shared;
        cell.with(|_| ()); // here
    }));
    let barrier = Barrier::new(1);
    told(failure(move || {
        barrier.wait(); // here
    }));
    let notify = Notify::new();
    told(failure(move || {
        notify.notify_one(); // here
    }));
    let (sender, receiver) = selvedge::sync::mpsc::channel::<u32>();
    let sender = std::sync::Mutex::new(sender);
    told(failure(move || {
        let sender = sender.lock().unwrap_or_else(|sender| sender.into_inner());
        let _ = sender.send(1); // here
    }));
    drop(receiver);
    // Kept from the execution before.
    let kept = std::sync::Mutex::new(None);
    told(failure(move || {
        let other = thread::spawn(thread::park);
        let before = kept
            .lock()
            .unwrap_or_else(|kept| kept.into_inner())
            .replace(other.thread().clone());
        match before {
            Some(before) => before.unpark(), // here
            None => other.thread().unpark(),
        }
        other.join().unwrap();
        // A second interleaving, so that there is an execution after the first.
        selvedge::choose(2);
    }));
}

#[test]
fn a_thread_of_std_is_told_whether_or_not_somebody_looks_how_it_ended() {
    for looks in [true, false] {
        let failure = failure(move || {
            let count = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&count);
            let stray = std::thread::spawn(move || {
                theirs.store(1, SeqCst);
            });
            let ended = stray.join();
            if looks {
                ended.unwrap();
            }
        });
        assert_eq!(failure.kind, FailureKind::Panic);
        let place = failure
            .message
            .split("words_outside.rs:")
            .nth(1)
            .expect("it says where");
        let number: usize = place.split(':').next().unwrap().parse().unwrap();
        let line = include_str!("words_outside.rs").lines().nth(number - 1).unwrap();
        assert!(line.contains("theirs.store(1, SeqCst)"), "{failure}");
        assert!(
            failure.message.contains("start it with selvedge::thread::spawn"),
            "{failure}"
        );
    }
}

#[test]
fn what_needs_the_runtime_of_tokio_is_told_at_its_line() {
    let told = |failure: Failure| {
        assert!(
            failure
                .message
                .contains("use selvedge::future, selvedge::time and selvedge::tokio"),
            "{failure}"
        );
        assert!(line(&failure).contains("// here"), "{}", failure.detailed());
    };
    told(failure(|| {
        future::block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await; // here
        });
    }));
    told(failure(|| {
        future::block_on(async {
            drop(tokio::spawn(async {})); // here
        });
    }));
    told(failure(|| {
        future::block_on(async {
            let task = future::spawn(async {
                drop(tokio::task::spawn_blocking(|| ())); // here
            });
            task.await.unwrap();
        });
    }));
    told(failure(|| {
        future::block_on(async {
            drop(tokio::task::spawn_local(async {})); // here
        });
    }));
}

#[test]
fn a_clock_that_is_not_of_the_execution_is_told_as_what_may_differ() {
    let failure = failure(|| {
        static RUNS: RealAtomic = RealAtomic::new(0);
        // The real clock goes on from one execution to the next, and so does this.
        let now = RUNS.fetch_add(1, SeqCst);
        let count = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        count.load(SeqCst);
        if now.is_multiple_of(2) {
            count.load(SeqCst);
        }
        other.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
    for words in [
        "the real clock (selvedge::time",
        "random numbers (selvedge::choose",
        "a static that keeps",
    ] {
        assert!(failure.message.contains(words), "{failure}");
    }
}
