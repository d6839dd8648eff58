//! Async tasks: [`spawn`], [`block_on`], [`yield_now`].
//!
//! Under the controlled engine a spawned future is a task like a thread is. It runs the loop every
//! executor runs: poll; when the future is pending, wait for the task's wake-up token; poll again. A
//! waker sets the token, waiting takes it, and a token that is set while the task is being polled is
//! kept, so a wake-up can come at any time and still counts. The wait is announced like any other
//! operation (`Park` on the token), so a task nobody wakes is a deadlock the kernel can see.
//!
//! | state of a task | what moves it on |
//! |---|---|
//! | being polled | its own operations; each is a scheduling point |
//! | pending, no token | a waker, or `abort`, sets the token |
//! | pending, token | it is polled again, or dropped if it was aborted |
//! | pending on nothing but a [`JoinHandle`] | the exit of that task; no token and no choice are needed |
//! | done | its result is in the handle |
//!
//! **Awaiting a task costs no scheduling point** as long as that is all the awaiting task does: waiting
//! for an exit commutes with everything. A handle in a `select!` or beside other futures is different,
//! because then it matters whether the task has finished *yet*. The first poll of a handle is therefore
//! always `Pending`, in every interleaving, and what else the poll has left behind decides: if there is
//! nothing, the task waits for the exit; otherwise the search starts again with exits as visible
//! operations. `abort` and `is_finished` do the same.
//!
//! **The re-poll oracle**: when an execution that is being told to somebody ends in a deadlock, each
//! sleeping task is polled once more. One that is ready now was never woken, which proves a lost
//! wake-up.
//!
//! Under loom a spawned future runs in a thread of its own, and there is no `abort`. On real threads
//! everything is tokio's, on a runtime of two workers that is started on first use, or on the runtime
//! the caller is in.

mod abort;
mod cancelable;
mod foreign;

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};

pub(crate) use crate::engine::polled_with;
use crate::engine::{drive, exited, run_spawned, with_polling};
pub use abort::AbortHandle;
pub use cancelable::{Cancelable, cancelable};
pub use foreign::{Opaque, opaque};

use crate::engine::{self, Engine, controlled};

/// Starts a task that runs `future`.
///
/// Under the controlled engine it runs up to its first visible operation before the next choice, unless
/// the program aborts tasks: then its first poll is a choice like any other, and a task that is aborted
/// before it is dropped without having been polled.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Builder::new().spawn(future)
}

/// A task to be started, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
}

impl Builder {
    /// A task without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the task; traces and schedules know it by this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Starts the task.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let inner = match engine::current() {
            Engine::Native => Handle::Native(native().spawn(future)),
            Engine::Controlled => {
                let result: Slot<F::Output> = Arc::default();
                let slot = Arc::clone(&result);
                let location = Location::caller();
                let body = move || {
                    // The future is gone before its result is there, as in tokio.
                    let end = run_spawned(pin!(future), location).ok_or(JoinError(Why::Cancelled));
                    *slot.lock().expect("no panic happens under this lock") = Some(end);
                };
                let task = controlled::spawn(self.name, true, Box::new(body));
                let epoch = engine::with_kernel(|k| k.epoch);
                Handle::Controlled {
                    task,
                    epoch,
                    result,
                    asked: false,
                }
            }
            Engine::Loom => {
                let task = engine::loom::spawning(self.name);
                let shared = Arc::new(loom::sync::Mutex::new(LoomShared {
                    task,
                    result: None,
                    waker: None,
                }));
                let theirs = Arc::clone(&shared);
                loom::thread::spawn(move || {
                    let end = catch_unwind(AssertUnwindSafe(|| loom::future::block_on(future)));
                    let failed = end.is_err();
                    let waker = {
                        let mut shared = theirs.lock().expect("loom mutexes are not poisoned here");
                        shared.result = Some(end.map_err(|payload| JoinError(Why::Panic(payload))));
                        shared.waker.take()
                    };
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                    engine::loom::thread_ended(task, failed);
                });
                Handle::Loom(shared)
            }
        };
        JoinHandle(inner)
    }
}

/// Waits for a task and gives its result; a future. Dropping it lets the task go on by itself: an
/// execution is then over without it.
pub struct JoinHandle<T>(Handle<T>);

type Slot<T> = Arc<Mutex<Option<Result<T, JoinError>>>>;

enum Handle<T> {
    Native(tokio::task::JoinHandle<T>),
    Controlled {
        task: usize,
        epoch: u64,
        result: Slot<T>,
        /// It has been polled; see the module documentation.
        asked: bool,
    },
    Loom(Arc<loom::sync::Mutex<LoomShared<T>>>),
}

struct LoomShared<T> {
    /// loom's number of the task.
    task: usize,
    result: Option<Result<T, JoinError>>,
    waker: Option<Waker>,
}

impl<T> JoinHandle<T> {
    /// Asks the task to stop, like [`AbortHandle::abort`].
    ///
    /// # Panics
    /// Under loom, which cannot cancel a thread.
    #[track_caller]
    pub fn abort(&self) {
        self.abort_handle().abort();
    }

    /// Something to stop the task with, for somebody else than who waits for it.
    ///
    /// # Panics
    /// Under loom, which cannot cancel a thread.
    #[track_caller]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(match &self.0 {
            Handle::Native(handle) => abort::Handle::Native(handle.abort_handle()),
            Handle::Controlled { task, epoch, .. } => abort::Handle::Controlled {
                task: *task,
                epoch: *epoch,
            },
            Handle::Loom(_) => engine::loom::unsupported("abort()"),
        })
    }

    /// Whether the task has finished. Asking makes the exit of tasks a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Native(handle) => handle.is_finished(),
            Handle::Controlled { task, .. } => crate::engine::is_finished(*task),
            Handle::Loom(shared) => shared
                .lock()
                .expect("loom mutexes are not poisoned here")
                .result
                .is_some(),
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Handle::Native(handle) => Pin::new(handle).poll(cx).map_err(|error| match error.is_cancelled() {
                true => JoinError(Why::Cancelled),
                false => JoinError(Why::Panic(error.into_panic())),
            }),
            Handle::Controlled {
                task,
                epoch,
                result,
                asked,
            } => {
                assert!(is_running(*epoch), "{}", engine::FOREIGN);
                polled_with(cx.waker());
                if !exited(*task, cx, asked) {
                    return Poll::Pending;
                }
                let panic = engine::with_kernel(|k| k.tasks[*task].panic.take());
                Poll::Ready(match panic {
                    Some(payload) => Err(JoinError(Why::Panic(payload))),
                    // Without a result it was unwound at the end of the execution.
                    None => result
                        .lock()
                        .expect("no panic happens under this lock")
                        .take()
                        .unwrap_or(Err(JoinError(Why::Cancelled))),
                })
            }
            Handle::Loom(shared) => {
                let mut shared = shared.lock().expect("loom mutexes are not poisoned here");
                match shared.result.take() {
                    Some(result) => {
                        engine::loom::thread_joined(shared.task);
                        Poll::Ready(result)
                    }
                    None => {
                        shared.waker = Some(cx.waker().clone());
                        Poll::Pending
                    }
                }
            }
        }
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Handle::Controlled { task, epoch, .. } = &self.0
            && is_running(*epoch)
        {
            engine::with_kernel(|k| {
                // At the end of an execution handles are dropped because their owners unwind.
                if k.ending.is_none() {
                    k.tasks[*task].attached = false;
                }
            });
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task has no result.
pub struct JoinError(Why);

enum Why {
    Cancelled,
    Panic(Box<dyn Any + Send>),
}

impl JoinError {
    /// The task was aborted.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Why::Cancelled)
    }

    /// The task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0, Why::Panic(_))
    }

    /// The payload of the panic.
    ///
    /// # Panics
    /// When the task did not panic.
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.0 {
            Why::Panic(payload) => payload,
            Why::Cancelled => panic!("the task was cancelled, it did not panic"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Cancelled => f.write_str("the task was cancelled"),
            Why::Panic(payload) => {
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(
                    f,
                    "the task panicked: {}",
                    text.unwrap_or("with a payload that is not a string")
                )
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}

/// Runs `future` on the current task until it is done.
///
/// # Panics
/// Inside a future: it would block the task that has to make progress. On real threads, also inside
/// a tokio runtime of a single thread.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    match engine::current() {
        Engine::Native => match tokio::runtime::Handle::try_current() {
            Err(_) => native().block_on(future),
            Ok(handle) if handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread => {
                tokio::task::block_in_place(|| handle.block_on(future))
            }
            Ok(_) => panic!("block_on inside a single-threaded tokio runtime would stop it: await the future instead"),
        },
        Engine::Controlled => drive(pin!(future), Location::caller()).expect("only spawned tasks are aborted"),
        Engine::Loom => loom::future::block_on(future),
    }
}

/// The runtime behind the native engine: the one the caller is in, or our own.
pub(crate) fn native() -> tokio::runtime::Handle {
    static OWN: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    tokio::runtime::Handle::try_current().unwrap_or_else(|_| {
        let own = OWN.get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("selvedge-native")
                .enable_time()
                .build()
                .expect("the operating system can start a thread")
        });
        own.handle().clone()
    })
}

/// Lets other tasks go first. A loop that yields without seeing anything change waits until another
/// task changes something it has read, as with [`thread::yield_now`](crate::thread::yield_now).
pub async fn yield_now() {
    struct Yield(bool);
    impl Future for Yield {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            if std::mem::replace(&mut self.0, true) {
                return Poll::Ready(());
            }
            if engine::current() == Engine::Loom {
                loom::thread::yield_now();
            }
            let noted = engine::current() == Engine::Controlled
                && with_polling(|polling| polling.yields(cx.waker())) == Some(true);
            if !noted {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        }
    }
    if engine::current() == Engine::Native && tokio::runtime::Handle::try_current().is_ok() {
        tokio::task::yield_now().await;
    } else {
        Yield(false).await;
    }
}

fn is_running(epoch: u64) -> bool {
    engine::try_with_kernel(|k| k.epoch == epoch).unwrap_or(false)
}
