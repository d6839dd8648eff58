//! Virtual time: what it does, in what order, and that it takes none.

use std::pin::pin;

use selvedge::sync::{Arc, Mutex, mpsc};
use selvedge::time::{self, Duration, Instant, MissedTickBehavior};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread};

const MS: Duration = Duration::from_millis(1);

/// Runs `f` as the main task, in every interleaving.
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

/// The one outcome of a program that is right in every interleaving.
#[track_caller]
fn outcome(report: Report) -> String {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.len(), 1, "{report}");
    report.outcomes.into_keys().next().unwrap()
}

#[test]
fn sleeping_takes_virtual_time_and_no_real_time() {
    let began = std::time::Instant::now();
    let report = dfs("time/year", || async {
        let start = Instant::now();
        time::sleep(Duration::from_secs(86_400 * 365)).await;
        start.elapsed()
    });
    assert_eq!(outcome(report), "31536000s");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines_whatever_the_order_of_spawning() {
    let report = dfs("time/order", || async {
        let order = Arc::new(Mutex::new(Vec::new()));
        let sleepers: Vec<_> = [30, 10, 20]
            .into_iter()
            .map(|ms| {
                let order = order.clone();
                future::spawn(async move {
                    time::sleep(ms * MS).await;
                    order.lock().unwrap().push(ms);
                })
            })
            .collect();
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
        let order = order.lock().unwrap();
        order.clone()
    });
    assert_eq!(outcome(report), "[10, 20, 30]");
}

#[test]
fn a_timeout_is_decided_by_the_deadlines() {
    let report = dfs("time/timeout", || async {
        let in_time = time::timeout(20 * MS, time::sleep(10 * MS)).await;
        let late = time::timeout(10 * MS, time::sleep(20 * MS)).await;
        let at_the_same_time = time::timeout(10 * MS, time::sleep(10 * MS)).await;
        (in_time, late, at_the_same_time)
    });
    assert_eq!(outcome(report), "(Ok(()), Err(Elapsed(())), Ok(()))");
}

#[test]
fn work_that_is_ready_comes_before_a_timer() {
    let report = dfs("time/ready-first", || async {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let worker = future::spawn(async move { other.notify_one() });
        let result = time::timeout(MS, notify.notified()).await;
        worker.await.unwrap();
        result
    });
    assert_eq!(outcome(report), "Ok(())");
}

#[test]
fn a_timeout_ends_a_wait_that_nobody_else_would_end() {
    let report = dfs("time/nobody", || async {
        let notify = Notify::new();
        let result = time::timeout(5 * MS, notify.notified()).await;
        (result, Instant::now())
    });
    assert_eq!(outcome(report), "(Err(Elapsed(())), 5ms)");
}

#[test]
fn a_sleep_that_is_dropped_leaves_no_timer() {
    let report = dfs("time/dropped", || async {
        {
            let mut long = pin!(time::sleep(1000 * MS));
            assert!(time::timeout(MS, long.as_mut()).await.is_err());
        }
        time::sleep(MS).await;
        Instant::now()
    });
    assert_eq!(outcome(report), "2ms");
}

#[test]
fn a_sleep_wakes_the_task_that_polled_it_last() {
    let report = dfs("time/moved", || async {
        let mut sleep = Box::pin(time::sleep(10 * MS));
        std::future::poll_fn(|cx| {
            assert!(sleep.as_mut().poll(cx).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        future::spawn(sleep).await.unwrap();
        Instant::now()
    });
    assert_eq!(outcome(report), "10ms");
}

#[test]
fn an_interval_ticks_at_once_and_then_every_period() {
    let report = dfs("time/interval", || async {
        let mut interval = time::interval(10 * MS);
        let mut ticks = Vec::new();
        for _ in 0..3 {
            ticks.push(interval.tick().await);
        }
        interval.reset();
        time::sleep(3 * MS).await;
        ticks.push(interval.tick().await);
        ticks
    });
    assert_eq!(outcome(report), "[0ns, 10ms, 20ms, 30ms]");
}

/// When the ticks after one that was 25 ms late are due, by what is done about missed ones.
fn after_a_late_tick(behavior: MissedTickBehavior) -> String {
    let report = Check::new("time/missed").strategy(Strategy::Dfs).run(move || {
        future::block_on(async {
            let mut interval = time::interval(10 * MS);
            interval.set_missed_tick_behavior(behavior);
            interval.tick().await;
            time::sleep(25 * MS).await;
            let mut seen = Vec::new();
            for _ in 0..3 {
                interval.tick().await;
                seen.push(Instant::now());
            }
            seen
        })
    });
    outcome(report)
}

#[test]
fn missed_ticks_come_in_a_burst_or_late_or_not_at_all() {
    assert_eq!(after_a_late_tick(MissedTickBehavior::Burst), "[25ms, 25ms, 30ms]");
    assert_eq!(after_a_late_tick(MissedTickBehavior::Delay), "[25ms, 35ms, 45ms]");
    assert_eq!(after_a_late_tick(MissedTickBehavior::Skip), "[25ms, 30ms, 40ms]");
}

#[test]
fn threads_and_tasks_share_one_clock() {
    let report = dfs("time/threads", || async {
        let thread = thread::spawn(|| thread::sleep(7 * MS));
        time::sleep(5 * MS).await;
        let first = Instant::now();
        thread.join().unwrap();
        (first, Instant::now())
    });
    assert_eq!(outcome(report), "(5ms, 7ms)");
}

#[test]
fn a_waiter_behind_a_clock_that_ticks_for_ever_is_told() {
    let report = dfs("time/ticking", || async {
        let ticker = future::Builder::new().name("ticker").spawn(async {
            let mut interval = time::interval(MS);
            loop {
                interval.tick().await;
            }
        });
        let waiter = future::Builder::new()
            .name("waiter")
            .spawn(async { Notify::new().notified().await });
        waiter.await.unwrap();
        ticker.abort();
    });
    let failure = report.failure.expect("the waiter never goes on");
    assert_eq!(failure.kind, FailureKind::Livelock, "{failure}");
    assert!(failure.message.contains("waiter"), "{failure}");
}

/// However long it ticks: whoever awaits its end goes on when it is over, and what else the program asks changes nothing of that.
#[test]
fn whoever_awaits_a_task_that_ticks_is_not_stuck() {
    let ticks = async || {
        let mut interval = time::interval(MS);
        for _ in 0..150 {
            interval.tick().await;
        }
    };
    let check = |asks: bool| {
        Check::new("time/awaited")
            .strategy(Strategy::Dfs)
            .keep_going(true)
            .run(move || {
                future::block_on(async move {
                    let ticker = future::spawn(ticks());
                    let finished = asks && ticker.is_finished();
                    ticker.await.unwrap();
                    finished
                })
            })
    };
    for asks in [false, true] {
        let report = check(asks);
        assert_eq!(report.verdict, Verdict::Verified, "asks: {asks}: {report}");
    }
}

/// A task that has slept for as long as others ticked has only begun to wait.
#[test]
fn whoever_begins_to_wait_is_not_stuck_at_once() {
    let report = dfs("time/begins", || async {
        let (ready, is_ready) = mpsc::channel();
        let ticker = thread::spawn(move || {
            for _ in 0..150 {
                thread::sleep(MS);
            }
            ready.send(()).unwrap();
        });
        let waiter = thread::spawn(move || {
            thread::sleep(120 * MS);
            is_ready.recv().unwrap();
        });
        waiter.join().unwrap();
        ticker.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}
