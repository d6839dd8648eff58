//! The book of a channel that many tasks send to and many receive from, for engines that keep it themselves: its messages, which of
//! its ends are left, and who waits at them.
//!
//! | a channel with | a sender is ready when | a receiver is ready when |
//! |---|---|---|
//! | room | there is some, or no receiver is left | a message is there, or no sender is left |
//! | bound 0 | a receiver waits, or none is left | a sender waits, or none is left |
//! | a clockwork | | the time has come |
//!
//! Who waits at a channel with bound 0 is found there by whoever comes to the other end, and the two are a pair: what is sent is handed
//! over in that moment, and who waited is *decided*. Who waits at several channels is decided once; the others see that.
//!
//! A `select` learns first that it may send, and says afterwards what. So a message may be *owed*: it has its place already.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::raw::Refusal;

/// One of the ends of a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Send,
    Recv,
}

impl Side {
    pub(super) fn other(self) -> Side {
        match self {
            Side::Send => Side::Recv,
            Side::Recv => Side::Send,
        }
    }
}

/// A task that waits, as the engine knows it.
pub(super) trait Waits {
    /// Somebody has paired up with it: it waits no more.
    fn is_decided(&self) -> bool;

    /// Somebody has, for its operation with this index.
    fn decide(&self, index: usize);
}

/// A message that has its place, and comes later.
pub(super) struct Owed<T, P> {
    value: Mutex<Option<T>>,
    /// What the engine keeps with it.
    pub(super) with: P,
}

impl<T, P> Owed<T, P> {
    pub(super) fn new(with: P) -> Arc<Self> {
        Arc::new(Owed {
            value: Mutex::new(None),
            with,
        })
    }

    fn value(&self) -> MutexGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pay(&self, value: T) {
        *self.value() = Some(value);
    }

    pub(super) fn take(&self) -> Option<T> {
        self.value().take()
    }

    pub(super) fn is_paid(&self) -> bool {
        self.value().is_some()
    }
}

/// A message on its way.
pub(super) enum Message<T, P> {
    Here(T),
    Owed(Arc<Owed<T, P>>),
}

/// What a selected operation has come to, for the caller to ask for.
pub(super) enum Got<T, P> {
    Message(Message<T, P>),
    /// The place of the message that is to be sent.
    Place(Arc<Owed<T, P>>),
    Disconnected,
}

/// Messages that come by themselves.
pub(super) struct Clockwork<T, I> {
    /// When the next one comes, if one does.
    pub(super) next: Option<I>,
    /// When the one after it comes, if that comes at the first time and is taken at the second.
    pub(super) after: Box<dyn Fn(I, I) -> Option<I> + Send + Sync>,
    pub(super) message: Box<dyn Fn(I) -> T + Send + Sync>,
}

/// Somebody who waits at an end of a channel.
pub(super) struct Wait<T, W, P> {
    waiter: Arc<W>,
    /// Which of its operations it is.
    index: usize,
    /// By which its caller asks for what has become of it.
    token: u64,
    /// What it sends.
    parcel: Option<Message<T, P>>,
    /// Who only wants to know whether it is ready is nobody's partner.
    pairs: bool,
    /// It counts as ready.
    counted: bool,
}

impl<T, W, P> Wait<T, W, P> {
    pub(super) fn new(waiter: &Arc<W>, index: usize, token: u64, pairs: bool, parcel: Option<Message<T, P>>) -> Self {
        Wait {
            waiter: Arc::clone(waiter),
            index,
            token,
            parcel,
            pairs,
            counted: false,
        }
    }
}

/// Who waited for what has been sent, or the message.
type Sent<T, W, P> = Result<Option<Arc<W>>, (Message<T, P>, Refusal)>;

/// What has been received, and who waited for that.
type Received<T, W, P> = Result<(Message<T, P>, Option<Arc<W>>), Refusal>;

/// The book. `W` are those who wait, `P` is kept with messages that are owed, `I` are points in time.
pub(super) struct Ledger<T, W, P, I> {
    pub(super) bound: Option<usize>,
    clockwork: Option<Clockwork<T, I>>,
    messages: VecDeque<Message<T, P>>,
    /// How many of each end there are.
    ends: [usize; 2],
    waiting: [Vec<Wait<T, W, P>>; 2],
    selected: Vec<(u64, Got<T, P>)>,
}

impl<T, W: Waits, P, I: Copy + Ord> Ledger<T, W, P, I> {
    /// An empty channel with one of each end.
    pub(super) fn new(bound: Option<usize>, clockwork: Option<Clockwork<T, I>>) -> Self {
        Ledger {
            bound,
            clockwork,
            messages: VecDeque::new(),
            ends: [1, 1],
            waiting: [Vec::new(), Vec::new()],
            selected: Vec::new(),
        }
    }

    pub(super) fn is_clockwork(&self) -> bool {
        self.clockwork.is_some()
    }

    /// When a clockwork has a message next.
    pub(super) fn due(&self) -> Option<I> {
        self.clockwork.as_ref()?.next
    }

    pub(super) fn len(&self, now: I) -> usize {
        match &self.clockwork {
            Some(clockwork) => usize::from(clockwork.next.is_some_and(|next| next <= now)),
            None => self.messages.len(),
        }
    }

    /// One more of this end.
    pub(super) fn clones(&mut self, side: Side) {
        self.ends[side as usize] += 1;
    }

    /// One fewer of this end. What nobody can receive any more, if it was the last; to be dropped elsewhere.
    pub(super) fn drops(&mut self, side: Side) -> Option<VecDeque<Message<T, P>>> {
        self.ends[side as usize] -= 1;
        (self.ends[side as usize] == 0).then(|| match side {
            Side::Send => VecDeque::new(),
            Side::Recv => std::mem::take(&mut self.messages),
        })
    }

    fn is_left(&self, side: Side) -> bool {
        self.ends[side as usize] > 0
    }

    /// Who waits at this end for a partner, other than `me`.
    fn partner(&self, side: Side, me: Option<&Arc<W>>) -> Option<usize> {
        let is_me = |wait: &Wait<T, W, P>| me.is_some_and(|me| Arc::ptr_eq(me, &wait.waiter));
        let waiting = &self.waiting[side as usize];
        waiting
            .iter()
            .position(|wait| wait.pairs && !is_me(wait) && !wait.waiter.is_decided())
    }

    /// Whether an operation at this end would not wait.
    pub(super) fn is_ready(&self, side: Side, me: Option<&Arc<W>>, now: I) -> bool {
        if let Some(clockwork) = &self.clockwork {
            return clockwork.next.is_some_and(|next| next <= now);
        }
        let other = side.other();
        let there = match (self.bound, side) {
            (Some(0), _) => self.partner(other, me).is_some(),
            (_, Side::Recv) => !self.messages.is_empty(),
            (Some(bound), Side::Send) => self.messages.len() < bound,
            (None, Side::Send) => true,
        };
        there || !self.is_left(other)
    }

    /// Sends, if that needs no wait.
    pub(super) fn send(&mut self, message: Message<T, P>, me: Option<&Arc<W>>) -> Sent<T, W, P> {
        if !self.is_left(Side::Recv) {
            return Err((message, Refusal::Disconnected));
        }
        if self.bound == Some(0) {
            let Some(at) = self.partner(Side::Recv, me) else {
                return Err((message, Refusal::Busy));
            };
            let wait = self.waiting[Side::Recv as usize].remove(at);
            self.selected.push((wait.token, Got::Message(message)));
            wait.waiter.decide(wait.index);
            return Ok(Some(wait.waiter));
        }
        if self.bound.is_some_and(|bound| self.messages.len() >= bound) {
            return Err((message, Refusal::Busy));
        }
        self.messages.push_back(message);
        Ok(None)
    }

    /// Receives, if that needs no wait.
    pub(super) fn recv(&mut self, me: Option<&Arc<W>>, now: I) -> Received<T, W, P> {
        if let Some(clockwork) = &mut self.clockwork {
            let next = clockwork.next.filter(|next| *next <= now).ok_or(Refusal::Busy)?;
            clockwork.next = (clockwork.after)(next, now);
            return Ok((Message::Here((clockwork.message)(next)), None));
        }
        if let Some(message) = self.messages.pop_front() {
            return Ok((message, None));
        }
        if self.bound == Some(0)
            && let Some(at) = self.partner(Side::Send, me)
        {
            let wait = self.waiting[Side::Send as usize].remove(at);
            let parcel = wait.parcel.expect("who waits to send has something to send");
            if let Message::Owed(owed) = &parcel {
                self.selected.push((wait.token, Got::Place(Arc::clone(owed))));
            }
            wait.waiter.decide(wait.index);
            return Ok((parcel, Some(wait.waiter)));
        }
        Err(match self.is_left(Side::Send) {
            true => Refusal::Busy,
            false => Refusal::Disconnected,
        })
    }

    /// Somebody waits at this end from now on.
    pub(super) fn enters(&mut self, side: Side, wait: Wait<T, W, P>) {
        self.waiting[side as usize].push(wait);
    }

    /// It waits no more. What it would have sent.
    pub(super) fn leaves(&mut self, side: Side, waiter: &Arc<W>) -> Option<Message<T, P>> {
        let waiting = &mut self.waiting[side as usize];
        let mut parcel = None;
        while let Some(at) = waiting.iter().position(|wait| Arc::ptr_eq(&wait.waiter, waiter)) {
            parcel = waiting.remove(at).parcel;
        }
        parcel
    }

    /// Those who wait and are ready now and were not when this was called last, and those of whom the opposite is true.
    pub(super) fn changes(&mut self, now: I) -> Vec<(Arc<W>, bool)> {
        let mut changes = Vec::new();
        if self.is_clockwork() {
            return changes;
        }
        for side in [Side::Send, Side::Recv] {
            for at in 0..self.waiting[side as usize].len() {
                let wait = &self.waiting[side as usize][at];
                let ready = self.is_ready(side, Some(&wait.waiter), now);
                if ready != wait.counted {
                    changes.push((Arc::clone(&wait.waiter), ready));
                    self.waiting[side as usize][at].counted = ready;
                }
            }
        }
        changes
    }

    /// What a selected operation has come to is kept until the caller asks for it.
    pub(super) fn keeps(&mut self, token: u64, got: Got<T, P>) {
        self.selected.push((token, got));
    }

    /// What has become of a selected operation.
    pub(super) fn gives(&mut self, token: u64) -> Option<Got<T, P>> {
        let at = self.selected.iter().position(|(of, _)| *of == token)?;
        Some(self.selected.remove(at).1)
    }
}
