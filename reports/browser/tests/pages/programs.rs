//! Small programs that fail, and the pages of their failures.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::trace::Trace;
use selvedge::{Check, Failure, States, Strategy, thread};

fn fails(name: &str, program: fn()) -> Failure {
    let report = Check::new(name).strategy(Strategy::Dfs).cause(false).run(program);
    report.failure.expect("the program fails in some interleaving")
}

fn increments() -> u32 {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let other = Arc::clone(&counter);
    let worker = thread::Builder::new().name("worker").spawn(move || {
        let value = other.load(SeqCst);
        other.store(value + 1, SeqCst);
    });
    let value = counter.load(SeqCst);
    counter.store(value + 1, SeqCst);
    worker.expect("a thread starts").join().expect("it ends");
    counter.load(SeqCst)
}

/// Two values, one after the other, and the last store wins.
pub(crate) fn lost_increment() -> Failure {
    fails("lost-increment/load-then-store", || assert_eq!(increments(), 2))
}

/// All states of it.
pub(crate) fn increment_states() -> States {
    let check = Check::new("lost-increment/load-then-store");
    check.states(|| assert_eq!(increments(), 2)).expect("there are few")
}

/// All states of the same with one operation in place of two.
pub(crate) fn repaired_states() -> States {
    let states = Check::new("lost-increment/fetch-add").states(|| {
        let counter = Arc::new(AtomicU32::new(0).named("counter"));
        let other = Arc::clone(&counter);
        let worker = thread::Builder::new()
            .name("worker")
            .spawn(move || other.fetch_add(1, SeqCst));
        counter.fetch_add(1, SeqCst);
        worker.expect("a thread starts").join().expect("it ends");
        counter.load(SeqCst)
    });
    states.expect("there are few")
}

/// The same, with its cause.
pub(crate) fn explained() -> Failure {
    let check = Check::new("lost-increment/load-then-store").strategy(Strategy::Dfs);
    let report = check.run(|| assert_eq!(increments(), 2));
    report.failure.expect("the program fails in some interleaving")
}

/// An interleaving of the same program in which nothing is lost.
pub(crate) fn kept_increment() -> Trace {
    let failure = fails("lost-increment/kept", || assert_ne!(increments(), 2));
    let mut trace = failure.trace;
    trace.rows.retain(|row| !row.text.starts_with("panics"));
    trace
}

/// Each has what the other wants.
pub(crate) fn deadlock() -> Failure {
    fails("lock-order/crossed", || {
        let [left, right] = ["left", "right"].map(|name| Arc::new(Mutex::new(0).named(name)));
        let (first, second) = (Arc::clone(&left), Arc::clone(&right));
        let other = thread::Builder::new().name("other").spawn(move || {
            let _second = second.lock();
            let _first = first.lock();
        });
        {
            let _left = left.lock();
            let _right = right.lock();
        }
        other.expect("a thread starts").join().expect("it ends");
    })
}

/// The signal comes before anybody waits; messages lie in a queue meanwhile. Texts that a page must not take for its own.
pub(crate) fn hostile() -> Failure {
    fails(
        "</script><script>alert(1)</script>/<img src=x onerror=alert(1)>",
        || {
            let pair = Arc::new((
                Mutex::new("<b>'\"&".to_owned()).named("<i>state</i>"),
                Condvar::new().named("</table>"),
            ));
            let (sender, receiver) = mpsc::channel();
            let other = Arc::clone(&pair);
            let waiter = thread::Builder::new().name("<script>alert(2)</script>").spawn(move || {
                let guard = other.0.lock().expect("nobody panics");
                let _guard = other.1.wait(guard);
                receiver.recv()
            });
            selvedge::note!("{}", "</script><!-- <script> \u{2028}".repeat(3));
            pair.1.notify_one();
            sender.send("<u>").expect("somebody receives");
            waiter
                .expect("a thread starts")
                .join()
                .expect("it ends")
                .expect("a message");
        },
    )
}

/// Many tasks, many steps, long texts.
pub(crate) fn long() -> Failure {
    fails("long/eight-tasks", || {
        let total = Arc::new(Mutex::new(0_u32).named("total of everything that was counted"));
        let workers = (0..7).map(|n| {
            let total = Arc::clone(&total);
            let worker = thread::Builder::new().name(format!("worker number {n} of seven"));
            worker.spawn(move || {
                for round in 0..6 {
                    selvedge::note!("begins round {round} of six, which is a long sentence for one lane");
                    *total.lock().expect("nobody panics") += round;
                }
            })
        });
        let workers: Vec<_> = workers.collect();
        for worker in workers {
            worker.expect("a thread starts").join().expect("it ends");
        }
        panic!("the end of a long program");
    })
}
