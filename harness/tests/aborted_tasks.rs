//! Tasks that do nothing and are aborted: an interleaving for each way it can end, and no talk of other crates.

use std::future::Future;

use selvedge::{Check, Report, Strategy, Verdict, future};

fn aborted<F>(strategy: &Strategy, tasks: u32, waits: bool, body: fn() -> F) -> Report
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Check::new("aborted").strategy(strategy.clone()).run(move || {
        future::block_on(async move {
            let tasks: Vec<_> = (0..tasks).map(|_| future::spawn(body())).collect();
            tasks.iter().for_each(|task| task.abort());
            let mut ended = Vec::new();
            for task in tasks {
                if waits {
                    ended.push(task.await.is_ok());
                }
            }
            ended
        })
    })
}

#[test]
fn a_task_that_does_nothing_is_like_one_that_returns_a_number() {
    for tasks in 1..=3 {
        for waits in [false, true] {
            let nothing = aborted(&Strategy::Exhaustive, tasks, waits, || async {});
            let number = aborted(&Strategy::Exhaustive, tasks, waits, || async { 1 });
            assert_eq!(
                (nothing.verdict, nothing.blocked_executions),
                (Verdict::Verified, 0),
                "{nothing}"
            );
            assert!(!nothing.basis.contains("other crates"), "{nothing}");
            assert_eq!(nothing.executions, number.executions);
            assert_eq!(nothing.outcomes, number.outcomes);
            // Each task is aborted before it begins or not; and who waits sees its end at once or later.
            let ways: u64 = if waits { 4 } else { 2 };
            assert_eq!(nothing.executions, ways.pow(tasks));
        }
    }
}

#[test]
fn all_interleavings_have_the_same_ends() {
    for waits in [false, true] {
        let outcomes = |strategy| {
            let report = aborted(&strategy, 2, waits, || async {});
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
            report.outcomes.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(outcomes(Strategy::Exhaustive), outcomes(Strategy::Dfs));
    }
}
