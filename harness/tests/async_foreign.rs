//! Futures of other crates, unchanged: as they are, under a name, and with all that the async adversary does
//! to them.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, opaque, thread};
use tokio_util::sync::CancellationToken;

fn search<F, R>(name: &str, strategy: Strategy, spurious_polls: u32, fresh_wakers: bool, program: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: Debug + 'static,
{
    Check::new(name)
        .strategy(strategy)
        .keep_going(true)
        .spurious_polls(spurious_polls)
        .fresh_wakers(fresh_wakers)
        .run(move || future::block_on(program()))
}

/// The outcomes of all interleavings, which are the same with and without the reduction, with spurious
/// polls, and with a fresh waker for each poll.
#[track_caller]
fn outcomes<F, R>(name: &str, program: fn() -> F) -> Vec<String>
where
    F: Future<Output = R> + 'static,
    R: Debug + 'static,
{
    let found = |report: Report| -> BTreeSet<String> {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        report.outcomes.into_keys().collect()
    };
    let reduced = found(search(name, Strategy::Exhaustive, 0, false, program));
    assert_eq!(
        reduced,
        found(search(name, Strategy::Dfs, 0, false, program)),
        "{name}: plain"
    );
    assert_eq!(
        reduced,
        found(search(name, Strategy::Exhaustive, 1, false, program)),
        "{name}: spurious polls"
    );
    assert_eq!(
        reduced,
        found(search(name, Strategy::Exhaustive, 0, true, program)),
        "{name}: fresh wakers"
    );
    reduced.into_iter().collect()
}

#[test]
fn a_bounded_channel_as_it_is() {
    let seen = outcomes("foreign/async-channel", || async {
        let (sender, receiver) = async_channel::bounded(1);
        let producer = future::spawn(async move {
            for item in 0..2 {
                sender.send(item).await.unwrap();
            }
        });
        let mut items = Vec::new();
        while let Ok(item) = receiver.recv().await {
            items.push(item);
        }
        producer.await.unwrap();
        items
    });
    assert_eq!(seen, ["[0, 1]"]);
}

#[test]
fn calls_are_told_apart_by_name() {
    let seen = outcomes("foreign/named", || async {
        let (sender, receiver) = async_channel::unbounded();
        let theirs = receiver.clone();
        let other = future::spawn(async move { future::opaque("channel", theirs.recv()).await.unwrap() });
        opaque("channel", || sender.try_send(1)).unwrap();
        opaque("channel", || sender.try_send(2)).unwrap();
        let first = future::opaque("channel", receiver.recv()).await.unwrap();
        (first, other.await.unwrap())
    });
    assert_eq!(seen, ["(1, 2)", "(2, 1)"]);
}

#[test]
fn calls_without_a_name_are_one_step_until_the_next_operation() {
    // The receiver that waits first has nothing else to do, so it is noticed what it waits for.
    let program = || async {
        let (sender, receiver) = async_channel::unbounded();
        let theirs = receiver.clone();
        let other = future::spawn(async move { assert!(theirs.recv().await.is_ok()) });
        sender.try_send(1).unwrap();
        sender.try_send(2).unwrap();
        let first = receiver.recv().await.unwrap();
        other.await.unwrap();
        first
    };
    assert_eq!(outcomes("foreign/unnamed", program), ["1"]);
    let report = search("foreign/unnamed", Strategy::Exhaustive, 0, false, program);
    let bound = "what a task calls of other crates between two operations is one step";
    assert!(report.basis.contains(bound), "{}", report.basis);
}

#[test]
fn calls_that_never_wait_in_the_first_execution() {
    // The producer has finished before the consumer looks, so nothing ever touches a waker.
    let seen = outcomes("foreign/try-recv", || async {
        let (sender, receiver) = async_channel::bounded(1);
        let producer = future::spawn(async move { sender.send(7).await.unwrap() });
        let first = receiver.try_recv().ok();
        producer.await.unwrap();
        (first, receiver.try_recv().ok())
    });
    assert_eq!(seen, ["(None, Some(7))", "(Some(7), None)"]);
}

#[test]
fn a_receiver_that_is_cancelled_loses_nothing() {
    let seen = outcomes("foreign/async-channel-cancelled", || async {
        let (sender, receiver) = async_channel::unbounded();
        let other = receiver.clone();
        let cancelled = future::spawn(async move {
            let received = future::cancelable(future::opaque("channel", other.recv())).await;
            opaque("channel", || drop(other));
            received.map(Result::unwrap)
        });
        opaque("channel", || sender.try_send(1)).unwrap();
        let first = cancelled.await.unwrap();
        (first, opaque("channel", || receiver.try_recv()).ok())
    });
    assert_eq!(seen, ["(None, Some(1))", "(Some(1), None)"]);
}

/// Two tasks each read the counter and write it, in two steps, under a lock.
async fn locked_increment(lock: Arc<async_lock::Mutex<()>>, counter: Arc<AtomicU32>) {
    let guard = lock.lock().await;
    let seen = counter.load(SeqCst);
    counter.store(seen + 1, SeqCst);
    drop(guard);
}

#[test]
fn an_async_lock_excludes() {
    let seen = outcomes("foreign/async-lock", || async {
        let lock = Arc::new(async_lock::Mutex::new(()));
        let counter = Arc::new(AtomicU32::new(0));
        let other = future::spawn(locked_increment(Arc::clone(&lock), Arc::clone(&counter)));
        locked_increment(lock, Arc::clone(&counter)).await;
        other.await.unwrap();
        counter.load(SeqCst)
    });
    assert_eq!(seen, ["2"]);
}

#[test]
fn an_async_lock_whose_waiter_is_cancelled_goes_to_the_next() {
    let seen = outcomes("foreign/async-lock-cancelled", || async {
        // Its methods that take an owner take std's.
        let lock = std::sync::Arc::new(async_lock::Mutex::new(0));
        let add = |lock: std::sync::Arc<async_lock::Mutex<u32>>| async move {
            let guard = future::opaque("lock", lock.lock()).await;
            opaque("lock", move || {
                let mut guard = guard;
                *guard += 1;
            });
        };
        let held = opaque("lock", || lock.try_lock_arc()).unwrap();
        let first = future::spawn({
            let add = add(lock.clone());
            async move { future::cancelable(add).await.is_some() }
        });
        let second = future::spawn(add(lock.clone()));
        opaque("lock", || drop(held));
        let added = first.await.unwrap();
        second.await.unwrap();
        (added, opaque("lock", || *lock.try_lock().unwrap()))
    });
    assert_eq!(seen, ["(false, 1)", "(true, 2)"]);
}

/// Waits for `ready`, which another task sets before it notifies.
async fn wait_for(ready: &AtomicBool, event: &event_listener::Event, listen_first: bool) {
    if listen_first {
        let listener = opaque("event", || event.listen());
        if !ready.load(SeqCst) {
            future::opaque("event", listener).await;
        }
    } else if !ready.load(SeqCst) {
        let listener = opaque("event", || event.listen());
        future::opaque("event", listener).await;
    }
}

fn event(listen_first: bool) -> Report {
    Check::new("foreign/event-listener")
        .strategy(Strategy::Exhaustive)
        .run(move || {
            let shared = Arc::new((AtomicBool::new(false).named("ready"), event_listener::Event::new()));
            let theirs = Arc::clone(&shared);
            let setter = thread::spawn(move || {
                theirs.0.store(true, SeqCst);
                opaque("event", || theirs.1.notify(usize::MAX));
            });
            future::block_on(wait_for(&shared.0, &shared.1, listen_first));
            setter.join().unwrap();
        })
}

#[test]
fn an_event_that_is_listened_to_too_late() {
    let failure = event(false)
        .failure
        .expect("the notification comes between the look and the listening");
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert_eq!(
        failure.trace.timeline(),
        [
            " step  main                            thread-1      ready",
            "                                                     false",
            "    1  ready ➜ false",
            "       ── preempted ──",
            "    2                                  ready = true  true",
            "    3                                  event",
            "    4                                  exit",
            "    5  event",
            "    6  event: EventListener ➜ pending",
            "    7  sleeps",
            "",
        ]
        .join("\n")
    );
    let report = event(true);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions, 4);
}

#[test]
fn an_event_as_it_is() {
    let program = |listen_first: bool| {
        Check::new("foreign/event-listener-as-it-is")
            .strategy(Strategy::Exhaustive)
            .run(move || {
                let shared = Arc::new((AtomicBool::new(false), event_listener::Event::new()));
                let theirs = Arc::clone(&shared);
                let setter = thread::spawn(move || {
                    theirs.0.store(true, SeqCst);
                    theirs.1.notify(usize::MAX);
                });
                future::block_on(async {
                    if listen_first {
                        let listener = shared.1.listen();
                        if !shared.0.load(SeqCst) {
                            listener.await;
                        }
                    } else if !shared.0.load(SeqCst) {
                        shared.1.listen().await;
                    }
                });
                setter.join().unwrap();
            })
    };
    assert_eq!(
        program(false).failure.expect("a lost wake-up").kind,
        FailureKind::Deadlock
    );
    assert_eq!(program(true).verdict, Verdict::Verified);
}

#[test]
fn a_list_of_futures_keeps_its_own_account_of_whom_to_poll() {
    let report = Check::new("foreign/futures-unordered")
        .strategy(Strategy::Exhaustive)
        .run(|| {
            let (send_a, a) = selvedge::tokio::sync::oneshot::channel();
            let (send_b, b) = selvedge::tokio::sync::oneshot::channel();
            for (sender, name) in [(send_a, 'a'), (send_b, 'b')] {
                thread::spawn(move || sender.send(name).unwrap());
            }
            let list: FuturesUnordered<_> = [a, b].into_iter().collect();
            future::block_on(list.map(Result::unwrap).collect::<String>())
        });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["\"ab\"", "\"ba\""]);
}

#[test]
fn join_and_select_of_the_futures_crate() {
    let seen = outcomes("foreign/join-and-select", || async {
        let (sender, receiver) = futures::channel::oneshot::channel();
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let task = future::spawn(async move {
            theirs.store(true, SeqCst);
            sender.send(1).unwrap();
        });
        let mut receiver = receiver;
        let early = futures::select_biased! {
            received = receiver => Some(received.unwrap()),
            default => None,
        };
        let set = flag.load(SeqCst);
        let (late, ended) = futures::join!(
            async {
                match early {
                    Some(value) => value,
                    None => receiver.await.unwrap(),
                }
            },
            task
        );
        ended.unwrap();
        (early, set, late)
    });
    assert_eq!(seen, ["(None, false, 1)", "(None, true, 1)", "(Some(1), true, 1)"]);
}

#[test]
fn an_abortable_future_is_aborted_before_or_after_it_has_done_something() {
    let seen = outcomes("foreign/abortable", || async {
        let counter = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&counter);
        let (aborted, handle) = futures::future::abortable(async move {
            theirs.fetch_add(1, SeqCst);
            future::yield_now().await;
            theirs.fetch_add(1, SeqCst);
        });
        let task = future::spawn(future::opaque("abortable", aborted));
        opaque("abortable", || handle.abort());
        let finished = task.await.unwrap().is_ok();
        (finished, counter.load(SeqCst))
    });
    assert_eq!(seen, ["(false, 0)", "(false, 1)", "(true, 2)"]);
}

#[test]
fn a_cancellation_token_reaches_the_task_and_its_children() {
    let seen = outcomes("foreign/cancellation-token", || async {
        let token = CancellationToken::new();
        let child = token.child_token();
        let work = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&work);
        let task = future::spawn(async move {
            let mut rounds = 0;
            let work = child.run_until_cancelled(async {
                theirs.fetch_add(1, SeqCst);
                rounds += 1;
                future::yield_now().await;
                theirs.fetch_add(1, SeqCst);
                rounds += 1;
                future::yield_now().await;
            });
            let finished = future::opaque("token", work).await.is_some();
            (finished, rounds)
        });
        opaque("token", || token.cancel());
        let (finished, rounds) = task.await.unwrap();
        assert_eq!(work.load(SeqCst), rounds);
        (finished, rounds)
    });
    assert_eq!(seen, ["(false, 0)", "(false, 2)", "(true, 2)"]);
}

#[test]
fn a_cancelled_token_wakes_all_who_wait() {
    async fn cancelled(waiters: usize, named: bool) -> bool {
        let token = CancellationToken::new();
        let waiters: Vec<_> = (0..waiters)
            .map(|_| {
                let cancelled = token.clone().cancelled_owned();
                match named {
                    true => future::spawn(future::opaque("token", cancelled)),
                    false => future::spawn(cancelled),
                }
            })
            .collect();
        opaque("token", || token.cancel());
        for waiter in waiters {
            waiter.await.unwrap();
        }
        opaque("token", || token.is_cancelled())
    }
    assert_eq!(outcomes("foreign/cancelled", || cancelled(2, true)), ["true"]);
    assert_eq!(outcomes("foreign/cancelled-as-it-is", || cancelled(1, false)), ["true"]);
}

/// In the order that the reduction runs, the message is there before anybody asks for it: it never sees that tokio's channel
/// wakes a task. What has been proved is tried in other orders, too.
#[test]
fn a_channel_that_only_waits_in_an_order_of_its_own() {
    let program = || async {
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
        let loads = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&loads);
        let sends = future::spawn(async move {
            let seen = theirs.load(SeqCst);
            sender.send(seen).await.unwrap();
        });
        let receives = future::spawn(async move {
            loads.load(SeqCst);
            let mut polls = 0;
            let mut receives = std::pin::pin!(receiver.recv());
            std::future::poll_fn(|context| {
                polls += 1;
                receives.as_mut().poll(context)
            })
            .await
            .unwrap();
            polls > 1
        });
        sends.await.unwrap();
        receives.await.unwrap()
    };
    for strategy in [Strategy::Exhaustive, Strategy::Auto] {
        let report = search("ready", strategy, 0, false, program);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.into_keys().collect::<Vec<_>>(), ["false", "true"]);
    }
}
