//! What the guards of locks have in common: a guard of tokio's, and the part of the value that it shows.
//!
//! tokio has a type of guard for the whole value, one for a part of it, and of both one that borrows from the lock and one
//! that owns it. Here all of them hold a [`Held`]: tokio's own guard, of which only the end counts, in a box, and a pointer
//! to the part. So a lock may protect a value without a size, a part is made without asking tokio, and what borrowed from
//! the lock may be kept beside an owner of it.

use std::ptr;

use super::opaque::Ends;
use crate::kernel::Class;

/// A guard of tokio's, whatever its type.
pub(crate) trait Guard {
    /// The guard of a reader in place of that of a writer, with no other writer in between.
    fn shared<'s>(self: Box<Self>) -> Box<dyn Guard + 's>
    where
        Self: 's;
}

impl<T: ?Sized> Guard for tokio::sync::MutexGuard<'_, T> {
    fn shared<'s>(self: Box<Self>) -> Box<dyn Guard + 's>
    where
        Self: 's,
    {
        unreachable!("a mutex has no readers")
    }
}

impl<T: ?Sized> Guard for tokio::sync::RwLockReadGuard<'_, T> {
    fn shared<'s>(self: Box<Self>) -> Box<dyn Guard + 's>
    where
        Self: 's,
    {
        self
    }
}

impl<T: ?Sized> Guard for tokio::sync::RwLockWriteGuard<'_, T> {
    fn shared<'s>(self: Box<Self>) -> Box<dyn Guard + 's>
    where
        Self: 's,
    {
        Box::new(self.downgrade())
    }
}

/// A lock that is held, and the part of its value that its holder sees. Dropping it gives the lock back.
pub(crate) struct Held<'a, U: ?Sized> {
    /// Inside the value of the lock, which stays where it is while the guard lives. Of a reader, only to be read.
    part: *mut U,
    guard: Ends<Box<dyn Guard + 'a>>,
}

impl<'a, U: ?Sized> Held<'a, U> {
    /// The guard of a mutex or of a writer, and all of the value.
    pub(crate) fn exclusive<G: Guard + std::ops::DerefMut<Target = U> + 'a>(mut guard: Ends<G>) -> Self {
        let part: *mut U = &mut **guard;
        Held {
            part,
            guard: guard.map(|guard| -> Box<dyn Guard + 'a> { Box::new(guard) }),
        }
    }

    /// The guard of a reader, and all of the value.
    pub(crate) fn sharing<G: Guard + std::ops::Deref<Target = U> + 'a>(guard: Ends<G>) -> Self {
        let part: *const U = &**guard;
        Held {
            part: part.cast_mut(),
            guard: guard.map(|guard| -> Box<dyn Guard + 'a> { Box::new(guard) }),
        }
    }

    /// The part.
    pub(crate) fn get(&self) -> &U {
        // SAFETY: the guard admits at least readers, and the only other way to the part is `get_mut`, which takes `&mut self`.
        unsafe { &*self.part }
    }

    /// The part, to change it.
    ///
    /// # Safety
    /// It was made by [`exclusive`](Self::exclusive), and is no reader's since.
    pub(crate) unsafe fn get_mut(&mut self) -> &mut U {
        // SAFETY: the guard admits nobody else, by the promise of the caller, and `self` is borrowed for as long.
        unsafe { &mut *self.part }
    }

    /// A part of the part, or none; `V` is `&mut V` or `&V` of `U`.
    fn narrowed<V: ?Sized>(self, part: Option<*mut V>) -> Result<Held<'a, V>, Self> {
        match part {
            Some(part) => Ok(Held {
                part,
                guard: self.guard,
            }),
            None => Err(self),
        }
    }

    /// A part of the part.
    ///
    /// # Safety
    /// As for [`get_mut`](Self::get_mut).
    pub(crate) unsafe fn map<V: ?Sized>(mut self, f: impl FnOnce(&mut U) -> &mut V) -> Held<'a, V> {
        // SAFETY: the promise of the caller.
        let part: *mut V = f(unsafe { self.get_mut() });
        Held {
            part,
            guard: self.guard,
        }
    }

    /// A part of the part, if `f` says so.
    ///
    /// # Safety
    /// As for [`get_mut`](Self::get_mut).
    pub(crate) unsafe fn try_map<V: ?Sized>(
        mut self,
        f: impl FnOnce(&mut U) -> Option<&mut V>,
    ) -> Result<Held<'a, V>, Self> {
        // SAFETY: the promise of the caller.
        let part = f(unsafe { self.get_mut() }).map(ptr::from_mut);
        self.narrowed(part)
    }

    /// A part of the part, only to be read.
    pub(crate) fn map_shared<V: ?Sized>(self, f: impl FnOnce(&U) -> &V) -> Held<'a, V> {
        let part = ptr::from_ref(f(self.get())).cast_mut();
        Held {
            part,
            guard: self.guard,
        }
    }

    /// A part of the part, only to be read, if `f` says so.
    pub(crate) fn try_map_shared<V: ?Sized>(self, f: impl FnOnce(&U) -> Option<&V>) -> Result<Held<'a, V>, Self> {
        let part = f(self.get()).map(|part| ptr::from_ref(part).cast_mut());
        self.narrowed(part)
    }

    /// Lets other readers in. From here on it is only to be read.
    #[track_caller]
    pub(crate) fn downgrade(self) -> Self {
        let object = self.guard.object();
        let guard = self.guard.take();
        let guard = object.call(
            "downgrade",
            Class::Write,
            || guard.shared(),
            |name, _| format!("{name}.downgrade"),
        );
        Held {
            part: self.part,
            guard: Ends::new(object, "release (read)", guard),
        }
    }

    /// The same, beside an owner of what it borrows from.
    ///
    /// # Safety
    /// What it borrows from stays where it is and is dropped later.
    pub(crate) unsafe fn owned(self) -> Held<'static, U> {
        // SAFETY: only the lifetime changes, and the caller promises that what was borrowed lives long enough. The type
        // behind the pointer is used through its table alone, which is the same for all lifetimes.
        let guard = self
            .guard
            .map(|guard| unsafe { std::mem::transmute::<Box<dyn Guard + 'a>, Box<dyn Guard>>(guard) });
        Held { part: self.part, guard }
    }
}

/// `Deref`, `Debug` and `Display` of a guard by the part that its field `held` shows, and `DerefMut` if it is no reader's.
macro_rules! shows_its_part {
    (shared [$($parameters:tt)*] $guard:ty, $part:ty) => {
        impl<$($parameters)*> std::ops::Deref for $guard {
            type Target = $part;

            fn deref(&self) -> &$part {
                self.held.get()
            }
        }

        impl<$($parameters)*> std::fmt::Debug for $guard
        where
            $part: std::fmt::Debug,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($parameters)*> std::fmt::Display for $guard
        where
            $part: std::fmt::Display,
        {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
    (exclusive [$($parameters:tt)*] $guard:ty, $part:ty) => {
        $crate::tokio::held::shows_its_part!(shared [$($parameters)*] $guard, $part);

        impl<$($parameters)*> std::ops::DerefMut for $guard {
            fn deref_mut(&mut self) -> &mut $part {
                // SAFETY: such a guard is made of an exclusive one alone.
                unsafe { self.held.get_mut() }
            }
        }
    };
}
pub(crate) use shows_its_part;
