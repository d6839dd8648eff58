//! What `tokio_util` has to end tasks with, by the same names: the real types, one opaque operation a call, as in
//! [`tokio::sync`](crate::tokio::sync).

pub mod sync;
pub mod task;
