//! The same backpressure between threads: a condition variable says "there is room". And the ring alone,
//! for which two threads are enough.

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{note, thread};
use selvedge_primitives::ring::{AcquireRelease, Consumer, Orders, Producer, PushError, Relaxed, ring};

use super::collector::{Span, TICK};

// code: threads-try-then-wait, threads-try-under-lock
/// "There is room", for threads.
struct Room {
    /// Protects nothing but the moment between looking and waiting.
    lock: Mutex<()>,
    made: Condvar,
    shutdown: AtomicBool,
}
// end

// code: threads-try-then-wait
/// Try, and if the ring is full, wait: the translation of the async code.
pub(super) fn try_then_wait() {
    producer_and_consumer(|room, ring, span| {
        while push(ring, span).is_err() {
            // Here the consumer can drain the ring and notify nobody.
            let guard = room.lock.lock().expect("no holder panics");
            drop(room.made.wait(guard).expect("no holder panics"));
        }
    });
}
// end

// code: threads-try-under-lock
/// Look while holding the lock that the consumer takes before it notifies.
pub(super) fn try_under_lock() {
    producer_and_consumer(|room, ring, span| {
        let mut guard = room.lock.lock().expect("no holder panics");
        while push(ring, span).is_err() {
            guard = room.made.wait(guard).expect("no holder panics");
        }
    });
}
// end

// code: threads-try-then-wait, threads-try-under-lock, relaxed-ring, acquire-release-ring
fn push(ring: &mut Producer<Span>, span: Span) -> Result<(), PushError<Span>> {
    let result = ring.push(span);
    note!("try_submit({span}) ➜ {}", if result.is_ok() { "ok" } else { "full" });
    result
}
// end

// code: threads-try-then-wait, threads-try-under-lock
/// Two spans, room for one, and a consumer that drains the ring on an interval.
fn producer_and_consumer(submit: fn(&Room, &mut Producer<Span>, Span)) {
    let (mut producer, mut consumer) = ring::<Span, AcquireRelease>("ring", 1);
    let room = Arc::new(Room {
        lock: Mutex::new(()).named("room lock"),
        made: Condvar::new().named("room made"),
        shutdown: AtomicBool::new(false).named("shutdown"),
    });
    let drainer = start("consumer", {
        let room = Arc::clone(&room);
        move || drain_on_interval(&room, &mut consumer)
    });
    let submitter = start("producer", {
        let room = Arc::clone(&room);
        move || (1..=2).for_each(|span| submit(&room, &mut producer, span))
    });
    submitter.join().expect("the producer does not panic");
    // Ordering: Release; pairs with the Acquire of the consumer, so it drains what was submitted.
    room.shutdown.store(true, Ordering::Release);
    let drained = drainer.join().expect("the consumer does not panic");
    assert!(
        drained == [1, 2],
        "spans are lost: 1 and 2 accepted, {drained:?} drained"
    );
}

fn drain_on_interval(room: &Room, ring: &mut Consumer<Span>) -> Vec<Span> {
    let mut drained = Vec::new();
    loop {
        // Ordering: Acquire; pairs with the Release of main.
        let stopping = room.shutdown.load(Ordering::Acquire);
        if let Some(span) = ring.pop() {
            note!("drained {span}");
            drained.push(span);
            // A producer between its look and its wait holds the lock; from here on it waits or has seen room.
            drop(room.lock.lock().expect("no holder panics"));
            room.made.notify_all();
        } else if stopping {
            return drained;
        }
        thread::sleep(TICK);
    }
}
// end

// code: relaxed-ring
/// The collector's ring with relaxed counters: they move, and the slot behind them does not.
pub(super) fn relaxed_ring() {
    two_spans_through_one_slot::<Relaxed>();
}
// end

// code: acquire-release-ring
/// Acquire and release hand the slot over.
pub(super) fn acquire_release_ring() {
    two_spans_through_one_slot::<AcquireRelease>();
}
// end

// code: relaxed-ring, acquire-release-ring
/// A span is more than a number, so that a torn one would show.
fn two_spans_through_one_slot<O: Orders>() {
    let (mut producer, mut consumer) = ring::<(u32, u32), O>("ring", 1);
    let submitter = start("producer", move || [1, 2].map(|n| producer.push((n, n)).is_ok()));
    let mut drained: Vec<(u32, u32)> = (0..2).filter_map(|_| consumer.pop()).collect();
    let accepted = submitter.join().expect("the producer does not panic");
    drained.extend(consumer.pop());
    assert!(drained.iter().all(|(a, b)| a == b), "a torn span: {drained:?}");
    let count = accepted.iter().filter(|a| **a).count();
    assert!(
        drained.len() == count,
        "spans are lost: {count} accepted, {drained:?} drained"
    );
}
// end

// code: threads-try-then-wait, threads-try-under-lock, relaxed-ring, acquire-release-ring
fn start<R: Send + 'static>(name: &str, work: impl FnOnce() -> R + Send + 'static) -> thread::JoinHandle<R> {
    thread::Builder::new()
        .name(name)
        .spawn(work)
        .expect("a thread can start")
}
// end
