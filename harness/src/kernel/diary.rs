//! What the running execution has chosen so far, in memory that outlives the process.
//!
//! A program may end its process without a word: `exit`, an abort, a signal. So every choice is noted where somebody can
//! still read it then, a page of a file that is mapped into memory. A note is one store, and nothing is written by a call.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::numbering::Facts;

/// The words of a page, each a `u32`.
const RUNS: usize = 0;
const EXECUTION: usize = 1;
const FACTS: usize = 3;
const USED: usize = 4;
const NOTES: usize = 5;

/// Set in the note of an arm, which the number of arms follows.
const ARM: u32 = 1 << 31;

/// A page of the file, and who writes to it. What it holds is read by another process, and only once this one is gone, so
/// its order is that of the program.
#[derive(Debug)]
pub(crate) struct Diary {
    page: &'static [AtomicU32],
    /// Whether somebody writes to the page.
    taken: &'static AtomicBool,
    used: usize,
    executions: u64,
}

/// What a diary tells of an execution that did not come to its end.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) execution: u64,
    pub(crate) facts: Facts,
    pub(crate) notes: Vec<Note>,
}

/// A choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// The task of this number in the execution took a step.
    Step(u32),
    Arm {
        arm: u32,
        of: u32,
    },
}

impl Diary {
    /// A diary on a page that was taken for it, and that it gives back.
    pub(crate) fn new(page: &'static [AtomicU32], taken: &'static AtomicBool) -> Self {
        Diary {
            page,
            taken,
            used: 0,
            executions: 0,
        }
    }

    // Ordering: Relaxed; see `page`.
    fn set(&self, at: usize, word: u32) {
        if let Some(place) = self.page.get(at) {
            place.store(word, Ordering::Relaxed);
        }
    }

    pub(super) fn begin(&mut self, facts: Facts) {
        self.executions += 1;
        self.used = 0;
        self.set(USED, 0);
        self.set(EXECUTION, self.executions as u32);
        self.set(EXECUTION + 1, (self.executions >> 32) as u32);
        self.set(FACTS, facts.bits());
        self.set(RUNS, 1);
    }

    /// The execution is over, and what comes next is no part of it.
    pub(crate) fn end(&self) {
        self.set(RUNS, 0);
    }

    /// What says whether an execution runs, for others who give it up.
    pub(crate) fn runs(&self) -> Option<&'static AtomicU32> {
        self.page.get(RUNS)
    }

    /// Notes a choice; nothing, when the page is full.
    pub(super) fn note(&mut self, note: Note) {
        let words = match note {
            Note::Step(task) => [Some(task), None],
            Note::Arm { arm, of } => [Some(ARM | arm), Some(of)],
        };
        if NOTES + self.used + 2 > self.page.len() {
            return;
        }
        for word in words.into_iter().flatten() {
            self.set(NOTES + self.used, word);
            self.used += 1;
        }
        self.set(USED, self.used as u32);
    }

    /// What another process has left on its page, if it was in an execution.
    pub(crate) fn read(page: &[u32]) -> Option<Told> {
        if *page.get(RUNS)? != 1 {
            return None;
        }
        let execution = u64::from(page[EXECUTION]) | u64::from(page[EXECUTION + 1]) << 32;
        let mut words = page.get(NOTES..NOTES + page[USED] as usize)?.iter();
        let mut notes = Vec::new();
        while let Some(&word) = words.next() {
            notes.push(if word & ARM == 0 {
                Note::Step(word)
            } else {
                let (arm, of) = (word & !ARM, *words.next()?);
                Note::Arm { arm, of }
            });
        }
        Some(Told {
            execution,
            facts: Facts::of_bits(page[FACTS]),
            notes,
        })
    }
}

impl Drop for Diary {
    fn drop(&mut self) {
        // A process that exits drops what belongs to its OS thread first: the execution still runs then.
        if self.runs().is_some_and(|runs| runs.load(Ordering::Relaxed) == 1) {
            return;
        }
        // Ordering: Release; pairs with the Acquire of whoever takes it, so that the next notes come after the last of these.
        self.taken.store(false, Ordering::Release);
    }
}
