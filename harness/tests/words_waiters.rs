//! Why a task sleeps for ever, in words: which wake-up went by before it slept, which one it has used up, and which of
//! several signals is the missing one.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::sync::atomic::{AtomicBool, AtomicU32};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, Failure, FailureKind, Strategy, future, thread};

fn fails(check: Check, program: impl Fn() + Send + Sync + 'static) -> Failure {
    check.run(program).failure.expect("the program fails")
}

fn exhaustive() -> Check {
    Check::new("waiters").strategy(Strategy::Exhaustive)
}

/// The number of the first row of `task` that begins like this, as the timeline counts.
fn step(failure: &Failure, task: &str, text: &str) -> usize {
    let task = failure.trace.tasks.iter().position(|name| name == task).unwrap();
    let rows = &failure.trace.rows;
    let row = rows
        .iter()
        .position(|row| row.task == task && row.text.starts_with(text));
    let row = row.unwrap_or_else(|| panic!("no row {text}:\n{failure}"));
    rows[..=row].iter().filter(|row| row.numbered()).count()
}

/// Workers that end when the pool is shut down, which is told to one of them only.
fn pool(jobs: u32) {
    let pool = Arc::new((
        Mutex::new((VecDeque::new(), false)).named("queue"),
        Condvar::new().named("work"),
    ));
    let workers = [1, 2].map(|number| {
        let pool = Arc::clone(&pool);
        let worker = thread::Builder::new().name(format!("worker-{number}"));
        let worker = worker.spawn(move || {
            loop {
                let mut queue = pool.0.lock().unwrap();
                while queue.0.is_empty() && !queue.1 {
                    queue = pool.1.wait(queue).unwrap();
                }
                if queue.0.pop_front().is_none() {
                    return;
                }
            }
        });
        worker.unwrap()
    });
    for job in 0..jobs {
        pool.0.lock().unwrap().0.push_back(job);
        pool.1.notify_one();
    }
    pool.0.lock().unwrap().1 = true;
    pool.1.notify_one();
    for worker in workers {
        worker.join().unwrap();
    }
}

#[test]
fn of_several_signals_the_last_one_went_to_another_waiter() {
    for jobs in [0, 1, 2] {
        for strategy in [Strategy::Exhaustive, Strategy::Pos, Strategy::Dfs] {
            let failure = fails(Check::new("pool").strategy(strategy), move || pool(jobs));
            // A signal for a job that nobody waited for is nobody's lost wakeup: who waits later has seen the job.
            assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
            let sent = failure
                .trace
                .rows
                .iter()
                .rposition(|row| row.text.starts_with("notify_one"));
            let rows = &failure.trace.rows[..=sent.unwrap()];
            let sent = rows.iter().filter(|row| row.numbered()).count();
            let words = format!("the last signal, sent at step {sent}, woke worker-");
            assert!(failure.message.contains(&words), "{failure}");
            assert!(
                failure.message.contains("has waited for `work` since step"),
                "{failure}"
            );
        }
    }
}

#[test]
fn a_notification_for_one_goes_to_one() {
    let failure = fails(exhaustive(), || {
        future::block_on(async {
            let done = Arc::new(Notify::new().named("done"));
            let waiting = Arc::new(AtomicU32::new(0));
            let waiters = ["a", "b"].map(|name| {
                let done = Arc::clone(&done);
                let waiting = Arc::clone(&waiting);
                future::Builder::new().name(name).spawn(async move {
                    let mut notified = std::pin::pin!(done.notified());
                    notified.as_mut().enable();
                    waiting.fetch_add(1, SeqCst);
                    notified.await;
                })
            });
            while waiting.load(SeqCst) < 2 {
                future::yield_now().await;
            }
            done.notify_one();
            for waiter in waiters {
                waiter.await.unwrap();
            }
        });
    });
    assert_eq!(failure.kind, FailureKind::Deadlock);
    let waits = failure.message.lines().last().unwrap();
    assert!(
        waits.ends_with("and none came after it") && waits.contains("woke ") && waits.contains("`done`"),
        "{failure}"
    );
}

#[test]
fn a_signal_sent_into_the_gap_is_still_a_lost_wakeup() {
    // Looks in one section and waits in another; the second signal wakes whoever has come in between.
    let failure = fails(exhaustive(), || {
        let shared = Arc::new((Mutex::new(false).named("open"), Condvar::new().named("opened")));
        let theirs = Arc::clone(&shared);
        let waiter = thread::spawn(move || {
            let open = *theirs.0.lock().unwrap();
            if !open {
                let guard = theirs.0.lock().unwrap();
                drop(theirs.1.wait(guard).unwrap());
            }
        });
        *shared.0.lock().unwrap() = true;
        shared.1.notify_one();
        waiter.join().unwrap();
    });
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}

/// A future that looks, and leaves its waker if there is nothing to see yet.
fn hand_made(register_first: bool, wakes: bool) -> impl Fn() {
    move || {
        future::block_on(async move {
            let shared = Arc::new((
                AtomicBool::new(false).named("ready"),
                Mutex::new(None::<Waker>).named("slot"),
            ));
            let theirs = Arc::clone(&shared);
            let waiter = poll_fn(move |cx| {
                if register_first {
                    *theirs.1.lock().unwrap() = Some(cx.waker().clone());
                }
                if theirs.0.load(SeqCst) {
                    return Poll::Ready(());
                }
                if !register_first {
                    *theirs.1.lock().unwrap() = Some(cx.waker().clone());
                }
                Poll::Pending
            });
            let waiter = future::Builder::new().name("waiter").spawn(waiter);
            shared.0.store(true, SeqCst);
            let waker = if wakes { shared.1.lock().unwrap().take() } else { None };
            if let Some(waker) = waker {
                waker.wake();
            }
            waiter.await.unwrap();
        });
    }
}

#[test]
fn a_bare_waker_that_is_stored_too_late_is_told_with_both_steps() {
    let failure = fails(exhaustive(), hand_made(false, true));
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    let (looks, sleeps) = (step(&failure, "waiter", "ready"), step(&failure, "waiter", "sleeps"));
    let changes = step(&failure, "main", "ready = true");
    let words = format!(
        "main changed `ready` at step {changes}, after waiter had looked at it (step {looks}) and before it slept (step \
         {sleeps})"
    );
    assert!(failure.message.contains(&words), "{failure}");
    let failure = fails(exhaustive(), hand_made(true, false));
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    let words = format!(
        "main changed `ready` at step {}, while waiter slept",
        step(&failure, "main", "ready")
    );
    assert!(
        failure.message.contains(&words) && failure.message.ends_with("did not wake it"),
        "{failure}"
    );
    exhaustive().run(hand_made(true, true)).assert_verified();
}

#[test]
fn a_lock_that_is_let_go_between_look_and_registration_is_told() {
    let failure = fails(exhaustive(), || {
        future::block_on(async {
            let shared = Arc::new(Mutex::new((false, None::<Waker>)).named("state"));
            let theirs = Arc::clone(&shared);
            let waiter = poll_fn(move |cx| {
                if theirs.lock().unwrap().0 {
                    return Poll::Ready(());
                }
                theirs.lock().unwrap().1 = Some(cx.waker().clone());
                Poll::Pending
            });
            let waiter = future::spawn(waiter);
            let mut state = shared.lock().unwrap();
            state.0 = true;
            if let Some(waker) = state.1.take() {
                waker.wake();
            }
            drop(state);
            waiter.await.unwrap();
        });
    });
    assert!(
        failure
            .message
            .contains("changed `state` at step 3, after task-1 had looked at it (step 1)"),
        "{failure}"
    );
}

#[test]
fn a_list_of_parked_threads_that_is_read_too_early_is_told() {
    let failure = fails(exhaustive(), || {
        let shared = Arc::new((
            AtomicBool::new(false).named("open"),
            Mutex::new(Vec::new()).named("parked"),
        ));
        let theirs = Arc::clone(&shared);
        let waiter = thread::Builder::new().name("waiter").spawn(move || {
            if !theirs.0.load(SeqCst) {
                theirs.1.lock().unwrap().push(thread::current());
                thread::park();
            }
        });
        shared.0.store(true, SeqCst);
        let parked = std::mem::take(&mut *shared.1.lock().unwrap());
        for thread in parked {
            thread.unpark();
        }
        waiter.unwrap().join().unwrap();
    });
    let changes = step(&failure, "main", "open = true");
    let words = format!("main changed `open` at step {changes}, after waiter had looked at it (step 1)");
    assert!(failure.message.contains(&words), "{failure}");
}

#[test]
fn a_token_that_is_used_up_is_told_with_both_steps() {
    let parks = |times: usize, unparks: usize| {
        move || {
            let waiter = thread::Builder::new().name("waiter").spawn(move || {
                for _ in 0..times {
                    thread::park();
                }
            });
            let waiter = waiter.unwrap();
            for _ in 0..unparks {
                waiter.thread().unpark();
            }
            waiter.join().unwrap();
        }
    };
    let failure = fails(exhaustive(), parks(2, 1));
    let (sent, used) = (
        step(&failure, "main", "unpark"),
        step(&failure, "waiter", "park returns"),
    );
    let words = format!(
        "the last wake-up of waiter, sent by main at step {sent}, is used up: it went on with it at step {used}"
    );
    assert!(failure.message.ends_with(&words), "{failure}");
    let failure = fails(exhaustive(), parks(2, 2));
    assert!(
        failure
            .message
            .contains(&format!("sent at steps {sent} and {} were one", sent + 1)),
        "{failure}"
    );
}

#[test]
fn the_waker_of_an_earlier_poll_is_told() {
    let failure = fails(exhaustive().fresh_wakers(true), || {
        future::block_on(async {
            let shared = Arc::new((Mutex::new(None::<Waker>), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let mut polls = 0;
            let waiter = poll_fn(move |cx| {
                polls += 1;
                match polls {
                    1 => {
                        *theirs.0.lock().unwrap() = Some(cx.waker().clone());
                        cx.waker().wake_by_ref();
                    }
                    2 => theirs.1.store(true, SeqCst),
                    _ => return Poll::Ready(()),
                }
                Poll::Pending
            });
            let waiter = future::spawn(waiter);
            while !shared.1.load(SeqCst) {
                future::yield_now().await;
            }
            let waker = shared.0.lock().unwrap().take();
            if let Some(waker) = waker {
                waker.wake();
            }
            waiter.await.unwrap();
        });
    });
    assert!(
        failure
            .message
            .contains("with the waker of an earlier poll, which counts no more"),
        "{failure}"
    );
}
