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
