//! [`Arc`] and [`Weak`] whose counts are explored: who owns a value, who sees which count, and who is the last owner.
//!
//! Code that decides by a count, or whose destructors matter, takes these; [`sync::Arc`] is std's own, whose
//! counts nobody sees.
//!
//! What they hold is in an `Arc` of std, whose counts are the counts; a raw object tells the engine what is done to them.

use std::any::Any;
use std::borrow::{Borrow, Cow};
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::sync;

use crate::engine::any;
use crate::raw::{RawCount, Side, Touch};

/// A value with several owners; the last one to go drops it.
///
/// Who is the last, and what `strong_count`, `get_mut`, `upgrade` and their like see, depends on what runs first: a
/// check explores it.
///
/// ```
/// use selvedge::sync::{Mutex, counted::Arc};
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
/// # What does not compile
///
/// The language treats std's `Arc` in two ways that it grants no other type.
///
/// * It does not become an `Arc<dyn Trait>` or `Arc<[T]>` by itself. Write
///   [`Arc::coerce(arc, |arc| arc as _)`](Self::coerce), or begin with a box: `Arc::from(Box::new(value) as Box<dyn Trait>)`.
/// * It is no receiver: `fn start(self: Arc<Self>)` and `self: &Arc<Self>` become `fn start(this: Arc<Self>)`, and a trait
///   of others that has such a method, like [`std::task::Wake`], needs [`into_std`](Self::into_std).
///
/// [`make_mut`](Self::make_mut) and [`unwrap_or_clone`](Self::unwrap_or_clone) take values of a known size.
///
/// # Owners that no engine knows of
///
/// An `Arc` that was made outside a check may be cloned, read and dropped inside; to look at its counts there is an
/// error, because they are shared by all executions. What [`into_std`](Self::into_std) gives is an owner like the others
/// for the counts, but when it comes and goes is not explored. Under loom that holds for all of them.
pub struct Arc<T: ?Sized> {
    /// Taken when the last of it is done.
    std: ManuallyDrop<sync::Arc<T>>,
    count: any::Count,
}

/// A pointer to what an [`Arc`] holds that does not own it.
pub struct Weak<T: ?Sized> {
    std: ManuallyDrop<sync::Weak<T>>,
    /// Nothing if it has never pointed anywhere.
    count: Option<any::Count>,
}

impl<T> Arc<T> {
    /// A value with one owner.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Arc::with(sync::Arc::new(value), any::Count::new())
    }

    /// A value that has a [`Weak`] to itself.
    #[track_caller]
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        let count = any::Count::new();
        let std = sync::Arc::new_cyclic(|std| {
            count.comes(Side::Weak, || ());
            // One more than there should be until this is over; but nobody counts them before there is an owner.
            let weak = Weak::with(std.clone(), Some(count));
            let value = make(&weak);
            drop(weak.into_parts().0);
            value
        });
        Arc::with(std, count)
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
            Found::Watched => this.count = any::Count::new(),
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
        Arc::with(std, any::Count::new())
    }

    /// The owner as std's `Arc`, for code that insists on one. When it comes and goes is not explored from here on.
    pub fn into_std(this: Self) -> sync::Arc<T> {
        this.into_parts().0
    }

    /// The same value as another type, which the language does for std's `Arc` without being asked.
    ///
    /// ```
    /// use std::fmt::Debug;
    /// use selvedge::sync::counted::Arc;
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

impl<T> Weak<T> {
    /// One that points nowhere.
    pub const fn new() -> Self {
        Weak {
            std: ManuallyDrop::new(sync::Weak::new()),
            count: None,
        }
    }
}

impl<T: ?Sized> Weak<T> {
    fn with(std: sync::Weak<T>, count: Option<any::Count>) -> Self {
        Weak {
            std: ManuallyDrop::new(std),
            count,
        }
    }

    fn into_parts(self) -> (sync::Weak<T>, Option<any::Count>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped and not used again.
        (unsafe { ManuallyDrop::take(&mut this.std) }, this.count)
    }

    /// An owner of the value, if there is still one.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let count = self.count?;
        let look = || match self.std.upgrade() {
            Some(std) => (Some(std), Touch::Upgraded),
            None => (None, Touch::Count),
        };
        let std = count.look("upgrade", Touch::Upgraded, look, |r| option(r.is_some()))?;
        Some(Arc::with(std, count))
    }

    /// How many owners there are.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        let look = || (self.std.strong_count(), Touch::Count);
        self.count.map_or(0, |count| {
            count.look("strong_count", Touch::Count, look, usize::to_string)
        })
    }

    /// How many `Weak`s there are, and none once the value is gone.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let look = || (self.std.weak_count(), Touch::Counts);
        self.count.map_or(0, |count| {
            count.look("weak_count", Touch::Counts, look, usize::to_string)
        })
    }

    /// Whether both point to the same value, or to none.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.std.ptr_eq(&other.std)
    }

    /// Where the value is, or was.
    pub fn as_ptr(&self) -> *const T {
        let pointer = self.std.as_ptr();
        if let Some(count) = self.count {
            count.remember(pointer.addr());
        }
        pointer
    }

    /// The `Weak` as a pointer, until [`from_raw`](Self::from_raw).
    pub fn into_raw(self) -> *const T {
        let (std, count) = self.into_parts();
        let pointer = std.into_raw();
        if let Some(count) = count {
            count.remember(pointer.addr());
        }
        pointer
    }

    /// The `Weak` that [`into_raw`](Self::into_raw) made a pointer of.
    ///
    /// # Safety
    /// As for [`std::sync::Weak::from_raw`].
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        let count = any::Count::recall(pointer.addr());
        // SAFETY: the caller's promise; what `into_raw` of this type gives is a pointer of std's.
        Weak::with(unsafe { sync::Weak::from_raw(pointer) }, count)
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let std = match self.count {
            Some(count) => count.comes(Side::Weak, || sync::Weak::clone(&self.std)),
            None => sync::Weak::clone(&self.std),
        };
        Weak::with(std, self.count)
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        let std: *mut ManuallyDrop<sync::Weak<T>> = &raw mut self.std;
        // SAFETY: it is called once, and the field is not used after it.
        let drop = || unsafe { ManuallyDrop::drop(&mut *std) };
        match self.count {
            Some(count) => count.weak_goes(drop),
            None => drop(),
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.std
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for Arc<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized> fmt::Pointer for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Pointer::fmt(&*self.std, f)
    }
}

impl<T: ?Sized + Error> Error for Arc<T> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        (**self).source()
    }
}

impl<T: ?Sized + Hash> Hash for Arc<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: ?Sized + PartialEq> PartialEq for Arc<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for Arc<T> {}

impl<T: ?Sized + PartialOrd> PartialOrd for Arc<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: ?Sized + Ord> Ord for Arc<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: Default> Default for Arc<T> {
    #[track_caller]
    fn default() -> Self {
        Arc::new(T::default())
    }
}

impl Default for Arc<str> {
    #[track_caller]
    fn default() -> Self {
        Arc::from("")
    }
}

impl<T> Default for Arc<[T]> {
    #[track_caller]
    fn default() -> Self {
        Arc::from(Vec::new())
    }
}

impl<T> From<T> for Arc<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Arc::new(value)
    }
}

impl<T: ?Sized> From<sync::Arc<T>> for Arc<T> {
    #[track_caller]
    fn from(std: sync::Arc<T>) -> Self {
        Arc::from_std(std)
    }
}

impl<T: ?Sized> From<Arc<T>> for sync::Arc<T> {
    fn from(arc: Arc<T>) -> Self {
        Arc::into_std(arc)
    }
}

impl<T: ?Sized> From<Arc<T>> for Pin<Arc<T>> {
    fn from(arc: Arc<T>) -> Self {
        // SAFETY: nothing moves a value that an `Arc` of std holds: `try_unwrap` and the like are out of reach behind
        // a `Pin`, and `Deref` is the only way in.
        unsafe { Pin::new_unchecked(arc) }
    }
}

/// What std's `Arc` is made of.
macro_rules! from {
    ($(impl[$($parameters:tt)*] $from:ty => $to:ty;)+) => {
        $(impl<$($parameters)*> From<$from> for Arc<$to> {
            #[track_caller]
            fn from(value: $from) -> Self {
                Arc::from_std(sync::Arc::from(value))
            }
        })+
    };
}

from! {
    impl[T: ?Sized] Box<T> => T;
    impl[T: Clone] &[T] => [T];
    impl[T] Vec<T> => [T];
    impl[T, const N: usize] [T; N] => [T];
    impl[] &str => str;
    impl[] String => str;
}

impl<'a, B> From<Cow<'a, B>> for Arc<B>
where
    B: ?Sized + ToOwned,
    Arc<B>: From<&'a B> + From<B::Owned>,
{
    #[track_caller]
    fn from(value: Cow<'a, B>) -> Self {
        match value {
            Cow::Borrowed(value) => Arc::from(value),
            Cow::Owned(value) => Arc::from(value),
        }
    }
}

impl From<Arc<str>> for Arc<[u8]> {
    fn from(text: Arc<str>) -> Self {
        Arc::coerce(text, sync::Arc::from)
    }
}

impl<T, const N: usize> TryFrom<Arc<[T]>> for Arc<[T; N]> {
    type Error = Arc<[T]>;

    fn try_from(slice: Arc<[T]>) -> Result<Self, Arc<[T]>> {
        let (std, count) = slice.into_parts();
        match std.try_into() {
            Ok(std) => Ok(Arc::with(std, count)),
            Err(std) => Err(Arc::with(std, count)),
        }
    }
}

impl<T> FromIterator<T> for Arc<[T]> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Arc::from_std(values.into_iter().collect())
    }
}
