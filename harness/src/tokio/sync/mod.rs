//! `tokio::sync`: the real types, one opaque operation a call.

mod notify;

pub use notify::{Notified, Notify};
