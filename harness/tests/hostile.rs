//! Programs that misbehave: none of them hangs, aborts or prints, and each gets a verdict.
//!
//! Each program runs in the test, and `stderr_stays_empty` runs all tests of this file once more in a
//! child process and looks at what it printed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize as RealAtomic;
use std::time::{Duration, Instant};

use selvedge::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Strategy, Verdict, thread};

const ENGINES: [Strategy; 5] = [
    Strategy::Auto,
    Strategy::Exhaustive,
    Strategy::Dfs,
    Strategy::Random,
    Strategy::Loom,
];

/// Runs a program under each strategy and expects a failure of that kind.
#[track_caller]
fn fails(kind: FailureKind, program: fn()) {
    for strategy in ENGINES {
        fails_under(strategy, kind, program);
    }
}

#[track_caller]
fn fails_under(strategy: Strategy, kind: FailureKind, program: fn()) -> String {
    let name = strategy.name();
    let report = Check::new("hostile").strategy(strategy).run(program);
    assert_eq!(report.failure.as_ref().map(|f| f.kind), Some(kind), "{name}: {report}");
    assert_eq!(report.verdict, Verdict::Failed, "{name}");
    report.to_string()
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Two tasks that lock two mutexes in opposite orders.
fn ab_ba(extra: fn()) {
    let a = Arc::new(Mutex::new(()));
    let b = Arc::new(Mutex::new(()));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::spawn(move || {
        let _extra = OnDrop(extra);
        let _b = b2.lock();
        let _a = a2.lock();
    });
    let _extra = OnDrop(extra);
    {
        let _a = a.lock();
        let _b = b.lock();
    }
    let _ = other.join();
}

#[test]
fn a_panic_in_a_task() {
    fails(FailureKind::Panic, || drop(thread::spawn(|| panic!("in a task"))));
}

#[test]
fn a_panic_in_main_with_a_task_left() {
    fails(FailureKind::Panic, || {
        let m = Arc::new(Mutex::new(0));
        let m2 = Arc::clone(&m);
        thread::spawn(move || drop(m2.lock()));
        let _guard = m.lock();
        panic!("in main");
    });
}

#[test]
fn a_panic_in_a_destructor() {
    fails(FailureKind::Panic, || {
        let x = Arc::new(AtomicUsize::new(0));
        let t = thread::spawn(move || {
            let _bomb = OnDrop(|| panic!("in a destructor"));
            x.store(1, SeqCst);
        });
        t.join().unwrap();
    });
}

#[test]
fn a_panic_in_a_destructor_while_unwinding() {
    for strategy in ENGINES {
        let report = fails_under(strategy, FailureKind::Panic, || {
            let _bomb = OnDrop(|| panic!("second"));
            panic!("first");
        });
        assert!(report.contains("second"), "{report}");
    }
}

#[test]
fn a_panic_in_a_destructor_when_a_deadlock_is_unwound() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        fails_under(strategy, FailureKind::Deadlock, || {
            ab_ba(|| assert!(!std::thread::panicking(), "unwound"));
        });
    }
}

#[test]
fn a_destructor_that_uses_the_facade_when_a_deadlock_is_unwound() {
    fails(FailureKind::Deadlock, || {
        ab_ba(|| {
            // Created and used while the task unwinds.
            if std::thread::panicking() {
                return;
            }
            let lock = Mutex::new(1);
            *lock.lock().unwrap() += 1;
        });
    });
}

#[test]
fn a_deadlock_in_a_scope() {
    fails(FailureKind::Deadlock, || {
        let a = Mutex::new(());
        let b = Mutex::new(());
        thread::scope(|s| {
            s.spawn(|| {
                let _a = a.lock();
                let _b = b.lock();
            });
            s.spawn(|| {
                let _b = b.lock();
                let _a = a.lock();
            });
        });
    });
}

#[test]
fn a_task_that_catches_every_unwinding() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        fails_under(strategy, FailureKind::Deadlock, || {
            let m = Arc::new(Mutex::new(()));
            let held = m.lock();
            let m2 = Arc::clone(&m);
            let t = thread::spawn(move || {
                loop {
                    if catch_unwind(AssertUnwindSafe(|| drop(m2.lock()))).is_ok() {
                        break;
                    }
                }
            });
            let _ = t.join();
            drop(held);
        });
    }
}

#[test]
fn a_task_that_catches_every_panic_of_loom() {
    let report = Check::new("hostile")
        .strategy(Strategy::Loom)
        .stall_timeout(Duration::from_secs(5))
        .run(|| {
            let m = Arc::new(Mutex::new(()));
            let _held = m.lock();
            loop {
                if catch_unwind(AssertUnwindSafe(|| drop(m.lock()))).is_ok() {
                    break;
                }
            }
        });
    assert_eq!(report.verdict, Verdict::Failed, "{report}");
}

#[test]
fn an_endless_loop_that_yields() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        fails_under(strategy, FailureKind::Livelock, || {
            let flag = AtomicUsize::new(0);
            while flag.load(SeqCst) == 0 {
                thread::yield_now();
            }
        });
    }
    fails_under(Strategy::Loom, FailureKind::StepLimit, || {
        let flag = AtomicUsize::new(0);
        while flag.load(SeqCst) == 0 {
            thread::yield_now();
        }
    });
}

#[test]
fn an_endless_loop_of_operations() {
    fails(FailureKind::StepLimit, || {
        let counter = AtomicUsize::new(0);
        loop {
            counter.fetch_add(1, SeqCst);
        }
    });
}

#[test]
fn an_endless_loop_of_nothing() {
    for strategy in [Strategy::Exhaustive, Strategy::Loom] {
        let started = Instant::now();
        let report = Check::new("hostile")
            .strategy(strategy)
            .stall_timeout(Duration::from_millis(200))
            .run(|| {
                loop {
                    // Sleeps, so that the thread that is left behind costs the other tests nothing.
                    std::thread::sleep(Duration::from_millis(20));
                }
            });
        assert_eq!(
            report.failure.as_ref().map(|f| f.kind),
            Some(FailureKind::StepLimit),
            "{report}"
        );
        assert!(report.to_string().contains("left behind"), "{report}");
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}

struct BlocksAtTheEnd(Mutex<()>);

impl Drop for BlocksAtTheEnd {
    fn drop(&mut self) {
        std::mem::forget(self.0.lock().unwrap());
        drop(self.0.lock());
    }
}

selvedge::lazy_static! {
    static ref BLOCKS_AT_THE_END: BlocksAtTheEnd = BlocksAtTheEnd(Mutex::new(()));
}

/// std would never run it. There is no task left then that could wait, so it is not made to.
#[test]
fn a_static_whose_destructor_blocks() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        let report = Check::new("hostile")
            .strategy(strategy)
            .run(|| drop(BLOCKS_AT_THE_END.0.lock().unwrap()));
        assert!(report.error.is_none() && report.failure.is_none(), "{report}");
    }
}

/// A task that is stopped keeps what it holds. Whoever wants a real lock then waits for ever, and is told where its holder is.
#[test]
fn a_real_lock_that_is_held_across_an_operation() {
    let report = Check::new("hostile").stall_timeout(Duration::from_secs(1)).run(|| {
        let real = std::sync::Arc::new(std::sync::Mutex::new(()));
        let count = Arc::new(AtomicUsize::named(AtomicUsize::new(0), "count"));
        let (theirs, counted) = (std::sync::Arc::clone(&real), Arc::clone(&count));
        let holder = thread::Builder::new()
            .name("holder")
            .spawn(move || {
                let _held = theirs.lock().unwrap();
                counted.fetch_add(1, SeqCst);
                counted.fetch_add(1, SeqCst);
            })
            .unwrap();
        count.load(SeqCst);
        drop(real.lock().unwrap());
        holder.join().unwrap();
    });
    let failure = report.failure.expect("it is given up");
    assert_eq!(failure.kind, FailureKind::StepLimit);
    for words in [
        "main has not come back since `load` at",
        "holder in `fetch_add` at",
        "hostile.rs:",
    ] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    assert!(
        failure.trace.timeline().contains("count"),
        "{}",
        failure.trace.timeline()
    );
}

#[test]
fn a_real_sleep_is_only_slow() {
    let report = Check::new("hostile").run(|| std::thread::sleep(Duration::from_millis(5)));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_program_that_counts_its_own_calls() {
    fn program() {
        static CALLS: RealAtomic = RealAtomic::new(0);
        let n = CALLS.fetch_add(1, SeqCst);
        let x = Arc::new(AtomicUsize::new(0));
        let x2 = Arc::clone(&x);
        let t = thread::spawn(move || (0..3).for_each(|n| x2.store(n, SeqCst)));
        // The number of operations differs from call to call.
        for _ in 0..=n % 2 {
            x.load(SeqCst);
        }
        t.join().unwrap();
    }
    fails_under(Strategy::Dfs, FailureKind::Nondeterminism, program);
    fails_under(Strategy::Exhaustive, FailureKind::Nondeterminism, program);
}

#[test]
fn a_failure_that_does_not_come_back() {
    static CALLS: RealAtomic = RealAtomic::new(0);
    fails_under(Strategy::Exhaustive, FailureKind::Nondeterminism, || {
        assert!(CALLS.fetch_add(1, SeqCst) != 0, "the first call only");
    });
}

#[test]
fn an_object_that_outlives_its_execution() {
    let kept: Arc<OnceLock<Mutex<u32>>> = Arc::default();
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let kept = Arc::clone(&kept);
        let report = Check::new("hostile").strategy(strategy).run(move || {
            let lock = kept.get_or_init(|| Mutex::new(0));
            let seen = Arc::new(AtomicUsize::new(0));
            let other = Arc::clone(&seen);
            let t = thread::spawn(move || other.store(1, SeqCst));
            seen.load(SeqCst);
            t.join().unwrap();
            *lock.lock().unwrap() += 1;
        });
        let text = report.to_string();
        assert!(text.contains("inside the checked closure"), "{text}");
    }
    let native = Arc::new(Mutex::new(0));
    let report = Check::new("hostile").run(move || *native.lock().unwrap() += 1);
    assert!(report.to_string().contains("inside the checked closure"), "{report}");
}

#[test]
fn thread_locals_whose_destructors_lock() {
    type Words = OnDrop<Box<dyn FnMut()>>;
    selvedge::thread_local! {
        static LAST_WORDS: std::cell::RefCell<Option<Words>> = std::cell::RefCell::new(None);
    }
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random, Strategy::Loom] {
        let report = Check::new("hostile").strategy(strategy).run(|| {
            let m = Arc::new(Mutex::new(0));
            let theirs = Arc::clone(&m);
            let t = thread::spawn(move || {
                let on_drop: Box<dyn FnMut()> = Box::new(move || *theirs.lock().unwrap() += 1);
                LAST_WORDS.with(|words| *words.borrow_mut() = Some(OnDrop(on_drop)));
            });
            *m.lock().unwrap() += 1;
            t.join().unwrap();
        });
        assert!(report.failure.is_none(), "{report}");
    }
}

#[test]
fn a_check_inside_a_check() {
    for strategy in [Strategy::Exhaustive, Strategy::Loom, Strategy::Stress] {
        let report = Check::new("outer").strategy(strategy).max_executions(3).run(|| {
            let inner = Check::new("inner").run(|| {
                let t = thread::spawn(|| 1);
                t.join().unwrap()
            });
            assert_eq!(inner.verdict, Verdict::Verified);
            inner.executions
        });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["1"]);
    }
}

#[test]
fn many_checks_at_once() {
    let checks: Vec<_> = (0..16)
        .map(|n| {
            std::thread::spawn(move || {
                let strategy = ENGINES[n % ENGINES.len()].clone();
                Check::new(format!("parallel/{n}")).strategy(strategy).run(move || {
                    let x = Arc::new(AtomicUsize::new(n));
                    let x2 = Arc::clone(&x);
                    let t = thread::spawn(move || x2.fetch_add(1, SeqCst));
                    x.fetch_add(1, SeqCst);
                    t.join().unwrap();
                    assert!(n % 2 == 0, "odd");
                    x.load(SeqCst) - n
                })
            })
        })
        .collect();
    for (n, check) in checks.into_iter().enumerate() {
        let report = check.join().unwrap();
        assert_eq!(report.failure.is_some(), n % 2 == 1, "{report}");
        if n % 2 == 0 {
            assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
        }
    }
}

/// All of the above once more, in a process whose stderr is watched.
#[test]
fn stderr_stays_empty() {
    const WATCHED: &str = "SELVEDGE_HOSTILE_CHILD";
    if std::env::var_os(WATCHED).is_some() {
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--nocapture", "--test-threads=8"])
        .env(WATCHED, "1")
        .output()
        .unwrap();
    let (told, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{told}\n{errors}");
    assert_eq!(errors, "");
}

#[test]
fn waiting_for_the_clock_without_sleeping() {
    let wait = |pause: fn()| {
        move || {
            let deadline = selvedge::time::Instant::now() + Duration::from_millis(5);
            while selvedge::time::Instant::now() < deadline {
                pause();
            }
        }
    };
    for pause in [thread::yield_now as fn(), selvedge::hint::spin_loop, || {}] {
        let report = Check::new("hostile/clock").run(wait(pause));
        let failure = report.failure.expect("the clock does not move");
        assert_eq!(failure.kind, FailureKind::Livelock, "{failure}");
        assert!(failure.message.contains("the clock moves only when"), "{failure}");
    }
}

/// A program that was not ported: nothing of it is tried in another order, and the report says so.
#[test]
fn threads_that_use_nothing_of_this_crate() {
    let program = || {
        let counter = Arc::new(RealAtomic::new(0));
        let theirs = Arc::clone(&counter);
        let thread = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
        counter.store(counter.load(SeqCst) + 1, SeqCst);
        thread.join().unwrap();
        counter.load(SeqCst)
    };
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Random] {
        let report = Check::new("hostile/not-ported")
            .strategy(strategy)
            .max_executions(3)
            .run(program);
        assert!(
            report
                .basis
                .contains("is the code under test written for the types of selvedge?"),
            "{report}"
        );
    }
}

/// A lock of the program's own: the task that holds it is gone, and a destructor of another one spins for it.
#[test]
fn a_destructor_that_spins_for_what_nobody_gives_back() {
    struct Spins(Arc<AtomicBool>);
    impl Drop for Spins {
        fn drop(&mut self) {
            while self.0.swap(true, SeqCst) {
                selvedge::hint::spin_loop();
            }
        }
    }
    for strategy in [Strategy::Exhaustive, Strategy::Random] {
        let report = Check::new("hostile/spinning-destructor")
            .strategy(strategy)
            .max_executions(20)
            .run(|| {
                let busy = Arc::new(AtomicBool::new(false));
                let theirs = Spins(Arc::clone(&busy));
                let waiter = thread::spawn(move || {
                    let _spins = theirs;
                    thread::park();
                });
                busy.store(true, SeqCst);
                waiter.join().unwrap();
            });
        assert_eq!(report.failure.expect("nobody unparks it").kind, FailureKind::Deadlock);
    }
}

/// The search starts again when it meets the first `try_lock`. Whoever is stopped then must not be stopped
/// between taking the lock of the program's own and giving it back.
#[test]
fn a_destructor_that_spins_while_the_search_starts_again() {
    struct Spins(Arc<AtomicBool>);
    impl Drop for Spins {
        fn drop(&mut self) {
            while self.0.load(SeqCst) {
                selvedge::hint::spin_loop();
            }
        }
    }
    let report = Check::new("hostile/spins-meanwhile")
        .strategy(Strategy::Exhaustive)
        .run(|| {
            let busy = Arc::new(AtomicBool::new(false));
            let lock = Arc::new(Mutex::new(0));
            let (theirs, other) = (Spins(Arc::clone(&busy)), Arc::clone(&lock));
            let task = thread::spawn(move || {
                let _spins = theirs;
                *other.lock().unwrap() += 1;
            });
            busy.store(true, SeqCst);
            drop(lock.try_lock());
            busy.store(false, SeqCst);
            task.join().unwrap();
        });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// What shows a value is the program's, wherever it is called from.
#[test]
fn a_panic_in_what_shows_a_value() {
    let program = || {
        let queue = Mutex::new(vec![1]).named("queue").showing(|queue| match queue.len() {
            1 => "one".to_owned(),
            _ => panic!("in what shows"),
        });
        thread::scope(|s| {
            s.spawn(|| queue.lock().unwrap().push(2));
            drop(queue.lock());
        });
        assert_eq!(queue.into_inner().unwrap().len(), 1, "two");
    };
    let report = Check::new("hostile").run(program);
    assert!(report.error.is_none(), "{report}");
    assert!(report.failure.is_some(), "{report}");
}
