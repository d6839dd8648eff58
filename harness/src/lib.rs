//! Runs one concurrent program under every schedule that matters, shows the interleaving that breaks it
//! as a timeline, replays it from a file, and proves the repaired version right.
//!
//! # A test, its failure, the fix
//!
//! Port the code under test to the types of this crate, which have the names and signatures of `std` and
//! `tokio`: [`sync`], [`thread`], [`cell`], [`future`], [`time`], [`tokio`]; and of `parking_lot` and `crossbeam`: [`parking_lot`], [`crossbeam`].
//! Usually one `mod sync` of your own does it. Then hand a closure to [`check()`]: it creates everything it needs, runs the
//! program, and panics if something is wrong.
//!
//! Two threads that each add one:
//!
//! ```
//! use selvedge::sync::Arc;
//! use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use selvedge::{Check, FailureKind, thread};
//!
//! fn add_one(counter: &AtomicU32) {
//!     let seen = counter.load(SeqCst);
//!     counter.store(seen + 1, SeqCst);
//! }
//!
//! let report = Check::new("counter/load-then-store").run(|| {
//!     let counter = Arc::new(AtomicU32::new(0).named("counter"));
//!     let other = Arc::clone(&counter);
//!     let thread = thread::Builder::new().name("other").spawn(move || add_one(&other)).unwrap();
//!     add_one(&counter);
//!     thread.join().unwrap();
//!     assert_eq!(counter.load(SeqCst), 2);
//! });
//!
//! let failure = report.failure.expect("an increment can be lost");
//! assert_eq!(failure.kind, FailureKind::Panic);
//! assert_eq!(
//!     failure.trace.timeline(),
//!     [
//!         " step  main                                      other        counter",
//!         "                                                              0",
//!         "    1  counter ➜ 0",
//!         "       ── preempted ──",
//!         "    2                                            counter ➜ 0",
//!         "    3                                            counter = 1  1",
//!         "    4                                            exit",
//!         "    5  counter = 1                                            1",
//!         "    6  counter ➜ 1",
//!         "    7  panics: assertion `left == right` failed",
//!         "",
//!     ]
//!     .join("\n")
//! );
//! ```
//!
//! A column for each task, a row for each step, a column for each named object whose value changes. With
//! one indivisible operation in place of two, every interleaving is fine, and the report says that it
//! has seen all of them:
//!
//! ```
//! use selvedge::sync::Arc;
//! use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use selvedge::{Check, Verdict, thread};
//!
//! let report = Check::new("counter/fetch-add").run(|| {
//!     let counter = Arc::new(AtomicU32::new(0));
//!     let other = Arc::clone(&counter);
//!     let thread = thread::spawn(move || other.fetch_add(1, SeqCst));
//!     counter.fetch_add(1, SeqCst);
//!     thread.join().unwrap();
//!     assert_eq!(counter.load(SeqCst), 2);
//! });
//! assert_eq!(report.verdict, Verdict::Verified);
//! assert_eq!(report.basis, "all 2 interleavings");
//! ```
//!
//! # As a test
//!
//! [`#[selvedge::test]`](macro@test) stands where `#[test]` does, on a `fn` or an `async fn`, and checks its body. If an execution fails, the
//! test panics with the timeline, and its last line runs that execution again, with nothing edited:
//! `SELVEDGE_REPLAY=target/selvedge/.. cargo test --lib name -- --exact`.
//!
//! ```
//! #[selvedge::test]
//! fn no_increment_is_lost() {
//!     use selvedge::sync::{Arc, atomic::{AtomicU32, Ordering::Relaxed}};
//!
//!     let counter = Arc::new(AtomicU32::new(0));
//!     let other = Arc::clone(&counter);
//!     let thread = selvedge::thread::spawn(move || other.fetch_add(1, Relaxed));
//!     counter.fetch_add(1, Relaxed);
//!     thread.join().unwrap();
//!     assert_eq!(counter.load(Relaxed), 2);
//! }
//! ```
//!
//! # What an execution is
//!
//! The closure runs once for each execution, on tasks that take turns: every visible operation (a lock, a
//! load, a send) is a scheduling point, and what stands between two of them runs undisturbed. So the
//! closure must depend on the schedule alone: no real clock, no real randomness, no state from the
//! execution before (statics made of the types of [`sync`] begin each execution afresh). If it does not, that is reported as [`FailureKind::Nondeterminism`].
//!
//! An execution is over when every thread, and every async task whose handle is alive, has finished.
//! If none of those that are left can go on, it is a deadlock, or a lost wakeup where that can be shown.
//!
//! # What it cannot show
//!
//! * A load returns any value that Rust's memory model lets it return, but never one that is stored later in every interleaving
//!   ("load buffering"). Accesses of different sizes to the same memory cannot be written. See [`Check::memory_model`].
//! * The counts of [`sync::Arc`] are explored, those of `std::sync::Arc` are not: that one may be used, where it does not
//!   matter who is the last owner and nobody asks how many there are.
//! * Operations of other crates are seen only through [`tokio`], [`opaque`] and [`future::opaque`]. Futures of other
//!   crates that are awaited as they are mostly get noticed, and are then told apart from one operation of this crate to
//!   the next only.
//! * Random numbers that other crates draw are not controlled, among them those of tokio's own `select!` without `biased;`:
//!   [`tokio::select!`] is explored. What depends on them is mostly reported as nondeterminism. The feature `rand` has numbers
//!   that are the same every time.
//! * Work takes no time, so a timer fires only when nothing else can happen: [`Check::early_timers`] lets it come sooner.
//! * A task that spins or yields in a loop is taken to wait for a change of what it has read. That it might give up before is
//!   explored only when nothing else can run, or as often as [`Check::spurious_wakeups`] says. So is that a wait in a channel takes
//!   the token that was meant for [`thread::park`].

pub mod atomic_wait;
#[doc(hidden)]
pub mod attribute;
pub mod cell;
pub mod check;
pub mod collections;
pub mod crossbeam;
#[cfg(test)]
mod crosscheck;
mod engine;
mod explore;
pub mod future;
pub mod hint;
mod kernel;
pub mod parking_lot;
mod program;
#[cfg(feature = "rand")]
pub mod rand;
mod raw;
mod run;
pub mod sync;
pub mod thread;
pub mod time;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tokio-util")]
pub mod tokio_util;
pub mod trace;

#[doc(inline)]
pub use attribute::test;
pub use check::{Check, Failure, FailureKind, MemoryModel, Replayed, Report, Shard, Strategy, Verdict, check};
pub use explore::oracle;
pub use program::{choose, note, opaque, opaque_call, steps};
pub use run::error::{self, Error};
pub use run::orderings::{self, Orderings};
pub use run::play::{self, Play};
pub use run::schedule::{self, Schedule};
pub use run::state::{self, SearchState};
pub use run::states::{self, States};
pub use run::{against, cause};
pub use sync::lazy_static;
