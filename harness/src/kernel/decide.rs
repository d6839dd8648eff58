//! The decision: which task goes on, when the clock moves, when and how an execution ends.

use std::task::Waker;

use super::log::{Blocked, End, Entry};
use super::op::{Access, Accesses, Class, Op};
use super::state::{Decision, Drain, Kernel};
use super::task::{Candidate, Pending, Task, Touched};

/// Operations that the destructors of one task may do after the end of an execution.
const LAST_OPERATIONS: u32 = 100_000;

/// Rounds in which nobody can go on but tasks that yield and look at nothing that the kernel knows.
const BLIND_ROUNDS: u32 = 1_000;

/// Steps of an execution after the search has cut it short.
const DRAINING_STEPS: usize = 1_000;

/// The words for a loop that does nothing the kernel knows.
pub(crate) fn goes_round_and_round(names: &str) -> String {
    format!(
        "{names} goes round and round without an operation of selvedge: what it waits for cannot change meanwhile, and the \
         clock moves only when no task can go on"
    )
}

impl Kernel {
    /// Whether the pending operation of a task may run, and whether only because its deadline is over.
    pub(super) fn admitted(&self, task: &Task, op: &Op) -> Option<bool> {
        if let Some(Access {
            class: Class::Changed, ..
        }) = op.accesses.first()
        {
            let waits = |touched: &Touched| op.accesses.iter().any(|a| touched.is_waited_for(a));
            let changed = |touched: &Touched| touched.is_changed(&self.looks_like(touched.object));
            let changed = task.spin.last.iter().any(|touched| waits(touched) && changed(touched));
            let admits = |a: &Access| a.class == Class::Changed || self.object(a.object).gate.admits(a.class);
            return (changed && op.accesses.iter().all(admits)).then_some(false);
        }
        let late = op.deadline.is_some_and(|d| d <= self.now);
        let mut by_deadline = false;
        for (i, access) in op.accesses.iter().enumerate() {
            if !access.class.blocks() || self.object(access.object).gate.admits(access.class) {
                continue;
            }
            // A deadline waives the first condition only: a timed wait still has to get its lock back.
            if i == 0 && late {
                by_deadline = true;
            } else {
                return None;
            }
        }
        Some(by_deadline)
    }

    /// Whether an operation could run at once, without waiting for anybody.
    pub(crate) fn admits_now(&self, op: &Op) -> bool {
        self.admitted(&self.tasks[self.current], op).is_some()
    }

    /// The engine's one decision. Everything that commutes with all else runs at once, in the order of
    /// creation; the strategy is asked only where there is something to choose.
    pub(crate) fn decide(&mut self) -> Decision {
        // Only this thread writes it, so there is no need for a read-modify-write.
        self.decisions += 1;
        self.progress.reach(self.decisions);
        if let Pending::Exited = self.tasks[self.current].pending {
            let current = self.current;
            self.yielding.retain(|&mut index| index != current);
        }
        loop {
            if self.ending.is_some() {
                return self.decide_ending();
            }
            if self.drain.is_some() {
                match self.decide_drain() {
                    Some(decision) => return decision,
                    None => continue,
                }
            }
            if let Some(index) = self.next_invisible() {
                self.tasks[index].pending = Pending::Running;
                self.current = index;
                self.in_step = false;
                return Decision::Run(index);
            }
            self.enabled.clear();
            for &index in &self.living {
                let task = &self.tasks[index];
                if let Pending::Op(op) = &task.pending
                    && self.admitted(task, op).is_some()
                {
                    self.enabled.push(Candidate { task: task.id, index });
                }
            }
            if !self.enabled.is_empty() {
                self.note_who_waits();
                // The clock last: a strategy without a reason to choose otherwise lets the program go on.
                if let Some(at) = self.enabled.iter().position(|c| self.is_clock(c.index)) {
                    self.enabled[at..].rotate_left(1);
                }
                match self.next_in_turn() {
                    Some(decision) => return decision,
                    None if self.ending.is_some() || self.drain.is_some() => continue,
                    None => return Decision::Ask,
                }
            }
            let is_over = self.living().all(|t| !t.attached);
            if self.waits_for_gate() || self.looks_at_the_wrong_object(is_over) {
                self.end(End::Redundant);
                continue;
            }
            if is_over {
                self.end(End::Complete);
                continue;
            }
            if let Some(wakers) = self.advance_clock() {
                if wakers.is_empty() {
                    continue;
                }
                return Decision::Fire(wakers);
            }
            if !self.release_spinners() {
                self.end(End::Deadlock);
            }
        }
    }

    /// A task whose next move commutes with everything: its first step, a join of a task that has
    /// exited, the end of a sleep.
    pub(super) fn next_invisible(&mut self) -> Option<usize> {
        let index = self
            .living
            .iter()
            .copied()
            .find(|&index| match self.tasks[index].pending {
                Pending::Start => true,
                Pending::Join { target } => matches!(self.tasks[target].pending, Pending::Exited),
                Pending::Sleep { deadline } => deadline <= self.now,
                _ => false,
            })?;
        self.tasks[index].moved_in = self.rounds.number;
        if let Pending::Join { target } = self.tasks[index].pending {
            self.log.push(Entry::Join {
                task: self.tasks[index].id,
                target: self.tasks[target].id,
            });
            self.happens_before.join(index, target);
            self.draw_order(target, index);
        }
        if let (Pending::Sleep { .. }, Some(clock)) = (&self.tasks[index].pending, &self.clock) {
            self.log.push(Entry::Join {
                task: self.tasks[index].id,
                target: self.tasks[clock.task].id,
            });
        }
        Some(index)
    }

    /// Whether a task that spins on several objects waits for one of them, where it should wait for another one: that has
    /// changed, or nothing has and nothing will, and it is not the first one.
    fn looks_at_the_wrong_object(&self, is_over: bool) -> bool {
        if !self.numbering.facts.looks_at_one {
            return false;
        }
        let is_over = is_over || self.next_deadline().is_none();
        self.living().any(|task| match &task.pending {
            Pending::Op(op) => {
                let waits = |touched: &Touched| op.accesses.iter().any(|a| touched.is_waited_for(a));
                let looks = task.spin.last.iter();
                let spins = op.accesses.iter().any(|a| a.class == Class::Changed);
                let mut others = looks.clone().filter(|touched| !waits(touched));
                let first = looks.clone().next().is_none_or(waits);
                spins && (others.any(|t| t.is_changed(&self.looks_like(t.object))) || is_over && !first)
            }
            _ => false,
        })
    }

    /// The earliest deadline that is not over.
    fn next_deadline(&self) -> Option<u64> {
        let sleeping = self.living().filter_map(|t| match &t.pending {
            Pending::Sleep { deadline } => Some(*deadline),
            Pending::Op(op) => op.deadline.filter(|d| *d > self.now),
            _ => None,
        });
        let timer = self.timers.keys().next().map(|&(deadline, _)| deadline);
        sleeping.chain(timer).min()
    }

    /// What is announced and cannot run.
    pub(super) fn blocked_operations(&self) -> Vec<Blocked> {
        let blocked = |t: &Task| match &t.pending {
            Pending::Op(op) if self.admitted(t, op).is_none() => Some(Blocked::new(t.id, op, self.late(op))),
            _ => None,
        };
        self.living().filter_map(blocked).collect()
    }

    /// Moves the clock to the earliest deadline. `None` when there is none.
    pub(super) fn advance_clock(&mut self) -> Option<Vec<Waker>> {
        let next = self.next_deadline()?;
        let blocked = self.blocked_operations();
        self.log.push(Entry::Barrier {
            blocked,
            fired: Accesses::new(),
            spinners: false,
        });
        self.happens_before.barrier();
        let identical = self.rounds.close();
        if identical >= self.limits.horizon
            && let Some(stuck) = self.stuck_task()
        {
            let message = format!(
                "the clock moved {identical} times and every time the same tasks did the same: {} never goes on",
                self.task_name(stuck)
            );
            self.end(End::Livelock(message));
            return Some(Vec::new());
        }
        // Only now: at the end of an execution nothing is late because its timer was not fired.
        let (due, _) = self.move_clock(next);
        if let Some(recorder) = &mut self.recorder {
            recorder.clock(self.now);
        }
        Some(due)
    }

    /// An attached task that has not moved for all the identical rounds, and waits for no clock and for no exit: who joins
    /// a task goes on when that does, and whether it does is not for the one that joins to tell.
    pub(super) fn stuck_task(&self) -> Option<usize> {
        let since = self.rounds.number.saturating_sub(self.limits.horizon);
        let waits = |t: &Task| matches!(&t.pending, Pending::Op(op) if op.deadline.is_none()) && !t.awaits_exit;
        self.tasks
            .iter()
            .position(|t| t.attached && t.moved_in < since && waits(t))
    }

    /// Nothing but spinning tasks is left: lets each go round once more, for a loop that gives up
    /// after some tries. False when there are none.
    pub(super) fn release_spinners(&mut self) -> bool {
        let spinning = |t: &Task| matches!(&t.pending, Pending::Op(op) if matches!(op.accesses.first(), Some(Access { class: Class::Changed, .. })));
        let spinners: Vec<usize> = self
            .living
            .iter()
            .copied()
            .filter(|&i| spinning(&self.tasks[i]))
            .collect();
        if spinners.is_empty() {
            return false;
        }
        let blind = |i: &usize| self.tasks[*i].announced().is_some_and(|op| self.is_blind(op));
        let blind: Vec<usize> = spinners.iter().copied().filter(blind).collect();
        let patience = if blind.is_empty() { 0 } else { BLIND_ROUNDS };
        if self.rounds.close() >= self.limits.horizon.max(patience) {
            let who = if blind.is_empty() { &spinners } else { &blind };
            let names: Vec<String> = who.iter().map(|&i| self.task_name(i)).collect();
            let names = names.join(" and ");
            self.end(End::Livelock(match blind.is_empty() {
                true => format!("{names} spins and nothing it reads will change"),
                false => goes_round_and_round(&names),
            }));
            return true;
        }
        let blocked = self.blocked_operations();
        self.log.push(Entry::Barrier {
            blocked,
            fired: Accesses::new(),
            spinners: true,
        });
        self.happens_before.barrier();
        for index in spinners {
            for touched in &mut self.tasks[index].spin.last {
                touched.forget();
            }
        }
        true
    }

    /// The end of an execution: unfinished tasks are resumed one at a time, the youngest first (a
    /// scoped thread borrows from its parent's stack), so that they unwind and drop what they hold.
    pub(super) fn decide_ending(&mut self) -> Decision {
        if let Some(index) = self.repoll.pop() {
            self.repolling = Some(index);
            self.current = index;
            return Decision::Run(index);
        }
        self.repolling = None;
        let left = |index: &usize| !self.tasks[*index].abandoned;
        // A destructor that waits for a lock waits for its holder to unwind.
        let ready = |k: &Kernel, t: &Task| match &t.pending {
            Pending::Op(op) if t.unwinds > 0 => k.admitted(t, op).is_some(),
            Pending::Join { target } if t.unwinds > 0 => matches!(k.tasks[*target].pending, Pending::Exited),
            _ => true,
        };
        let youngest = || self.living.iter().rev().copied().filter(left);
        let pick = youngest()
            .find(|&i| ready(self, &self.tasks[i]))
            .or_else(|| youngest().next());
        match pick {
            Some(index) => {
                self.current = index;
                Decision::Run(index)
            }
            None if self.is_over() => Decision::Over,
            None => Decision::Stop,
        }
    }

    /// Whether the task that is running at the end of an execution should unwind now. A task that
    /// catches it over and over is left where it is.
    pub(crate) fn unwind_once_more(&mut self) -> bool {
        // What an execution has left is dropped when no task is there any more.
        let Some(task) = self.tasks.get_mut(self.current) else {
            return true;
        };
        task.unwinds += 1;
        task.abandoned = task.unwinds > 64;
        !task.abandoned
    }

    /// Counts an operation of a destructor after the end; false when there are so many that it seems to wait
    /// for what nobody will do any more.
    pub(crate) fn may_still_operate(&mut self) -> bool {
        let task = &mut self.tasks[self.current];
        task.last_operations += 1;
        task.last_operations <= LAST_OPERATIONS
    }

    /// Whether the current task has been told to unwind.
    pub(crate) fn is_told_to_unwind(&self) -> bool {
        self.tasks.get(self.current).is_some_and(|task| task.unwinds > 0)
    }

    /// Lets tasks go on that can, one after the other, after an execution that is cut short by the search.
    /// `None` when it is time to unwind, or to decide again.
    fn decide_drain(&mut self) -> Option<Decision> {
        if let Some(index) = self.next_invisible() {
            self.tasks[index].pending = Pending::Running;
            self.current = index;
            return Some(Decision::Run(index));
        }
        let ready = |index: &usize| {
            let task = &self.tasks[*index];
            matches!(&task.pending, Pending::Op(op) if self.admitted(task, op).is_some())
        };
        let others = (self.current + 1..self.tasks.len()).chain(0..=self.current);
        let next = others.into_iter().find(ready);
        let drain = self.drain.as_mut()?;
        drain.steps += 1;
        let goes_on = drain.steps <= DRAINING_STEPS;
        match next.filter(|_| goes_on) {
            Some(index) => {
                self.run_step(index);
                Some(Decision::Run(index))
            }
            // A destructor that waits cannot be unwound: it gets what it waits for, if time brings it.
            None if goes_on && self.unwinder.is_some() && self.passes_time() => {
                let (due, _) = self.move_clock(self.now);
                Some(Decision::Fire(due))
            }
            None => {
                // Nothing of it has happened, as far as the search is concerned.
                let drain = self.drain.take()?;
                self.log.truncate(drain.log);
                self.panics.truncate(drain.panics);
                self.outcome = None;
                self.ending = Some(drain.end);
                None
            }
        }
    }

    /// Moves the clock to the next timer, or lets spinning tasks go round once more. False when neither is left.
    fn passes_time(&mut self) -> bool {
        match self.next_deadline() {
            Some(next) => {
                self.now = self.now.max(next);
                true
            }
            None => self.release_spinners(),
        }
    }

    /// Ends the execution: from now on tasks only unwind, unless it is the search that wants no more of it.
    pub(crate) fn end(&mut self, end: End) {
        if self.ending.is_some() {
            return;
        }
        if self.drain.is_some() {
            // What the program still does is none of the search's business.
            return;
        }
        self.blocked = self.blocked_operations();
        if matches!(end, End::Redundant | End::Restart) && self.recorder.is_none() {
            self.ungate();
            self.drain = Some(Drain {
                end,
                log: self.log.len(),
                panics: self.panics.len(),
                steps: 0,
            });
            return;
        }
        if self.recorder.is_some() && matches!(end, End::Deadlock | End::Livelock(_)) {
            self.repoll = (0..self.tasks.len()).rev().filter(|&i| self.sleeps(i)).collect();
        }
        if let Some(mut recorder) = self.recorder.take() {
            let program: Vec<usize> = (0..self.tasks.len()).filter(|&i| !self.is_clock(i)).collect();
            for &index in &program {
                self.show_waiting(index, &mut recorder);
            }
            self.recorder = Some(recorder);
            self.note_how_things_stand();
            self.stuck = program.into_iter().filter_map(|index| self.stuck(index)).collect();
        }
        self.ending = Some(self.as_it_would_have_ended(end));
    }
}
