//! Locks with the names and signatures of `std::sync::nonpoison`, which is not stable yet: a panic poisons nothing, and a guard is
//! what `lock` returns.
//!
//! They are the locks of [`sync`](super), so the same is explored. std's `data_ptr` is missing: an access through a pointer could
//! not be seen.

mod condvar;
pub(crate) mod mapped;
mod mutex;
mod rwlock;

use std::fmt;

pub use condvar::Condvar;
pub use mapped::{MappedMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard};
pub use mutex::{Mutex, MutexGuard};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What an attempt to lock comes to.
pub type TryLockResult<Guard> = Result<Guard, WouldBlock>;

/// Somebody else has the lock.
#[derive(Debug)]
pub struct WouldBlock;

impl fmt::Display for WouldBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("try_lock failed because the operation would block")
    }
}
