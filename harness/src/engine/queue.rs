//! The book of a channel, for engines that keep it themselves: its messages, and which of its ends are left.

use std::collections::VecDeque;

/// The messages of a channel, and which of its ends are left.
pub(super) struct Queue<T> {
    pub(super) messages: VecDeque<Message<T>>,
    pub(super) senders: usize,
    pub(super) receiver: bool,
    /// The receiver waits; kept for channels with bound 0 only.
    pub(super) waiting: bool,
    /// Messages that were sent so far: the number of the next one.
    sent: u64,
}

/// A message on its way.
pub(super) struct Message<T> {
    pub(super) value: T,
    /// Tells it from the others of its channel.
    pub(super) number: u64,
    /// The task that waits until the message is taken.
    pub(super) sender: Option<usize>,
}

impl<T> Queue<T> {
    /// An empty queue with one sender and its receiver.
    pub(super) fn new() -> Self {
        Queue {
            messages: VecDeque::new(),
            senders: 1,
            receiver: true,
            waiting: false,
            sent: 0,
        }
    }

    /// Adds a message and gives its number.
    pub(super) fn push(&mut self, value: T, sender: Option<usize>) -> u64 {
        let number = self.sent;
        self.sent += 1;
        self.messages.push_back(Message { value, number, sender });
        number
    }

    pub(super) fn pop(&mut self) -> Option<Message<T>> {
        self.messages.pop_front()
    }

    /// Takes back a message that nobody received.
    pub(super) fn take_back(&mut self, number: u64) -> Option<T> {
        let at = self.messages.iter().position(|m| m.number == number)?;
        self.messages.remove(at).map(|m| m.value)
    }

    /// Whether `try_send` would have to wait.
    pub(super) fn is_full(&self, bound: Option<usize>) -> bool {
        match bound {
            None => false,
            Some(0) => !self.waiting || !self.messages.is_empty(),
            Some(bound) => self.messages.len() >= bound,
        }
    }
}
