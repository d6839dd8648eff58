//! The lock of `parking_lot` 0.12 as a machine of states, and all that programs over it can do.
//!
//! A writer first takes the bit of writers, which nobody may have, nor an upgradable reader be there; then it waits until no reader
//! is left. An upgradable reader that upgrades becomes a writer at once and waits likewise. While the bit is set nobody becomes a
//! reader. Time passes when nobody can do anything else.

use std::collections::BTreeSet;

use super::{BUSY, How, Kind, Op, note, written};

/// What all tasks have seen at the end, or nothing if they wait for ever.
pub(crate) type End = Option<Vec<u64>>;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct Task {
    next: usize,
    hand: Vec<Kind>,
    seen: u64,
    /// When its timed attempt ends that has begun.
    deadline: Option<u64>,
    /// It has the bit of writers, and waits for readers.
    excludes: bool,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
struct State {
    readers: u32,
    upgradable: bool,
    writer: bool,
    value: u64,
    now: u64,
    tasks: Vec<Task>,
}

impl State {
    fn release(&mut self, kind: Kind) {
        match kind {
            Kind::Read => self.readers -= 1,
            Kind::Upgradable => self.upgradable = false,
            Kind::Write => self.writer = false,
        }
    }

    /// What a task sees that has just got a guard or changed it.
    fn sees(&mut self, me: usize) {
        let Some(kind) = self.tasks[me].hand.last() else { return };
        if *kind == Kind::Write {
            self.value = written(self.value, me as u64);
        }
        self.tasks[me].seen = note(self.tasks[me].seen, self.value);
    }

    /// It goes on with its next operation.
    fn done(mut self, me: usize) -> Self {
        let task = &mut self.tasks[me];
        (task.next, task.deadline, task.excludes) = (task.next + 1, None, false);
        self
    }

    fn in_vain(mut self, me: usize) -> Self {
        self.tasks[me].seen = note(self.tasks[me].seen, BUSY);
        self
    }

    /// The state after the next step of a task, if it can take one.
    fn step(&self, me: usize, ops: &[Op]) -> Option<State> {
        let mut next = self.clone();
        let task = &self.tasks[me];
        let Some(op) = ops.get(task.next) else {
            // At the end it gives back all that it has, the latest first.
            let kind = next.tasks[me].hand.pop()?;
            next.release(kind);
            return Some(next);
        };
        let top = task.hand.last().copied();
        let gives_up = |how| match how {
            How::Waits => false,
            How::Tries => true,
            How::For(_) => task.deadline.is_some_and(|deadline| deadline <= self.now),
        };
        match (*op, top) {
            (Op::Take(_, How::For(time)), _) | (Op::Upgrade(How::For(time)), Some(Kind::Upgradable))
                if task.deadline.is_none() =>
            {
                next.tasks[me].deadline = Some(self.now + time);
                return Some(next);
            }
            (Op::Take(Kind::Read, how), _) => match self.writer {
                false => {
                    next.readers += 1;
                    next.tasks[me].hand.push(Kind::Read);
                    next.sees(me);
                }
                true if gives_up(how) => next = next.in_vain(me),
                true => return None,
            },
            (Op::Take(Kind::Upgradable, how), _) => match self.writer || self.upgradable {
                false => {
                    next.upgradable = true;
                    next.tasks[me].hand.push(Kind::Upgradable);
                    next.sees(me);
                }
                true if gives_up(how) => next = next.in_vain(me),
                true => return None,
            },
            (Op::Take(Kind::Write, how), _) if task.excludes => match self.readers > 0 {
                false => {
                    next.tasks[me].hand.push(Kind::Write);
                    next.sees(me);
                }
                true if gives_up(how) => {
                    next.writer = false;
                    next = next.in_vain(me);
                }
                true => return None,
            },
            (Op::Take(Kind::Write, How::Tries), _) => match self.writer || self.upgradable || self.readers > 0 {
                false => {
                    next.writer = true;
                    next.tasks[me].hand.push(Kind::Write);
                    next.sees(me);
                }
                true => next = next.in_vain(me),
            },
            (Op::Take(Kind::Write, how), _) => match self.writer || self.upgradable {
                false => {
                    next.writer = true;
                    next.tasks[me].excludes = true;
                    return Some(next);
                }
                true if gives_up(how) => next = next.in_vain(me),
                true => return None,
            },
            (Op::Upgrade(How::Tries), Some(Kind::Upgradable)) if self.readers > 0 => {
                next = next.in_vain(me);
                next.sees(me);
            }
            (Op::Upgrade(_), Some(Kind::Upgradable)) if !task.excludes => {
                (next.upgradable, next.writer) = (false, true);
                next.tasks[me].excludes = true;
                return Some(next);
            }
            (Op::Upgrade(how), Some(Kind::Upgradable)) => match self.readers > 0 {
                false => {
                    next.tasks[me].hand.pop();
                    next.tasks[me].hand.push(Kind::Write);
                    next.sees(me);
                }
                true if gives_up(how) => {
                    (next.upgradable, next.writer) = (true, false);
                    next = next.in_vain(me);
                    next.sees(me);
                }
                true => return None,
            },
            (Op::Downgrade, Some(kind @ (Kind::Upgradable | Kind::Write))) => {
                next.tasks[me].hand.pop();
                next.release(kind);
                next.readers += 1;
                next.tasks[me].hand.push(Kind::Read);
                next.sees(me);
            }
            (Op::Lower, Some(Kind::Write)) => {
                next.tasks[me].hand.pop();
                next.release(Kind::Write);
                next.upgradable = true;
                next.tasks[me].hand.push(Kind::Upgradable);
                next.sees(me);
            }
            (Op::Drop, Some(kind)) => {
                next.tasks[me].hand.pop();
                next.release(kind);
                next.sees(me);
            }
            (Op::Look(exclusively), _) => {
                let locked = self.writer || !exclusively && (self.upgradable || self.readers > 0);
                next.tasks[me].seen = note(task.seen, u64::from(locked));
            }
            _ => next.sees(me),
        }
        Some(next.done(me))
    }

    fn is_over(&self, programs: &[Vec<Op>]) -> bool {
        let over = |(task, ops): (&Task, &Vec<Op>)| task.next >= ops.len() && task.hand.is_empty();
        self.tasks.iter().zip(programs).all(over)
    }

    /// What can come next.
    fn nexts(&self, programs: &[Vec<Op>]) -> Vec<State> {
        let steps = programs.iter().enumerate().filter_map(|(me, ops)| self.step(me, ops));
        let steps: Vec<State> = steps.collect();
        if !steps.is_empty() {
            return steps;
        }
        let deadline = self.tasks.iter().filter_map(|task| task.deadline).min();
        let later = |now| State { now, ..self.clone() };
        deadline.filter(|at| *at > self.now).map(later).into_iter().collect()
    }
}

/// All ends of these tasks.
pub(crate) fn ends(programs: &[Vec<Op>]) -> BTreeSet<End> {
    let begin = State {
        tasks: vec![Task::default(); programs.len()],
        ..State::default()
    };
    let (mut known, mut open, mut ends) = (BTreeSet::from([begin.clone()]), vec![begin], BTreeSet::new());
    while let Some(state) = open.pop() {
        let nexts = state.nexts(programs);
        if nexts.is_empty() {
            let seen = || state.tasks.iter().map(|task| task.seen).collect();
            ends.insert(state.is_over(programs).then(seen));
        }
        for next in nexts {
            if known.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    ends
}
