//! The interpreter on the types of std and tokio.

pub(super) mod api {
    use std::cell::{Cell, UnsafeCell};
    pub(crate) use std::sync::Weak;

    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::{
        Arc as Owner, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, TryLockError, atomic, mpsc,
    };
    pub(crate) use std::thread;
    pub(crate) use std::time::Instant;

    pub(crate) use ::{crossbeam, parking_lot};
    pub(crate) use ::tokio::sync as tokio;
    pub(crate) use ::tokio::{join, select, time};

    /// The first arm, as on real threads.
    pub(crate) fn choose(_: usize) -> usize {
        0
    }

    pub(crate) fn opaque<R>(_: &str, f: impl FnOnce() -> R) -> R {
        f()
    }

    macro_rules! note {
        ($($argument:tt)+) => {
            _ = format_args!($($argument)+)
        };
    }
    pub(crate) use note;

    pub(crate) mod future {
        use std::sync::LazyLock;

        use ::tokio::runtime::{Builder, Runtime};
        pub(crate) use ::tokio::task::{AbortHandle, JoinError, JoinHandle, yield_now};

        static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
            let mut builder = Builder::new_multi_thread();
            builder
                .worker_threads(2)
                .enable_time()
                .build()
                .expect("a runtime starts")
        });

        pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
        where
            F: Future<Output: Send> + Send + 'static,
        {
            RUNTIME.spawn(future)
        }

        pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
            RUNTIME.block_on(future)
        }

        /// Not given up.
        pub(crate) async fn cancelable<F: Future>(future: F) -> Option<F::Output> {
            Some(future.await)
        }

        pub(crate) async fn opaque<F: Future>(_: &str, future: F) -> F::Output {
            future.await
        }
    }

    thread_local! {
        static NEXT: Cell<u32> = const { Cell::new(0) };
    }

    pub(crate) struct Local;

    impl Local {
        pub(crate) fn next() -> u32 {
            NEXT.with(|next| next.replace(next.get() + 1))
        }
    }

    pub(crate) struct CellHandle(UnsafeCell<u32>);

    // SAFETY: only programs are run here that have no race.
    unsafe impl Sync for CellHandle {}

    impl CellHandle {
        pub(crate) fn new() -> Self {
            CellHandle(UnsafeCell::new(0))
        }

        pub(crate) fn look(&self) -> u32 {
            // SAFETY: as above.
            unsafe { *self.0.get() }
        }

        pub(crate) fn touch(&self) -> u32 {
            // SAFETY: as above.
            unsafe { *self.0.get() += 1 };
            0
        }
    }
}

#[expect(clippy::duplicate_mod, reason = "one text, on two sets of types")]
#[path = "crates.rs"]
mod crates;
#[expect(clippy::duplicate_mod, reason = "one text, on two sets of types")]
#[path = "interpreter.rs"]
pub(super) mod interpreter;
