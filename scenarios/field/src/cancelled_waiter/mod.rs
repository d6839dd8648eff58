//! A connection comes back to a pool, and the waker of a request that was given up eats the news.

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
        "cancelled-waiter",
        "A request for a connection is cancelled while it waits",
        "G",
    )
    .source("launchbadge/sqlx, the pool of 0.4.2, repaired in 0.5")
    .level(Level::Depths)
    .needs(["connection-pool", "stale-waker"])
    .symptoms([Symptom::HangsAfterTimeout, Symptom::OneIsForgotten])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("true", Grade::Acceptable, "both requests had the connection")
    .outcome(
        "false",
        Grade::Acceptable,
        "one request was given up, the other had the connection",
    )
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "a request waits beside an idle connection",
    )
    .variant(
        Variant::naive(
            "waker-left-behind",
            "a request that is dropped leaves its waker in the line",
            fails(FailureKind::LostWakeup),
            || two_requests(Leaving::Silent), // code: waker-left-behind
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::naive(
            "leaves-the-line",
            "a request that is dropped leaves the line, unless it has been woken",
            fails(FailureKind::LostWakeup),
            || two_requests(Leaving::TheLine), // code: leaves-the-line
        )
        .also_on([Strategy::Random, Strategy::Pos]),
    )
    .variant(
        Variant::fixed(
            "passes-it-on",
            "leaves the line, and wakes the next if it has been woken itself",
            || two_requests(Leaving::PassingOn), // code: passes-it-on
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "stays in the line",
            || two_requests(Leaving::Silent),
            FailureKind::LostWakeup,
        )
        .broken_by(
            "does not pass it on",
            || two_requests(Leaving::TheLine),
            FailureKind::LostWakeup,
        ),
    )
}

// code
#[derive(Clone, Copy, PartialEq)]
enum Leaving {
    Silent,
    TheLine,
    PassingOn,
}

#[derive(Default)]
struct Pool {
    idle: u32,
    line: Line,
}

type Shared = Arc<Mutex<Pool>>;

fn release(pool: &Mutex<Pool>) {
    let next = {
        let mut pool = pool.lock().expect("nobody panics");
        pool.idle += 1;
        pool.line.pop()
    };
    if let Some(next) = next {
        next.wake();
    }
}

struct Acquire {
    pool: Shared,
    place: Option<Place>,
    leaving: Leaving,
}

impl Future for Acquire {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = Arc::clone(&self.pool);
        let mut pool = shared.lock().expect("nobody panics");
        if pool.idle > 0 {
            pool.idle -= 1;
            pool.line.leave(self.place.take());
            return Poll::Ready(());
        }
        self.place = Some(pool.line.wait(self.place, cx.waker()));
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if self.place.is_none() || self.leaving == Leaving::Silent {
            return;
        }
        let next = {
            let mut pool = self.pool.lock().expect("nobody panics");
            let was_waiting = pool.line.leave(self.place);
            let passes_on = !was_waiting && self.leaving == Leaving::PassingOn;
            if passes_on { pool.line.pop() } else { None }
        };
        if let Some(next) = next {
            next.wake();
        }
    }
}

/// Whether the request that may be given up had the connection.
fn two_requests(leaving: Leaving) -> bool {
    // Its one connection is in use.
    let pool: Shared = Arc::new(Mutex::new(Pool::default()).named("pool"));
    let acquire = |pool: &Shared| Acquire {
        pool: Arc::clone(pool),
        place: None,
        leaving,
    };
    let (hasty, patient) = (acquire(&pool), acquire(&pool));
    let theirs = Arc::clone(&pool);
    let hasty = task("hasty", async move {
        let had = future::cancelable(hasty).await.is_some();
        if had {
            release(&theirs);
        }
        had
    });
    let theirs = Arc::clone(&pool);
    let patient = task("patient", async move {
        patient.await;
        release(&theirs);
    });
    release(&pool);
    future::block_on(async {
        patient.await.expect("nobody panics or is aborted");
        hasty.await.expect("nobody panics or is aborted")
    })
}
// end
