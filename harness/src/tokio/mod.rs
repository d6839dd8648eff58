//! What tokio has for tasks, time and synchronization, by the same names, under the engines of this crate:
//! `use selvedge::tokio;` stands in for the crate in code that uses no more than that.
//!
//! **[`task`], [`time`] and [`runtime`]** are [`crate::future`] and [`crate::time`], and what tokio has beyond them.
//!
//! **[`sync`]** is not reimplemented: behind [`sync::Notify`] is `tokio::sync::Notify`. Under the controlled
//! engine each call is one *opaque* operation on the object: tokio's code runs without any other task
//! in between, and the tasks it wakes belong to the same step. That shows every interleaving of the
//! program's calls. It cannot show a defect inside a call, between two of tokio's own atomics; tokio
//! checks those itself, with loom.
//!
//! A future of tokio's takes an operation for each poll, and for being dropped unfinished. So do guards,
//! permits and the ends of channels when they are dropped: they wake others.
//!
//! [`select!`], [`join!`] and [`try_join!`] have the syntax of tokio's. tokio's own may be used, too, but for a `select!`
//! without `biased;`, which draws random numbers. [`#[test]`](macro@test) and [`#[main]`](macro@main) take the options of tokio's.
//!
//! # What is different
//!
//! * Nothing of what the world outside does: `net`, `io`, `fs`, `process`, `signal`.
//! * [`runtime`] says what a runtime is where there is only one, [`task::LocalSet`] what tasks of one thread are.
//! * Time is virtual: [`time`].
//!
//! `tests/tokio_names.rs` in the repository lists every name that is not here, with the reason.
//!
//! On real threads the calls go straight to tokio. Under loom these types refuse to be created: they are
//! not made of loom's atomics, so loom could see nothing. Tasks run there, but nothing can abort them.

mod attributes;
mod held;
#[doc(hidden)]
pub mod macros;
pub(crate) mod opaque;
pub mod runtime;
pub mod sync;
pub mod task;

#[doc(inline)]
pub use crate::time;
pub use attributes::{main, test};
#[doc(inline)]
pub use macros::{join, select, try_join};
pub use task::spawn;
#[doc(inline)]
pub use task::task_local;
pub use tokio::pin;
