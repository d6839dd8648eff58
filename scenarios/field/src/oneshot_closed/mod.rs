//! A sender finds its receiver gone and takes the value back, while the receiver takes it.

use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

// code
const SENT: usize = 1;
const CLOSED: usize = 2;
// end

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "oneshot-closed",
        "A value is sent into a channel that is being closed",
        "G",
    )
    .source("tokio-rs/tokio, issue 4226")
    .level(Level::Depths)
    .needs(["erased-bit", "stale-waker"])
    .symptoms([Symptom::HappensTwice, Symptom::UsedAfterFree])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .variant(
        Variant::naive(
            "sent-after-closed",
            "set the bit for the value, whatever the other bits are",
            fails(FailureKind::DataRace),
            || send_while_closing(Send::Always), // code: sent-after-closed
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "unless-closed",
            "set the bit only if the receiver has not closed",
            || send_while_closing(Send::UnlessClosed), // code: unless-closed
        )
        .also_on([Strategy::Random, Strategy::Loom])
        .outcome("[None, Some(7)]", Grade::Acceptable, "the receiver has the value")
        .outcome("[Some(7), None]", Grade::Acceptable, "the sender has it back")
        .broken_by(
            "set whatever the bits are",
            || send_while_closing(Send::Always),
            FailureKind::DataRace,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Send {
    Always,
    UnlessClosed,
}

struct Channel {
    state: AtomicUsize,
    value: UnsafeCell<Option<u32>>,
}

// SAFETY: the cell is touched by the sender until `SENT` is set, and by whoever may take the value then. The naive
// variant breaks this rule, which is what it is there to show; both run under a checker that sees it.
unsafe impl Sync for Channel {}

impl Channel {
    fn take(&self) -> Option<u32> {
        // SAFETY: see above.
        self.value.with_mut(|value| unsafe { (*value).take() })
    }

    /// The value, if nobody will receive it.
    fn send(&self, value: u32, send: Send) -> Option<u32> {
        // SAFETY: see above.
        self.value.with_mut(|slot| unsafe { *slot = Some(value) });
        // Ordering: AcqRel; Release publishes the value, Acquire sees what the receiver has done.
        let closed = match send {
            Send::Always => self.state.fetch_or(SENT, Ordering::AcqRel) & CLOSED != 0,
            Send::UnlessClosed => self
                .state
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
                    (bits & CLOSED == 0).then_some(bits | SENT)
                })
                .is_err(),
        };
        if closed { self.take() } else { None }
    }

    /// Closes, and takes what has been sent until then.
    fn close(&self) -> Option<u32> {
        // Ordering: as above.
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
        let sent = self.state.load(Ordering::Acquire) & SENT != 0;
        if sent { self.take() } else { None }
    }
}

/// What the sender has back, and what the receiver has.
fn send_while_closing(send: Send) -> [Option<u32>; 2] {
    let channel = Arc::new(Channel {
        state: AtomicUsize::new(0).named("state"),
        value: UnsafeCell::new(None).named("value"),
    });
    let theirs = Arc::clone(&channel);
    let sender = thread("sender", move || theirs.send(7, send));
    let received = channel.close();
    [join(sender), received]
}
// end
