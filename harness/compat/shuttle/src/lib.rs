//! The interface of the crate `shuttle`, version 0.9, on top of [`selvedge`]: tests that are written for shuttle run unchanged.
//!
//! ```toml
//! [patch.crates-io]
//! shuttle = { path = ".../harness/compat/shuttle" }
//! ```
//!
//! (and `cargo update -p shuttle`, if a lock file names another version). A test that fails panics as [`selvedge::check()`] does: with the
//! interleaving as a timeline, the schedule saved in a file, and how to replay it.
//!
//! | shuttle | what runs |
//! |---|---|
//! | [`check_random`], `RandomScheduler` | [`Strategy::Random`](selvedge::Strategy::Random) |
//! | [`check_pct`], `PctScheduler` | [`Strategy::Pct`](selvedge::Strategy::Pct), with as many executions |
//! | [`check_urw`], `UrwRandomScheduler` | [`Strategy::Urw`](selvedge::Strategy::Urw) |
//! | [`check_dfs`], `DfsScheduler` | [`Strategy::Dfs`](selvedge::Strategy::Dfs): every schedule, without a reduction; if that does not end in 5 seconds and no number is given, [`Strategy::Exhaustive`](selvedge::Strategy::Exhaustive), with one |
//! | [`check`], `RoundRobinScheduler`, a [`Scheduler`](scheduler::Scheduler) of the program's | is asked at every step |
//! | [`check_uncontrolled_nondeterminism`] | is asked, and has each schedule run twice |
//! | [`replay`], [`replay_from_file`], `ReplayScheduler` | the execution of a file that a failure has saved; or tasks by their numbers |
//!
//! `SELVEDGE_STRATEGY=exhaustive` has all of the first four search with partial-order reduction, `SELVEDGE_EXECUTIONS` and
//! `SELVEDGE_TIME` further, `SELVEDGE_SEED` (or shuttle's `SHUTTLE_RANDOM_SEED`) elsewhere.
//!
//! # What is not as in shuttle
//!
//! * **Steps are those of Selvedge**: that a task starts, is spawned, is joined when it has finished or gives a lock back is none of its
//!   own, as it commutes with all else. So there are fewer schedules, and a bound on steps or a schedule that
//!   shuttle has printed does not mean the same. [`replay`] takes what a failure here has saved.
//! * **A program that fails runs a few more times**: to find the interleaving that reads best, and to tell it. An execution that teaches what the steps of the program are runs,
//!   and does not count.
//! * **A seed that nobody gives is 0**, not another one each time.
//! * An execution that takes too many steps because its schedule starves a task is no failure: all tasks take turns then.
//!   Where a task spins, that is seen as a livelock before any bound is reached.
//! * Time is virtual: a wait with a timeout ends by it when nothing else can happen, where shuttle's never does. [`thread::sleep`] is a
//!   step, as in shuttle.
//! * [`thread::park`] returns without a token at most once for each thread.
//! * [`current::clock`] is empty, as in shuttle without its feature `vector-clocks`, and nothing has a signature.
//! * Objects may be used outside of a check; they are std's there.
//! * What `stack_size`, `silence_warnings`, `record_steps_in_span` and `ungraceful_shutdown_config` in [`Config`] say is of no effect,
//!   and there are no spans of `tracing`.

pub mod annotations;
mod check;
mod config;
pub mod current;
mod execution;
pub mod future;
pub mod hint;
pub mod rand;
mod runner;
pub mod scheduler;
pub mod sync;
pub mod thread;

pub use check::{
    annotate_replay, check, check_dfs, check_pct, check_random, check_random_with_seed,
    check_uncontrolled_nondeterminism, check_urw, replay, replay_from_file,
};
pub use config::{Config, ContinuationFunctionBehavior, FailurePersistence, MaxSteps, UngracefulShutdownConfig};
pub use runner::{PortfolioRunner, Runner};
#[doc(inline)]
pub use selvedge::{lazy_static, thread_local};

/// A variable of shuttle's that is of no effect: a failure has a timeline.
pub const CAPTURE_BACKTRACE: &str = "SHUTTLE_CAPTURE_BACKTRACE";

/// A variable of shuttle's that is of no effect: there are no warnings.
pub const SILENCE_WARNINGS: &str = "SHUTTLE_SILENCE_WARNINGS";

/// A variable of shuttle's that is of no effect: see [`scheduler::AnnotationScheduler`].
pub const ANNOTATION_FILE: &str = "SHUTTLE_ANNOTATION_FILE";
