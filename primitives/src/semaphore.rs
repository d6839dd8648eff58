//! A fair semaphore: permits go to whoever asked first, and `acquire(n)` gets its `n` at once.
//!
//! A queue of waiters that are merely *woken* cannot be fair, because somebody else may come by first. So the
//! permits are assigned under the lock, to the front of the line, and a waiter that is off the line has them:
//!
//! | a request is | its permits are | becomes |
//! |---|---|---|
//! | on the line | not set aside | granted, when it is the first and enough are free |
//! | granted (off the line, not polled yet) | set aside for it | a [`Permit`] when polled; dropped, it gives them back |
//! | a [`Permit`] | in use | dropped, it gives them back |
//!
//! Whatever changes the front of the line or the number of free permits ends with the same look, "can the first
//! go on now?" (`grant`). Two of these are easy to forget, and [`Cancellation`] has a name for each: a granted request that is dropped
//! must give back what it never had in hand ([`KeepsGrant`]), and when the first of the line gives up, the
//! second may be content with what was too little for the first ([`SkipsNext`]).

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::sync::{Mutex, MutexGuard, mutex};

/// What happens when a request is dropped. There to show what the care is worth.
pub trait Cancellation: 'static {
    /// A granted request gives its permits back.
    const GIVES_BACK: bool;
    /// When the first of the line gives up, the next is looked at.
    const LOOKS_AT_NEXT: bool;
}

/// Both.
#[derive(Debug)]
pub struct Careful;

/// **Broken**: a request that is granted and dropped takes its permits along.
#[derive(Debug)]
pub struct KeepsGrant;

/// **Broken**: when the first of the line is dropped, nobody looks whether the next can go on.
#[derive(Debug)]
pub struct SkipsNext;

impl Cancellation for Careful {
    const GIVES_BACK: bool = true;
    const LOOKS_AT_NEXT: bool = true;
}

impl Cancellation for KeepsGrant {
    const GIVES_BACK: bool = false;
    const LOOKS_AT_NEXT: bool = true;
}

impl Cancellation for SkipsNext {
    const GIVES_BACK: bool = true;
    const LOOKS_AT_NEXT: bool = false;
}

/// A number of permits. See the module documentation.
pub struct Semaphore<C = Careful> {
    state: Mutex<State>,
    cancellation: PhantomData<C>,
}

#[derive(Default)]
struct State {
    free: usize,
    /// Invariant, whenever the lock is free: the first of the line wants more than are free.
    line: VecDeque<Request>,
    /// The number of the next request.
    next: u64,
}

struct Request {
    number: u64,
    wanted: usize,
    waker: Waker,
}

impl State {
    /// Assigns permits to the front of the line for as long as they last. Those who are to be woken, once the
    /// lock is free again.
    fn grant(&mut self) -> Vec<Waker> {
        let mut granted = Vec::new();
        while self.line.front().is_some_and(|first| first.wanted <= self.free) {
            let first = self.line.pop_front().expect("there is a first");
            self.free -= first.wanted;
            granted.push(first.waker);
        }
        granted
    }

    fn show(&self) -> String {
        match self.line.len() {
            0 => format!("{} free", self.free),
            n => format!("{} free, {n} waiting", self.free),
        }
    }
}

impl Semaphore {
    /// `permits` permits to begin with.
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        Semaphore::with_cancellation(permits)
    }
}

impl<C: Cancellation> Semaphore<C> {
    /// As [`new`](Semaphore::new), for any [`Cancellation`].
    #[track_caller]
    pub fn with_cancellation(permits: usize) -> Self {
        let state = State {
            free: permits,
            ..State::default()
        };
        Semaphore {
            state: mutex("semaphore", state, State::show),
            cancellation: PhantomData,
        }
    }

    /// Nothing panics while the state is being changed, so a poisoned one is whole.
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits for `permits` permits, behind all who asked before. The future can be dropped at any time.
    pub fn acquire(&self, permits: usize) -> Acquire<'_, C> {
        Acquire {
            semaphore: self,
            wanted: permits,
            progress: Progress::New,
        }
    }

    /// Takes `permits` permits if that makes nobody wait longer who asked before.
    #[track_caller]
    pub fn try_acquire(&self, permits: usize) -> Option<Permit<'_, C>> {
        let mut state = self.lock();
        if !state.line.is_empty() || state.free < permits {
            return None;
        }
        state.free -= permits;
        drop(state);
        Some(Permit {
            semaphore: self,
            permits,
        })
    }

    /// Adds permits.
    #[track_caller]
    pub fn add_permits(&self, permits: usize) {
        let granted = {
            let mut state = self.lock();
            state.free += permits;
            state.grant()
        };
        granted.into_iter().for_each(Waker::wake);
    }

    /// How many permits are neither in use nor set aside.
    #[track_caller]
    pub fn available(&self) -> usize {
        self.lock().free
    }
}

impl<C> fmt::Debug for Semaphore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

/// A request for permits.
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct Acquire<'a, C: Cancellation = Careful> {
    semaphore: &'a Semaphore<C>,
    wanted: usize,
    progress: Progress,
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    /// Not polled yet.
    New,
    /// On the line under this number, or granted.
    Asked(u64),
    /// Its permits are a [`Permit`]'s.
    Done,
}

impl<'a, C: Cancellation> Future for Acquire<'a, C> {
    type Output = Permit<'a, C>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Permit<'a, C>> {
        let semaphore = self.semaphore;
        let wanted = self.wanted;
        let waker = cx.waker();
        let mut state = semaphore.lock();
        match self.progress {
            Progress::New if state.line.is_empty() && wanted <= state.free => state.free -= wanted,
            Progress::New => {
                let number = state.next;
                state.next += 1;
                state.line.push_back(Request {
                    number,
                    wanted,
                    waker: waker.clone(),
                });
                drop(state);
                self.progress = Progress::Asked(number);
                return Poll::Pending;
            }
            Progress::Asked(number) => {
                if let Some(request) = state.line.iter_mut().find(|request| request.number == number) {
                    let old =
                        (!request.waker.will_wake(waker)).then(|| std::mem::replace(&mut request.waker, waker.clone()));
                    // A waker is dropped without the lock: it is foreign code.
                    drop(state);
                    drop(old);
                    return Poll::Pending;
                }
            }
            Progress::Done => panic!("this future has given its permits already"),
        }
        drop(state);
        self.progress = Progress::Done;
        Poll::Ready(Permit {
            semaphore,
            permits: wanted,
        })
    }
}

impl<C: Cancellation> Drop for Acquire<'_, C> {
    fn drop(&mut self) {
        let Progress::Asked(number) = self.progress else {
            return;
        };
        let mut state = self.semaphore.lock();
        let position = state.line.iter().position(|request| request.number == number);
        let given_up = position.and_then(|position| state.line.remove(position));
        if given_up.is_none() && C::GIVES_BACK {
            state.free += self.wanted;
        }
        let granted = if given_up.is_none() || C::LOOKS_AT_NEXT {
            state.grant()
        } else {
            Vec::new()
        };
        drop(state);
        drop(given_up);
        granted.into_iter().for_each(Waker::wake);
    }
}

/// Permits in use; dropping it gives them back.
#[must_use = "dropped, it gives its permits back at once"]
#[derive(Debug)]
pub struct Permit<'a, C: Cancellation = Careful> {
    semaphore: &'a Semaphore<C>,
    permits: usize,
}

impl<C: Cancellation> Permit<'_, C> {
    /// Keeps the permits out for good.
    pub fn forget(mut self) {
        self.permits = 0;
    }
}

impl<C: Cancellation> Drop for Permit<'_, C> {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.add_permits(self.permits);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn poll<'a>(acquire: Pin<&mut Acquire<'a>>) -> Poll<Permit<'a>> {
        acquire.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn requests_are_granted_in_order_even_if_a_later_one_would_fit() {
        let semaphore = Semaphore::new(1);
        let mut two = pin!(semaphore.acquire(2));
        let mut one = pin!(semaphore.acquire(1));
        assert!(poll(two.as_mut()).is_pending());
        assert!(poll(one.as_mut()).is_pending());
        assert!(semaphore.try_acquire(1).is_none());
        semaphore.add_permits(1);
        assert!(poll(one.as_mut()).is_pending());
        drop(poll(two.as_mut()));
        assert!(poll(one).is_ready());
        assert_eq!(semaphore.available(), 2);
    }

    #[test]
    fn a_first_that_gives_up_lets_the_next_go_on() {
        let semaphore = Semaphore::new(1);
        let mut two = Box::pin(semaphore.acquire(2));
        let mut one = pin!(semaphore.acquire(1));
        assert!(poll(two.as_mut()).is_pending());
        assert!(poll(one.as_mut()).is_pending());
        drop(two);
        assert!(poll(one).is_ready());
    }

    #[test]
    fn a_granted_request_that_is_dropped_gives_back() {
        let semaphore = Semaphore::new(0);
        let mut request = Box::pin(semaphore.acquire(3));
        assert!(poll(request.as_mut()).is_pending());
        semaphore.add_permits(3);
        assert_eq!(semaphore.available(), 0);
        drop(request);
        assert_eq!(semaphore.available(), 3);
    }

    #[test]
    fn forgotten_permits_stay_out() {
        let semaphore = Semaphore::new(2);
        semaphore.try_acquire(1).expect("one is free").forget();
        assert_eq!(semaphore.available(), 1);
    }
}
