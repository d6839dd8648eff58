//! Code that is not ours, as operations on an object: nothing but the call itself on real threads.

use std::panic::Location;

use super::late::Late;
use crate::engine::controlled::{self, Handle, Step, name_of, show_value, tracing, try_with_kernel, with_kernel};
use crate::engine::current::{Engine, assert_native, current};
use crate::kernel::{Access, Class, Op};
use crate::raw::Origin;

/// The kernel's side of a value of other crates; nothing on real threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opaque(Option<Handle>);

#[cfg_attr(
    not(feature = "tokio"),
    expect(dead_code, reason = "most of it is for the types of tokio")
)]
impl Opaque {
    /// Registers an object if the controlled engine runs.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        let location = Location::caller();
        Late::make(
            &kind,
            Origin {
                location,
                address: None,
            },
        )
    }

    /// The object that everybody who uses this name shares; nothing on real threads and under loom.
    #[track_caller]
    pub(crate) fn shared(name: &str) -> Option<Self> {
        (current() == Engine::Controlled).then(|| Opaque(Some(Handle::shared(name))))
    }

    /// [`shared`](Self::shared) for destructors: nothing when the execution has no tasks any more.
    pub(crate) fn shared_if_running(name: &str) -> Option<Self> {
        try_with_kernel(|k| !k.tasks.is_empty())
            .unwrap_or(false)
            .then(|| Self::shared(name))
            .flatten()
    }

    pub(crate) fn set_name(&self, name: &str) {
        if let Some(handle) = &self.0 {
            handle.set_name(name);
        }
    }

    /// Whether calls are operations. If not, they are nobody's business.
    ///
    /// # Panics
    /// When it was made outside the execution that uses it.
    #[track_caller]
    pub(crate) fn is_controlled(&self) -> bool {
        match &self.0 {
            Some(handle) => {
                handle.id();
                true
            }
            None => {
                assert_native();
                false
            }
        }
    }

    /// Whether its execution still runs: for destructors.
    pub(crate) fn is_live(&self) -> bool {
        self.0.as_ref().and_then(Handle::live).is_some()
    }

    /// The name that traces know it by; empty on real threads.
    pub(crate) fn name(&self) -> String {
        self.0.as_ref().map_or_else(String::new, |handle| name_of(handle.id()))
    }

    /// Shows a value next to the name from here on.
    pub(crate) fn show(&self, value: impl FnOnce() -> String) {
        if tracing()
            && let Some(id) = self.0.as_ref().and_then(Handle::live)
        {
            show_value(id, value());
        }
    }

    /// The current task has registered with it to be woken by its signal.
    pub(crate) fn registered(&self) {
        if let Some(id) = self.0.map(|handle| handle.id()) {
            with_kernel(|k| k.registered(id));
        }
    }

    /// The current task uses it, whether or not it touches it now.
    #[track_caller]
    pub(crate) fn is_used(&self) {
        if let Some(handle) = self.0 {
            let _ = handle.id();
        }
    }

    /// The current task has been woken by its signal, or waits for it no more.
    pub(crate) fn unregistered(&self) {
        if let Some(id) = self.0.map(|handle| handle.id()) {
            with_kernel(|k| k.unregistered(id));
        }
    }

    /// A signal of it for all has woken so many.
    pub(crate) fn broadcast(&self, woken: usize) {
        if let Some(id) = self.0.map(|handle| handle.id()) {
            with_kernel(|k| k.broadcast(id, woken));
        }
    }

    /// A signal of it has woken one who waits.
    pub(crate) fn signalled(&self) {
        if let Some(id) = self.0.map(|handle| handle.id()) {
            with_kernel(|k| k.signalled(id));
        }
    }

    /// A signal of it has found nobody to wake.
    pub(crate) fn wasted_signal(&self) {
        if let Some(id) = self.0.map(|handle| handle.id()) {
            with_kernel(|k| k.wasted_signal(id));
        }
    }

    /// Whether it can be told how many ends of channels there are, so that to make one more is an operation. `asks`: somebody
    /// looks at the number now, and the search starts again if nobody has before.
    pub(crate) fn ends_are_counted(&self, asks: bool) -> bool {
        match self.is_controlled() {
            true if asks => with_kernel(|k| k.learn(|facts| &mut facts.counts_ends)),
            controlled => controlled && with_kernel(|k| k.numbering.facts.counts_ends),
        }
    }

    /// The step that runs has touched it, too.
    pub(crate) fn touched(&self, step: &mut Step, class: Class) {
        if let Some(handle) = &self.0 {
            step.add(handle.id(), class);
        }
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
            if let Some(step) = step {
                step.tell(|| told(&self.name(), &result));
            }
            result
        })
    }

    /// [`call`](Self::call) for a body that has more to say about the step.
    #[track_caller]
    pub(crate) fn step<R>(&self, verb: &'static str, class: Class, body: impl FnOnce(Option<&mut Step>) -> R) -> R {
        step_on(&[(*self, class)], verb, Location::caller(), body)
    }

    /// Drops `value` as one operation; without one when the execution is over. Never panics.
    pub(crate) fn drop<T>(&self, verb: &'static str, location: &'static Location<'static>, value: T) {
        self.drop_told(verb, location, value, |name| format!("{name}.{verb}"));
    }

    /// [`drop`](Self::drop) of a future that is registered.
    pub(crate) fn give_up<T>(&self, location: &'static Location<'static>, future: T) {
        self.drop_told("cancel", location, future, |name| format!("stops waiting for {name}"));
    }

    fn drop_told<T>(
        &self,
        verb: &'static str,
        location: &'static Location<'static>,
        value: T,
        told: impl FnOnce(&str) -> String,
    ) {
        if !self.is_live() {
            return drop(value);
        }
        step_on(&[(*self, Class::Write)], verb, location, |step| {
            drop(value);
            if let Some(step) = step {
                step.tell(|| told(&self.name()));
            }
        });
    }
}

/// For types whose constructors are constants.
impl Late for Opaque {
    /// The type, for people.
    type Seed = &'static str;

    #[track_caller]
    fn make(kind: &&'static str, origin: Origin) -> Self {
        match current() {
            Engine::Native => Opaque(None),
            Engine::Controlled => Opaque(Some(Handle::of_origin(kind, origin))),
            #[cfg(feature = "loom")]
            Engine::Loom => crate::engine::loom::unsupported("way to see what the real tokio types do"),
        }
    }
}

/// One call of `body` as one operation on several objects, all of them of the same execution. The first gives the
/// operation its name in schedules.
#[track_caller]
pub(crate) fn step_on<R>(
    touched: &[(Opaque, Class)],
    verb: &'static str,
    location: &'static Location<'static>,
    body: impl FnOnce(Option<&mut Step>) -> R,
) -> R {
    let Some((first, class)) = touched.first() else {
        return body(None);
    };
    if !first.is_controlled() {
        return body(None);
    }
    let id = |object: &Opaque| object.0.as_ref().expect("objects of one value are of one engine").id();
    let mut op = Op::new(verb, id(first), *class);
    op.location = location;
    op.accesses.extend(touched[1..].iter().map(|(object, class)| Access {
        object: id(object),
        class: *class,
    }));
    controlled::perform_opaque(op, |step| body(Some(step)))
}
