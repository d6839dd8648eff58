//! How a producer waits for room in its ring.

use selvedge::sync::Arc;
use selvedge::tokio::sync::Notify;
use selvedge::{future, note};
use selvedge_primitives::ring::PushError;

use super::collector::{Collector, Span, Tracer, consume, start};

// code: try-then-notified
/// `submit_span` as published: try, and if the ring is full, wait.
async fn submit_try_then_notified(tracer: &mut Tracer, span: Span) {
    let collector = Arc::clone(&tracer.collector);
    while let Err(PushError::Full(_)) = tracer.try_submit(span) {
        // Here the consumer can drain the ring and notify nobody.
        collector.room.notified().await;
    }
}

/// One producer, two spans, room for one.
pub(super) fn try_then_notified() {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        let consumer = start(
            "consumer",
            consume(collector.clone(), vec![ring], 4, Notify::notify_waiters),
        );
        let producer = start("producer", async move {
            submit_try_then_notified(&mut tracer, 1).await;
            submit_try_then_notified(&mut tracer, 2).await;
        });
        producer.await.expect("the producer does not panic");
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        collector.assert_accounts_for(2);
    });
}
// end

// code: created-before-try
/// The same with `notified()` created before `try_submit`.
pub(super) fn created_before_try() {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        let consumer = start(
            "consumer",
            consume(collector.clone(), vec![ring], 4, Notify::notify_waiters),
        );
        let producer = start("producer", async move {
            tracer.submit(1).await?;
            tracer.submit(2).await
        });
        let submitted = producer.await.expect("the producer does not panic");
        assert_eq!(submitted, Ok(()));
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        collector.assert_accounts_for(2);
    });
}
// end

// code: no-retry-loop
/// Waits once, tries once more, and that is it.
async fn submit_without_loop(tracer: &mut Tracer, span: Span) {
    let collector = Arc::clone(&tracer.collector);
    let room = collector.room.notified();
    if tracer.try_submit(span).is_err() {
        room.await;
        // The room may be in somebody else's ring; the span is gone.
        let _ = tracer.try_submit(span);
    }
}

/// A consumer that takes one span a tick and notifies everybody, whoever's ring it was.
pub(super) fn no_retry_loop() {
    two_full_rings(1, Notify::notify_waiters, |mut first, mut second| {
        [
            start("first", async move { submit_without_loop(&mut first, 3).await }),
            start("second", async move { submit_without_loop(&mut second, 4).await }),
        ]
    });
}
// end

// code: retry-loop
/// The same consumer; both producers try again until it works.
pub(super) fn retry_loop() {
    two_full_rings(1, Notify::notify_waiters, two_patient_producers);
}
// end

// code: notify-one-patient
/// `notify_one`: one tick makes room for both, and one producer is told.
pub(super) fn notify_one_patient() {
    two_full_rings(4, Notify::notify_one, two_patient_producers);
}
// end

// code: retry-loop, notify-one-patient
fn two_patient_producers(mut first: Tracer, mut second: Tracer) -> [future::JoinHandle<()>; 2] {
    [
        start("first", async move { first.submit(3).await.expect("not closed") }),
        start("second", async move { second.submit(4).await.expect("not closed") }),
    ]
}
// end

// code: notify-one, notify-waiters
/// A span that is worthless if it comes late: who was kept waiting drops it, and counts it.
async fn submit_or_drop(tracer: &mut Tracer, span: Span) {
    let collector = Arc::clone(&tracer.collector);
    let room = collector.room.notified();
    if tracer.try_submit(span).is_err() {
        room.await;
        // The wake-up ends here: there is room, and nobody else is told.
        note!("too late for span {span}: dropped");
        collector.count_dropped(1);
    }
}
// end

// code: notify-one
/// `notify_one`, and the producer that is woken has no use for the room.
pub(super) fn notify_one_and_a_dropper() {
    two_full_rings(4, Notify::notify_one, one_that_drops);
}
// end

// code: notify-waiters
/// The same two producers, and everybody is told.
pub(super) fn notify_all_and_a_dropper() {
    two_full_rings(4, Notify::notify_waiters, one_that_drops);
}
// end

// code: notify-one, notify-waiters
fn one_that_drops(mut hasty: Tracer, mut patient: Tracer) -> [future::JoinHandle<()>; 2] {
    [
        start("hasty", async move { submit_or_drop(&mut hasty, 3).await }),
        start("patient", async move { patient.submit(4).await.expect("not closed") }),
    ]
}
// end

// code: no-retry-loop, retry-loop, notify-one, notify-one-patient, notify-waiters
/// Two producers whose rings are full already, and a consumer that takes at most `max` spans a tick.
fn two_full_rings(max: usize, notify: fn(&Notify), producers: fn(Tracer, Tracer) -> [future::JoinHandle<()>; 2]) {
    future::block_on(async {
        let collector = Collector::new();
        let (mut first, first_ring) = Collector::register(&collector, "ring 1");
        let (mut second, second_ring) = Collector::register(&collector, "ring 2");
        first.try_submit(1).expect("there is room");
        second.try_submit(2).expect("there is room");
        let rings = vec![first_ring, second_ring];
        let consumer = start("consumer", consume(collector.clone(), rings, max, notify));
        for producer in producers(first, second) {
            producer.await.expect("no producer panics");
        }
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        collector.assert_accounts_for(4);
    });
}
// end
