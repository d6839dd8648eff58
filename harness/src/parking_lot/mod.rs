//! Locks with the names and signatures of the crate `parking_lot`: a panic poisons nothing, and a guard is what `lock` returns.
//!
//! `Mutex`, `Condvar` and `Once` are those of [`sync`](crate::sync), so the same is explored; [`RwLock`] is one of its own. Who gets a lock
//! next is open, where `parking_lot` is mostly unfair and sometimes fair. `unlock_fair` and `bump` therefore are an unlock, and an
//! unlock and a lock.
//!
//! Times are virtual in a check, so what is waited for until a point in time takes a [`time::Instant`](crate::time::Instant).
//!
//! What `parking_lot` has and this has not:
//!
//! | name | why |
//! |---|---|
//! | `read_recursive` and its attempts | such a reader overtakes a writer that waits, but only while others read; the lock of this crate does not tell these states apart |
//! | `FairMutex`, `ReentrantMutex` | the locks of this crate have no such states |
//! | the answers of `Condvar::notify_one` and `notify_all` | std's condition variable, which stands for it on real threads, has none |
//! | `Once::state`, `Once::call_once_force` | the state tells a running call from none, which std cannot |
//! | `data_ptr`, `raw`, `force_unlock`, `leak`, `make_guard_unchecked` | what they allow could not be seen |
//! | guards that own an `Arc` | not written yet |

mod condvar;
mod guards;
mod mutex;
mod once;
mod rwlock;

pub use condvar::{Condvar, WaitTimeoutResult};
pub use mutex::{Mutex, MutexGuard};
pub use once::Once;
pub use rwlock::{RwLock, RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard};

pub use crate::sync::nonpoison::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
