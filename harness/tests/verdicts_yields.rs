//! Programs from outside that yield, or await futures of other crates, and were judged wrongly once: each test states
//! what is right, and why.

use std::sync::atomic::Ordering::SeqCst;

use selvedge::future::{self, block_on, cancelable, spawn};
use selvedge::{Check, FailureKind, Report, Strategy};

fn run<R: std::fmt::Debug>(strategy: Strategy, program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("yields").strategy(strategy).keep_going(true).run(program)
}

fn outcomes(report: &Report) -> Vec<&str> {
    assert!(report.error.is_none(), "{report}");
    report.outcomes.keys().map(String::as_str).collect()
}

/// A channel of another crate, whose receiver may be cancelled.
fn receiver_gives_up() -> (bool, bool) {
    block_on(async {
        let (sender, receiver) = tokio::sync::oneshot::channel::<u32>();
        let receiver = spawn(cancelable(receiver));
        // The receiver has been polled before, or not.
        selvedge::sync::atomic::AtomicU32::new(0).load(SeqCst);
        let sent = sender.send(7).is_ok();
        (sent, receiver.await.unwrap().is_some())
    })
}

#[test]
fn a_future_of_another_crate_is_noticed_inside_cancelable() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        assert_eq!(
            outcomes(&run(strategy, receiver_gives_up)),
            ["(false, false)", "(true, false)", "(true, true)"]
        );
    }
}

/// Two tasks wait for a channel that spreads its waiters by random numbers.
fn watches(named: bool) -> impl Fn() + Send + Sync + 'static {
    move || {
        block_on(async {
            let (sender, receiver) = tokio::sync::watch::channel(0);
            let tasks = [0, 1].map(|_| {
                let mut receiver = receiver.clone();
                let changed = async move { receiver.changed().await.unwrap() };
                match named {
                    true => spawn(future::opaque("watch", changed)),
                    false => spawn(changed),
                }
            });
            match named {
                true => selvedge::opaque("watch", || sender.send(1)).unwrap(),
                false => sender.send(1).unwrap(),
            }
            for task in tasks {
                task.await.unwrap();
            }
        })
    }
}

#[test]
fn randomness_of_other_crates_is_told_with_the_way_out() {
    let failures = (0..8).filter_map(|_| {
        let report = Check::new("watch").strategy(Strategy::Exhaustive).run(watches(false));
        report.failure
    });
    let mut found = 0;
    for failure in failures {
        assert_eq!(failure.kind, FailureKind::Nondeterminism, "{failure}");
        assert!(
            failure.message.contains(
                "a future of another crate was awaited without a name and may draw random numbers; name it with \
                 selvedge::future::opaque"
            ),
            "{failure}"
        );
        found += 1;
    }
    assert!(found > 0, "the waiters are woken in a random order");
    for _ in 0..4 {
        Check::new("watch")
            .strategy(Strategy::Exhaustive)
            .run(watches(true))
            .assert_ok();
    }
}

#[test]
fn randomness_of_the_program_itself_is_told_without_it() {
    use std::sync::atomic::AtomicU32;
    let count = AtomicU32::new(0);
    let report = Check::new("own").strategy(Strategy::Exhaustive).run(move || {
        let shared = selvedge::sync::Arc::new([0, 1].map(selvedge::sync::atomic::AtomicU32::new));
        let theirs = selvedge::sync::Arc::clone(&shared);
        let other = selvedge::thread::spawn(move || theirs.iter().for_each(|n| n.store(1, SeqCst)));
        let first = count.fetch_add(1, SeqCst) % 2;
        shared[first as usize].load(SeqCst);
        shared[1 - first as usize].load(SeqCst);
        other.join().unwrap();
    });
    let failure = report.failure.expect("every execution is another one");
    assert_eq!(failure.kind, FailureKind::Nondeterminism);
    assert!(!failure.message.contains("opaque"), "{failure}");
}
