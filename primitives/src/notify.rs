//! Wake everybody who waits: a notify with and without a version.
//!
//! A notify remembers nothing: [`notify_waiters`](versioned::Notify::notify_waiters) wakes those who are
//! registered and is forgotten. Whoever looks at a condition, finds it false, and registers afterwards has
//! room in between, and a notification that falls into the room is lost. Both modules have the same
//! interface; the difference is one counter.
//!
//! | | [`naive`] | [`versioned`] |
//! |---|---|---|
//! | `notified()` | makes a future, nothing more | captures the version |
//! | `notify_waiters()` | wakes those on the list | raises the version, then wakes those on the list |
//! | first poll | goes on the list | ready if the version has moved, or else goes on the list |
//! | so it counts from | its first poll | its creation |
//!
//! tokio's `Notify` is of the second kind; the counter is described in the comments of its source.

pub mod naive;
pub mod versioned;
mod waiters;
