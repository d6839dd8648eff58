//! [`UnsafeCell`]: memory that only the program's own synchronization protects.
//!
//! It has loom's shape, closures instead of a raw pointer, so that an access has a beginning and an end.
//! Under the controlled engine an access is no scheduling point. Each is compared with the earlier
//! accesses of other tasks: if one of the two writes and nothing in the *declared* orderings puts one
//! before the other, the execution ends as a data race, whichever of them came first in it.

use std::fmt;
use std::panic::Location;

use crate::engine::{self, Engine, Handle, controlled, with_kernel};
use crate::kernel::CellAccess;
use crate::kernel::End;

/// A value that can be changed through a shared reference, with nothing to stop two tasks from doing so.
///
/// ```
/// use selvedge::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: this is the only task.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
pub struct UnsafeCell<T> {
    inner: Inner<T>,
}

enum Inner<T> {
    /// On real threads (`object` is `None`) or under the controlled engine.
    Std {
        object: Option<Handle>,
        value: std::cell::UnsafeCell<T>,
    },
    Loom(loom::cell::UnsafeCell<T>),
}

impl<T> UnsafeCell<T> {
    /// A cell. The first one of a check starts the search again, with race detection.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let object = match engine::current() {
            Engine::Native => None,
            Engine::Controlled => {
                keep_clocks();
                Some(Handle::new("UnsafeCell"))
            }
            Engine::Loom => {
                return UnsafeCell {
                    inner: Inner::Loom(loom::cell::UnsafeCell::new(value)),
                };
            }
        };
        UnsafeCell {
            inner: Inner::Std {
                object,
                value: std::cell::UnsafeCell::new(value),
            },
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        if let Inner::Std {
            object: Some(object), ..
        } = &self.inner
        {
            object.set_name(name);
        }
        self
    }

    /// Reads: `f` may only read through the pointer, and must not keep it.
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        match &self.inner {
            Inner::Std { object: None, value } => f(value.get()),
            Inner::Std {
                object: Some(object),
                value,
            } => access(object, false, || f(value.get())),
            Inner::Loom(cell) => cell.with(f),
        }
    }

    /// Writes: `f` may read and write through the pointer, and must not keep it.
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        match &self.inner {
            Inner::Std { object: None, value } => f(value.get()),
            Inner::Std {
                object: Some(object),
                value,
            } => access(object, true, || f(value.get())),
            Inner::Loom(cell) => cell.with_mut(f),
        }
    }

    /// The value, out of the cell.
    pub fn into_inner(self) -> T {
        match self.inner {
            Inner::Std { value, .. } => value.into_inner(),
            Inner::Loom(cell) => cell.into_inner(),
        }
    }
}

/// Happens-before clocks must be on from the first step, so the first cell starts the search again.
fn keep_clocks() {
    let known = with_kernel(|k| std::mem::replace(&mut k.numbering.uses_cells, true));
    if !known && !std::thread::panicking() {
        controlled::restart();
    }
}

#[track_caller]
fn access<R>(handle: &Handle, write: bool, f: impl FnOnce() -> R) -> R {
    let location = Location::caller();
    let steps = observe(handle, write, location, true);
    let result = f();
    // The access lasted until now. What others did to the cell meanwhile, if `f` let them run, is seen
    // by looking a second time.
    if with_kernel(|k| k.steps) != steps {
        observe(handle, write, location, false);
    }
    result
}

/// Books an access and ends the execution if it races. Returns the number of steps so far.
fn observe(handle: &Handle, write: bool, location: &'static Location<'static>, tell: bool) -> usize {
    engine::pay();
    let id = handle.id();
    let (steps, race) = with_kernel(|k| {
        k.contacts += 1;
        let task = k.current;
        if tell && let Some(mut recorder) = k.recorder.take() {
            let verb = if write { "writes" } else { "reads" };
            recorder.event(task, format!("{verb} {}", k.object_name(id)), Some(location));
            k.recorder = Some(recorder);
        }
        let event = k.recorder.as_ref().map_or(0, |r| r.events());
        let race = k.happens_before.cell(
            id,
            CellAccess {
                task,
                write,
                location,
                event,
            },
        );
        (k.steps, race)
    });
    // A task that unwinds already drops what it holds, come what may.
    if let Some(race) = race
        && !std::thread::panicking()
        && with_kernel(|k| k.ending.is_none())
    {
        with_kernel(|k| k.end(End::DataRace(race)));
        controlled::unwind();
    }
    steps
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
