//! The steps of an execution so far, known by a name that every equivalent order of them has: a configuration of an event
//! structure (Nielsen, Plotkin and Winskel, "Petri Nets, Event Structures and Domains", 1981).
//!
//! An event is a step or a choice with all that happens before it. It has a number, the same in every execution, which is found
//! with the numbers of the last events of each task before it: these have theirs in the same way, so one number says all of
//! the past. The last events of all tasks then say which steps there have been, and in which order those that do not commute.
//! A program does the same after the same configuration.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::kernel::{Access, Class, Entry, ObjectId, Past as Clock, TaskId, join};

/// What an event is known by: its task, its arm if it is a choice, its verb, and the last event of each task before it; 0 where
/// there is none.
type Event = (TaskId, Option<u32>, &'static str, Vec<u32>);

/// The numbers of events, over many executions, from 1.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<Event, u32>);

impl Numbers {
    fn of(&mut self, event: Event) -> u32 {
        let next = self.0.len() as u32 + 1;
        *self.0.entry(event).or_insert(next)
    }
}

/// An execution as it goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configuration {
    /// Entries of the log that have been looked at.
    read: usize,
    /// What each task knows.
    clocks: Vec<Clock>,
    /// The numbers of the events of each task.
    events: Vec<Vec<u32>>,
    /// Of each object the last access of each task in each class, but for those that come before a later one with whatever does
    /// not commute with them.
    touched: BTreeMap<ObjectId, Vec<(TaskId, Class, Rc<Clock>)>>,
}

impl Configuration {
    /// Goes on to the end of the log.
    pub(crate) fn read(&mut self, log: &[Entry], numbers: &mut Numbers) {
        for entry in &log[self.read.min(log.len())..] {
            match entry {
                Entry::Spawn { parent, child } => {
                    let clock = self.clock(*parent).clone();
                    *self.clock(*child) = clock;
                }
                Entry::Join { task, target } => {
                    let clock = self.clock(*target).clone();
                    join(self.clock(*task), &clock);
                }
                Entry::Choice { task, arm, .. } => self.event(*task, Some(*arm), "", &[], numbers),
                Entry::Step(step) => self.event(step.task, None, step.verb, &step.accesses, numbers),
                Entry::Barrier { .. } => {
                    let mut all = Clock::new();
                    for clock in &self.clocks {
                        join(&mut all, clock);
                    }
                    self.clocks.fill(all);
                }
            }
        }
        self.read = log.len();
    }

    /// The last event of each task: the name of the configuration.
    pub(crate) fn name(&self) -> Vec<u32> {
        let last = self.events.iter().map(|events| events.last().copied().unwrap_or(0));
        let mut name: Vec<u32> = last.collect();
        while name.last() == Some(&0) {
            name.pop();
        }
        name
    }

    /// What was known by one number is known by the other from here on.
    pub(crate) fn renumber(&mut self, from: ObjectId, to: ObjectId) {
        if let Some(touched) = self.touched.remove(&from) {
            self.touched.entry(to).or_default().extend(touched);
        }
    }

    fn clock(&mut self, task: TaskId) -> &mut Clock {
        let at = task.0 as usize;
        if self.clocks.len() <= at {
            self.clocks.resize(at + 1, Clock::new());
            self.events.resize(at + 1, Vec::new());
        }
        &mut self.clocks[at]
    }

    fn event(
        &mut self,
        task: TaskId,
        arm: Option<u32>,
        verb: &'static str,
        accesses: &[Access],
        numbers: &mut Numbers,
    ) {
        let mut clock = std::mem::take(self.clock(task));
        for access in accesses {
            for (_, class, known) in self.touched.get(&access.object).into_iter().flatten() {
                if !class.commutes(access.class) {
                    join(&mut clock, known);
                }
            }
        }
        let last = |(task, &known): (usize, &u32)| match known {
            0 => 0,
            known => self.events[task][known as usize - 1],
        };
        let past = clock.iter().enumerate().map(last).collect();
        let number = numbers.of((task, arm, verb, past));
        let at = task.0 as usize;
        if clock.len() <= at {
            clock.resize(at + 1, 0);
        }
        clock[at] += 1;
        self.events[at].push(number);
        let known = Rc::new(clock.clone());
        for &Access { object, class } in accesses {
            let touched = self.touched.entry(object).or_default();
            touched.retain(|&(of, earlier, _)| !class.covers(earlier) && (of, earlier) != (task, class));
            touched.push((task, class, Rc::clone(&known)));
        }
        *self.clock(task) = clock;
    }
}
