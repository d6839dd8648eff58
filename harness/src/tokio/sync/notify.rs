//! [`Notify`]: the real `tokio::sync::Notify`.
//!
//! | state of the notify | `notify_one` | `notify_waiters` | first poll of a `Notified` |
//! |---|---|---|---|
//! | nobody waits, no permit | stores a permit | only counts | registers; ready if a `notify_waiters` was counted since it was created |
//! | nobody waits, permit | nothing: permits do not add up | only counts | takes the permit |
//! | somebody waits | wakes the oldest | wakes all | registers |
//!
//! The version in the trace is that count: `notified()` captures it, `notify_waiters()` raises it.
//!
//! For the search that is two objects, the version and the queue of those who wait, with the permit:
//!
//! | operation | version | queue | argument |
//! |---|---|---|---|
//! | `notified` | `Read` | | looks at nothing but the count |
//! | `notify_one`, `notify_last` | | `Write` | whom it wakes depends on who came first |
//! | `notify_waiters` | `Write` | `Write` | |
//! | first poll, `enable` | `Read` | `Write` | its place in the queue |
//! | the same, ready because of the version | `Read` | | looks no further |
//! | a later poll | | `Read` | whether it is in the queue still |
//! | drop while registered | | `Write` | leaves its place, or passes on what it was given |

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::panic::Location;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use crate::engine::any::{Step, polled_with, step_on};
use crate::kernel::Class;
use crate::sync::Arc;
use crate::tokio::opaque::{LateObject, Object, here};

/// Wakes one task or all that wait; the real `tokio::sync::Notify`.
pub struct Notify {
    inner: tokio::sync::Notify,
    /// The version; what traces call the notify.
    object: LateObject,
    queue: LateObject,
    told: Told,
}

/// What one operation touches.
type Few = smallvec::SmallVec<[(Object, Class); 2]>;

/// What traces say about a notify, kept beside tokio's own state. Only operations of the controlled
/// engine touch it, one at a time.
// Ordering: Relaxed everywhere; all tasks of an execution run on one OS thread.
#[derive(Debug)]
struct Told {
    /// Calls of `notify_waiters`.
    version: AtomicUsize,
    /// Registered since the last of them, and not woken by `notify_one`.
    waiting: AtomicUsize,
    permit: AtomicBool,
}

impl Told {
    const fn new() -> Self {
        Told {
            version: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            permit: AtomicBool::new(false),
        }
    }

    fn version(&self) -> usize {
        self.version.load(Ordering::Relaxed)
    }

    /// Why a future that never waited is ready.
    fn why_ready(&self, captured: usize) -> String {
        match self.version() {
            now if now == captured => "takes the permit".to_owned(),
            now => format!("notified: the version is {now}"),
        }
    }

    fn one_less(&self) {
        let waiting = self.waiting.load(Ordering::Relaxed);
        self.waiting.store(waiting.saturating_sub(1), Ordering::Relaxed);
    }
}

impl Notify {
    /// A notify without a permit.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        Notify {
            inner: tokio::sync::Notify::new(),
            object: LateObject::at_once("Notify"),
            queue: LateObject::at_once("Notify"),
            told: Told::new(),
        }
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    #[track_caller]
    pub const fn const_new() -> Self {
        Notify {
            inner: tokio::sync::Notify::const_new(),
            object: LateObject::new("Notify"),
            queue: LateObject::new("Notify"),
            told: Told::new(),
        }
    }

    /// Its name in traces; the column of that name shows the version.
    pub fn named(mut self, name: &str) -> Self {
        self.object.made_here().set_name(name);
        self.queue.made_here().set_name(name);
        self.object.show(|| format!("version {}", self.told.version()));
        self
    }

    /// This one, or what the execution has in its place if it is a static.
    #[track_caller]
    fn here(&self) -> &Self {
        here(self, &self.object)
    }

    /// The version and the queue. Always both, and in this order: where objects are known by the pasts of who uses them, what a task
    /// uses next must not depend on which of them others have used.
    #[track_caller]
    fn objects(&self) -> (Object, Object) {
        let object = *self.object;
        object.is_used();
        let queue = *self.queue;
        queue.is_used();
        (object, queue)
    }

    /// A future that waits for a notification. It counts from here: a `notify_waiters` after this call
    /// makes it ready, even if it has not been polled.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_> {
        let here = self.here();
        let (object, _) = here.objects();
        let inner = object.step("notified", Class::Read, |step| {
            if let Some(step) = step {
                step.tell(|| format!("notified() captured version {}", here.told.version()));
            }
            here.inner.notified()
        });
        Notified {
            notify: here,
            inner: Some(Box::pin(inner)),
            captured: here.told.version(),
            registered: None,
            location: Location::caller(),
            _pinned: PhantomPinned,
        }
    }

    /// [`notified`](Self::notified) with a future that does not borrow from the notify. Of a
    /// [`sync::Arc`](Arc::notified_owned) of this crate, too.
    #[track_caller]
    pub fn notified_owned(self: std::sync::Arc<Self>) -> OwnedNotified {
        Arc::from_std(self).notified_owned()
    }

    /// Wakes the task that has waited longest, or stores a permit for the next.
    #[track_caller]
    pub fn notify_one(&self) {
        self.here().one("notify_one", |inner| inner.notify_one());
    }

    /// Wakes the task that has waited shortest, or stores a permit for the next.
    #[track_caller]
    pub fn notify_last(&self) {
        self.here().one("notify_last", |inner| inner.notify_last());
    }

    #[track_caller]
    fn one(&self, verb: &'static str, call: impl FnOnce(&tokio::sync::Notify)) {
        let (_, queue) = self.objects();
        queue.step(verb, Class::Write, |step| {
            call(&self.inner);
            if let Some(step) = step {
                let told = &self.told;
                let wakes = told.waiting.load(Ordering::Relaxed) > 0;
                if wakes {
                    told.one_less();
                    self.object.signalled();
                }
                let is_there = !wakes && told.permit.swap(true, Ordering::Relaxed);
                if is_there {
                    self.object.wasted_signal();
                }
                step.tell(|| match (wakes, is_there) {
                    (true, _) => format!("{verb}()"),
                    (false, false) => format!("{verb}() stores the permit"),
                    (false, true) => format!("{verb}(): the permit is there already"),
                });
            }
        });
    }

    /// Wakes all tasks that wait; remembers nothing for those that come later.
    #[track_caller]
    pub fn notify_waiters(&self) {
        let here = self.here();
        let (object, queue) = here.objects();
        let touched = [(object, Class::Write), (queue, Class::Write)];
        step_on(&touched, "notify_waiters", Location::caller(), |step| {
            here.inner.notify_waiters();
            let Some(step) = step else { return };
            let before = here.told.version.fetch_add(1, Ordering::Relaxed);
            here.object.broadcast(here.told.waiting.swap(0, Ordering::Relaxed));
            here.object.show(|| format!("version {before} ➜ {}", before + 1));
            step.tell(|| "notify_waiters()".to_owned());
        });
    }
}

/// What takes an owner of the notify.
impl Arc<Notify> {
    /// [`Notify::notified_owned`].
    #[track_caller]
    pub fn notified_owned(self) -> OwnedNotified {
        let notified = self.notified();
        // SAFETY: only the lifetime changes. The notify stays where it is, and is dropped after the future, as the type
        // has it.
        let notified = unsafe { std::mem::transmute::<Notified<'_>, Notified<'static>>(notified) };
        OwnedNotified {
            notified,
            _notify: self,
        }
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}

/// Waits for a notification; made by [`Notify::notified`].
#[must_use = "futures do nothing unless you await or poll them"]
pub struct Notified<'a> {
    notify: &'a Notify,
    /// Gone once it is done.
    inner: Option<Pin<Box<tokio::sync::futures::Notified<'a>>>>,
    captured: usize,
    /// It waits, since this version.
    registered: Option<usize>,
    location: &'static Location<'static>,
    /// As tokio's, it cannot be moved once polled.
    _pinned: PhantomPinned,
}

impl Notified<'_> {
    /// Registers without polling: true if it is ready already. A permit it has taken is lost when it
    /// is dropped without being polled.
    #[track_caller]
    pub fn enable(self: Pin<&mut Self>) -> bool {
        // SAFETY: nothing is moved out of a pinned field: tokio's future has a box of its own.
        let this = unsafe { self.get_unchecked_mut() };
        let Some(inner) = this.inner.as_mut() else { return true };
        let notify = this.notify;
        step_on(
            &notify.look(this.registered.is_some()),
            "enable",
            Location::caller(),
            |step| {
                let ready = inner.as_mut().enable();
                if let Some(step) = step {
                    notify.looked(&mut this.registered, this.captured, ready, step);
                    step.tell(|| match ready {
                        true => format!("enable() ➜ true, {}", notify.told.why_ready(this.captured)),
                        false => "enable() ➜ false, registers".to_owned(),
                    });
                }
                ready
            },
        )
    }
}

impl Notify {
    /// What a waiter touches that looks whether it is notified.
    fn look(&self, registered: bool) -> Few {
        let (object, queue) = self.objects();
        let mut touched = Few::new();
        if registered {
            touched.push((queue, Class::Read));
        } else {
            touched.push((queue, Class::Write));
            touched.push((object, Class::Read));
        }
        touched
    }

    /// A waiter has looked whether it is notified: books what that did, and says whether it only read.
    fn looked(&self, registered: &mut Option<usize>, captured: usize, ready: bool, step: &mut Step) {
        let told = &self.told;
        match (ready, *registered) {
            (false, None) => {
                *registered = Some(told.version());
                told.waiting.fetch_add(1, Ordering::Relaxed);
                self.object.registered();
            }
            (false, Some(_)) => self.object.registered(),
            // Woken, and out of the queue since then: all that is left is its own business.
            (true, Some(_)) => {
                *registered = None;
                self.object.unregistered();
            }
            // Somebody called notify_waiters since it was created: it has not even looked at the queue.
            (true, None) if captured != told.version() => step.forget(0),
            (true, None) => told.permit.store(false, Ordering::Relaxed),
        }
    }
}

impl Future for Notified<'_> {
    type Output = ();

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: nothing is moved out of a pinned field: tokio's future has a box of its own.
        let this = unsafe { self.get_unchecked_mut() };
        let slot = &mut this.inner;
        if slot.is_none() {
            return Poll::Ready(());
        }
        polled_with(cx);
        let notify = this.notify;
        step_on(
            &notify.look(this.registered.is_some()),
            "poll notified",
            this.location,
            |step| {
                let polled = slot.as_mut().map_or(Poll::Ready(()), |inner| inner.as_mut().poll(cx));
                if let Some(step) = step {
                    let before = this.registered;
                    notify.looked(&mut this.registered, this.captured, polled.is_ready(), step);
                    step.tell(|| match (polled, before) {
                        (Poll::Ready(()), Some(_)) => "notified".to_owned(),
                        (Poll::Ready(()), None) => notify.told.why_ready(this.captured),
                        (Poll::Pending, None) => "registers".to_owned(),
                        (Poll::Pending, Some(_)) => "still waits".to_owned(),
                    });
                }
                if polled.is_ready() {
                    *slot = None;
                }
                polled
            },
        )
    }
}

impl Drop for Notified<'_> {
    fn drop(&mut self) {
        let Some(inner) = self.inner.take() else { return };
        // One that is not registered leaves nothing behind.
        let Some(since) = self.registered else { return };
        if self.notify.object.is_live() && since == self.notify.told.version() {
            self.notify.told.one_less();
        }
        self.notify.queue.give_up(self.location, inner);
    }
}

impl fmt::Debug for Notified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notified").finish_non_exhaustive()
    }
}

/// Waits for a notification and owns what it waits for; made by [`Notify::notified_owned`].
#[must_use = "futures do nothing unless you await or poll them"]
pub struct OwnedNotified {
    /// Of `_notify`, and dropped before it.
    notified: Notified<'static>,
    _notify: Arc<Notify>,
}

impl OwnedNotified {
    /// As [`Notified::enable`].
    #[track_caller]
    pub fn enable(self: Pin<&mut Self>) -> bool {
        self.notified().enable()
    }

    fn notified(self: Pin<&mut Self>) -> Pin<&mut Notified<'static>> {
        // SAFETY: the field is pinned with the whole and never moved out of it: there is no Drop.
        unsafe { self.map_unchecked_mut(|this| &mut this.notified) }
    }
}

impl Future for OwnedNotified {
    type Output = ();

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.notified().poll(cx)
    }
}

impl fmt::Debug for OwnedNotified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedNotified").finish_non_exhaustive()
    }
}
