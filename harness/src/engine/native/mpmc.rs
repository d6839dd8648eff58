//! A channel with many ends of both kinds on real threads. All such channels stand behind one lock, so that who chooses between several
//! of them looks at them together, and whoever changes one of them wakes all who wait: this is for a few threads that are tested.

use std::marker::Sync as StdSync;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as StdInstant};

use super::instant::Instant;
use crate::engine::current::assert_native;
use crate::engine::ledger::{Clockwork, Got, Ledger, Message, Owed, Side, Wait, Waits};
use crate::raw::{Manner, Patience, RawEnd, RawInlet, RawInstant, RawMpmc, RawOutlet, Refusal, Times, Token};

/// The lock of all channels. It is taken before that of a book, which therefore nobody waits for.
static CHANNELS: Mutex<()> = Mutex::new(());
static CHANGED: Condvar = Condvar::new();

fn lock() -> MutexGuard<'static, ()> {
    assert_native();
    CHANNELS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that waits.
#[derive(Default)]
pub(crate) struct Waiter(Mutex<Option<usize>>);

impl Waiter {
    fn decided(&self) -> MutexGuard<'_, Option<usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waits for Waiter {
    fn is_decided(&self) -> bool {
        self.decided().is_some()
    }

    fn decide(&self, index: usize) {
        *self.decided() = Some(index);
    }
}

type Book<T> = Ledger<T, Waiter, (), Instant>;

/// What the ends of a channel share.
pub(crate) struct Mpmc<T> {
    bound: Option<usize>,
    clockwork: bool,
    book: Mutex<Book<T>>,
}

impl<T> Mpmc<T> {
    fn peek(&self) -> MutexGuard<'_, Book<T>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_end(&self, side: Side) {
        // Messages are dropped without the lock.
        let rest = {
            let _lock = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
            self.peek().drops(side)
        };
        CHANGED.notify_all();
        drop(rest);
    }
}

/// One of the sending ends; dropping the last closes the channel.
pub(crate) struct Outlet<T>(Arc<Mpmc<T>>);

/// One of the receiving ends; dropping the last closes the channel.
pub(crate) struct Inlet<T>(Arc<Mpmc<T>>);

impl<T> RawMpmc<T> for Mpmc<T> {
    type Outlet = Outlet<T>;
    type Inlet = Inlet<T>;
    type Instant = Instant;

    fn open(bound: Option<usize>) -> (Outlet<T>, Inlet<T>) {
        let shared = Arc::new(Mpmc {
            bound,
            clockwork: false,
            book: Mutex::new(Ledger::new(bound, None)),
        });
        (Outlet(Arc::clone(&shared)), Inlet(shared))
    }

    fn clockwork(times: Times<Instant>, message: impl Fn(Instant) -> T + Send + StdSync + 'static) -> Inlet<T> {
        let every = times.every;
        let clockwork = Clockwork {
            next: times.first,
            after: Box::new(move |due: Instant, now: Instant| due.max(now).checked_add(every?)),
            message: Box::new(message),
        };
        Inlet(Arc::new(Mpmc {
            bound: Some(usize::from(times.first.is_some())),
            clockwork: true,
            book: Mutex::new(Ledger::new(None, Some(clockwork))),
        }))
    }
}

macro_rules! end {
    ($end:ident, $side:expr) => {
        impl<T> Clone for $end<T> {
            fn clone(&self) -> Self {
                self.0.peek().clones($side);
                $end(Arc::clone(&self.0))
            }
        }

        impl<T> RawEnd for $end<T> {
            fn set_name(&self, _: &str) {}

            fn len(&self, _: &'static str) -> usize {
                let _lock = lock();
                self.0.peek().len(Instant::now())
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

const ALONE: Manner = Manner {
    biased: true,
    looks: false,
};

impl<T> RawOutlet<T> for Outlet<T> {
    type Deadline = Duration;

    fn send(&self, message: T, patience: Patience<Duration>) -> Result<(), (T, Refusal)> {
        // A place first, and then the message: nobody receives it before it is there.
        let Some((_, token)) = select(&[self], patience, ALONE) else {
            return Err((message, Refusal::Busy));
        };
        let sent = self.send_selected(token, message);
        sent.map_err(|message| (message, Refusal::Disconnected))
    }

    fn send_selected(&self, token: Token, message: T) -> Result<(), T> {
        let lock = lock();
        let got = self.0.peek().gives(token.number);
        let Some(Got::Place(owed)) = got else {
            return Err(message);
        };
        owed.pay(message);
        drop(lock);
        CHANGED.notify_all();
        Ok(())
    }
}

impl<T> RawInlet<T> for Inlet<T> {
    type Deadline = Duration;

    fn recv(&self, patience: Patience<Duration>) -> Result<T, Refusal> {
        let Some((_, token)) = select(&[self], patience, ALONE) else {
            return Err(Refusal::Busy);
        };
        self.recv_selected(token).ok_or(Refusal::Disconnected)
    }

    fn recv_selected(&self, token: Token) -> Option<T> {
        let mut lock = lock();
        let got = self.0.peek().gives(token.number);
        match got {
            Some(Got::Message(Message::Here(value))) => Some(value),
            Some(Got::Message(Message::Owed(owed))) => loop {
                if let Some(value) = owed.take() {
                    return Some(value);
                }
                lock = CHANGED.wait(lock).unwrap_or_else(PoisonError::into_inner);
            },
            _ => None,
        }
    }
}

/// An operation that a thread may do.
pub(crate) trait Port {
    fn due(&self) -> Option<Instant>;
    fn is_ready(&self, me: &Arc<Waiter>) -> bool;
    /// Does it.
    fn take(&self, token: u64, me: &Arc<Waiter>);
    fn enters(&self, waiter: &Arc<Waiter>, index: usize, token: u64, pairs: bool);
    fn leaves(&self, waiter: &Arc<Waiter>);
}

impl<T> Port for Outlet<T> {
    fn due(&self) -> Option<Instant> {
        None
    }

    fn is_ready(&self, me: &Arc<Waiter>) -> bool {
        self.0.peek().is_ready(Side::Send, Some(me), Instant::now())
    }

    fn take(&self, token: u64, me: &Arc<Waiter>) {
        let owed = Owed::new(());
        let mut book = self.0.peek();
        let got = match book.send(Message::Owed(Arc::clone(&owed)), Some(me)) {
            Ok(_) => Got::Place(owed),
            Err(_) => Got::Disconnected,
        };
        book.keeps(token, got);
    }

    fn enters(&self, waiter: &Arc<Waiter>, index: usize, token: u64, pairs: bool) {
        let parcel = pairs.then(|| Message::Owed(Owed::new(())));
        let wait = Wait::new(waiter, index, token, pairs, parcel);
        self.0.peek().enters(Side::Send, wait);
    }

    fn leaves(&self, waiter: &Arc<Waiter>) {
        self.0.peek().leaves(Side::Send, waiter);
    }
}

impl<T> Port for Inlet<T> {
    fn due(&self) -> Option<Instant> {
        self.0.peek().due()
    }

    fn is_ready(&self, me: &Arc<Waiter>) -> bool {
        self.0.peek().is_ready(Side::Recv, Some(me), Instant::now())
    }

    fn take(&self, token: u64, me: &Arc<Waiter>) {
        let mut book = self.0.peek();
        let got = match book.recv(Some(me), Instant::now()) {
            Ok((message, _)) => Got::Message(message),
            Err(_) => Got::Disconnected,
        };
        book.keeps(token, got);
    }

    fn enters(&self, waiter: &Arc<Waiter>, index: usize, token: u64, pairs: bool) {
        let wait = Wait::new(waiter, index, token, pairs, None);
        self.0.peek().enters(Side::Recv, wait);
    }

    fn leaves(&self, waiter: &Arc<Waiter>) {
        self.0.peek().leaves(Side::Recv, waiter);
    }
}

/// Does one of several operations as soon as one is ready. Nothing, if that was not possible in time.
pub(crate) fn select(ports: &[&dyn Port], patience: Patience<Duration>, manner: Manner) -> Option<(usize, Token)> {
    static TOKENS: AtomicU64 = AtomicU64::new(0);
    static TURNS: AtomicUsize = AtomicUsize::new(0);
    // Ordering: Relaxed; nothing but the numbers counts.
    let number = TOKENS.fetch_add(1, Ordering::Relaxed);
    let token = Token { number, at: 0 };
    let end = match patience {
        // What is later than the clock can tell never comes.
        Patience::Until(left) => StdInstant::now().checked_add(left),
        Patience::Waits | Patience::Tries => None,
    };
    let me = Arc::new(Waiter::default());
    let leave = || ports.iter().for_each(|port| port.leaves(&me));
    let mut lock = lock();
    let mut waits = false;
    loop {
        if let Some(index) = *me.decided() {
            leave();
            return Some((index, token));
        }
        let ready: Vec<usize> = (0..ports.len()).filter(|&index| ports[index].is_ready(&me)).collect();
        if !ready.is_empty() {
            leave();
            let turn = match manner.biased {
                true => 0,
                // Ordering: Relaxed; as above.
                false => TURNS.fetch_add(1, Ordering::Relaxed) % ready.len(),
            };
            if !manner.looks {
                ports[ready[turn]].take(number, &me);
            }
            CHANGED.notify_all();
            return Some((ready[turn], token));
        }
        let now = StdInstant::now();
        if matches!(patience, Patience::Tries) || end.is_some_and(|end| end <= now) {
            leave();
            return None;
        }
        if !waits {
            waits = true;
            for (index, port) in ports.iter().enumerate() {
                port.enters(&me, index, number, !manner.looks);
            }
            // Somebody may wait until somebody waits.
            CHANGED.notify_all();
        }
        let dues = ports.iter().filter_map(|port| port.due()).map(Instant::into_std);
        lock = match dues.chain(end).min() {
            None => CHANGED.wait(lock).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let waited = CHANGED.wait_timeout(lock, until.saturating_duration_since(now));
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}
