//! Ends of channels that are counted: what tokio can be asked for, and for which it then matters who makes another one.
//!
//! | operation | class | argument |
//! |---|---|---|
//! | to make another end, strong or weak | none, until somebody asks for the numbers; then `Write` | as long as there is one, one more is no news to anybody else |
//! | a strong end goes | `Write`, and that is its own business: the last one closes the channel | |
//! | a weak end goes | as when one is made | it keeps nothing open |
//! | `upgrade` | `Write` | there may be no strong end left, and if there is, the next one to go is not the last |
//! | a look at the numbers | `Read` | |

use std::ops::Deref;
use std::panic::Location;

use crate::kernel::Class;
use crate::tokio::opaque::Object;

/// Makes another end of a channel.
#[track_caller]
pub(super) fn another<R>(object: Object, verb: &'static str, make: impl FnOnce() -> R) -> R {
    match object.ends_are_counted(false) {
        true => object.call(verb, Class::Write, make, |name, _| format!("{name}.{verb}")),
        false => make(),
    }
}

/// Looks at how many ends there are.
#[track_caller]
pub(super) fn asked(object: Object, verb: &'static str, look: impl FnOnce() -> usize) -> usize {
    object.ends_are_counted(true);
    object.call(verb, Class::Read, look, |name, n| format!("{name}.{verb} ➜ {n}"))
}

/// Makes a strong end out of a weak one.
#[track_caller]
pub(super) fn upgraded<R>(object: Object, upgrade: impl FnOnce() -> Option<R>) -> Option<R> {
    object.call("upgrade", Class::Write, upgrade, |name, end| {
        format!("{name}.upgrade ➜ {}", if end.is_some() { "a sender" } else { "none" })
    })
}

/// A weak end.
pub(super) struct Counted<T> {
    value: Option<T>,
    object: Object,
    location: &'static Location<'static>,
}

impl<T> Counted<T> {
    #[track_caller]
    pub(super) fn new(object: Object, value: T) -> Self {
        Counted {
            value: Some(value),
            object,
            location: Location::caller(),
        }
    }

    pub(super) fn object(&self) -> Object {
        self.object
    }
}

impl<T> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("the value is there until it is dropped")
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.object.is_live() && self.object.ends_are_counted(false) {
            self.object.drop("drop weak sender", self.location, self.value.take());
        }
    }
}

/// The sending end of a channel that does not keep it open, which differs between channels by its names alone.
macro_rules! weak_sender {
    ($weak:ident of $strong:ident, $real:ty) => {
        #[doc = concat!("A sending end that does not keep the channel open; made by [`", stringify!($strong), "::downgrade`].")]
        pub struct $weak<T>($crate::tokio::sync::counted::Counted<$real>);

        impl<T> $weak<T> {
            fn wrap(object: $crate::tokio::opaque::Object, inner: $real) -> Self {
                $weak($crate::tokio::sync::counted::Counted::new(object, inner))
            }

            /// A sending end, if there is one still.
            #[track_caller]
            pub fn upgrade(&self) -> Option<$strong<T>> {
                let object = self.0.object();
                let sender = $crate::tokio::sync::counted::upgraded(object, || self.0.upgrade())?;
                Some($strong($crate::tokio::opaque::Ends::side(object, "drop sender", sender)))
            }

            #[doc = concat!("As [`", stringify!($strong), "::strong_count`].")]
            #[track_caller]
            pub fn strong_count(&self) -> usize {
                $crate::tokio::sync::counted::asked(self.0.object(), "strong_count", || self.0.strong_count())
            }

            #[doc = concat!("As [`", stringify!($strong), "::weak_count`].")]
            #[track_caller]
            pub fn weak_count(&self) -> usize {
                $crate::tokio::sync::counted::asked(self.0.object(), "weak_count", || self.0.weak_count())
            }
        }

        impl<T> Clone for $weak<T> {
            #[track_caller]
            fn clone(&self) -> Self {
                let object = self.0.object();
                let another = $crate::tokio::sync::counted::another(object, "clone weak", || self.0.clone());
                $weak::wrap(object, another)
            }
        }

        impl<T> std::fmt::Debug for $weak<T> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($weak)).finish_non_exhaustive()
            }
        }
    };
}
pub(in crate::tokio::sync) use weak_sender;
