//! Channels and scoped threads with the names and signatures of the crate `crossbeam` 0.8: `use selvedge::crossbeam` stands for
//! `use crossbeam`, and [`crossbeam::channel`](channel) for the crate `crossbeam_channel`.
//!
//! ```
//! use selvedge::crossbeam::channel::{bounded, select};
//! use selvedge::crossbeam::thread;
//! use selvedge::Check;
//!
//! let report = Check::new("first").run(|| {
//!     let ((to_a, a), (to_b, b)) = (bounded(1), bounded(1));
//!     thread::scope(|scope| {
//!         scope.spawn(move |_| to_a.send('a').unwrap());
//!         scope.spawn(move |_| to_b.send('b').unwrap());
//!         select! {
//!             recv(a) -> first => first.unwrap(),
//!             recv(b) -> first => first.unwrap(),
//!         }
//!     })
//!     .unwrap()
//! });
//! assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["'a'", "'b'"]);
//! ```
//!
//! What `crossbeam` has and this has not:
//!
//! | name | why |
//! |---|---|
//! | `atomic::AtomicCell` and what else is in `atomic` | not written yet; the atomics of [`sync`](crate::sync) are explored |
//! | `deque`, `queue`, `epoch` | not written yet: what they do is none of this crate's operations, see [`opaque`](crate::opaque) |
//! | `sync::{Parker, ShardedLock, WaitGroup}` | not written yet |
//!
//! Under [`Strategy::Loom`](crate::Strategy::Loom) there are scoped threads and no channels: to make one is refused.

pub mod channel;
pub mod thread;
pub mod utils;

#[doc(inline)]
pub use channel::select;
pub use thread::scope;
