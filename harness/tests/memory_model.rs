//! Rust's memory model, as who uses this crate meets it: what fails under it and why, what holds, and what is said of either.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicBool, AtomicUsize, fence};
use selvedge::sync::{Arc, Condvar, Mutex, mpsc};
use selvedge::{Check, Error, FailureKind, MemoryModel, Report, Strategy, Verdict, hint, thread};

/// Data that are no atomic.
struct Data(UnsafeCell<u32>);

// SAFETY: all accesses are announced to the engine, which lets one task run at a time and tells races.
unsafe impl Sync for Data {}

impl Data {
    fn new() -> Self {
        Data(UnsafeCell::new(0).named("data"))
    }

    fn read(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|data| unsafe { *data })
    }

    fn write(&self, value: u32) {
        // SAFETY: as above.
        self.0.with_mut(|data| unsafe { *data = value });
    }
}

fn check(name: &str) -> Check {
    Check::new(name).cause(false)
}

fn exhaustive(program: impl Fn() + Send + Sync + 'static) -> Report {
    check("memory").strategy(Strategy::Exhaustive).run(program)
}

/// A message of two words: the second one says that the first one is there.
fn message(stores: Ordering, loads: Ordering) -> impl Fn() + Send + Sync + 'static {
    move || {
        let shared = Arc::new((AtomicUsize::new(0).named("data"), AtomicBool::new(false).named("ready")));
        let sender = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.store(7, Relaxed);
                shared.1.store(true, stores);
            }
        });
        if shared.1.load(loads) {
            assert_eq!(shared.0.load(Relaxed), 7, "ready, and the data are not there");
        }
        sender.join().unwrap();
    }
}

#[test]
fn a_message_needs_a_release_and_an_acquire() {
    for (stores, loads, holds) in [
        (Relaxed, Relaxed, false),
        (Release, Relaxed, false),
        (Relaxed, Acquire, false),
        (Release, Acquire, true),
        (SeqCst, SeqCst, true),
    ] {
        let report = exhaustive(message(stores, loads));
        assert_eq!(report.memory_model, MemoryModel::Rust, "{stores:?} {loads:?}");
        let expected = if holds { Verdict::Verified } else { Verdict::Failed };
        assert_eq!(report.verdict, expected, "{stores:?} {loads:?}: {report}");
        if holds {
            assert_eq!(report.executions, 2);
            assert_eq!(report.basis, "all 2 execution graphs");
        }
        // A sequentially consistent search cannot know.
        let blind = Check::new("memory").memory_model(MemoryModel::SequentiallyConsistent);
        let blind = blind.run(message(stores, loads));
        assert_eq!(blind.verdict, Verdict::Verified);
        assert_eq!(blind.memory_model, MemoryModel::SequentiallyConsistent);
        assert!(
            blind
                .basis
                .ends_with("weaker than SeqCst were checked for data races only"),
            "{}",
            blind.basis
        );
    }
}

#[test]
fn a_stale_load_says_so_and_its_schedule_replays() {
    let report = check("message").run(message(Relaxed, Relaxed));
    let failure = report.failure.expect("the data may not be there");
    let text = failure.within(80).to_string();
    assert!(text.contains("data ➜ 0, stale: step 1 stored 7"), "{text}");
    let why = "nothing orders step 1, which stored `data`, before step 5, which did not see it; `ready` could: step 2 \
               stores it Relaxed, which publishes nothing, and step 4 loads it Relaxed, which learns nothing";
    assert!(failure.message.ends_with(why), "{}", failure.message);
    // Who does not look any more is not told about.
    let wide = failure.within(160).to_string();
    let visible: Vec<&str> = wide
        .lines()
        .filter_map(|line| line.split_once("main: "))
        .map(|(_, cell)| cell)
        .collect();
    assert_eq!(visible, ["data 0 or 7", "ready false or true"], "{wide}");
    let readme = include_str!("../../README.md");
    let steps: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with(" step"))
        .take_while(|line| !line.starts_with(" (left out"))
        .collect();
    assert!(
        readme.contains(&steps.join("\n")),
        "the README shows another one: {text}"
    );
    let folder = std::env::temp_dir().join(format!("selvedge-memory-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("stale.json");
    failure.schedule.save(&file).unwrap();
    let schedule = selvedge::Schedule::load(&file).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let again = Check::new("message")
        .strategy(Strategy::Replay(schedule))
        .run(message(Relaxed, Relaxed));
    assert_eq!(again.failure.expect("it fails again").within(80).to_string(), text);
}

#[test]
fn samples_see_stale_stores_and_the_same_seed_the_same() {
    for strategy in [
        Strategy::Random,
        Strategy::Pct { depth: 2 },
        Strategy::Urw,
        Strategy::Pos,
        Strategy::Surw,
        Strategy::Portfolio,
        Strategy::Dfs,
    ] {
        let run = || {
            check("message")
                .strategy(strategy.clone())
                .max_executions(500)
                .run(message(Relaxed, Relaxed))
        };
        let report = run();
        let name = strategy.name();
        let failure = report.failure.unwrap_or_else(|| panic!("{name}: {}", report.basis));
        assert_eq!(failure.to_string(), run().failure.unwrap().to_string(), "{name}");
        let held = check("message")
            .strategy(strategy.clone())
            .max_executions(500)
            .run(message(Release, Acquire));
        assert_ne!(held.verdict, Verdict::Failed, "{name}: {held}");
        assert!(
            held.basis.ends_with("what Rust's memory model lets them see"),
            "{}",
            held.basis
        );
    }
}

/// A relaxed load of a flag, a fence behind it, and data that are no atomic.
#[test]
fn races_are_found_through_whatever_a_load_may_read() {
    // The stores in front of the flag, the flag's ordering, the load's, a fence before the store and one after the load.
    let program =
        |stores: Ordering, loads: Ordering, before: Option<Ordering>, after: Option<Ordering>, again: bool| {
            move || {
                let shared = Arc::new((Data::new(), AtomicUsize::new(0).named("flag")));
                let writer = thread::spawn({
                    let shared = Arc::clone(&shared);
                    move || {
                        shared.0.write(1);
                        before.into_iter().for_each(fence);
                        shared.1.store(1, stores);
                        if again {
                            // A plain store ends the release sequence.
                            shared.1.store(2, Relaxed);
                        }
                    }
                });
                let seen = shared.1.load(loads);
                after.into_iter().for_each(fence);
                if seen > 0 {
                    shared.0.read();
                }
                writer.join().unwrap();
            }
        };
    let publishes = [
        (Relaxed, None, false),
        (Release, None, true),
        (SeqCst, None, true),
        (Relaxed, Some(Release), true),
        (Relaxed, Some(Acquire), false),
        (Relaxed, Some(AcqRel), true),
        (Relaxed, Some(SeqCst), true),
    ];
    let learns = [
        (Relaxed, None, false),
        (Acquire, None, true),
        (SeqCst, None, true),
        (Relaxed, Some(Acquire), true),
        (Relaxed, Some(Release), false),
        (Relaxed, Some(AcqRel), true),
        (Relaxed, Some(SeqCst), true),
    ];
    for (stores, before, published) in publishes {
        for (loads, after, learned) in learns {
            let told = format!("{stores:?} {before:?}, {loads:?} {after:?}");
            let report = exhaustive(program(stores, loads, before, after, false));
            let kind = report.failure.as_ref().map(|failure| failure.kind);
            let expected = (!(published && learned)).then_some(FailureKind::DataRace);
            assert_eq!(kind, expected, "{told}: {report}");
            // A release fence counts for the second store, a release store does not.
            let again = exhaustive(program(stores, loads, before, after, true));
            let fenced = before.is_some() && published;
            let expected = (!(fenced && learned)).then_some(FailureKind::DataRace);
            assert_eq!(
                again.failure.as_ref().map(|failure| failure.kind),
                expected,
                "{told}, and again: {again}"
            );
        }
    }
}

#[test]
fn sequentially_consistent_accesses_are_taken_as_such() {
    let dekker = |ordering: Ordering| {
        move || {
            let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
            let other = thread::spawn({
                let shared = Arc::clone(&shared);
                move || {
                    shared.0.store(true, ordering);
                    !shared.1.load(if ordering == Release { Acquire } else { ordering })
                }
            });
            shared.1.store(true, ordering);
            let mine = !shared.0.load(if ordering == Release { Acquire } else { ordering });
            assert!(!(other.join().unwrap() && mine), "both inside");
        }
    };
    let report = exhaustive(dekker(SeqCst));
    assert_eq!((report.verdict, report.executions), (Verdict::Verified, 3));
    // No ordering is weaker, so the two models are one.
    assert_eq!(report.memory_model, MemoryModel::SequentiallyConsistent);
    assert_eq!(exhaustive(dekker(Release)).failure.unwrap().kind, FailureKind::Panic);
}

#[test]
fn a_read_modify_write_comes_right_after_what_it_reads() {
    let report = exhaustive(|| {
        let shared = Arc::new((
            AtomicBool::new(false).named("pending"),
            Mutex::new(false).named("stored"),
        ));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let first = shared.0.swap(false, AcqRel);
                if *shared.1.lock().unwrap() {
                    let second = shared.0.swap(false, AcqRel);
                    assert!(first || second, "the store was lost");
                }
            }
        });
        shared.0.store(true, Release);
        *shared.1.lock().unwrap() = true;
        other.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_latch_that_is_read_after_it_was_set_is_a_race() {
    let report = exhaustive(|| {
        let latch = Arc::new((AtomicBool::new(false).named("done"), Data::new()));
        let main = thread::current();
        let worker = thread::spawn({
            let latch = Arc::clone(&latch);
            move || {
                latch.0.store(true, Release);
                latch.1.read();
                main.unpark();
            }
        });
        while !latch.0.load(Acquire) {
            thread::park();
        }
        latch.1.write(1);
        worker.join().unwrap();
    });
    assert_eq!(report.failure.expect("a race").kind, FailureKind::DataRace);
}

/// What comes after a store is not published by it.
#[test]
fn data_that_are_written_after_they_were_published_race() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive, Strategy::Random] {
        // Only one task acquires, and only where the other has been, so that no order alone shows the race.
        let report = check("after").strategy(strategy.clone()).run(|| {
            let shared = Arc::new((Data::new(), AtomicUsize::new(0).named("flag")));
            let writer = thread::spawn({
                let shared = Arc::clone(&shared);
                move || {
                    if shared.1.fetch_or(1, AcqRel) == 2 {
                        shared.0.write(1);
                    }
                }
            });
            shared.1.fetch_or(2, AcqRel);
            if shared.1.load(Acquire) == 3 {
                shared.0.write(2);
            }
            writer.join().unwrap();
        });
        let kind = report.failure.as_ref().map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::DataRace), "{}: {report}", strategy.name());
    }
}

#[test]
fn a_spin_lock_holds_if_it_acquires_and_releases() {
    let program = |acquire: Ordering, release: Ordering| {
        move || {
            let shared = Arc::new((AtomicBool::new(false).named("lock"), Data::new()));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || {
                        while shared.0.swap(true, acquire) {
                            hint::spin_loop();
                        }
                        shared.1.write(shared.1.read() + 1);
                        shared.0.store(false, release);
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
    };
    let report = exhaustive(program(Acquire, Release));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    for (acquire, release) in [(Relaxed, Release), (Acquire, Relaxed)] {
        let kind = exhaustive(program(acquire, release))
            .failure
            .map(|failure| failure.kind);
        assert_eq!(kind, Some(FailureKind::DataRace), "{acquire:?} {release:?}");
    }
}

#[test]
fn a_flag_that_is_never_set_is_a_livelock_and_one_that_is_ends_the_loop() {
    let program = |sets: bool| {
        move || {
            let flag = Arc::new(AtomicBool::new(false).named("flag"));
            let other = thread::spawn({
                let flag = Arc::clone(&flag);
                move || {
                    if sets {
                        flag.store(true, Relaxed);
                    }
                }
            });
            while !flag.load(Relaxed) {
                hint::spin_loop();
            }
            other.join().unwrap();
        }
    };
    let report = exhaustive(program(true));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(exhaustive(program(false)).failure.unwrap().kind, FailureKind::Livelock);
}

/// Whatever else there is takes part: a queue with a condition variable, and a channel.
#[test]
fn condition_variables_and_channels_synchronize() {
    let report = exhaustive(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new(), AtomicUsize::new(0).named("data")));
        let (send, receive) = mpsc::channel();
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let mut ready = shared.0.lock().unwrap();
                while !*ready {
                    ready = shared.1.wait(ready).unwrap();
                }
                drop(ready);
                assert_eq!(shared.2.load(Relaxed), 1);
                shared.2.store(2, Relaxed);
                send.send(()).unwrap();
            }
        });
        shared.2.store(1, Relaxed);
        *shared.0.lock().unwrap() = true;
        shared.1.notify_one();
        receive.recv().unwrap();
        assert_eq!(shared.2.load(Relaxed), 2);
        waiter.join().unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.memory_model, MemoryModel::Rust);
}

#[test]
fn more_than_five_threads() {
    let report = exhaustive(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || counter.fetch_add(1, Relaxed))
            })
            .collect();
        threads.into_iter().for_each(|thread| _ = thread.join().unwrap());
        assert_eq!(counter.load(Relaxed), 6);
    });
    assert_eq!(
        (report.verdict, report.executions),
        (Verdict::Verified, 720),
        "{report}"
    );
}

#[test]
fn what_the_search_cannot_follow_is_said() {
    let sleeper = || {
        let flag = Arc::new(AtomicBool::new(false));
        let other = thread::spawn({
            let flag = Arc::clone(&flag);
            move || flag.store(true, Relaxed)
        });
        flag.load(Relaxed);
        // The last yield is no round of a loop, so it marks a step that the kernel cannot see.
        thread::yield_now();
        flag.load(Relaxed);
        other.join().unwrap();
    };
    let report = exhaustive(sleeper);
    let Some(Error::Unsupported { message }) = report.error else {
        panic!("{report}")
    };
    assert!(
        message.contains("it yields where it does not come round again"),
        "{message}"
    );
    // By default it does what it can, and claims no more.
    let report = check("sleeper").run(sleeper);
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    assert!(
        report.basis.contains("under sequential consistency, and a sample of"),
        "{}",
        report.basis
    );
    let report = exhaustive_in_parts(sleeper);
    let Some(Error::Unsupported { message }) = report.error else {
        panic!("{report}")
    };
    assert!(
        message.contains("it yields where it does not come round again"),
        "{message}"
    );
}

fn exhaustive_in_parts(program: impl Fn() + Send + Sync + 'static) -> Report {
    check("parts").strategy(Strategy::Exhaustive).shard(1, 2).run(program)
}

#[test]
fn a_bound_on_preemptions_means_sequential_consistency() {
    let report = check("bound")
        .strategy(Strategy::Dfs)
        .preemption_bound(2)
        .run(message(Relaxed, Relaxed));
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.memory_model, MemoryModel::SequentiallyConsistent);
    assert!(
        report
            .basis
            .contains("a bound on preemptions means sequentially consistent"),
        "{}",
        report.basis
    );
}

/// Stopped early, it claims nothing.
#[test]
fn a_search_that_is_cut_short_is_not_complete() {
    let report = check("short")
        .strategy(Strategy::Exhaustive)
        .max_executions(1)
        .run(message(Release, Acquire));
    assert_eq!(report.verdict, Verdict::Passed);
    assert_eq!(report.basis, "the first 1 execution graph: the search is not complete");
}

/// However small the budget is, and whether or not there is a weak ordering.
#[test]
fn no_search_goes_beyond_its_budget() {
    let counters = |ordering: Ordering| {
        move || {
            let counter = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    let counter = Arc::clone(&counter);
                    thread::spawn(move || counter.fetch_add(1, ordering))
                })
                .collect();
            threads.into_iter().for_each(|thread| _ = thread.join().unwrap());
        }
    };
    for ordering in [SeqCst, Relaxed] {
        for budget in [1, 2, 3, 9, 10, 15, 16, 17, 20, 23, 24, 40, 100] {
            for strategy in [Strategy::Auto, Strategy::Exhaustive] {
                let told = format!("{ordering:?}, {budget}, {}", strategy.name());
                let report = check("budget")
                    .strategy(strategy)
                    .max_executions(budget)
                    .run(counters(ordering));
                assert!(report.error.is_none() && report.failure.is_none(), "{told}: {report}");
                assert!(
                    (1..=budget).contains(&report.executions),
                    "{told}: {}",
                    report.executions
                );
                if report.complete {
                    assert_eq!(report.executions, 24, "{told}");
                }
            }
        }
    }
}

/// A fence publishes and learns, too.
#[test]
fn a_fence_on_one_side_is_not_what_is_missing() {
    let report = exhaustive(|| {
        let shared = Arc::new((AtomicUsize::new(0).named("data"), AtomicBool::new(false).named("ready")));
        let sender = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.0.store(7, Relaxed);
                fence(Release);
                shared.1.store(true, Relaxed);
            }
        });
        if shared.1.load(Relaxed) {
            assert_eq!(shared.0.load(Relaxed), 7, "ready, and the data are not there");
        }
        sender.join().unwrap();
    });
    let message = report.failure.expect("the data may not be there").message;
    assert!(
        message.ends_with("`ready` could: step 4 loads it Relaxed, which learns nothing"),
        "{message}"
    );
}

/// What an acquire takes away is told, too, and what the order of all sequentially consistent operations does.
#[test]
fn what_is_still_visible_is_told_of_those_who_look_later() {
    let pair = || (AtomicUsize::new(0).named("data"), AtomicUsize::new(0).named("ready"));
    let visible = |report: Report, who: &str| {
        let text = report.failure.expect("one is looked for").within(160).to_string();
        let cells = text.lines().filter_map(|line| line.split_once(who));
        cells.map(|(_, cell)| cell.to_owned()).collect::<Vec<_>>()
    };
    let report = check("told").strategy(Strategy::Dfs).run(move || {
        let shared = Arc::new(pair());
        let theirs = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.0.store(2, Relaxed);
            theirs.1.store(1, Release);
        });
        assert!(shared.1.load(Acquire) == 0 || shared.0.load(Relaxed) == 0);
        writer.join().unwrap();
    });
    assert_eq!(
        visible(report, "main: "),
        ["data 0 or 1", "data 0 or 1 or 2", "ready 0 or 1", "data 2"]
    );
    let buffering = |load: Ordering| {
        check("buffering").strategy(Strategy::Dfs).run(move || {
            let shared = Arc::new(pair());
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                // Makes the memory model matter, and changes nothing.
                theirs.1.load(Relaxed);
                theirs.1.store(1, SeqCst);
                theirs.0.load(load)
            });
            shared.0.store(1, SeqCst);
            let seen = shared.1.load(SeqCst);
            assert!(seen == 1 || other.join().unwrap() == 0);
        })
    };
    assert_eq!(visible(buffering(SeqCst), "thread-1: "), ["data 0 or 1", "data 1"]);
    assert_eq!(visible(buffering(Relaxed), "thread-1: "), ["data 0 or 1"]);
}

/// What goes with a revisit must be as it would be had it come last: a branch in its first arm.
#[test]
fn branches_beside_a_revisit_do_not_repeat_it() {
    let report = check("branches").strategy(Strategy::Exhaustive).run(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let (reads, writes) = (Arc::clone(&value), value);
        let reader = thread::spawn(move || reads.load(Relaxed));
        let chooser = thread::spawn(|| {
            // The reader comes first.
            AtomicUsize::new(0).load(Relaxed);
            selvedge::choose(2)
        });
        let writer = thread::spawn(move || writes.store(1, Relaxed));
        writer.join().unwrap();
        (reader.join().unwrap(), chooser.join().unwrap())
    });
    assert_eq!((report.executions, report.blocked_executions), (4, 0), "{report}");
    assert!(report.outcomes.values().all(|count| *count == 1), "{report}");
}

/// The first failure that comes up has two stale loads; another one has one.
#[test]
fn failures_are_told_with_as_few_stale_loads_as_there_are() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive, Strategy::Auto] {
        let report = check("fewest").strategy(strategy).run(|| {
            let shared = Arc::new([0, 1, 2, 3].map(|_| AtomicUsize::new(0)));
            let theirs = Arc::clone(&shared);
            let writer = thread::spawn(move || {
                theirs.iter().for_each(|value| value.store(1, Relaxed));
            });
            if shared[3].load(Relaxed) == 1 {
                let [first, second, third] = [0, 1, 2].map(|at| shared[at].load(Relaxed) == 0);
                assert!(!(first || second && third), "stale");
            }
            writer.join().unwrap();
        });
        let text = report.failure.as_ref().expect("a load may be stale").to_string();
        assert_eq!(text.matches("stale: step").count(), 1, "{report}");
        assert!(report.basis.contains("and 1 stale operation"), "{report}");
    }
}
