//! Spawned futures: joining, aborting, detaching, panics, and the re-poll oracle.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Mutex as StdMutex;
use std::task::{Context, Poll, Waker};

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, opaque, thread, time};

fn dfs<F, R>(name: &str, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    Check::new(name)
        .strategy(Strategy::Dfs)
        .keep_going(true)
        .run(move || future::block_on(f()))
}

#[track_caller]
fn outcomes(report: Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    report.outcomes.into_keys().collect()
}

#[test]
fn awaiting_tasks_one_after_the_other_costs_no_interleavings() {
    let report = dfs("tasks/join", || async {
        let tasks: Vec<_> = (0..4).map(|i| future::spawn(async move { i })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(report.executions, 1);
    assert_eq!(outcomes(report), ["6"]);
}

/// The first of two futures that is ready, in the order of polling.
async fn first<A: Future, B: Future>(a: A, b: B) -> Result<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| {
        if let Poll::Ready(value) = a.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        b.as_mut().poll(cx).map(Err)
    })
    .await
}

#[test]
fn a_select_sees_a_task_that_has_finished_and_one_that_has_not() {
    let report = dfs("tasks/select", || async {
        let task = future::spawn(async { 1 });
        match first(task, std::future::ready(2)).await {
            Ok(value) => value.unwrap(),
            Err(value) => value,
        }
    });
    assert_eq!(outcomes(report), ["1", "2"]);
}

#[test]
fn a_select_over_two_tasks_sees_either_first() {
    let report = dfs("tasks/select-two", || async {
        let (a, b) = (future::spawn(async { 'a' }), future::spawn(async { 'b' }));
        match first(a, b).await {
            Ok(value) | Err(value) => value.unwrap(),
        }
    });
    assert_eq!(outcomes(report), ["'a'", "'b'"]);
}

#[test]
fn is_finished_sees_both_answers() {
    let report = dfs("tasks/finished", || async {
        let task = future::spawn(async {});
        let finished = task.is_finished();
        task.await.unwrap();
        finished
    });
    assert_eq!(outcomes(report), ["false", "true"]);
}

struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[test]
fn abort_drops_the_future_where_it_is_pending() {
    let report = dfs("tasks/abort", || async {
        let dropped = Arc::new(AtomicBool::new(false).named("dropped"));
        let guard = SetOnDrop(dropped.clone());
        let task = future::spawn(async move {
            let _guard = guard;
            Notify::new().notified().await;
        });
        task.abort();
        let error = task.await.unwrap_err();
        (error.is_cancelled(), dropped.load(SeqCst))
    });
    assert_eq!(outcomes(report), ["(true, true)"]);
}

#[test]
fn abort_comes_before_the_end_or_after_it() {
    let report = dfs("tasks/abort-race", || async {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let task = future::spawn(async move { other.notified().await });
        notify.notify_one();
        task.abort();
        task.await.is_ok()
    });
    assert_eq!(outcomes(report), ["false", "true"]);
}

#[test]
fn abort_reaches_a_task_that_awaits_another() {
    let report = dfs("tasks/abort-awaiting", || async {
        let inner = future::spawn(std::future::pending::<()>());
        let outer = future::spawn(inner);
        outer.abort();
        outer.await.unwrap_err().is_cancelled()
    });
    assert_eq!(outcomes(report), ["true"]);
}

#[test]
fn a_detached_task_that_waits_for_ever_is_no_deadlock() {
    let report = dfs("tasks/detached", || async {
        drop(future::spawn(std::future::pending::<()>()));
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn an_attached_task_that_waits_for_ever_is_a_deadlock() {
    let report = dfs("tasks/attached", || async {
        future::Builder::new()
            .name("sleeper")
            .spawn(std::future::pending::<()>())
            .await
            .unwrap();
    });
    let failure = report.failure.expect("it hangs");
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert!(
        failure.message.contains("sleeper waits for somebody to wake it"),
        "{failure}"
    );
}

#[test]
fn a_panic_goes_to_whoever_awaits_the_task() {
    let report = dfs("tasks/panic", || async {
        let error = future::spawn(async { panic!("boom") }).await.unwrap_err();
        assert!(error.is_panic());
        (error.to_string(), *error.into_panic().downcast::<&str>().unwrap())
    });
    assert_eq!(outcomes(report), ["(\"the task panicked: boom\", \"boom\")"]);
}

#[test]
fn a_panic_nobody_awaits_is_a_failure() {
    let report = dfs("tasks/panic-lost", || async {
        drop(future::Builder::new().name("worker").spawn(async { panic!("boom") }));
    });
    let failure = report.failure.expect("nobody saw the panic");
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.message.contains("worker panicked: boom"), "{failure}");
}

#[test]
fn a_loop_that_yields_waits_for_another_task() {
    let report = dfs("tasks/yield", || async {
        let flag = Arc::new(AtomicBool::new(false));
        let other = flag.clone();
        let setter = future::spawn(async move { other.store(true, SeqCst) });
        while !flag.load(SeqCst) {
            future::yield_now().await;
        }
        setter.await.unwrap();
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn yielding_lets_the_other_half_of_the_same_task_go_on() {
    let report = dfs("tasks/yield-join", || async {
        let flag = AtomicBool::new(false);
        let mut waits = pin!(async {
            while !flag.load(SeqCst) {
                future::yield_now().await;
            }
        });
        let mut sets = pin!(async {
            future::yield_now().await;
            flag.store(true, SeqCst);
        });
        let mut set = false;
        poll_fn(|cx| {
            let waited = waits.as_mut().poll(cx);
            set = set || sets.as_mut().poll(cx).is_ready();
            waited
        })
        .await;
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn a_loop_that_yields_for_ever_is_a_livelock() {
    let report = dfs("tasks/yield-forever", || async {
        let flag = AtomicBool::new(false);
        while !flag.load(SeqCst) {
            future::yield_now().await;
        }
    });
    assert_eq!(report.failure.expect("it spins").kind, FailureKind::Livelock);
}

#[test]
fn block_on_works_on_threads() {
    let report = dfs("tasks/threads", || async {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let thread = thread::spawn(move || future::block_on(other.notified()));
        notify.notify_one();
        thread.join().unwrap();
    });
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn block_on_inside_a_future_is_refused() {
    let report = dfs("tasks/nested", || async { future::block_on(async {}) });
    assert!(
        report
            .failure
            .unwrap()
            .message
            .contains("block_on was called inside a future")
    );
}

/// A flag with a slot for one waker.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    waker: StdMutex<Option<Waker>>,
}

impl Gate {
    fn open(&self) {
        *self.open.lock().unwrap() = true;
        let waker = self.waker.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Registers a waker by `register` if the gate is not open.
    fn poll(&self, cx: &mut Context<'_>, register: fn(&Gate, &mut Context<'_>)) -> Poll<()> {
        let open = self.open.lock().unwrap();
        if *open {
            return Poll::Ready(());
        }
        register(self, cx);
        Poll::Pending
    }
}

fn wait_at_a_gate(register: fn(&Gate, &mut Context<'_>)) -> Report {
    Check::new("tasks/gate")
        .strategy(Strategy::Dfs)
        .keep_going(true)
        .run(move || {
            let gate = Arc::new(Gate::default());
            let other = gate.clone();
            let waiter = future::Builder::new()
                .name("waiter")
                .spawn(poll_fn(move |cx| other.poll(cx, register)));
            let opener = future::spawn(async move { gate.open() });
            future::block_on(async {
                waiter.await.unwrap();
                opener.await.unwrap();
            });
        })
}

#[test]
fn a_future_that_registers_its_waker_is_woken() {
    let report = wait_at_a_gate(|gate, cx| *gate.waker.lock().unwrap() = Some(cx.waker().clone()));
    assert!(report.executions > 1);
    assert_eq!(outcomes(report), ["()"]);
}

#[test]
fn a_future_that_registers_no_waker_is_told_by_polling_it_once_more() {
    let report = wait_at_a_gate(|_, _| ());
    let failure = report.failure.expect("nobody wakes it");
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    assert!(
        failure
            .message
            .contains("waiter sleeps, and would go on if it were polled once more"),
        "{failure}"
    );
}

#[test]
fn a_stale_waker_is_told_by_polling_once_more() {
    // The future is polled first by a task that then hands it over; it keeps the first waker.
    let report = dfs("tasks/stale", || async {
        let gate = Arc::new(Gate::default());
        let other = gate.clone();
        let mut wait = Box::pin(poll_fn(move |cx: &mut Context<'_>| {
            other.poll(cx, |gate, cx| {
                gate.waker.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
            })
        }));
        assert!(poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await.is_pending());
        let waiter = future::Builder::new().name("waiter").spawn(wait);
        gate.open();
        waiter.await.unwrap();
    });
    let failure = report.failure.expect("the first task is woken instead of the second");
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    assert!(failure.message.contains("waiter sleeps"), "{failure}");
}

#[test]
fn the_main_task_is_polled_once_more_too() {
    let report = dfs("tasks/main-gate", || async {
        let open = Arc::new(AtomicBool::new(false));
        let other = open.clone();
        let opener = future::spawn(async move { other.store(true, SeqCst) });
        poll_fn(|_| {
            if open.load(SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
        opener.await.unwrap();
    });
    let failure = report.failure.expect("nobody wakes it");
    assert_eq!(failure.kind, FailureKind::LostWakeup, "{failure}");
}

#[test]
fn wakers_are_harmless_after_their_execution_and_elsewhere() {
    static KEPT: StdMutex<Vec<Waker>> = StdMutex::new(Vec::new());
    let report = dfs("tasks/kept", || async {
        poll_fn(|cx| {
            let mut kept = KEPT.lock().unwrap();
            // Those of earlier executions do nothing in this one.
            kept.iter().for_each(Waker::wake_by_ref);
            kept.push(cx.waker().clone());
            Poll::Ready(())
        })
        .await;
        let a = Arc::new(AtomicU32::new(0));
        let b = a.clone();
        let task = future::spawn(async move { b.fetch_add(1, SeqCst) });
        a.fetch_add(1, SeqCst);
        task.await.unwrap();
    });
    assert!(report.executions > 1);
    outcomes(report);
    let kept = std::mem::take(&mut *KEPT.lock().unwrap());
    kept[0].wake_by_ref();
    std::thread::spawn(move || kept.into_iter().for_each(Waker::wake))
        .join()
        .unwrap();
}

#[test]
fn opaque_calls_under_one_name_are_tried_in_every_order() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let report = Check::new("tasks/opaque").strategy(strategy).run(|| {
            let order = Arc::new(StdMutex::new(String::new()));
            let threads = ['a', 'b'].map(|name| {
                let order = order.clone();
                thread::spawn(move || opaque("database", || order.lock().unwrap().push(name)))
            });
            for thread in threads {
                thread.join().unwrap();
            }
            let order = order.lock().unwrap();
            order.clone()
        });
        assert_eq!(outcomes(report), ["\"ab\"", "\"ba\""]);
    }
}

#[test]
fn opaque_calls_are_named_in_the_trace() {
    let report = dfs("tasks/opaque-trace", || async {
        let order = Arc::new(StdMutex::new(0));
        let other = order.clone();
        let task = future::spawn(async move { opaque("SELECT balance", || *other.lock().unwrap() += 1) });
        opaque("SELECT balance", || *order.lock().unwrap() += 1);
        time::sleep(time::Duration::from_secs(1)).await;
        task.await.unwrap();
        panic!("to see the trace");
    });
    assert!(report.failure.unwrap().to_string().contains("SELECT balance"));
}

/// Panics, deadlocks, aborts and the look at who would be ready, seen from outside the process.
#[test]
fn nothing_is_printed_to_stderr() {
    for test in [
        "a_panic_nobody_awaits_is_a_failure",
        "a_panic_goes_to_whoever_awaits_the_task",
        "a_future_that_registers_no_waker_is_told_by_polling_it_once_more",
        "abort_drops_the_future_where_it_is_pending",
        "a_loop_that_yields_for_ever_is_a_livelock",
    ] {
        let this = std::env::current_exe().unwrap();
        let output = std::process::Command::new(this)
            .args(["--exact", test, "--nocapture"])
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), "", "{test}");
    }
}

#[test]
fn tasks_run_under_loom() {
    let report = Check::new("tasks/loom")
        .strategy(Strategy::Loom)
        .keep_going(true)
        .run(|| {
            let flag = Arc::new(AtomicU32::new(0));
            let other = flag.clone();
            future::block_on(async move {
                let task = future::spawn(async move { other.store(1, SeqCst) });
                let seen = flag.load(SeqCst);
                task.await.unwrap();
                seen
            })
        });
    assert_eq!(outcomes(report), ["0", "1"]);
}
