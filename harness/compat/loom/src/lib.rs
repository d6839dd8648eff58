//! The interface of the crate `loom`, version 0.7, on top of [`selvedge`]: a suite that is written for loom runs unchanged.
//!
//! ```toml
//! [patch.crates-io]
//! loom = { path = ".../harness/compat/loom" }
//! ```
//!
//! (and `cargo update -p loom`, if a lock file names another version). A model that fails panics as [`selvedge::check()`] does: with the
//! interleaving as a timeline, the schedule saved in a file, and how to replay it. One that holds prints what has been proved.
//!
//! # What is not as in loom
//!
//! * Loads see what Rust's memory model lets them see, `SeqCst` is `SeqCst`, and every interleaving is tried once for all that are
//!   equivalent. Data races are found by the declared orderings.
//! * **A bound on preemptions** is a limit of loom's time, and of what it proves. Here the search without one comes first; only if
//!   that does not end soon, the bound counts: see [`model::Builder::preemption_bound`].
//! * **A yield** that belongs to no loop is nothing in the search, because what threads share is taken to be of this crate. Where a model
//!   yields, 1,000 executions are looked at besides, for a second at most, in which it is a step that others may come between.
//! * There is no limit on the number of threads, nor on the stores that a load may see.
//! * [`stop_exploring`], [`explore`] and [`skip_branch`] do nothing: everything is explored.
//! * Time is virtual: a wait with a timeout ends by it when nothing else can happen, where loom's never does.
//! * [`unsync_load`](sync::atomic::AtomicUsize::unsync_load) is two relaxed loads: a store that races with it is found if it changes the value.
//!   [`with_mut`](sync::atomic::AtomicUsize::with_mut) is checked against all other accesses, as in loom.

pub mod alloc;
pub mod cell;
mod execution;
#[cfg(feature = "futures")]
pub mod future;
pub mod hint;
pub mod lazy_static;
pub mod model;
pub mod sync;
pub mod thread;

#[doc(inline)]
pub use model::model;
#[doc(inline)]
pub use selvedge::thread_local;

/// How many threads loom takes, the main one among them. Here is no limit.
pub const MAX_THREADS: usize = 5;

/// Nothing: everything is explored.
pub fn explore() {}

/// Nothing: everything is explored.
pub fn stop_exploring() {}

/// Nothing: everything is explored.
pub fn skip_branch() {}

/// Statics that are made at their first use in each execution, as `lazy_static::lazy_static!`.
#[macro_export]
macro_rules! lazy_static {
    ($(#[$attribute:meta])* static ref $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attribute])* () $name: $type = $init);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attribute:meta])* pub static ref $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attribute])* (pub) $name: $type = $init);
        $crate::lazy_static!($($rest)*);
    };
    ($(#[$attribute:meta])* pub ($($where:tt)+) static ref $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::__lazy_static!($(#[$attribute])* (pub ($($where)+)) $name: $type = $init);
        $crate::lazy_static!($($rest)*);
    };
    () => {};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __lazy_static {
    ($(#[$attribute:meta])* ($($visibility:tt)*) $name:ident: $type:ty = $init:expr) => {
        #[allow(missing_copy_implementations, non_camel_case_types, dead_code)]
        $(#[$attribute])*
        $($visibility)* struct $name {
            __private_field: (),
        }
        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        $($visibility)* static $name: $name = $name { __private_field: () };
        impl ::core::ops::Deref for $name {
            type Target = $type;
            fn deref(&self) -> &$type {
                fn init() -> $type {
                    $init
                }
                static LAZY: $crate::lazy_static::Lazy<$type> = $crate::lazy_static::Lazy::new(init);
                LAZY.get()
            }
        }
    };
}
