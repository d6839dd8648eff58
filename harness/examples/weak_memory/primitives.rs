//! The primitives of this project. They are written for the facade, so loom runs them on it, too.

use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Waker};

use selvedge::sync::Arc;
use selvedge::sync::atomic::AtomicBool;
use selvedge::{future, thread};
use selvedge_primitives::notify::versioned;
use selvedge_primitives::ring::{AcquireRelease, ring};
use selvedge_primitives::waiter_queue::{Permits, WaiterQueue};

/// A queue that threads can share.
pub(crate) trait Queue: WaiterQueue<Slot: Send> + Send + Sync + 'static {}
impl<Q: WaiterQueue<Slot: Send> + Send + Sync + 'static> Queue for Q {}

/// Each of the waiters waits for a permit; main gives them.
pub(crate) fn wait<Q: Queue>(waiters: usize) {
    let permits = Arc::new(Permits::<Q>::new(0));
    let threads: Vec<_> = (0..waiters)
        .map(|_| {
            let permits = Arc::clone(&permits);
            thread::spawn(move || future::block_on(permits.take()))
        })
        .collect();
    (0..waiters).for_each(|_| permits.give());
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(permits.available(), 0);
}

/// One waits for a permit, one gives up after a look and gives back what it got; main gives one.
pub(crate) fn give_up<Q: Queue>() -> usize {
    let permits = Arc::new(Permits::<Q>::new(0));
    let patient = thread::spawn({
        let permits = Arc::clone(&permits);
        move || future::block_on(permits.take())
    });
    let impatient = thread::spawn({
        let permits = Arc::clone(&permits);
        move || {
            let got = {
                let take = pin!(permits.take());
                take.poll(&mut Context::from_waker(Waker::noop())).is_ready()
            };
            if got {
                permits.give();
            }
        }
    });
    permits.give();
    impatient.join().unwrap();
    patient.join().unwrap();
    permits.available()
}

/// Each of the waiters waits until it is done; a worker says so.
pub(crate) fn notify(waiters: usize) {
    let shared = Arc::new((AtomicBool::new(false), versioned::Notify::<true>::new()));
    let threads: Vec<_> = (0..waiters)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                future::block_on(async {
                    loop {
                        let notified = shared.1.notified();
                        // Ordering: Relaxed; the version makes it visible.
                        if shared.0.load(Relaxed) {
                            return;
                        }
                        notified.await;
                    }
                });
            })
        })
        .collect();
    // Ordering: Relaxed, as above.
    shared.0.store(true, Relaxed);
    shared.1.notify_waiters();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// So many values through a ring of so many slots. Gives how many came through while the producer was at work, and in all.
pub(crate) fn through_a_ring(values: usize, slots: usize) -> (usize, usize) {
    let (mut producer, mut consumer) = ring::<usize, AcquireRelease>("ring", slots);
    let thread = thread::spawn(move || (0..values).filter(|value| producer.push(*value).is_ok()).count());
    let early = (0..values).filter_map(|_| consumer.pop()).count();
    let accepted = thread.join().unwrap();
    let all = early + std::iter::from_fn(|| consumer.pop()).count();
    assert_eq!(all, accepted);
    (early, all)
}

/// A push and a close at the same time. Gives what could be drained.
pub(crate) fn close_a_ring() -> Option<usize> {
    let (mut producer, mut consumer) = ring::<usize, AcquireRelease>("ring", 1);
    let thread = thread::spawn(move || producer.push(7).is_ok());
    consumer.close();
    let drained = consumer.pop();
    assert_eq!(thread.join().unwrap(), drained.is_some());
    assert_eq!(consumer.pop(), None);
    drained
}
