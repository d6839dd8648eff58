//! The macro [`lazy_static!`](crate::lazy_static!) with the syntax of the crate of that name, made of [`LazyLock`](super::LazyLock).

use std::ops::Deref;

/// What [`initialize`] takes: a static of [`lazy_static!`](crate::lazy_static!).
pub trait LazyStatic: Deref {
    /// Makes the value, if nobody has.
    #[doc(hidden)]
    fn initialize(lazy: &Self);
}

/// Makes the value of a static of [`lazy_static!`](crate::lazy_static!) now, if nobody has.
#[track_caller]
pub fn initialize<T: LazyStatic>(lazy: &T) {
    LazyStatic::initialize(lazy);
}

/// Statics that are made when they are first used, anew in each execution, with the syntax of the crate `lazy_static`.
///
/// ```
/// use selvedge::sync::Mutex;
///
/// selvedge::lazy_static! {
///     /// Everything that happened.
///     pub static ref LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());
///     static ref LIMIT: usize = 3;
/// }
///
/// selvedge::check(|| {
///     LOG.lock().unwrap().push("begun".to_owned());
///     assert!(LOG.lock().unwrap().len() < *LIMIT);
/// });
/// ```
#[macro_export]
macro_rules! lazy_static {
    () => {};
    ($(#[$attribute:meta])* static ref $name:ident: $type:ty = $value:expr; $($rest:tt)*) => {
        $crate::lazy_static!(@one ($(#[$attribute])*) () $name: $type = $value);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attribute:meta])* pub static ref $name:ident: $type:ty = $value:expr; $($rest:tt)*) => {
        $crate::lazy_static!(@one ($(#[$attribute])*) (pub) $name: $type = $value);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attribute:meta])* pub ($($where:tt)+) static ref $name:ident: $type:ty = $value:expr; $($rest:tt)*) => {
        $crate::lazy_static!(@one ($(#[$attribute])*) (pub ($($where)+)) $name: $type = $value);
        $crate::lazy_static!($($rest)*);
    };
    (@one ($(#[$attribute:meta])*) ($($visibility:tt)*) $name:ident: $type:ty = $value:expr) => {
        #[allow(missing_copy_implementations, non_camel_case_types, dead_code)]
        $(#[$attribute])*
        $($visibility)* struct $name { _private: () }
        #[doc(hidden)]
        #[allow(dead_code)]
        $($visibility)* static $name: $name = $name { _private: () };
        const _: () = {
            static LAZY: $crate::sync::LazyLock<$type> = $crate::sync::LazyLock::new(|| $value);
            impl ::core::ops::Deref for $name {
                type Target = $type;
                #[track_caller]
                fn deref(&self) -> &$type {
                    $crate::sync::LazyLock::force(&LAZY)
                }
            }
            impl $crate::lazy_static::LazyStatic for $name {
                #[track_caller]
                fn initialize(_: &Self) {
                    $crate::sync::LazyLock::force(&LAZY);
                }
            }
        };
    };
}
