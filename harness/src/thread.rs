//! Threads with the names and signatures of `std::thread`.

use std::any::Any;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

pub use std::thread::{AccessError, Result, panicking};

use crate::engine::{self, Engine, controlled};
use crate::kernel::{Class, Flag, Kernel, Op, Pending};

/// Starts a thread.
///
/// Under the controlled engine it runs up to its first visible operation before the next choice: that
/// part commutes with everything. A thread that nobody joins still has to finish.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new()
        .spawn(f)
        .expect("the operating system can start a thread")
}

/// A thread to be started, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the thread; traces and schedules know it by this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Bytes of stack on real threads. The other engines give every task 1 MiB.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system cannot start one; never under the other engines.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: everything `f` borrows and the result are 'static.
        unsafe { self.spawn_unchecked(f) }
    }

    /// # Safety
    /// What `f` borrows must live until the thread has finished.
    #[track_caller]
    unsafe fn spawn_unchecked<'a, F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'a,
        T: Send + 'a,
    {
        let name = self.name.clone();
        let inner = match engine::current() {
            Engine::Native => {
                let mut builder = std::thread::Builder::new();
                if let Some(name) = self.name {
                    builder = builder.name(name);
                }
                if let Some(size) = self.stack_size {
                    builder = builder.stack_size(size);
                }
                let run = engine::native::inherit();
                // SAFETY: as this function's contract demands of its caller.
                Handle::Native(unsafe { builder.spawn_unchecked(move || run(f)) }?)
            }
            Engine::Controlled => {
                let result = Arc::new(Mutex::new(None));
                let slot = Arc::clone(&result);
                let body: Box<dyn FnOnce() + 'a> = Box::new(move || {
                    let value = f();
                    *slot.lock().expect("no panic happens under this lock") = Some(value);
                });
                // SAFETY: only the lifetime changes, and the caller vouches for it.
                let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + 'a>, Box<dyn FnOnce()>>(body) };
                Handle::Controlled {
                    task: controlled::spawn(self.name, false, body),
                    result,
                }
            }
            Engine::Loom => {
                let task = engine::loom::spawning(self.name);
                let result = Arc::new(Mutex::new(None));
                let slot = Arc::clone(&result);
                let body: Box<dyn FnOnce() + 'a> = Box::new(move || {
                    let value = catch_unwind(AssertUnwindSafe(f));
                    let failed = value.is_err();
                    *slot.lock().expect("no panic happens under this lock") = Some(value);
                    engine::loom::thread_ended(task, failed);
                });
                // SAFETY: only the lifetime changes, and the caller vouches for it.
                let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + 'a>, Box<dyn FnOnce()>>(body) };
                Handle::Loom {
                    task,
                    handle: loom::thread::spawn(body),
                    result,
                }
            }
        };
        let thread = match &inner {
            Handle::Native(handle) => Thread(Target::Native(handle.thread().clone())),
            Handle::Controlled { task, .. } => Thread(Target::Controlled { task: *task, name }),
            Handle::Loom { handle, .. } => Thread(Target::Loom(handle.thread().clone(), name)),
        };
        Ok(JoinHandle { inner, thread })
    }

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
        scope.start(self, f)
    }
}

/// Waits for a thread and gives its result.
pub struct JoinHandle<T> {
    inner: Handle<T>,
    thread: Thread,
}

type Slot<T> = Arc<Mutex<Option<T>>>;

enum Handle<T> {
    Native(std::thread::JoinHandle<T>),
    Controlled {
        task: usize,
        result: Slot<T>,
    },
    Loom {
        task: usize,
        handle: loom::thread::JoinHandle<()>,
        result: Slot<Result<T>>,
    },
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The payload of its panic. A panic that somebody joins is not a failure of the program.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let taken = |slot: Slot<_>| slot.lock().expect("no panic happens under this lock").take();
        match self.inner {
            Handle::Native(handle) => {
                let id = handle.thread().id();
                handle.join().inspect_err(|_| engine::native::joined(id))
            }
            Handle::Controlled { task, result } => match controlled::join(task) {
                Some(payload) => Err(payload),
                None => match result.lock().expect("no panic happens under this lock").take() {
                    Some(value) => Ok(value),
                    None => Err(Box::new("the thread was unwound at the end of its execution") as Box<dyn Any + Send>),
                },
            },
            Handle::Loom { task, handle, result } => {
                engine::loom::joining(task);
                handle.join()?;
                engine::loom::thread_joined(task);
                taken(result).unwrap_or_else(|| Err(Box::new("the thread left no result")))
            }
        }
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread has finished. Asking makes the exit of threads a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.inner {
            Handle::Native(handle) => handle.is_finished(),
            Handle::Controlled { task, .. } => engine::is_finished(*task),
            Handle::Loom { result, .. } => result.lock().expect("no panic happens under this lock").is_some(),
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}

/// A handle to a thread, to unpark it.
#[derive(Clone, Debug)]
pub struct Thread(Target);

#[derive(Clone, Debug)]
enum Target {
    Native(std::thread::Thread),
    Controlled { task: usize, name: Option<String> },
    Loom(loom::thread::Thread, Option<String>),
}

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(Id);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Id {
    Native(std::thread::ThreadId),
    Controlled(usize),
    Loom(loom::thread::ThreadId),
}

impl Thread {
    /// Makes the thread's token available; a `park` of it returns, now or when it comes.
    #[track_caller]
    pub fn unpark(&self) {
        match &self.0 {
            Target::Native(thread) => thread.unpark(),
            Target::Controlled { task, .. } => {
                let task = *task;
                let flag = engine::with_kernel(|k| k.flag(task, Flag::Park));
                engine::perform(Op::new("unpark", flag, Class::Wake), |step| {
                    step.tell(|| format!("unpark {}", engine::with_kernel(|k| k.task_name(task))));
                });
            }
            Target::Loom(thread, _) => thread.unpark(),
        }
    }

    /// The name it was given.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Target::Native(thread) => thread.name(),
            Target::Controlled { name, .. } | Target::Loom(_, name) => name.as_deref(),
        }
    }

    /// What tells it from other threads.
    pub fn id(&self) -> ThreadId {
        ThreadId(match &self.0 {
            Target::Native(thread) => Id::Native(thread.id()),
            Target::Controlled { task, .. } => Id::Controlled(*task),
            Target::Loom(thread, _) => Id::Loom(thread.id()),
        })
    }
}

/// The thread that asks.
pub fn current() -> Thread {
    Thread(match engine::current() {
        Engine::Native => Target::Native(std::thread::current()),
        Engine::Controlled => engine::with_kernel(|k| Target::Controlled {
            task: k.current,
            name: k.tasks[k.current].name.clone(),
        }),
        Engine::Loom => Target::Loom(loom::thread::current(), None),
    })
}

/// Waits for the thread's token and takes it.
#[track_caller]
pub fn park() {
    match engine::current() {
        Engine::Native => std::thread::park(),
        Engine::Controlled => {
            park_until(None);
        }
        Engine::Loom => loom::thread::park(),
    }
}

/// Waits for the thread's token and takes it, at most for `duration`. Under loom, which has no time,
/// it may return at once.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    match engine::current() {
        Engine::Native => std::thread::park_timeout(duration),
        Engine::Controlled => {
            let deadline = engine::clock::arm("park", |now| now.saturating_add(nanos(duration)));
            park_until(Some(deadline));
        }
        Engine::Loom => loom::thread::yield_now(),
    }
}

#[track_caller]
fn park_until(deadline: Option<u64>) {
    let flag = engine::with_kernel(|k| {
        let me = k.current;
        k.flag(me, Flag::Park)
    });
    engine::perform(Op::new("park", flag, Class::Park).until(deadline), |step| {
        if step.timed_out {
            step.refine(0, Class::Write);
        }
        let late = step.timed_out;
        step.tell(|| {
            if late {
                "park times out".to_owned()
            } else {
                "park returns".to_owned()
            }
        });
    });
}

/// A duration as the kernel counts time. More than 500 years are as good as for ever.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Gives way to other tasks. Under the controlled engine, a loop that yields without seeing anything
/// change waits until another task changes something it has read.
#[track_caller]
pub fn yield_now() {
    match engine::current() {
        Engine::Native => std::thread::yield_now(),
        Engine::Controlled => controlled::yield_now(false),
        Engine::Loom => loom::thread::yield_now(),
    }
}

/// Waits for a time; virtual under the controlled engine, no time at all under loom.
#[track_caller]
pub fn sleep(duration: Duration) {
    match engine::current() {
        Engine::Native => std::thread::sleep(duration),
        Engine::Controlled => {
            controlled::sleep(nanos(duration));
        }
        Engine::Loom => loom::thread::yield_now(),
    }
}

/// Threads that may borrow from outside the scope.
pub struct Scope<'scope, 'env: 'scope> {
    running: Running,
    panicked: Arc<Mutex<bool>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// How a scope knows that its threads are done.
enum Running {
    Native(Arc<(Mutex<usize>, Condvar)>),
    Controlled(Mutex<Vec<usize>>),
    Loom(Mutex<Vec<Arc<LoomDone>>>),
}

/// Set by a scoped thread under loom when it is done.
struct LoomDone {
    done: loom::sync::Mutex<bool>,
    changed: loom::sync::Condvar,
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
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let running = match engine::current() {
        Engine::Native => Running::Native(Arc::default()),
        Engine::Controlled => Running::Controlled(Mutex::default()),
        Engine::Loom => Running::Loom(Mutex::default()),
    };
    let scope = Scope {
        running,
        panicked: Arc::default(),
        scope: PhantomData,
        env: PhantomData,
    };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    // The threads borrow from this frame and from 'env: whatever happened, they finish first.
    scope.wait();
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if *scope.panicked.lock().expect("no panic happens under this lock") => {
            panic!("a scoped thread panicked")
        }
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
        self.start(Builder::new(), f)
            .expect("the operating system can start a thread")
    }

    #[track_caller]
    fn start<F, T>(&'scope self, builder: Builder, f: F) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let panicked = Arc::clone(&self.panicked);
        let guarded = move || {
            catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
                if !payload.is::<engine::EndOfExecution>() {
                    *panicked.lock().expect("no panic happens under this lock") = true;
                    match engine::current() {
                        Engine::Native => engine::native::told_by_scope(),
                        Engine::Controlled => {}
                        Engine::Loom => engine::loom::told_by_scope(),
                    }
                }
                resume_unwind(payload)
            })
        };
        let handle = match &self.running {
            Running::Native(count) => {
                let count = Arc::clone(count);
                *count.0.lock().expect("no panic happens under this lock") += 1;
                let guard = CountDown(Arc::clone(&count));
                let body = move || {
                    let _guard = guard;
                    guarded()
                };
                // SAFETY: `scope` waits until the guard of every thread is dropped, which is the last
                // thing that can touch what it borrows.
                unsafe { builder.spawn_unchecked(body) }?
            }
            Running::Controlled(tasks) => {
                // SAFETY: `scope` waits until the task has exited; when an execution ends early,
                // younger tasks unwind before the older ones they borrow from.
                let handle = unsafe { builder.spawn_unchecked(guarded) }?;
                if let Handle::Controlled { task, .. } = &handle.inner {
                    tasks.lock().expect("no panic happens under this lock").push(*task);
                }
                handle
            }
            Running::Loom(all) => {
                let done = Arc::new(LoomDone {
                    done: loom::sync::Mutex::new(false),
                    changed: loom::sync::Condvar::new(),
                });
                all.lock().expect("no panic happens under this lock").push(done.clone());
                let body = move || {
                    let result = catch_unwind(AssertUnwindSafe(guarded));
                    *done.done.lock().expect("loom mutexes are not poisoned here") = true;
                    done.changed.notify_all();
                    result.unwrap_or_else(|payload| resume_unwind(payload))
                };
                // SAFETY: `scope` waits until `done` is set, after the last use of what it borrows.
                unsafe { builder.spawn_unchecked(body) }?
            }
        };
        Ok(ScopedJoinHandle {
            handle,
            panicked: Arc::clone(&self.panicked),
            scope: PhantomData,
        })
    }

    #[track_caller]
    fn wait(&self) {
        match &self.running {
            Running::Native(count) => {
                let mut running = count.0.lock().expect("no panic happens under this lock");
                while *running > 0 {
                    running = count.1.wait(running).expect("no panic happens under this lock");
                }
            }
            Running::Controlled(tasks) => {
                for task in std::mem::take(&mut *tasks.lock().expect("no panic happens under this lock")) {
                    // One that has exited is waited for, too: what it did comes before what follows.
                    let over = |k: &mut Kernel| k.ending.is_some() && matches!(k.tasks[task].pending, Pending::Exited);
                    if !engine::with_kernel(over) {
                        controlled::wait_for_exit(task);
                    }
                    // The scope reports the panic itself.
                    drop(engine::with_kernel(|k| k.tasks[task].panic.take()));
                }
            }
            Running::Loom(all) => {
                for each in std::mem::take(&mut *all.lock().expect("no panic happens under this lock")) {
                    let mut done = each.done.lock().expect("loom mutexes are not poisoned here");
                    while !*done {
                        done = each.changed.wait(done).expect("loom mutexes are not poisoned here");
                    }
                }
            }
        }
    }
}

/// Counts a native scoped thread as done when it is dropped.
struct CountDown(Arc<(Mutex<usize>, Condvar)>);

impl Drop for CountDown {
    fn drop(&mut self) {
        *self.0.0.lock().expect("no panic happens under this lock") -= 1;
        self.0.1.notify_all();
    }
}

/// Waits for a scoped thread and gives its result.
pub struct ScopedJoinHandle<'scope, T> {
    handle: JoinHandle<T>,
    panicked: Arc<Mutex<bool>>,
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
            *self.panicked.lock().expect("no panic happens under this lock") = false;
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

/// A value that each task has of its own; made by [`thread_local!`](crate::thread_local!).
pub struct LocalKey<T: 'static> {
    native: &'static std::thread::LocalKey<T>,
    init: fn() -> T,
    loom: loom::thread::LocalKey<T>,
}

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(native: &'static std::thread::LocalKey<T>, init: fn() -> T) -> Self {
        LocalKey {
            native,
            init,
            loom: loom::thread::LocalKey { init, _p: PhantomData },
        }
    }

    /// Calls `f` with the value of the current task, which is created on first use.
    ///
    /// # Panics
    /// When the value is being destroyed, on real threads.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match engine::current() {
            Engine::Native => self.native.with(f),
            Engine::Controlled => {
                let key = std::ptr::from_ref(self) as usize;
                let get = || {
                    engine::with_kernel(|k| k.tasks[k.current].locals.get(&key).map(Rc::clone))
                        .and_then(|value| value.downcast::<T>().ok())
                };
                let value = get().unwrap_or_else(|| {
                    let fresh: Rc<T> = Rc::new((self.init)());
                    let stored: Rc<dyn Any> = fresh.clone();
                    let before = engine::with_kernel(|k| {
                        let me = k.current;
                        k.tasks[me].locals.insert(key, stored)
                    });
                    drop(before);
                    fresh
                });
                f(&value)
            }
            Engine::Loom => self.loom.with(f),
        }
    }

    /// [`with`](Self::with) that does not panic.
    ///
    /// # Errors
    /// When the value is being destroyed, on real threads.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> std::result::Result<R, AccessError> {
        match engine::current() {
            Engine::Native => self.native.try_with(f),
            _ => Ok(self.with(f)),
        }
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Values that each task has of its own, as `std::thread_local!`.
///
/// ```
/// use std::cell::Cell;
///
/// selvedge::thread_local! {
///     static DEPTH: Cell<u32> = Cell::new(0);
/// }
/// DEPTH.with(|depth| depth.set(depth.get() + 1));
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attribute])* $visibility static $name: $type = $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr) => {
        $(#[$attribute])*
        $visibility static $name: $crate::thread::LocalKey<$type> = {
            fn init() -> $type {
                $init
            }
            ::std::thread_local! {
                static NATIVE: $type = init();
            }
            $crate::thread::LocalKey::new(&NATIVE, init)
        };
    };
}
