//! The raw objects of whichever engine runs: chosen when an object is made, and told apart by a `match`.
//!
//! This is all that the facade knows of engines.

/// An object of one of the engines.
macro_rules! any_of {
    ($(#[$doc:meta])* $name:ident $(<$parameter:tt>)? = $native:ty, $controlled:ty, $loom:ty) => {
        $(#[$doc])*
        pub(crate) enum $name $(<$parameter>)? {
            Native($native),
            Controlled($controlled),
            #[cfg(feature = "loom")]
            Loom($loom),
        }
    };
}

/// The same expression for the object of each engine.
macro_rules! each {
    ($object:expr, $any:ident($inner:ident) => $body:expr) => {
        match $object {
            $any::Native($inner) => $body,
            $any::Controlled($inner) => $body,
            #[cfg(feature = "loom")]
            $any::Loom($inner) => $body,
        }
    };
}

/// The expression for the object of each engine, in its own variant again.
macro_rules! map_each {
    ($object:expr, $any:ident($inner:ident) => $to:ident($body:expr)) => {
        match $object {
            $any::Native($inner) => $to::Native($body),
            $any::Controlled($inner) => $to::Controlled($body),
            #[cfg(feature = "loom")]
            $any::Loom($inner) => $to::Loom($body),
        }
    };
}

/// An object of the engine that runs.
macro_rules! make {
    ($any:ident, $raw:ident::$new:ident($($argument:expr),*)) => {
        match $crate::engine::current::current() {
            $crate::engine::current::Engine::Native => $any::Native($raw::$new($($argument),*)),
            $crate::engine::current::Engine::Controlled => $any::Controlled($raw::$new($($argument),*)),
            #[cfg(feature = "loom")]
            $crate::engine::current::Engine::Loom => $any::Loom($raw::$new($($argument),*)),
        }
    };
}

mod async_task;
mod atomic;
mod barrier;
mod cell;
mod channel;
mod condvar;
mod count;
mod deadline;
mod instant;
mod join;
mod late;
mod local;
mod mpmc;
mod mutex;
mod once;
mod opaque;
mod pause;
mod program;
mod rwlock;
mod scope;
mod sleep;
mod thread;
mod upgradable;

#[cfg(feature = "tokio")]
pub(crate) use crate::engine::controlled::Step;
pub(crate) use async_task::{Abort, AsyncTask, TaskKey, block_in_place, block_on, current_task, polled_with};
pub(crate) use atomic::{Atomic, First, fence};
pub(crate) use barrier::Barrier;
pub(crate) use cell::Cell;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use condvar::Condvar;
pub(crate) use count::Count;
pub(crate) use deadline::Deadline;
pub(crate) use instant::Instant;
pub(crate) use join::Join;
pub(crate) use late::{Lazy, here};
pub(crate) use local::Local;
pub(crate) use mpmc::{Inlet, Mpmc, Outlet, Port, select};
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
pub(crate) use opaque::{Opaque, step_on};
pub(crate) use pause::{sleep, spin_loop, yield_from, yield_now};
#[cfg(feature = "tokio")]
pub(crate) use program::first_of;
pub(crate) use program::{
    assert_virtual_time, available_parallelism, choose, is_given_up, is_native, is_over, note, note_at, panicking,
    steps, unwinds,
};
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use scope::Scope;
pub(crate) use sleep::Sleep;
#[cfg(feature = "rand")]
pub(crate) use thread::number;
pub(crate) use thread::{Thread, ThreadId};
pub(crate) use upgradable::{SharedHeld, Upgradable, UpgradableHeld, WholeHeld};
