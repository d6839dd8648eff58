//! [`Semaphore`]: the real `tokio::sync::Semaphore`.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync;

use tokio::sync::{AcquireError, TryAcquireError};

use crate::future::block_on;
use crate::kernel::Class;
use crate::sync::Arc;
use crate::tokio::opaque::{Ends, LateObject, Object, future, future_at, here};

/// Permits that are handed out first come, first served; the real `tokio::sync::Semaphore`.
pub struct Semaphore {
    inner: tokio::sync::Semaphore,
    object: LateObject,
}

impl Semaphore {
    /// The most permits there can be.
    pub const MAX_PERMITS: usize = tokio::sync::Semaphore::MAX_PERMITS;

    /// A semaphore with that many permits.
    ///
    /// # Panics
    /// Above [`MAX_PERMITS`](Self::MAX_PERMITS), and under loom.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Semaphore {
            object: LateObject::at_once("Semaphore"),
            inner: tokio::sync::Semaphore::new(permits),
        }
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    ///
    /// # Panics
    /// Above [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        Semaphore {
            inner: tokio::sync::Semaphore::const_new(permits),
            object: LateObject::new("Semaphore"),
        }
    }

    /// Its name in traces; the column of that name shows the permits.
    pub fn named(mut self, name: &str) -> Self {
        self.object.made_here().set_name(name);
        self.object.show(|| self.inner.available_permits().to_string());
        self
    }

    /// This one, or what the execution has in its place if it is a static.
    #[track_caller]
    fn here(&self) -> &Self {
        here(self, &self.object)
    }

    /// The permits nobody holds.
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        let here = self.here();
        let body = || here.inner.available_permits();
        here.object.call("available_permits", Class::Read, body, |name, n| {
            format!("{name}.available_permits ➜ {n}")
        })
    }

    /// Adds permits.
    ///
    /// # Panics
    /// Above [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        let here = self.here();
        let body = || here.inner.add_permits(n);
        here.object.call("add_permits", Class::Write, body, |name, ()| {
            format!("{name}.add_permits({n})")
        });
    }

    /// Takes up to `n` free permits out of the world and says how many.
    #[track_caller]
    pub fn forget_permits(&self, n: usize) -> usize {
        let here = self.here();
        let body = || here.inner.forget_permits(n);
        here.object.call("forget_permits", Class::Write, body, |name, k| {
            format!("{name}.forget_permits({n}) ➜ {k}")
        })
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// When the semaphore is closed; so for all that acquire.
    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> + Send {
        self.acquire_many(1)
    }

    /// Waits for `n` permits at once.
    ///
    /// # Errors
    /// When the semaphore is closed.
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> impl Future<Output = Result<SemaphorePermit<'_>, AcquireError>> + Send {
        let here = self.here();
        let acquired = future(*here.object, "acquire", here.inner.acquire_many(n));
        let permit = ender(*here.object);
        async move {
            Ok(SemaphorePermit {
                permit: permit(acquired.await?),
                semaphore: here,
            })
        }
    }

    /// Takes a permit if there is one.
    ///
    /// # Errors
    /// When there is none, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits if there are that many.
    ///
    /// # Errors
    /// When there are fewer, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        let here = self.here();
        let body = || here.inner.try_acquire_many(n);
        let permit = here.object.call("try_acquire", Class::Write, body, told_try)?;
        Ok(SemaphorePermit {
            permit: Ends::new(*here.object, "release", permit),
            semaphore: here,
        })
    }

    /// Waits for a permit that does not borrow from the semaphore. Of a [`sync::Arc`](Arc::acquire_owned) of this crate,
    /// too.
    ///
    /// # Errors
    /// When the semaphore is closed.
    #[track_caller]
    pub fn acquire_owned(
        self: sync::Arc<Self>,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + 'static {
        Arc::from_std(self).acquire_owned()
    }

    /// Waits for `n` permits that do not borrow from the semaphore. Of a [`sync::Arc`](Arc::acquire_many_owned) of this
    /// crate, too.
    ///
    /// # Errors
    /// When the semaphore is closed.
    #[track_caller]
    pub fn acquire_many_owned(
        self: sync::Arc<Self>,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + 'static {
        Arc::from_std(self).acquire_many_owned(n)
    }

    /// Takes a permit that does not borrow from the semaphore, if there is one. Of a
    /// [`sync::Arc`](Arc::try_acquire_owned) of this crate, too.
    ///
    /// # Errors
    /// When there is none, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_owned(self: sync::Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::from_std(self).try_acquire_owned()
    }

    /// Takes `n` permits that do not borrow from the semaphore, if there are that many. Of a
    /// [`sync::Arc`](Arc::try_acquire_many_owned) of this crate, too.
    ///
    /// # Errors
    /// When there are fewer, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_many_owned(self: sync::Arc<Self>, n: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        Arc::from_std(self).try_acquire_many_owned(n)
    }

    /// Waits for a permit on a thread.
    ///
    /// # Errors
    /// When the semaphore is closed.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        block_on(self.acquire())
    }

    /// Hands out no more permits and wakes all that wait.
    #[track_caller]
    pub fn close(&self) {
        let here = self.here();
        let body = || here.inner.close();
        here.object
            .call("close", Class::Write, body, |name, ()| format!("{name}.close"));
    }

    /// Whether it is closed.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let here = self.here();
        let body = || here.inner.is_closed();
        here.object.call("is_closed", Class::Read, body, |name, closed| {
            format!("{name}.is_closed ➜ {closed}")
        })
    }
}

/// What takes an owner of the semaphore.
impl Arc<Semaphore> {
    /// [`Semaphore::acquire_owned`].
    ///
    /// # Errors
    /// When the semaphore is closed.
    #[track_caller]
    pub fn acquire_owned(self) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + 'static {
        self.acquire_many_owned(1)
    }

    /// [`Semaphore::acquire_many_owned`].
    ///
    /// # Errors
    /// When the semaphore is closed.
    #[track_caller]
    pub fn acquire_many_owned(
        self,
        n: u32,
    ) -> impl Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send + 'static {
        let location = Location::caller();
        async move {
            let permit = future_at(*self.object, "acquire", location, self.inner.acquire_many(n)).await?;
            let permit = SemaphorePermit {
                permit: Ends::at(*self.object, "release", permit, location),
                semaphore: &self,
            };
            // SAFETY: the semaphore stays where it is, and is dropped after the permit, as the type has it.
            let permit = unsafe { permit.owned() };
            Ok(OwnedSemaphorePermit {
                permit,
                semaphore: self,
            })
        }
    }

    /// [`Semaphore::try_acquire_owned`].
    ///
    /// # Errors
    /// When there is no permit, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_owned(self) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// [`Semaphore::try_acquire_many_owned`].
    ///
    /// # Errors
    /// When there are fewer permits, or the semaphore is closed.
    #[track_caller]
    pub fn try_acquire_many_owned(self, n: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        // SAFETY: as in `acquire_many_owned`.
        let permit = unsafe { self.try_acquire_many(n)?.owned() };
        Ok(OwnedSemaphorePermit {
            permit,
            semaphore: self,
        })
    }
}

/// Makes permits of what tokio gave, released at the place that acquired them.
#[track_caller]
fn ender<P>(object: Object) -> impl FnOnce(P) -> Ends<P> + Send {
    let location = Location::caller();
    move |permit| Ends::at(object, "release", permit, location)
}

fn told_try<P>(name: &str, result: &Result<P, TryAcquireError>) -> String {
    let end = match result {
        Ok(_) => "acquired",
        Err(TryAcquireError::NoPermits) => "no permits",
        Err(TryAcquireError::Closed) => "closed",
    };
    format!("{name}.try_acquire ➜ {end}")
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

/// Permits of a [`Semaphore`]; dropping it gives them back.
#[must_use = "if unused, the permit is given back at once"]
#[derive(Debug)]
pub struct SemaphorePermit<'a> {
    permit: Ends<tokio::sync::SemaphorePermit<'a>>,
    semaphore: &'a Semaphore,
}

impl<'a> SemaphorePermit<'a> {
    /// What it holds, beside an owner of the semaphore.
    ///
    /// # Safety
    /// The semaphore stays where it is and is dropped later.
    unsafe fn owned(self) -> Ends<tokio::sync::SemaphorePermit<'static>> {
        type Permit<'a> = tokio::sync::SemaphorePermit<'a>;
        // SAFETY: only the lifetime changes, and the caller promises that what was borrowed lives long enough.
        self.permit
            .map(|permit| unsafe { std::mem::transmute::<Permit<'a>, Permit<'static>>(permit) })
    }

    /// Never gives the permits back.
    pub fn forget(self) {
        self.permit.take().forget();
    }

    /// How many permits it holds.
    pub fn num_permits(&self) -> usize {
        self.permit.num_permits()
    }

    /// Adds the permits of `other` to these, which are then given back together.
    ///
    /// # Panics
    /// When they are of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        assert!(std::ptr::eq(self.semaphore, other.semaphore), "{OF_ANOTHER}");
        self.permit.merge(other.permit.take());
    }

    /// Takes `n` permits out of these, to be given back by themselves; nothing if there are fewer.
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let split = self.permit.split(n)?;
        Some(SemaphorePermit {
            permit: self.permit.like(split),
            semaphore: self.semaphore,
        })
    }
}

/// Why permits are not merged.
const OF_ANOTHER: &str = "merging permits from different semaphore instances";

/// Permits of a [`Semaphore`] that do not borrow from it; dropping it gives them back.
#[must_use = "if unused, the permit is given back at once"]
#[derive(Debug)]
pub struct OwnedSemaphorePermit {
    /// Of `semaphore`, and dropped before it.
    permit: Ends<tokio::sync::SemaphorePermit<'static>>,
    semaphore: Arc<Semaphore>,
}

impl OwnedSemaphorePermit {
    /// Never gives the permits back.
    pub fn forget(self) {
        self.permit.take().forget();
    }

    /// How many permits it holds.
    pub fn num_permits(&self) -> usize {
        self.permit.num_permits()
    }

    /// Adds the permits of `other` to these, which are then given back together.
    ///
    /// # Panics
    /// When they are of another semaphore.
    #[track_caller]
    pub fn merge(&mut self, other: Self) {
        assert!(Arc::ptr_eq(&self.semaphore, &other.semaphore), "{OF_ANOTHER}");
        self.permit.merge(other.permit.take());
    }

    /// Takes `n` permits out of these, to be given back by themselves; nothing if there are fewer.
    #[track_caller]
    pub fn split(&mut self, n: usize) -> Option<Self> {
        let split = self.permit.split(n)?;
        Some(OwnedSemaphorePermit {
            permit: self.permit.like(split),
            semaphore: Arc::clone(&self.semaphore),
        })
    }

    /// The semaphore it belongs to.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }
}
