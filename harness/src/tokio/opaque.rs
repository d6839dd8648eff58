//! What the wrappers have in common: an object of the kernel, and calls and futures on it.

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::any::{Lazy, polled_with, step_on};
use crate::kernel::Class;

pub(crate) use crate::engine::any::Opaque as Object;
pub(crate) use crate::engine::any::here;

/// An [`Object`] of a value that a constant can make.
pub(crate) type LateObject = Lazy<Object>;

/// A future of tokio's, each poll of it one operation.
#[track_caller]
pub(crate) fn future<F: Future>(object: Object, verb: &'static str, future: F) -> Opaque<F> {
    future_at(object, verb, Location::caller(), future)
}

/// [`future`], with the location given.
pub(crate) fn future_at<F: Future>(
    object: Object,
    verb: &'static str,
    location: &'static Location<'static>,
    future: F,
) -> Opaque<F> {
    Opaque {
        object,
        verb,
        location,
        future: Some(Box::pin(future)),
        polled: false,
        leaves_traces: true,
        owns: None,
        class: Class::Write,
        _pinned: PhantomPinned,
    }
}

/// A future of tokio's: polling it is one operation, and so is dropping it while it is registered.
pub(crate) struct Opaque<F> {
    object: Object,
    verb: &'static str,
    location: &'static Location<'static>,
    /// Gone once it is done.
    future: Option<Pin<Box<F>>>,
    polled: bool,
    /// Dropping it unfinished changes something for others: it gives up its place in a queue, say.
    leaves_traces: bool,
    /// It has taken one side of a channel, and this is what the end of that is called.
    owns: Option<&'static str>,
    /// What a poll is to others.
    class: Class,
    /// The futures of tokio cannot be moved once polled; code written with ours must not either.
    _pinned: PhantomPinned,
}

impl<F> Opaque<F> {
    /// Dropping it unfinished is nobody else's business, so it is no operation.
    pub(crate) fn leaves_no_traces(mut self) -> Self {
        self.leaves_traces = false;
        self
    }

    /// It has taken one side of a channel, which ends with it even if it was never polled.
    pub(crate) fn owns(mut self, end: &'static str) -> Self {
        self.owns = Some(end);
        self
    }

    /// Others who look cannot tell whether it has been polled: there is no queue in which they have places.
    pub(crate) fn only_looks(self) -> Self {
        self.class(Class::Read)
    }

    /// What a poll is to others.
    pub(crate) fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

impl<F: Future> Future for Opaque<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: nothing is moved out of a pinned field: the future has a box of its own.
        let this = unsafe { self.get_unchecked_mut() };
        let slot = &mut this.future;
        this.polled = true;
        polled_with(cx);
        let mut poll = || {
            let future = slot.as_mut().expect("a future is not polled after it is done");
            let polled = future.as_mut().poll(cx);
            if polled.is_ready() {
                *slot = None;
            }
            polled
        };
        let object = this.object;
        step_on(&[(object, this.class)], this.verb, this.location, |step| {
            let polled = poll();
            if let Some(step) = step {
                if polled.is_pending() {
                    object.registered();
                }
                let end = if polled.is_ready() { "" } else { " ➜ pending" };
                step.tell(|| format!("{}.{}{end}", object.name(), this.verb));
            }
            polled
        })
    }
}

impl<F> Drop for Opaque<F> {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else { return };
        match self.owns {
            _ if self.polled && self.leaves_traces => self.object.give_up(self.location, future),
            Some(end) => self.object.drop(end, self.location, future),
            None => {}
        }
    }
}

/// A value of tokio's whose end is one operation: a guard, a permit, one side of a channel.
pub(crate) struct Ends<T> {
    value: Option<T>,
    object: Object,
    verb: &'static str,
    location: &'static Location<'static>,
    silent: bool,
}

impl<T> Ends<T> {
    #[track_caller]
    pub(crate) fn new(object: Object, verb: &'static str, value: T) -> Self {
        Ends::at(object, verb, value, Location::caller())
    }

    /// One side of a channel: it ends wherever its task is then, not where it was made.
    pub(crate) fn side(object: Object, verb: &'static str, value: T) -> Self {
        Ends::at(object, verb, value, Location::caller())
    }

    /// [`new`](Self::new), with the location given.
    pub(crate) fn at(object: Object, verb: &'static str, value: T, location: &'static Location<'static>) -> Self {
        Ends {
            value: Some(value),
            object,
            verb,
            location,
            silent: false,
        }
    }

    pub(crate) fn object(&self) -> Object {
        self.object
    }

    /// Another value that ends like this one.
    pub(crate) fn like<U>(&self, value: U) -> Ends<U> {
        Ends::at(self.object, self.verb, value, self.location)
    }

    /// The value as another one, which ends in its place.
    pub(crate) fn map<U>(mut self, f: impl FnOnce(T) -> U) -> Ends<U> {
        let value = self.value.take().expect("the value is taken once");
        Ends::at(self.object, self.verb, f(value), self.location)
    }

    /// The value, whose end is then somebody else's business.
    pub(crate) fn take(mut self) -> T {
        self.value.take().expect("the value is taken once")
    }

    /// From now on its end is no operation, because nothing can come of it.
    pub(crate) fn ends_silently(&mut self) {
        self.silent = true;
    }
}

impl<T> Deref for Ends<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("the value is there until it is taken")
    }
}

impl<T> DerefMut for Ends<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect("the value is there until it is taken")
    }
}

impl<T> Drop for Ends<T> {
    fn drop(&mut self) {
        if !self.silent
            && let Some(value) = self.value.take()
        {
            self.object.drop(self.verb, self.location, value);
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Ends<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}
