//! Guards of a part of a value: they hold the lock of the whole.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A guard of the whole, whatever its type.
trait Whole {}

impl<G> Whole for G {}

macro_rules! mapped {
    ($(#[$doc:meta])* $name:ident, $value:ty) => {
        $(#[$doc])*
        #[must_use = "if unused, the lock is released at once"]
        pub struct $name<'a, T: ?Sized> {
            /// Lives as long as `_whole`.
            part: *mut T,
            _whole: Box<dyn Whole + 'a>,
            _value: PhantomData<$value>,
        }

        // SAFETY: who shares the guard shares `&T`, and nothing else of it can be reached.
        unsafe impl<T: ?Sized + Sync> Sync for $name<'_, T> {}

        impl<T: ?Sized> Deref for $name<'_, T> {
            type Target = T;

            fn deref(&self) -> &T {
                // SAFETY: the lock of the whole is held, for as long as this guard lives.
                unsafe { &*self.part }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<'a, T: ?Sized> PartOf<'a, T> for $name<'a, T> {
            fn of(part: *mut T, whole: impl Sized + 'a) -> Self {
                $name { part, _whole: Box::new(whole), _value: PhantomData }
            }
        }
    };
}

macro_rules! mapped_mut {
    ($(#[$doc:meta])* $name:ident) => {
        mapped! { $(#[$doc])* $name, &'a mut T }

        impl<T: ?Sized> DerefMut for $name<'_, T> {
            fn deref_mut(&mut self) -> &mut T {
                // SAFETY: the lock is held for writing, and the guard is borrowed mutably, so the reference is unique.
                unsafe { &mut *self.part }
            }
        }

        impl<'a, T: ?Sized> $name<'a, T> {
            /// A guard of a part of the part.
            pub fn map<U: ?Sized>(mut guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> $name<'a, U> {
                let part: *mut U = part(&mut guard);
                $name { part, _whole: guard._whole, _value: PhantomData }
            }

            /// A guard of a part of the part, if there is one.
            ///
            /// # Errors
            /// The guard, if there is none.
            pub fn filter_map<U: ?Sized>(
                guard: Self,
                part: impl FnOnce(&mut T) -> Option<&mut U>,
            ) -> Result<$name<'a, U>, Self> {
                try_part_mut(guard, part)
            }
        }
    };
}

/// How the functions below make a guard.
pub(crate) trait PartOf<'a, T: ?Sized> {
    fn of(part: *mut T, whole: impl Sized + 'a) -> Self;
}

mapped_mut! {
    /// Access to a part of the value of a [`Mutex`](super::Mutex).
    MappedMutexGuard
}

mapped_mut! {
    /// Exclusive access to a part of the value of an [`RwLock`](super::RwLock).
    MappedRwLockWriteGuard
}

mapped! {
    /// Shared access to a part of the value of an [`RwLock`](super::RwLock).
    MappedRwLockReadGuard, &'a T
}

impl<'a, T: ?Sized> MappedRwLockReadGuard<'a, T> {
    /// A guard of a part of the part.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRwLockReadGuard<'a, U> {
        let part = std::ptr::from_ref(part(&guard)).cast_mut();
        MappedRwLockReadGuard {
            part,
            _whole: guard._whole,
            _value: PhantomData,
        }
    }

    /// A guard of a part of the part, if there is one.
    ///
    /// # Errors
    /// The guard, if there is none.
    pub fn filter_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        try_part(guard, part)
    }
}

/// A guard of what `part` finds behind the guard of the whole.
pub(crate) fn part_mut<'a, G, T: ?Sized + 'a, U: ?Sized, M: PartOf<'a, U>>(
    mut whole: G,
    part: impl FnOnce(&mut T) -> &mut U,
) -> M
where
    G: DerefMut<Target = T> + 'a,
{
    let part: *mut U = part(&mut whole);
    M::of(part, whole)
}

/// [`part_mut`], if there is such a part; or else the guard again.
pub(crate) fn try_part_mut<'a, G, T: ?Sized + 'a, U: ?Sized, M: PartOf<'a, U>>(
    mut whole: G,
    part: impl FnOnce(&mut T) -> Option<&mut U>,
) -> Result<M, G>
where
    G: DerefMut<Target = T> + 'a,
{
    match part(&mut whole).map(std::ptr::from_mut) {
        Some(part) => Ok(M::of(part, whole)),
        None => Err(whole),
    }
}

/// A guard of what `part` finds behind the guard of a reader.
pub(crate) fn part<'a, G, T: ?Sized + 'a, U: ?Sized>(
    whole: G,
    part: impl FnOnce(&T) -> &U,
) -> MappedRwLockReadGuard<'a, U>
where
    G: Deref<Target = T> + 'a,
{
    MappedRwLockReadGuard::of(std::ptr::from_ref(part(&whole)).cast_mut(), whole)
}

/// [`part`], if there is such a part; or else the guard again.
pub(crate) fn try_part<'a, G, T: ?Sized + 'a, U: ?Sized>(
    whole: G,
    part: impl FnOnce(&T) -> Option<&U>,
) -> Result<MappedRwLockReadGuard<'a, U>, G>
where
    G: Deref<Target = T> + 'a,
{
    match part(&whole).map(std::ptr::from_ref) {
        Some(part) => Ok(MappedRwLockReadGuard::of(part.cast_mut(), whole)),
        None => Err(whole),
    }
}
