//! What the wrappers have in common: an object of the kernel, and calls and futures on it.

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::{self, Engine, Handle, Step};
use crate::kernel::{Class, ObjectId, Op};

/// The kernel's side of a wrapped object; nothing on real threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object(Option<Handle>);

impl Object {
    /// Registers an object if the controlled engine runs.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        match engine::current() {
            Engine::Native => Object(None),
            Engine::Controlled => Object(Some(Handle::new(kind))),
            Engine::Loom => engine::loom::unsupported("way to see what the real tokio types do"),
        }
    }

    pub(crate) fn set_name(&self, name: &str) {
        if let Some(handle) = &self.0 {
            handle.set_name(name);
        }
    }

    /// The object, under the controlled engine.
    #[track_caller]
    pub(crate) fn id(&self) -> Option<ObjectId> {
        match &self.0 {
            Some(handle) => Some(handle.id()),
            None => {
                engine::assert_native();
                None
            }
        }
    }

    /// The object, if its execution still runs: for destructors.
    pub(crate) fn live(&self) -> Option<ObjectId> {
        self.0.as_ref().and_then(Handle::live)
    }

    /// One call of `body` as one operation. `told` makes the row of the trace of the object's name and
    /// the result.
    #[track_caller]
    pub(crate) fn call<R>(
        &self,
        verb: &'static str,
        class: Class,
        body: impl FnOnce() -> R,
        told: impl FnOnce(&str, &R) -> String,
    ) -> R {
        self.step(verb, class, |step| {
            let result = body();
            if let Some((step, id)) = step {
                step.tell(|| told(&engine::name_of(id), &result));
            }
            result
        })
    }

    /// [`call`](Self::call) for a body that has more to say about the step.
    #[track_caller]
    pub(crate) fn step<R>(
        &self,
        verb: &'static str,
        class: Class,
        body: impl FnOnce(Option<(&mut Step, ObjectId)>) -> R,
    ) -> R {
        match self.id() {
            None => body(None),
            Some(id) => engine::perform_opaque(Op::new(verb, id, class), |step| body(Some((step, id)))),
        }
    }

    /// Drops `value` as one operation; without one when the execution is over. Never panics.
    pub(crate) fn drop<T>(&self, verb: &'static str, location: &'static Location<'static>, value: T) {
        let Some(id) = self.live() else { return drop(value) };
        let mut op = Op::new(verb, id, Class::Write);
        op.location = location;
        engine::perform_opaque(op, |step| {
            drop(value);
            step.tell(|| format!("{}.{verb}", engine::name_of(id)));
        });
    }

    /// A future of tokio's, each poll of it one operation.
    #[track_caller]
    pub(crate) fn future<F: Future>(&self, verb: &'static str, future: F) -> Opaque<F> {
        Opaque {
            object: *self,
            verb,
            location: Location::caller(),
            future: Some(Box::pin(future)),
            polled: false,
            leaves_traces: true,
            class: Class::Write,
            _pinned: PhantomPinned,
        }
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

    /// Others who look cannot tell whether it has been polled: there is no queue in which they have places.
    pub(crate) fn only_looks(mut self) -> Self {
        self.class = Class::Read;
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
        engine::polled_with(cx.waker());
        let mut poll = || {
            let future = slot.as_mut().expect("a future is not polled after it is done");
            let polled = future.as_mut().poll(cx);
            if polled.is_ready() {
                *slot = None;
            }
            polled
        };
        let Some(id) = this.object.id() else { return poll() };
        let mut op = Op::new(this.verb, id, this.class);
        op.location = this.location;
        engine::perform_opaque(op, |step| {
            let polled = poll();
            if polled.is_pending() {
                engine::with_kernel(|k| k.registered(id));
            }
            let end = if polled.is_ready() { "" } else { " ➜ pending" };
            step.tell(|| format!("{}.{}{end}", engine::name_of(id), this.verb));
            polled
        })
    }
}

impl<F> Drop for Opaque<F> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take()
            && self.polled
            && self.leaves_traces
        {
            self.object.drop("cancel", self.location, future);
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
