//! The interpreter on the types of this crate.

pub(super) mod api {
    use std::cell::Cell;

    pub(crate) use crate::hint::spin_loop;
    pub(crate) use crate::sync::{Arc as Owner, Weak};
    pub(crate) use crate::sync::{Barrier, Condvar, Mutex, Once, OnceLock, RwLock, TryLockError, atomic, mpsc};
    pub(crate) use crate::time::Instant;
    pub(crate) use crate::tokio::sync as tokio;
    pub(crate) use crate::tokio::{join, select};
    pub(crate) use crate::{choose, future, note, opaque, thread, time};
    pub(crate) use crate::{crossbeam, parking_lot};

    crate::thread_local! {
        static NEXT: Cell<u32> = Cell::new(0);
    }

    pub(crate) struct Local;

    impl Local {
        pub(crate) fn next() -> u32 {
            NEXT.with(|next| next.replace(next.get() + 1))
        }
    }

    pub(crate) struct CellHandle(crate::cell::UnsafeCell<u32>);

    // SAFETY: the engine runs one task at a time, and ends an execution with a race; on real threads only programs are
    // run that have none.
    unsafe impl Sync for CellHandle {}

    impl CellHandle {
        pub(crate) fn new() -> Self {
            CellHandle(crate::cell::UnsafeCell::new(0))
        }

        pub(crate) fn look(&self) -> u32 {
            // SAFETY: as above.
            self.0.with(|value| unsafe { *value })
        }

        pub(crate) fn touch(&self) -> u32 {
            self.0.with_mut(|value| {
                // SAFETY: as above.
                unsafe { *value += 1 };
                0
            })
        }
    }
}

#[path = "crates.rs"]
mod crates;
#[expect(clippy::allow_attributes, reason = "the macros of this crate are used inside of it")]
#[path = "interpreter.rs"]
pub(super) mod interpreter;
