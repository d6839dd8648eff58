//! As `std::sync`. What is not shuttle's own is the harness's, which has more than shuttle: [`OnceLock`] and [`LazyLock`].
//!
//! [`Arc`] is std's, as in shuttle: who is the last owner is not explored.

pub mod atomic;

pub use selvedge::sync::mpsc;
pub use selvedge::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once, OnceLock, OnceState,
    PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult,
};
pub use std::sync::{Arc, Weak};
