//! Tests that are written for shuttle run on the stand-in for it, from a package of their own.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What a user of shuttle writes, with something of each of its modules.
const SUITE: &str = r#"
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex as Kept;

use shuttle::current::{self, TaskId};
use shuttle::future::{self, batch_semaphore::{BatchSemaphore, Fairness}};
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{
    DfsScheduler, PctScheduler, RandomScheduler, RoundRobinScheduler, Schedule, Scheduler, Task, UrwRandomScheduler,
};
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering::{Relaxed, SeqCst}};
use shuttle::sync::{Arc, Barrier, Condvar, Mutex, Once, RwLock, mpsc};
use shuttle::{Config, FailurePersistence, MaxSteps, PortfolioRunner, Runner, thread};

/// An increment that can be lost.
fn lost() {
    let counter = Arc::new(AtomicUsize::new(0));
    let theirs = counter.clone();
    let thread = thread::spawn(move || theirs.store(theirs.load(SeqCst) + 1, SeqCst));
    counter.store(counter.load(SeqCst) + 1, SeqCst);
    thread.join().unwrap();
    assert_eq!(counter.load(SeqCst), 2, "an increment is lost");
}

/// What a test panics with.
fn failure(test: impl FnOnce()) -> String {
    *catch_unwind(AssertUnwindSafe(test)).expect_err("it fails").downcast().expect("a text")
}

#[test]
fn each_scheduler_finds_what_is_lost() {
    for text in [
        failure(|| shuttle::check_random(lost, 100)),
        failure(|| shuttle::check_random_with_seed(lost, 7, 100)),
        failure(|| shuttle::check_pct(lost, 100, 2)),
        failure(|| shuttle::check_urw(lost, 100)),
        failure(|| shuttle::check_dfs(lost, None)),
    ] {
        assert!(text.contains("an increment is lost") && text.contains("replay: SELVEDGE_REPLAY="), "{text}");
    }
    // As often as asked.
    let config = Config::default();
    assert_eq!(Runner::new(RandomScheduler::new(10), config.clone()).run(kept), 10);
    assert_eq!(Runner::new(PctScheduler::new(2, 10), config.clone()).run(kept), 10);
    assert_eq!(Runner::new(UrwRandomScheduler::new(10), config.clone()).run(kept), 10);
    assert_eq!(Runner::new(DfsScheduler::new(Some(1), false), config.clone()).run(kept), 1);
    assert_eq!(Runner::new(RoundRobinScheduler::new(2), config.clone()).run(kept), 2);
    assert_eq!(Runner::new(RandomScheduler::new(10), config).run(|| ()), 10);
    shuttle::check_random(kept, 0);
}

/// An increment that is not lost.
fn kept() {
    let counter = Arc::new(AtomicUsize::new(0));
    let theirs = counter.clone();
    let thread = thread::spawn(move || theirs.fetch_add(1, Relaxed));
    counter.fetch_add(1, Relaxed);
    thread.join().unwrap();
    assert_eq!(counter.load(Relaxed), 2);
}

#[test]
fn a_failure_is_replayed_from_its_file() {
    let folder = std::env::temp_dir().join(format!("selvedge-shuttle-suite-{}", std::process::id()));
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::File(Some(folder.clone()));
    let text = failure(|| {
        Runner::new(RandomScheduler::new(100), config).run(lost);
    });
    assert!(text.contains("shuttle::replay_from_file"), "{text}");
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let again = [
        failure(|| shuttle::replay_from_file(lost, &file)),
        failure(|| shuttle::replay(lost, file.to_str().unwrap())),
        failure(|| shuttle::replay(lost, &std::fs::read_to_string(&file).unwrap())),
    ];
    for text in again {
        assert!(text.contains("an increment is lost"), "{text}");
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
#[should_panic(expected = "a schedule that shuttle has printed is one of shuttle's own steps")]
fn a_schedule_of_shuttle_is_refused() {
    shuttle::replay(lost, "910102ccdedf9592aba2afd70104");
}

#[test]
#[should_panic(expected = "deadlock!")]
fn a_deadlock() {
    shuttle::check_dfs(
        || {
            let locks = Arc::new((Mutex::new(()), Mutex::new(())));
            let theirs = locks.clone();
            let thread = thread::spawn(move || {
                let _second = theirs.1.lock().unwrap();
                let _first = theirs.0.lock().unwrap();
            });
            let _first = locks.0.lock().unwrap();
            let _second = locks.1.lock().unwrap();
            drop((_first, _second));
            thread.join().unwrap();
        },
        None,
    );
}

#[test]
#[should_panic(expected = "a thread that panics fails the test")]
fn a_panic_that_is_joined() {
    shuttle::check_random(|| assert!(thread::spawn(|| panic!("a thread that panics fails the test")).join().is_err()), 1);
}

#[test]
#[should_panic(expected = "exceeded max_steps bound 50")]
fn an_execution_that_is_too_long() {
    let mut config = Config::new();
    config.max_steps = MaxSteps::FailAfter(50);
    Runner::new(RandomScheduler::new(10), config).run(long);
}

#[test]
fn an_execution_that_is_given_up() {
    let mut config = Config::new();
    config.max_steps = MaxSteps::ContinueAfter(50);
    for scheduler in [
        Box::new(RandomScheduler::new(10)) as Box<dyn Scheduler + Send>,
        Box::new(PctScheduler::new(2, 10)),
        Box::new(UrwRandomScheduler::new(10)),
        Box::new(DfsScheduler::new(Some(10), false)),
    ] {
        assert_eq!(Runner::new(scheduler, config.clone()).run(long), 10);
    }
}

fn long() {
    let counter = Arc::new(AtomicUsize::new(0));
    let theirs = counter.clone();
    let thread = thread::spawn(move || theirs.fetch_add(1, SeqCst));
    while counter.fetch_add(1, SeqCst) < 100 {
        counter.fetch_add(0, SeqCst);
    }
    thread.join().unwrap();
}

/// Asks another one, and sees what it is asked.
#[derive(Debug)]
struct Sees<S>(S, Arc<Kept<Seen>>);

/// Executions, tasks and their names.
type Seen = (usize, BTreeSet<usize>, BTreeSet<String>);

impl<S: Scheduler> Scheduler for Sees<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        let next = self.0.new_execution()?;
        self.1.lock().unwrap().0 += 1;
        Some(next)
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, yields: bool) -> Option<TaskId> {
        self.1.lock().unwrap().1.extend(runnable.iter().map(|task| usize::from(task.id())));
        self.1.lock().unwrap().2.extend(runnable.iter().filter_map(|task| task.name()));
        self.0.next_task(runnable, current, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[test]
fn a_scheduler_of_the_program() {
    let seen = Arc::<Kept<Seen>>::default();
    let runs = Runner::new(Sees(RandomScheduler::new(20), seen.clone()), Config::new()).run(|| {
        let total = Arc::new(Mutex::new(0));
        let theirs = total.clone();
        let other = thread::Builder::new().name("other".to_owned()).spawn(move || {
            assert_eq!(usize::from(current::me()), 1);
            *theirs.lock().unwrap() += 1;
        });
        assert_eq!(usize::from(current::me()), 0);
        *total.lock().unwrap() += 1;
        other.unwrap().join().unwrap();
    });
    let seen = seen.lock().unwrap();
    // One of them has taught what is a step.
    assert_eq!((runs, seen.0), (19, 20));
    assert_eq!(seen.1, BTreeSet::from([0, 1]));
    assert_eq!(seen.2, BTreeSet::from(["other".to_owned()]));
}

#[test]
#[should_panic(expected = "an increment is lost")]
fn a_scheduler_of_the_program_finds_what_is_lost() {
    // Both tasks take turns.
    Runner::new(Sees(RoundRobinScheduler::new(1), Arc::default()), Config::new()).run(lost);
}

#[test]
#[should_panic(expected = "an increment is lost")]
fn a_portfolio() {
    let mut portfolio = PortfolioRunner::new(true, Config::new());
    portfolio.add(RandomScheduler::new(100));
    portfolio.add(PctScheduler::new(2, 100));
    portfolio.run(lost);
}

#[test]
fn what_is_controlled_is_deterministic() {
    shuttle::check_uncontrolled_nondeterminism(kept, 20);
}

#[test]
#[should_panic(expected = "possible nondeterminism")]
fn what_comes_from_outside_is_not() {
    static RUNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    shuttle::check_uncontrolled_nondeterminism(
        || {
            let lock = Arc::new(Mutex::new(()));
            if RUNS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) % 3 == 0 {
                let theirs = lock.clone();
                thread::spawn(move || drop(theirs.lock()));
            }
            drop(lock.lock());
        },
        20,
    );
}

#[test]
#[should_panic(expected = "drawn")]
fn a_number_that_is_drawn() {
    shuttle::check_random(|| assert_ne!(thread_rng().gen_range(0..4), 3, "drawn"), 100);
}

#[test]
#[should_panic(expected = "allow_random_data")]
fn a_number_in_a_search_of_all() {
    shuttle::check_dfs(|| assert!(thread_rng().r#gen::<u64>() < u64::MAX), None);
}

shuttle::lazy_static! {
    static ref TOTAL: Mutex<u32> = Mutex::new(0);
}

shuttle::thread_local! {
    static MINE: std::cell::Cell<u32> = std::cell::Cell::new(0);
    static OURS: std::cell::Cell<u32> = const { std::cell::Cell::new(1) };
}

#[test]
fn statics_begin_each_execution_afresh() {
    shuttle::check_random(
        || {
            let add = || {
                MINE.with(|mine| mine.set(mine.get() + OURS.with(|ours| ours.get())));
                *TOTAL.lock().unwrap() += MINE.with(|mine| mine.get());
            };
            let thread = thread::spawn(add);
            add();
            thread.join().unwrap();
            assert_eq!(*TOTAL.lock().unwrap(), 2);
        },
        20,
    );
}

#[test]
fn signals_arrive() {
    shuttle::check_random(
        || {
            let shared = Arc::new((Mutex::new(false), Condvar::new(), RwLock::new(0), Barrier::new(2), Once::new()));
            let (sender, receiver) = mpsc::channel();
            let theirs = shared.clone();
            let go = Arc::new(AtomicBool::new(false));
            let gone = go.clone();
            let thread = thread::spawn(move || {
                *theirs.2.write().unwrap() = 1;
                *theirs.0.lock().unwrap() = true;
                theirs.1.notify_one();
                sender.send(1).unwrap();
                theirs.3.wait();
                theirs.4.call_once(|| ());
                while !gone.load(SeqCst) {
                    thread::park();
                }
            });
            let mut ready = shared.0.lock().unwrap();
            while !*ready {
                ready = shared.1.wait(ready).unwrap();
            }
            drop(ready);
            assert_eq!(receiver.recv().unwrap(), 1);
            assert_eq!(*shared.2.read().unwrap(), 1);
            shared.3.wait();
            shared.4.call_once(|| ());
            go.store(true, SeqCst);
            thread.thread().unpark();
            thread.join().unwrap();
            let mut both = [0; 2];
            thread::scope(|scope| {
                for (at, one) in both.iter_mut().enumerate() {
                    scope.spawn(move || *one = at);
                }
            });
            assert_eq!(both, [0, 1]);
        },
        100,
    );
}

#[test]
#[should_panic(expected = "woken for no reason")]
fn park_returns_without_a_token() {
    shuttle::check_dfs(
        || {
            let go = Arc::new(AtomicBool::new(false));
            let gone = go.clone();
            let thread = thread::spawn(move || {
                thread::park();
                assert!(gone.load(SeqCst), "woken for no reason");
            });
            go.store(true, SeqCst);
            thread.thread().unpark();
            thread.join().unwrap();
        },
        None,
    );
}

#[test]
fn tasks_and_permits() {
    shuttle::check_random(
        || {
            for fairness in [Fairness::StrictlyFair, Fairness::Unfair] {
                let permits = Arc::new(BatchSemaphore::new(2, fairness));
                let inside = Arc::new(AtomicUsize::new(0));
                let tasks: Vec<_> = (0..3)
                    .map(|_| {
                        let (permits, inside) = (permits.clone(), inside.clone());
                        future::spawn(async move {
                            permits.acquire(1).await.unwrap();
                            assert!(inside.fetch_add(1, SeqCst) < 2);
                            future::yield_now().await;
                            inside.fetch_sub(1, SeqCst);
                            permits.release(1);
                        })
                    })
                    .collect();
                let mine = std::rc::Rc::new(1);
                let local = future::spawn_local(async move { *mine });
                future::block_on(async move {
                    for task in tasks {
                        task.await.unwrap();
                    }
                    assert_eq!(local.await.unwrap(), 1);
                    // Also where a task is that must not wait.
                    assert_eq!(future::block_on(future::spawn(async { 2 })).unwrap(), 2);
                });
                assert_eq!(permits.available_permits(), 2);
                permits.acquire_blocking(2).unwrap();
                assert!(permits.try_acquire(1).is_err());
                permits.close();
                assert!(permits.acquire_blocking(1).is_err());
            }
        },
        50,
    );
}

#[test]
fn an_aborted_task_is_cancelled() {
    let ends = Arc::new(Kept::new(BTreeSet::new()));
    let seen = ends.clone();
    shuttle::check_dfs(
        move || {
            let task = future::spawn(async { future::yield_now().await });
            task.abort();
            let end = future::block_on(task).map_err(|error| error.to_string());
            seen.lock().unwrap().insert(end);
        },
        None,
    );
    let cancelled = Err("task was cancelled".to_owned());
    assert!(ends.lock().unwrap().contains(&cancelled));
}

#[test]
fn labels_are_inherited() {
    use shuttle::current::{ChildLabelFn, get_label_for_task, get_name_for_task, me, set_label_for_task};
    shuttle::check_random(
        || {
            set_label_for_task(me(), 7_u8);
            set_label_for_task(me(), ChildLabelFn(Arc::new(|_, labels| drop(labels.insert(9_u16)))));
            let thread = thread::Builder::new().name("child".to_owned()).spawn(|| {
                assert_eq!(get_label_for_task::<u8>(me()), Some(7));
                assert_eq!(get_label_for_task::<u16>(me()), Some(9));
                assert_eq!(format!("{:?}", get_name_for_task(me()).unwrap()), "child");
                assert_eq!(format!("{:?}", me()), "child(1)");
            });
            thread.unwrap().join().unwrap();
            assert_eq!(get_label_for_task::<u16>(me()), None);
            assert!(current::context_switches() < 100);
        },
        1,
    );
}
"#;

#[test]
#[ignore = "builds a package of its own: .ci/run runs it"]
fn tests_for_shuttle_run_on_the_stand_in() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Kept, so that what it builds is built once.
    let user = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shuttle-suite");
    fs::create_dir_all(user.join("tests")).expect("a folder can be made");
    fs::create_dir_all(user.join("src")).expect("a folder can be made");
    fs::write(user.join("src/lib.rs"), "").expect("a file can be written");
    fs::write(user.join("tests/suite.rs"), SUITE).expect("a file can be written");
    let stand_in = harness.join("compat/shuttle");
    fs::write(
        user.join("Cargo.toml"),
        format!(
            "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\nshuttle = \"0.9\"\n\
             [patch.crates-io]\nshuttle = {{ path = {stand_in:?} }}\n[workspace]\n\
             [profile.dev]\ndebug = false\n"
        ),
    )
    .expect("a file can be written");
    // The same versions as here, so that nothing has to be fetched; but for shuttle, of which there is another one here.
    let lock = fs::read_to_string(harness.join("../Cargo.lock")).expect("there is a lock file");
    let packages = lock.split("[[package]]\n");
    let others: Vec<_> = packages
        .filter(|package| !package.starts_with("name = \"shuttle\"\n"))
        .collect();
    fs::write(user.join("Cargo.lock"), others.join("[[package]]\n")).expect("a file can be written");
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--test", "suite"])
        .current_dir(&user)
        .env("CARGO_TARGET_DIR", user.join("target"))
        .env_remove("SHUTTLE_RANDOM_SEED")
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let passed = String::from_utf8_lossy(&output.stdout);
    assert!(passed.contains("20 passed"), "{passed}");
}
