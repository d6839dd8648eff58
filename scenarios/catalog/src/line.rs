//! A line of tasks that wait, each with a place in it.

use std::collections::VecDeque;
use std::task::Waker;

/// A place in a [`Line`], never given twice.
pub type Place = u64;

/// Wakers in the order in which they came.
#[derive(Default)]
pub struct Line {
    given: Place,
    waiting: VecDeque<(Place, Waker)>,
}

impl Line {
    /// Waits at `place`, or at the end of the line if that is not in it any more.
    pub fn wait(&mut self, place: Option<Place>, waker: &Waker) -> Place {
        let known = self.waiting.iter_mut().find(|(p, _)| Some(*p) == place);
        if let Some((place, old)) = known {
            old.clone_from(waker);
            return *place;
        }
        self.given += 1;
        self.waiting.push_back((self.given, waker.clone()));
        self.given
    }

    /// Whether nobody stands before `place`, or before a newcomer.
    pub fn is_first(&self, place: Option<Place>) -> bool {
        self.waiting.front().is_none_or(|(first, _)| Some(*first) == place)
    }

    /// Leaves the line; false for one that was not in it any more.
    pub fn leave(&mut self, place: Option<Place>) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|(p, _)| Some(*p) != place);
        self.waiting.len() < before
    }

    /// The first in the line, who stays there.
    pub fn first(&self) -> Option<Waker> {
        self.waiting.front().map(|(_, waker)| waker.clone())
    }

    /// The first in the line, who leaves it.
    pub fn pop(&mut self) -> Option<Waker> {
        self.waiting.pop_front().map(|(_, waker)| waker)
    }
}
