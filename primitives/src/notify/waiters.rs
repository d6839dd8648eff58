//! The list of those who wait.

use std::task::Waker;

use crate::sync::{Mutex, mutex};

/// Names a place on the list; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(usize);

/// Those who wait, oldest first. A place that is gone from the list has been notified: only
/// [`wake_all`](Self::wake_all) takes places off that still have an owner.
pub(super) struct Waiters(Mutex<List>);

struct List {
    next: usize,
    waiting: Vec<(Ticket, Waker)>,
}

impl Waiters {
    #[track_caller]
    pub(super) fn new() -> Self {
        let list = List {
            next: 0,
            waiting: Vec::new(),
        };
        Waiters(mutex("waiters", list, |list| match list.waiting.len() {
            0 => "nobody".to_owned(),
            n => format!("{n} waiting"),
        }))
    }

    /// Adds a place, unless `late` says under the lock that there is nothing left to wait for.
    #[track_caller]
    pub(super) fn register(&self, waker: &Waker, late: impl FnOnce() -> bool) -> Option<Ticket> {
        let mut list = self.0.lock().expect("nothing panics under this lock");
        if late() {
            return None;
        }
        let ticket = Ticket(list.next);
        list.next += 1;
        list.waiting.push((ticket, waker.clone()));
        Some(ticket)
    }

    /// Whether the place has been notified; if not, `waker` is the one to wake from now on.
    #[track_caller]
    pub(super) fn is_notified(&self, ticket: Ticket, waker: &Waker) -> bool {
        let mut list = self.0.lock().expect("nothing panics under this lock");
        match list.waiting.iter_mut().find(|(other, _)| *other == ticket) {
            Some((_, old)) => {
                old.clone_from(waker);
                false
            }
            None => true,
        }
    }

    /// Takes everybody off the list, then wakes them without the lock: a waker is foreign code.
    #[track_caller]
    pub(super) fn wake_all(&self) {
        let woken = std::mem::take(&mut self.0.lock().expect("nothing panics under this lock").waiting);
        for (_, waker) in woken {
            waker.wake();
        }
    }

    /// Takes one place off the list: its future is gone.
    #[track_caller]
    pub(super) fn remove(&self, ticket: Ticket) {
        // A destructor does not panic, not even beside a panic of somebody else.
        let mut list = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        list.waiting.retain(|(other, _)| *other != ticket);
    }
}
