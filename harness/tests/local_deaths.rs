//! Destructors of thread locals that panic: std aborts the process then, whether somebody joins the thread or not.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, thread};

struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0 == 0, "set to {}", self.0);
    }
}

/// Catches the panics of what it holds itself, so nobody else sees them.
struct Sealed(Option<Bomb>);

impl Drop for Sealed {
    fn drop(&mut self) {
        let bomb = self.0.take();
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(bomb)));
    }
}

selvedge::thread_local! {
    static BOMB: std::cell::RefCell<Bomb> = const { std::cell::RefCell::new(Bomb(0)) };
    static SEALED: std::cell::RefCell<Sealed> = const { std::cell::RefCell::new(Sealed(None)) };
}

const STRATEGIES: [Strategy; 4] = [Strategy::Auto, Strategy::Exhaustive, Strategy::Dfs, Strategy::Random];

#[track_caller]
fn aborts(report: &Report, task: &str) {
    let failure = report.failure.as_ref().unwrap_or_else(|| panic!("{report}"));
    assert_eq!(failure.kind, FailureKind::Panic, "{report}");
    let words = format!("{task} panicked: set to 7\nin the destructor of a thread local, which aborts a process");
    assert_eq!(failure.message, words, "{report}");
    let row = failure.trace.rows.last().unwrap();
    assert!(row.text.contains("in the destructor of a thread local"), "{report}");
}

#[test]
fn whoever_joins_the_thread_does_not_save_the_process() {
    for strategy in STRATEGIES {
        let program = || {
            let worker = thread::Builder::new().name("worker".to_owned());
            let joined = worker
                .spawn(|| BOMB.with(|bomb| bomb.borrow_mut().0 = 7))
                .unwrap()
                .join();
            // Looks at it and goes on.
            drop(joined);
        };
        let check = || Check::new("locals/joined").strategy(strategy.clone());
        let report = check().run(program);
        aborts(&report, "worker");
        let again = check()
            .strategy(Strategy::Replay(report.failure.unwrap().schedule))
            .run(program);
        aborts(&again, "worker");
    }
}

#[test]
fn main_and_async_tasks_have_thread_locals_too() {
    for strategy in STRATEGIES {
        let report = Check::new("locals/main")
            .strategy(strategy.clone())
            .run(|| BOMB.with(|bomb| bomb.borrow_mut().0 = 7));
        aborts(&report, "main");
        let report = Check::new("locals/async").strategy(strategy).run(|| {
            future::block_on(async {
                let task = future::Builder::new()
                    .name("fetcher")
                    .spawn(async { BOMB.with(|bomb| bomb.borrow_mut().0 = 7) });
                drop(task.await);
            });
        });
        aborts(&report, "fetcher");
    }
}

#[test]
fn in_one_interleaving_of_several_it_is_found() {
    let racing = || {
        let turn = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&turn);
        let worker = thread::spawn(move || {
            if theirs.fetch_add(1, SeqCst) == 1 {
                BOMB.with(|bomb| bomb.borrow_mut().0 = 7);
            }
        });
        turn.fetch_add(1, SeqCst);
        drop(worker.join());
    };
    let report = Check::new("locals/racing")
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(racing);
    assert_eq!((report.executions, report.failing_executions), (2, 1), "{report}");
}

#[test]
fn a_destructor_that_catches_its_own_panic_is_fine() {
    for strategy in STRATEGIES {
        let report = Check::new("locals/caught").strategy(strategy).run(|| {
            let worker = thread::spawn(|| SEALED.with(|sealed| sealed.borrow_mut().0 = Some(Bomb(7))));
            worker.join().unwrap();
        });
        assert!(report.failure.is_none(), "{report}");
        assert_ne!(report.verdict, Verdict::Failed);
    }
}
