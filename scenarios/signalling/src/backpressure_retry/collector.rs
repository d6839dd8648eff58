//! The span collector: producers with a ring each, one consumer that drains the rings on an interval, and
//! a notify that says "there is room".

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::time::{self, Duration};
use selvedge::tokio::sync::Notify;
use selvedge::{future, note};
use selvedge_primitives::ring::{Consumer, Producer, PushError, ring};

/// A span, by its number.
pub(super) type Span = u32;

/// How often the consumer drains. Its first tick comes at once, as tokio's does.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// What producers and the consumer share besides the rings.
pub(super) struct Collector {
    /// Notified when spans were drained.
    pub(super) room: Notify,
    shutdown: AtomicBool,
    report: Mutex<Report>,
}

/// What became of the spans.
#[derive(Default)]
struct Report {
    exported: Vec<Span>,
    /// Given up, and counted, so that somebody is told.
    dropped: usize,
}

impl Collector {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Collector {
            room: Notify::new().named("room"),
            shutdown: AtomicBool::new(false).named("shutdown"),
            report: Mutex::new(Report::default())
                .showing(|report| match report.dropped {
                    0 => format!("{:?} exported", report.exported),
                    dropped => format!("{:?} exported, {dropped} dropped", report.exported),
                })
                .named("report"),
        })
    }

    /// A producer with a ring of one slot, and the consumer's end of it.
    pub(super) fn register(this: &Arc<Self>, name: &str) -> (Tracer, Consumer<Span>) {
        let (ring, drain) = ring(name, 1);
        let collector = Arc::clone(this);
        (Tracer { ring, collector }, drain)
    }

    /// Asks the consumer to stop at its next tick.
    pub(super) fn stop(&self) {
        // Ordering: Release; pairs with the Acquire in `is_stopping`, so what was submitted before is drained.
        self.shutdown.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `stop`.
        self.shutdown.load(Ordering::Acquire)
    }

    /// The exporter: here it only remembers.
    pub(super) fn export(&self, batch: &[Span]) {
        self.report.lock().expect("no holder panics").exported.extend(batch);
    }

    /// Gives up a span, and counts it.
    pub(super) fn count_dropped(&self, spans: usize) {
        self.report.lock().expect("no holder panics").dropped += spans;
    }

    /// The invariant of a collector: each span that was submitted, and not refused, is exported, or counted as dropped.
    pub(super) fn assert_accounts_for(&self, submitted: usize) {
        let report = self.report.lock().expect("no holder panics");
        let (exported, dropped) = (report.exported.len(), report.dropped);
        assert!(
            exported + dropped == submitted,
            "spans are lost: {submitted} submitted, {exported} exported, {dropped} reported as dropped"
        );
    }
}

/// A producer's handle.
pub(super) struct Tracer {
    ring: Producer<Span>,
    pub(super) collector: Arc<Collector>,
}

/// The collector is closed and has refused the span.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

impl Tracer {
    /// Puts the span in the ring, if there is room.
    pub(super) fn try_submit(&mut self, span: Span) -> Result<(), PushError<Span>> {
        let result = self.ring.push(span);
        match &result {
            Ok(()) => note!("try_submit({span}) ➜ ok"),
            Err(PushError::Full(_)) => note!("try_submit({span}) ➜ full"),
            Err(PushError::Closed(_)) => note!("try_submit({span}) ➜ closed"),
        }
        result
    }

    /// `submit_span`, right: the future is created before the look, so a drain after the look counts.
    pub(super) async fn submit(&mut self, span: Span) -> Result<(), Refused> {
        let collector = Arc::clone(&self.collector);
        loop {
            let room = collector.room.notified();
            match self.try_submit(span) {
                Ok(()) => return Ok(()),
                Err(PushError::Closed(_)) => return Err(Refused),
                Err(PushError::Full(_)) => room.await,
            }
        }
    }
}

/// Takes at most `max` spans out of the rings.
pub(super) fn drain(rings: &mut [Consumer<Span>], max: usize) -> Vec<Span> {
    let mut batch = Vec::new();
    for ring in rings {
        while batch.len() < max
            && let Some(span) = ring.pop()
        {
            batch.push(span);
        }
    }
    if !batch.is_empty() {
        note!("drained {batch:?}");
    }
    batch
}

/// The consumer: on each tick it drains at most `max` spans, exports them, and says so with `notify`,
/// unless there was nothing. When it is asked to stop, it drains whatever is there and leaves.
pub(super) async fn consume(
    collector: Arc<Collector>,
    mut rings: Vec<Consumer<Span>>,
    max: usize,
    notify: fn(&Notify),
) {
    let mut tick = time::interval(TICK);
    loop {
        tick.tick().await;
        let stopping = collector.is_stopping();
        let batch = drain(&mut rings, if stopping { usize::MAX } else { max });
        if !batch.is_empty() {
            collector.export(&batch);
            notify(&collector.room);
        }
        if stopping {
            return;
        }
    }
}

/// Starts a named task.
pub(super) fn start<F>(name: &str, work: F) -> future::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    future::Builder::new().name(name).spawn(work)
}
