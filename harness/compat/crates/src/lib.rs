//! What all checks have in common.

use std::future::Future;
use std::time::{Duration, Instant};

use selvedge::future::block_on;
use selvedge::{Check, Report};

/// What a check may take.
const TIME: Duration = Duration::from_secs(30);

/// Checks a future, and says what that came to.
///
/// # Panics
/// When it fails, with its interleaving.
#[track_caller]
pub fn check<F: Future<Output = ()> + 'static>(name: &str, future: impl Fn() -> F + Send + Sync + 'static) {
    look(name, future).assert_ok();
}

/// Explores a future, and says what that came to.
pub fn look<F: Future<Output = ()> + 'static>(name: &str, future: impl Fn() -> F + Send + Sync + 'static) -> Report {
    let start = Instant::now();
    let report = Check::new(name).max_time(TIME).run(move || block_on(future()));
    let (verdict, basis) = (report.verdict, &report.basis);
    println!("{name}: {verdict:?}, {basis} ({:.1?})", start.elapsed());
    report
}
