//! Real OS threads.

#[cfg(feature = "tokio")]
mod async_task;
mod atomic;
mod barrier;
mod cell;
mod channel;
mod condvar;
mod count;
mod execution;
mod instant;
mod join;
mod local;
mod mpmc;
mod mutex;
mod once;
#[cfg(feature = "tokio")]
mod runtime;
mod rwlock;
mod scope;
#[cfg(feature = "tokio")]
mod sleep;
mod statics;
mod thread;
#[cfg(feature = "tokio")]
mod turn;
mod upgradable;
#[cfg(not(feature = "tokio"))]
mod without_tokio;

#[cfg(feature = "tokio")]
pub(crate) use async_task::{Abort, AsyncTask};
pub(crate) use atomic::Atomic;
pub(crate) use barrier::Barrier;
pub(crate) use cell::Cell;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use condvar::Condvar;
pub(crate) use count::Count;
pub(crate) use execution::{Ended, afresh, execute};
pub(crate) use instant::Instant;
pub(crate) use join::Join;
pub(crate) use local::Local;
pub(crate) use mpmc::{Inlet, Mpmc, Outlet, Port, select};
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
#[cfg(feature = "tokio")]
pub(crate) use runtime::{block_in_place, block_on, current_task, yield_from};
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use scope::Scope;
#[cfg(feature = "tokio")]
pub(crate) use sleep::Sleep;
pub(crate) use thread::Thread;
#[cfg(feature = "tokio")]
pub(crate) use turn::next_of;
pub(crate) use upgradable::{SharedHeld, Upgradable, UpgradableHeld, WholeHeld};
#[cfg(not(feature = "tokio"))]
pub(crate) use without_tokio::{Abort, AsyncTask, Sleep, block_in_place, block_on, current_task, yield_from};
