//! `mpsc`: the real `tokio::sync::mpsc`, a channel for many senders and one receiver.

mod bounded;
mod receiver;
mod unbounded;

pub use bounded::{OwnedPermit, Permit, PermitIterator, Sender, WeakSender, channel};
pub use receiver::{Receiver, UnboundedReceiver};
pub use tokio::sync::mpsc::error;
pub use unbounded::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
