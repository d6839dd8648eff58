//! What orders the memory of two tasks, and what only comes in an order: racy programs over every kind of operation, and
//! their neighbours that do not race. The table is in the documentation of `kernel/happens_before.rs`.

use std::sync::atomic::AtomicBool as Unseen;
use std::sync::atomic::Ordering::SeqCst as InOrder;

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicU32, fence};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock, mpsc};
use selvedge::thread::{self, Thread};
use selvedge::time::Duration;
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict};

struct World {
    data: UnsafeCell<u32>,
    /// The one task has done its part. Nobody can see it, so it orders nothing.
    done: Unseen,
    number: AtomicU32,
    mutex: Mutex<u32>,
    lock: RwLock<u32>,
    condvar: Condvar,
    barrier: Barrier,
    once: OnceLock<u32>,
    owned: Mutex<Vec<Arc<u32>>>,
    main: Thread,
    sender: mpsc::SyncSender<u32>,
    receiver: Mutex<Option<mpsc::Receiver<u32>>>,
}

// SAFETY: whether the accesses are ordered is what these tests are about; the harness runs one task at a time.
unsafe impl Sync for World {}

impl World {
    fn new() -> Arc<Self> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let value = Arc::new(7);
        Arc::new(World {
            data: UnsafeCell::new(0).named("data"),
            done: Unseen::new(false),
            number: AtomicU32::new(0),
            mutex: Mutex::new(0),
            lock: RwLock::new(0),
            condvar: Condvar::new(),
            barrier: Barrier::new(2),
            once: OnceLock::new(),
            owned: Mutex::new(vec![Arc::clone(&value), Arc::clone(&value), value]),
            main: thread::current(),
            sender,
            receiver: Mutex::new(Some(receiver)),
        })
    }
}

type Part = fn(&World);

/// The one task writes the cell and does its part, which is `first`; the other one does `second`, and then reads the cell:
/// always, or only if it came later.
fn program(first: Part, second: Part, always: bool) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        let world = World::new();
        let theirs = Arc::clone(&world);
        let one = thread::spawn(move || {
            // SAFETY: as said at the impl of Sync.
            theirs.data.with_mut(|data| unsafe { *data = 1 });
            first(&theirs);
            theirs.done.store(true, InOrder);
        });
        second(&world);
        if always || world.done.load(InOrder) {
            // SAFETY: as said at the impl of Sync.
            world.data.with(|data| unsafe { *data });
        }
        one.join().unwrap();
    }
}

fn run(strategy: Strategy, seed: u64, program: impl Fn() + Send + Sync + 'static) -> Report {
    let sampled = !matches!(strategy, Strategy::Exhaustive | Strategy::Dfs);
    // Which step comes first is to decide what is ordered: a load sees the last store.
    let check = Check::new("clocks").memory_model(MemoryModel::SequentiallyConsistent);
    let check = check.strategy(strategy).seed(seed);
    // One schedule is as good as another where the operations commute.
    let check = if sampled { check.max_executions(1) } else { check };
    check.run(program)
}

#[track_caller]
fn races(report: &Report, what: &str) {
    let failure = report.failure.as_ref().unwrap_or_else(|| panic!("{what}: {report}"));
    assert_eq!(failure.kind, FailureKind::DataRace, "{what}: {failure}");
    assert!(failure.message.contains("`data`"), "{what}: {failure}");
}

fn until(done: impl Fn() -> bool) {
    while !done() {
        thread::yield_now();
    }
}

const LOAD: Part = |w| _ = w.number.load(Acquire);
const STORE: Part = |w| w.number.store(1, Release);
const ADD: Part = |w| _ = w.number.fetch_add(1, AcqRel);
const LOCK: Part = |w| *w.mutex.lock().unwrap() += 1;
const TRY_LOCK: Part = |w| until(|| w.mutex.try_lock().map(|mut n| *n += 1).is_ok());
const READ: Part = |w| drop(w.lock.read().map(|n| *n + 1));
const TRY_READ: Part = |w| until(|| w.lock.try_read().is_ok());
const WRITE: Part = |w| *w.lock.write().unwrap() += 1;
const TRY_WRITE: Part = |w| until(|| w.lock.try_write().map(|mut n| *n += 1).is_ok());
const UNPARK: Part = |w| w.main.unpark();
const PARK: Part = |_| thread::park();
const CLONE: Part = |w| {
    let mine = w.owned.lock().unwrap()[0].clone();
    std::mem::forget(mine);
};

/// Operations that commute: the search sees them in one order only, so whatever the order the race must be found.
#[test]
fn what_commutes_orders_nothing() {
    let sleep: Part = |_| thread::sleep(Duration::from_millis(1));
    let pairs: [(&str, Part, Part); 15] = [
        ("load, load", LOAD, LOAD),
        ("load, failing exchange", LOAD, |w| {
            _ = w.number.compare_exchange(5, 6, SeqCst, SeqCst);
        }),
        ("read, read", READ, READ),
        ("read, try_read", READ, TRY_READ),
        ("try_read, read", TRY_READ, READ),
        ("try_read, try_read", TRY_READ, TRY_READ),
        ("unpark, unpark", UNPARK, UNPARK),
        ("sleep, sleep", sleep, sleep),
        ("sleep, a longer sleep", sleep, |_| {
            thread::sleep(Duration::from_millis(2));
        }),
        ("yield, yield", |_| thread::yield_now(), |_| thread::yield_now()),
        ("fence, fence", |_| fence(SeqCst), |_| fence(SeqCst)),
        ("release fence, acquire fence", |_| fence(Release), |_| fence(Acquire)),
        (
            "get, get of what is empty",
            |w| _ = w.once.get().copied(),
            |w| _ = w.once.get().copied(),
        ),
        ("nothing, nothing", |_| {}, |_| {}),
        ("an operation elsewhere", LOCK, LOAD),
    ];
    for (what, first, second) in pairs {
        races(&run(Strategy::Exhaustive, 0, program(first, second, true)), what);
        races(&run(Strategy::Dfs, 0, program(first, second, true)), what);
        for seed in 0..8 {
            for strategy in [
                Strategy::Random,
                Strategy::Pos,
                Strategy::Surw,
                Strategy::Pct { depth: 2 },
            ] {
                races(&run(strategy, seed, program(first, second, true)), what);
            }
        }
    }
}

/// Clones commute, and so do drops that leave an owner, although each of them releases: only the last one acquires.
#[test]
fn owners_that_come_and_go_order_nothing_but_the_last() {
    /// Each of the two tasks has owners of its own, and one more is kept until the end.
    fn owners(first: fn(Arc<u32>), second: fn(Arc<u32>), looks: bool) -> impl Fn() + Clone + Send + Sync + 'static {
        move || {
            let world = World::new();
            let kept = Arc::new(1);
            let (one, other) = (Arc::clone(&kept), Arc::clone(&kept));
            let theirs = Arc::clone(&world);
            let task = thread::spawn(move || {
                // SAFETY: as said at the impl of Sync.
                theirs.data.with_mut(|data| unsafe { *data = 1 });
                first(one);
            });
            second(other);
            // SAFETY: as said at the impl of Sync.
            world.data.with(|data| unsafe { *data });
            task.join().unwrap();
            // From the first execution on that looks, owners that come and go are steps.
            assert!(!looks || Arc::strong_count(&kept) >= 1);
        }
    }
    let clone: fn(Arc<u32>) = |owner| std::mem::forget(Arc::clone(&owner));
    for looks in [false, true] {
        for (what, first, second) in [
            ("drop, drop", drop as fn(_), drop as fn(_)),
            ("drop, clone", drop, clone),
            ("clone, clone", clone, clone),
        ] {
            races(&run(Strategy::Exhaustive, 0, owners(first, second, looks)), what);
            races(&run(Strategy::Dfs, 0, owners(first, second, looks)), what);
            for seed in 0..8 {
                races(&run(Strategy::Random, seed, owners(first, second, looks)), what);
            }
        }
    }
}

/// Whether who comes later knows what who came earlier did.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Memory {
    Ordered,
    Races,
}
use Memory::{Ordered, Races};

/// Operations that do not commute: all orders are explored, and in the one that is looked at the clocks say what the
/// program may rely on.
#[test]
fn what_does_not_commute_orders_memory_where_it_synchronizes() {
    let pairs: [(&str, Part, Part, Memory); 24] = [
        ("release store, acquire load", STORE, LOAD, Ordered),
        (
            "relaxed store, acquire load",
            |w| w.number.store(1, Relaxed),
            LOAD,
            Races,
        ),
        (
            "release store, relaxed load",
            STORE,
            |w| _ = w.number.load(Relaxed),
            Races,
        ),
        ("acquire load, release store", LOAD, STORE, Races),
        ("release store, release store", STORE, STORE, Races),
        ("add, add", ADD, ADD, Ordered),
        ("lock, lock", LOCK, LOCK, Ordered),
        ("try_lock, lock", TRY_LOCK, LOCK, Ordered),
        ("read, write", READ, WRITE, Ordered),
        ("write, read", WRITE, READ, Ordered),
        ("write, try_read", WRITE, TRY_READ, Ordered),
        ("try_read, write", TRY_READ, WRITE, Ordered),
        ("try_write, read", TRY_WRITE, READ, Ordered),
        ("unpark, park", UNPARK, PARK, Ordered),
        (
            "arrive, arrive",
            |w| _ = w.barrier.wait(),
            |w| _ = w.barrier.wait(),
            Ordered,
        ),
        (
            "set, get",
            |w| _ = w.once.set(1),
            |w| _ = w.once.get().copied(),
            Ordered,
        ),
        (
            "set, set that fails",
            |w| _ = w.once.set(1),
            |w| _ = w.once.set(2),
            Ordered,
        ),
        (
            "send, receive",
            |w| w.sender.send(1).unwrap(),
            |w| {
                let receiver = w.receiver.lock().unwrap().take().unwrap();
                receiver.recv().unwrap();
                std::mem::forget(receiver);
            },
            Ordered,
        ),
        (
            "send, try to send to what is full",
            |w| _ = w.sender.try_send(1),
            |w| _ = w.sender.try_send(2),
            Races,
        ),
        (
            "drop of the receiver, send",
            |w| {
                let receiver = w.receiver.lock().unwrap().take();
                drop(receiver);
            },
            |w| _ = w.sender.try_send(2),
            Races,
        ),
        (
            "notify, look at who waits",
            |w| w.condvar.notify_all(),
            |w| w.condvar.notify_all(),
            Races,
        ),
        (
            "sleep, a timeout",
            |_| thread::sleep(Duration::from_millis(1)),
            |_| thread::park_timeout(Duration::from_millis(2)),
            Races,
        ),
        ("clone, clone under a lock", CLONE, CLONE, Ordered),
        (
            "spin, what it waits for",
            STORE,
            |w| {
                while w.number.load(Relaxed) == 0 {
                    thread::yield_now();
                }
            },
            Races,
        ),
    ];
    for (what, first, second, memory) in pairs {
        for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
            let report = run(strategy, 0, program(first, second, false));
            match memory {
                Races => races(&report, what),
                Ordered => {
                    assert_eq!(report.verdict, Verdict::Verified, "{what}: {report}");
                }
            }
        }
    }
}

/// A look that fails learns that somebody is there, and nothing of what he did. Nor is the end of a thread seen by looking
/// for it, only by joining.
#[test]
fn who_finds_a_lock_held_knows_nothing_of_its_holder() {
    /// The cell is written while the lock is held; who cannot have the lock reads it.
    fn held(hold: fn(&World, &dyn Fn()), look: fn(&World) -> bool) -> impl Fn() + Clone + Send + Sync + 'static {
        move || {
            let world = World::new();
            let theirs = Arc::clone(&world);
            let one = thread::spawn(move || {
                // SAFETY: as said at the impl of Sync.
                hold(&theirs, &|| theirs.data.with_mut(|data| unsafe { *data = 1 }));
            });
            if look(&world) {
                // SAFETY: as said at the impl of Sync.
                world.data.with(|data| unsafe { *data });
            }
            one.join().unwrap();
        }
    }
    type Hold = fn(&World, &dyn Fn());
    let locked: Hold = |w, f| {
        let _held = w.mutex.lock().unwrap();
        f();
    };
    let written: Hold = |w, f| {
        let _held = w.lock.write().unwrap();
        f();
    };
    let read: Hold = |w, f| {
        let _held = w.lock.read().unwrap();
        f();
    };
    let asked: Hold = |w, f| {
        f();
        let _held = w.lock.write().unwrap();
    };
    // Who has had it before has released it, and that is not what was seen.
    let locked_again: Hold = |w, f| {
        f();
        drop(w.mutex.lock());
        w.done.store(true, InOrder);
        let _held = w.mutex.lock().unwrap();
    };
    let written_again: Hold = |w, f| {
        f();
        drop(w.lock.write());
        w.done.store(true, InOrder);
        let _held = w.lock.write().unwrap();
    };
    for (what, program) in [
        (
            "lock, lock again, try_lock",
            held(locked_again, |w| w.mutex.try_lock().is_err() && w.done.load(InOrder)),
        ),
        (
            "write, write again, try_read",
            held(written_again, |w| w.lock.try_read().is_err() && w.done.load(InOrder)),
        ),
        ("lock, try_lock", held(locked, |w| w.mutex.try_lock().is_err())),
        ("write, try_read", held(written, |w| w.lock.try_read().is_err())),
        ("write, try_write", held(written, |w| w.lock.try_write().is_err())),
        ("read, try_write", held(read, |w| w.lock.try_write().is_err())),
        (
            "a writer that waits, try_read",
            held(asked, |w| {
                let _shared = w.lock.read().unwrap();
                w.lock.try_read().is_err()
            }),
        ),
    ] {
        races(&run(Strategy::Exhaustive, 0, program.clone()), what);
        races(&run(Strategy::Dfs, 0, program), what);
    }
    let finished = |joins: bool| {
        move || {
            let world = World::new();
            let theirs = Arc::clone(&world);
            let one = thread::spawn(move || {
                // SAFETY: as said at the impl of Sync.
                theirs.data.with_mut(|data| unsafe { *data = 1 });
            });
            let finished = one.is_finished();
            if joins {
                one.join().unwrap();
            }
            if finished || joins {
                // SAFETY: as said at the impl of Sync.
                world.data.with(|data| unsafe { *data });
            }
        }
    };
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        races(&run(strategy.clone(), 0, finished(false)), "is_finished");
        assert_eq!(run(strategy, 0, finished(true)).verdict, Verdict::Verified);
    }
}

/// A fence is worth something only together with an operation that has been read.
#[test]
fn fences_order_memory_only_by_what_is_read_between_them() {
    let through = |ordering: selvedge::sync::atomic::Ordering| {
        move || {
            let world = World::new();
            let theirs = Arc::clone(&world);
            let one = thread::spawn(move || {
                // SAFETY: as said at the impl of Sync.
                theirs.data.with_mut(|data| unsafe { *data = 1 });
                fence(ordering);
                theirs.number.store(1, Relaxed);
            });
            let seen = world.number.load(Relaxed);
            if seen == 1 {
                fence(ordering);
                // SAFETY: as said at the impl of Sync.
                world.data.with(|data| unsafe { *data });
            }
            one.join().unwrap();
        }
    };
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        for ordering in [AcqRel, SeqCst] {
            let report = run(strategy.clone(), 0, through(ordering));
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
        }
        races(&run(strategy.clone(), 0, through(Acquire)), "two acquire fences");
        races(&run(strategy, 0, through(Release)), "two release fences");
    }
}
