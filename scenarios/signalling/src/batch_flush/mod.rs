//! A batch is flushed when it is old enough, or when somebody asks for it.

use selvedge::sync::{Arc, Mutex};
use selvedge::time::{self, Duration, Instant};
use selvedge::tokio::sync::Notify;
use selvedge::{FailureKind, future, note};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "batch-flush",
        "A batch is flushed on a timer, or at once when somebody asks",
        "B",
    )
    .source("The write-up of a tracing span collector, on signalling with tokio::sync::Notify: batch flush")
    .level(Level::Waiting)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::HappensLate])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("10ms", Grade::Acceptable, "both items leave in one flush")
    .outcome(
        "20ms",
        Grade::Acceptable,
        "the second item leaves in a flush of its own, right after the first",
    )
    .outcome(
        "5.02s",
        Grade::Forbidden,
        "the request to flush is lost; its item waits for the timer",
    )
    .variant(Variant::naive(
        "notify-waiters",
        "the request is notify_waiters: nobody waits during a flush",
        fails(FailureKind::Panic),
        || latency(Request::Waiters, Listens::AfterFlush), // code: notify-waiters
    ))
    .variant(
        Variant::fixed(
            "notify-one",
            "the request is notify_one: its permit outlasts the flush",
            || latency(Request::One, Listens::AfterFlush), // code: notify-one
        )
        .control()
        .broken_by(
            "notify_waiters instead",
            || latency(Request::Waiters, Listens::AfterFlush),
            FailureKind::Panic,
        ),
    )
    .variant(
        Variant::fixed(
            "created-before-flush",
            "notify_waiters, and the flusher creates notified() before it takes the batch",
            || latency(Request::Waiters, Listens::BeforeFlush), // code: created-before-flush
        )
        .broken_by(
            "created after the flush",
            || latency(Request::Waiters, Listens::AfterFlush),
            FailureKind::Panic,
        ),
    )
}

// code
/// A batch that nobody asks for is flushed at this age.
const MAX_AGE: Duration = Duration::from_secs(5);

/// How long the backend takes for a batch.
const FLUSH: Duration = Duration::from_millis(10);

/// How a flush is asked for.
#[derive(Clone, Copy)]
enum Request {
    Waiters,
    One,
}

/// When the flusher begins to listen.
#[derive(Clone, Copy, PartialEq)]
enum Listens {
    BeforeFlush,
    AfterFlush,
}

type Item = u32;

struct Batch {
    items: Mutex<Vec<Item>>,
    flush_now: Notify,
}

impl Batch {
    fn submit_urgent(&self, item: Item, request: Request) {
        self.items.lock().expect("no holder panics").push(item);
        match request {
            Request::Waiters => self.flush_now.notify_waiters(),
            Request::One => self.flush_now.notify_one(),
        }
    }

    /// Sends what is there, and says how much that was.
    async fn flush(&self) -> usize {
        let items = std::mem::take(&mut *self.items.lock().expect("no holder panics"));
        if !items.is_empty() {
            note!("flushes {items:?}");
            time::sleep(FLUSH).await;
        }
        items.len()
    }
}

/// Flushes until `expected` items are out.
async fn flusher(batch: Arc<Batch>, listens: Listens, expected: usize) {
    let mut flushed = 0;
    loop {
        let early = (listens == Listens::BeforeFlush).then(|| batch.flush_now.notified());
        // As published, there is no `notified()` while the flush is under way.
        flushed += batch.flush().await;
        if flushed == expected {
            return;
        }
        match early {
            Some(asked) => wait(asked).await,
            None => wait(batch.flush_now.notified()).await,
        }
    }
}

/// Until somebody asks, or the batch is old enough.
async fn wait(asked: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = asked => note!("asked to flush"),
        () = time::sleep(MAX_AGE) => note!("the batch is old enough"),
    }
}

/// An item that is flushed first, and another that is submitted with a request to flush now. Returns when both were out.
fn latency(request: Request, listens: Listens) -> Duration {
    future::block_on(async {
        let begin = Instant::now();
        let batch = Arc::new(Batch {
            items: Mutex::new(Vec::new())
                .showing(|items| format!("{items:?}"))
                .named("items"),
            flush_now: Notify::new().named("flush now"),
        });
        batch.submit_urgent(1, request);
        let flusher = task("flusher", flusher(Arc::clone(&batch), listens, 2));
        batch.submit_urgent(2, request);
        flusher.await.expect("the flusher does not panic");
        begin.elapsed()
    })
}
// end
