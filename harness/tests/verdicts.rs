//! Programs from outside that were judged wrongly once: each test states what is right, and why.

use std::collections::BTreeSet;

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicU32};
use selvedge::sync::{Arc, Mutex, RwLock, mpsc};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future, hint, thread};

/// The failure of a program, which its schedule leads to again.
fn replayed(strategy: Strategy, program: impl Fn() + Clone + Send + Sync + 'static) -> Report {
    let report = Check::new("replayed").strategy(strategy).run(program.clone());
    let failure = report.failure.as_ref().expect("the program fails");
    let again = Check::new("replayed")
        .strategy(Strategy::Replay(failure.schedule.clone()))
        .run(program);
    assert!(again.error.is_none(), "{:?}", again.error);
    let repeated = again.failure.expect("the schedule leads to the failure");
    assert_eq!(repeated.kind, failure.kind);
    assert_eq!(repeated.trace, failure.trace);
    report
}

/// Looks at a lock late, so that the search learns late that releases are steps.
fn looks_at_a_lock_late() {
    let shared = Arc::new((Mutex::new(0).named("lock"), AtomicU32::new(0).named("seen")));
    let theirs = Arc::clone(&shared);
    let other = thread::Builder::new()
        .name("other")
        .spawn(move || {
            *theirs.0.lock().unwrap() += 1;
            theirs.1.store(1, SeqCst);
            *theirs.0.lock().unwrap() += 1;
        })
        .unwrap();
    let seen = shared.1.load(SeqCst);
    let is_free = shared.0.try_lock().is_ok();
    other.join().unwrap();
    assert!(is_free || seen == 0, "busy");
}

#[test]
fn a_failure_that_depends_on_try_lock_is_replayed() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Dfs] {
        assert_eq!(
            replayed(strategy, looks_at_a_lock_late).failure.unwrap().kind,
            FailureKind::Panic
        );
    }
}

#[test]
fn a_failure_that_depends_on_an_abort_is_replayed() {
    let program = || {
        future::block_on(async {
            let count = Arc::new(AtomicU32::new(0).named("count"));
            let theirs = Arc::clone(&count);
            let task = future::spawn(async move {
                theirs.fetch_add(1, SeqCst);
                theirs.fetch_add(1, SeqCst);
            });
            let seen = count.load(SeqCst);
            task.abort();
            let _ = task.await;
            assert_eq!(seen, 0, "it was early");
        })
    };
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Random] {
        assert_eq!(replayed(strategy, program).failure.unwrap().kind, FailureKind::Panic);
    }
}

/// Asks only where all is well, so the search learns something that no failing execution knows.
fn asks_where_all_is_well() {
    let counter = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&counter);
    let other = thread::spawn(move || {
        let seen = theirs.load(SeqCst);
        theirs.store(seen + 1, SeqCst);
    });
    let seen = counter.load(SeqCst);
    counter.store(seen + 1, SeqCst);
    if counter.load(SeqCst) == 2 {
        other.is_finished();
    }
    other.join().unwrap();
    assert_eq!(counter.load(SeqCst), 2);
}

#[test]
fn a_search_for_fewer_preemptions_does_not_lose_the_failure() {
    for seed in 0..12 {
        let report = Check::new("asks")
            .strategy(Strategy::Random)
            .seed(seed)
            .run(asks_where_all_is_well);
        let failure = report.failure.expect("an increment is lost");
        assert_eq!(failure.kind, FailureKind::Panic, "seed {seed}: {failure}");
    }
}

#[test]
fn what_is_learnt_in_the_middle_does_not_poison_the_locks_of_others() {
    struct Place(Arc<RwLock<u32>>);
    impl Drop for Place {
        fn drop(&mut self) {
            *self.0.write().unwrap() += 1;
        }
    }
    let report = Check::new("learnt").strategy(Strategy::Exhaustive).run(|| {
        let lock = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&lock);
        let (locked, is_locked) = mpsc::channel();
        let (go, goes) = mpsc::channel::<()>();
        let holder = thread::spawn(move || {
            let _guard = theirs.write().unwrap();
            locked.send(()).unwrap();
            let _ = goes.recv();
        });
        let place = Place(Arc::clone(&lock));
        is_locked.recv().unwrap();
        go.send(()).unwrap();
        thread::yield_now();
        holder.join().unwrap();
        drop(place);
        assert_eq!(*lock.read().unwrap(), 1);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_destructor_of_one_task_does_not_poison_the_locks_of_another() {
    struct Waits(Arc<Mutex<u32>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            // It waits while its task unwinds, and the holder goes on meanwhile.
            *self.0.lock().unwrap_or_else(|poison| poison.into_inner()) += 1;
        }
    }
    let report = Check::new("destructors").strategy(Strategy::Exhaustive).run(|| {
        let lock = Arc::new(Mutex::new(0));
        let (theirs, flag) = (Arc::clone(&lock), Arc::new(AtomicBool::new(false)));
        let raised = Arc::clone(&flag);
        let holder = thread::spawn(move || {
            let guard = theirs.lock().unwrap();
            raised.store(true, SeqCst);
            raised.load(SeqCst);
            drop(guard);
        });
        let waits = Waits(Arc::clone(&lock));
        let panics = thread::spawn(move || {
            let _waits = waits;
            assert!(!flag.load(SeqCst), "on purpose");
        });
        let _ = panics.join();
        holder.join().unwrap();
        lock.is_poisoned()
    });
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["false"], "{report}");
}

#[test]
fn making_the_first_cell_unwinds_nothing() {
    struct Core {
        is_whole: bool,
    }
    impl Drop for Core {
        fn drop(&mut self) {
            assert!(self.is_whole, "dropped half made");
        }
    }
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random, Strategy::Auto] {
        let report = Check::new("core").strategy(strategy).run(|| {
            let mut core = Core { is_whole: false };
            let slot = UnsafeCell::new(7);
            core.is_whole = true;
            // SAFETY: this is the only task.
            slot.with(|value| unsafe { *value })
        });
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    }
}

/// Memory that nothing but the program's own synchronization protects.
struct Hits(UnsafeCell<u32>);
// SAFETY: whether accesses race is what the tests are about.
unsafe impl Sync for Hits {}
// SAFETY: as above.
unsafe impl Send for Hits {}

impl Hits {
    fn hit(&self) {
        // SAFETY: a race ends the execution before it happens.
        self.0.with_mut(|hits| unsafe { *hits += 1 });
    }
}

fn hits() -> Hits {
    Hits(UnsafeCell::new(0).named("hits"))
}

#[test]
fn two_readers_that_write_race() {
    let program = || {
        let lock = Arc::new(RwLock::new(hits()));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || theirs.read().unwrap().hit());
        lock.read().unwrap().hit();
        other.join().unwrap();
    };
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random, Strategy::Auto] {
        let report = Check::new("readers").strategy(strategy).run(program);
        assert_eq!(report.failure.expect("they race").kind, FailureKind::DataRace);
    }
}

#[test]
fn a_reader_and_a_writer_do_not_race() {
    let report = Check::new("reader-writer").strategy(Strategy::Exhaustive).run(|| {
        let lock = Arc::new(RwLock::new(hits()));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || theirs.write().unwrap().hit());
        lock.read().unwrap().hit();
        lock.write().unwrap().hit();
        other.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// How a spinning task takes a lock. Each writes, and none of the writes changes anything while the lock is held.
type Take = fn(&AtomicU32) -> bool;
const TAKES: [(&str, Take); 4] = [
    ("swap", |lock| lock.swap(1, Acquire) == 0),
    ("fetch_or", |lock| lock.fetch_or(1, Acquire) == 0),
    ("compare_exchange", |lock| {
        lock.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
    }),
    ("fetch_max", |lock| lock.fetch_max(1, Acquire) == 0),
];

#[test]
fn a_spin_lock_holds_however_it_is_taken() {
    for (name, take) in TAKES {
        for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Portfolio] {
            for yields in [false, true] {
                let report = Check::new(format!("spin/{name}"))
                    .strategy(strategy.clone())
                    .run(move || {
                        let shared = Arc::new((AtomicU32::new(0), hits()));
                        let section = move |shared: &(AtomicU32, Hits)| {
                            while !take(&shared.0) {
                                if yields {
                                    thread::yield_now();
                                } else {
                                    hint::spin_loop();
                                }
                            }
                            shared.1.hit();
                            shared.0.store(0, Release);
                        };
                        let theirs = Arc::clone(&shared);
                        let other = thread::spawn(move || section(&theirs));
                        section(&shared);
                        other.join().unwrap();
                    });
                assert!(
                    report.failure.is_none() && report.error.is_none(),
                    "{name}, {yields}: {report}"
                );
            }
        }
    }
}

#[test]
fn three_that_spin_on_one_lock_take_turns() {
    let report = Check::new("spin/three").strategy(Strategy::Exhaustive).run(|| {
        let lock = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = (0..3)
            .map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    while lock.swap(true, Acquire) {
                        hint::spin_loop();
                    }
                    lock.store(false, Release);
                })
            })
            .collect();
        for task in tasks {
            task.join().unwrap();
        }
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_loop_without_a_hint_is_told_with_its_operation_and_what_to_write() {
    let report = Check::new("no-hint").strategy(Strategy::Exhaustive).run(|| {
        let flag = Arc::new(AtomicBool::new(false).named("flag"));
        let theirs = Arc::clone(&flag);
        let other = thread::Builder::new()
            .name("spinner")
            .spawn(move || while !theirs.load(SeqCst) {})
            .unwrap();
        other.join().unwrap();
    });
    let failure = report.failure.expect("it never ends");
    assert_eq!(failure.kind, FailureKind::StepLimit);
    let words = [
        "spinner goes round and round",
        "load of `flag`",
        "(tests/verdicts.rs:",
        "selvedge::hint::spin_loop",
    ];
    for words in words {
        assert!(failure.message.contains(words), "{words}: {}", failure.message);
    }
}

#[test]
fn what_changes_nothing_still_publishes() {
    // The flag is set already, and setting it once more releases what was written before.
    let outcomes: BTreeSet<String> = [Strategy::Exhaustive, Strategy::Dfs]
        .into_iter()
        .map(|strategy| {
            let report = Check::new("publishes").strategy(strategy).run(|| {
                let shared = Arc::new((AtomicU32::new(0), hits()));
                let theirs = Arc::clone(&shared);
                let other = thread::spawn(move || {
                    theirs.1.hit();
                    theirs.0.store(0, Release);
                    theirs.0.fetch_add(1, Release);
                });
                while shared.0.load(Acquire) == 0 {
                    hint::spin_loop();
                }
                shared.1.hit();
                other.join().unwrap();
            });
            assert!(report.failure.is_none(), "{report}");
            format!("{:?}", report.verdict)
        })
        .collect();
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["Verified"]);
}

#[test]
fn a_weak_exchange_may_fail_for_no_reason() {
    let program = || {
        let permits = AtomicU32::new(1).named("permits");
        // Takes the permit, and gives up where somebody else seems to have it.
        permits
            .compare_exchange_weak(1, 0, SeqCst, SeqCst)
            .expect("nobody else is there");
    };
    let report = Check::new("weak").strategy(Strategy::Exhaustive).run(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let report = replayed_with(|c| c.strategy(Strategy::Exhaustive).spurious_wakeups(1), program);
    let failure = report.failure.expect("it fails for no reason");
    assert!(failure.to_string().contains("➜ Err(1), for no reason"), "{failure}");
    // In a loop it does no harm.
    let report = Check::new("weak/loop")
        .strategy(Strategy::Exhaustive)
        .spurious_wakeups(2)
        .run(|| {
            let permits = AtomicU32::new(1);
            while permits.compare_exchange_weak(1, 0, SeqCst, SeqCst).is_err() {}
        });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions, 3);
}

#[test]
fn park_may_return_without_a_token() {
    let program = || {
        let flag = Arc::new(AtomicBool::new(false).named("flag"));
        let theirs = Arc::clone(&flag);
        let waiter = thread::spawn(move || {
            thread::park();
            assert!(theirs.load(SeqCst), "nobody has raised the flag");
        });
        flag.store(true, SeqCst);
        waiter.thread().unpark();
        waiter.join().unwrap();
    };
    let report = Check::new("park").strategy(Strategy::Exhaustive).run(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let report = replayed_with(|c| c.strategy(Strategy::Exhaustive).spurious_wakeups(1), program);
    let failure = report.failure.expect("it waits for nothing");
    assert!(
        failure.to_string().contains("park returns without a token"),
        "{failure}"
    );
}

/// [`replayed`] with options.
fn replayed_with(options: impl Fn(Check) -> Check, program: impl Fn() + Clone + Send + Sync + 'static) -> Report {
    let report = options(Check::new("replayed")).run(program.clone());
    let failure = report.failure.as_ref().expect("the program fails");
    let again = Check::new("replayed")
        .strategy(Strategy::Replay(failure.schedule.clone()))
        .run(program);
    assert!(again.error.is_none(), "{:?}", again.error);
    assert_eq!(
        again.failure.expect("the schedule leads to the failure").trace,
        failure.trace
    );
    report
}

#[test]
fn what_is_made_outside_the_closure_is_refused_where_it_is_used() {
    let counter = Arc::new(AtomicU32::new(0));
    let cell = Arc::new(hits());
    type Program = Box<dyn Fn() + Send + Sync>;
    let programs: [(&str, Program); 2] = [
        (
            "atomic",
            Box::new(move || {
                counter.fetch_add(1, SeqCst);
            }),
        ),
        ("cell", Box::new(move || cell.hit())),
    ];
    for (name, program) in programs {
        let report = Check::new(name).strategy(Strategy::Exhaustive).run(move || {
            // Something that is controlled, so that it is not refused for doing nothing.
            AtomicU32::new(0).load(SeqCst);
            program();
        });
        let failure = report.failure.unwrap_or_else(|| panic!("{name} is used from outside"));
        assert!(
            failure.message.contains("create it inside the checked closure"),
            "{failure}"
        );
    }
}

/// std's channels wait by parking. On real threads the first of these hangs whenever the message comes after the receiver has
/// begun to wait.
#[test]
fn a_wait_that_parks_may_take_the_token() {
    fn told_and_answered(waits: fn(&AtomicBool)) {
        let told = Arc::new(AtomicBool::new(false));
        let (answers, answer) = mpsc::channel();
        let (theirs, me) = (Arc::clone(&told), thread::current());
        let other = thread::spawn(move || {
            theirs.store(true, SeqCst);
            me.unpark();
            answers.send(1).unwrap();
        });
        assert_eq!(answer.recv(), Ok(1));
        waits(&told);
        other.join().unwrap();
    }
    let run = |waits, wakeups| {
        let [reduced, plain] = [Strategy::Exhaustive, Strategy::Dfs].map(|strategy| {
            let check = Check::new("token").strategy(strategy).spurious_wakeups(wakeups);
            check.run(move || told_and_answered(waits))
        });
        assert_eq!(reduced.verdict, plain.verdict, "{reduced}\n{plain}");
        reduced
    };
    let once = |_: &AtomicBool| thread::park();
    assert_eq!(run(once, 0).verdict, Verdict::Verified);
    let failure = run(once, 1).failure.expect("the token is gone");
    assert_eq!(failure.kind, FailureKind::Deadlock);
    let text = failure.to_string();
    assert!(text.contains("the wait has parked, and taken the token"), "{text}");
    let until_told = |told: &AtomicBool| {
        while !told.load(SeqCst) {
            thread::park();
        }
    };
    for wakeups in 0..=2 {
        assert_eq!(run(until_told, wakeups).verdict, Verdict::Verified);
    }
}

#[test]
fn a_thread_of_the_execution_before_cannot_be_unparked() {
    let kept: Arc<std::sync::Mutex<Option<thread::Thread>>> = Arc::default();
    let report = Check::new("stale").strategy(Strategy::Dfs).run(move || {
        let task = thread::spawn(|| ());
        let before = kept.lock().unwrap().replace(task.thread().clone());
        if let Some(before) = before {
            before.unpark();
        }
        task.join().unwrap();
        selvedge::choose(2)
    });
    let failure = report.failure.expect("the second execution uses a thread of the first");
    assert!(
        failure.message.contains("outside the execution that uses it"),
        "{failure}"
    );
}

#[test]
fn a_thread_that_nobody_knows_is_told_so() {
    let report = Check::new("unknown").strategy(Strategy::Exhaustive).run(|| {
        let counter = std::sync::Arc::new(AtomicU32::new(0).named("counter"));
        let theirs = std::sync::Arc::clone(&counter);
        let ended = std::thread::spawn(move || theirs.fetch_add(1, SeqCst)).join();
        let payload = ended.expect_err("it is refused");
        let text = payload.downcast_ref::<String>().expect("the text has arguments");
        assert!(text.contains("start threads with selvedge::thread::spawn"), "{text}");
        counter.load(SeqCst)
    });
    // Whoever catches that has a program that nobody controls, all the same.
    let failure = report.failure.expect("a thread is not controlled");
    assert!(
        failure
            .message
            .contains("a thread that selvedge does not know has used an object"),
        "{failure}"
    );
}

#[test]
fn a_loop_that_only_chooses_ends_at_the_limit() {
    for strategy in [Strategy::Exhaustive, Strategy::Random] {
        let report = Check::new("chooses")
            .strategy(strategy)
            .max_steps(500)
            .run(|| while selvedge::choose(2) < 2 {});
        let failure = report.failure.expect("it never ends");
        assert_eq!(failure.kind, FailureKind::StepLimit);
        assert!(failure.message.contains("not finished after 500 steps"), "{failure}");
    }
}

#[test]
fn a_choice_among_too_many_is_refused() {
    let report = Check::new("huge")
        .strategy(Strategy::Exhaustive)
        .run(|| selvedge::choose(u32::MAX as usize));
    let failure = report.failure.expect("nobody could explore that");
    assert!(
        failure.message.contains("more arms than could ever be explored"),
        "{failure}"
    );
}

#[test]
fn the_runtime_of_tokio_is_told_apart_from_ours() {
    let report = Check::new("tokio").strategy(Strategy::Exhaustive).run(|| {
        future::block_on(async { tokio::time::sleep(std::time::Duration::from_millis(1)).await });
    });
    let failure = report.failure.expect("there is no runtime of tokio");
    assert!(failure.message.contains("selvedge::time"), "{failure}");
}

/// Two threads that may wait for each other, after `races` that make more interleavings. What `left` gives is dropped where the
/// execution ends in a deadlock, and forgotten where it does not.
fn deadlocks<L>(
    name: &str,
    left: impl Fn(&Arc<(Mutex<()>, Mutex<()>, AtomicU32)>) -> L + Send + Sync + 'static,
) -> Report {
    Check::new(name)
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(move || {
            let shared = Arc::new((Mutex::new(()), Mutex::new(()), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.2.store(1, SeqCst);
                theirs.2.store(2, SeqCst);
                let _second = theirs.1.lock().unwrap();
                let _first = theirs.0.lock().unwrap();
            });
            let left = left(&shared);
            shared.2.load(SeqCst);
            let first = shared.0.lock().unwrap();
            let second = shared.1.lock().unwrap();
            drop((first, second));
            std::mem::forget(left);
            other.join().unwrap();
        })
}

#[test]
fn what_a_destructor_does_at_the_end_of_an_execution_teaches_nothing() {
    struct Looks(Arc<(Mutex<()>, Mutex<()>, AtomicU32)>);
    impl Drop for Looks {
        fn drop(&mut self) {
            drop(self.0.1.try_lock());
        }
    }
    struct Aborts(future::AbortHandle);
    impl Drop for Aborts {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let plain = deadlocks("plain", |_| ());
    let looks = deadlocks("looks", |shared| Looks(Arc::clone(shared)));
    let plain_task = deadlocks("plain-task", |_| drop(future::spawn(async {})));
    let aborts = deadlocks("aborts", |_| Aborts(future::spawn(async {}).abort_handle()));
    for (plain, destructor) in [(plain, looks), (plain_task, aborts)] {
        let counts = |r: &Report| (r.executions, r.failing_executions, r.blocked_executions, r.complete);
        assert_eq!(counts(&destructor), counts(&plain), "{destructor}");
        assert_eq!(
            destructor.failure.expect("they wait for each other").kind,
            FailureKind::Deadlock
        );
    }
}

#[test]
fn a_loop_that_counts_its_rounds_waits_all_the_same() {
    let report = Check::new("counts").strategy(Strategy::Exhaustive).run(|| {
        let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let spinner = thread::spawn(move || {
            while !theirs.0.load(SeqCst) {
                theirs.1.fetch_add(1, SeqCst);
                hint::spin_loop();
            }
        });
        shared.0.store(true, SeqCst);
        spinner.join().unwrap();
        shared.1.load(SeqCst)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["0", "1"]);
}

#[test]
fn a_change_between_two_looks_of_one_round_lets_the_loop_go_on() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        let report = Check::new("between").strategy(strategy).run(|| {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let theirs = Arc::clone(&shared);
            let spinner = thread::spawn(move || {
                let mut came_between = false;
                while theirs.0.load(SeqCst) == 0 {
                    came_between |= theirs.0.load(SeqCst) == 1;
                    hint::spin_loop();
                }
                (came_between, theirs.1.load(SeqCst))
            });
            shared.0.store(1, SeqCst);
            shared.1.store(1, SeqCst);
            spinner.join().unwrap()
        });
        // It need not wait for the second store.
        assert!(report.outcomes.contains_key("(true, 0)"), "{report}");
        assert_eq!(report.verdict, Verdict::Verified);
    }
}

/// A thread of a scope may start another one while the scope waits, which is waited for, too.
#[test]
fn a_scope_waits_for_what_its_threads_start() {
    let report = Check::new("scope").strategy(Strategy::Exhaustive).run(|| {
        let started = AtomicU32::new(0);
        thread::scope(|s| {
            s.spawn(|| {
                s.spawn(|| started.fetch_add(1, SeqCst));
            });
        });
        assert_eq!(started.load(SeqCst), 1);
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// Whatever waits by parking may take the token: both ends of a channel, and the end of a scope.
#[test]
fn every_wait_that_parks_may_take_the_token() {
    fn receives() {
        let (send, receive) = mpsc::channel();
        let other = thread::spawn(move || send.send(1).unwrap());
        thread::current().unpark();
        receive.recv().unwrap();
        thread::park();
        other.join().unwrap();
    }
    fn sends<const BOUND: usize>() {
        let (send, receive) = mpsc::sync_channel(BOUND);
        let other = thread::spawn(move || receive.iter().take(2).count());
        thread::current().unpark();
        send.send(1).unwrap();
        send.send(2).unwrap();
        thread::park();
        other.join().unwrap();
    }
    fn ends_a_scope() {
        thread::current().unpark();
        thread::scope(|s| {
            s.spawn(|| ());
        });
        thread::park();
    }
    for program in [receives as fn(), sends::<0>, sends::<1>, ends_a_scope] {
        let run = |wakeups| {
            let check = Check::new("token").strategy(Strategy::Exhaustive).cause(false);
            check.spurious_wakeups(wakeups).run(program)
        };
        assert_eq!(run(0).verdict, Verdict::Verified);
        assert_eq!(run(1).failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
    }
}
