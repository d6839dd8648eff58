//! The tokio types under exhaustive search: what each promises holds in every interleaving, and what it
//! does not promise is found.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use selvedge::sync::Arc;
use selvedge::tokio::sync::{Barrier, Mutex, Notify, OnceCell, RwLock, Semaphore, broadcast, mpsc, oneshot, watch};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread};

/// Every interleaving by plain enumeration and by reduction: the same outcomes, or the same failure.
fn explore<F, R>(name: &str, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    let run = |strategy| {
        Check::new(name)
            .strategy(strategy)
            .keep_going(true)
            .run(move || future::block_on(f()))
    };
    let (all, reduced) = (run(Strategy::Dfs), run(Strategy::Exhaustive));
    assert!(all.complete && reduced.complete, "{all}{reduced}");
    assert_eq!(all.verdict, reduced.verdict, "{all}{reduced}");
    assert_eq!(
        all.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>()
    );
    assert!(reduced.executions <= all.executions);
    reduced
}

#[track_caller]
fn outcomes(report: Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    report.outcomes.into_keys().collect()
}

#[track_caller]
fn kind(report: Report) -> FailureKind {
    report.failure.expect("an interleaving fails").kind
}

#[test]
fn notify_one_before_the_wait_is_kept_as_a_permit() {
    let report = explore("notify/permit", || async {
        let notify = Arc::new(Notify::new().named("notify"));
        let other = notify.clone();
        let waiter = future::spawn(async move { other.notified().await });
        notify.notify_one();
        waiter.await.unwrap();
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn permits_do_not_add_up_so_the_second_waiter_may_sleep() {
    let report = explore("notify/coalesced", || async {
        let notify = Arc::new(Notify::new().named("notify"));
        let waiters =
            [notify.clone(), notify.clone()].map(|notify| future::spawn(async move { notify.notified().await }));
        notify.notify_one();
        notify.notify_one();
        for waiter in waiters {
            waiter.await.unwrap();
        }
    });
    assert_eq!(kind(report), FailureKind::LostWakeup);
}

#[test]
fn notify_waiters_wakes_only_those_that_are_there() {
    let report = explore("notify/waiters", || async {
        let notify = Arc::new(Notify::new().named("notify"));
        let other = notify.clone();
        let waiter = future::spawn(async move { other.notified().await });
        notify.notify_waiters();
        waiter.await.unwrap();
    });
    assert_eq!(kind(report), FailureKind::LostWakeup);
}

#[test]
fn a_permit_taken_by_enable_and_dropped_is_lost() {
    let report = explore("notify/enable", || async {
        let notify = Notify::new();
        notify.notify_one();
        let enabled = pin!(notify.notified()).enable();
        let next = pin!(notify.notified()).enable();
        (enabled, next)
    });
    assert_eq!(outcomes(report), ["(true, false)"]);
}

#[test]
fn a_cancelled_waiter_passes_its_notification_on() {
    let report = explore("notify/cancel", || async {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let waiter = {
            let mut first = pin!(notify.notified());
            assert!(poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await.is_pending());
            let waiter = future::spawn(async move { other.notified().await });
            notify.notify_one();
            waiter
        };
        waiter.await.unwrap();
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn a_mutex_makes_its_sections_exclusive_even_across_an_await() {
    let report = explore("mutex/increment", || async {
        let counter = Arc::new(Mutex::new(0).named("counter"));
        let tasks = [counter.clone(), counter.clone()].map(|counter| {
            future::spawn(async move {
                let mut guard = counter.lock().await;
                let seen = *guard;
                future::yield_now().await;
                *guard = seen + 1;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        *counter.lock().await
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn releasing_the_mutex_in_between_loses_an_increment() {
    let report = explore("mutex/lost", || async {
        let counter = Arc::new(Mutex::new(0));
        let tasks = [counter.clone(), counter.clone()].map(|counter| {
            future::spawn(async move {
                let seen = *counter.lock().await;
                *counter.lock().await = seen + 1;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        *counter.lock().await
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn tokio_mutexes_taken_in_opposite_orders_deadlock() {
    let report = explore("mutex/order", || async {
        let (a, b) = (Arc::new(Mutex::new(()).named("a")), Arc::new(Mutex::new(()).named("b")));
        let (a2, b2) = (a.clone(), b.clone());
        let task = future::spawn(async move {
            let _b = b2.lock().await;
            let _a = a2.lock().await;
        });
        {
            let _a = a.lock().await;
            let _b = b.lock().await;
        }
        task.await.unwrap();
    });
    assert_eq!(kind(report), FailureKind::Deadlock);
}

#[test]
fn a_thread_and_a_task_share_a_mutex() {
    let report = explore("mutex/thread", || async {
        let counter = Arc::new(Mutex::new(0));
        let other = counter.clone();
        let thread = thread::spawn(move || *other.blocking_lock() += 1);
        *Arc::into_std(counter.clone()).lock_owned().await += 1;
        thread.join().unwrap();
        Arc::into_inner(counter).unwrap().into_inner()
    });
    assert_eq!(outcomes(report), ["2"]);
}

#[test]
fn an_rwlock_keeps_the_writer_from_its_readers() {
    let report = explore("rwlock", || async {
        let pair = Arc::new(RwLock::new((0, 0)).named("pair"));
        let other = pair.clone();
        let writer = future::spawn(async move {
            let mut pair = other.write().await;
            pair.0 += 1;
            future::yield_now().await;
            pair.1 += 1;
        });
        let seen = *pair.read().await;
        writer.await.unwrap();
        seen
    });
    assert_eq!(outcomes(report), ["(0, 0)", "(1, 1)"]);
}

#[test]
fn a_semaphore_hands_its_permit_from_one_to_the_next() {
    let report = explore("semaphore", || async {
        let semaphore = Arc::new(Semaphore::new(1).named("permits"));
        let tasks = [0, 1].map(|_| {
            let semaphore = semaphore.clone();
            future::spawn(async move { drop(semaphore.acquire().await.unwrap()) })
        });
        for task in tasks {
            task.await.unwrap();
        }
        semaphore.available_permits()
    });
    assert_eq!(outcomes(report), ["1"]);
}

#[test]
fn a_cancelled_acquire_keeps_no_permit() {
    let report = explore("semaphore/cancel", || async {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = semaphore.clone();
        let waiter = future::spawn(async move { other.acquire().await.unwrap().forget() });
        semaphore.add_permits(1);
        waiter.abort();
        let taken = waiter.await.is_ok();
        semaphore.available_permits() + usize::from(taken)
    });
    assert_eq!(outcomes(report), ["1"]);
}

#[test]
fn closing_a_semaphore_wakes_who_waits() {
    let report = explore("semaphore/close", || async {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = semaphore.clone();
        let waiter = future::spawn(async move { Arc::into_std(other).acquire_owned().await.is_err() });
        semaphore.close();
        waiter.await.unwrap()
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn a_channel_of_one_delivers_everything_in_order() {
    let report = explore("mpsc/bounded", || async {
        let (sender, mut receiver) = mpsc::channel(1);
        let task = future::spawn(async move {
            for i in 0..2 {
                sender.send(i).await.unwrap();
            }
        });
        let mut received = Vec::new();
        while let Some(i) = receiver.recv().await {
            received.push(i);
        }
        task.await.unwrap();
        received
    });
    assert_eq!(outcomes(report), ["[0, 1]"]);
}

#[test]
fn an_unbounded_channel_keeps_the_order_of_each_sender_only() {
    let report = explore("mpsc/unbounded", || async {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for name in ['a', 'b'] {
            let sender = sender.clone();
            drop(future::spawn(async move { sender.send(name).unwrap() }));
        }
        drop(sender);
        let mut received = String::new();
        while let Some(name) = receiver.recv().await {
            received.push(name);
        }
        received
    });
    assert_eq!(outcomes(report), ["\"ab\"", "\"ba\""]);
}

#[test]
fn threads_use_the_blocking_ends() {
    let report = explore("mpsc/blocking", || async {
        let (sender, mut receiver) = mpsc::channel(1);
        let thread = thread::spawn(move || {
            sender.blocking_send(1).unwrap();
            sender.blocking_send(2).unwrap();
        });
        let received = thread::spawn(move || {
            (
                receiver.blocking_recv(),
                receiver.blocking_recv(),
                receiver.blocking_recv(),
            )
        });
        thread.join().unwrap();
        received.join().unwrap()
    });
    assert_eq!(outcomes(report), ["(Some(1), Some(2), None)"]);
}

#[test]
fn a_oneshot_delivers_or_says_that_nothing_comes() {
    let report = explore("oneshot", || async {
        let (sender, receiver) = oneshot::channel();
        let (dropped, nothing) = oneshot::channel::<()>();
        let task = future::spawn(async move {
            sender.send(1).unwrap();
            drop(dropped);
        });
        let received = receiver.await;
        let nothing = nothing.await.is_err();
        task.await.unwrap();
        (received, nothing)
    });
    assert_eq!(outcomes(report), ["(Ok(1), true)"]);
}

#[test]
fn a_oneshot_whose_receiver_goes_away_gives_the_value_back_or_loses_it() {
    let report = explore("oneshot/dropped", || async {
        let (sender, receiver) = oneshot::channel();
        let task = future::spawn(async move { drop(receiver) });
        let sent = sender.send(1);
        task.await.unwrap();
        sent
    });
    assert_eq!(outcomes(report), ["Err(1)", "Ok(())"]);
}

#[test]
fn a_watch_shows_the_last_value_and_may_skip_others() {
    let report = explore("watch", || async {
        let (sender, mut receiver) = watch::channel(0);
        let task = future::spawn(async move {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let mut seen = Vec::new();
        while receiver.changed().await.is_ok() {
            seen.push(*receiver.borrow_and_update());
        }
        task.await.unwrap();
        seen
    });
    assert_eq!(outcomes(report), ["[1, 2]", "[2]"]);
}

#[test]
fn wait_for_holds_the_value_it_waited_for() {
    let report = explore("watch/wait-for", || async {
        let (sender, mut receiver) = watch::channel(0);
        let task = future::spawn(async move {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let seen = *receiver.wait_for(|value| *value > 0).await.unwrap();
        task.await.unwrap();
        seen
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn sending_waits_until_nobody_looks() {
    let report = explore("watch/ref", || async {
        let (sender, receiver) = watch::channel(0);
        let task = future::spawn(async move { sender.send(1).unwrap() });
        let unchanged = {
            let look = receiver.borrow();
            let before = *look;
            future::yield_now().await;
            before == *look
        };
        task.await.unwrap();
        unchanged
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn sending_while_looking_is_a_deadlock() {
    let report = explore("watch/self", || async {
        let (sender, receiver) = watch::channel(0);
        let _look = receiver.borrow();
        sender.send(1).unwrap();
    });
    assert_eq!(kind(report), FailureKind::Deadlock);
}

#[test]
fn a_broadcast_reaches_every_receiver_and_tells_who_lags() {
    let report = explore("broadcast", || async {
        let (sender, mut receiver) = broadcast::channel(1);
        let task = future::spawn(async move {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let mut seen = Vec::new();
        loop {
            match receiver.recv().await {
                Ok(value) => seen.push(format!("{value}")),
                Err(broadcast::error::RecvError::Lagged(n)) => seen.push(format!("lagged {n}")),
                Err(broadcast::error::RecvError::Closed) => break,
            }
        }
        task.await.unwrap();
        seen.join(", ")
    });
    assert_eq!(outcomes(report), ["\"1, 2\"", "\"lagged 1, 2\""]);
}

#[test]
fn a_once_cell_is_initialized_once() {
    let report = explore("once/init", || async {
        let cell = Arc::new(OnceCell::new().named("cell"));
        let tasks = [1, 2].map(|i| {
            let cell = cell.clone();
            future::spawn(async move {
                *cell
                    .get_or_init(|| async move {
                        future::yield_now().await;
                        i
                    })
                    .await
            })
        });
        let mut seen = Vec::new();
        for task in tasks {
            seen.push(task.await.unwrap());
        }
        seen
    });
    assert_eq!(outcomes(report), ["[1, 1]", "[2, 2]"]);
}

#[test]
fn an_initializer_that_fails_leaves_its_place_to_the_next() {
    let report = explore("once/fail", || async {
        let cell = Arc::new(OnceCell::new());
        let other = cell.clone();
        let task = future::spawn(async move { other.get_or_try_init(|| async { Err::<i32, ()>(()) }).await.is_ok() });
        let value = *cell.get_or_init(|| async { 7 }).await;
        task.await.unwrap();
        value
    });
    assert_eq!(outcomes(report), ["7"]);
}

#[test]
fn a_barrier_has_one_leader_each_time() {
    let report = explore("barrier", || async {
        let barrier = Arc::new(Barrier::new(2).named("barrier"));
        let other = barrier.clone();
        let task = future::spawn(async move { other.wait().await.is_leader() });
        let mine = barrier.wait().await.is_leader();
        let theirs = task.await.unwrap();
        mine != theirs
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn everything_that_is_left_behind_is_dropped_without_a_sound() {
    // A deadlock with guards, permits, senders and registered futures in it: all are dropped while the
    // tasks unwind.
    let report = explore("leftovers", || async {
        let mutex = Arc::new(Mutex::new(0));
        let semaphore = Arc::new(Semaphore::new(1));
        let notify = Arc::new(Notify::new());
        let (sender, mut receiver) = mpsc::channel::<()>(1);
        let (m, s, n) = (mutex.clone(), semaphore.clone(), notify.clone());
        let task = future::spawn(async move {
            let _permit = s.acquire().await.unwrap();
            let _sender = sender;
            let _guard = m.lock().await;
            n.notified().await;
        });
        receiver.recv().await;
        task.await.unwrap();
    });
    assert_eq!(kind(report), FailureKind::Deadlock);
}

#[test]
fn loom_refuses_the_real_types() {
    let report = Check::new("loom").strategy(Strategy::Loom).run(|| _ = Notify::new());
    let error = report
        .error
        .expect("loom cannot run the program, which is nobody's finding");
    assert!(
        error
            .to_string()
            .contains("loom has no way to see what the real tokio types do"),
        "{error}"
    );
}
