//! Parity: one body, compiled against tokio itself and against this crate on real threads, gives the same
//! result.

use std::sync::Arc;
use std::time::Duration;

/// Defines the bodies for one set of names.
macro_rules! bodies {
    ($module:ident, $sync:path, $time:path, $spawn:path, $yield_now:path, $run:expr) => {
        mod $module {
            use super::*;
            use $spawn as spawn;
            use $sync as sync;
            use $time as time;
            use $yield_now as yield_now;

            fn run<T>(future: impl Future<Output = T>) -> T {
                $run(future)
            }

            pub(super) fn notify() -> (bool, bool, bool) {
                run(async {
                    let notify = Arc::new(sync::Notify::new());
                    notify.notify_one();
                    notify.notify_one();
                    let short = Duration::from_millis(5);
                    let first = time::timeout(short, notify.notified()).await.is_ok();
                    let second = time::timeout(short, notify.notified()).await.is_ok();
                    let created = notify.notified();
                    notify.notify_waiters();
                    (first, second, time::timeout(short, created).await.is_ok())
                })
            }

            pub(super) fn counters() -> (i32, i32, usize) {
                run(async {
                    let mutex = Arc::new(sync::Mutex::new(0));
                    let lock = Arc::new(sync::RwLock::new(0));
                    let semaphore = Arc::new(sync::Semaphore::new(2));
                    let mut tasks = Vec::new();
                    for _ in 0..8 {
                        let (mutex, lock, semaphore) = (mutex.clone(), lock.clone(), semaphore.clone());
                        tasks.push(spawn(async move {
                            let _permit = semaphore.acquire_owned().await.unwrap();
                            let mut guard = mutex.lock().await;
                            let seen = *guard;
                            yield_now().await;
                            *guard = seen + 1;
                            *lock.write().await += 1;
                        }));
                    }
                    for task in tasks {
                        task.await.unwrap();
                    }
                    let counted = (*mutex.lock().await, *lock.read().await);
                    (counted.0, counted.1, semaphore.available_permits())
                })
            }

            pub(super) fn channels() -> (Vec<i32>, Option<i32>, bool, i32, Vec<i32>) {
                run(async {
                    let (sender, mut receiver) = sync::mpsc::channel(1);
                    let task = spawn(async move {
                        for i in 0..4 {
                            sender.send(i).await.unwrap();
                        }
                    });
                    let mut received = Vec::new();
                    while let Some(i) = receiver.recv().await {
                        received.push(i);
                    }
                    task.await.unwrap();
                    let (sender, receiver) = sync::oneshot::channel();
                    sender.send(5).unwrap();
                    let once = receiver.await.ok();
                    let (sender, receiver) = sync::oneshot::channel::<i32>();
                    drop(sender);
                    let nothing = receiver.await.is_err();
                    let (sender, mut receiver) = sync::watch::channel(0);
                    sender.send(1).unwrap();
                    receiver.changed().await.unwrap();
                    let last = *receiver.wait_for(|value| *value == 1).await.unwrap();
                    let (sender, mut receiver) = sync::broadcast::channel(4);
                    sender.send(1).unwrap();
                    sender.send(2).unwrap();
                    let all = vec![receiver.recv().await.unwrap(), receiver.recv().await.unwrap()];
                    (received, once, nothing, last, all)
                })
            }

            pub(super) fn joining() -> (bool, bool, String) {
                run(async {
                    let endless = spawn(std::future::pending::<()>());
                    endless.abort();
                    let cancelled = endless.await.unwrap_err().is_cancelled();
                    let failed = spawn(async { std::panic::resume_unwind(Box::new("boom".to_owned())) });
                    let error = match failed.await {
                        Ok(()) => unreachable!("it panics"),
                        Err(error) => error,
                    };
                    let is_panic = error.is_panic();
                    (
                        cancelled,
                        is_panic,
                        *error.into_panic().downcast::<String>().unwrap(),
                    )
                })
            }

            pub(super) fn once_and_barrier() -> (bool, bool, usize) {
                run(async {
                    let cell = Arc::new(sync::OnceCell::new());
                    let barrier = Arc::new(sync::Barrier::new(3));
                    let mut tasks = Vec::new();
                    for i in 0..3 {
                        let (cell, barrier) = (cell.clone(), barrier.clone());
                        tasks.push(spawn(async move {
                            let leads = barrier.wait().await.is_leader();
                            (*cell.get_or_init(|| async move { i }).await, leads)
                        }));
                    }
                    let mut leaders = 0;
                    let mut seen = Vec::new();
                    for task in tasks {
                        let (value, leads) = task.await.unwrap();
                        leaders += usize::from(leads);
                        seen.push(value);
                    }
                    let same = seen.iter().all(|value| Some(value) == cell.get());
                    (cell.set(9).is_err(), same, leaders)
                })
            }

            pub(super) fn times() -> (bool, bool, Vec<u128>) {
                run(async {
                    let ms = Duration::from_millis;
                    let start = time::Instant::now();
                    let late = time::timeout(ms(5), time::sleep(ms(500))).await.is_err();
                    let waited = start.elapsed() >= ms(5) && start.elapsed() < ms(500);
                    let mut interval = time::interval(ms(4));
                    let first = interval.tick().await;
                    let mut ticks = Vec::new();
                    for _ in 0..2 {
                        ticks.push((interval.tick().await - first).as_millis());
                    }
                    (late, waited, ticks)
                })
            }
        }
    };
}

bodies!(
    real,
    tokio::sync,
    tokio::time,
    tokio::spawn,
    tokio::task::yield_now,
    |future| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }
);
bodies!(
    ours,
    selvedge::tokio::sync,
    selvedge::time,
    selvedge::future::spawn,
    selvedge::future::yield_now,
    selvedge::future::block_on
);

#[test]
fn notify_keeps_one_permit_and_counts_from_creation() {
    assert_eq!(real::notify(), (true, false, true));
    assert_eq!(ours::notify(), real::notify());
}

#[test]
fn locks_and_permits_count_the_same() {
    assert_eq!(real::counters(), (8, 8, 2));
    assert_eq!(ours::counters(), real::counters());
}

#[test]
fn channels_deliver_the_same() {
    assert_eq!(real::channels(), (vec![0, 1, 2, 3], Some(5), true, 1, vec![1, 2]));
    assert_eq!(ours::channels(), real::channels());
}

#[test]
fn tasks_end_the_same() {
    assert_eq!(real::joining(), (true, true, "boom".to_owned()));
    assert_eq!(ours::joining(), real::joining());
}

#[test]
fn cells_and_barriers_agree() {
    assert_eq!(real::once_and_barrier(), (true, true, 1));
    assert_eq!(ours::once_and_barrier(), real::once_and_barrier());
}

#[test]
fn time_passes_the_same() {
    assert_eq!(real::times(), (true, true, vec![4, 8]));
    assert_eq!(ours::times(), real::times());
}

#[test]
fn block_on_works_inside_a_runtime_of_several_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let value = runtime.block_on(async {
        tokio::spawn(async {
            selvedge::future::block_on(async { selvedge::future::spawn(async { 3 }).await.unwrap() })
        })
        .await
        .unwrap()
    });
    assert_eq!(value, 3);
}
