//! A package of our own that stands in for loom makes no circle, although the crate can use the real one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The same versions as here, so that nothing has to be fetched; but for the loom of the version that is to be stood in for. compio has
/// one that it would use with `--cfg loom`, and cargo prefers what a lock file names.
fn lock_without_other_looms(harness: &Path) -> String {
    let lock = fs::read_to_string(harness.join("../Cargo.lock")).expect("there is a lock file");
    let packages = lock.split("[[package]]\n");
    let others: Vec<_> = packages
        .filter(|package| !package.starts_with("name = \"loom\"\nversion = \"0.7."))
        .collect();
    others.join("[[package]]\n")
}

#[test]
fn a_stand_in_for_loom_may_depend_on_this_crate_with_loom_on() {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patched-loom");
    let _ = fs::remove_dir_all(&folder);
    let package = |name: &str, manifest: String| {
        let package = folder.join(name);
        fs::create_dir_all(package.join("src")).expect("a folder can be made");
        fs::write(package.join("src/lib.rs"), "").expect("a file can be written");
        fs::write(package.join("Cargo.toml"), manifest).expect("a file can be written");
        package
    };
    let selvedge = format!("selvedge = {{ path = {harness:?}, features = [\"loom\"] }}");
    package(
        "stand-in",
        format!(
            "[package]\nname = \"loom\"\nversion = \"0.7.99\"\nedition = \"2024\"\n[dependencies]\n{selvedge}\n[workspace]\n"
        ),
    );
    let user = package(
        "user",
        format!(
            "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nloom = \"0.7\"\n{selvedge}\n\
             [patch.crates-io]\nloom = {{ path = \"../stand-in\" }}\n[workspace]\n"
        ),
    );
    fs::write(user.join("Cargo.lock"), lock_without_other_looms(harness)).expect("a file can be written");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--invert", "loom@0.7.99"])
        .current_dir(&user)
        .output()
        .expect("cargo runs");
    let (tree, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{errors}");
    assert!(tree.starts_with("loom v0.7.99"), "{tree}");
    assert!(
        tree.contains("user v0.1.0"),
        "the stand-in is not used:\n{tree}\n{errors}"
    );
    assert!(!tree.contains("selvedge v"), "the harness uses the stand-in:\n{tree}");
}

/// What a user of loom writes, with something of each of its modules.
const SUITE: &str = r#"
use loom::sync::atomic::{AtomicUsize, Ordering::{Acquire, Relaxed, Release}};
use loom::sync::{Arc, Condvar, Mutex, Notify, RwLock, mpsc};
use loom::{alloc, cell::UnsafeCell, future::{AtomicWaker, block_on}, thread};

struct Message(AtomicUsize, UnsafeCell<u32>);
// Accesses to the cell are what is under test.
unsafe impl Sync for Message {}

fn message(publish: std::sync::atomic::Ordering) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let message = Arc::new(Message(AtomicUsize::new(0), UnsafeCell::new(0)));
        let theirs = Arc::clone(&message);
        let sender = thread::spawn(move || {
            theirs.1.with_mut(|data| unsafe { *data = 1 });
            theirs.0.store(1, publish);
        });
        if message.0.load(Acquire) == 1 {
            assert_eq!(unsafe { *message.1.get().deref() }, 1);
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_message_that_is_published() {
    message(Release);
}

#[test]
#[should_panic(expected = "data race")]
fn a_message_that_is_not() {
    message(Relaxed);
}

#[test]
#[should_panic(expected = "replay")]
fn an_increment_that_is_lost() {
    loom::model(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.store(theirs.load(Relaxed) + 1, Relaxed));
        counter.store(counter.load(Relaxed) + 1, Relaxed);
        thread.join().unwrap();
        assert_eq!(counter.load(Relaxed), 2);
    });
}

#[test]
#[should_panic(expected = "leak")]
fn memory_that_is_not_freed() {
    loom::model(|| unsafe {
        alloc::alloc(alloc::Layout::new::<u32>());
    });
}

#[test]
#[should_panic(expected = "leak")]
fn an_arc_that_is_not_dropped() {
    loom::model(|| std::mem::forget(Arc::new(AtomicUsize::new(0))));
}

#[test]
fn memory_that_is_freed() {
    loom::model(|| {
        let tracked = alloc::Track::new(7);
        unsafe { alloc::dealloc(alloc::alloc_zeroed(alloc::Layout::new::<u32>()), alloc::Layout::new::<u32>()) };
        assert_eq!(*tracked.get_ref(), 7);
    });
}

#[test]
#[should_panic(expected = "data race")]
fn exclusive_access_while_others_load() {
    loom::model(|| {
        let counter = std::sync::Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.load(Relaxed));
        // As a destructor would, too early.
        let counter = unsafe { &mut *std::sync::Arc::as_ptr(&counter).cast_mut() };
        counter.with_mut(|value| *value = 1);
        let _ = thread.join();
    });
}

#[test]
fn an_atomic_is_changed_alone() {
    loom::model(|| {
        let mut counter = AtomicUsize::new(1);
        assert_eq!(counter.with_mut(|value| { *value += 1; *value }), 2);
        assert_eq!(unsafe { counter.unsync_load() }, 2);
        assert_eq!(counter.compare_and_swap(2, 3, Relaxed), 2);
        assert_eq!(counter.into_inner(), 3);
    });
}

#[test]
#[should_panic(expected = "data race")]
fn an_unsync_load_while_another_stores() {
    loom::model(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.store(1, Relaxed));
        unsafe { counter.unsync_load() };
        thread.join().unwrap();
    });
}

#[test]
fn unsync_loads_before_and_after_a_store() {
    loom::model(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let before = unsafe { counter.unsync_load() };
        let reader = thread::spawn(move || {
            theirs.store(1, Relaxed);
            unsafe { theirs.unsync_load() }
        });
        let own = reader.join().unwrap();
        assert_eq!((before, own, unsafe { counter.unsync_load() }), (0, 1, 1));
    });
}

loom::lazy_static! {
    static ref TOTAL: Arc<Mutex<u32>> = Arc::new(Mutex::new(0));
}

loom::thread_local! {
    static MINE: std::cell::Cell<u32> = std::cell::Cell::new(0);
}

#[test]
fn statics_begin_each_execution_afresh() {
    loom::model(|| {
        let add = || {
            MINE.with(|mine| mine.set(mine.get() + 1));
            *TOTAL.lock().unwrap() += MINE.with(|mine| mine.get());
        };
        let thread = thread::Builder::new().name("adds".to_owned()).spawn(add).unwrap();
        add();
        thread.join().unwrap();
        assert_eq!(*TOTAL.lock().unwrap(), 2);
    });
}

#[test]
fn signals_arrive() {
    loom::model(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new(), Notify::new(), RwLock::new(0)));
        let (sender, receiver) = mpsc::channel();
        let theirs = shared.clone();
        let thread = thread::spawn(move || {
            *theirs.3.write().unwrap() = 1;
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
            theirs.2.notify();
            sender.send(std::rc::Rc::new(1)).unwrap();
            thread::park();
        });
        let mut ready = shared.0.lock().unwrap();
        while !*ready {
            ready = shared.1.wait(ready).unwrap();
        }
        drop(ready);
        shared.2.wait();
        assert_eq!(*receiver.recv().unwrap(), 1);
        assert_eq!(*shared.3.read().unwrap(), 1);
        thread.thread().unpark();
        thread.join().unwrap();
    });
}

#[test]
fn a_waker_that_is_registered_first() {
    loom::model(|| {
        let shared = Arc::new((AtomicWaker::new(), AtomicUsize::new(0)));
        let theirs = shared.clone();
        let thread = thread::spawn(move || {
            theirs.1.store(1, Release);
            theirs.0.wake();
        });
        block_on(std::future::poll_fn(|cx| {
            shared.0.register_by_ref(cx.waker());
            match shared.1.load(Acquire) {
                0 => std::task::Poll::Pending,
                _ => std::task::Poll::Ready(()),
            }
        }));
        thread.join().unwrap();
    });
}

#[test]
#[should_panic(expected = "stale")]
fn a_stale_look_beside_a_yield() {
    loom::model(|| {
        let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let theirs = shared.clone();
        let thread = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            thread::yield_now();
            theirs.1.store(1, Relaxed);
        });
        if shared.1.load(Relaxed) == 1 {
            assert_eq!(shared.0.load(Relaxed), 1);
        }
        thread.join().unwrap();
    });
}

/// What lies in an object of std is seen by the executions that are looked at besides.
#[test]
#[should_panic(expected = "is lost")]
fn what_a_yield_stands_beside() {
    loom::model(|| {
        let counter = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let add = |counter: &std::sync::atomic::AtomicUsize| {
            let seen = counter.load(Relaxed);
            thread::yield_now();
            counter.store(seen + 1, Relaxed);
        };
        let theirs = counter.clone();
        let thread = thread::spawn(move || add(&theirs));
        add(&counter);
        thread.join().unwrap();
        assert_eq!(counter.load(Relaxed), 2, "one is lost");
    });
}

#[test]
fn a_yield_within_a_bound() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let theirs = flag.clone();
        let thread = thread::spawn(move || {
            theirs.store(1, Release);
            thread::yield_now();
            theirs.store(2, Release);
        });
        assert!(std::panic::catch_unwind(|| flag.load(Acquire)).is_ok_and(|seen| seen <= 2));
        thread.join().unwrap();
    });
    let _: Option<loom::lazy_static::AccessError> = None;
}

/// Also of the execution graphs that are looked at besides. Of these, each takes long.
#[test]
fn a_bounded_search_ends_in_its_time() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(1);
    model.max_duration = Some(std::time::Duration::from_millis(200));
    model.check(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let add = |counter: Arc<AtomicUsize>| thread::spawn(move || (0..60).for_each(|_| drop(counter.fetch_add(1, Relaxed))));
        let threads = [(); 3].map(|()| add(counter.clone()));
        threads.map(|thread| thread.join().unwrap());
    });
}

#[test]
fn a_search_goes_on_from_its_file() {
    let file = std::env::temp_dir().join(format!("selvedge-loom-{}.json", std::process::id()));
    let mut model = loom::model::Builder::new();
    model.checkpoint_file(file.to_str().unwrap());
    model.checkpoint_interval = 1;
    model.check(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.fetch_add(1, Relaxed));
        counter.fetch_add(1, Relaxed);
        thread.join().unwrap();
    });
    let _ = std::fs::remove_file(file);
}
"#;

/// Models that fail, in a file whose name is not that of its binary.
const FAILING: &str = r#"
#![cfg(loom)]
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::{Acquire, Relaxed, Release}};
use loom::thread;

fn increments() {
    loom::model(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.store(theirs.load(Acquire) + 1, Release));
        counter.store(counter.load(Acquire) + 1, Release);
        thread.join().unwrap();
        assert_eq!(counter.load(Relaxed), 2);
    });
}

#[test]
fn is_lost() {
    increments();
}

#[test]
fn is_lost_as_well() {
    increments();
}

#[test]
fn is_changed_while_others_load() {
    loom::model(|| {
        let counter = std::sync::Arc::new(AtomicUsize::new(0));
        let theirs = counter.clone();
        let thread = thread::spawn(move || theirs.load(Relaxed));
        // As a destructor would, too early.
        let counter = unsafe { &mut *std::sync::Arc::as_ptr(&counter).cast_mut() };
        counter.with_mut(|value| *value = 1);
        let _ = thread.join();
    });
}

#[test]
fn is_changed_first() {
    loom::model(|| {
        let mut counter = AtomicUsize::new(0);
        counter.store(1, Relaxed);
        counter.with_mut(|value| *value = 2);
        let counter = Arc::new(counter);
        let theirs = counter.clone();
        thread::spawn(move || theirs.store(3, Relaxed)).join().unwrap();
        assert_eq!(counter.load(Relaxed), 2);
    });
}
"#;

/// A package that uses loom, in a folder that is kept, so that what it builds is built once.
fn user() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let user = Path::new(env!("CARGO_TARGET_TMPDIR")).join("loom-suite");
    fs::create_dir_all(user.join("tests")).expect("a folder can be made");
    fs::create_dir_all(user.join("src")).expect("a folder can be made");
    fs::write(user.join("src/lib.rs"), "").expect("a file can be written");
    fs::write(user.join("tests/suite.rs"), SUITE).expect("a file can be written");
    fs::write(user.join("tests/over-night.rs"), FAILING).expect("a file can be written");
    let stand_in = harness.join("compat/loom");
    fs::write(
        user.join("Cargo.toml"),
        format!(
            "[package]\nname = \"user\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\nloom = {{ version = \"0.7\", features = [\"futures\", \"checkpoint\"] }}\n\
             [patch.crates-io]\nloom = {{ path = {stand_in:?} }}\n[workspace]\n\
             [profile.dev]\ndebug = false\n\
             [lints.rust]\nunexpected_cfgs = {{ level = \"warn\", check-cfg = ['cfg(loom)'] }}\n"
        ),
    )
    .expect("a file can be written");
    fs::write(user.join("Cargo.lock"), lock_without_other_looms(harness)).expect("a file can be written");
    user
}

/// In that package, as people do it at a prompt.
fn command(user: &Path, program: &str, arguments: &[&str], flags: Option<&str>) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(user);
    command.env("CARGO_TARGET_DIR", user.join("target"));
    command.env("CARGO_NET_OFFLINE", "true").env("RUST_BACKTRACE", "0");
    match flags {
        Some(flags) => command.env("RUSTFLAGS", flags),
        None => command.env_remove("RUSTFLAGS"),
    };
    command.output().expect("it can be started")
}

fn told(output: &Output) -> String {
    let (out, errors) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{out}\n{errors}")
}

#[test]
#[ignore = "builds a package of its own: .ci/run runs it"]
fn a_suite_for_loom_runs_on_the_stand_in() {
    let user = user();
    let run = |arguments: &[&str]| command(&user, env!("CARGO"), arguments, Some("--cfg loom"));
    let passed = run(&["test", "--test", "suite"]);
    assert!(passed.status.success(), "{}", told(&passed));
    assert!(told(&passed).contains("18 passed"), "{}", told(&passed));

    let bounded = told(&run(&[
        "test",
        "--test",
        "suite",
        "a_bounded_search",
        "--",
        "--nocapture",
    ]));
    let graphs = bounded
        .split_once("a sample of ")
        .map(|(_, after)| after.split(' ').next());
    let graphs = graphs.flatten().and_then(|graphs| graphs.parse::<u64>().ok());
    assert!(graphs.is_some_and(|graphs| graphs < 1_000), "{bounded}");

    // A yield that belongs to no loop is nothing to the search, so execution graphs follow it.
    let yields = told(&run(&[
        "test",
        "--test",
        "suite",
        "a_yield_within",
        "--",
        "--nocapture",
    ]));
    assert!(
        yields.contains("a_yield_within_a_bound: Verified, all 3 execution graphs; "),
        "{yields}"
    );

    // The line under a failure runs that test and no other, also where no flags are set.
    let failed = told(&run(&["test", "--test", "over-night", "is_lost", "--", "--exact"]));
    let line = failed
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("replay: "));
    let line = line.unwrap_or_else(|| panic!("{failed}"));
    assert_eq!(
        line,
        "SELVEDGE_REPLAY=target/selvedge/user.over_night/is_lost.json RUSTFLAGS='--cfg loom' cargo test --test over-night is_lost \
         -- --exact"
    );
    let again = command(&user, "sh", &["-c", line], None);
    assert_eq!(again.status.code(), Some(101), "{}", told(&again));
    let again = told(&again);
    assert_eq!(again.matches("running ").count(), 1, "{again}");
    assert!(again.contains("running 1 test\n"), "{again}");
    assert!(again.contains("replayed, and it fails as recorded"), "{again}");

    // Rows, cause and standing hold what the model does, and nothing of how its atomics are watched.
    for text in [&failed, &again] {
        assert!(text.contains("AtomicUsize@over-night.rs:9 ➜ 0"), "{text}");
        for hidden in ["UnsafeCell", "value of", "#2"] {
            assert!(!text.contains(hidden), "{hidden}: {text}");
        }
    }
    // An access that is exclusive is one of the model's, and so is the one that it races with.
    let raced = told(&run(&["test", "--test", "over-night", "is_changed_while_others_load"]));
    assert!(
        raced.contains("main writes `value of AtomicUsize@over-night.rs:31` at tests/over-night.rs:36"),
        "{raced}"
    );
    assert!(raced.contains("reads it at tests/over-night.rs:33"), "{raced}");
    // After one, the engine has another atomic, from the same place.
    let changed = told(&run(&["test", "--test", "over-night", "is_changed_first"]));
    assert!(changed.contains("AtomicUsize@over-night.rs:44#2 = 3"), "{changed}");
}
