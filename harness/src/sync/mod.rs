//! Synchronization primitives with the names and signatures of `std::sync`.
//!
//! Which engine stands behind a value is decided by where it is used first: inside a checked closure the engine of the
//! check, anywhere else the real thing. Every type has `.named("..")`, which gives it a name in traces.
//!
//! # Statics
//!
//! Constructors are `const fn` where std's are, so objects can be statics. Each execution of a check has a copy of its own of
//! every static that it uses, as its constant expression has made it, and drops it at the end:
//!
//! ```
//! use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
//! use selvedge::thread;
//!
//! static STARTED: AtomicU32 = AtomicU32::new(0);
//!
//! selvedge::check(|| {
//!     let other = thread::spawn(|| STARTED.fetch_add(1, SeqCst));
//!     STARTED.fetch_add(1, SeqCst);
//!     other.join().unwrap();
//!     assert_eq!(STARTED.load(SeqCst), 2, "in every execution");
//! });
//! assert_eq!(STARTED.load(SeqCst), 0, "no execution has touched the static itself");
//! ```
//!
//! A static that has been used outside of a check is no constant any more, and to use it inside is an error. Statics are
//! known on Linux alone; elsewhere the second execution says that the object belongs to another one. Under loom they are not
//! supported, and an atomic that other threads than the main one use first needs a name.
//!
//! # Which object is which
//!
//! To compare executions, a search has to know each object again. One with a name is registered where it is made. Any other is
//! known by where it lies, if that is a static, a stack, the future of a task, or inside an [`Arc`] of this module; and on the
//! heap by what its tasks have done before they used it. None of this is a step: there are as many interleavings as with names.

mod arc;
pub mod atomic;
mod barrier;
mod condvar;
mod lazy_lock;
pub mod lazy_static;
pub mod mpsc;
mod mutex;
pub mod nonpoison;
mod once;
mod once_lock;
mod rwlock;
pub(crate) mod shown;

pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use arc::{Arc, Weak};
pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use lazy_lock::LazyLock;
pub use mutex::{Mutex, MutexGuard};
#[expect(deprecated)]
pub use once::ONCE_INIT;
pub use once::{Once, OnceState};
pub use once_lock::OnceLock;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
