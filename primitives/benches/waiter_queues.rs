//! The four queues beside each other, and beside tokio's and async-lock's semaphores, on std.
//!
//! `cargo bench -p selvedge-primitives`; what it found is in `BENCHMARKS.md`.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use selvedge_primitives::semaphore::Semaphore;
use selvedge_primitives::waiter_queue::{Permits, Waiter, WaiterQueue, intrusive, lock_free, mutex, single};

/// Runs a generic benchmark for each queue.
macro_rules! for_each_queue {
    ($c:expr, $bench:ident) => {
        $bench::<mutex::Queue>($c, "mutex");
        $bench::<single::Queue>($c, "single");
        $bench::<lock_free::Queue>($c, "lock_free");
        $bench::<intrusive::Queue>($c, "intrusive");
    };
}

fn collect<Q: WaiterQueue>(waiter: Pin<&mut Waiter<'_, Q>>) {
    let woken = waiter.poll_woken(&mut Context::from_waker(Waker::noop()));
    assert!(woken.is_ready(), "it was woken");
}

/// One waiter: register, wake, collect.
fn one_waiter<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    let queue = Q::default();
    c.benchmark_group("one waiter").bench_function(name, |b| {
        let mut waiter = pin!(Waiter::new(&queue));
        b.iter(|| {
            waiter.as_mut().add_waiter_if(|| black_box(true), Waker::noop());
            queue.wake_one();
            collect(waiter.as_mut());
        });
    });
}

/// Nobody waits: what a notifier pays for nothing.
fn nobody<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    let queue = Q::default();
    c.benchmark_group("wake nobody")
        .bench_function(name, |b| b.iter(|| black_box(queue.wake_one())));
}

/// n waiters: all register, each is woken, all collect.
fn many_waiters<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    for n in [10, 50, 100, 500] {
        let queue = Q::default();
        let mut waiters: Vec<_> = (0..n).map(|_| Box::pin(Waiter::new(&queue))).collect();
        c.benchmark_group("many waiters")
            .bench_function(BenchmarkId::new(name, n), |b| {
                b.iter(|| {
                    for waiter in &mut waiters {
                        waiter.as_mut().add_waiter_if(|| black_box(true), Waker::noop());
                    }
                    while queue.wake_one() {}
                    for waiter in &mut waiters {
                        collect(waiter.as_mut());
                    }
                });
            });
    }
}

/// A hundred waiters: ten are woken one by one, the rest at once.
fn mixed<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    let queue = Q::default();
    let mut waiters: Vec<_> = (0..100).map(|_| Box::pin(Waiter::new(&queue))).collect();
    c.benchmark_group("mixed wake_one and wake_all")
        .bench_function(name, |b| {
            b.iter(|| {
                for waiter in &mut waiters {
                    waiter.as_mut().add_waiter_if(|| black_box(true), Waker::noop());
                }
                for _ in 0..10 {
                    queue.wake_one();
                }
                queue.wake_all();
                for waiter in &mut waiters {
                    collect(waiter.as_mut());
                }
            });
        });
}

/// A hundred waiters, all cancelled, then one wake-up that finds nobody.
fn cancelled<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    let queue = Q::default();
    c.benchmark_group("cancel a hundred").bench_function(name, |b| {
        b.iter(|| {
            let mut waiters: Vec<_> = (0..100).map(|_| Box::pin(Waiter::new(&queue))).collect();
            for waiter in &mut waiters {
                waiter.as_mut().add_waiter_if(|| black_box(true), Waker::noop());
            }
            drop(waiters);
            queue.wake_one()
        });
    });
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nobody else has the permit"),
    }
}

/// Acquire and release with nobody else around.
fn cycle_of<Q: WaiterQueue>(c: &mut Criterion, name: &str) {
    let permits = Permits::<Q>::new(1);
    c.benchmark_group("acquire and release").bench_function(name, |b| {
        b.iter(|| {
            ready(permits.take());
            permits.give();
        });
    });
}

fn cycles(c: &mut Criterion) {
    for_each_queue!(c, cycle_of);
    let mut group = c.benchmark_group("acquire and release");
    let fair = Semaphore::new(1);
    group.bench_function("fair", |b| b.iter(|| drop(ready(fair.acquire(1)))));
    let tokio = tokio::sync::Semaphore::new(1);
    group.bench_function("tokio", |b| b.iter(|| drop(ready(tokio.acquire()))));
    let async_lock = async_lock::Semaphore::new(1);
    group.bench_function("async-lock", |b| b.iter(|| drop(ready(async_lock.acquire()))));
}

const TASKS: usize = 100;
const ROUNDS: usize = 20;

/// A hundred tasks on two threads share one permit, and each takes it twenty times.
fn contend<F: Future<Output = ()> + Send + 'static>(c: &mut Criterion, name: &str, round: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("the operating system can start a thread");
    c.benchmark_group("a hundred tasks share a permit")
        .bench_function(name, |b| {
            b.iter(|| {
                runtime.block_on(async {
                    let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(round())).collect();
                    for task in tasks {
                        task.await.expect("no task panics");
                    }
                });
            });
        });
}

fn contended_queue<Q>(c: &mut Criterion, name: &str)
where
    Q: WaiterQueue<Slot: Send> + Send + Sync + 'static,
{
    let permits = Arc::new(Permits::<Q>::new(1));
    contend(c, name, || {
        let permits = Arc::clone(&permits);
        async move {
            for _ in 0..ROUNDS {
                permits.take().await;
                tokio::task::yield_now().await;
                permits.give();
            }
        }
    });
}

fn contended(c: &mut Criterion) {
    for_each_queue!(c, contended_queue);
    let fair = Arc::new(Semaphore::new(1));
    contend(c, "fair", || {
        let fair = Arc::clone(&fair);
        async move {
            for _ in 0..ROUNDS {
                let permit = fair.acquire(1).await;
                tokio::task::yield_now().await;
                drop(permit);
            }
        }
    });
    let semaphore = Arc::new(tokio::sync::Semaphore::new(1));
    contend(c, "tokio", || {
        let semaphore = Arc::clone(&semaphore);
        async move {
            for _ in 0..ROUNDS {
                let permit = semaphore.acquire().await.expect("nobody closes it");
                tokio::task::yield_now().await;
                drop(permit);
            }
        }
    });
    let semaphore = Arc::new(async_lock::Semaphore::new(1));
    contend(c, "async-lock", || {
        let semaphore = Arc::clone(&semaphore);
        async move {
            for _ in 0..ROUNDS {
                let permit = semaphore.acquire().await;
                tokio::task::yield_now().await;
                drop(permit);
            }
        }
    });
}

fn queues(c: &mut Criterion) {
    for_each_queue!(c, nobody);
    for_each_queue!(c, one_waiter);
    for_each_queue!(c, many_waiters);
    for_each_queue!(c, mixed);
    for_each_queue!(c, cancelled);
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20);
    targets = queues, cycles, contended
}
criterion_main!(benches);
