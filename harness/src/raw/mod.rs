//! What the facade needs from an engine: raw objects without values, in the manner of `lock_api`.
//!
//! A type of the facade holds the value, its guards and its poison, and is written once. What makes it wait, and
//! who is told about it, is a raw object, which each engine implements in a file of its own (`engine/controlled/`,
//! `engine/loom/`, `engine/native/`). `engine/any/` holds whichever of them belongs to the engine that runs: it is
//! chosen when the object is made, by a `match` and not by a virtual call.
//!
//! `value` arguments print the protected value for a trace. They are called only while one is recorded.

mod atomic;
mod cell;

mod barrier;
mod channel;

mod async_task;
mod condvar;
mod count;
mod instant;
mod join;
mod local;
mod mpmc;
mod mutex;
mod once;
mod origin;
mod rwlock;
mod upgradable;

pub(crate) use atomic::{
    Combine, Fetch, Orderings, RawAtomic, RawFetch, Show, Stored, StoredFetch, Word, modify_stored, stored,
};
pub(crate) use cell::RawCell;

pub(crate) use barrier::RawBarrier;
pub(crate) use channel::{RawChannel, RawReceiver, RawSender};

mod scope;
mod sleep;
mod slot;
mod thread;

pub(crate) use async_task::{Job, RawAbort, RawTask, Why};
pub(crate) use condvar::RawCondvar;
pub(crate) use count::{RawCount, Side, Touch};
pub(crate) use instant::RawInstant;
pub(crate) use join::{Body, Payload, RawJoin};
pub(crate) use local::RawLocal;
pub(crate) use mpmc::{Manner, RawEnd, RawInlet, RawMpmc, RawOutlet, Refusal, Times, Token};
pub(crate) use mutex::{RawHeld, RawMutex};
pub(crate) use once::{OnceWords, RawOnce};
pub(crate) use origin::Origin;
pub(crate) use rwlock::{RawDowngrade, RawRwLock};
pub(crate) use upgradable::{Patience, RawDowngradeToUpgradable, RawUpgradable, RawUpgrade};

pub(crate) use scope::RawScope;
pub(crate) use sleep::RawSleep;
pub(crate) use slot::Slot;
pub(crate) use thread::RawThread;

/// Prints the value that an object protects, if somebody asked for it.
pub(crate) trait Value: FnOnce() -> Option<String> {}

impl<F: FnOnce() -> Option<String>> Value for F {}
