//! [`OnceCell`]: the real `tokio::sync::OnceCell`, with one difference.
//!
//! `get_or_init` runs the program's own future to make the value, and its operations must stay visible,
//! so the call cannot be one opaque operation. It is taken apart the way tokio has it: look; wait for the
//! only permit of a semaphore; make the value; store it and close the semaphore, which wakes all that
//! wait. An initializer that fails or is dropped gives the permit to the next.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;

use tokio::sync::SetError;

use crate::kernel::Class;
use crate::tokio::opaque::{Ends, LateObject, future, here};

/// A value that is made once, on first use; the real `tokio::sync::OnceCell`.
pub struct OnceCell<T> {
    inner: tokio::sync::OnceCell<T>,
    /// Whose turn it is to make the value, under the controlled engine.
    turn: tokio::sync::Semaphore,
    object: LateObject,
}

impl<T> OnceCell<T> {
    /// An empty cell.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        OnceCell::new_with(None)
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    #[track_caller]
    pub const fn const_new() -> Self {
        OnceCell {
            inner: tokio::sync::OnceCell::const_new(),
            turn: tokio::sync::Semaphore::const_new(1),
            object: LateObject::new("OnceCell"),
        }
    }

    /// [`const_new`](Self::const_new) that has a value already.
    #[track_caller]
    pub const fn const_new_with(value: T) -> Self {
        OnceCell {
            inner: tokio::sync::OnceCell::const_new_with(value),
            turn: tokio::sync::Semaphore::const_new(1),
            object: LateObject::new("OnceCell"),
        }
    }

    /// A cell that has the value already, if there is one.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new_with(value: Option<T>) -> Self {
        OnceCell {
            inner: tokio::sync::OnceCell::new_with(value),
            turn: tokio::sync::Semaphore::new(1),
            object: LateObject::at_once("OnceCell"),
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

    /// Stores the value.
    ///
    /// # Errors
    /// When there is one, or it is being made.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        let here = self.here();
        let body = || {
            if here.object.is_controlled() && !here.inner.initialized() {
                match here.turn.try_acquire() {
                    // Given back at once: nobody can ask in between.
                    Ok(_) => here.turn.close(),
                    Err(_) => return Err(SetError::InitializingError(value)),
                }
            }
            here.inner.set(value)
        };
        here.object.call("set", Class::Write, body, |name, result| {
            let end = match result {
                Ok(()) => "",
                Err(SetError::AlreadyInitializedError(_)) => " ➜ there is a value",
                Err(SetError::InitializingError(_)) => " ➜ one is being made",
            };
            format!("{name}.set{end}")
        })
    }

    /// The value; made by `f` if there is none. Others that ask meanwhile wait.
    pub async fn get_or_init<F, Fut>(&self, f: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        match self.get_or_try_init(async || Ok::<T, Infallible>(f().await)).await {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// The value; made by `f` if there is none. Others that ask meanwhile wait.
    ///
    /// # Errors
    /// What `f` says; the next in line then tries.
    pub async fn get_or_try_init<E, F, Fut>(&self, f: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let here = self.here();
        if !here.object.is_controlled() {
            return here.inner.get_or_try_init(f).await;
        }
        if let Some(value) = here.get() {
            return Ok(value);
        }
        if let Ok(permit) = future(*here.object, "get_or_init", here.turn.acquire()).await {
            let permit = Ends::new(*here.object, "give up", permit);
            let value = f().await?;
            let store = || {
                let stored = here.inner.set(value);
                here.turn.close();
                permit.take().forget();
                stored
            };
            let stored = here
                .object
                .call("set", Class::Write, store, |name, _| format!("{name} is initialized"));
            assert!(stored.is_ok(), "only who has the permit stores a value");
        }
        Ok(here.inner.get().expect("the semaphore is closed once there is a value"))
    }

    /// The value; nobody else can look.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.inner.get_mut()
    }

    /// The value, out of the cell.
    pub fn into_inner(self) -> Option<T> {
        self.inner.into_inner()
    }

    /// The value, out of the cell, which is empty then. Nobody else can look.
    pub fn take(&mut self) -> Option<T> {
        // As good as new: closed, it would let nobody make another value.
        self.turn = tokio::sync::Semaphore::new(1);
        self.inner.take()
    }
}

impl<T> From<T> for OnceCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        OnceCell::new_with(Some(value))
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    /// Another cell with a clone of the value that is there now.
    #[track_caller]
    fn clone(&self) -> Self {
        OnceCell::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T> Default for OnceCell<T> {
    #[track_caller]
    fn default() -> Self {
        OnceCell::new()
    }
}

impl<T> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell").finish_non_exhaustive()
    }
}
