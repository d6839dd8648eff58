//! `mpsc`: the real `tokio::sync::mpsc`, a channel for many senders and one receiver.

mod bounded;
mod unbounded;

pub use bounded::{Permit, Receiver, Sender, channel};
pub use tokio::sync::mpsc::error;
pub use unbounded::{UnboundedReceiver, UnboundedSender, unbounded_channel};
