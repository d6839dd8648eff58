//! A channel under loom, whose own does not end: a queue behind loom's mutex and condition variable.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ::loom::sync::{Condvar, Mutex, MutexGuard};

use super::session::unsupported;
use crate::engine::queue::Queue;
use crate::raw::{RawChannel, RawReceiver, RawSender};

/// What the two ends of a channel share.
pub(crate) struct Channel<T> {
    bound: Option<usize>,
    queue: Mutex<Queue<T>>,
    changed: Condvar,
}

/// One of the senders; dropping the last closes the channel.
pub(crate) struct Sender<T>(Arc<Channel<T>>);

/// The receiver; dropping it closes the channel.
pub(crate) struct Receiver<T>(Arc<Channel<T>>);

impl<T> RawChannel<T> for Channel<T> {
    type Sender = Sender<T>;
    type Receiver = Receiver<T>;

    fn open(bound: Option<usize>) -> (Sender<T>, Receiver<T>) {
        let shared = Arc::new(Channel {
            bound,
            queue: Mutex::new(Queue::new()),
            changed: Condvar::new(),
        });
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }
}

impl<T> Channel<T> {
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[track_caller]
    fn wait<'a>(&self, queue: MutexGuard<'a, Queue<T>>) -> MutexGuard<'a, Queue<T>> {
        self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Sender(Arc::clone(&self.0))
    }
}

impl<T> RawSender<T> for Sender<T> {
    fn set_name(&self, _: &str) {}

    fn send(&self, message: T) -> Result<(), SendError<T>> {
        let Channel { bound, changed, .. } = &*self.0;
        let mut queue = self.0.lock();
        while queue.receiver && bound.is_some_and(|bound| bound > 0 && queue.messages.len() >= bound) {
            queue = self.0.wait(queue);
        }
        if !queue.receiver {
            return Err(SendError(message));
        }
        let number = queue.push(message, None);
        changed.notify_all();
        if *bound == Some(0) {
            while queue.receiver && queue.messages.iter().any(|m| m.number == number) {
                queue = self.0.wait(queue);
            }
            if let Some(message) = queue.take_back(number) {
                return Err(SendError(message));
            }
        }
        Ok(())
    }

    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let mut queue = self.0.lock();
        if !queue.receiver {
            return Err(TrySendError::Disconnected(message));
        }
        if queue.is_full(self.0.bound) {
            return Err(TrySendError::Full(message));
        }
        queue.push(message, None);
        self.0.changed.notify_all();
        Ok(())
    }
}

impl<T> RawReceiver<T> for Receiver<T> {
    fn set_name(&self, _: &str) {}

    fn recv(&self) -> Result<T, RecvError> {
        let mut queue = self.0.lock();
        queue.waiting = true;
        while queue.messages.is_empty() && queue.senders > 0 {
            queue = self.0.wait(queue);
        }
        queue.waiting = false;
        match queue.pop() {
            Some(message) => {
                self.0.changed.notify_all();
                Ok(message.value)
            }
            None => Err(RecvError),
        }
    }

    fn recv_timeout(&self, _: Duration) -> Result<T, RecvTimeoutError> {
        unsupported("clock to time a receive")
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        let mut queue = self.0.lock();
        match queue.pop() {
            Some(message) => {
                self.0.changed.notify_all();
                Ok(message.value)
            }
            None if queue.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // A panic under loom ends the run: its objects cannot be used any more.
        if !std::thread::panicking() {
            self.0.lock().senders -= 1;
            self.0.changed.notify_all();
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        // As for a sender.
        if !std::thread::panicking() {
            let mut queue = self.0.lock();
            queue.receiver = false;
            // Senders of a channel with bound 0 wait beside their messages and take them back.
            let rest = if self.0.bound == Some(0) {
                VecDeque::new()
            } else {
                std::mem::take(&mut queue.messages)
            };
            drop(queue);
            self.0.changed.notify_all();
            drop(rest);
        }
    }
}
