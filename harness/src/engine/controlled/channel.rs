//! A channel under the controlled engine: two objects, the queue, and the count of its senders.
//!
//! | operation | touches | waits for |
//! |---|---|---|
//! | `send` | pushes | room, or a receiver that is gone |
//! | `recv` | pops, or finds the queue closed | a message, or no sender |
//! | `try_send`, `try_recv` | push or pop, or find that they cannot | nothing |
//! | drop of a sender | the count; the last one closes the queue | nothing |
//! | drop of the receiver | closes the queue | nothing |
//!
//! A channel with bound 0 hands over: `send` pushes without waiting for room and then waits until the
//! receiver has taken the message, and `recv` first says that it waits, so that `try_send` can know.

use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};
use std::time::Duration;

use super::clock::{self, nanos};
use super::context::{name_of, with_kernel};
use super::object::Handle;
use super::perform::{perform, perform_part};
use super::step::Step;
use super::thread::has_parked;
use crate::engine::queue::{Message, Queue};
use crate::kernel::{Class, Flag, Op, Sync, UNBOUNDED};
use crate::raw::{RawChannel, RawReceiver, RawSender};

/// What the two ends of a channel share.
pub(crate) struct Channel<T> {
    object: Handle,
    /// What drops of senders touch: which of them is the last depends on their order.
    count: Handle,
    bound: Option<usize>,
    /// One task runs at a time, so this lock is never waited for.
    queue: StdMutex<Queue<T>>,
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
            object: Handle::new("channel"),
            count: Handle::new("senders"),
            bound,
            queue: StdMutex::new(Queue::new()),
        });
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }
}

impl<T> Channel<T> {
    fn peek(&self) -> StdMutexGuard<'_, Queue<T>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An operation that takes messages: with bound 0 it lets their senders go on.
    fn taking(&self, op: Op) -> Op {
        if self.bound == Some(0) { op.wakes() } else { op }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        // Who clones holds a sender, so no other task can tell when it happened.
        self.0.peek().senders += 1;
        Sender(Arc::clone(&self.0))
    }
}

impl<T> RawSender<T> for Sender<T> {
    fn set_name(&self, name: &str) {
        self.0.object.set_name(name);
    }

    fn send(&self, message: T) -> Result<(), SendError<T>> {
        let Channel { object, bound, .. } = &*self.0;
        let id = object.id();
        let hands_over = *bound == Some(0);
        let capacity = match *bound {
            None | Some(0) => UNBOUNDED,
            Some(bound) => u32::try_from(bound).unwrap_or(UNBOUNDED),
        };
        let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
        let number = perform(Op::new("send", id, Class::Push { capacity }), |step| {
            let mut queue = self.0.peek();
            let open = queue.receiver && !step.forced;
            step.tell(|| {
                let outcome = if open { "" } else { " ➜ disconnected" };
                format!("send to {}{outcome}", name_of(id))
            });
            if open {
                Ok(queue.push(message, hands_over.then_some(me)))
            } else {
                Err(SendError(message))
            }
        });
        if !hands_over {
            if bound.is_some() {
                has_parked();
            }
            return number.map(|_| ());
        }
        let number = number?;
        let taken_back = perform(Op::new("handed over", ticket, Class::Park), |step| {
            let back = self.0.peek().take_back(number);
            step.tell(|| match back {
                None => format!("its message in {} is taken", name_of(id)),
                Some(_) => format!("{} ➜ disconnected", name_of(id)),
            });
            back
        });
        has_parked();
        taken_back.map_or(Ok(()), |message| Err(SendError(message)))
    }

    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let id = self.0.object.id();
        // Announced without a capacity, because it never waits.
        perform(Op::new("try_send", id, Class::Push { capacity: UNBOUNDED }), |step| {
            let mut queue = self.0.peek();
            let result = if !queue.receiver {
                Err(TrySendError::Disconnected(message))
            } else if queue.is_full(self.0.bound) {
                step.refine(0, Class::Read);
                step.sync(Sync::None);
                Err(TrySendError::Full(message))
            } else {
                queue.push(message, None);
                Ok(())
            };
            step.tell(|| {
                let outcome = match &result {
                    Ok(()) => "",
                    Err(TrySendError::Full(_)) => " ➜ full",
                    Err(TrySendError::Disconnected(_)) => " ➜ disconnected",
                };
                format!("try_send to {}{outcome}", name_of(id))
            });
            result
        })
    }
}

impl<T> RawReceiver<T> for Receiver<T> {
    fn set_name(&self, name: &str) {
        self.0.object.set_name(name);
    }

    fn recv(&self) -> Result<T, RecvError> {
        self.recv_until(None).map_err(|_| RecvError)
    }

    fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        // More than 500 years are as good as for ever.
        let timeout = nanos(timeout);
        let deadline = clock::arm("recv", |now| now.saturating_add(timeout));
        self.recv_until(Some(deadline))
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        let id = self.0.object.id();
        perform(self.0.taking(Op::new("try_recv", id, Class::TryPop)), |step| {
            let mut queue = self.0.peek();
            let result = match queue.pop() {
                Some(message) => {
                    wake_sender(step, &message);
                    Ok(message.value)
                }
                // Still a `TryPop`: it learns from the last sender, and it would not have waited for it.
                None if queue.senders == 0 => Err(TryRecvError::Disconnected),
                None => {
                    step.refine(0, Class::PopFail);
                    Err(TryRecvError::Empty)
                }
            };
            step.tell(|| {
                let outcome = match &result {
                    Ok(_) => "",
                    Err(TryRecvError::Empty) => " ➜ empty",
                    Err(TryRecvError::Disconnected) => " ➜ disconnected",
                };
                format!("try_recv from {}{outcome}", name_of(id))
            });
            result
        })
    }
}

impl<T> Receiver<T> {
    /// Waits for a message, at most until `deadline` of the virtual clock.
    #[track_caller]
    fn recv_until(&self, deadline: Option<u64>) -> Result<T, RecvTimeoutError> {
        let id = self.0.object.id();
        if self.0.bound == Some(0) {
            perform_part(Op::new("ready to receive", id, Class::Write), |step| {
                self.0.peek().waiting = true;
                step.sync(Sync::None);
                step.tell(|| format!("ready to receive from {}", name_of(id)));
            });
        }
        let received = perform(self.0.taking(Op::new("recv", id, Class::Pop).until(deadline)), |step| {
            let mut queue = self.0.peek();
            queue.waiting = false;
            let result = match queue.pop() {
                Some(message) => {
                    wake_sender(step, &message);
                    Ok(message.value)
                }
                None if step.timed_out => {
                    step.refine(0, Class::PopFail);
                    Err(RecvTimeoutError::Timeout)
                }
                None => {
                    step.refine(0, Class::PopClosed);
                    Err(RecvTimeoutError::Disconnected)
                }
            };
            step.tell(|| {
                let outcome = match &result {
                    Ok(_) => "",
                    Err(RecvTimeoutError::Timeout) => " ➜ timed out",
                    Err(RecvTimeoutError::Disconnected) => " ➜ disconnected",
                };
                format!("recv from {}{outcome}", name_of(id))
            });
            result
        });
        has_parked();
        received
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let (Some(id), Some(count)) = (self.0.object.live(), self.0.count.live()) else {
            return;
        };
        perform(
            Op::new("drop sender", count, Class::Write).and(id, Class::Close),
            |step| {
                let mut queue = self.0.peek();
                queue.senders -= 1;
                let last = queue.senders == 0;
                // Before that, there was the sender that is left, or the one that it is a clone of.
                if !last {
                    step.is_too_early_for(1);
                }
                step.tell(|| {
                    let which = if last { "the last" } else { "a" };
                    format!("drop {which} sender of {}", name_of(id))
                });
            },
        );
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let Some(id) = self.0.object.live() else { return };
        let rest = perform(self.0.taking(Op::new("drop receiver", id, Class::Close)), |step| {
            let mut queue = self.0.peek();
            queue.receiver = false;
            step.tell(|| format!("drop receiver of {}", name_of(id)));
            let mut rest = Vec::new();
            for message in std::mem::take(&mut queue.messages) {
                if message.sender.is_some() {
                    wake_sender(step, &message);
                    queue.messages.push_back(message);
                } else {
                    rest.push(message);
                }
            }
            rest
        });
        // Dropping a message may run operations of the program: outside the step.
        drop(rest);
    }
}

/// Lets the sender of a message that was handed over go on, in the step that took the message.
fn wake_sender<T>(step: &mut Step, message: &Message<T>) {
    if let Some(task) = message.sender {
        step.add(with_kernel(|k| k.flag(task, Flag::Ticket)), Class::Wake);
    }
}
