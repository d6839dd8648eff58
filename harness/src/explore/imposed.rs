//! Executions at random in which some events are held back until others have happened, and some branches are chosen.

use std::collections::BTreeMap;

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::events::{EventName, Sort, events_of};
use crate::kernel::{Candidate, Choice, Entry, Kernel, ObjectId, Pick, Strategy, TaskId, Ways};

/// What an execution is made to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    /// The one event waits until the other one has happened.
    Holds { late: EventName, until: EventName },
    /// A `choose` takes this arm, or any other one.
    Chooses { event: EventName, arm: u32, takes: bool },
}

pub(crate) struct Imposed {
    rules: Vec<Rule>,
    rng: Pcg64Mcg,
    /// How often each task has done something to each object, as far as the log has been read.
    counts: BTreeMap<(Option<ObjectId>, TaskId, Sort), u32>,
    read: usize,
}

impl Imposed {
    pub(crate) fn new(rules: Vec<Rule>, seed: u64) -> Self {
        Imposed {
            rules,
            rng: Pcg64Mcg::seed_from_u64(seed),
            counts: BTreeMap::new(),
            read: 0,
        }
    }

    fn read(&mut self, kernel: &Kernel) {
        for entry in &kernel.log[self.read..] {
            match entry {
                Entry::Choice {
                    task, asked: Some(_), ..
                } => {
                    *self.counts.entry((None, *task, Sort::Operation)).or_default() += 1;
                }
                Entry::Step(step) => {
                    for (access, sort) in events_of(step) {
                        *self.counts.entry((Some(access.object), step.task, sort)).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
        self.read = kernel.log.len();
    }

    fn count(&self, name: EventName) -> u32 {
        let key = (name.object, name.task, name.sort);
        self.counts.get(&key).copied().unwrap_or_default()
    }

    /// Whether what the task is about to do has to wait.
    fn is_held(&self, kernel: &Kernel, candidate: &Candidate) -> bool {
        let accesses = &kernel.pending_op(candidate.index).accesses;
        self.rules.iter().any(|rule| match rule {
            Rule::Holds { late, until } => {
                let does = |late: &EventName| {
                    let next = |class| Sort::of(class) == Some(late.sort) && self.count(*late) + 1 == late.nth;
                    late.task == candidate.task
                        && accesses.iter().any(|a| Some(a.object) == late.object && next(a.class))
                };
                does(late) && self.count(*until) < until.nth
            }
            Rule::Chooses { .. } => false,
        })
    }
}

impl Strategy for Imposed {
    fn begin(&mut self) -> bool {
        self.counts.clear();
        self.read = 0;
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.read(choice.kernel);
        let free: Vec<usize> = (choice.enabled.iter())
            .filter(|candidate| !self.is_held(choice.kernel, candidate))
            .map(|candidate| candidate.index)
            .collect();
        match free.len() {
            // Nothing that is asked for can follow.
            0 => Pick::Redundant,
            number => Pick::Task(free[(self.rng.next_u64() % number as u64) as usize]),
        }
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.read(kernel);
        let nth = self
            .counts
            .get(&(None, task, Sort::Operation))
            .copied()
            .unwrap_or_default()
            + 1;
        let drawn = (self.rng.next_u64() % u64::from(arms)) as u32;
        let rule = self.rules.iter().find_map(|rule| match *rule {
            Rule::Chooses { event, arm, takes } if event.task == task && event.nth == nth => Some((arm, takes)),
            _ => None,
        });
        Ok(match rule {
            Some((arm, true)) if arm < arms => arm,
            Some((arm, false)) if drawn == arm => (drawn + 1) % arms,
            _ => drawn,
        })
    }

    fn way(&mut self, _kernel: &Kernel, _task: TaskId, _object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        Ok(Some((self.rng.next_u64() % ways.open.len() as u64) as u32))
    }

    fn end(&mut self, _kernel: &Kernel) {}
}
