//! Types of tokio that constants make: in statics, which begin each execution afresh, and on the heap.

use std::sync::Arc as StdArc;

use futures::FutureExt;
use futures::future::BoxFuture;
use selvedge::sync::atomic::Ordering::SeqCst;
use selvedge::tokio::sync::{Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce};
use selvedge::tokio::task;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future};

static LOG: Mutex<Vec<u32>> = Mutex::const_new(Vec::new());
static TABLE: RwLock<u32> = RwLock::const_new(7);
static PERMITS: Semaphore = Semaphore::const_new(1);
static CHANGED: Notify = Notify::const_new();
static CONFIG: OnceCell<u32> = OnceCell::const_new();
static STARTED: SetOnce<u32> = SetOnce::const_new();

fn exhaustive<F: Future<Output = ()> + 'static>(program: fn() -> F) -> Report {
    Check::new("tokio-statics")
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(move || future::block_on(program()))
}

async fn use_all(n: u32) -> u32 {
    let value = *CONFIG.get_or_init(|| async move { n }).await;
    LOG.lock().await.push(n);
    *TABLE.write().await += 1;
    let permit = PERMITS.acquire().await.unwrap();
    let first = STARTED.set(n).is_ok();
    drop(permit);
    if first {
        CHANGED.notify_one();
    }
    value
}

/// Two tasks use all of them: each execution finds them as the constants have made them.
#[test]
fn a_static_begins_each_execution_afresh() {
    let report = exhaustive(|| async {
        let other = task::spawn(use_all(1));
        let mine = use_all(2).await;
        assert_eq!(other.await.unwrap(), mine);
        CHANGED.notified().await;
        let mut log = LOG.lock().await.clone();
        log.sort_unstable();
        assert_eq!(log, [1, 2]);
        assert_eq!(*TABLE.read().await, 9);
        assert_eq!(PERMITS.available_permits(), 1);
        assert!((1..=2).contains(STARTED.wait().await));
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.executions > 10, "{report}");
}

/// As many interleavings as of objects that each execution makes by name.
#[test]
fn a_static_is_one_object_in_all_executions() {
    async fn program(lock: &'static Mutex<u32>, permits: &'static Semaphore, changed: &'static Notify) {
        let other = task::spawn(async {
            *lock.lock().await += 1;
            let _permit = permits.acquire().await.unwrap();
            changed.notify_one();
        });
        *lock.lock().await += 1;
        drop(permits.try_acquire());
        changed.notified().await;
        other.await.unwrap();
        assert_eq!(*lock.lock().await, 2);
    }
    static LOCK: Mutex<u32> = Mutex::const_new(0);
    let statics = exhaustive(|| program(&LOCK, &PERMITS, &CHANGED));
    let named = exhaustive(|| {
        let lock = Box::leak(Box::new(Mutex::new(0).named("lock")));
        let permits = Box::leak(Box::new(Semaphore::new(1).named("permits")));
        let changed = Box::leak(Box::new(Notify::new().named("changed")));
        program(lock, permits, changed)
    });
    let on_the_heap = exhaustive(|| {
        let lock = Box::leak(Box::new(Mutex::const_new(0)));
        let permits = Box::leak(Box::new(Semaphore::const_new(1)));
        let changed = Box::leak(Box::new(Notify::const_new()));
        program(lock, permits, changed)
    });
    for report in [&statics, &on_the_heap] {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.executions, named.executions, "{report}");
        assert_eq!(report.blocked_executions, 0);
    }
    assert!(named.executions > 4);
}

/// Every method of a static looks at what the execution has in its place: two runs, each of them as the first.
#[test]
fn no_method_touches_the_static_itself() {
    static LOCK: Mutex<u32> = Mutex::const_new(0);
    static TABLE: RwLock<u32> = RwLock::const_with_max_readers(0, 2);
    static PERMITS: Semaphore = Semaphore::const_new(3);
    static CHANGED: Notify = Notify::const_new();
    static CELL: OnceCell<u32> = OnceCell::const_new();
    static MADE: OnceCell<u32> = OnceCell::const_new_with(4);
    static SET: SetOnce<u32> = SetOnce::const_new_with(5);
    static UNSET: SetOnce<u32> = SetOnce::const_new();
    type Body = fn() -> BoxFuture<'static, ()>;
    // Each is the first to use its object.
    let bodies: [Body; 30] = [
        || async { *LOCK.lock().await += 1 }.boxed(),
        || async { *LOCK.try_lock().unwrap() += 1 }.boxed(),
        || async { assert_eq!(*TABLE.read().await, 0) }.boxed(),
        || async { assert_eq!(*TABLE.try_read().unwrap(), 0) }.boxed(),
        || async { *TABLE.write().await += 1 }.boxed(),
        || async { *TABLE.try_write().unwrap() += 1 }.boxed(),
        || async { assert_eq!(PERMITS.available_permits(), 3) }.boxed(),
        || async { PERMITS.add_permits(1) }.boxed(),
        || async { assert_eq!(PERMITS.forget_permits(1), 1) }.boxed(),
        || async { PERMITS.acquire().await.unwrap().forget() }.boxed(),
        || async { PERMITS.acquire_many(2).await.unwrap().forget() }.boxed(),
        || async { PERMITS.try_acquire().unwrap().forget() }.boxed(),
        || async { PERMITS.try_acquire_many(2).unwrap().forget() }.boxed(),
        || async { PERMITS.close() }.boxed(),
        || async { assert!(!PERMITS.is_closed()) }.boxed(),
        || async { drop(CHANGED.notified()) }.boxed(),
        || async { CHANGED.notify_one() }.boxed(),
        || async { CHANGED.notify_last() }.boxed(),
        || async { CHANGED.notify_waiters() }.boxed(),
        || async { assert!(!CELL.initialized()) }.boxed(),
        || async { assert_eq!(CELL.get(), None) }.boxed(),
        || async { CELL.set(1).unwrap() }.boxed(),
        || async { assert_eq!(*CELL.get_or_init(|| async { 2 }).await, 2) }.boxed(),
        || async { assert_eq!(CELL.get_or_try_init(|| async { Ok::<_, ()>(3) }).await, Ok(&3)) }.boxed(),
        || async { assert_eq!(MADE.clone().into_inner(), Some(4)) }.boxed(),
        || async { assert!(MADE != CELL) }.boxed(),
        || async { assert!(SET.initialized() && *SET.wait().await == 5) }.boxed(),
        || async { assert_eq!(SET.get(), Some(&5)) }.boxed(),
        || async { UNSET.set(6).unwrap() }.boxed(),
        || async { assert_eq!(UNSET.clone().into_inner(), None) }.boxed(),
    ];
    for body in bodies.iter().chain(&bodies) {
        let body = *body;
        let report = Check::new("tokio-statics/methods")
            .strategy(Strategy::Exhaustive)
            .run(move || {
                future::block_on(async move {
                    let other = task::spawn(async {});
                    body().await;
                    other.await.unwrap();
                });
            });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
    // Threads wait for them without being tasks.
    for _ in 0..2 {
        let report = Check::new("tokio-statics/blocking").run(|| {
            *LOCK.blocking_lock() += 1;
            *TABLE.blocking_write() += *LOCK.blocking_lock();
            assert_eq!(*TABLE.blocking_read(), 1);
            PERMITS.blocking_acquire().unwrap().forget();
            assert_eq!(PERMITS.available_permits(), 2);
        });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
}

/// A permit that is forgotten is gone for the rest of the execution, and for no longer.
#[test]
fn a_deadlock_on_a_static_is_found_and_replays() {
    let program = || {
        future::block_on(async {
            let other = task::spawn(async {
                PERMITS.acquire().await.unwrap().forget();
            });
            drop(PERMITS.acquire().await.unwrap());
            other.await.unwrap();
        });
    };
    let check = Check::new("tokio-statics/deadlock");
    let report = check
        .clone()
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(program);
    assert!(report.failing_executions > 0 && report.failing_executions < report.executions);
    let failure = report.failure.expect("the other one may be first");
    assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
    let again = check.strategy(Strategy::Replay(failure.schedule.clone())).run(program);
    let retold = again.failure.expect("a failing schedule fails again");
    assert_eq!(retold.trace.timeline(), failure.trace.timeline());
}

/// Owned guards and permits keep the owner that they were taken from.
#[test]
fn what_owns_its_lock_outlives_all_other_owners() {
    let report = exhaustive(|| async {
        let permits = StdArc::new(Semaphore::const_new(2));
        let mut both = permits.clone().acquire_many_owned(2).await.unwrap();
        let one = both.split(1).unwrap();
        let waits = task::spawn(permits.acquire_owned());
        drop(one);
        let third = waits.await.unwrap().unwrap();
        assert_eq!((both.num_permits(), third.num_permits()), (1, 1));
        let semaphore = both.semaphore().clone();
        drop((both, third));
        assert_eq!(semaphore.available_permits(), 2);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// A static that has been used outside of a check holds what nobody can begin with.
#[test]
fn a_static_that_was_used_outside_is_an_error() {
    static USED: Semaphore = Semaphore::const_new(1);
    assert_eq!(USED.available_permits(), 1);
    let report = exhaustive(|| async { drop(USED.acquire().await) });
    let failure = report.failure.expect("it is not what it was made");
    assert!(failure.message.contains("outside"), "{}", failure.message);
}

/// On real threads, too, each execution has its own.
#[test]
fn a_static_begins_each_execution_on_real_threads_afresh() {
    static TOTAL: Mutex<u32> = Mutex::const_new(0);
    let report = Check::new("tokio-statics/stress")
        .strategy(Strategy::Stress)
        .max_executions(50)
        .run(|| {
            future::block_on(async {
                let other = task::spawn(async { *TOTAL.lock().await += 1 });
                *TOTAL.lock().await += 1;
                other.await.unwrap();
                assert_eq!(*TOTAL.lock().await, 2);
            });
        });
    assert!(report.failure.is_none(), "{report}");
    assert_eq!(report.executions, 50);
}

/// Two objects of the search, which a task may come to first, second, or one without the other.
#[test]
fn a_notify_on_the_heap_is_told_from_what_is_used_after_it() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let executions = [true, false].map(|named| {
            let check = Check::new("notify")
                .strategy(strategy.clone())
                .keep_going(true)
                .cause(false);
            let report = check.run(move || {
                let changed = Notify::const_new();
                let changed = if named { changed.named("changed") } else { changed };
                let flag = selvedge::sync::atomic::AtomicU32::new(0);
                let flag = if named { flag.named("flag") } else { flag };
                let both = std::sync::Arc::new((changed, flag));
                let theirs = std::sync::Arc::clone(&both);
                // It comes to the notify when the other may have used one of its two objects.
                let wakes = future::spawn(async move {
                    let before = theirs.1.load(SeqCst);
                    theirs.0.notify_waiters();
                    before
                });
                let waits = future::spawn(async move { both.0.notified().await });
                future::block_on(async { (wakes.await.unwrap(), waits.await.unwrap()) })
            });
            assert!(report.complete && report.failing_executions > 0, "{report}");
            (report.executions, report.failing_executions, report.outcomes)
        });
        assert_eq!(executions[0], executions[1]);
    }
}
