//! What may be done to a future, and what is: dropped at any `Pending`, polled without having been woken,
//! polled with a new waker each time, polled late, aborted before it was polled at all.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Mutex as StdMutex;
use std::task::{Context, Poll, Waker};

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread, time};

fn exhaustive(name: &str) -> Check {
    Check::new(name).strategy(Strategy::Exhaustive)
}

#[track_caller]
fn outcomes(report: Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.blocked_executions, 0);
    report.outcomes.into_keys().collect()
}

/// A flag that wakes its waiter when it is set.
#[derive(Default)]
struct Signal {
    state: Mutex<(bool, Option<Waker>)>,
}

impl Signal {
    fn set(&self) {
        let waker = {
            let mut state = self.state.lock().unwrap();
            state.0 = true;
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// `renews`: whether a later poll replaces the waker of an earlier one.
    fn poll(&self, cx: &Context<'_>, renews: bool) -> Poll<()> {
        let mut state = self.state.lock().unwrap();
        if state.0 {
            return Poll::Ready(());
        }
        if renews || state.1.is_none() {
            state.1 = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// Waits for two signals at once, so that the first to come leads to a second poll of the other.
fn both_signals(renews: bool, check: Check) -> Report {
    check.run(move || {
        let signals = [Arc::new(Signal::default()), Arc::new(Signal::default())];
        for signal in signals.clone() {
            thread::Builder::new()
                .name("setter")
                .spawn(move || signal.set())
                .unwrap();
        }
        future::block_on(poll_fn(|cx| {
            let ready = signals.each_ref().map(|s| s.poll(cx, renews).is_ready());
            if ready == [true, true] {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
    })
}

#[test]
fn the_waker_of_an_earlier_poll_wakes_nobody() {
    let check = |fresh: bool| exhaustive("adversary/signals").fresh_wakers(fresh);
    assert_eq!(both_signals(true, check(false)).verdict, Verdict::Verified);
    assert_eq!(both_signals(true, check(true)).verdict, Verdict::Verified);
    // On most executors the waker of a task is always the same, so the mistake stays hidden.
    assert_eq!(both_signals(false, check(false)).verdict, Verdict::Verified);
    let failure = both_signals(false, check(true))
        .failure
        .expect("the first waker is kept");
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    assert!(
        failure
            .trace
            .timeline()
            .contains("wakes main with the waker of an earlier poll ➜ nothing"),
        "{failure}"
    );
    // The schedule knows what was done to the wakers.
    let replay = Check::new("adversary/signals").strategy(Strategy::Replay(failure.schedule.clone()));
    let again = both_signals(false, replay).failure.expect("it comes back");
    assert_eq!(again.trace, failure.trace);
}

#[test]
fn a_poll_is_no_wake_up() {
    /// Takes its second poll for the signal.
    struct Once<'a>(&'a Signal, bool);
    impl Future for Once<'_> {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.1, true) {
                return Poll::Ready(());
            }
            self.0.poll(cx, true)
        }
    }
    let check = |spurious: u32| {
        exhaustive("adversary/second-poll").spurious_polls(spurious).run(|| {
            let signal = Arc::new(Signal::default());
            let theirs = Arc::clone(&signal);
            let setter = thread::spawn(move || theirs.set());
            future::block_on(Once(&signal, false));
            let set = signal.state.lock().unwrap().0;
            assert!(set, "it went on before the signal");
            setter.join().unwrap();
        })
    };
    assert_eq!(check(0).verdict, Verdict::Verified);
    let failure = check(1).failure.expect("a spurious poll");
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.trace.timeline().contains("polled spuriously"), "{failure}");
    assert!(failure.message.contains("it went on before the signal"), "{failure}");
}

#[test]
fn each_task_has_as_many_spurious_polls_as_the_check_allows() {
    let polls = |spurious: u32| {
        let report = exhaustive("adversary/polls").spurious_polls(spurious).run(|| {
            let notify = Arc::new(Notify::new());
            let theirs = Arc::clone(&notify);
            thread::spawn(move || theirs.notify_one());
            let mut polls = 0;
            future::block_on(async {
                let mut notified = std::pin::pin!(notify.notified());
                poll_fn(|cx| {
                    polls += 1;
                    notified.as_mut().poll(cx)
                })
                .await;
            });
            polls
        });
        outcomes(report)
    };
    assert_eq!(polls(0), ["1", "2"]);
    assert_eq!(polls(1), ["1", "2", "3"]);
    assert_eq!(polls(2), ["1", "2", "3", "4"]);
}

/// A semaphore of one permit that hands it to the first in line.
#[derive(Default)]
struct Handover {
    taken: Mutex<bool>,
    line: Mutex<Vec<(Arc<AtomicBool>, Waker)>>,
}

impl Handover {
    async fn acquire(&self, gives_back: bool) {
        struct Place<'a> {
            queue: &'a Handover,
            granted: Option<Arc<AtomicBool>>,
            gives_back: bool,
        }
        impl Drop for Place<'_> {
            fn drop(&mut self) {
                let Some(granted) = &self.granted else { return };
                self.queue
                    .line
                    .lock()
                    .unwrap()
                    .retain(|(other, _)| !Arc::ptr_eq(other, granted));
                if self.gives_back && granted.load(SeqCst) {
                    self.queue.release();
                }
            }
        }
        let mut place = Place {
            queue: self,
            granted: None,
            gives_back,
        };
        poll_fn(|cx| {
            if let Some(granted) = &place.granted {
                return if granted.load(SeqCst) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                };
            }
            let mut taken = self.taken.lock().unwrap();
            if !std::mem::replace(&mut *taken, true) {
                return Poll::Ready(());
            }
            let granted = Arc::new(AtomicBool::new(false));
            self.line
                .lock()
                .unwrap()
                .push((Arc::clone(&granted), cx.waker().clone()));
            place.granted = Some(granted);
            Poll::Pending
        })
        .await;
        place.granted = None;
    }

    fn release(&self) {
        let mut taken = self.taken.lock().unwrap();
        let mut line = self.line.lock().unwrap();
        if line.is_empty() {
            *taken = false;
            return;
        }
        let (granted, waker) = line.remove(0);
        granted.store(true, SeqCst);
        drop((taken, line));
        waker.wake();
    }
}

#[test]
fn a_request_that_was_granted_and_is_dropped() {
    let check = |gives_back: bool| {
        exhaustive("adversary/granted-and-dropped").run(move || {
            let permit = Arc::new(Handover::default());
            let theirs = Arc::clone(&permit);
            future::block_on(async {
                permit.acquire(gives_back).await;
                let other = future::spawn(async move {
                    let acquired = future::cancelable(theirs.acquire(gives_back)).await.is_some();
                    if acquired {
                        theirs.release();
                    }
                    acquired
                });
                permit.release();
                let acquired = other.await.unwrap();
                assert!(!*permit.taken.lock().unwrap(), "the permit is gone");
                acquired
            })
        })
    };
    let failure = check(false).failure.expect("a grant is lost with its request");
    assert!(failure.message.contains("the permit is gone"), "{failure}");
    assert!(failure.trace.timeline().contains("cancelled"), "{failure}");
    assert_eq!(outcomes(check(true)), ["false", "true"]);
}

#[test]
fn a_cancelled_future_is_dropped_at_any_time_after_its_pending() {
    let report = exhaustive("adversary/cancelled").run(|| {
        let (sender, receiver) = oneshot::channel();
        let task = future::spawn(async move { future::cancelable(receiver).await.map(Result::unwrap) });
        let sent = sender.send(1).is_ok();
        (sent, future::block_on(task).unwrap())
    });
    // Sent and received; dropped before anything was sent; dropped with what was sent.
    assert_eq!(outcomes(report), ["(false, None)", "(true, None)", "(true, Some(1))"]);
}

#[test]
fn nothing_is_cancelled_that_is_ready_at_once_or_runs_on_real_threads() {
    let report = exhaustive("adversary/ready").run(|| future::block_on(future::cancelable(std::future::ready(1))));
    assert_eq!(report.executions, 1);
    assert_eq!(outcomes(report), ["Some(1)"]);
    let native = future::block_on(future::cancelable(async {
        future::yield_now().await;
        2
    }));
    assert_eq!(native, Some(2));
}

#[test]
fn a_task_can_be_aborted_before_its_first_poll() {
    let report = exhaustive("adversary/abort").run(|| {
        let counter = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&counter);
        let task = future::spawn(async move {
            theirs.fetch_add(1, SeqCst);
            future::yield_now().await;
            theirs.fetch_add(1, SeqCst);
        });
        task.abort();
        let ended = future::block_on(task);
        (ended.is_ok(), counter.load(SeqCst))
    });
    assert_eq!(outcomes(report), ["(false, 0)", "(false, 1)", "(true, 2)"]);
}

#[test]
fn what_a_task_owns_is_dropped_when_it_is_aborted_unpolled() {
    struct Guard(Arc<AtomicU32>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let report = exhaustive("adversary/abort-guard").run(|| {
        let drops = Arc::new(AtomicU32::new(0));
        let guard = Guard(Arc::clone(&drops));
        let task = future::spawn(async move {
            let _guard = guard;
        });
        task.abort();
        let cancelled = future::block_on(task).is_err();
        (cancelled, drops.load(SeqCst))
    });
    assert_eq!(outcomes(report), ["(false, 1)", "(true, 1)"]);
}

/// A woken task is left alone as long as others can run: that is a schedule like any other.
#[test]
fn a_woken_task_may_be_polled_last() {
    let program = || {
        let shared = Arc::new((Signal::default(), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            theirs.0.set();
            for _ in 0..3 {
                theirs.1.fetch_add(1, SeqCst);
            }
        });
        future::block_on(poll_fn(|cx| shared.0.poll(cx, true)));
        assert_ne!(shared.1.load(SeqCst), 3, "too late");
    };
    for strategy in [
        Strategy::Exhaustive,
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Pos,
    ] {
        let failure = Check::new("adversary/late")
            .strategy(strategy.clone())
            .max_executions(200)
            .run(program)
            .failure;
        let failure = failure.unwrap_or_else(|| panic!("{strategy:?} polls it last now and then"));
        assert!(failure.message.contains("too late"), "{failure}");
    }
}

/// Code of another crate that wakes while it holds a lock of std: no other task may run inside of that call.
#[test]
fn a_waker_may_be_called_under_a_real_lock() {
    #[derive(Default)]
    struct Foreign(StdMutex<(u32, Vec<Waker>)>);
    impl Foreign {
        fn raise(&self) {
            let mut state = self.0.lock().unwrap();
            state.0 += 1;
            for waker in state.1.drain(..) {
                waker.wake();
            }
        }

        async fn reaches(&self, count: u32) {
            poll_fn(|cx| {
                let mut state = self.0.lock().unwrap();
                if state.0 >= count {
                    return Poll::Ready(());
                }
                state.1.push(cx.waker().clone());
                Poll::Pending
            })
            .await;
        }
    }
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        let report = Check::new("adversary/real-lock")
            .strategy(strategy)
            .max_executions(2_000)
            .run(|| {
                let foreign = Arc::new(Foreign::default());
                let tasks: Vec<_> = (0..3)
                    .map(|_| {
                        let foreign = Arc::clone(&foreign);
                        future::spawn(async move {
                            foreign.raise();
                            foreign.reaches(3).await;
                        })
                    })
                    .collect();
                future::block_on(async {
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            });
        assert!(report.failure.is_none(), "{report}");
    }
}

/// Everything of this crate that is awaited keeps the last waker and minds no extra poll.
#[test]
fn our_own_futures_stand_it() {
    type Program = fn() -> u32;
    let programs: [(&str, Program); 5] = [
        ("notify", || {
            let notify = Arc::new(Notify::new());
            let theirs = Arc::clone(&notify);
            let waiter = future::spawn(async move { theirs.notified().await });
            notify.notify_one();
            future::block_on(waiter).unwrap();
            1
        }),
        ("semaphore", || {
            let permits = Arc::new(Semaphore::new(1));
            let theirs = Arc::clone(&permits);
            let other = future::spawn(async move { drop(theirs.acquire().await.unwrap()) });
            future::block_on(async {
                drop(permits.acquire().await.unwrap());
                other.await.unwrap();
            });
            permits.available_permits() as u32
        }),
        ("channel", || {
            let (sender, mut receiver) = mpsc::channel(1);
            let producer = future::spawn(async move {
                for item in 1..3 {
                    sender.send(item).await.unwrap();
                }
            });
            future::block_on(async {
                let mut sum = 0;
                while let Some(item) = receiver.recv().await {
                    sum += item;
                }
                producer.await.unwrap();
                sum
            })
        }),
        ("timeout", || {
            let (sender, receiver) = oneshot::channel();
            let task = future::spawn(async move {
                time::sleep(time::Duration::from_millis(2)).await;
                sender.send(1).is_ok()
            });
            future::block_on(async {
                let early = time::timeout(time::Duration::from_millis(1), receiver).await;
                u32::from(early.is_err()) + u32::from(!task.await.unwrap())
            })
        }),
        ("interval", || {
            future::block_on(async {
                let mut interval = time::interval(time::Duration::from_millis(1));
                interval.tick().await;
                interval.tick().await;
                7
            })
        }),
    ];
    for (name, program) in programs {
        let plain = outcomes(exhaustive(name).run(program));
        assert_eq!(plain.len(), 1, "{name}: {plain:?}");
        for (spurious, fresh) in [(0, true), (1, false), (1, true)] {
            let report = exhaustive(name)
                .spurious_polls(spurious)
                .fresh_wakers(fresh)
                .run(program);
            assert_eq!(outcomes(report), plain, "{name}");
        }
    }
}
