//! A channel with many ends of both kinds under the controlled engine: three objects, the queue, and the counts of its ends. Its
//! operations are those of [`select`], which has their table; what is left are these:
//!
//! | operation | touches |
//! |---|---|
//! | `len` and what is made of it | reads the queue |
//! | drop of an end | the count of that kind; the last one closes the queue |
//! | the message for a place that a `select` has found | nothing if nobody has run since then and nobody waits for it; otherwise it writes the queue |
//! | the receive of a message that has a place and is not there | waits for it |

use std::sync::{Arc, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};

use super::clock::{NEVER, nanos};
use super::context::{name_of, with_kernel};
use super::instant::Instant;
use super::object::Handle;
use super::perform::perform;
use super::select::{Changes, Entering, Port, Taken, Waiter, orders_by, select, tell_changes};
use crate::engine::ledger::{Clockwork, Got, Ledger, Message, Owed, Side, Wait};
use crate::kernel::{Class, ObjectId, Op, Sync, UNBOUNDED};
use crate::raw::{Manner, Patience, RawEnd, RawInlet, RawMpmc, RawOutlet, Refusal, Times, Token};

/// What is kept with a message that is owed.
#[derive(Default)]
pub(crate) struct Debt(StdMutex<DebtState>);

#[derive(Default)]
struct DebtState {
    /// The object whose clock orders what is sent before what is received.
    clock: Option<ObjectId>,
    /// The gate of the one who waits for it.
    awaited: Option<Handle>,
}

impl Debt {
    fn peek(&self) -> StdMutexGuard<'_, DebtState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Book<T> = Ledger<T, Waiter, Debt, u64>;

/// What the ends of a channel share.
pub(crate) struct Mpmc<T> {
    object: Handle,
    /// What drops of ends touch, of each kind: which of them is the last depends on their order. None if no sender can be.
    counts: Option<[Handle; 2]>,
    bound: Option<usize>,
    clockwork: bool,
    /// One task runs at a time, so this lock is never waited for.
    book: StdMutex<Book<T>>,
}

/// One of the sending ends; dropping the last closes the channel.
pub(crate) struct Outlet<T>(Arc<Mpmc<T>>);

/// One of the receiving ends; dropping the last closes the channel.
pub(crate) struct Inlet<T>(Arc<Mpmc<T>>);

impl<T> Mpmc<T> {
    fn peek(&self) -> StdMutexGuard<'_, Book<T>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> String {
        self.object.live().map(name_of).unwrap_or_default()
    }

    #[track_caller]
    fn len(&self, verb: &'static str) -> usize {
        let id = self.object.id();
        let mut op = Op::new(verb, id, Class::Read);
        if let Some(clock) = with_kernel(|k| k.clock.as_ref().map(|c| c.object)).filter(|_| self.clockwork) {
            op = op.and(clock, Class::Read);
        }
        perform(op, |step| {
            let len = self.peek().len(now());
            step.sync(Sync::None);
            step.value(|| len as u64);
            step.tell(|| {
                let name = name_of(id);
                match verb {
                    "is_empty" => format!("{name} is empty ➜ {}", len == 0),
                    "is_full" => format!("{name} is full ➜ {}", Some(len) == self.bound),
                    _ => format!("{verb} of {name} ➜ {len}"),
                }
            });
            len
        })
    }

    /// One of its ends is gone.
    #[track_caller]
    fn drop_end(&self, side: Side) {
        let (Some(id), Some(counts)) = (self.object.live(), self.counts) else {
            return;
        };
        let (end, verb) = match side {
            Side::Send => ("sender", "drop sender"),
            Side::Recv => ("receiver", "drop receiver"),
        };
        let Some(count) = counts[side as usize].live() else {
            return;
        };
        let rest = perform(Op::new(verb, count, Class::Write).and(id, Class::Close), |step| {
            let mut book = self.peek();
            let rest = book.drops(side);
            let changes = book.changes(now());
            drop(book);
            // Before that, there was the end that is left, or the one that it is a clone of.
            if rest.is_none() {
                step.is_too_early_for(1);
            }
            tell_changes(&mut step.accesses, changes);
            step.tell(|| {
                let which = if rest.is_some() { "the last" } else { "a" };
                format!("drop {which} {end} of {}", name_of(id))
            });
            rest
        });
        // Dropping a message may run operations of the program: outside the step.
        drop(rest);
    }
}

/// The virtual time.
fn now() -> u64 {
    with_kernel(|k| k.now)
}

const ALONE: Manner = Manner {
    biased: true,
    looks: false,
};

impl<T> RawMpmc<T> for Mpmc<T> {
    type Outlet = Outlet<T>;
    type Inlet = Inlet<T>;
    type Instant = Instant;

    fn open(bound: Option<usize>) -> (Outlet<T>, Inlet<T>) {
        let shared = Arc::new(Mpmc {
            object: Handle::new("channel"),
            counts: Some([Handle::new("senders"), Handle::new("receivers")]),
            bound,
            clockwork: false,
            book: StdMutex::new(Ledger::new(bound, None)),
        });
        (Outlet(Arc::clone(&shared)), Inlet(shared))
    }

    fn clockwork(
        times: Times<Instant>,
        message: impl Fn(Instant) -> T + Send + std::marker::Sync + 'static,
    ) -> Inlet<T> {
        let every = times.every.map(nanos);
        let clockwork = Clockwork {
            next: times.first.map(|first| first.0).filter(|first| *first < NEVER),
            after: Box::new(move |due: u64, now: u64| every.map(|every| due.max(now).saturating_add(every))),
            message: Box::new(move |due| message(Instant(due))),
        };
        Inlet(Arc::new(Mpmc {
            object: Handle::new("channel"),
            counts: None,
            bound: Some(usize::from(times.first.is_some())),
            clockwork: true,
            book: StdMutex::new(Ledger::new(None, Some(clockwork))),
        }))
    }
}

macro_rules! end {
    ($end:ident, $side:expr) => {
        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                // Who clones holds such an end, so no other task can tell when it happened.
                self.0.peek().clones($side);
                $end(Arc::clone(&self.0))
            }
        }

        impl<T> RawEnd for $end<T> {
            fn set_name(&self, name: &str) {
                self.0.object.set_name(name);
            }

            fn len(&self, verb: &'static str) -> usize {
                self.0.len(verb)
            }

            fn bound(&self) -> Option<usize> {
                self.0.bound
            }

            fn is_of_same(&self, other: &Self) -> bool {
                let is_silent = |channel: &Mpmc<T>| channel.clockwork && channel.bound == Some(0);
                Arc::ptr_eq(&self.0, &other.0) || is_silent(&self.0) && is_silent(&other.0)
            }
        }

        impl<T> Drop for $end<T> {
            fn drop(&mut self) {
                self.0.drop_end($side);
            }
        }
    };
}

end!(Outlet, Side::Send);
end!(Inlet, Side::Recv);

impl<T> RawOutlet<T> for Outlet<T> {
    /// Nanoseconds of the virtual clock.
    type Deadline = u64;

    fn send(&self, message: T, patience: Patience<u64>) -> Result<(), (T, Refusal)> {
        let verb = match patience {
            Patience::Tries => "try_send",
            _ => "send",
        };
        let loaded = Loaded {
            channel: &self.0,
            message: StdMutex::new(Some(message)),
        };
        let done = select(&[&loaded], patience, ALONE, Some(verb));
        let refusal = match done {
            None => Refusal::Busy,
            Some((_, token)) => match self.0.peek().gives(token.number) {
                Some(Got::Disconnected) => Refusal::Disconnected,
                _ => return Ok(()),
            },
        };
        let message = loaded.message.into_inner().unwrap_or_else(PoisonError::into_inner);
        Err((message.expect("what is not sent stays"), refusal))
    }

    fn send_selected(&self, token: Token, message: T) -> Result<(), T> {
        let owed = match self.0.peek().gives(token.number) {
            Some(Got::Place(owed)) => owed,
            _ => return Err(message),
        };
        let clock = owed.with.peek().clock;
        let publishes = |owed: &Owed<T, Debt>| {
            owed.pay(message);
            if let Some(clock) = clock {
                orders_by(clock, Class::Wake);
            }
        };
        let is_awaited = owed.with.peek().awaited.is_some();
        if !is_awaited && with_kernel(|k| k.log.len() == token.at && k.nested == 0) {
            publishes(&owed);
            return Ok(());
        }
        let id = self.0.object.id();
        let mut op = Op::new("send", id, Class::Write);
        if let Some(clock) = clock.filter(|clock| *clock != id) {
            op = op.and(clock, Class::Write);
        }
        perform(op, |step| {
            step.sync(Sync::None);
            publishes(&owed);
            if let Some(awaited) = owed.with.peek().awaited {
                step.add(awaited.id(), Class::Arm);
            }
            step.tell(|| format!("the message to {} is there", name_of(id)));
        });
        Ok(())
    }
}

impl<T> RawInlet<T> for Inlet<T> {
    /// Nanoseconds of the virtual clock.
    type Deadline = u64;

    fn recv(&self, patience: Patience<u64>) -> Result<T, Refusal> {
        let verb = match patience {
            Patience::Tries => "try_recv",
            _ => "recv",
        };
        match select(&[self], patience, ALONE, Some(verb)) {
            None => Err(Refusal::Busy),
            Some((_, token)) => self.recv_selected(token).ok_or(Refusal::Disconnected),
        }
    }

    fn recv_selected(&self, token: Token) -> Option<T> {
        let got = self.0.peek().gives(token.number);
        let owed = match got {
            Some(Got::Message(Message::Here(value))) => return Some(value),
            Some(Got::Message(Message::Owed(owed))) => owed,
            _ => return None,
        };
        let learns = || {
            if let Some(clock) = owed.with.peek().clock {
                orders_by(clock, Class::Park);
            }
        };
        if owed.is_paid() {
            learns();
            return owed.take();
        }
        let gate = Handle::new("message");
        gate.set_name(&format!("the message from {}", self.0.name()));
        owed.with.peek().awaited = Some(gate);
        perform(Op::new("recv", gate.id(), Class::Tick { fires: 0 }), |step| {
            step.sync(Sync::None);
            learns();
            step.tell(|| format!("the message from {} has come", self.0.name()));
            owed.take()
        })
    }
}

/// A message, and where it is to be sent to.
struct Loaded<'a, T> {
    channel: &'a Mpmc<T>,
    /// While it is here. Only one task has it.
    message: StdMutex<Option<T>>,
}

impl<T> Loaded<'_, T> {
    fn unload(&self) -> Message<T, Debt> {
        let message = self.message.lock().unwrap_or_else(PoisonError::into_inner).take();
        Message::Here(message.expect("a message is sent once"))
    }

    fn load(&self, message: Message<T, Debt>) {
        if let Message::Here(value) = message {
            *self.message.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        }
    }
}

/// What the ports of one direction have in common.
macro_rules! port {
    ($self:ident, $channel:expr, $side:expr) => {
        fn id(&$self) -> ObjectId {
            $channel.object.id()
        }

        fn side(&$self) -> Side {
            $side
        }

        fn hands_over(&$self) -> bool {
            $channel.bound == Some(0) && !$channel.clockwork
        }

        fn is_clockwork(&$self) -> bool {
            $channel.clockwork
        }

        fn due(&$self) -> Option<u64> {
            $channel.peek().due()
        }

        fn classes(&$self) -> [Class; 3] {
            if $channel.bound == Some(0) || $channel.clockwork {
                return [Class::Write, Class::Write, Class::Read];
            }
            match $side {
                Side::Recv => [Class::Pop, Class::TryPop, Class::PopFail],
                Side::Send => {
                    let capacity = $channel.bound.map_or(UNBOUNDED, |bound| u32::try_from(bound).unwrap_or(UNBOUNDED));
                    // Who does not wait announces no capacity.
                    [Class::Push { capacity }, Class::Push { capacity: UNBOUNDED }, Class::Read]
                }
            }
        }

        fn is_ready(&$self, me: Option<&Arc<Waiter>>) -> bool {
            $channel.peek().is_ready($side, me, now())
        }

        fn changes(&$self) -> Changes {
            $channel.peek().changes(now())
        }

        fn gives_up(&$self, token: u64) {
            $channel.peek().keeps(token, Got::Disconnected);
        }

        fn told(&$self, verb: Option<&str>) -> String {
            let (own, to) = match $side {
                Side::Send => ("send", "to"),
                Side::Recv => ("recv", "from"),
            };
            format!("{} {to} {}", verb.unwrap_or(own), $channel.name())
        }

        fn busy(&$self) -> &'static str {
            match $side {
                Side::Send => "full",
                Side::Recv => "empty",
            }
        }
    };
}

impl<T> Port for Loaded<'_, T> {
    port! { self, self.channel, Side::Send }

    fn take(&self, token: u64, me: Option<&Arc<Waiter>>) -> Taken {
        let mut book = self.channel.peek();
        let (partner, disconnected) = match book.send(self.unload(), me) {
            Ok(partner) => (partner, false),
            Err((message, _)) => {
                self.load(message);
                book.keeps(token, Got::Disconnected);
                (None, true)
            }
        };
        Taken {
            disconnected,
            changes: book.changes(now()),
            partner,
        }
    }

    fn enters(&self, entering: &Entering<'_>) -> Changes {
        let mut book = self.channel.peek();
        let parcel = entering.pairs.then(|| self.unload());
        let Entering {
            waiter,
            index,
            token,
            pairs,
        } = *entering;
        book.enters(Side::Send, Wait::new(waiter, index, token, pairs, parcel));
        book.changes(now())
    }

    fn leaves(&self, waiter: &Arc<Waiter>) -> Changes {
        let mut book = self.channel.peek();
        if let Some(message) = book.leaves(Side::Send, waiter) {
            self.load(message);
        }
        book.changes(now())
    }
}

impl<T> Port for Outlet<T> {
    port! { self, self.0, Side::Send }

    fn take(&self, token: u64, me: Option<&Arc<Waiter>>) -> Taken {
        let mut book = self.0.peek();
        let owed = Owed::new(Debt::default());
        let (partner, disconnected) = match book.send(Message::Owed(Arc::clone(&owed)), me) {
            Ok(partner) => {
                let clock = partner.as_ref().map(|partner| partner.id());
                owed.with.peek().clock = clock.or_else(|| self.0.object.live());
                book.keeps(token, Got::Place(owed));
                (partner, false)
            }
            Err(_) => {
                book.keeps(token, Got::Disconnected);
                (None, true)
            }
        };
        Taken {
            disconnected,
            changes: book.changes(now()),
            partner,
        }
    }

    fn enters(&self, entering: &Entering<'_>) -> Changes {
        let mut book = self.0.peek();
        let Entering {
            waiter,
            index,
            token,
            pairs,
        } = *entering;
        let parcel = pairs.then(|| {
            let owed = Owed::new(Debt::default());
            owed.with.peek().clock = Some(waiter.id());
            Message::Owed(owed)
        });
        book.enters(Side::Send, Wait::new(waiter, index, token, pairs, parcel));
        book.changes(now())
    }

    fn leaves(&self, waiter: &Arc<Waiter>) -> Changes {
        let mut book = self.0.peek();
        book.leaves(Side::Send, waiter);
        book.changes(now())
    }
}

impl<T> Port for Inlet<T> {
    port! { self, self.0, Side::Recv }

    fn take(&self, token: u64, me: Option<&Arc<Waiter>>) -> Taken {
        let mut book = self.0.peek();
        let (got, partner) = match book.recv(me, now()) {
            Ok((message, partner)) => (Got::Message(message), partner),
            Err(_) => (Got::Disconnected, None),
        };
        let disconnected = matches!(got, Got::Disconnected);
        book.keeps(token, got);
        Taken {
            disconnected,
            changes: book.changes(now()),
            partner,
        }
    }

    fn enters(&self, entering: &Entering<'_>) -> Changes {
        let mut book = self.0.peek();
        let Entering {
            waiter,
            index,
            token,
            pairs,
        } = *entering;
        book.enters(Side::Recv, Wait::new(waiter, index, token, pairs, None));
        book.changes(now())
    }

    fn leaves(&self, waiter: &Arc<Waiter>) -> Changes {
        let mut book = self.0.peek();
        book.leaves(Side::Recv, waiter);
        book.changes(now())
    }
}
