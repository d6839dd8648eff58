//! The list of entries that stands behind a lock in [`mutex`](super::mutex) and [`single`](super::single).

use std::cell::Cell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Waker;

/// The slot of a queue that keeps its entries itself. The address is the identity: the slot is pinned,
/// and removed before it goes away, so no two registered slots ever share it.
#[derive(Debug, Default)]
pub struct Place {
    /// Only [`single::Anonymous`](super::single::Anonymous) wants to know: it was the only one when it came.
    pub(super) came_alone: Cell<bool>,
}

/// Names a registered slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(usize);

impl Identity {
    pub(super) fn of(slot: Pin<&Place>) -> Self {
        Identity(std::ptr::from_ref(slot.get_ref()).addr())
    }
}

/// A registration.
pub(super) struct Entry {
    pub(super) who: Identity,
    pub(super) waker: Waker,
}

impl Entry {
    pub(super) fn new(slot: Pin<&Place>, waker: &Waker) -> Self {
        Entry {
            who: Identity::of(slot),
            waker: waker.clone(),
        }
    }

    /// Makes `waker` the one to call. Gives back the other one.
    pub(super) fn refresh(&mut self, waker: &Waker) -> Option<Waker> {
        (!self.waker.will_wake(waker)).then(|| std::mem::replace(&mut self.waker, waker.clone()))
    }
}

/// Registrations, oldest first. Whatever leaves the list is handed out, so that the caller can wake or drop it
/// *after* unlocking: both run foreign code, which may well come back here.
#[derive(Default)]
pub(super) struct List(VecDeque<Entry>);

/// What a look for one's own entry found.
pub(super) enum Found {
    /// It is there and has the new waker. The old one may be dropped.
    Waiting { _old: Option<Waker> },
    /// Somebody has taken it off.
    Gone,
}

impl List {
    pub(super) fn push(&mut self, entry: Entry) {
        self.0.push_back(entry);
    }

    pub(super) fn pop(&mut self) -> Option<Waker> {
        self.0.pop_front().map(|entry| entry.waker)
    }

    pub(super) fn take_all(&mut self) -> Vec<Waker> {
        self.0.drain(..).map(|entry| entry.waker).collect()
    }

    pub(super) fn refresh(&mut self, who: Identity, waker: &Waker) -> Found {
        match self.0.iter_mut().find(|entry| entry.who == who) {
            Some(entry) => Found::Waiting {
                _old: entry.refresh(waker),
            },
            None => Found::Gone,
        }
    }

    pub(super) fn remove(&mut self, who: Identity) -> Option<Entry> {
        let position = self.0.iter().position(|entry| entry.who == who)?;
        self.0.remove(position)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn show(&self) -> String {
        match self.0.len() {
            0 => "nobody".to_owned(),
            n => format!("{n} waiting"),
        }
    }
}
