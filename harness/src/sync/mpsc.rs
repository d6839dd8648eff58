//! Multi-producer, single-consumer queues with the names and signatures of `std::sync::mpsc`.
//!
//! Under the controlled engine a channel is two objects: the queue, and the count of its senders.
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
//!
//! loom has no channel that ends, so there it is composed from loom's mutex and condition variable.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::engine::{self, Engine, Handle, with_kernel};
use crate::kernel::Flag;
use crate::kernel::{Class, Op, UNBOUNDED};

/// A channel without a bound: sending never waits.
///
/// ```
/// use selvedge::sync::mpsc;
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let (sender, receiver) = mpsc::channel();
///     let producer = thread::spawn(move || sender.send(7).unwrap());
///     assert_eq!(receiver.iter().sum::<i32>(), 7);
///     producer.join().unwrap();
/// });
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    match Channel::new(None) {
        Some(shared) => {
            let (send, receive) = ends(shared);
            (
                Sender { inner: Tx::Own(send) },
                Receiver {
                    inner: Rx::Own(receive),
                },
            )
        }
        None => {
            let (send, receive) = std::sync::mpsc::channel();
            (
                Sender {
                    inner: Tx::Native(send),
                },
                Receiver {
                    inner: Rx::Native(receive),
                },
            )
        }
    }
}

/// A channel that holds at most `bound` messages. With 0, a message is handed over directly.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    match Channel::new(Some(bound)) {
        Some(shared) => {
            let (send, receive) = ends(shared);
            (
                SyncSender { inner: Tx::Own(send) },
                Receiver {
                    inner: Rx::Own(receive),
                },
            )
        }
        None => {
            let (send, receive) = std::sync::mpsc::sync_channel(bound);
            (
                SyncSender {
                    inner: Tx::Native(send),
                },
                Receiver {
                    inner: Rx::Native(receive),
                },
            )
        }
    }
}

/// The sending end of a [`channel`].
pub struct Sender<T> {
    inner: Tx<std::sync::mpsc::Sender<T>, T>,
}

/// The sending end of a [`sync_channel`].
pub struct SyncSender<T> {
    inner: Tx<std::sync::mpsc::SyncSender<T>, T>,
}

/// The receiving end of a channel.
pub struct Receiver<T> {
    inner: Rx<T>,
}

enum Tx<N, T> {
    Native(N),
    Own(Sending<T>),
}

enum Rx<T> {
    Native(std::sync::mpsc::Receiver<T>),
    Own(Receiving<T>),
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    /// When the receiver is gone; the error contains the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.inner {
            Tx::Native(sender) => native(|| sender.send(message)),
            Tx::Own(sending) => sending.0.send(message),
        }
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.inner.set_name(name);
        self
    }
}

impl<T> SyncSender<T> {
    /// Waits for room and sends a message; with a bound of 0, waits until it is taken.
    ///
    /// # Errors
    /// When the receiver is gone; the error contains the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.inner {
            Tx::Native(sender) => native(|| sender.send(message)),
            Tx::Own(sending) => sending.0.send(message),
        }
    }

    /// Sends a message if there is room; with a bound of 0, if the receiver waits.
    ///
    /// # Errors
    /// `Full` or `Disconnected`; the error contains the message.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match &self.inner {
            Tx::Native(sender) => native(|| sender.try_send(message)),
            Tx::Own(sending) => sending.0.try_send(message),
        }
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.inner.set_name(name);
        self
    }
}

impl<T> Receiver<T> {
    /// Waits for a message.
    ///
    /// # Errors
    /// When the channel is empty and every sender is gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        match &self.inner {
            Rx::Native(receiver) => native(|| receiver.recv()),
            Rx::Own(receiving) => receiving.0.recv(None).map_err(|_| RecvError),
        }
    }

    /// A message, if one is there.
    ///
    /// # Errors
    /// `Empty`, or `Disconnected` when every sender is gone as well.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.inner {
            Rx::Native(receiver) => native(|| receiver.try_recv()),
            Rx::Own(receiving) => receiving.0.try_recv(),
        }
    }

    /// Waits for a message, at most for `timeout`: of virtual time under the controlled engine.
    ///
    /// # Errors
    /// `Timeout`, or `Disconnected` when the channel is empty and every sender is gone.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.inner {
            Rx::Native(receiver) => native(|| receiver.recv_timeout(timeout)),
            Rx::Own(receiving) => {
                if engine::current() == Engine::Loom {
                    engine::loom::unsupported("clock to time a receive");
                }
                let timeout = engine::clock::nanos(timeout);
                let deadline = engine::clock::arm("recv", |now| now.saturating_add(timeout));
                receiving.0.recv(Some(deadline))
            }
        }
    }

    /// The messages, waiting for each, until every sender is gone.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The messages that are there.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        if let Rx::Own(receiving) = &self.inner {
            receiving.0.set_name(name);
        }
        self
    }
}

fn native<R>(f: impl FnOnce() -> R) -> R {
    engine::assert_native();
    f()
}

impl<N, T> Tx<N, T> {
    fn set_name(&self, name: &str) {
        if let Tx::Own(sending) = self {
            sending.0.set_name(name);
        }
    }
}

impl<N: Clone, T> Clone for Tx<N, T> {
    fn clone(&self) -> Self {
        match self {
            Tx::Native(sender) => Tx::Native(sender.clone()),
            Tx::Own(sending) => Tx::Own(sending.clone()),
        }
    }
}

/// An iterator that waits for messages, see [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// An iterator over the messages that are there, see [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

/// An iterator that waits for messages and owns the receiver.
#[derive(Debug)]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv().ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender {
            inner: self.inner.clone(),
        }
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        SyncSender {
            inner: self.inner.clone(),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// One of the senders; dropping the last closes the channel.
struct Sending<T>(Arc<Channel<T>>);

/// The receiver; dropping it closes the channel.
struct Receiving<T>(Arc<Channel<T>>);

fn ends<T>(shared: Channel<T>) -> (Sending<T>, Receiving<T>) {
    let shared = Arc::new(shared);
    (Sending(Arc::clone(&shared)), Receiving(shared))
}

impl<T> Clone for Sending<T> {
    fn clone(&self) -> Self {
        // Who clones holds a sender, so no other task can tell when it happened.
        match &*self.0 {
            Channel::Controlled { state, .. } => peek(state).senders += 1,
            Channel::Loom { state, .. } => loom_lock(state).senders += 1,
        }
        Sending(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sending<T> {
    fn drop(&mut self) {
        self.0.drop_sender();
    }
}

impl<T> Drop for Receiving<T> {
    fn drop(&mut self) {
        self.0.drop_receiver();
    }
}

/// A channel of the controlled engine or of loom.
enum Channel<T> {
    Controlled {
        queue: Handle,
        /// What drops of senders touch: which of them is the last depends on their order.
        count: Handle,
        bound: Option<usize>,
        /// One task runs at a time, so this lock is never waited for.
        state: Mutex<State<T>>,
    },
    Loom {
        bound: Option<usize>,
        state: loom::sync::Mutex<State<T>>,
        changed: loom::sync::Condvar,
    },
}

struct State<T> {
    queue: VecDeque<Message<T>>,
    senders: usize,
    receiver: bool,
    /// The receiver waits; kept for channels with bound 0 only.
    waiting: bool,
    /// Messages that were sent and taken so far: the number of a message tells whether it was taken.
    sent: u64,
    taken: u64,
}

struct Message<T> {
    value: T,
    number: u64,
    /// The task that waits until the message is taken.
    sender: Option<usize>,
}

impl<T> State<T> {
    fn push(&mut self, value: T, sender: Option<usize>) -> u64 {
        let number = self.sent;
        self.sent += 1;
        self.queue.push_back(Message { value, number, sender });
        number
    }

    fn pop(&mut self) -> Option<Message<T>> {
        let message = self.queue.pop_front()?;
        self.taken = message.number + 1;
        Some(message)
    }

    /// Takes back a message that nobody received.
    fn take_back(&mut self, number: u64) -> Option<T> {
        let at = self.queue.iter().position(|m| m.number == number)?;
        self.queue.remove(at).map(|m| m.value)
    }

    /// Whether `try_send` would have to wait.
    fn is_full(&self, bound: Option<usize>) -> bool {
        match bound {
            None => false,
            Some(0) => !self.waiting || !self.queue.is_empty(),
            Some(bound) => self.queue.len() >= bound,
        }
    }
}

fn peek<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn loom_lock<T>(state: &loom::sync::Mutex<State<T>>) -> loom::sync::MutexGuard<'_, State<T>> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Channel<T> {
    /// `None` on real threads, where std's channel is used.
    #[track_caller]
    fn new(bound: Option<usize>) -> Option<Self> {
        let state = State {
            queue: VecDeque::new(),
            senders: 1,
            receiver: true,
            waiting: false,
            sent: 0,
            taken: 0,
        };
        match engine::current() {
            Engine::Native => None,
            Engine::Controlled => Some(Channel::Controlled {
                queue: Handle::new("channel"),
                count: Handle::new("senders"),
                bound,
                state: Mutex::new(state),
            }),
            Engine::Loom => Some(Channel::Loom {
                bound,
                state: loom::sync::Mutex::new(state),
                changed: loom::sync::Condvar::new(),
            }),
        }
    }

    fn set_name(&self, name: &str) {
        if let Channel::Controlled { queue, .. } = self {
            queue.set_name(name);
        }
    }

    #[track_caller]
    fn send(&self, message: T) -> Result<(), SendError<T>> {
        let (queue, bound, state) = match self {
            Channel::Controlled {
                queue, bound, state, ..
            } => (queue, *bound, state),
            Channel::Loom { bound, state, changed } => return send_loom(*bound, state, changed, message),
        };
        let id = queue.id();
        let capacity = match bound {
            None | Some(0) => UNBOUNDED,
            Some(bound) => u32::try_from(bound).unwrap_or(UNBOUNDED),
        };
        let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
        let number = engine::perform(Op::new("send", id, Class::Push { capacity }), |step| {
            let mut state = peek(state);
            let open = state.receiver && !step.forced;
            step.tell(|| {
                let outcome = if open { "" } else { " ➜ disconnected" };
                format!("send to {}{outcome}", engine::name_of(id))
            });
            if open {
                Ok(state.push(message, (bound == Some(0)).then_some(me)))
            } else {
                Err(SendError(message))
            }
        })?;
        if bound != Some(0) {
            return Ok(());
        }
        let taken_back = engine::perform(Op::new("handed over", ticket, Class::Park), |step| {
            let back = peek(state).take_back(number);
            step.tell(|| match back {
                None => format!("its message in {} is taken", engine::name_of(id)),
                Some(_) => format!("{} ➜ disconnected", engine::name_of(id)),
            });
            back
        });
        taken_back.map_or(Ok(()), |message| Err(SendError(message)))
    }

    #[track_caller]
    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let (queue, bound, state) = match self {
            Channel::Controlled {
                queue, bound, state, ..
            } => (queue, *bound, state),
            Channel::Loom { bound, state, changed } => {
                let mut state = loom_lock(state);
                if !state.receiver {
                    return Err(TrySendError::Disconnected(message));
                }
                if state.is_full(*bound) {
                    return Err(TrySendError::Full(message));
                }
                state.push(message, None);
                changed.notify_all();
                return Ok(());
            }
        };
        let id = queue.id();
        // Announced without a capacity, because it never waits.
        engine::perform(Op::new("try_send", id, Class::Push { capacity: UNBOUNDED }), |step| {
            let mut state = peek(state);
            let result = if !state.receiver {
                Err(TrySendError::Disconnected(message))
            } else if state.is_full(bound) {
                step.refine(0, Class::Read);
                Err(TrySendError::Full(message))
            } else {
                state.push(message, None);
                Ok(())
            };
            step.tell(|| {
                let outcome = match &result {
                    Ok(()) => "",
                    Err(TrySendError::Full(_)) => " ➜ full",
                    Err(TrySendError::Disconnected(_)) => " ➜ disconnected",
                };
                format!("try_send to {}{outcome}", engine::name_of(id))
            });
            result
        })
    }

    #[track_caller]
    fn recv(&self, deadline: Option<u64>) -> Result<T, RecvTimeoutError> {
        let (queue, bound, state) = match self {
            Channel::Controlled {
                queue, bound, state, ..
            } => (queue, *bound, state),
            Channel::Loom { state, changed, .. } => return recv_loom(state, changed),
        };
        let id = queue.id();
        if bound == Some(0) {
            engine::perform_part(Op::new("ready to receive", id, Class::Write), |step| {
                peek(state).waiting = true;
                step.sync(engine::Sync::None);
                step.tell(|| format!("ready to receive from {}", engine::name_of(id)));
            });
        }
        engine::perform(Op::new("recv", id, Class::Pop).until(deadline), |step| {
            let mut state = peek(state);
            state.waiting = false;
            let result = match state.pop() {
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
                format!("recv from {}{outcome}", engine::name_of(id))
            });
            result
        })
    }

    #[track_caller]
    fn try_recv(&self) -> Result<T, TryRecvError> {
        let (queue, state) = match self {
            Channel::Controlled { queue, state, .. } => (queue, state),
            Channel::Loom { state, changed, .. } => {
                let mut state = loom_lock(state);
                return match state.pop() {
                    Some(message) => {
                        changed.notify_all();
                        Ok(message.value)
                    }
                    None if state.senders == 0 => Err(TryRecvError::Disconnected),
                    None => Err(TryRecvError::Empty),
                };
            }
        };
        let id = queue.id();
        engine::perform(Op::new("try_recv", id, Class::TryPop), |step| {
            let mut state = peek(state);
            let result = match state.pop() {
                Some(message) => {
                    wake_sender(step, &message);
                    Ok(message.value)
                }
                // Still a `TryPop`: it learns from the last sender, and it would not have waited for it.
                None if state.senders == 0 => Err(TryRecvError::Disconnected),
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
                format!("try_recv from {}{outcome}", engine::name_of(id))
            });
            result
        })
    }

    fn drop_sender(&self) {
        let (queue, count, state) = match self {
            Channel::Controlled {
                queue, count, state, ..
            } => (queue, count, state),
            Channel::Loom { state, changed, .. } => {
                // A panic under loom ends the run: its objects cannot be used any more.
                if !std::thread::panicking() {
                    loom_lock(state).senders -= 1;
                    changed.notify_all();
                }
                return;
            }
        };
        let (Some(id), Some(count)) = (queue.live(), count.live()) else {
            return;
        };
        engine::perform(
            Op::new("drop sender", count, Class::Write).and(id, Class::Close),
            |step| {
                let mut state = peek(state);
                state.senders -= 1;
                let last = state.senders == 0;
                if !last {
                    step.forget(1);
                }
                step.tell(|| {
                    format!(
                        "drop {}sender of {}",
                        if last { "the last " } else { "a " },
                        engine::name_of(id)
                    )
                });
            },
        );
    }

    fn drop_receiver(&self) {
        let (queue, state) = match self {
            Channel::Controlled { queue, state, .. } => (queue, state),
            Channel::Loom { bound, state, changed } => {
                if !std::thread::panicking() {
                    let mut locked = loom_lock(state);
                    locked.receiver = false;
                    // Senders of a channel with bound 0 wait beside their messages and take them back.
                    let rest = if *bound == Some(0) {
                        VecDeque::new()
                    } else {
                        std::mem::take(&mut locked.queue)
                    };
                    drop(locked);
                    changed.notify_all();
                    drop(rest);
                }
                return;
            }
        };
        let Some(id) = queue.live() else { return };
        let rest = engine::perform(Op::new("drop receiver", id, Class::Close), |step| {
            let mut state = peek(state);
            state.receiver = false;
            step.tell(|| format!("drop receiver of {}", engine::name_of(id)));
            let mut rest = Vec::new();
            for message in std::mem::take(&mut state.queue) {
                if message.sender.is_some() {
                    wake_sender(step, &message);
                    state.queue.push_back(message);
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
fn wake_sender<T>(step: &mut engine::Step, message: &Message<T>) {
    if let Some(task) = message.sender {
        step.add(with_kernel(|k| k.flag(task, Flag::Ticket)), Class::Wake);
    }
}

fn send_loom<T>(
    bound: Option<usize>,
    state: &loom::sync::Mutex<State<T>>,
    changed: &loom::sync::Condvar,
    message: T,
) -> Result<(), SendError<T>> {
    let wait = |guard| changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
    let mut state = loom_lock(state);
    while state.receiver && bound.is_some_and(|bound| bound > 0 && state.queue.len() >= bound) {
        state = wait(state);
    }
    if !state.receiver {
        return Err(SendError(message));
    }
    let number = state.push(message, None);
    changed.notify_all();
    if bound == Some(0) {
        while state.receiver && state.taken <= number {
            state = wait(state);
        }
        if let Some(message) = state.take_back(number) {
            return Err(SendError(message));
        }
    }
    Ok(())
}

fn recv_loom<T>(state: &loom::sync::Mutex<State<T>>, changed: &loom::sync::Condvar) -> Result<T, RecvTimeoutError> {
    let mut state = loom_lock(state);
    state.waiting = true;
    while state.queue.is_empty() && state.senders > 0 {
        state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    state.waiting = false;
    match state.pop() {
        Some(message) => {
            changed.notify_all();
            Ok(message.value)
        }
        None => Err(RecvTimeoutError::Disconnected),
    }
}
