//! Timers that fire although tasks could go on.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::time::{self, Duration, Instant};
use selvedge::tokio::sync::{Notify, oneshot};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread};

const MS: Duration = Duration::from_millis(1);

fn exhaustive(name: &str, early: u32) -> Check {
    Check::new(name)
        .strategy(Strategy::Exhaustive)
        .early_timers(early)
        .keep_going(true)
}

fn early<F, R>(name: &str, early: u32, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    exhaustive(name, early).run(move || future::block_on(f()))
}

#[track_caller]
fn outcomes(report: &Report) -> Vec<&str> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.blocked_executions, 0, "{report}");
    report.outcomes.keys().map(String::as_str).collect()
}

async fn ask() -> Result<u32, &'static str> {
    let (sender, receiver) = oneshot::channel();
    future::spawn(async move { sender.send(7) });
    match time::timeout(10 * MS, receiver).await {
        Ok(answer) => answer.map_err(|_| "dropped"),
        Err(_) => Err("timed out"),
    }
}

#[test]
fn a_timeout_overtakes_an_answer_on_its_way() {
    assert_eq!(outcomes(&early("early/ask", 0, ask)), ["Ok(7)"]);
    assert_eq!(outcomes(&early("early/ask", 1, ask)), ["Err(\"timed out\")", "Ok(7)"]);
}

/// A lease that is looked at, and has run out when it is used.
struct Lease {
    until: Instant,
    used: AtomicU32,
}

impl Lease {
    fn new() -> Lease {
        Lease {
            until: Instant::now() + 10 * MS,
            used: AtomicU32::new(0).named("used"),
        }
    }

    async fn use_it(&self) {
        if Instant::now() < self.until {
            self.used.fetch_add(1, SeqCst);
            assert!(Instant::now() < self.until, "used after it had run out");
        }
    }
}

async fn two_holders() {
    let lease = Arc::new(Lease::new());
    let other = Arc::clone(&lease);
    let next = future::Builder::new().name("next").spawn(async move {
        time::sleep_until(other.until).await;
        other.used.fetch_add(1, SeqCst);
    });
    lease.use_it().await;
    next.await.unwrap();
}

#[test]
fn a_lease_runs_out_between_the_check_and_the_use() {
    let report = early("early/lease", 0, two_holders);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let report = early("early/lease", 1, two_holders);
    let failure = report.failure.expect("the clock moves in between");
    assert_eq!(failure.kind, FailureKind::Panic);
    let told = failure.to_string();
    assert!(told.contains("looks at the clock: 0ns"), "{told}");
    assert!(told.contains("moves to 10ms"), "{told}");
    assert!(told.contains("next") && told.contains("clock"), "{told}");
}

#[test]
fn every_strategy_finds_it_and_its_schedule_is_replayed() {
    for strategy in [
        Strategy::Auto,
        Strategy::Dfs,
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Urw,
        Strategy::Pos,
        Strategy::Surw,
        Strategy::Portfolio,
    ] {
        let program = || future::block_on(two_holders());
        let name = strategy.name();
        let report = Check::new("early/lease")
            .cause(false)
            .strategy(strategy)
            .early_timers(1)
            .run(program);
        let failure = report.failure.unwrap_or_else(|| panic!("{name} finds it"));
        // The limits are those of the schedule.
        let again = Check::new("early/lease")
            .strategy(Strategy::Replay(failure.schedule.clone()))
            .run(program);
        assert_eq!(again.failure.expect("it fails again").to_string(), failure.to_string());
    }
}

#[test]
fn the_clock_stops_at_every_deadline_and_no_timer_fires_before_its_own() {
    let report = early("early/order", 3, || async {
        let start = Instant::now();
        let sleepers = [20, 10].map(|ms| {
            future::spawn(async move {
                time::sleep_until(start + ms * MS).await;
                Instant::now() - start
            })
        });
        let mut woken = Vec::new();
        for sleeper in sleepers {
            woken.push(sleeper.await.unwrap());
        }
        woken
    });
    // The younger one may look at the clock when it has moved on.
    assert_eq!(outcomes(&report), ["[20ms, 10ms]", "[20ms, 20ms]"]);
}

#[test]
fn the_first_moves_come_at_any_time_and_later_ones_when_nothing_else_can_happen() {
    fn slow_work(moves: u32) -> Report {
        early("early/moves", moves, || async {
            let work = Arc::new(AtomicU32::new(0));
            let theirs = Arc::clone(&work);
            let worker = future::spawn(async move {
                for _ in 0..3 {
                    theirs.fetch_add(1, SeqCst);
                }
            });
            let mut seen = Vec::new();
            for _ in 0..2 {
                time::sleep(10 * MS).await;
                seen.push(work.load(SeqCst));
            }
            worker.await.unwrap();
            seen
        })
    }
    assert_eq!(outcomes(&slow_work(0)), ["[3, 3]"]);
    let all = |first: &dyn Fn(u32, u32) -> bool| -> Vec<String> {
        let pairs = (0..=3).flat_map(|a| (a..=3).map(move |b| (a, b)));
        pairs
            .filter(|&(a, b)| first(a, b))
            .map(|(a, b)| format!("[{a}, {b}]"))
            .collect()
    };
    assert_eq!(outcomes(&slow_work(1)), all(&|_, b| b == 3));
    assert_eq!(outcomes(&slow_work(2)), all(&|_, _| true));
    assert_eq!(outcomes(&slow_work(3)), all(&|_, _| true));
}

#[test]
fn timed_waits_of_threads_time_out_beside_a_notification() {
    let wait = || {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&pair);
        let thread = thread::spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let guard = pair.0.lock().unwrap();
        let (guard, result) = pair.1.wait_timeout_while(guard, 10 * MS, |ready| !*ready).unwrap();
        let seen = (*guard, result.timed_out());
        drop(guard);
        thread.join().unwrap();
        seen
    };
    assert_eq!(outcomes(&exhaustive("early/condvar", 0).run(wait)), ["(true, false)"]);
    assert_eq!(
        outcomes(&exhaustive("early/condvar", 1).run(wait)),
        ["(false, true)", "(true, false)"]
    );

    let receive = || {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || sender.send(1).is_ok());
        let received = receiver.recv_timeout(10 * MS);
        drop(receiver);
        (received.is_ok(), thread.join().unwrap())
    };
    assert_eq!(outcomes(&exhaustive("early/recv", 0).run(receive)), ["(true, true)"]);
    assert_eq!(
        outcomes(&exhaustive("early/recv", 1).run(receive)),
        ["(false, false)", "(false, true)", "(true, true)"]
    );

    let park = || {
        let woken = Arc::new(AtomicU32::new(0));
        let (theirs, main) = (Arc::clone(&woken), thread::current());
        let thread = thread::spawn(move || {
            theirs.store(1, SeqCst);
            main.unpark();
        });
        thread::park_timeout(10 * MS);
        let seen = woken.load(SeqCst);
        thread.join().unwrap();
        seen
    };
    assert_eq!(outcomes(&exhaustive("early/park", 0).run(park)), ["1"]);
    assert_eq!(outcomes(&exhaustive("early/park", 1).run(park)), ["0", "1"]);

    let sleep = || {
        let done = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&done);
        let thread = thread::spawn(move || theirs.store(1, SeqCst));
        thread::sleep(10 * MS);
        let seen = done.load(SeqCst);
        thread.join().unwrap();
        seen
    };
    assert_eq!(outcomes(&exhaustive("early/sleep", 0).run(sleep)), ["1"]);
    assert_eq!(outcomes(&exhaustive("early/sleep", 1).run(sleep)), ["0", "1"]);
}

/// A detached task outlives nobody, but its timer may fire before the others are done.
#[test]
fn a_timer_of_a_task_that_nobody_waits_for() {
    async fn background() -> u32 {
        let written = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&written);
        drop(future::spawn(async move {
            time::sleep(10 * MS).await;
            theirs.store(1, SeqCst);
        }));
        written.load(SeqCst)
    }
    assert_eq!(outcomes(&early("early/detached", 0, background)), ["0"]);
    assert_eq!(outcomes(&early("early/detached", 1, background)), ["0", "1"]);
}

/// The clock is no task of the program: what is told of a deadlock does not mention it.
#[test]
fn a_deadlock_is_that_of_the_program() {
    let report = early("early/deadlock", 1, || async {
        time::sleep(10 * MS).await;
        let notify = Notify::new().named("never");
        notify.notified().await;
    });
    let failure = report.failure.expect("nobody notifies");
    assert_eq!(failure.kind, FailureKind::Deadlock);
    assert!(!failure.message.contains("clock"), "{failure}");
    assert!(!failure.to_string().contains("clock waits"), "{failure}");
}

#[test]
fn an_interval_does_not_tick_for_ever() {
    let report = early("early/interval", 2, || async {
        let stop = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&stop);
        let ticker = future::spawn(async move {
            let mut interval = time::interval(10 * MS);
            let mut ticks = 0;
            while theirs.load(SeqCst) == 0 {
                interval.tick().await;
                ticks += 1;
            }
            ticks
        });
        stop.store(1, SeqCst);
        ticker.await.unwrap()
    });
    // At 0, 10 and 20 ms at any time, and once more when the other task has nothing left to do.
    assert_eq!(outcomes(&report), ["0", "1", "2", "3", "4"]);
}
