//! [`Arc`] and [`Weak`]: who owns a value, who sees which count, and who is the last owner, is explored.
//!
//! What they hold is in an `Arc` of std, whose counts are the counts; a raw object tells the engine what is done to them.

use std::any::Any;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::sync;

use crate::engine::any;
use crate::raw::{RawCount, Side, Touch};

mod from;
mod traits;
mod weak;

pub use weak::Weak;

/// A value with several owners; the last one to go drops it.
///
/// Who is the last, and what `strong_count`, `get_mut`, `upgrade` and their like see, depends on what runs first: a
/// check explores it.
///
/// ```
/// use selvedge::sync::{Arc, Mutex};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let results = Arc::new(Mutex::new(Vec::new()));
///     let theirs = Arc::clone(&results);
///     let worker = thread::spawn(move || {
///         theirs.lock().unwrap().push(1);
///         Arc::into_inner(theirs).is_some()
///     });
///     let here = Arc::into_inner(results).is_some();
///     assert!(here ^ worker.join().unwrap(), "exactly one of them is the last");
/// });
/// ```
///
/// It costs nothing where nobody can tell: owners come and go without a step until the program looks at a count, or until
/// the destructor of what one holds does something that others see.
///
/// # What does not compile
///
/// The language treats std's `Arc` in two ways that it grants no other type (`CoerceUnsized` and `Receiver` are unstable).
///
/// * It does not become an `Arc<dyn Trait>` or `Arc<[T]>` by itself. Write
///   [`Arc::coerce(arc, |arc| arc as _)`](Self::coerce), or begin with a box: `Arc::from(Box::new(value) as Box<dyn Trait>)`.
/// * It is no receiver: `fn start(self: Arc<Self>)` and `self: &Arc<Self>` become `fn start(this: Arc<Self>)`, and a trait
///   of others that has such a method needs [`into_std`](Self::into_std). [`std::task::Wake`] does not: a
///   [`Waker`](std::task::Waker) is made of this `Arc`, too; only the method says `self: std::sync::Arc<Self>`. Neither do
///   the methods of [`tokio`](crate::tokio) that give guards without a borrow, like `acquire_owned`.
///
/// [`make_mut`](Self::make_mut) and [`unwrap_or_clone`](Self::unwrap_or_clone) take values of a known size.
///
/// **std's own `Arc` remains legal beside it**, and is the simplest answer where the two rules above are in the way and
/// nothing depends on who is the last owner. Its counts are not seen: `std::sync::Arc::strong_count` gives what it is at
/// that moment and no other order is tried, and a destructor that runs with its last drop is not ordered after what the
/// other owners did.
///
/// # Owners that no engine knows of
///
/// An `Arc` that was made outside a check may be cloned, read and dropped inside; to look at its counts there is an
/// error, because they are shared by all executions. What [`into_std`](Self::into_std) gives is an owner like the others
/// for the counts, but when it comes and goes is not explored, nor is it missed by
/// [`Check::leaks`](crate::Check::leaks). Under loom no owner is watched.
pub struct Arc<T: ?Sized> {
    /// Taken when the last of it is done.
    std: ManuallyDrop<sync::Arc<T>>,
    count: any::Count,
}

impl<T> Arc<T> {
    /// A value with one owner.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Arc::counted(sync::Arc::new(value), any::Count::new())
    }

    /// A value that has a [`Weak`] to itself.
    #[track_caller]
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        /// There is no owner if there is no value.
        struct Owner(any::Count);
        impl Drop for Owner {
            fn drop(&mut self) {
                self.0.leaves();
            }
        }
        let count = any::Count::new();
        let owner = Owner(count);
        let std = sync::Arc::new_cyclic(|std| {
            count.comes(Side::Weak, || ());
            // One more than there should be until this is over; but nobody counts them before there is an owner.
            let weak = Weak::with(std.clone(), Some(count));
            let value = make(&weak);
            drop(weak.into_parts().0);
            value
        });
        std::mem::forget(owner);
        Arc::counted(std, count)
    }

    /// A pinned value.
    #[track_caller]
    pub fn pin(value: T) -> Pin<Self> {
        Pin::from(Arc::new(value))
    }

    /// The value, if there is no other owner.
    ///
    /// # Errors
    /// The `Arc` itself, when there are others.
    #[track_caller]
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        let (std, count) = this.into_parts();
        let look = || match sync::Arc::try_unwrap(std) {
            Ok(value) => (Ok(value), Touch::Taken),
            Err(std) => (Err(std), Touch::Count),
        };
        count
            .look("try_unwrap", Touch::Taken, look, |r| result(r.is_ok()))
            .map_err(|std| Arc::with(std, count))
    }

    /// The value, if there is no other owner; otherwise there is one owner fewer. Of several that call it, exactly one
    /// gets the value.
    #[track_caller]
    pub fn into_inner(this: Self) -> Option<T> {
        let (std, count) = this.into_parts();
        let look = || match sync::Arc::into_inner(std) {
            Some(value) => (Some(value), Touch::Taken),
            None => (None, Touch::Left),
        };
        count.look("into_inner", Touch::Taken, look, |r| option(r.is_some()))
    }

    /// The value if there is no other owner, and else a clone of it.
    #[track_caller]
    pub fn unwrap_or_clone(this: Self) -> T
    where
        T: Clone,
    {
        Arc::try_unwrap(this).unwrap_or_else(|shared| (*shared).clone())
    }
}

impl<T: Clone> Arc<T> {
    /// The value, to change it. What others own is cloned first.
    #[track_caller]
    pub fn make_mut(this: &mut Self) -> &mut T {
        #[derive(PartialEq)]
        enum Found {
            Shared,
            Watched,
            Alone,
        }
        let std = &mut *this.std;
        let look = || {
            if sync::Arc::strong_count(std) > 1 {
                return (Found::Shared, Touch::Count);
            }
            let watched = sync::Arc::weak_count(std) > 0;
            // Moves the value away from whoever has a `Weak`.
            sync::Arc::make_mut(std);
            match watched {
                true => (Found::Watched, Touch::Taken),
                false => (Found::Alone, Touch::Alone),
            }
        };
        let found = this.count.look("make_mut", Touch::Taken, look, |found| {
            let text = match found {
                Found::Shared => "there are others, so it is cloned",
                Found::Watched => "moved away from a Weak",
                Found::Alone => "alone",
            };
            text.to_owned()
        });
        match found {
            Found::Shared => *this = Arc::new((**this).clone()),
            Found::Watched => {
                this.count = any::Count::new();
                this.count
                    .holds(sync::Arc::as_ptr(&this.std).addr(), size_of_val(&**this));
            }
            Found::Alone => {}
        }
        // SAFETY: there is no other owner and no `Weak`, whether it was so or has been made so; to get another one takes
        // a reference to `this`, which is borrowed for as long as the result.
        unsafe { &mut *sync::Arc::as_ptr(&this.std).cast_mut() }
    }
}

impl<T: ?Sized> Arc<T> {
    fn with(std: sync::Arc<T>, count: any::Count) -> Self {
        Arc {
            std: ManuallyDrop::new(std),
            count,
        }
    }

    /// The first owner.
    fn counted(std: sync::Arc<T>, count: any::Count) -> Self {
        count.holds(sync::Arc::as_ptr(&std).cast::<()>().addr(), size_of_val(&*std));
        Arc::with(std, count)
    }

    /// The owner, without telling anybody.
    fn into_parts(self) -> (sync::Arc<T>, any::Count) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped and not used again.
        (unsafe { ManuallyDrop::take(&mut this.std) }, this.count)
    }

    /// Its name in traces.
    pub fn named(this: Self, name: &str) -> Self {
        this.count.set_name(name);
        this
    }

    /// How many owners there are.
    #[track_caller]
    pub fn strong_count(this: &Self) -> usize {
        let look = || (sync::Arc::strong_count(&this.std), Touch::Count);
        this.count.look("strong_count", Touch::Count, look, usize::to_string)
    }

    /// How many [`Weak`]s there are.
    #[track_caller]
    pub fn weak_count(this: &Self) -> usize {
        let look = || (sync::Arc::weak_count(&this.std), Touch::Counts);
        this.count.look("weak_count", Touch::Counts, look, usize::to_string)
    }

    /// A pointer to the value that does not own it.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T> {
        let std = this.count.comes(Side::Weak, || sync::Arc::downgrade(&this.std));
        Weak::with(std, Some(this.count))
    }

    /// The value, to change it, if there is no other owner and no [`Weak`].
    #[track_caller]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        let std = &mut *this.std;
        let look = || match sync::Arc::get_mut(std).is_some() {
            true => (true, Touch::Alone),
            false => (false, Touch::Counts),
        };
        let alone = this.count.look("get_mut", Touch::Counts, look, |&alone| option(alone));
        // SAFETY: std has said that there is nobody else; to get another owner takes a reference to `this`, which is
        // borrowed for as long as the result.
        alone.then(|| unsafe { &mut *sync::Arc::as_ptr(&this.std).cast_mut() })
    }

    /// Whether both have the same value: not an equal one.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        sync::Arc::ptr_eq(&this.std, &other.std)
    }

    /// Where the value is.
    pub fn as_ptr(this: &Self) -> *const T {
        let pointer = sync::Arc::as_ptr(&this.std);
        this.count.remember(pointer.addr());
        pointer
    }

    /// The value as a pointer, which owns it until [`from_raw`](Self::from_raw).
    pub fn into_raw(this: Self) -> *const T {
        let (std, count) = this.into_parts();
        let pointer = sync::Arc::into_raw(std);
        count.remember(pointer.addr());
        pointer
    }

    /// The owner that [`into_raw`](Self::into_raw) made a pointer of.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::from_raw`].
    #[track_caller]
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        let count = any::Count::recall(pointer.addr()).unwrap_or_else(any::Count::new);
        // SAFETY: the caller's promise; what `into_raw` of this type gives is a pointer of std's.
        Arc::with(unsafe { sync::Arc::from_raw(pointer) }, count)
    }

    /// One more owner.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::increment_strong_count`].
    #[track_caller]
    pub unsafe fn increment_strong_count(pointer: *const T) {
        // SAFETY: the caller's promise; the owner behind the pointer is not dropped.
        let owner = ManuallyDrop::new(unsafe { Arc::from_raw(pointer) });
        std::mem::forget(Arc::clone(&owner));
    }

    /// One owner fewer.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::decrement_strong_count`].
    #[track_caller]
    pub unsafe fn decrement_strong_count(pointer: *const T) {
        // SAFETY: the caller's promise.
        drop(unsafe { Arc::from_raw(pointer) });
    }

    /// An owner of what this `Arc` of std holds. Every call makes counts of its own, so make it once for a value and
    /// clone what it gives.
    #[track_caller]
    pub fn from_std(std: sync::Arc<T>) -> Self {
        Arc::counted(std, any::Count::new())
    }

    /// The owner as std's `Arc`, for code that insists on one. When it comes and goes is not explored from here on.
    pub fn into_std(this: Self) -> sync::Arc<T> {
        let (std, count) = this.into_parts();
        count.leaves();
        std
    }

    /// The same value as another type, which the language does for std's `Arc` without being asked.
    ///
    /// ```
    /// use std::fmt::Debug;
    /// use selvedge::sync::Arc;
    ///
    /// let anything: Arc<dyn Debug> = Arc::coerce(Arc::new(5), |arc| arc as _);
    /// assert_eq!(format!("{anything:?}"), "5");
    /// ```
    ///
    /// # Panics
    /// When `unsize` gives another value than it was given.
    pub fn coerce<U: ?Sized>(this: Self, unsize: impl FnOnce(sync::Arc<T>) -> sync::Arc<U>) -> Arc<U> {
        let (std, count) = this.into_parts();
        let address = sync::Arc::as_ptr(&std).addr();
        let std = unsize(std);
        assert_eq!(sync::Arc::as_ptr(&std).addr(), address, "this is another value");
        Arc::with(std, count)
    }
}

impl Arc<dyn Any + Send + Sync> {
    /// The value as what it is.
    ///
    /// # Errors
    /// The `Arc` itself, when it is something else.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Arc<T>, Self> {
        let (std, count) = self.into_parts();
        match std.downcast() {
            Ok(std) => Ok(Arc::with(std, count)),
            Err(std) => Err(Arc::with(std, count)),
        }
    }
}

/// How traces print what a look at the counts gave.
fn option(is_some: bool) -> String {
    if is_some { "Some" } else { "None" }.to_owned()
}

fn result(is_ok: bool) -> String {
    if is_ok { "Ok" } else { "Err" }.to_owned()
}

impl<T: ?Sized> Clone for Arc<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let std = self.count.comes(Side::Strong, || sync::Arc::clone(&self.std));
        Arc::with(std, self.count)
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        let std: *mut ManuallyDrop<sync::Arc<T>> = &raw mut self.std;
        self.count.goes(
            // SAFETY: the field is alive: it is asked before the other closure is called.
            || unsafe { sync::Arc::strong_count(&*std) == 1 },
            // SAFETY: as above; the closure is called once, and the field is gone after it.
            || unsafe { ManuallyDrop::drop(&mut *std) },
        );
    }
}
