//! Objects whose constructors are constants: in statics, on stacks, in what an `Arc` holds, on the heap.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, Once, OnceLock, RwLock};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

static COUNTER: AtomicU32 = AtomicU32::new(0);
static LOG: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static TABLE: RwLock<u32> = RwLock::new(7);
static ONCE: Once = Once::new();
static CONFIG: OnceLock<String> = OnceLock::new();
static CHANGED: Condvar = Condvar::new();

fn exhaustive(program: impl Fn() + Send + Sync + 'static) -> Report {
    Check::new("const-new").strategy(Strategy::Exhaustive).run(program)
}

/// As many traces as when each object is made by name.
fn compare(program: fn(bool)) -> u64 {
    let (named, unnamed) = (exhaustive(move || program(true)), exhaustive(move || program(false)));
    for report in [&named, &unnamed] {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.blocked_executions, 0, "{report}");
    }
    assert_eq!(named.executions, unnamed.executions);
    named.executions
}

#[test]
fn a_static_begins_each_execution_afresh() {
    let report = exhaustive(|| {
        let threads = [1, 2].map(|n| {
            thread::spawn(move || {
                COUNTER.fetch_add(n, SeqCst);
                LOG.lock().unwrap().push(n);
                ONCE.call_once(|| {
                    CONFIG.set("made".to_owned()).unwrap();
                });
                *TABLE.write().unwrap() += 1;
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(COUNTER.load(SeqCst), 3);
        let mut log = LOG.lock().unwrap().clone();
        log.sort_unstable();
        assert_eq!(log, [1, 2]);
        assert_eq!(*TABLE.read().unwrap(), 9);
        assert_eq!(CONFIG.get().map(String::as_str), Some("made"));
    });
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.executions > 1);
}

#[test]
fn a_race_on_a_static_is_found_and_replays() {
    let report = exhaustive(|| {
        let other = thread::spawn(|| {
            let seen = COUNTER.load(SeqCst);
            COUNTER.store(seen + 1, SeqCst);
        });
        let seen = COUNTER.load(SeqCst);
        COUNTER.store(seen + 1, SeqCst);
        other.join().unwrap();
        assert_eq!(COUNTER.load(SeqCst), 2);
    });
    assert_eq!(report.failure.expect("an increment is lost").kind, FailureKind::Panic);
}

#[test]
fn a_static_that_waits() {
    let report = exhaustive(|| {
        let other = thread::spawn(|| {
            LOG.lock().unwrap().push(1);
            CHANGED.notify_one();
        });
        let mut log = LOG.lock().unwrap();
        while log.is_empty() {
            log = CHANGED.wait(log).unwrap();
        }
        drop(log);
        other.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified);
}

fn counter(named: bool, name: &str) -> AtomicU32 {
    match named {
        true => AtomicU32::new(0).named(name),
        false => AtomicU32::new(0),
    }
}

#[test]
fn objects_in_an_arc_and_on_a_stack() {
    let count = compare(|named| {
        let shared = Arc::new([counter(named, "a"), counter(named, "b")]);
        let local = counter(named, "c");
        thread::scope(|scope| {
            for n in 0..2 {
                let (shared, local) = (Arc::clone(&shared), &local);
                scope.spawn(move || {
                    shared[n].fetch_add(1, SeqCst);
                    shared[1].load(SeqCst);
                    local.fetch_add(1, SeqCst);
                });
            }
        });
    });
    assert!(count > 2);
}

/// Whoever is first takes the first slot, so that the tasks come to the objects in every order.
fn slots(named: bool, tasks: usize) {
    let slots: std::sync::Arc<Vec<AtomicU32>> =
        std::sync::Arc::new((0..tasks).map(|n| counter(named, &n.to_string())).collect());
    let next = std::sync::Arc::new(counter(named, "next"));
    let threads: Vec<_> = (0..tasks)
        .map(|_| {
            let (slots, next) = (slots.clone(), next.clone());
            thread::spawn(move || {
                let mine = next.fetch_add(1, SeqCst) as usize;
                slots[mine].store(1, SeqCst);
                slots.iter().filter(|slot| slot.load(SeqCst) == 1).count()
            })
        })
        .collect();
    let first = slots[0].load(SeqCst);
    assert!(first <= 1);
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn objects_on_the_heap() {
    assert!(compare(|named| slots(named, 2)) > 10);
}

#[test]
fn readers_of_one_object_on_the_heap_are_one_interleaving() {
    let count = compare(|named| {
        let shared: &'static AtomicU32 = Box::leak(Box::new(counter(named, "a")));
        let threads = [0, 1, 2, 3].map(|_| thread::spawn(move || shared.load(SeqCst)));
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert_eq!(count, 1);
}

#[test]
fn objects_on_the_heap_under_the_memory_model() {
    use selvedge::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
    fn ring(named: bool) {
        let slots: std::sync::Arc<Vec<AtomicU32>> =
            std::sync::Arc::new((0..2).map(|n| counter(named, &n.to_string())).collect());
        let next = std::sync::Arc::new(counter(named, "next"));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (slots, next) = (slots.clone(), next.clone());
                thread::spawn(move || {
                    let mine = next.fetch_add(1, AcqRel) as usize;
                    slots[mine].store(1, Release);
                })
            })
            .collect();
        let seen = slots[1].load(Acquire) + slots[0].load(Relaxed);
        assert!(seen <= 2);
        for thread in threads {
            thread.join().unwrap();
        }
    }
    let run = |named| {
        let report = Check::new("ring")
            .strategy(Strategy::Exhaustive)
            .memory_model(MemoryModel::Rust)
            .run(move || ring(named));
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        report.executions - report.blocked_executions
    };
    assert_eq!(run(true), run(false));
}

/// Objects without names that one place of the program makes are told apart by who comes first, and a schedule says which is
/// which: it is followed by whoever knows nothing of the search.
#[test]
fn failures_with_objects_on_the_heap_replay() {
    let program = || {
        let slots: Vec<std::sync::Arc<Mutex<u32>>> = (0..3).map(|_| std::sync::Arc::new(Mutex::new(0))).collect();
        let threads: Vec<_> = [0, 2]
            .into_iter()
            .map(|n| {
                let slots = slots.clone();
                thread::spawn(move || {
                    let seen = *slots[n].lock().unwrap();
                    let between = *slots[1].lock().unwrap();
                    *slots[1].lock().unwrap() = between + 1 + seen;
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*slots[1].lock().unwrap(), 2);
    };
    for strategy in [Strategy::Exhaustive, Strategy::Random, Strategy::Pct { depth: 3 }] {
        let report = Check::new("const-new/heap").strategy(strategy.clone()).run(program);
        let failure = report.failure.expect("an increment can be lost");
        assert_eq!(failure.kind, FailureKind::Panic, "{strategy:?}: {failure}");
        let again = Check::new("const-new/heap")
            .strategy(Strategy::Replay(failure.schedule.clone()))
            .run(program);
        let retold = again.failure.expect("a failing schedule fails again");
        assert_eq!(retold.trace.timeline(), failure.trace.timeline());
    }
}

/// A program in which each task comes to other objects, depending on who was first, and in which tasks come to none at all.
#[test]
fn objects_that_some_tasks_never_use() {
    for tasks in [2, 3] {
        let program = move |named: bool| {
            let slots: std::sync::Arc<Vec<AtomicU32>> =
                std::sync::Arc::new((0..tasks).map(|n| counter(named, &n.to_string())).collect());
            let turn = Arc::new(counter(named, "turn"));
            let threads: Vec<_> = (0..tasks)
                .map(|n| {
                    let (slots, turn) = (slots.clone(), turn.clone());
                    thread::spawn(move || {
                        let mine = turn.swap(n as u32, SeqCst) as usize;
                        if mine != n {
                            slots[mine].fetch_add(1, SeqCst);
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            assert!(slots.iter().all(|slot| slot.load(SeqCst) < 3));
        };
        let run = |named| exhaustive(move || program(named)).executions;
        assert_eq!(run(true), run(false), "{tasks} tasks");
    }
}

/// What is dropped at the end of an execution is what the execution has made of a static, once.
#[test]
fn what_a_static_holds_is_dropped_with_the_execution() {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    static MADE: AtomicU64 = AtomicU64::new(0);
    static DROPPED: AtomicU64 = AtomicU64::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Relaxed);
        }
    }
    static HELD: Mutex<Option<Counted>> = Mutex::new(None);
    let report = exhaustive(|| {
        let put = || {
            HELD.lock().unwrap().get_or_insert_with(|| {
                MADE.fetch_add(1, Relaxed);
                Counted
            });
        };
        let other = thread::spawn(put);
        put();
        other.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(MADE.load(Relaxed), DROPPED.load(Relaxed));
    assert!(MADE.load(Relaxed) >= report.executions);
}

/// On real threads, too, each execution has its own.
#[test]
fn a_static_begins_each_execution_on_real_threads_afresh() {
    static TOTAL: AtomicU32 = AtomicU32::new(0);
    static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let report = Check::new("const-new/stress")
        .strategy(Strategy::Stress)
        .max_executions(50)
        .run(|| {
            let other = thread::spawn(|| {
                TOTAL.fetch_add(1, SeqCst);
                NAMES.lock().unwrap().push("other".to_owned());
            });
            TOTAL.fetch_add(1, SeqCst);
            NAMES.lock().unwrap().push("main".to_owned());
            other.join().unwrap();
            assert_eq!(TOTAL.load(SeqCst), 2);
            assert_eq!(NAMES.lock().unwrap().len(), 2);
        });
    assert!(report.failure.is_none(), "{report}");
    assert_eq!(report.executions, 50);
}

/// A static that has been used outside of a check holds what nobody can begin with.
#[test]
fn a_static_that_was_used_outside_is_an_error() {
    static USED: Mutex<u32> = Mutex::new(0);
    *USED.lock().unwrap() += 1;
    let report = exhaustive(|| *USED.lock().unwrap() += 1);
    let failure = report.failure.expect("it is not what it was made");
    assert!(failure.message.contains("outside"), "{}", failure.message);
}
