//! What a step does to the kernel: accesses are booked, gates move, spinning and timers are watched.

use std::sync::atomic::Ordering;
use std::task::Waker;

use super::diary::Note;
use super::happens_before::Sync;
use super::limits::MemoryModel;
use super::log::{Entry, Step};
use super::memory::StoreName;
use super::op::{Access, Accesses, Class, Gate, ObjectId, Op, TaskId};
use super::question::Question;
use super::state::Kernel;
use super::task::{Pending, Touched};

/// Yields and looks at the clock without anything in between.
const IDLE: u32 = 100_000;

impl Kernel {
    /// The strategy has chosen: the task's announced operation becomes the next step.
    pub(crate) fn run_step(&mut self, index: usize) {
        let preempted = self
            .stepper
            .filter(|&s| s != index && self.enabled.iter().any(|c| c.index == s))
            .filter(|&s| !self.tasks[s].announced().is_some_and(Op::yields));
        let preemption = preempted.is_some();
        self.note_what_is_visible();
        self.note_how_things_stand();
        if let Some(recorder) = &mut self.recorder {
            recorder.begin_step(index, preempted);
            recorder.is_entry(self.log.len());
        }
        let now_admitted = match &self.tasks[index].pending {
            Pending::Op(op) => self.admitted(&self.tasks[index], op),
            _ => None,
        };
        let is_clock = self.is_clock(index);
        let task = &mut self.tasks[index];
        task.timed_out = now_admitted == Some(true);
        task.shows_waiting = false;
        let Pending::Op(op) = std::mem::replace(&mut task.pending, Pending::Running) else {
            unreachable!("only announced operations are chosen")
        };
        task.moved_in = self.rounds.number;
        task.waits_on = None;
        let task = task.id;
        let late = self.late(&op);
        if let Some(diary) = &mut self.diary {
            diary.note(Note::Step(index as u32));
        }
        self.current = index;
        // Who runs on after a tick has not been preempted twice.
        if !is_clock {
            self.stepper = Some(index);
        }
        self.in_step = true;
        self.steps += 1;
        self.tasks[index].ready_since = None;
        self.numbering.operates = true;
        self.last_step = Some(self.log.len());
        self.log.push(Entry::Step(Step {
            task,
            verb: op.verb,
            accesses: Accesses::new(),
            announced: op.accesses,
            too_early: Accesses::new(),
            extra: op.extra,
            late,
            preemption,
            stale: false,
        }));
    }

    /// The running step has seen another store than the latest, or stored in front of one.
    pub(crate) fn sees_a_stale_store(&mut self) {
        if let Some(at) = self.last_step
            && let Entry::Step(step) = &mut self.log[at]
        {
            step.stale = true;
        }
    }

    pub(crate) fn timed_out(&self) -> bool {
        self.tasks[self.current].timed_out
    }

    /// An atomic is accessed. Where no ordering is weaker than `SeqCst`, Rust's memory model is sequential consistency.
    pub(crate) fn orders(&mut self, ordering: Ordering) {
        if ordering == Ordering::SeqCst || self.tasks.len() == 1 {
            return;
        }
        match self.limits.memory_model {
            MemoryModel::SequentiallyConsistent => self.numbering.facts.orders_weakly = true,
            MemoryModel::Rust => {
                self.learn(|facts| {
                    // Between a release and the step before it others may make stores that are seen or not.
                    facts.tests_locks = true;
                    &mut facts.orders_weakly
                });
            }
        }
    }

    /// Books the accesses of a step that ran: gates, holders, clocks.
    pub(crate) fn finish_step(&mut self, mut accesses: Accesses, value: u64, sync: Sync) {
        let current = self.current;
        if self.tasks[current].timed_out
            && let Some(first) = accesses.first_mut()
            && matches!(self.object(first.object).kind, "waker" | "park token" | "ticket")
        {
            first.class = Class::ParkTimeout;
        }
        for &access in &accesses {
            self.apply(current, access, value);
        }
        self.happens_before.step(current, &accesses, sync);
        self.pass_gates(&mut accesses);
        if !self.nested_accesses.is_empty() {
            accesses.extend(self.nested_accesses.drain(..));
        }
        self.draw_arrows(current, &accesses);
        if let Some(at) = self.last_step
            && let Entry::Step(step) = &mut self.log[at]
        {
            // A release may have joined the step already, from inside its effect.
            if !step.accesses.is_empty() {
                accesses.append(&mut step.accesses);
            }
            step.accesses = accesses;
        }
    }

    /// The running step has come too early for these of its announced accesses.
    pub(crate) fn comes_too_early(&mut self, accesses: Accesses) {
        if let Some(at) = self.last_step
            && let Entry::Step(step) = &mut self.log[at]
        {
            step.too_early = accesses;
        }
    }

    /// An effect panicked: what was announced counts as done.
    pub(crate) fn break_step(&mut self) {
        self.nested -= 1;
        if let Some(at) = self.last_step
            && let Entry::Step(step) = &self.log[at]
        {
            let mut announced = step.announced.clone();
            announced.retain(|a| !self.is_gate(a));
            self.finish_step(announced, 0, Sync::None);
        }
    }

    /// The current task unwinds, and is about to do something as part of its last step.
    pub(crate) fn unwinds_through(&mut self) {
        if !self.in_step || self.stepper != Some(self.current) {
            self.learn(|facts| &mut facts.unwinds_alone);
        }
    }

    /// Books accesses that ran without a choice of their own, or while their task unwinds: they belong to the step before
    /// them.
    pub(crate) fn join_step(&mut self, accesses: &[Access], sync: Sync) {
        let current = self.current;
        for &access in accesses {
            self.apply(current, access, 0);
        }
        self.happens_before.step(current, accesses, sync);
        self.draw_arrows(current, accesses);
        // What destructors do after the end is no part of the interleaving.
        if let Some(at) = self.last_step
            && self.ending.is_none()
            && let Entry::Step(step) = &mut self.log[at]
        {
            step.accesses.extend(accesses.iter().copied());
        }
    }

    /// Books accesses made inside an effect: they take effect at once and become part of the step
    /// that is running.
    pub(crate) fn nest(&mut self, accesses: &[Access]) {
        if self.firing {
            // The clock does it, not the task that happens to have run last.
            for access in accesses {
                self.object_mut(access.object).gate.apply(access.class);
            }
        } else {
            let current = self.current;
            for &access in accesses {
                self.apply(current, access, 0);
            }
            self.happens_before.step(current, accesses, Sync::ByClass);
        }
        self.nested_accesses.extend(accesses.iter().copied());
        let wakes_only = accesses
            .iter()
            .all(|a| matches!(a.class, Class::Wake | Class::StaleWake));
        if !wakes_only {
            self.learn(|facts| &mut facts.nests_anything);
        }
    }

    /// Timers that are due are about to fire.
    pub(crate) fn begin_firing(&mut self) {
        self.nested += 1;
        self.firing = true;
    }

    /// They have fired: what they did belongs to the barrier at which the clock moved.
    pub(crate) fn end_firing(&mut self) {
        self.nested -= 1;
        self.firing = false;
        let did = std::mem::take(&mut self.nested_accesses);
        if let Some(Entry::Barrier { fired, .. }) = self.log.last_mut() {
            fired.extend(did);
        }
    }

    pub(super) fn apply(&mut self, current: usize, access: Access, value: u64) {
        let object = self.objects[access.object.0 as usize]
            .as_mut()
            .expect("an accessed object is registered");
        let before = object.gate;
        object.gate.apply(access.class);
        match access.class {
            Class::Acquire | Class::TryAcquire | Class::ShareAcquire | Class::TryShare => object.holders.push(current),
            Class::Release | Class::ShareRelease => {
                let at = object.holders.iter().position(|&h| h == current);
                if let Some(at) = at.or(object.holders.len().checked_sub(1)) {
                    let holder = object.holders.remove(at);
                    if access.class == Class::ShareRelease {
                        let shares = &mut self.tasks[holder].shares;
                        if let Some(at) = shares.iter().position(|&shared| shared == access.object) {
                            shares.remove(at);
                        }
                    }
                }
            }
            _ => {}
        }
        if !object.sharing.readers.is_empty() && matches!(access.class, Class::ShareAcquire | Class::TryShare) {
            self.tasks[current].shares.push(access.object);
        }
        let after = object.gate;
        let (before, after) = match self.saw.take() {
            Some((read, left)) => {
                let origin = |nth| Gate::of_store(self.happens_before.origin(access.object, nth));
                (origin(read), origin(left))
            }
            None => (before, after),
        };
        if self.is_elsewhere(access.object) {
            self.tasks[current].spin.steps(access.class, &after);
        }
        let is_mark = self.is_elsewhere(access.object) && !self.numbering.facts.runs_foreign_futures;
        if self.numbering.facts.spins && !is_mark {
            self.tasks[current].spin.touch(access, &before, &after);
        }
        if self.compares_rounds() {
            let task = self.tasks[current].id;
            self.rounds.note(task, u64::from(access.object.0));
            self.rounds.note(task, value);
        }
    }

    /// A yield, or a look at the clock where that is no operation. True when the task has done nothing else for
    /// so long that it never will: nothing that it looks at changes meanwhile.
    pub(crate) fn idles(&mut self) -> bool {
        if self.idle.1 != self.contacts {
            self.idle = (0, self.contacts);
        }
        self.idle.0 += 1;
        self.idle.0 > IDLE
    }

    /// A branch of the program itself.
    pub(crate) fn log_choice(&mut self, question: Question, arms: u32, arm: u32) {
        self.contact_of_a_poll();
        self.goes_on();
        let task = self.tasks[self.current].id;
        if let Some(diary) = &mut self.diary {
            diary.note(Note::Arm { arm, of: arms });
        }
        self.log.push(Entry::Choice {
            task,
            arms,
            arm,
            asked: Some(question),
            sees: None,
        });
        self.steps += 1;
        self.in_step = false;
    }

    /// The operation that runs has gone on in one of several ways, and has seen this store if they are those of a load.
    pub(crate) fn log_way(&mut self, ways: u32, way: u32, sees: Option<StoreName>) {
        let task = self.tasks[self.current].id;
        if let Some(diary) = &mut self.diary {
            diary.note(Note::Arm { arm: way, of: ways });
        }
        self.log.push(Entry::Choice {
            task,
            arms: ways,
            arm: way,
            asked: None,
            sees,
        });
    }

    /// What a spinning task sees when it looks at an object.
    pub(super) fn looks_like(&self, object: ObjectId) -> Gate {
        match self.happens_before.is_atomic(object) {
            true => {
                let latest = self.happens_before.latest(object).unwrap_or_default();
                Gate::of_store(self.happens_before.origin(object, latest))
            }
            false => self.object(object).gate,
        }
    }

    /// What the current task has waited for and finds changed: an atomic, and the store of it that it has seen, or something
    /// else. Nothing, if it goes round only because nobody else can do anything.
    pub(crate) fn awaited(&self, waits: &[Access]) -> Vec<Option<(ObjectId, usize)>> {
        let waits = |touched: &&Touched| waits.iter().any(|a| touched.is_waited_for(a));
        let (mut atomics, mut others) = (Vec::new(), false);
        for touched in self.tasks[self.current].spin.last.iter().filter(waits) {
            let object = touched.object;
            match touched.store() {
                Some(seen) if self.happens_before.is_atomic(object) => {
                    let latest = self.happens_before.latest(object).unwrap_or_default();
                    let is_stale = self.happens_before.origin(object, latest) != seen;
                    atomics.extend(is_stale.then_some(Some((object, seen))));
                }
                _ => others |= !self.happens_before.is_atomic(object) && touched.is_changed(&self.looks_like(object)),
            }
        }
        atomics.extend(others.then_some(None));
        atomics
    }

    /// Whether a task that spins could find an object changed, if it stood as this gate says.
    pub(crate) fn would_find_changed(&self, task: TaskId, object: ObjectId, gate: &Gate) -> bool {
        let mut tasks = self.tasks.iter().filter(|t| t.id == task);
        tasks.any(|t| {
            t.spin
                .last
                .iter()
                .any(|touched| touched.object == object && touched.is_changed(gate))
        })
    }

    /// A contact that says nothing of who keeps the waker of the poll: no future of this crate is behind it.
    fn contact_of_a_poll(&mut self) {
        let cloned = self.cloned_at == Some(self.contacts);
        self.contacts += 1;
        if cloned {
            self.cloned_at = Some(self.contacts);
        }
    }

    /// Whether the current task may give a lock back as part of its last step.
    pub(crate) fn releases_quietly(&self) -> bool {
        self.in_step && self.stepper == Some(self.current) && !self.numbering.facts.tests_locks && self.ending.is_none()
    }

    /// Whether equal rounds of timers or of spinning are being counted.
    pub(crate) fn compares_rounds(&self) -> bool {
        self.rounds.number > 0
    }

    /// Whether a condition variable may wake a waiter that nobody notified, once more.
    pub(crate) fn may_wake_spuriously(&self) -> bool {
        self.tasks[self.current].spurious_left > 0
    }

    pub(crate) fn spend_spurious_wakeup(&mut self) {
        let me = self.current;
        self.tasks[me].spurious_left -= 1;
    }

    /// What a step may touch that runs code of other crates.
    pub(crate) fn touches_elsewhere(&self) -> Option<Access> {
        let foreign = self.numbering.facts.runs_foreign_futures;
        self.elsewhere.filter(|_| foreign).map(|object| Access {
            object,
            class: Class::Write,
        })
    }

    /// Whether the current task may be polled without being woken, once more.
    pub(crate) fn may_poll_spuriously(&self) -> bool {
        self.tasks[self.current].spurious_polls_left > 0
    }

    pub(crate) fn spend_spurious_poll(&mut self) {
        let me = self.current;
        self.tasks[me].spurious_polls_left -= 1;
    }

    pub(crate) fn is_clock(&self, index: usize) -> bool {
        self.clock.as_ref().is_some_and(|c| c.task == index)
    }

    /// If the deadline of this operation has passed: the tick that did it, counting from 1; 0 if none did, or none was needed.
    pub(super) fn late(&self, op: &Op) -> Option<u32> {
        let deadline = op.deadline.filter(|deadline| *deadline <= self.now)?;
        let ticks = self.clock.as_ref().map_or(&[][..], |c| c.ticks.as_slice());
        let passed = ticks.iter().position(|&t| t >= deadline).filter(|_| deadline > 0);
        Some(passed.map_or(0, |at| at as u32 + 1))
    }

    /// Where timers may fire early, an operation with a deadline looks at the clock, and ends the timer of its task.
    pub(crate) fn watch_clock(&mut self, op: &mut Op) {
        let Some(clock) = &self.clock else { return };
        let class = match self.tasks[self.current].armed {
            Some(_) => Class::Disarm,
            // It can never wait.
            None if op.deadline == Some(0) => return,
            None => Class::Read,
        };
        op.accesses.push(Access {
            object: clock.object,
            class,
        });
    }

    /// The operation is done: what it did to the timer of its task.
    pub(crate) fn watched_clock(&mut self, accesses: &mut Accesses) {
        let Some(clock) = &self.clock else { return };
        let armed = self.tasks[self.current].armed.take().is_some();
        if let Some(access) = accesses.iter_mut().find(|a| a.object == clock.object) {
            access.class = if armed { Class::Disarm } else { Class::Read };
        }
    }

    /// Moves the clock to the earliest deadline, and gives the wakers that are due and how many timers have
    /// fired.
    pub(crate) fn tick(&mut self) -> (Vec<Waker>, u32) {
        let armed = self.tasks.iter().filter_map(|t| t.armed);
        let timer = self.timers.keys().next().map(|&(deadline, _)| deadline);
        let next = armed.chain(timer).min().expect("the clock ticks only for a timer");
        let fired = self.move_clock(next);
        let now = self.now;
        if let Some(clock) = &mut self.clock {
            clock.ticks.push(now);
        }
        fired
    }

    /// Moves the clock, and gives the wakers that are due and how many timers have fired.
    pub(super) fn move_clock(&mut self, to: u64) -> (Vec<Waker>, u32) {
        self.now = self.now.max(to);
        let later = self.timers.split_off(&(self.now.saturating_add(1), 0));
        let due = std::mem::replace(&mut self.timers, later);
        let mut fires = due.len();
        for task in &mut self.tasks {
            fires += usize::from(task.armed.take_if(|d| *d <= self.now).is_some());
        }
        (due.into_values().collect(), fires as u32)
    }

    pub(crate) fn add_timer(&mut self, deadline: u64, waker: Waker) -> u64 {
        self.contacts += 1;
        self.timer_serial += 1;
        self.timers.insert((deadline, self.timer_serial), waker);
        self.timer_serial
    }

    pub(crate) fn remove_timer(&mut self, deadline: u64, serial: u64) -> Option<Waker> {
        self.timers.remove(&(deadline, serial))
    }
}
