//! The collector: a ring for each producer, one consumer that drains them on an interval, batches and exports,
//! until it is told to stop.
//!
//! What its write-up leaves open, or gets wrong, is a field of [`Design`]; all programs run this one collector.

use std::collections::BTreeSet;
use std::fmt;

use selvedge::sync::{Arc, Mutex};
use selvedge::time::{self, Duration};
use selvedge::tokio::sync::{Notify, oneshot};
use selvedge::{choose, note};
use selvedge_primitives::ring::{Consumer, Producer, PushError, ring};

/// A span, by its number.
type Span = u32;

/// How often the consumer drains. The first tick comes at once, as tokio's does.
const TICK: Duration = Duration::from_millis(100);

/// Decisions, each of which a variant of this scenario takes the wrong way.
#[derive(Clone, Copy)]
pub(super) struct Design {
    pub(super) submit: Submit,
    pub(super) closes: Closes,
    pub(super) rest: Rest,
    pub(super) limit: Limit,
    pub(super) error: ExportError,
    pub(super) signal: Signal,
    /// Spans that make a batch.
    pub(super) batch: usize,
    /// Producers that may register.
    pub(super) producers: usize,
    /// Whether the exporter may fail; both ends are explored.
    pub(super) export_may_fail: bool,
}

impl Design {
    /// Everything as it should be.
    pub(super) const RIGHT: Design = Design {
        submit: Submit::CreatedBeforeTry,
        closes: Closes::All,
        rest: Rest::Exported,
        limit: Limit::UnderTheLock,
        error: ExportError::Counted,
        signal: Signal::AlsoWhenDropped,
        batch: 1,
        producers: 2,
        export_may_fail: false,
    };
}

/// When a producer that finds its ring full creates the future it waits with.
#[derive(Clone, Copy)]
pub(super) enum Submit {
    CreatedBeforeTry,
    /// As published.
    CreatedAfterTry,
}

/// What the consumer closes before its last drain.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Closes {
    All,
    /// Producers can still register.
    Rings,
    /// As published: drain, and leave.
    Nothing,
}

/// What becomes of a batch that is not full when the consumer stops.
#[derive(Clone, Copy)]
pub(super) enum Rest {
    Exported,
    Forgotten,
}

/// Where `register_producer` looks whether there are too many.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    UnderTheLock,
    BeforeTheLock,
}

/// What the consumer does about an exporter that fails.
#[derive(Clone, Copy)]
pub(super) enum ExportError {
    Counted,
    /// `?`
    Leaves,
}

/// Which ends of the shutdown channel stop the consumer.
#[derive(Clone, Copy)]
pub(super) enum Signal {
    /// `_ = &mut shutdown`
    AlsoWhenDropped,
    /// `Ok(()) = &mut shutdown`
    OnlyWhenSent,
}

/// What producers and the consumer share.
pub(super) struct Collector {
    design: Design,
    /// Notified when spans were drained, and when there will never be room again.
    room: Notify,
    registry: Mutex<Registry>,
    report: Mutex<Report>,
}

#[derive(Default)]
struct Registry {
    rings: Vec<Consumer<Span>>,
    closed: bool,
}

#[derive(Default)]
struct Report {
    exported: Vec<Span>,
    /// Given up, and counted, so that somebody is told.
    dropped: usize,
}

/// Why a producer is not registered, or a span not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There are as many producers as there may be.
    TooMany,
    /// The collector is stopping.
    Closed,
}

impl Collector {
    pub(super) fn new(design: Design) -> Arc<Self> {
        Arc::new(Collector {
            design,
            room: Notify::new().named("room"),
            registry: Mutex::new(Registry::default())
                .showing(|registry| {
                    let closed = if registry.closed { ", closed" } else { "" };
                    format!("{} registered{closed}", registry.rings.len())
                })
                .named("registry"),
            report: Mutex::new(Report::default())
                .showing(|report| match report.dropped {
                    0 => format!("{:?} exported", report.exported),
                    dropped => format!("{:?} exported, {dropped} dropped", report.exported),
                })
                .named("report"),
        })
    }

    // code: limit-*, registered-after-close, registry-closed, everything-at-once
    /// A producer with a ring of one slot.
    pub(super) fn register_producer(this: &Arc<Self>, name: &str) -> Result<Tracer, Refused> {
        let limit = this.design.producers;
        let full = |registry: &Registry| registry.rings.len() >= limit;
        if let Limit::BeforeTheLock = this.design.limit
            && full(&this.registry.lock().expect("no holder panics"))
        {
            return Err(Refused::TooMany);
        }
        let mut registry = this.registry.lock().expect("no holder panics");
        if registry.closed {
            note!("register {name} ➜ closed");
            return Err(Refused::Closed);
        }
        if let Limit::UnderTheLock = this.design.limit
            && full(&registry)
        {
            note!("register {name} ➜ too many");
            return Err(Refused::TooMany);
        }
        let (ring, drain) = ring(name, 1);
        registry.rings.push(drain);
        note!("register {name} ➜ ok");
        let collector = Arc::clone(this);
        Ok(Tracer { ring, collector })
    }
    // end

    /// Takes every span that is there out of the rings.
    fn drain(&self) -> Vec<Span> {
        let mut registry = self.registry.lock().expect("no holder panics");
        let rings = registry.rings.iter_mut();
        let spans: Vec<Span> = rings.flat_map(|ring| std::iter::from_fn(|| ring.pop())).collect();
        if !spans.is_empty() {
            note!("drained {spans:?}");
        }
        spans
    }

    // code: published-stop, close-refuse-drain, batch-*, registered-after-close, registry-closed, everything-at-once
    /// After this no span is accepted, so the next drain is the last.
    fn close(&self) {
        if self.design.closes == Closes::Nothing {
            return;
        }
        let mut registry = self.registry.lock().expect("no holder panics");
        registry.closed = self.design.closes == Closes::All;
        registry.rings.iter_mut().for_each(Consumer::close);
        note!("closed");
    }
    // end

    // code: export-error-*, everything-at-once
    /// The exporter: here it only remembers, unless it fails.
    fn export(&self, batch: &mut Vec<Span>) -> Result<(), &'static str> {
        if self.design.export_may_fail && choose(2) == 1 {
            note!("export of {batch:?} fails");
            return match self.design.error {
                ExportError::Counted => {
                    let dropped = std::mem::take(batch).len();
                    self.report.lock().expect("no holder panics").dropped += dropped;
                    Ok(())
                }
                ExportError::Leaves => Err("the backend is not reachable"),
            };
        }
        self.report.lock().expect("no holder panics").exported.append(batch);
        Ok(())
    }
    // end

    /// What became of `submitted` spans.
    pub(super) fn account(&self, submitted: usize) -> Account {
        let report = self.report.lock().expect("no holder panics");
        let once: BTreeSet<Span> = report.exported.iter().copied().collect();
        assert!(
            once.len() == report.exported.len(),
            "a span was exported twice: {:?}",
            report.exported
        );
        Account {
            submitted,
            exported: once.len(),
            dropped: report.dropped,
        }
    }
}

// code: published-stop, close-refuse-drain, batch-*, handle-dropped*, registered-after-close, registry-closed, export-error-*, everything-at-once
/// The consumer, until `shutdown`.
///
/// # Errors
/// When the exporter fails and the design is to leave.
pub(super) async fn consume(
    collector: Arc<Collector>,
    mut shutdown: oneshot::Receiver<()>,
) -> Result<(), &'static str> {
    let mut tick = time::interval(TICK);
    let mut batch = Vec::new();
    loop {
        // Biased: which branch comes first is the scheduler's to decide, not that of tokio's random numbers.
        match collector.design.signal {
            Signal::AlsoWhenDropped => tokio::select! {
                biased;
                _ = &mut shutdown => break,
                _ = tick.tick() => {}
            },
            Signal::OnlyWhenSent => tokio::select! {
                biased;
                Ok(()) = &mut shutdown => break,
                _ = tick.tick() => {}
            },
        }
        let spans = collector.drain();
        if !spans.is_empty() {
            collector.room.notify_waiters();
            batch.extend(spans);
        }
        if batch.len() >= collector.design.batch {
            collector.export(&mut batch)?;
        }
    }
    collector.close();
    batch.extend(collector.drain());
    if collector.design.closes != Closes::Nothing {
        // Who waits for room must learn that there will be none.
        collector.room.notify_waiters();
    }
    if let Rest::Exported = collector.design.rest
        && !batch.is_empty()
    {
        collector.export(&mut batch)?;
    }
    Ok(())
}
// end

/// A producer's handle.
pub(super) struct Tracer {
    ring: Producer<Span>,
    collector: Arc<Collector>,
}

impl Tracer {
    fn try_submit(&mut self, span: Span) -> Result<(), PushError<Span>> {
        let result = self.ring.push(span);
        match &result {
            Ok(()) => note!("try_submit({span}) ➜ ok"),
            Err(PushError::Full(_)) => note!("try_submit({span}) ➜ full"),
            Err(PushError::Closed(_)) => note!("try_submit({span}) ➜ closed"),
        }
        result
    }

    // code: published-submit, created-before-try, everything-at-once
    /// Waits until there is room for the span.
    pub(super) async fn submit(&mut self, span: Span) -> Result<(), Refused> {
        let collector = Arc::clone(&self.collector);
        loop {
            let early = match collector.design.submit {
                Submit::CreatedBeforeTry => Some(collector.room.notified()),
                Submit::CreatedAfterTry => None,
            };
            match self.try_submit(span) {
                Ok(()) => return Ok(()),
                Err(PushError::Closed(_)) => return Err(Refused::Closed),
                Err(PushError::Full(_)) => match early {
                    Some(room) => room.await,
                    // Here the consumer can drain the ring and notify nobody.
                    None => collector.room.notified().await,
                },
            }
        }
    }
    // end
}

/// What became of the spans that were accepted. The invariant: each is exported once, or counted as dropped.
pub(super) struct Account {
    submitted: usize,
    exported: usize,
    dropped: usize,
}

/// `1 of 2 exported, 1 dropped`
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} exported", self.exported, self.submitted)?;
        match self.dropped {
            0 => Ok(()),
            dropped => write!(f, ", {dropped} dropped"),
        }
    }
}
