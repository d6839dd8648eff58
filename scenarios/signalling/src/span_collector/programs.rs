//! What happens to the collector: work, a shutdown in the middle of it, registrations.

use selvedge::future;
use selvedge::tokio::sync::oneshot;

use super::collector::{Account, Collector, Design, Refused, consume};
use selvedge_catalog::tasks::task;

// code: published-submit, created-before-try, export-error-leaves, export-error-counted
/// One producer, two spans, room for one; the collector is stopped when the producer is done.
pub(super) fn work(design: Design) -> Account {
    future::block_on(async {
        let collector = Collector::new(design);
        let (shutdown, stopped) = oneshot::channel();
        let mut tracer = Collector::register_producer(&collector, "ring").expect("it is the first");
        let consumer = task("consumer", consume(collector.clone(), stopped.named("shutdown")));
        let producer = task(
            "producer",
            async move { [tracer.submit(1).await, tracer.submit(2).await] },
        );
        let accepted = producer.await.expect("the producer does not panic");
        // A consumer that has left does not have to be stopped; what became of the spans is in the report.
        let _ = shutdown.send(());
        let _ = consumer.await.expect("the consumer does not panic");
        collector.account(count(&accepted))
    })
}
// end

// code: batch-forgotten, batch-exported, published-stop, close-refuse-drain
/// The collector is stopped while a producer submits `spans` spans.
pub(super) fn stop_while_submitting(design: Design, spans: u32) -> Account {
    future::block_on(async {
        let collector = Collector::new(design);
        let (shutdown, stopped) = oneshot::channel();
        let mut tracer = Collector::register_producer(&collector, "ring").expect("it is the first");
        let consumer = task("consumer", consume(collector.clone(), stopped.named("shutdown")));
        let producer = task("producer", async move {
            let mut results = Vec::new();
            for span in 1..=spans {
                results.push(tracer.submit(span).await);
            }
            results
        });
        shutdown.send(()).expect("the consumer listens");
        let _ = consumer.await.expect("the consumer does not panic");
        let accepted = producer.await.expect("the producer does not panic");
        collector.account(count(&accepted))
    })
}
// end

// code: registered-after-close, registry-closed, everything-at-once
/// The collector is stopped while a producer registers and submits a span.
pub(super) fn stop_while_registering(design: Design) -> Account {
    future::block_on(async {
        let collector = Collector::new(design);
        let (shutdown, stopped) = oneshot::channel();
        let consumer = task("consumer", consume(collector.clone(), stopped.named("shutdown")));
        let theirs = collector.clone();
        let producer = task("producer", async move {
            let mut tracer = Collector::register_producer(&theirs, "ring")?;
            tracer.submit(1).await
        });
        shutdown.send(()).expect("the consumer listens");
        let _ = consumer.await.expect("the consumer does not panic");
        let accepted = producer.await.expect("the producer does not panic");
        collector.account(count(&[accepted]))
    })
}
// end

// code: handle-dropped, handle-dropped-stops
/// Who owns the shutdown handle drops it, and nobody ever sends.
pub(super) fn drop_the_handle(design: Design) -> Account {
    future::block_on(async {
        let collector = Collector::new(design);
        let (shutdown, stopped) = oneshot::channel();
        let mut tracer = Collector::register_producer(&collector, "ring").expect("it is the first");
        let accepted = tracer.submit(1).await;
        let consumer = task("consumer", consume(collector.clone(), stopped.named("shutdown")));
        drop(shutdown);
        let _ = consumer.await.expect("the consumer does not panic");
        collector.account(count(&[accepted]))
    })
}
// end

// code: limit-before-lock, limit-under-lock
/// Two producers register where one may. Returns how many are registered.
pub(super) fn register_two(design: Design) -> usize {
    future::block_on(async {
        let collector = Collector::new(design);
        let producers = ["first", "second"].map(|name| {
            let collector = collector.clone();
            task(
                name,
                async move { Collector::register_producer(&collector, name).map(drop) },
            )
        });
        let mut registered = 0;
        for producer in producers {
            registered += count(&[producer.await.expect("no producer panics")]);
        }
        registered
    })
}
// end

// code
fn count(results: &[Result<(), Refused>]) -> usize {
    results.iter().filter(|result| result.is_ok()).count()
}
// end
