//! What holds for each of the four, on one thread; the interleavings are the catalog's business.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use super::*;

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        // Ordering: Relaxed; there is one thread.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A waker and the number of its calls.
fn waker() -> (Waker, impl Fn() -> usize) {
    let counting = Arc::new(Counting::default());
    let calls = Arc::clone(&counting);
    // Ordering: Relaxed; there is one thread.
    (Waker::from(counting), move || calls.0.load(Ordering::Relaxed))
}

fn waiter<'q, Q: WaiterQueue>(queue: &'q Q, waker: &Waker) -> Pin<Box<Waiter<'q, Q>>> {
    let mut waiter = Box::pin(Waiter::new(queue));
    assert!(waiter.as_mut().add_waiter_if(|| true, waker), "it has to wait");
    waiter
}

fn is_pending<Q: WaiterQueue>(waiter: &mut Pin<Box<Waiter<'_, Q>>>, waker: &Waker) -> bool {
    waiter.as_mut().poll_woken(&mut Context::from_waker(waker)).is_pending()
}

fn waiters_are_woken_in_the_order_of_registration<Q: WaiterQueue>() {
    let queue = Q::default();
    let wakers: Vec<_> = (0..4).map(|_| waker()).collect();
    let mut waiters: Vec<_> = wakers.iter().map(|(w, _)| waiter(&queue, w)).collect();
    for woken in 1..=4 {
        assert!(queue.wake_one());
        for (n, (waker, calls)) in wakers.iter().enumerate() {
            assert_eq!(calls(), usize::from(n < woken));
            if n >= woken {
                assert!(is_pending(&mut waiters[n], waker));
            }
        }
    }
    assert!(!queue.wake_one(), "nobody is left");
    for (waiter, (waker, _)) in waiters.iter_mut().zip(&wakers) {
        assert!(!is_pending(waiter, waker));
    }
}

fn a_condition_that_no_longer_holds_leaves_nothing_behind<Q: WaiterQueue>() {
    let queue = Q::default();
    let (waker, calls) = waker();
    let mut waiter = Box::pin(Waiter::new(&queue));
    assert!(!waiter.as_mut().add_waiter_if(|| false, &waker));
    assert!(!queue.wake_one());
    assert_eq!(calls(), 0);
}

fn a_dropped_waiter_is_not_woken<Q: WaiterQueue>() {
    let queue = Q::default();
    let wakers: Vec<_> = (0..3).map(|_| waker()).collect();
    for gone in 0..3 {
        let mut waiters: Vec<_> = wakers.iter().map(|(w, _)| waiter(&queue, w)).collect();
        drop(waiters.remove(gone));
        let before = wakers[gone].1();
        assert_eq!(queue.wake_all(), 2);
        assert_eq!(wakers[gone].1(), before);
    }
}

fn a_woken_waiter_that_is_dropped_passes_it_on<Q: WaiterQueue>() {
    let queue = Q::default();
    let (first, _) = waker();
    let (second, calls) = waker();
    let woken = waiter(&queue, &first);
    let mut other = waiter(&queue, &second);
    assert!(queue.wake_one());
    assert!(is_pending(&mut other, &second));
    drop(woken);
    assert!(!is_pending(&mut other, &second));
    assert_eq!(calls(), 1);
}

fn the_last_waker_is_the_one_that_counts<Q: WaiterQueue>() {
    let queue = Q::default();
    let (old, old_calls) = waker();
    let (new, new_calls) = waker();
    let mut waiter = waiter(&queue, &old);
    assert!(is_pending(&mut waiter, &new));
    assert!(queue.wake_one());
    assert_eq!((old_calls(), new_calls()), (0, 1));
}

fn a_place_can_be_used_again<Q: WaiterQueue>() {
    let queue = Q::default();
    let (waker, calls) = waker();
    let mut waiter = waiter(&queue, &waker);
    for round in 1..=3 {
        assert!(queue.wake_one());
        assert!(!is_pending(&mut waiter, &waker));
        assert!(waiter.as_mut().add_waiter_if(|| true, &waker));
        assert_eq!(calls(), round);
    }
    drop(waiter);
    assert!(!queue.wake_one());
}

fn wake_all_wakes_each_once<Q: WaiterQueue>() {
    for n in 0..4 {
        let queue = Q::default();
        let wakers: Vec<_> = (0..n).map(|_| waker()).collect();
        let waiters: Vec<_> = wakers.iter().map(|(w, _)| waiter(&queue, w)).collect();
        assert_eq!(queue.wake_all(), n);
        assert_eq!(queue.wake_all(), 0);
        assert!(wakers.iter().all(|(_, calls)| calls() == 1));
        drop(waiters);
    }
}

macro_rules! for_each_queue {
    ($($module:ident: $queue:ty;)+) => { $(
        mod $module {
            for_each_queue!(@ $queue:
                waiters_are_woken_in_the_order_of_registration
                a_condition_that_no_longer_holds_leaves_nothing_behind
                a_dropped_waiter_is_not_woken
                a_woken_waiter_that_is_dropped_passes_it_on
                the_last_waker_is_the_one_that_counts
                a_place_can_be_used_again
                wake_all_wakes_each_once
            );
        }
    )+ };
    (@ $queue:ty: $($fact:ident)+) => { $(
        #[test]
        fn $fact() {
            super::$fact::<$queue>();
        }
    )+ };
}

for_each_queue! {
    mutex: super::super::mutex::Queue;
    single: super::super::single::Queue;
    lock_free: super::super::lock_free::Queue;
    intrusive: super::super::intrusive::Queue;
}

#[test]
#[should_panic(expected = "in the queue already")]
fn a_waiter_cannot_register_twice() {
    let queue = super::mutex::Queue::default();
    let (waker, _) = waker();
    let mut waiter = waiter(&queue, &waker);
    waiter.as_mut().add_waiter_if(|| true, &waker);
}
