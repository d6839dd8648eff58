//! The controlled engine: one task at a time on one OS thread, on shuttle's continuations; the kernel decides.

mod async_task;
mod atomic;
mod barrier;
mod cell;
mod channel;
mod choose;
pub(crate) mod clock;
mod condvar;
mod context;
mod count;
mod drive;
mod execution;
mod exits;
mod in_place;
mod instant;
mod join;
mod local;
mod mutex;
mod object;
mod once;
mod perform;
mod polling;
mod rwlock;
mod scope;
mod sleep;
mod spin;
mod statics;
mod step;
mod switch;
mod tasks;
mod thread;
#[cfg(feature = "tracing")]
mod tracing_events;
pub(crate) mod wakes;

pub(crate) use async_task::{Abort, AsyncTask, block_on, current_task, yield_from};
pub(crate) use atomic::{Atomic, fence};
pub(crate) use barrier::Barrier;
pub(crate) use cell::Cell;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use choose::{choose, choose_told};
pub(crate) use clock::sleep;
pub(crate) use condvar::Condvar;
pub(crate) use context::{
    SharedStrategy, add_row, name_of, show_value, tracing, try_with_kernel, unwinds, with_kernel,
};
pub(crate) use count::Count;
pub(crate) use execution::{Session, explore};
pub(crate) use in_place::block_in_place;
pub(crate) use instant::Instant;
pub(crate) use join::Join;
pub(crate) use local::Local;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use object::Handle;
pub(crate) use once::Once;
pub(crate) use perform::{pay, perform_opaque};
pub(crate) use polling::polled_with;
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use scope::Scope;
pub(crate) use sleep::Sleep;
pub(crate) use spin::yield_now;
pub(crate) use statics::afresh;
pub(crate) use step::Step;
pub(crate) use switch::unwinding_at_end;
pub(crate) use thread::Thread;
