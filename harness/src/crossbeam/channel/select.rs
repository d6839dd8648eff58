//! [`Select`]: one of several operations, when it is not known before how many there are.

use std::fmt;
use std::marker::PhantomData;
use std::mem;

use super::errors::{ReadyTimeoutError, RecvError, SelectTimeoutError, SendError, TryReadyError, TrySelectError};
use super::receiver::Receiver;
use super::sender::Sender;
use crate::engine::any::{self, Deadline};
use crate::raw::{Manner, Patience, RawInlet, RawOutlet, Token};
use crate::time::{Duration, Instant};

/// Operations of which one is to be done, as soon as one is ready. One that would tell that the other end is gone is ready, too.
///
/// If several are ready, a check explores each of them; with [`new_biased`](Self::new_biased) it is the first one that was added.
///
/// ```
/// use selvedge::crossbeam::channel::{Select, unbounded};
///
/// selvedge::check(|| {
///     let channels = [unbounded(), unbounded(), unbounded()];
///     channels[2].0.send("here").unwrap();
///     let mut select = Select::new();
///     for (_, receiver) in &channels {
///         select.recv(receiver);
///     }
///     let selected = select.select();
///     assert_eq!(selected.index(), 2);
///     assert_eq!(selected.recv(&channels[2].1), Ok("here"));
/// });
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    operations: Vec<Operation<'a>>,
    /// The number of the next one.
    next: usize,
    biased: bool,
}

#[derive(Clone, Copy)]
struct Operation<'a> {
    number: usize,
    port: any::Port<'a>,
    /// Where the sender or the receiver lies, to tell whether it is given again.
    end: usize,
}

/// Where it lies.
fn address<E>(end: &E) -> usize {
    std::ptr::from_ref(end).addr()
}

impl<'a> Select<'a> {
    /// No operations.
    pub fn new() -> Self {
        Select {
            operations: Vec::new(),
            next: 0,
            biased: false,
        }
    }

    /// No operations; of those that are added, the first that is ready is done.
    pub fn new_biased() -> Self {
        Select {
            biased: true,
            ..Select::new()
        }
    }

    /// Adds the operation to send, and gives its number. What is sent is said once it is selected.
    pub fn send<T>(&mut self, sender: &'a Sender<T>) -> usize {
        self.add(any::Port::from(&sender.raw), address(sender))
    }

    /// Adds the operation to receive, and gives its number.
    pub fn recv<T>(&mut self, receiver: &'a Receiver<T>) -> usize {
        self.add(any::Port::from(&receiver.raw), address(receiver))
    }

    fn add(&mut self, port: any::Port<'a>, end: usize) -> usize {
        let number = self.next;
        self.operations.push(Operation { number, port, end });
        self.next += 1;
        number
    }

    /// Removes the operation with this number. The others keep theirs.
    ///
    /// # Panics
    /// When there is none.
    pub fn remove(&mut self, index: usize) {
        assert!(index < self.next, "there are {} operations, and no {index}", self.next);
        let at = self.operations.iter().position(|operation| operation.number == index);
        self.operations
            .remove(at.expect("the operation has not been removed before"));
    }

    #[track_caller]
    fn search(&self, patience: Patience<Deadline>, looks: bool) -> Option<(Operation<'a>, Token)> {
        let ports: Vec<any::Port<'a>> = self.operations.iter().map(|operation| operation.port).collect();
        let manner = Manner {
            biased: self.biased,
            looks,
        };
        let (at, token) = any::select(&ports, patience, manner)?;
        Some((self.operations[at], token))
    }

    #[track_caller]
    fn selected(&self, patience: Patience<Deadline>) -> Option<SelectedOperation<'a>> {
        let (operation, token) = self.search(patience, false)?;
        Some(SelectedOperation {
            index: operation.number,
            end: operation.end,
            token,
            lifetime: PhantomData,
        })
    }

    /// Selects an operation if one is ready.
    ///
    /// # Errors
    /// When none is.
    #[track_caller]
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.selected(Patience::Tries).ok_or(TrySelectError)
    }

    /// Waits until an operation is ready and selects it. What has been selected has to be done, with [`SelectedOperation::send`] or
    /// [`SelectedOperation::recv`].
    ///
    /// # Panics
    /// When there are no operations.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        assert!(!self.operations.is_empty(), "there is no operation to select");
        let selected = self.selected(Patience::Waits);
        selected.expect("who waits as long as it takes selects an operation")
    }

    /// [`select`](Self::select), waiting at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// When the time is over.
    #[track_caller]
    pub fn select_timeout(&mut self, timeout: Duration) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.selected(Patience::Until(Deadline::after(timeout)))
            .ok_or(SelectTimeoutError)
    }

    /// [`select`](Self::select), waiting at most until `deadline`.
    ///
    /// # Errors
    /// When the time is over.
    #[track_caller]
    pub fn select_deadline(&mut self, deadline: Instant) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.select_timeout(deadline.saturating_duration_since(Instant::now()))
    }

    /// The number of an operation that is ready now. It is not done, so another task may be faster.
    ///
    /// # Errors
    /// When none is.
    #[track_caller]
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        let found = self.search(Patience::Tries, true);
        found.map(|(operation, _)| operation.number).ok_or(TryReadyError)
    }

    /// Waits until an operation is ready, and gives its number. It is not done, so another task may be faster.
    ///
    /// # Panics
    /// When there are no operations.
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        assert!(!self.operations.is_empty(), "there is no operation to wait for");
        let found = self.search(Patience::Waits, true);
        let (operation, _) = found.expect("who waits as long as it takes finds an operation");
        operation.number
    }

    /// [`ready`](Self::ready), waiting at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// When the time is over.
    #[track_caller]
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        let found = self.search(Patience::Until(Deadline::after(timeout)), true);
        found.map(|(operation, _)| operation.number).ok_or(ReadyTimeoutError)
    }

    /// [`ready`](Self::ready), waiting at most until `deadline`.
    ///
    /// # Errors
    /// When the time is over.
    #[track_caller]
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        self.ready_timeout(deadline.saturating_duration_since(Instant::now()))
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Select { .. }")
    }
}

/// An operation that has been selected, and has to be done.
///
/// # Panics
/// When it is dropped and has not been.
#[must_use]
pub struct SelectedOperation<'a> {
    index: usize,
    end: usize,
    token: Token,
    lifetime: PhantomData<&'a ()>,
}

impl SelectedOperation<'_> {
    /// Which one.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Sends a message, for which there is room. If other operations come in between, others may find that the message has been sent
    /// and is not there; they wait for it.
    ///
    /// # Errors
    /// The message, when no receiver is left.
    ///
    /// # Panics
    /// When this is not the sender that was selected.
    #[track_caller]
    pub fn send<T>(self, sender: &Sender<T>, message: T) -> Result<(), SendError<T>> {
        assert!(address(sender) == self.end, "passed a sender that wasn't selected");
        let token = self.token;
        mem::forget(self);
        sender.raw.send_selected(token, message).map_err(SendError)
    }

    /// The message.
    ///
    /// # Errors
    /// When the channel was empty and no sender was left.
    ///
    /// # Panics
    /// When this is not the receiver that was selected.
    #[track_caller]
    pub fn recv<T>(self, receiver: &Receiver<T>) -> Result<T, RecvError> {
        assert!(address(receiver) == self.end, "passed a receiver that wasn't selected");
        let token = self.token;
        mem::forget(self);
        receiver.raw.recv_selected(token).ok_or(RecvError)
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SelectedOperation { .. }")
    }
}

impl Drop for SelectedOperation<'_> {
    fn drop(&mut self) {
        // Who unwinds anyway says no more.
        if !any::unwinds() {
            panic!("dropped `SelectedOperation` without completing the operation");
        }
    }
}
