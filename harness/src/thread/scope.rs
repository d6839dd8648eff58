//! [`scope`]: threads that may borrow from outside it.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Result;

use super::handle::Thread;
use super::spawn::{Builder, JoinHandle, boxed};
use crate::engine::any;
use crate::raw::{Body, RawScope};

/// Threads that may borrow from outside the scope.
pub struct Scope<'scope, 'env: 'scope> {
    raw: any::Scope,
    panicked: Arc<AtomicBool>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// Runs `f` and waits for all threads it starts in the scope.
///
/// # Panics
/// When a thread of the scope panicked and nobody joined it, as in std.
///
/// ```
/// use selvedge::sync::Mutex;
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let total = Mutex::new(0);
///     thread::scope(|s| {
///         s.spawn(|| *total.lock().unwrap() += 1);
///         s.spawn(|| *total.lock().unwrap() += 2);
///     });
///     assert_eq!(total.into_inner().unwrap(), 3);
/// });
/// ```
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope {
        raw: RawScope::new(),
        panicked: Arc::default(),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    // The threads borrow from this frame and from 'env: whatever happened, they finish first.
    scope.raw.wait();
    match result {
        Err(payload) => resume_unwind(payload),
        // Ordering: Relaxed; the wait has ordered what the threads have done.
        Ok(_) if scope.panicked.load(Ordering::Relaxed) => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread in the scope.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new()
            .spawn_scoped(self, f)
            .expect("the operating system can start a thread")
    }

    /// Starts a thread that the scope waits for.
    #[track_caller]
    fn start(&self, builder: Builder, body: Body) -> io::Result<any::Join> {
        let panicked = Arc::clone(&self.panicked);
        let body = move || {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
                if any::Scope::raises(&*payload) {
                    // Ordering: Relaxed; whoever looks has waited for this thread.
                    panicked.store(true, Ordering::Relaxed);
                }
                resume_unwind(payload);
            }
        };
        builder.start_in(&self.raw, Box::new(body))
    }
}

impl Builder {
    /// Starts a thread in a scope.
    ///
    /// # Errors
    /// As for [`spawn`](Self::spawn).
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (body, result) = boxed(f);
        // SAFETY: only the lifetime changes. What the body borrows lives as long as 'scope, which does not end before
        // `scope` returns, and that waits until every thread has dropped its body, however `f` and the threads end.
        let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + Send + 'scope>, Body>(body) };
        let raw = scope.start(self, body)?;
        Ok(ScopedJoinHandle {
            handle: JoinHandle::new(raw, result),
            panicked: Arc::clone(&scope.panicked),
            scope: PhantomData,
        })
    }
}

/// Waits for a scoped thread and gives its result.
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<T>,
    panicked: Arc<AtomicBool>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The payload of its panic, which the scope then does not raise.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let result = self.handle.join();
        if result.is_err() {
            // Ordering: Relaxed; the join has ordered what the thread has done.
            self.panicked.store(false, Ordering::Relaxed);
        }
        result
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        self.handle.thread()
    }

    /// Whether the thread has finished; see [`JoinHandle::is_finished`].
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}
