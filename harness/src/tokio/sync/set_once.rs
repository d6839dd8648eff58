//! [`SetOnce`]: the real `tokio::sync::SetOnce`, a value that is set once, and whoever waits for it.
//!
//! Waiting commutes with all that only looks: setting the value wakes everybody, so it makes no difference who registered
//! first.

use std::fmt;
use std::future::Future;

use tokio::sync::SetOnceError;

use crate::kernel::Class;
use crate::tokio::opaque::{LateObject, future, here};

/// A value that is set once and may be waited for; the real `tokio::sync::SetOnce`.
pub struct SetOnce<T> {
    inner: tokio::sync::SetOnce<T>,
    object: LateObject,
}

impl<T> SetOnce<T> {
    /// No value yet.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        SetOnce::new_with(None)
    }

    /// The value already, if there is one.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        SetOnce {
            inner: tokio::sync::SetOnce::new_with(value),
            object: LateObject::at_once("SetOnce"),
        }
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    #[track_caller]
    pub const fn const_new() -> Self {
        SetOnce {
            inner: tokio::sync::SetOnce::const_new(),
            object: LateObject::new("SetOnce"),
        }
    }

    /// [`const_new`](Self::const_new) that has a value already.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        SetOnce {
            inner: tokio::sync::SetOnce::const_new_with(value),
            object: LateObject::new("SetOnce"),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.object.made_here().set_name(name);
        self
    }

    /// This one, or what the execution has in its place if it is a static.
    #[track_caller]
    fn here(&self) -> &Self {
        here(self, &self.object)
    }

    /// Whether there is a value.
    #[track_caller]
    pub fn initialized(&self) -> bool {
        self.get().is_some()
    }

    /// The value, if there is one.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        let here = self.here();
        here.object.call(
            "get",
            Class::Read,
            || here.inner.get(),
            |name, value| format!("{name}.get ➜ {}", if value.is_some() { "a value" } else { "empty" }),
        )
    }

    /// Sets the value and wakes all that wait for it.
    ///
    /// # Errors
    /// The value, when there is one already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), SetOnceError<T>> {
        let here = self.here();
        let body = || here.inner.set(value);
        here.object.call("set", Class::Write, body, |name, result| {
            format!("{name}.set{}", if result.is_ok() { "" } else { " ➜ there is a value" })
        })
    }

    /// Waits until there is a value.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = &T> {
        let here = self.here();
        future(*here.object, "wait", here.inner.wait())
            .leaves_no_traces()
            .only_looks()
    }

    /// The value, if there is one.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }
}

impl<T> Default for SetOnce<T> {
    #[track_caller]
    fn default() -> Self {
        SetOnce::new()
    }
}

impl<T> From<T> for SetOnce<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        SetOnce::new_with(Some(value))
    }
}

impl<T: Clone> Clone for SetOnce<T> {
    /// Another one, with a clone of the value that is there now.
    #[track_caller]
    fn clone(&self) -> Self {
        SetOnce::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for SetOnce<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for SetOnce<T> {}

impl<T> fmt::Debug for SetOnce<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetOnce").finish_non_exhaustive()
    }
}
