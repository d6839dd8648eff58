//! A thousand tasks and one permit, under randomized strategies.

#![cfg(feature = "selvedge")]

use std::sync::Arc;

use selvedge::{Check, Strategy, Verdict, future};
use selvedge_primitives::semaphore::Semaphore;

fn thousand_tasks_finish_and_the_count_is_exact(strategy: Strategy) {
    let report = Check::new("thousand-tasks")
        .strategy(strategy)
        .max_executions(3)
        .max_steps(1_000_000)
        .run(|| {
            let semaphore = Arc::new(Semaphore::new(1));
            let tasks: Vec<_> = (0..1_000)
                .map(|_| {
                    let semaphore = Arc::clone(&semaphore);
                    future::spawn(async move { drop(semaphore.acquire(1).await) })
                })
                .collect();
            future::block_on(async {
                for task in tasks {
                    task.await.expect("no task panics");
                }
            });
            semaphore.available()
        });
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    assert_eq!(report.outcomes.get("1"), Some(&3), "{:?}", report.outcomes);
}

#[test]
fn thousand_tasks_finish_under_random() {
    thousand_tasks_finish_and_the_count_is_exact(Strategy::Random);
}

#[test]
fn thousand_tasks_finish_under_pct() {
    thousand_tasks_finish_and_the_count_is_exact(Strategy::Pct { depth: 3 });
}
