//! `#[selvedge::test]`, `#[selvedge::tokio::test]` and `#[selvedge::tokio::main]`, on tests of every kind that std has.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::{Strategy, future, thread, tokio};

fn add_one(counter: &AtomicU32) {
    let seen = counter.load(SeqCst);
    counter.store(seen + 1, SeqCst);
}

fn an_increment_may_be_lost() -> u32 {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let theirs = Arc::clone(&counter);
    let thread = thread::spawn(move || add_one(&theirs));
    add_one(&counter);
    thread.join().unwrap();
    counter.load(SeqCst)
}

#[selvedge::test]
fn every_interleaving_of_a_thread() {
    let counter = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&counter);
    let thread = thread::spawn(move || theirs.fetch_add(1, SeqCst));
    counter.fetch_add(1, SeqCst);
    thread.join().unwrap();
    assert_eq!(counter.load(SeqCst), 2);
}

#[selvedge::test]
#[should_panic(expected = "an increment is lost")]
fn a_failure_is_a_panic_with_the_timeline() {
    assert_eq!(an_increment_may_be_lost(), 2, "an increment is lost");
}

#[should_panic(
    expected = "selvedge.attribute/a_failure_names_its_file_and_the_line_that_runs_it_again.json cargo test -p selvedge --test attribute a_failure_names"
)]
#[selvedge::test]
fn a_failure_names_its_file_and_the_line_that_runs_it_again() {
    assert_eq!(an_increment_may_be_lost(), 2);
}

mod modules {
    pub(super) mod below {
        #[selvedge::test]
        #[should_panic(expected = "modules / below/are_in_the_name: FAILED, panic")]
        fn are_in_the_name() {
            assert_eq!(super::super::an_increment_may_be_lost(), 2);
        }
    }
}

#[selvedge::test(name = "counter/lost")]
#[should_panic(expected = "counter / lost: FAILED")]
fn a_name_may_be_given() {
    assert_eq!(an_increment_may_be_lost(), 2);
}

#[selvedge::test]
fn an_ok_passes() -> Result<(), String> {
    match an_increment_may_be_lost() {
        1 | 2 => Ok(()),
        other => Err(format!("{other}?")),
    }
}

#[selvedge::test]
#[should_panic(expected = "the test returned Err(\"lost\")")]
fn an_err_is_a_failure_of_the_execution() -> Result<(), String> {
    match an_increment_may_be_lost() {
        2 => Ok(()),
        _ => Err("lost".to_owned()),
    }
}

#[ignore = "it would fail"]
#[selvedge::test]
fn an_ignored_test_is_not_run() {
    an_increment_may_be_lost();
    panic!("it is run");
}

#[cfg(any())]
#[selvedge::test]
fn what_is_not_there_is_no_test() {
    this_does_not_exist();
}

#[selvedge::test]
async fn tasks_are_checked() {
    let task = future::spawn(async {
        future::yield_now().await;
        7
    });
    assert_eq!(task.await.unwrap(), 7);
}

#[selvedge::test]
#[should_panic(expected = "the test returned Err(7)")]
async fn an_err_of_a_future_is_a_failure_too() -> Result<(), u32> {
    let task = future::spawn(async { Err(7_u32) });
    task.await.unwrap()?;
    Ok(())
}

#[selvedge::test]
#[should_panic(expected = "FAILED, deadlock")]
async fn a_task_that_nobody_wakes_is_found() {
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let _ = receiver.await;
    drop(sender);
}

#[selvedge::test(strategy = "exhaustive", executions = 2)]
fn a_limit_ends_the_search_before_the_failure() {
    static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
    assert!(EXECUTIONS.fetch_add(1, SeqCst) < 2);
    an_increment_may_be_lost();
}

#[selvedge::test(time = "1h", strategy = Strategy::Pct { depth: 2 }, executions = 20, seed = 7, workers = 2)]
fn options_may_be_expressions() {
    an_increment_may_be_lost();
}

const WAIT: Duration = Duration::from_secs(600);

#[selvedge::test(time = WAIT, steps = 100 * 10, horizon = 5, preemptions = 1 + 1)]
fn options_may_be_constants() {
    an_increment_may_be_lost();
}

#[selvedge::test(preemptions = 0)]
fn no_preemption_no_lost_increment() {
    assert_eq!(an_increment_may_be_lost(), 2);
}

/// Whether the reader sees the flag and not the message.
fn a_message_is_late() -> bool {
    let (message, flag) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (theirs, their_flag) = (Arc::clone(&message), Arc::clone(&flag));
    let thread = thread::spawn(move || {
        theirs.store(true, Relaxed);
        their_flag.store(true, Relaxed);
    });
    let late = flag.load(Relaxed) && !message.load(Relaxed);
    thread.join().unwrap();
    late
}

#[selvedge::test(memory = "rust")]
#[should_panic(expected = "stale")]
fn rusts_memory_model_has_stale_loads() {
    assert!(!a_message_is_late());
}

#[selvedge::test(memory = "sc")]
fn sequential_consistency_has_none() {
    assert!(!a_message_is_late());
}

#[selvedge::test(leaks = true)]
#[should_panic(expected = "FAILED, leak")]
fn a_leak_is_a_failure_where_that_is_asked_for() {
    std::mem::forget(Arc::new(AtomicU32::new(0)));
}

#[selvedge::test(adversary(spurious_wakeups = 1))]
#[should_panic(expected = "woken without a reason")]
fn an_adversary_wakes_who_waits() {
    let woken = Arc::new(AtomicBool::new(false));
    let me = thread::current();
    let theirs = Arc::clone(&woken);
    let thread = thread::spawn(move || {
        theirs.store(true, SeqCst);
        me.unpark();
    });
    thread::park();
    assert!(woken.load(SeqCst), "woken without a reason");
    thread.join().unwrap();
}

#[tokio::test]
async fn tokios_attribute_checks_every_order() {
    let notify = Arc::new(tokio::sync::Notify::new());
    let theirs = Arc::clone(&notify);
    let task = future::spawn(async move { theirs.notify_one() });
    notify.notified().await;
    task.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2, crate = "tokio")]
#[should_panic(expected = "FAILED, panic")]
async fn tokios_options_are_taken() {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
    for n in 0..2 {
        let sender = sender.clone();
        future::spawn(async move { sender.send(n).await });
    }
    assert_eq!(receiver.recv().await, Some(0));
}

#[tokio::test(start_paused = true)]
async fn time_is_virtual() {
    let started = selvedge::time::Instant::now();
    selvedge::time::sleep(Duration::from_secs(3_600)).await;
    assert!(started.elapsed() >= Duration::from_secs(3_600));
}

/// The attribute and the variables of the environment know the same words.
macro_rules! strategies {
    ($($test:ident $name:literal),*) => {
        mod named {
            $(
                #[selvedge::test(strategy = $name, executions = 1)]
                fn $test() {
                    // loom wants an operation of the task that its execution begins with.
                    selvedge::sync::atomic::AtomicU32::new(0).load(super::SeqCst);
                }
            )*
        }

        #[test]
        fn strategies_have_the_same_names_everywhere() {
            for name in [$($name),*] {
                let strategy: Strategy = name.parse().unwrap();
                assert_eq!(strategy.name(), name.split(':').next().unwrap());
            }
        }
    };
}

strategies!(
    auto "auto", exhaustive "exhaustive", random "random", pct "pct:2", shuttle_pct "shuttle-pct:2", urw "urw", pos "pos", surw "surw",
    portfolio "portfolio", graphs "graphs", dfs "dfs", loom "loom", stress "stress"
);

#[tokio::main]
async fn runs(argument: u32) -> Result<u32, std::num::ParseIntError> {
    let task = future::spawn(async move { argument });
    let parsed: u32 = "1".parse()?;
    Ok(task.await.unwrap() + parsed)
}

#[test]
fn main_runs_its_body_on_real_threads() {
    assert_eq!(runs(6), Ok(7));
}
