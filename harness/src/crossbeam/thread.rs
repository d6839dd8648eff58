//! [`scope`]: threads that may borrow from outside it, with the names of `crossbeam::thread`.
//!
//! What differs from [`thread::scope`](crate::thread::scope): a closure is given the scope, and a thread that panics and that nobody joins is
//! an error of `scope`, and no panic.

use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
pub use std::thread::Result;

use crate::engine::any;
use crate::raw::{Body, Payload, RawJoin, RawScope, Slot};
use crate::thread::Thread;

/// What the threads of a scope share.
struct Shared {
    raw: any::Scope,
    /// What each thread has panicked with, if nobody has been told so far, in the order in which they were started.
    panics: Mutex<Vec<Slot<Payload>>>,
}

impl Shared {
    fn panics(&self) -> MutexGuard<'_, Vec<Slot<Payload>>> {
        self.panics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Threads that may borrow from outside the scope.
pub struct Scope<'env> {
    shared: Arc<Shared>,
    env: PhantomData<&'env mut &'env ()>,
}

/// Runs `f` and waits for all threads that it starts in the scope.
///
/// # Errors
/// When a thread of the scope panicked and nobody joined it: the payloads of all of them, as a `Vec<Box<dyn Any + Send>>`, in the order
/// in which they were started.
///
/// # Panics
/// When `f` does, once all threads have finished.
///
/// ```
/// use selvedge::crossbeam;
/// use selvedge::sync::atomic::{AtomicUsize, Ordering::Relaxed};
///
/// selvedge::check(|| {
///     let (people, letters) = (["Ada", "Grace"], AtomicUsize::new(0));
///     crossbeam::scope(|scope| {
///         for name in &people {
///             scope.spawn(|_| letters.fetch_add(name.len(), Relaxed));
///         }
///     })
///     .unwrap();
///     assert_eq!(letters.into_inner(), 8);
/// });
/// ```
#[track_caller]
pub fn scope<'env, F, R>(f: F) -> Result<R>
where
    F: FnOnce(&Scope<'env>) -> R,
{
    let scope = Scope {
        shared: Arc::new(Shared {
            raw: RawScope::new(),
            panics: Mutex::default(),
        }),
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    // The threads borrow from 'env: whatever happened, they finish first.
    scope.shared.raw.wait();
    let panics = std::mem::take(&mut *scope.shared.panics());
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(value) => {
            let panics: Vec<Payload> = panics.iter().filter_map(Slot::take).collect();
            if panics.is_empty() {
                Ok(value)
            } else {
                Err(Box::new(panics))
            }
        }
    }
}

impl<'env> Scope<'env> {
    /// Starts a thread in the scope, which may start others in it.
    #[track_caller]
    pub fn spawn<'scope, F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce(&Scope<'env>) -> T + Send + 'env,
        T: Send + 'env,
    {
        self.builder()
            .spawn(f)
            .expect("the operating system can start a thread")
    }

    /// A thread to be started, with a name or a stack of another size.
    pub fn builder<'scope>(&'scope self) -> ScopedThreadBuilder<'scope, 'env> {
        ScopedThreadBuilder {
            scope: self,
            name: None,
            stack_size: None,
        }
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Scope { .. }")
    }
}

/// A thread of a scope that has not been started.
#[derive(Debug)]
pub struct ScopedThreadBuilder<'scope, 'env> {
    scope: &'scope Scope<'env>,
    name: Option<String>,
    stack_size: Option<usize>,
}

impl<'scope, 'env> ScopedThreadBuilder<'scope, 'env> {
    /// Names the thread; traces and schedules know it by this name.
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// Bytes of stack, see [`Builder::stack_size`](crate::thread::Builder::stack_size).
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system cannot start one; never under the other engines.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce(&Scope<'env>) -> T + Send + 'env,
        T: Send + 'env,
    {
        let (result, panic) = (Slot::empty(), Slot::empty());
        let (theirs, panics) = (result.clone(), panic.clone());
        let scope = Scope {
            shared: Arc::clone(&self.scope.shared),
            env: PhantomData::<&'env mut &'env ()>,
        };
        let body = move || {
            let raised = catch_unwind(AssertUnwindSafe(|| theirs.put(f(&scope))));
            if let Err(payload) = raised {
                if !any::Scope::raises(&*payload) {
                    resume_unwind(payload);
                }
                panics.put(payload);
                // Whoever asks is told what it was; that it was a panic is for the engine.
                resume_unwind(Box::new("a scoped thread panicked"));
            }
        };
        let body: Box<dyn FnOnce() + Send + 'env> = Box::new(body);
        // SAFETY: only the lifetime changes. What the body borrows lives as long as 'env, which outlives the call of `scope`, and that
        // waits until every thread has dropped its body, however its closure and the threads end.
        let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + Send + 'env>, Body>(body) };
        let raw = self.scope.shared.raw.spawn(self.name, self.stack_size, body)?;
        self.scope.shared.panics().push(panic.clone());
        Ok(ScopedJoinHandle {
            thread: Thread::new(raw.thread()),
            raw,
            result,
            panic,
            scope: PhantomData,
        })
    }
}

/// Waits for a thread of a scope and gives its result.
pub struct ScopedJoinHandle<'scope, T> {
    raw: any::Join,
    thread: Thread,
    result: Slot<T>,
    panic: Slot<Payload>,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The payload of its panic, which `scope` then does not tell.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        match self.raw.join() {
            Ok(()) => match self.result.take() {
                Some(value) => Ok(value),
                None => Err(Box::new("the thread was unwound at the end of its execution")),
            },
            Err(payload) => Err(self.panic.take().unwrap_or(payload)),
        }
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("ScopedJoinHandle { .. }")
    }
}
