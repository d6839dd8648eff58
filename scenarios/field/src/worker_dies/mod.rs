//! The worker behind a service dies, and callers wait for a permit that nobody will give.

use selvedge::sync::Arc;
use selvedge::tokio::sync::Semaphore;
use selvedge::{FailureKind, Strategy, future};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "worker-dies",
        "A worker ends with an error, and callers wait for its permits",
        "G",
    )
    .source("tower-rs/tower, issue 480")
    .level(Level::Waiting)
    .needs(["connection-pool"])
    .symptoms([Symptom::StopsAfterError])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .variant(
        Variant::naive(
            "semaphore-left-open",
            "the worker returns with an error",
            fails(FailureKind::Deadlock),
            || call(Death::Silent), // code: semaphore-left-open
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "the caller waits for a permit, and nobody is left who gives one",
        ),
    )
    .variant(
        Variant::fixed(
            "semaphore-closed",
            "a guard closes the semaphore however the worker ends",
            || call(Death::Closes), // code: semaphore-closed
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .outcome("Err(\"the worker is gone\")", Grade::Acceptable, "the caller is told")
        .broken_by("guard forgotten", || call(Death::Silent), FailureKind::Deadlock),
    )
}

// code
#[derive(Clone, Copy)]
enum Death {
    Silent,
    Closes,
}

/// Closes the semaphore when the worker ends, by an error, a panic or cancellation.
struct CloseOnDrop(Arc<Semaphore>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn call(death: Death) -> Result<(), &'static str> {
    // The worker adds a permit for each request it can take.
    let permits = Arc::new(Semaphore::new(0).named("permits"));
    let worker = {
        let permits = Arc::clone(&permits);
        task("worker", async move {
            let _guard = match death {
                Death::Silent => None,
                Death::Closes => Some(CloseOnDrop(permits)),
            };
            // Its connection breaks before it is ready for a request.
            let connected: Result<(), &str> = Err("connection refused");
            connected
        })
    };
    let caller = task("caller", async move {
        let permit = permits.acquire().await.map_err(|_| "the worker is gone")?;
        permit.forget();
        Ok(())
    });
    let answer = future::block_on(caller).expect("the caller is not cancelled");
    let died = future::block_on(worker).expect("the worker returns");
    assert_eq!(died, Err("connection refused"));
    answer
}
// end
