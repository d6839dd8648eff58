//! Waiting for completion with the real `tokio::sync::Notify`.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::tokio::sync::Notify;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, future};

struct Job {
    done: AtomicBool,
    finished: Notify,
}

impl Job {
    fn new() -> Arc<Job> {
        Arc::new(Job {
            done: AtomicBool::new(false).named("done"),
            finished: Notify::new().named("finished"),
        })
    }

    fn is_done(&self) -> bool {
        // Ordering: SeqCst; the example is about the order of the calls, not about memory.
        self.done.load(Ordering::SeqCst)
    }

    fn complete(&self) {
        // Ordering: SeqCst, as above.
        self.done.store(true, Ordering::SeqCst);
        self.finished.notify_waiters();
    }
}

fn dfs(name: &str) -> Check {
    Check::new(name).strategy(Strategy::Dfs).keep_going(true)
}

fn one_waiter_one_worker<W>(name: &str, wait: fn(Arc<Job>) -> W) -> Report
where
    W: Future<Output = ()> + Send + 'static,
{
    dfs(name).run(move || {
        let job = Job::new();
        let waiter = future::Builder::new().name("waiter").spawn(wait(job.clone()));
        let worker = future::Builder::new().name("worker").spawn({
            let job = job.clone();
            async move { job.complete() }
        });
        future::block_on(async move {
            waiter.await.unwrap();
            worker.await.unwrap();
        });
    })
}

async fn check_then_create(job: Arc<Job>) {
    while !job.is_done() {
        job.finished.notified().await;
    }
}

async fn create_then_check(job: Arc<Job>) {
    loop {
        let notified = job.finished.notified();
        if job.is_done() {
            return;
        }
        notified.await;
    }
}

#[test]
fn check_then_create_loses_its_wakeup_and_both_steps_are_named() {
    let report = one_waiter_one_worker("notify/check-then-create", check_then_create);
    let failure = report.failure.expect("an interleaving fails");
    assert_eq!(failure.kind, FailureKind::LostWakeup);
    assert!(
        failure
            .message
            .contains("waiter sleeps on `finished`: its wake-up was sent at step"),
        "{}",
        failure.message
    );
}

#[test]
fn create_then_check_is_verified() {
    let report = one_waiter_one_worker("notify/create-then-check", create_then_check);
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.executions > 1);
}

/// The number of Mazurkiewicz traces of `waiters` that create, check and wait, and a worker that completes.
///
/// A waiter creates before the version rises and checks after the store; or creates after it; or checks before
/// the store and comes to the queue too late; or comes in time. Those who come in time come in some order.
fn traces_of_create_then_check(waiters: u64) -> u64 {
    let choose = |k: u64| (0..k).fold(1, |product, i| product * (waiters - i) / (i + 1));
    let orders = |k: u64| (1..=k).product::<u64>();
    (0..=waiters)
        .map(|k| choose(k) * 3_u64.pow((waiters - k) as u32) * orders(k))
        .sum()
}

#[test]
fn waiters_that_do_not_see_each_other_are_not_ordered() {
    for (waiters, traces) in [(1, 4), (2, 17), (3, 78), (4, 393)] {
        assert_eq!(traces_of_create_then_check(waiters), traces);
        let report = Check::new("notify/waiters")
            .strategy(Strategy::Exhaustive)
            .run(move || {
                let job = Job::new();
                let mut tasks: Vec<_> = (0..waiters)
                    .map(|_| future::spawn(create_then_check(job.clone())))
                    .collect();
                tasks.push(future::spawn(async move { job.complete() }));
                future::block_on(async {
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            });
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!((report.executions, report.blocked_executions), (traces, 0));
    }
}
