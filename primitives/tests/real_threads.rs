//! The primitives in production: on tokio's real threads. With the feature off this is all there is of them; with
//! the feature on the facade steps aside outside a check.

use std::sync::Arc;
use std::time::Duration;

use selvedge_primitives::semaphore::Semaphore;
use selvedge_primitives::waiter_queue::{Permits, WaiterQueue, intrusive, lock_free, mutex, single};

const TASKS: usize = 64;
const ROUNDS: usize = 50;

fn on_four_threads(future: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .expect("the operating system can start threads");
    runtime.block_on(async { tokio::spawn(future).await.expect("the test does not panic") });
}

/// Tasks share three permits. Every third one is impatient: it asks, and is dropped at its first `Pending`.
fn permits_are_neither_lost_nor_made<Q>()
where
    Q: WaiterQueue<Slot: Send> + Send + Sync + 'static,
{
    on_four_threads(async {
        let permits = Arc::new(Permits::<Q>::new(3));
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let permits = Arc::clone(&permits);
                tokio::spawn(async move {
                    for _ in 0..ROUNDS {
                        let taken = tokio::select! {
                            biased;
                            () = permits.take() => true,
                            () = tokio::task::yield_now(), if n % 3 == 0 => false,
                        };
                        if taken {
                            tokio::task::yield_now().await;
                            permits.give();
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no task panics");
        }
        assert_eq!(permits.available(), 3);
    });
}

#[test]
fn permits_are_neither_lost_nor_made_by_the_mutex() {
    permits_are_neither_lost_nor_made::<mutex::Queue>();
}

#[test]
fn permits_are_neither_lost_nor_made_by_the_single() {
    permits_are_neither_lost_nor_made::<single::Queue>();
}

#[test]
fn permits_are_neither_lost_nor_made_by_the_lock_free() {
    permits_are_neither_lost_nor_made::<lock_free::Queue>();
}

#[test]
fn permits_are_neither_lost_nor_made_by_the_intrusive() {
    permits_are_neither_lost_nor_made::<intrusive::Queue>();
}

#[test]
fn a_fair_semaphore_counts_exactly_when_tasks_are_aborted() {
    on_four_threads(async {
        let semaphore = Arc::new(Semaphore::new(3));
        let tasks: Vec<_> = (0..TASKS)
            .map(|n| {
                let semaphore = Arc::clone(&semaphore);
                tokio::spawn(async move {
                    for _ in 0..ROUNDS {
                        let permit = semaphore.acquire(1 + n % 3).await;
                        tokio::task::yield_now().await;
                        drop(permit);
                    }
                })
            })
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            if n % 2 == 0 {
                tokio::time::sleep(Duration::from_micros(50)).await;
                task.abort();
            }
            assert!(task.await.is_ok() || n % 2 == 0, "no task panics");
        }
        assert_eq!(semaphore.available(), 3);
    });
}
