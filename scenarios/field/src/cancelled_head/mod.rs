//! The head of a fair line is given up, and nobody tells the next.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy, future};

use selvedge_catalog::line::{Line, Place};
use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "cancelled-head",
        "A fair line, and a task at its head that is given up",
        "G",
    )
    .source("embassy-rs/embassy, pull request 6964; golang/go, issue 37852")
    .level(Level::Depths)
    .needs(["cancelled-waiter"])
    .symptoms([Symptom::HangsAfterTimeout, Symptom::OneIsForgotten])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("true", Grade::Acceptable, "both had their permits")
    .outcome(
        "false",
        Grade::Acceptable,
        "the head was given up, the next had its permit",
    )
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "a task waits for permits that are there",
    )
    .variant(
        Variant::naive(
            "head-leaves-silently",
            "who is given up leaves the line",
            fails(FailureKind::LostWakeup),
            || large_and_small(Leaving::Silent), // code: head-leaves-silently
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "head-wakes-the-next",
            "who leaves the head of the line wakes the new head",
            || large_and_small(Leaving::WakesTheNext), // code: head-wakes-the-next
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "wakes nobody",
            || large_and_small(Leaving::Silent),
            FailureKind::LostWakeup,
        ),
    )
}

// code
#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    Silent,
    WakesTheNext,
}

struct Semaphore {
    permits: u32,
    line: Line,
}

type Shared = Arc<Mutex<Semaphore>>;

fn release(semaphore: &Mutex<Semaphore>, permits: u32) {
    let head = {
        let mut semaphore = semaphore.lock().expect("nobody panics");
        semaphore.permits += permits;
        semaphore.line.first()
    };
    if let Some(head) = head {
        head.wake();
    }
}

struct Acquire {
    semaphore: Shared,
    permits: u32,
    place: Option<Place>,
    leaving: Leaving,
}

impl Acquire {
    /// Leaves the line, and wakes the new head.
    fn leave(&mut self, mut semaphore: selvedge::sync::MutexGuard<'_, Semaphore>, wakes: bool) {
        semaphore.line.leave(self.place.take());
        let head = semaphore.line.first().filter(|_| wakes);
        drop(semaphore);
        if let Some(head) = head {
            head.wake();
        }
    }
}

impl Future for Acquire {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.semaphore);
        let mut semaphore = shared.lock().expect("nobody panics");
        // Fair: nobody overtakes, not even with fewer permits.
        if semaphore.line.is_first(self.place) && semaphore.permits >= self.permits {
            semaphore.permits -= self.permits;
            self.leave(semaphore, true);
            return Poll::Ready(());
        }
        self.place = Some(semaphore.line.wait(self.place, cx.waker()));
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if self.place.is_none() {
            return;
        }
        let shared = Arc::clone(&self.semaphore);
        let semaphore = shared.lock().expect("nobody panics");
        let wakes = self.leaving == Leaving::WakesTheNext && semaphore.line.is_first(self.place);
        self.leave(semaphore, wakes);
    }
}

/// Whether the one that wants both permits had them.
fn large_and_small(leaving: Leaving) -> bool {
    // One of two permits is taken.
    let semaphore = Semaphore {
        permits: 1,
        line: Line::default(),
    };
    let semaphore: Shared = Arc::new(Mutex::new(semaphore).named("semaphore"));
    let acquire = |permits| Acquire {
        semaphore: Arc::clone(&semaphore),
        permits,
        place: None,
        leaving,
    };
    let (large, small) = (acquire(2), acquire(1));
    let theirs = Arc::clone(&semaphore);
    let large = task("large", async move {
        let had = future::cancelable(large).await.is_some();
        if had {
            release(&theirs, 2);
        }
        had
    });
    let theirs = Arc::clone(&semaphore);
    let small = task("small", async move {
        small.await;
        release(&theirs, 1);
    });
    release(&semaphore, 1);
    future::block_on(async {
        small.await.expect("nobody panics or is aborted");
        large.await.expect("nobody panics or is aborted")
    })
}
// end
