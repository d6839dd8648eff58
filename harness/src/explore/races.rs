//! The analysis of an execution: which of its steps race, and what is to run so that they come the other way round.

use std::rc::Rc;

use super::wakeup_tree::{Event, Frame, Label, Place, join};
use crate::kernel::{
    Access, Accesses, Blocked, Class, Entry, Extra, Gate, Kernel, ObjectId, Step, TaskId, independent,
};

/// A step whose races are looked for.
pub(super) struct Next<'a> {
    pub(super) task: TaskId,
    pub(super) accesses: &'a [Access],
    pub(super) announced: &'a Accesses,
    pub(super) extra: Extra,
    pub(super) late: Option<u32>,
}

impl<'a> Next<'a> {
    fn of(step: &'a Step) -> Self {
        Next {
            task: step.task,
            accesses: &step.accesses,
            announced: &step.announced,
            extra: step.extra,
            late: step.late,
        }
    }
}

/// The happens-before order of one execution, and the races in it.
pub(super) struct Analysis<'a> {
    pub(super) kernel: &'a Kernel,
    /// Races whose later event comes before this one were found in an earlier execution.
    pub(super) from: usize,
    pub(super) events: Vec<Event>,
    /// The clock of each task after its last event.
    pub(super) tasks: Vec<Vec<u32>>,
    /// What touched each object.
    pub(super) history: Vec<Vec<Touch>>,
    /// The tasks that a barrier has let through although nothing had changed for them.
    pub(super) released: Vec<TaskId>,
}

/// One access in the history of an object.
#[derive(Clone, Copy)]
pub(super) struct Touch {
    /// Nothing where a timer did it at a barrier: that comes after every step before it and before all after.
    pub(super) event: Option<usize>,
    pub(super) class: Class,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(kernel: &'a Kernel, from: usize) -> Self {
        Analysis {
            kernel,
            from,
            events: Vec::new(),
            tasks: Vec::new(),
            history: Vec::new(),
            released: Vec::new(),
        }
    }

    /// Plans the reversal of every race of the execution.
    pub(super) fn run(mut self, frames: &mut [Frame]) {
        self.walk(&self.kernel.log, Some(frames));
    }

    pub(super) fn walk(&mut self, log: &[Entry], mut frames: Option<&mut [Frame]>) {
        let kernel = self.kernel;
        for entry in log {
            match entry {
                Entry::Spawn { parent, child } => {
                    let clock = self.clock_of(*parent).clone();
                    *self.clock_of(*child) = clock;
                }
                Entry::Join { task, target } => {
                    let clock = self.clock_of(*target).clone();
                    join(self.clock_of(*task), &clock);
                }
                Entry::Choice { task, arm, .. } => {
                    self.add(
                        Label {
                            task: *task,
                            arm: Some(*arm),
                        },
                        Accesses::new(),
                    );
                }
                Entry::Step(step) => {
                    let label = Label {
                        task: step.task,
                        arm: None,
                    };
                    if let Some(frames) = frames.as_deref_mut()
                        && self.events.len() >= self.from
                    {
                        self.races(&Next::of(step), frames);
                    }
                    self.add(label, step.accesses.clone());
                }
                Entry::Barrier {
                    blocked,
                    fired,
                    spinners,
                } => {
                    if let Some(frames) = frames.as_deref_mut()
                        && self.events.len() >= self.from
                    {
                        self.blocked(blocked, frames);
                    }
                    let mut all = Vec::new();
                    for clock in &self.tasks {
                        join(&mut all, clock);
                    }
                    for clock in &mut self.tasks {
                        clock.clone_from(&all);
                    }
                    for &Access { object, class } in fired {
                        self.touch(object, Touch { event: None, class });
                    }
                    if *spinners {
                        let spins = |b: &&Blocked| b.announced.first().is_some_and(|a| a.class == Class::Changed);
                        self.released.extend(blocked.iter().filter(spins).map(|b| b.task));
                    }
                }
            }
        }
        if let Some(frames) = frames {
            self.blocked(&kernel.blocked, frames);
        }
    }

    fn clock_of(&mut self, task: TaskId) -> &mut Vec<u32> {
        let at = task.0 as usize;
        if self.tasks.len() <= at {
            self.tasks.resize_with(at + 1, Vec::new);
        }
        &mut self.tasks[at]
    }

    fn history_of(&self, object: ObjectId) -> &[Touch] {
        self.history.get(object.0 as usize).map_or(&[], Vec::as_slice)
    }

    fn touch(&mut self, object: ObjectId, touch: Touch) {
        let slot = object.0 as usize;
        if self.history.len() <= slot {
            self.history.resize_with(slot + 1, Vec::new);
        }
        self.history[slot].push(touch);
    }

    fn add(&mut self, label: Label, accesses: Accesses) {
        let at = label.task.0 as usize;
        let mut clock = std::mem::take(self.clock_of(label.task));
        if clock.len() <= at {
            clock.resize(at + 1, 0);
        }
        clock[at] += 1;
        for access in &accesses {
            for &Touch { event, class } in self.history_of(access.object).iter().rev() {
                let Some(event) = event else { break };
                if !class.commutes(access.class) {
                    join(&mut clock, &self.events[event].clock);
                    if class.orders_all() {
                        break;
                    }
                }
            }
        }
        let index = self.events.len();
        for &Access { object, class } in &accesses {
            let event = Some(index);
            self.touch(object, Touch { event, class });
        }
        self.released.retain(|task| *task != label.task);
        let serial = clock[at];
        self.events.push(Event {
            label,
            serial,
            accesses,
            extra: Extra::Nothing,
            clock: Rc::new(clock.clone()),
        });
        *self.clock_of(label.task) = clock;
    }

    /// Races of operations that cannot run at this point.
    fn blocked(&mut self, blocked: &[Blocked], frames: &mut [Frame]) {
        for Blocked { task, announced, extra } in blocked {
            let next = Next {
                task: *task,
                accesses: announced,
                announced,
                extra: *extra,
                late: None,
            };
            self.races(&next, frames);
        }
    }

    /// Finds the races of a step that comes next with those before it, and plans their reversals.
    fn races(&mut self, next: &Next<'_>, frames: &mut [Frame]) {
        let past = self.clock_of(next.task).clone();
        let mut candidates: Vec<usize> = Vec::new();
        for access in next.accesses {
            for &Touch { event, class } in self.history_of(access.object).iter().rev() {
                let Some(event) = event else { break };
                if class.commutes(access.class) {
                    continue;
                }
                if self.events[event].happens_before(&past) {
                    if class.orders_all() {
                        break;
                    }
                } else {
                    candidates.push(event);
                }
            }
        }
        if candidates.is_empty() {
            return;
        }
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        candidates.dedup();
        // What happens before the step even without the candidate under consideration.
        let mut known = past.clone();
        for first in candidates {
            if self.events[first].happens_before(&known) || !self.reversible(first, next) {
                continue;
            }
            join(&mut known, &self.events[first].clock);
            let plan = self.plan(first, next, &past);
            let frame = &mut frames[first];
            let mut place = Place {
                past: &self.events[..first],
                path: Vec::new(),
            };
            if !frame.sleep.iter().any(|sleeper| place.starts(sleeper, &plan)) {
                place.insert(&mut frame.branches, plan);
            }
        }
    }

    /// Whether the next step could run in the history without event `first` and all that happens after it.
    fn reversible(&self, first: usize, next: &Next<'_>) -> bool {
        let without = &self.events[first];
        let stays = |event: usize| !without.happens_before(&self.events[event].clock);
        let remains = |touch: &Touch| touch.event.is_none_or(stays);
        let released = self.released.contains(&next.task);
        let mut changed = None;
        // A deadline that has passed waives the first condition, if the tick that passed it stays. Otherwise what
        // counts is what the operation would have waited for.
        let (waived, waited_for) = match (next.late, &self.kernel.clock) {
            (None, _) => (0, None),
            (Some(tick @ 1..), Some(clock)) => {
                let task = self.kernel.tasks[clock.task].id;
                let ticked = |e: usize| self.events[e].label.task == task && self.events[e].serial == tick;
                match (0..self.events.len()).any(|e| ticked(e) && stays(e)) {
                    true => (1, None),
                    false => (1, next.announced.first()),
                }
            }
            _ => (1, None),
        };
        let accesses = waited_for.into_iter().chain(next.accesses.iter().skip(waived));
        for access in accesses.filter(|a| a.class.blocks()) {
            let history = self.history_of(access.object);
            if access.class == Class::Changed {
                let is_own = |t: &Touch| t.event.is_some_and(|e| self.events[e].label.task == next.task);
                let own = history.iter().rposition(is_own);
                let read = own.map_or(Class::Read, |at| history[at].class);
                let mut gate = Gate::default();
                for (at, touch) in history.iter().enumerate().filter(|(_, touch)| remains(touch)) {
                    let before = gate.version_for(read);
                    gate.apply(touch.class);
                    let change = own.is_none_or(|own| at > own) && gate.version_for(read) != before;
                    *changed.get_or_insert(released) |= change;
                }
                changed.get_or_insert(released);
                continue;
            }
            let mut gate = Gate::default();
            for touch in history.iter().filter(|touch| remains(touch)) {
                gate.apply(touch.class);
            }
            if !gate.admits(access.class) {
                return false;
            }
        }
        changed.unwrap_or(true)
    }

    /// What is to run in front of event `first`: all after it that does not depend on it, and then
    /// the step that races with it.
    fn plan(&self, first: usize, next: &Next<'_>, past: &[u32]) -> Vec<Event> {
        let announced = next.announced;
        let label = Label {
            task: next.task,
            arm: None,
        };
        let without = &self.events[first];
        let mut plan: Vec<Event> = self.events[first + 1..]
            .iter()
            .filter(|e| !without.happens_before(&e.clock))
            .cloned()
            .collect();
        let mut clock = past.to_vec();
        for event in &plan {
            if !independent(&event.accesses, announced) {
                join(&mut clock, &event.clock);
            }
        }
        let at = label.task.0 as usize;
        if clock.len() <= at {
            clock.resize(at + 1, 0);
        }
        clock[at] = past.get(at).copied().unwrap_or(0) + 1;
        let serial = clock[at];
        plan.push(Event {
            label,
            serial,
            accesses: announced.clone(),
            extra: next.extra,
            clock: Rc::new(clock),
        });
        plan
    }
}
