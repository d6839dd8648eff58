//! As `std::sync`. What is not loom's own is the harness's, which has more than loom: [`Weak`], [`Barrier`], `Once`.

pub mod atomic;
mod notify;

pub use notify::Notify;
pub use selvedge::sync::mpsc;
pub use selvedge::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, LockResult, Mutex, MutexGuard, Once, OnceLock, OnceState, PoisonError,
    RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult, WaitTimeoutResult, Weak,
};
