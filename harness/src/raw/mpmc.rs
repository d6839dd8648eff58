//! A queue that many tasks send to and many receive from, and the choice between operations of several such queues.
//!
//! | operation | waits for | fails when |
//! |---|---|---|
//! | `send` | room; with bound 0, for somebody who receives | no receiver is left, or the time is over |
//! | `recv` | a message; with bound 0, for somebody who sends | the queue is empty and no sender is left, or the time is over |
//! | `select` | one of several of them | the time is over |
//!
//! A `select` that may send learns that first, and is told afterwards what. So what becomes of an operation is asked for with the
//! [`Token`] that the `select` has given.
//!
//! A queue may also have a clockwork in place of senders: its messages come at given times.

use std::time::Duration;

use super::Patience;

/// Why nothing was sent, or received.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// It would have to wait, or its time is over.
    Busy,
    /// Nobody is left at the other end.
    Disconnected,
}

/// By which the caller of a `select` asks for what has become of the operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// No other operation has this number.
    pub(crate) number: u64,
    /// How far the execution had come.
    pub(crate) at: usize,
}

/// What a `select` is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Manner {
    /// It takes the first that is ready, and not any.
    pub(crate) biased: bool,
    /// It only says which one is ready.
    pub(crate) looks: bool,
}

/// When messages of a clockwork come.
pub(crate) struct Times<I> {
    pub(crate) first: Option<I>,
    /// From one to the next.
    pub(crate) every: Option<Duration>,
}

/// A channel, which is known by its ends.
pub(crate) trait RawMpmc<T> {
    type Outlet: RawOutlet<T>;
    type Inlet: RawInlet<T>;
    /// Points in time.
    type Instant;

    /// The ends of a new channel. Without a bound, sending never waits.
    #[track_caller]
    fn open(bound: Option<usize>) -> (Self::Outlet, Self::Inlet);

    /// A channel with messages that come by themselves, or, without times, never.
    #[track_caller]
    fn clockwork(
        times: Times<Self::Instant>,
        message: impl Fn(Self::Instant) -> T + Send + Sync + 'static,
    ) -> Self::Inlet;
}

/// What both ends can tell.
pub(crate) trait RawEnd: Clone {
    /// The name of the channel in traces.
    fn set_name(&self, name: &str);

    /// How many messages there are.
    #[track_caller]
    fn len(&self, verb: &'static str) -> usize;

    /// The bound.
    fn bound(&self) -> Option<usize>;

    /// Whether both are ends of one channel.
    fn is_of_same(&self, other: &Self) -> bool;
}

/// The sending end.
pub(crate) trait RawOutlet<T>: RawEnd {
    /// When a timed attempt ends.
    type Deadline;

    /// Sends a message, or gives it back.
    #[track_caller]
    fn send(&self, message: T, patience: Patience<Self::Deadline>) -> Result<(), (T, Refusal)>;

    /// Sends the message for which a `select` has found a place. Gives it back when no receiver is left.
    #[track_caller]
    fn send_selected(&self, token: Token, message: T) -> Result<(), T>;
}

/// The receiving end.
pub(crate) trait RawInlet<T>: RawEnd {
    /// When a timed attempt ends.
    type Deadline;

    /// Receives a message.
    #[track_caller]
    fn recv(&self, patience: Patience<Self::Deadline>) -> Result<T, Refusal>;

    /// The message that a `select` has received. None when no sender is left.
    #[track_caller]
    fn recv_selected(&self, token: Token) -> Option<T>;
}
