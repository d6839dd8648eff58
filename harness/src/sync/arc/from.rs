//! What an [`Arc`] is made of, and what is made of it.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync;
use std::task::{RawWaker, RawWakerVTable, Wake, Waker};

use super::Arc;

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
    impl[T: Clone] &mut [T] => [T];
    impl[] &str => str;
    impl[] &mut str => str;
    impl[] String => str;
    impl[] &CStr => CStr;
    impl[] CString => CStr;
    impl[] &OsStr => OsStr;
    impl[] OsString => OsStr;
    impl[] &Path => Path;
    impl[] PathBuf => Path;
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

impl<T> Arc<T> {
    /// Memory for a value, which is written before [`assume_init`](Arc::assume_init).
    #[track_caller]
    pub fn new_uninit() -> Arc<MaybeUninit<T>> {
        Arc::from_std(sync::Arc::new_uninit())
    }
}

impl<T> Arc<[T]> {
    /// Memory for so many values, which are written before [`assume_init`](Arc::assume_init).
    #[track_caller]
    pub fn new_uninit_slice(length: usize) -> Arc<[MaybeUninit<T>]> {
        Arc::from_std(sync::Arc::new_uninit_slice(length))
    }
}

impl<T> Arc<MaybeUninit<T>> {
    /// The value that has been written.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::assume_init`].
    pub unsafe fn assume_init(self) -> Arc<T> {
        let (std, count) = self.into_parts();
        // SAFETY: the caller's promise.
        Arc::with(unsafe { std.assume_init() }, count)
    }
}

impl<T> Arc<[MaybeUninit<T>]> {
    /// The values that have been written.
    ///
    /// # Safety
    /// As for [`std::sync::Arc::assume_init`].
    pub unsafe fn assume_init(self) -> Arc<[T]> {
        let (std, count) = self.into_parts();
        // SAFETY: the caller's promise.
        Arc::with(unsafe { std.assume_init() }, count)
    }
}

/// A waker that is one of the owners. What it wakes is called with an `Arc` of std, as [`Wake`] has it, and calls of
/// `wake` come as `wake_by_ref`, which by default clones that and calls `wake`.
impl<W: Wake + Send + Sync + 'static> From<Arc<W>> for Waker {
    fn from(arc: Arc<W>) -> Self {
        let raw = RawWaker::new(Arc::into_raw(arc).cast(), table::<W>());
        // SAFETY: every function of the table takes the pointer for what it is, an owner of a `W`, and a `W` may be used
        // from any thread.
        unsafe { Waker::from_raw(raw) }
    }
}

fn table<W: Wake + Send + Sync + 'static>() -> &'static RawWakerVTable {
    // The contract of each of the four is that of `RawWakerVTable`, with the pointer of `into_raw`.
    unsafe fn clone<W: Wake + Send + Sync + 'static>(pointer: *const ()) -> RawWaker {
        // SAFETY: the waker that is cloned is an owner.
        unsafe { Arc::increment_strong_count(pointer.cast::<W>()) };
        RawWaker::new(pointer, table::<W>())
    }
    unsafe fn wake<W: Wake>(pointer: *const ()) {
        // SAFETY: the waker is gone after this call, and its owner is this one.
        let arc = unsafe { Arc::from_raw(pointer.cast::<W>()) };
        W::wake_by_ref(&arc.std);
    }
    unsafe fn wake_by_ref<W: Wake>(pointer: *const ()) {
        // SAFETY: the waker keeps its owner, so this one is not dropped.
        let arc = ManuallyDrop::new(unsafe { Arc::from_raw(pointer.cast::<W>()) });
        W::wake_by_ref(&arc.std);
    }
    unsafe fn drop_waker<W>(pointer: *const ()) {
        // SAFETY: the waker is gone after this call, and its owner is this one.
        drop(unsafe { Arc::from_raw(pointer.cast::<W>()) });
    }
    &const { RawWakerVTable::new(clone::<W>, wake::<W>, wake_by_ref::<W>, drop_waker::<W>) }
}
