//! [`Handle`] and [`EnterGuard`].

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use tokio::runtime::{RuntimeFlavor, TryCurrentError};

use crate::engine::any::is_native;
use crate::future::{self, JoinHandle};

/// A runtime, for somebody who did not build it.
#[derive(Clone)]
pub struct Handle {
    /// tokio's, on real threads.
    native: Option<tokio::runtime::Handle>,
    flavor: Flavor,
}

/// What the builder was asked for. tokio's own type cannot be cloned in all versions.
#[derive(Clone, Copy)]
pub(super) enum Flavor {
    CurrentThread,
    MultiThread,
}

impl Handle {
    pub(super) fn new(native: Option<tokio::runtime::Handle>, flavor: Flavor) -> Self {
        Handle { native, flavor }
    }

    /// The runtime that the caller is in.
    ///
    /// # Panics
    /// On real threads, outside of one.
    #[track_caller]
    pub fn current() -> Self {
        match is_native() {
            true => Handle::of(tokio::runtime::Handle::current()),
            false => Handle::new(None, Flavor::MultiThread),
        }
    }

    /// The runtime that the caller is in.
    ///
    /// # Errors
    /// On real threads, outside of one.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        match is_native() {
            true => tokio::runtime::Handle::try_current().map(Handle::of),
            false => Ok(Handle::new(None, Flavor::MultiThread)),
        }
    }

    fn of(native: tokio::runtime::Handle) -> Self {
        let flavor = match native.runtime_flavor() {
            RuntimeFlavor::CurrentThread => Flavor::CurrentThread,
            _ => Flavor::MultiThread,
        };
        Handle::new(Some(native), flavor)
    }

    /// Makes this runtime the one that the caller is in, until the guard is dropped.
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard {
            _native: self.native.as_ref().map(tokio::runtime::Handle::enter),
            _handle: PhantomData,
        }
    }

    /// Starts a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let _inside = self.enter();
        future::spawn(future)
    }

    /// Starts a task that runs `f`, which may block; see [`spawn_blocking`](future::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let _inside = self.enter();
        future::spawn_blocking(f)
    }

    /// Runs a future on the current thread until it is done.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.native {
            Some(native) => native.block_on(future),
            None => future::block_on(future),
        }
    }

    /// Which flavor it was built with; several threads where nobody has built it.
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        match self.flavor {
            Flavor::CurrentThread => RuntimeFlavor::CurrentThread,
            Flavor::MultiThread => RuntimeFlavor::MultiThread,
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// While it lives, the thread that made it is in a runtime; made by [`Handle::enter`].
#[must_use = "dropping it leaves the runtime"]
pub struct EnterGuard<'a> {
    _native: Option<tokio::runtime::EnterGuard<'a>>,
    _handle: PhantomData<&'a Handle>,
}

impl fmt::Debug for EnterGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnterGuard").finish_non_exhaustive()
    }
}
