//! [`JoinSet`]: tasks that are joined in the order in which they finish.
//!
//! tokio's keeps a list of those that have finished; so does this one, and to come onto it is the last operation of a task.
//!
//! | operation on the list | class | argument |
//! |---|---|---|
//! | a task finishes: its future is gone | `Write` | who comes first is joined first |
//! | `join_next`, `try_join_next` | `Write` | they take one off, or wait for one |
//!
//! What follows until the task has exited is nobody's business, so whoever takes it off the list waits for that at once.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};

use super::local_set::{LocalSet, spawn_local};
use crate::engine::any::{is_over, polled_with};
use crate::future::{AbortHandle, Id, JoinError, JoinHandle, spawn, spawn_blocking};
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object};
use crate::tokio::runtime::Handle;

/// Tasks that return the same type, and are joined in the order in which they finish. Those that are left when it is
/// dropped are aborted.
///
/// ```
/// use selvedge::Check;
/// use selvedge::tokio::runtime::Runtime;
/// use selvedge::tokio::task::JoinSet;
///
/// let report = Check::new("join-set").run(|| {
///     Runtime::new().unwrap().block_on(async {
///         let mut set: JoinSet<char> = ['a', 'b'].map(|name| async move { name }).into_iter().collect();
///         set.join_next().await.unwrap().unwrap()
///     })
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["'a'", "'b'"]);
/// ```
pub struct JoinSet<T> {
    /// By their number in this set.
    tasks: BTreeMap<u64, JoinHandle<T>>,
    next: u64,
    finished: Arc<Finished>,
}

/// Those that have finished and were not joined.
struct Finished {
    object: Object,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    numbers: VecDeque<u64>,
    /// Who waits for one. At most one can: it takes `&mut JoinSet`.
    waker: Option<Waker>,
}

impl Finished {
    #[track_caller]
    fn new() -> Arc<Self> {
        Arc::new(Finished {
            object: Object::new("JoinSet"),
            list: Mutex::default(),
        })
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().expect("no panic happens under this lock")
    }
}

/// Comes onto the list when it is dropped.
struct Comes {
    finished: Arc<Finished>,
    number: u64,
}

impl Drop for Comes {
    fn drop(&mut self) {
        let mut list = self.finished.list();
        list.numbers.push_back(self.number);
        let waker = list.waker.take();
        drop(list);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> JoinSet<T> {
    /// No tasks.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        JoinSet {
            tasks: BTreeMap::new(),
            next: 0,
            finished: Finished::new(),
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.finished.object.set_name(name);
        self
    }

    /// How many tasks were not joined. They may have finished.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether all tasks were joined.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Aborts all tasks. They have to be joined still.
    #[track_caller]
    pub fn abort_all(&mut self) {
        self.tasks.values().for_each(JoinHandle::abort);
    }

    /// Lets all tasks go on by themselves.
    #[track_caller]
    pub fn detach_all(&mut self) {
        self.tasks.clear();
        // Those that are let go come onto a list that nobody reads.
        self.finished = Finished::new();
    }
}

impl<T: 'static> JoinSet<T> {
    /// Starts a task.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let comes = self.comes();
        self.add(spawn(async move {
            let _comes = comes;
            task.await
        }))
    }

    /// Starts a task that runs `f`, which may block; see [`spawn_blocking`].
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let comes = self.comes();
        self.add(spawn_blocking(move || {
            let _comes = comes;
            f()
        }))
    }

    /// Starts a task on a runtime.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        let _inside = handle.enter();
        self.spawn(task)
    }

    /// [`spawn_blocking`](Self::spawn_blocking) on a runtime.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        let _inside = handle.enter();
        self.spawn_blocking(f)
    }

    /// Starts a task on the [`LocalSet`] that the caller is in.
    ///
    /// # Panics
    /// Outside of one.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let comes = self.comes();
        self.add(spawn_local(async move {
            let _comes = comes;
            task.await
        }))
    }

    /// Starts a task on a [`LocalSet`].
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        let comes = self.comes();
        self.add(set.spawn_local(async move {
            let _comes = comes;
            task.await
        }))
    }

    /// Waits for the next task that finishes; `None` when there is none. Dropping the future loses nothing.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// [`join_next`](Self::join_next) with the task's id; that of one that failed is in its error.
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// The next task that has finished, if there is one.
    #[track_caller]
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        Some(self.try_join_next_with_id()?.map(|(_, value)| value))
    }

    /// [`try_join_next`](Self::try_join_next) with the task's id.
    #[track_caller]
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        if self.is_empty() {
            return None;
        }
        let finished = &self.finished;
        let take = || finished.list().numbers.pop_front();
        let number = finished
            .object
            .call("try_join_next", Class::Write, take, |name, taken| {
                format!(
                    "{name}.try_join_next ➜ {}",
                    if taken.is_some() { "a task" } else { "none" }
                )
            })?;
        Some(self.join(number))
    }

    /// Polls for the next task that finishes.
    #[track_caller]
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        let joined = self.poll_join_next_with_id(cx);
        joined.map(|joined| joined.map(|result| result.map(|(_, value)| value)))
    }

    /// [`poll_join_next`](Self::poll_join_next) with the task's id.
    #[track_caller]
    pub fn poll_join_next_with_id(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<(Id, T), JoinError>>> {
        if self.is_empty() {
            return Poll::Ready(None);
        }
        polled_with(cx);
        let finished = &self.finished;
        let taken = finished.object.step("join_next", Class::Write, |step| {
            let mut list = finished.list();
            let taken = list.numbers.pop_front();
            // Whoever waited before is replaced; a waker is no code of ours, so it is dropped outside.
            let before = match taken {
                Some(_) => list.waker.take(),
                None => list.waker.replace(cx.waker().clone()),
            };
            drop(list);
            drop(before);
            if let Some(step) = step {
                if taken.is_none() {
                    finished.object.registered();
                }
                let end = if taken.is_some() { "" } else { " ➜ pending" };
                step.tell(|| format!("{}.join_next{end}", finished.object.name()));
            }
            taken
        });
        match taken {
            Some(number) => Poll::Ready(Some(self.join(number))),
            None => Poll::Pending,
        }
    }

    /// Aborts all tasks and waits for their ends.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Waits for all tasks, and gives what they return in the order in which they finish.
    ///
    /// # Panics
    /// When a task panics, with the same payload; and when one was aborted. The others are aborted then.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut values = Vec::with_capacity(self.len());
        while let Some(joined) = self.join_next().await {
            match joined {
                Ok(value) => values.push(value),
                Err(error) => match error.try_into_panic() {
                    Ok(payload) => resume_unwind(payload),
                    Err(error) => panic!("{error}"),
                },
            }
        }
        values
    }

    /// What the next task brings onto the list when it finishes.
    fn comes(&self) -> Ends<Comes> {
        let comes = Comes {
            finished: Arc::clone(&self.finished),
            number: self.next,
        };
        Ends::side(self.finished.object, "finishes", comes)
    }

    #[track_caller]
    fn add(&mut self, task: JoinHandle<T>) -> AbortHandle {
        let abort = task.abort_handle();
        self.tasks.insert(self.next, task);
        self.next += 1;
        abort
    }

    /// Joins a task that was on the list.
    #[track_caller]
    fn join(&mut self, number: u64) -> Result<(Id, T), JoinError> {
        let task = self.tasks.remove(&number).expect("a task finishes once");
        let id = task.id();
        task.wait().map(|value| (id, value))
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        if !is_over() {
            self.tasks.values().for_each(JoinHandle::abort);
        }
    }
}

impl<T> Default for JoinSet<T> {
    #[track_caller]
    fn default() -> Self {
        JoinSet::new()
    }
}

impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(tasks: I) -> Self {
        let mut set = JoinSet::new();
        set.extend(tasks);
        set
    }
}

impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, tasks: I) {
        for task in tasks {
            self.spawn(task);
        }
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}
