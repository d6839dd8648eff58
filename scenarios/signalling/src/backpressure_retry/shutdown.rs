//! What becomes of spans that are on their way when the collector stops, and when the exporter fails.

use selvedge::sync::Arc;
use selvedge::tokio::sync::Notify;
use selvedge::{choose, future, note, time};
use selvedge_primitives::ring::Consumer;

use super::collector::{Collector, Refused, Span, TICK, consume, drain, start};

// code: shutdown-last-drain
/// The consumer drains once more and leaves, while a producer submits.
pub(super) fn one_last_drain() {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        let consumer = start(
            "consumer",
            consume(collector.clone(), vec![ring], 4, Notify::notify_waiters),
        );
        let producer = start("producer", async move { tracer.submit(1).await });
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        let accepted = producer.await.expect("the producer does not panic").is_ok();
        collector.assert_accounts_for(usize::from(accepted));
    });
}
// end

// code: shutdown-sleeper
/// The same, with a producer that has to wait for room: once the consumer is gone, there is never any.
pub(super) fn nobody_left_to_drain() {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        tracer.try_submit(1).expect("there is room");
        let consumer = start("consumer", leave(collector.clone(), vec![ring]));
        let producer = start("producer", async move { tracer.submit(2).await });
        consumer.await.expect("the consumer does not panic");
        let _ = producer.await.expect("the producer does not panic");
    });
}

/// A shutdown as published: drain what is there, export it, and leave.
async fn leave(collector: Arc<Collector>, mut rings: Vec<Consumer<Span>>) {
    collector.export(&drain(&mut rings, usize::MAX));
    note!("leaves");
}
// end

// code: close-refuse-drain
/// Close, refuse, drain: after the rings are closed no span can be accepted, so the drain is the last.
pub(super) fn close_refuse_drain() -> Vec<Result<(), Refused>> {
    two_spans_on_their_way(Notify::notify_waiters)
}
// end

/// The same without a word to those who wait for room.
pub(super) fn close_and_tell_nobody() -> Vec<Result<(), Refused>> {
    two_spans_on_their_way(|_| {})
}

// code: close-refuse-drain
fn two_spans_on_their_way(tell: fn(&Notify)) -> Vec<Result<(), Refused>> {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        let consumer = start("consumer", consume_until_closed(collector.clone(), vec![ring], tell));
        let producer = start("producer", async move {
            vec![tracer.submit(1).await, tracer.submit(2).await]
        });
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        let results = producer.await.expect("the producer does not panic");
        collector.assert_accounts_for(results.iter().filter(|r| r.is_ok()).count());
        results
    })
}

async fn consume_until_closed(collector: Arc<Collector>, mut rings: Vec<Consumer<Span>>, tell: fn(&Notify)) {
    let mut tick = time::interval(TICK);
    loop {
        tick.tick().await;
        let stopping = collector.is_stopping();
        if stopping {
            rings.iter_mut().for_each(Consumer::close);
        }
        collector.export(&drain(&mut rings, usize::MAX));
        // Who waits for room must learn of it, and who waits for room in a closed ring must learn of that.
        tell(&collector.room);
        if stopping {
            return;
        }
    }
}
// end

// code: export-error-ignored, export-error-counted
/// An exporter that may fail: both ends are explored.
fn export_may_fail(collector: &Collector, batch: &[Span]) -> Result<(), &'static str> {
    if choose(2) == 0 {
        collector.export(batch);
        return Ok(());
    }
    note!("export fails");
    Err("the backend is not reachable")
}
// end

// code: export-error-ignored
/// The error is ignored, and the batch is gone.
pub(super) fn export_error_ignored() {
    export_once(|collector, batch| {
        let _ = export_may_fail(collector, batch);
    });
}
// end

// code: export-error-counted
/// A batch that cannot be exported is counted, so that somebody can report it.
pub(super) fn export_error_counted() {
    export_once(|collector, batch| {
        if export_may_fail(collector, batch).is_err() {
            collector.count_dropped(batch.len());
        }
    });
}
// end

// code: export-error-ignored, export-error-counted
fn export_once(export: fn(&Collector, &[Span])) {
    future::block_on(async {
        let collector = Collector::new();
        let (mut tracer, ring) = Collector::register(&collector, "ring");
        let producer = start("producer", async move { tracer.submit(1).await });
        let shared = collector.clone();
        let consumer = start("consumer", async move {
            let mut rings = vec![ring];
            let mut tick = time::interval(TICK);
            loop {
                tick.tick().await;
                let stopping = shared.is_stopping();
                let batch = drain(&mut rings, usize::MAX);
                if !batch.is_empty() {
                    export(&shared, &batch);
                    shared.room.notify_waiters();
                }
                if stopping {
                    return;
                }
            }
        });
        let submitted = producer.await.expect("the producer does not panic");
        assert_eq!(submitted, Ok(()));
        collector.stop();
        consumer.await.expect("the consumer does not panic");
        collector.assert_accounts_for(1);
    });
}
// end
