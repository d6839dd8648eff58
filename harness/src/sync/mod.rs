//! Synchronization primitives with the names and signatures of `std::sync`.
//!
//! Which engine stands behind a value is decided when it is created, by where it is created: inside a
//! checked closure the engine of the check, anywhere else the real thing. Every type has
//! `.named("..")`, which gives it a name in traces.

mod arc;
pub mod atomic;
mod barrier;
mod condvar;
mod lazy_lock;
pub mod lazy_static;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod rwlock;
mod shown;

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
