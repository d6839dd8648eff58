//! `selvedge::tokio_util`: tokens that cancel and trackers that wait, explored and beside the real ones.

use std::time::Duration;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::tokio::task;
use selvedge::tokio_util::sync::CancellationToken;
use selvedge::tokio_util::task::TaskTracker;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future};

fn explore<F, R>(name: &str, f: fn() -> F) -> Report
where
    F: Future<Output = R> + 'static,
    R: std::fmt::Debug + 'static,
{
    let run = |strategy| {
        Check::new(name)
            .strategy(strategy)
            .keep_going(true)
            .run(move || future::block_on(f()))
    };
    let report = run(Strategy::Exhaustive);
    // What the reduction leaves out is equivalent to what it runs: no outcome is missed.
    if report.failure.is_none() {
        let all = run(Strategy::Dfs);
        assert_eq!(
            report.outcomes.keys().collect::<Vec<_>>(),
            all.outcomes.keys().collect::<Vec<_>>(),
            "{name}"
        );
    }
    report
}

#[track_caller]
fn outcomes(report: Report) -> Vec<String> {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    report.outcomes.into_keys().collect()
}

#[track_caller]
fn fails(report: Report) -> FailureKind {
    report.failure.unwrap_or_else(|| panic!("an interleaving fails")).kind
}

#[test]
fn a_token_cancels_its_children_and_not_its_parent() {
    let report = explore("token/children", || async {
        let parent = CancellationToken::new();
        let child = parent.child_token();
        let grandchild = child.child_token();
        let task = task::spawn(async move { grandchild.cancelled_owned().await });
        child.cancel();
        task.await.unwrap();
        (
            parent.is_cancelled(),
            child.is_cancelled(),
            parent.child_token().is_cancelled(),
        )
    });
    assert_eq!(outcomes(report), ["(false, true, false)"]);
}

#[test]
fn a_child_of_a_token_that_may_be_cancelled_is_cancelled_or_not() {
    let report = explore("token/late-child", || async {
        let token = CancellationToken::new();
        let theirs = token.clone();
        let task = task::spawn(async move { theirs.cancel() });
        let early = token.child_token().is_cancelled();
        task.await.unwrap();
        (early, token.child_token().is_cancelled())
    });
    assert_eq!(outcomes(report), ["(false, true)", "(true, true)"]);
}

#[test]
fn work_is_done_or_cancelled() {
    let report = explore("token/run-until", || async {
        let token = CancellationToken::new();
        let theirs = token.clone();
        let worker = task::spawn(async move {
            let steps = async {
                task::yield_now().await;
                task::yield_now().await;
                7
            };
            theirs.run_until_cancelled(steps).await
        });
        drop(token.drop_guard());
        worker.await.unwrap()
    });
    assert_eq!(outcomes(report), ["None", "Some(7)"]);
}

#[test]
fn a_guard_that_is_disarmed_cancels_nothing() {
    let report = explore("token/disarm", || async {
        let token = CancellationToken::new();
        let token = token.drop_guard().disarm();
        let cancelled = token.is_cancelled();
        drop(token.clone().drop_guard());
        (cancelled, token.is_cancelled())
    });
    assert_eq!(outcomes(report), ["(false, true)"]);
}

#[test]
fn a_tracker_waits_for_its_tasks_and_only_if_it_is_closed() {
    let report = explore("tracker/wait", || async {
        let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicU32::new(0)));
        for _ in 0..2 {
            let done = done.clone();
            tracker.spawn(async move { done.fetch_add(1, SeqCst) });
        }
        tracker.close();
        tracker.wait().await;
        (done.load(SeqCst), tracker.is_empty())
    });
    assert_eq!(outcomes(report), ["(2, true)"]);
    let open = explore("tracker/open", || async {
        let tracker = TaskTracker::new();
        tracker.spawn(async {});
        tracker.wait().await;
    });
    assert!(matches!(fails(open), FailureKind::Deadlock | FailureKind::LostWakeup));
}

#[test]
fn a_task_that_is_tracked_too_late_is_not_waited_for() {
    let report = explore("tracker/late", || async {
        let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicU32::new(0)));
        let (theirs, counts) = (tracker.clone(), done.clone());
        // Tracks from inside the task, not before it starts.
        let task = task::spawn(async move {
            let _token = theirs.token();
            counts.store(1, SeqCst);
        });
        tracker.close();
        tracker.wait().await;
        let seen = done.load(SeqCst);
        task.await.unwrap();
        assert_eq!(seen, 1, "the tracker has waited for the task");
    });
    assert_eq!(fails(report), FailureKind::Panic);
}

#[test]
fn what_blocks_and_what_is_local_is_tracked_too() {
    let report = explore("tracker/kinds", || async {
        let tracker = TaskTracker::new();
        tracker.spawn_blocking(|| ());
        let set = task::LocalSet::new();
        tracker.spawn_local_on(async {}, &set);
        let token = tracker.token();
        let before = tracker.len();
        drop(token);
        tracker.close();
        set.run_until(tracker.wait()).await;
        (before >= 2, tracker.len(), tracker.reopen(), tracker.is_closed())
    });
    assert_eq!(outcomes(report), ["(true, 0, true, false)"]);
}

macro_rules! parity {
    ($module:ident, $util:path, $tokio:path) => {
        mod $module {
            use $tokio as tokio;
            use $util as tokio_util;

            use super::Duration;

            pub(super) fn runs() -> (bool, Option<u8>, Option<u8>, usize) {
                tokio::runtime::Runtime::new().unwrap().block_on(async {
                    let token = tokio_util::sync::CancellationToken::new();
                    let tracker = tokio_util::task::TaskTracker::default();
                    let child = token.child_token();
                    let task = tracker.spawn(async move { child.run_until_cancelled(std::future::pending()).await });
                    let finished = token.run_until_cancelled(async { 1 }).await;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    let tracked = tracker.len();
                    drop(token.clone().drop_guard());
                    tracker.close();
                    tracker.wait().await;
                    (token.is_cancelled(), task.await.unwrap(), finished, tracked)
                })
            }
        }
    };
}

parity!(real, ::tokio_util, ::tokio);
parity!(ours, ::selvedge::tokio_util, ::selvedge::tokio);

#[test]
fn the_real_ones_do_the_same_on_real_threads() {
    assert_eq!(real::runs(), (true, None, Some(1), 1));
    assert_eq!(ours::runs(), real::runs());
}
