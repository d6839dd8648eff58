//! [`BatchSemaphore`]: permits, several at a time, for threads and async tasks.
//!
//! What is free and who waits is looked at and changed in one step, to which belongs that somebody is woken: a call of
//! [`selvedge::opaque_call`].
//!
//! | | strictly fair | unfair |
//! |---|---|---|
//! | a request finds enough permits | takes them if nobody waits who must not be passed, or if it may overtake | takes them, unless somebody has reserved |
//! | a release | gives to those who wait, in order | wakes all who could go on, and they race |

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::block_on;
use crate::execution;

/// Who is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// First come, first served.
    StrictlyFair,
    /// Whoever comes at the right time.
    Unfair,
}

/// Why there was nothing to be had at once.
#[derive(Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// The semaphore is closed.
    Closed,
    /// There are too few permits.
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryAcquireError::Closed => "semaphore closed",
            TryAcquireError::NoPermits => "no permits available",
        })
    }
}

impl Error for TryAcquireError {}

/// The semaphore is closed.
#[derive(Debug)]
pub struct AcquireError(());

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl Error for AcquireError {}

/// How a request stands to those that wait already, where first come is first served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priority {
    /// Behind them.
    Back,
    /// Behind them, and others may pass that need less.
    Bypassable,
    /// In front of them: it holds permits, which they wait for.
    Front,
}

/// A request that waits.
#[derive(Debug)]
struct Waiter {
    /// Which request.
    key: u64,
    permits: usize,
    /// Permits with which it can do something: take them, or reserve.
    least: usize,
    priority: Priority,
    waker: Waker,
}

#[derive(Debug)]
struct State {
    /// Permits that are free, also if they are kept for somebody.
    free: usize,
    closed: bool,
    waiters: VecDeque<Waiter>,
    /// Who takes what is free as soon as that is enough, before all others; only if unfair.
    reserved: Option<Waiter>,
    /// Requests that have been given their permits, and have not seen it yet.
    granted: Vec<u64>,
    next: u64,
    /// The execution that this is of, and the name that the semaphore has in it.
    execution: u64,
    name: String,
}

/// Whom an operation wakes.
type Wakers = Vec<Waker>;

impl State {
    const fn new(free: usize) -> State {
        State {
            free,
            closed: false,
            waiters: VecDeque::new(),
            reserved: None,
            granted: Vec::new(),
            next: 0,
            execution: 0,
            name: String::new(),
        }
    }

    fn available(&self) -> usize {
        match self.reserved {
            Some(_) => 0,
            None => self.free,
        }
    }

    /// Takes permits for a request that does not wait yet.
    fn take(&mut self, permits: usize, fairness: Fairness, priority: Priority) -> Result<(), TryAcquireError> {
        if self.closed {
            return Err(TryAcquireError::Closed);
        }
        let passes = priority == Priority::Front
            || fairness == Fairness::Unfair
            || self
                .waiters
                .iter()
                .all(|waiter| waiter.priority == Priority::Bypassable);
        if permits > self.available() || !passes && permits > 0 {
            return Err(TryAcquireError::NoPermits);
        }
        self.free -= permits;
        Ok(())
    }

    /// Gives what is free to those who wait, in order.
    fn grant(&mut self) -> Wakers {
        let mut wakers = Wakers::new();
        let mut at = 0;
        while let Some(waiter) = self.waiters.get(at) {
            if waiter.permits <= self.free {
                self.free -= waiter.permits;
                self.granted.push(waiter.key);
                wakers.extend(self.waiters.remove(at).map(|waiter| waiter.waker));
            } else if waiter.priority == Priority::Bypassable {
                at += 1;
            } else {
                break;
            }
        }
        wakers
    }

    /// Wakers of those who could go on.
    fn ready(&self) -> Wakers {
        let ready = match &self.reserved {
            Some(holder) => Some(holder)
                .filter(|holder| holder.permits <= self.free)
                .into_iter()
                .collect(),
            None => self
                .waiters
                .iter()
                .filter(|waiter| waiter.least <= self.free)
                .collect::<Vec<_>>(),
        };
        ready.into_iter().map(|waiter| waiter.waker.clone()).collect()
    }

    /// There may be more to be had.
    fn serve(&mut self, fairness: Fairness) -> Wakers {
        match fairness {
            Fairness::StrictlyFair => self.grant(),
            Fairness::Unfair => self.ready(),
        }
    }

    /// Takes a request out of those that wait.
    fn remove(&mut self, key: u64) -> Option<Waiter> {
        if self.reserved.as_ref().is_some_and(|holder| holder.key == key) {
            return self.reserved.take();
        }
        let at = self.waiters.iter().position(|waiter| waiter.key == key)?;
        self.waiters.remove(at)
    }
}

/// Permits, several at a time.
#[derive(Debug)]
pub struct BatchSemaphore {
    state: Mutex<State>,
    permits: usize,
    fairness: Fairness,
    place: &'static Location<'static>,
    name: Option<String>,
}

impl BatchSemaphore {
    /// A semaphore with so many permits.
    #[track_caller]
    pub fn new(permits: usize, fairness: Fairness) -> BatchSemaphore {
        let semaphore = BatchSemaphore::const_new(permits, fairness);
        // It is named after who has made it, not after who uses it first.
        drop(semaphore.state());
        semaphore
    }

    /// A semaphore with so many permits, also in a static: that has all of them in each execution.
    #[track_caller]
    pub const fn const_new(permits: usize, fairness: Fairness) -> BatchSemaphore {
        BatchSemaphore {
            state: Mutex::new(State::new(permits)),
            permits,
            fairness,
            place: Location::caller(),
            name: None,
        }
    }

    /// Its name in traces.
    pub(crate) fn named(mut self, name: &str) -> BatchSemaphore {
        self.name = Some(name.to_owned());
        self.state().name = name.to_owned();
        self
    }

    /// The state in this execution. Nobody keeps it beyond an operation.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let execution = execution::number();
        if state.execution != execution {
            *state = State::new(self.permits);
            state.execution = execution;
            state.name = match &self.name {
                Some(name) => name.clone(),
                None => execution::name("BatchSemaphore", self.place),
            };
        }
        state
    }

    /// One operation. Whom it wakes belongs to it.
    #[track_caller]
    fn operate<R>(&self, verb: &'static str, f: impl FnOnce(&mut State) -> (R, Wakers)) -> R {
        let name = self.state().name.clone();
        selvedge::opaque_call(&name, verb, || {
            let (result, wakers) = f(&mut self.state());
            wakers.into_iter().for_each(Waker::wake);
            result
        })
    }

    /// Permits that are free; none if they are kept for somebody.
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        self.operate("available_permits", |state| (state.available(), Wakers::new()))
    }

    /// Whether it is closed.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        self.operate("is_closed", |state| (state.closed, Wakers::new()))
    }

    /// Closes it: there are no more permits, and whoever waits is told.
    #[track_caller]
    pub fn close(&self) {
        self.operate("close", |state| {
            state.closed = true;
            let waiters = mem::take(&mut state.waiters).into_iter().chain(state.reserved.take());
            ((), waiters.map(|waiter| waiter.waker).collect())
        });
    }

    /// [`close`](Self::close).
    #[track_caller]
    pub fn close_no_scheduling_point(&self) {
        self.close();
    }

    /// Takes so many permits, if they are free.
    ///
    /// # Errors
    /// When they are not, or others wait for them, or it is closed.
    #[track_caller]
    pub fn try_acquire(&self, permits: usize) -> Result<(), TryAcquireError> {
        self.operate("try_acquire", |state| {
            (state.take(permits, self.fairness, Priority::Back), Wakers::new())
        })
    }

    /// Waits for so many permits.
    #[track_caller]
    pub fn acquire(&self, permits: usize) -> Acquire<'_> {
        Acquire::new(self, permits, Priority::Back, None)
    }

    /// Waits for so many permits, and lets others pass meanwhile that need less.
    #[track_caller]
    pub fn acquire_bypassable(&self, permits: usize) -> Acquire<'_> {
        Acquire::new(self, permits, Priority::Bypassable, None)
    }

    /// Waits for so many permits, as a thread does.
    ///
    /// # Errors
    /// When it is closed.
    #[track_caller]
    pub fn acquire_blocking(&self, permits: usize) -> Result<(), AcquireError> {
        block_on(self.acquire(permits))
    }

    /// Waits for so many permits. As soon as `least` are free, all are kept for this request until it has its own.
    ///
    /// # Panics
    /// When the semaphore is fair, when it asks for none, or for fewer than `least`.
    #[track_caller]
    pub fn acquire_reserving(&self, least: usize, permits: usize) -> Acquire<'_> {
        assert_eq!(
            self.fairness,
            Fairness::Unfair,
            "only an unfair semaphore supports reservations"
        );
        assert!(
            permits > 0 && least <= permits,
            "a reservation is for at least one permit, and begins with at most as many"
        );
        Acquire::new(self, permits, Priority::Back, Some(least))
    }

    /// Gives so many permits back.
    #[track_caller]
    pub fn release(&self, permits: usize) {
        self.operate("release", |state| {
            state.free += permits;
            ((), state.serve(self.fairness))
        });
    }

    fn missing(held: usize, wanted: usize) -> usize {
        assert!(held > 0 && wanted > held, "an upgrade is from some permits to more");
        wanted - held
    }

    /// Waits for the permits that are missing, in front of all others: who holds some must not wait for who waits for these.
    ///
    /// # Panics
    /// When none are held, or none are missing.
    #[track_caller]
    pub fn upgrade(&self, held: usize, wanted: usize) -> Acquire<'_> {
        let missing = Self::missing(held, wanted);
        match self.fairness {
            Fairness::StrictlyFair => Acquire::new(self, missing, Priority::Front, None),
            Fairness::Unfair => Acquire::new(self, missing, Priority::Back, Some(0)),
        }
    }

    /// Takes the permits that are missing, if they are free.
    ///
    /// # Errors
    /// When they are not, or it is closed.
    ///
    /// # Panics
    /// When none are held, or none are missing.
    #[track_caller]
    pub fn try_upgrade(&self, held: usize, wanted: usize) -> Result<(), TryAcquireError> {
        let missing = Self::missing(held, wanted);
        self.operate("try_upgrade", |state| {
            (state.take(missing, self.fairness, Priority::Front), Wakers::new())
        })
    }
}

impl Default for BatchSemaphore {
    #[track_caller]
    fn default() -> BatchSemaphore {
        BatchSemaphore::new(0, Fairness::StrictlyFair)
    }
}

/// Waits for permits; made by [`BatchSemaphore::acquire`] and its kin.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a> {
    semaphore: &'a BatchSemaphore,
    permits: usize,
    priority: Priority,
    /// Permits with which it reserves.
    reserves: Option<usize>,
    /// Which one, while it waits.
    key: Option<u64>,
}

impl<'a> Acquire<'a> {
    fn new(semaphore: &'a BatchSemaphore, permits: usize, priority: Priority, reserves: Option<usize>) -> Self {
        Acquire {
            semaphore,
            permits,
            priority,
            reserves,
            key: None,
        }
    }

    /// Takes the permits, or waits.
    fn attempt(&mut self, state: &mut State, waker: &Waker) -> (Poll<Result<(), AcquireError>>, Wakers) {
        let fairness = self.semaphore.fairness;
        if let Some(key) = self.key
            && let Some(at) = state.granted.iter().position(|granted| *granted == key)
        {
            state.granted.swap_remove(at);
            self.key = None;
            return (Poll::Ready(Ok(())), Wakers::new());
        }
        if state.closed {
            self.key = None;
            return (Poll::Ready(Err(AcquireError(()))), Wakers::new());
        }
        let mut waiting = self.key.and_then(|key| {
            let mut waiting = state.waiters.iter_mut().chain(&mut state.reserved);
            waiting.find(|waiter| waiter.key == key)
        });
        if let Some(waiter) = &mut waiting {
            waiter.waker.clone_from(waker);
        }
        if waiting.is_some() && fairness == Fairness::StrictlyFair {
            return (Poll::Pending, Wakers::new());
        }
        let before = self.key.take().and_then(|key| {
            let holds = state.reserved.as_ref().is_some_and(|holder| holder.key == key);
            state.remove(key).map(|waiter| (waiter, holds))
        });
        let held = before.as_ref().is_some_and(|(_, holds)| *holds);
        if state.take(self.permits, fairness, self.priority).is_ok() {
            // What was kept for this one may be enough for others.
            let wakers = if held { state.ready() } else { Wakers::new() };
            return (Poll::Ready(Ok(())), wakers);
        }
        let waiter = before.map_or_else(
            || {
                state.next += 1;
                Waiter {
                    key: state.next,
                    permits: self.permits,
                    least: self.reserves.unwrap_or(self.permits),
                    priority: self.priority,
                    waker: waker.clone(),
                }
            },
            |(waiter, _)| waiter,
        );
        self.key = Some(waiter.key);
        let reserves = self.reserves.is_some_and(|least| least <= state.free) && state.reserved.is_none();
        if held || reserves {
            state.reserved = Some(waiter);
        } else if self.priority == Priority::Front {
            state.waiters.push_front(waiter);
        } else {
            state.waiters.push_back(waiter);
        }
        (Poll::Pending, Wakers::new())
    }
}

impl Future for Acquire<'_> {
    type Output = Result<(), AcquireError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let semaphore = this.semaphore;
        semaphore.operate("acquire", |state| this.attempt(state, cx.waker()))
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        self.semaphore.operate("gives up", |state| {
            if let Some(at) = state.granted.iter().position(|granted| *granted == key) {
                state.granted.swap_remove(at);
                state.free += self.permits;
            } else if state.remove(key).is_none() {
                return ((), Wakers::new());
            }
            ((), state.serve(self.semaphore.fairness))
        });
    }
}
