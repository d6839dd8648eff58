//! `watch`: the real `tokio::sync::watch`, a value and the news that it changed.
//!
//! A [`Ref`] holds a lock of tokio's for real, and senders wait for it with the whole thread. All tasks of
//! an execution share one OS thread, so the kernel has to know: borrowing is a read lock of a second
//! object, and sending waits until nobody holds one. Sending while the same task holds a `Ref` is a
//! deadlock here as it is on real threads.
//!
//! Waiting for news commutes with all that only looks: whoever sends wakes everybody, so it makes no
//! difference who registered first.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::panic::Location;

use tokio::sync::watch;
pub use tokio::sync::watch::error;

use error::{RecvError, SendError};

use super::counted::{another, asked};
use crate::engine::any::step_on;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// The channel and the lock on its value.
#[derive(Clone, Copy)]
struct Channel {
    object: Object,
    value: Object,
}

impl Channel {
    #[track_caller]
    fn named(self, name: &str) {
        self.object.set_name(name);
        self.value.set_name(name);
    }

    /// One call that changes the value. `None`: the execution is over, and a `Ref` that will never be
    /// dropped is in the way.
    #[track_caller]
    fn change<R>(self, verb: &'static str, body: impl FnOnce() -> R) -> Option<R> {
        let touched = [(self.value, Class::Acquire), (self.object, Class::Write)];
        step_on(&touched, verb, Location::caller(), |step| {
            let Some(step) = step else { return Some(body()) };
            if step.forced {
                return None;
            }
            let result = body();
            self.value.touched(step, Class::Release);
            step.tell(|| format!("{}.{verb}", self.object.name()));
            Some(result)
        })
    }

    /// One call that may leave a `Ref` behind.
    #[track_caller]
    fn look<'a, T>(self, verb: &'static str, class: Class, body: impl FnOnce() -> watch::Ref<'a, T>) -> Ref<'a, T> {
        let location = Location::caller();
        let touched = [(self.object, class), (self.value, Class::ShareAcquire)];
        let inner = step_on(&touched, verb, location, |step| {
            if let Some(step) = step {
                step.tell(|| format!("{}.{verb}", self.object.name()));
            }
            body()
        });
        Ref {
            inner: Some(inner),
            channel: self,
            location,
        }
    }
}

/// A channel whose value is `init`.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let channel = Channel {
        object: Object::new("watch"),
        value: Object::new("watch value"),
    };
    let (sender, receiver) = watch::channel(init);
    (Sender::wrap(channel, sender), Receiver::wrap(channel, receiver))
}

/// A look at the value. Senders wait until it is dropped.
pub struct Ref<'a, T> {
    inner: Option<watch::Ref<'a, T>>,
    channel: Channel,
    location: &'static Location<'static>,
}

impl<T> Ref<'_, T> {
    /// Whether the value had changed since this receiver looked last.
    pub fn has_changed(&self) -> bool {
        self.inner.as_ref().is_some_and(watch::Ref::has_changed)
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Ref<'_, T> {
    fn drop(&mut self) {
        let inner = self.inner.take();
        let value = self.channel.value;
        if !value.is_live() {
            return;
        }
        step_on(&[(value, Class::ShareRelease)], "drop ref", self.location, |step| {
            drop(inner);
            if let Some(step) = step {
                step.tell(|| format!("{}.drop ref", value.name()));
            }
        });
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Changes the value; when the last one is dropped, receivers are told.
pub struct Sender<T> {
    inner: Ends<watch::Sender<T>>,
    channel: Channel,
}

impl<T> Sender<T> {
    #[track_caller]
    fn wrap(channel: Channel, inner: watch::Sender<T>) -> Self {
        Sender {
            inner: Ends::side(channel.object, "drop sender", inner),
            channel,
        }
    }

    /// A channel whose value is `init`, without a receiver.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(init: T) -> Self {
        let channel = Channel {
            object: Object::new("watch"),
            value: Object::new("watch value"),
        };
        Sender::wrap(channel, watch::Sender::new(init))
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.channel.named(name);
        self
    }

    /// Stores a value and wakes all receivers that wait for a change.
    ///
    /// # Errors
    /// The value, when there is no receiver.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut value = Some(value);
        let sent = self
            .channel
            .change("send", || self.inner.send(value.take().expect("sent once")));
        sent.unwrap_or_else(|| Err(SendError(value.take().expect("it was not sent"))))
    }

    /// Changes the value in place and wakes all receivers, if there are any.
    #[track_caller]
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.channel.change("send_modify", || self.inner.send_modify(modify));
    }

    /// Changes the value in place and wakes all receivers if `modify` says that it did.
    #[track_caller]
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        self.channel
            .change("send_if_modified", || self.inner.send_if_modified(modify))
            .unwrap_or(false)
    }

    /// Stores a value even if nobody receives, and gives the old one.
    #[track_caller]
    pub fn send_replace(&self, value: T) -> T {
        let mut value = Some(value);
        let old = self.channel.change("send_replace", || {
            self.inner.send_replace(value.take().expect("sent once"))
        });
        old.unwrap_or_else(|| value.take().expect("it was not sent"))
    }

    /// Looks at the value.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        self.channel.look("borrow", Class::Read, || self.inner.borrow())
    }

    /// A receiver that has seen the current value.
    #[track_caller]
    pub fn subscribe(&self) -> Receiver<T> {
        let body = || self.inner.subscribe();
        let inner = self
            .channel
            .object
            .call("subscribe", Class::Write, body, |name, _| format!("{name}.subscribe"));
        Receiver::wrap(self.channel, inner)
    }

    /// Waits until there is no receiver.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        future(self.channel.object, "closed", self.inner.closed())
            .leaves_no_traces()
            .only_looks()
    }

    /// Whether there is no receiver.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.inner.is_closed();
        self.channel.object.call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }

    /// Whether both send to the same receivers.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// How many sending ends there are. Asking makes it a visible operation to clone one, and the search starts again with
    /// that known.
    #[track_caller]
    pub fn sender_count(&self) -> usize {
        asked(self.channel.object, "sender_count", || self.inner.sender_count())
    }

    /// The number of receivers.
    #[track_caller]
    pub fn receiver_count(&self) -> usize {
        let body = || self.inner.receiver_count();
        self.channel
            .object
            .call("receiver_count", Class::Read, body, |name, n| {
                format!("{name}.receiver_count ➜ {n}")
            })
    }
}

impl<T> Clone for Sender<T> {
    /// Another sending end. No operation unless somebody counts them: as long as there is one, nobody else can tell.
    #[track_caller]
    fn clone(&self) -> Self {
        let inner: &watch::Sender<T> = &self.inner;
        Sender::wrap(
            self.channel,
            another(self.channel.object, "clone sender", || inner.clone()),
        )
    }
}

impl<T: Default> Default for Sender<T> {
    /// A channel without a receiver.
    #[track_caller]
    fn default() -> Self {
        Sender::new(T::default())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Looks at the value and waits for changes.
pub struct Receiver<T> {
    inner: Ends<watch::Receiver<T>>,
    channel: Channel,
}

impl<T> Receiver<T> {
    #[track_caller]
    fn wrap(channel: Channel, inner: watch::Receiver<T>) -> Self {
        Receiver {
            inner: Ends::side(channel.object, "drop receiver", inner),
            channel,
        }
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.channel.named(name);
        self
    }

    /// Looks at the value; a change still counts as not seen.
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        self.channel.look("borrow", Class::Read, || self.inner.borrow())
    }

    /// Looks at the value, which then counts as seen.
    #[track_caller]
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let inner = &mut self.inner;
        self.channel
            .look("borrow_and_update", Class::Read, || inner.borrow_and_update())
    }

    /// Whether there is a value it has not seen.
    ///
    /// # Errors
    /// When no sender is left.
    #[track_caller]
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        let body = || self.inner.has_changed();
        self.channel
            .object
            .call("has_changed", Class::Read, body, |name, result| match result {
                Ok(changed) => format!("{name}.has_changed ➜ {changed}"),
                Err(_) => format!("{name}.has_changed ➜ closed"),
            })
    }

    /// Whether no sender is left.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.inner.has_changed().is_err();
        self.channel.object.call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }

    /// Whether both receive from the same senders.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// Makes the current value count as not seen.
    pub fn mark_changed(&mut self) {
        self.inner.mark_changed();
    }

    /// Makes the current value count as seen.
    #[track_caller]
    pub fn mark_unchanged(&mut self) {
        let object = self.channel.object;
        let body = || self.inner.mark_unchanged();
        object.call("mark_unchanged", Class::Read, body, |name, ()| {
            format!("{name}.mark_unchanged")
        });
    }

    /// Waits for a value it has not seen, which then counts as seen.
    ///
    /// # Errors
    /// When no sender is left.
    #[track_caller]
    pub fn changed(&mut self) -> impl Future<Output = Result<(), RecvError>> {
        future(self.channel.object, "changed", self.inner.changed())
            .leaves_no_traces()
            .only_looks()
    }

    /// Waits for a value of which `condition` holds; it looks at the current one first.
    ///
    /// # Errors
    /// When no sender is left and it does not hold.
    pub async fn wait_for(&mut self, mut condition: impl FnMut(&T) -> bool) -> Result<Ref<'_, T>, RecvError> {
        let mut closed = false;
        loop {
            // As tokio has it: the last value counts even if the senders are gone.
            if self.holds(&mut condition) {
                // No operation stands in between, so this is the value of which it holds.
                return Ok(Ref {
                    inner: Some(self.inner.borrow()),
                    channel: self.channel,
                    location: Location::caller(),
                });
            }
            if closed {
                return Err(self.inner.changed().await.expect_err("no sender is left"));
            }
            closed = self.changed().await.is_err();
        }
    }
}

impl<T> Receiver<T> {
    /// Whether `condition` holds of the value, which then is locked like by a [`Ref`].
    fn holds(&mut self, condition: &mut impl FnMut(&T) -> bool) -> bool {
        let Channel { object, value } = self.channel;
        object.step("wait_for", Class::Read, |step| {
            let holds = condition(&self.inner.borrow_and_update());
            if let Some(step) = step {
                if holds {
                    value.touched(step, Class::ShareAcquire);
                }
                step.tell(|| format!("{}.wait_for ➜ {holds}", object.name()));
            }
            holds
        })
    }
}

impl<T> Clone for Receiver<T> {
    /// Another receiver that has seen what this one has.
    #[track_caller]
    fn clone(&self) -> Self {
        let inner: &watch::Receiver<T> = &self.inner;
        let inner = self.channel.object.call(
            "clone",
            Class::Write,
            || inner.clone(),
            |name, _| format!("{name}.clone"),
        );
        Receiver::wrap(self.channel, inner)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
