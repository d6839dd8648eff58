//! The controlled engine: one task at a time on one OS thread, on shuttle's continuations; the kernel decides.

mod atomic;
mod cell;

mod barrier;
mod channel;
mod choose;
pub(crate) mod clock;
mod condvar;
mod context;
mod drive;
mod execution;
mod exits;
mod mutex;
mod object;
mod once;
mod perform;
mod polling;
mod rwlock;
mod spin;
mod step;
mod switch;
mod tasks;
#[cfg(feature = "tracing")]
mod tracing_events;
pub(crate) mod wakes;

pub(crate) use atomic::{Atomic, fence};
pub(crate) use cell::Cell;

pub(crate) use barrier::Barrier;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use choose::choose;
pub(crate) use clock::sleep;
pub(crate) use condvar::Condvar;
pub(crate) use context::*;
pub(crate) use drive::*;
pub(crate) use execution::{Session, explore};
pub(crate) use exits::*;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use object::Handle;
pub(crate) use once::Once;
pub(crate) use perform::*;
pub(crate) use polling::*;
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use spin::*;
pub(crate) use step::Step;
pub(crate) use switch::*;
pub(crate) use tasks::*;
