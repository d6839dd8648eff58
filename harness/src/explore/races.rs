//! The analysis of an execution: which of its steps race, and what is to run so that they come the other way round.
//!
//! What a step costs does not grow with the execution, but with the races that it has: of each object it is known who
//! touched it last in each class, and the gate as it was before each touch.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::wakeup_tree::{Event, Frame, Label, Place, join};
use crate::kernel::{
    Access, Accesses, Blocked, Class, Entry, Extra, Gate, Kernel, ObjectId, Step, TaskId, independent,
};

/// A step whose races are looked for.
#[derive(Clone)]
pub(super) struct Next<'a> {
    pub(super) task: TaskId,
    pub(super) accesses: &'a [Access],
    /// What it may do at most, here or anywhere before.
    pub(super) announced: Accesses,
    pub(super) extra: Extra,
    pub(super) late: Option<u32>,
}

impl<'a> Next<'a> {
    fn of(step: &'a Step) -> Self {
        Next {
            task: step.task,
            accesses: &step.accesses,
            announced: (step.announced.iter().copied())
                .filter(|access| !step.too_early.contains(access))
                .collect(),
            extra: step.extra,
            late: step.late,
        }
    }
}

/// A race, and what happens before its later step as far as its own task is concerned.
struct Race<'a> {
    first: usize,
    next: Next<'a>,
    past: Rc<Vec<u32>>,
}

/// The happens-before order of one execution, and the races in it.
pub(super) struct Analysis<'a> {
    pub(super) kernel: &'a Kernel,
    races: Vec<Race<'a>>,
    pub(super) events: Vec<Event>,
    /// The clock of each task after its last event.
    pub(super) tasks: Vec<Vec<u32>>,
    /// What touched each object.
    pub(super) history: Vec<History>,
    /// The tasks that a barrier has let through although nothing had changed for them.
    pub(super) released: Vec<TaskId>,
}

/// What has touched an object.
#[derive(Default)]
pub(super) struct History {
    /// In order.
    touches: Vec<Touch>,
    /// The gate after all of them.
    gate: Gate,
    /// The steps of each task in each class, in order.
    steps: BTreeMap<(TaskId, Class), Vec<usize>>,
    /// The last of these each, but for those that come before another one of these with whatever does not commute with them.
    last: Vec<(TaskId, Class, usize)>,
}

/// One access in the history of an object.
#[derive(Clone, Copy)]
struct Touch {
    /// The step that did it. Or, where a timer did it at a barrier, the one that came next.
    event: usize,
    by_timer: bool,
    class: Class,
    /// The gate before it.
    before: Gate,
}

impl History {
    fn touch(&mut self, event: usize, class: Class, by: Option<TaskId>) {
        self.touches.push(Touch {
            event,
            by_timer: by.is_none(),
            class,
            before: self.gate,
        });
        self.gate.apply(class);
        let Some(task) = by else { return };
        self.steps.entry((task, class)).or_default().push(event);
        self.last
            .retain(|&(of, earlier, _)| !class.covers(earlier) && (of, earlier) != (task, class));
        self.last.push((task, class, event));
    }

    /// The last steps that come before an access of this class, the very last one first. Whatever comes before it comes
    /// before one of these, or is one of them.
    fn last_before(&self, class: Class) -> impl Iterator<Item = usize> {
        let conflicts = self.last.iter().rev().filter(move |(_, c, _)| !c.commutes(class));
        conflicts.map(|&(.., event)| event)
    }
}

#[cfg(test)]
thread_local! {
    /// What all analyses on this OS thread have looked at.
    pub(crate) static WORK: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Counts what an analysis looks at, for those who ask how that grows.
fn note_work(_looked_at: usize) {
    #[cfg(test)]
    WORK.set(WORK.get() + _looked_at);
}

impl<'a> Analysis<'a> {
    pub(super) fn new(kernel: &'a Kernel) -> Self {
        Analysis {
            kernel,
            races: Vec::new(),
            events: Vec::new(),
            tasks: Vec::new(),
            history: Vec::new(),
            released: Vec::new(),
        }
    }

    /// Plans the reversal of every race of the execution.
    ///
    /// Races that earlier executions had, too, are among them: a plan consists of all that does not depend on the earlier
    /// step, before the later one or after it. A step that sleeps there may commute with what comes before the later one and
    /// not with the rest, and who begins with the sleeping step does not come to the rest before it.
    pub(super) fn run(mut self, frames: &mut [Frame]) {
        self.walk(&self.kernel.log, Some(frames.len()));
        for race in std::mem::take(&mut self.races) {
            self.reverse(&race, &mut frames[race.first]);
        }
    }

    /// Orders the steps of an execution, and finds the races whose earlier step is one of the first so many, if that is
    /// asked for.
    pub(super) fn walk(&mut self, log: &'a [Entry], choices: Option<usize>) {
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
                    if let Some(choices) = choices {
                        self.races(&Next::of(step), choices);
                    }
                    self.add(label, step.accesses.clone());
                }
                Entry::Barrier {
                    blocked,
                    fired,
                    spinners,
                } => {
                    if let Some(choices) = choices {
                        self.blocked(blocked, choices);
                    }
                    let mut all = Vec::new();
                    for clock in &self.tasks {
                        join(&mut all, clock);
                    }
                    for clock in &mut self.tasks {
                        clock.clone_from(&all);
                    }
                    for &Access { object, class } in fired {
                        self.touch(object, class, None);
                    }
                    if *spinners {
                        let spins = |b: &&Blocked| b.announced.first().is_some_and(|a| a.class == Class::Changed);
                        self.released.extend(blocked.iter().filter(spins).map(|b| b.task));
                    }
                }
            }
        }
        if let Some(choices) = choices {
            self.blocked(&kernel.blocked, choices);
        }
    }

    fn clock_of(&mut self, task: TaskId) -> &mut Vec<u32> {
        let at = task.0 as usize;
        if self.tasks.len() <= at {
            self.tasks.resize_with(at + 1, Vec::new);
        }
        &mut self.tasks[at]
    }

    fn history_of(&self, object: ObjectId) -> Option<&History> {
        self.history.get(object.0 as usize)
    }

    fn touch(&mut self, object: ObjectId, class: Class, by: Option<TaskId>) {
        let slot = object.0 as usize;
        if self.history.len() <= slot {
            self.history.resize_with(slot + 1, History::default);
        }
        self.history[slot].touch(self.events.len(), class, by);
    }

    fn add(&mut self, label: Label, accesses: Accesses) {
        let at = label.task.0 as usize;
        let mut clock = std::mem::take(self.clock_of(label.task));
        if clock.len() <= at {
            clock.resize(at + 1, 0);
        }
        clock[at] += 1;
        for access in &accesses {
            let history = self.history_of(access.object);
            for event in history.into_iter().flat_map(|h| h.last_before(access.class)) {
                note_work(1);
                if !self.events[event].happens_before(&clock) {
                    join(&mut clock, &self.events[event].clock);
                }
            }
        }
        for &Access { object, class } in &accesses {
            self.touch(object, class, Some(label.task));
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
    fn blocked(&mut self, blocked: &'a [Blocked], choices: usize) {
        for Blocked {
            task,
            announced,
            extra,
            late,
        } in blocked
        {
            let next = Next {
                task: *task,
                accesses: announced,
                announced: announced.clone(),
                extra: *extra,
                late: *late,
            };
            self.races(&next, choices);
        }
    }

    /// Finds the races of a step that comes next with those before it.
    fn races(&mut self, next: &Next<'a>, choices: usize) {
        let past = Rc::new(self.clock_of(next.task).clone());
        let mut candidates = self.concurrent(next, &past);
        // What happens before the step even without the candidate under consideration.
        let mut known = past.to_vec();
        let mut found = Vec::new();
        while let Some(first) = self.latest(&mut candidates, &known) {
            if !self.reversible(first, next) {
                continue;
            }
            join(&mut known, &self.events[first].clock);
            // Where tasks took turns there is nothing to choose.
            if first < choices {
                found.push(Race {
                    first,
                    next: next.clone(),
                    past: Rc::clone(&past),
                });
            }
        }
        self.races.append(&mut found);
    }

    /// Plans the reversal of a race.
    fn reverse(&self, race: &Race<'_>, frame: &mut Frame) {
        let Race {
            first,
            ref next,
            ref past,
        } = *race;
        let plan = self.plan(first, next, past);
        // The two may race because of something that the first one has not announced, and does not do where a third
        // one goes before both. Whoever begins with that one never asks for this order, so it is asked for here.
        let unannounced = independent(&frame.announced, next.accesses);
        let both = unannounced.then(|| self.then_first(first, plan.clone()));
        self.follow(first, frame, plan);
        if let Some(both) = both {
            self.follow(first, frame, both);
        }
    }

    /// Has a plan followed in front of event `first`, unless what is explored or planned there leads to an equivalent
    /// execution.
    fn follow(&self, first: usize, frame: &mut Frame, plan: Vec<Event>) {
        let slept = frame.sleep.iter().map(|sleeper| sleeper.accesses.clone());
        let mut place = Place {
            past: &self.events[..first],
            path: Vec::new(),
            known: slept.chain([self.events[first].accesses.clone()]).collect(),
        };
        if !frame.sleep.iter().any(|sleeper| place.starts(sleeper, &plan)) {
            place.insert(&mut frame.branches, plan);
        }
    }

    /// The plan, and then the event in front of which it is to be followed.
    fn then_first(&self, first: usize, mut plan: Vec<Event>) -> Vec<Event> {
        let event = &self.events[first];
        let mut clock = event.clock.to_vec();
        for earlier in plan.iter().filter(|e| !independent(&e.accesses, &event.accesses)) {
            join(&mut clock, &earlier.clock);
        }
        plan.push(Event {
            clock: Rc::new(clock),
            ..event.clone()
        });
        plan
    }

    /// The steps that conflict with the next one, by task and class, each list with the last one at its end. Nothing if
    /// all of them come before it anyway.
    fn concurrent(&self, next: &Next<'_>, past: &[u32]) -> Vec<&[usize]> {
        let mut lists = Vec::new();
        for access in next.accesses {
            let Some(history) = self.history_of(access.object) else {
                continue;
            };
            let comes_before = |event: usize| {
                note_work(1);
                self.events[event].happens_before(past)
            };
            if history.last_before(access.class).all(comes_before) {
                continue;
            }
            let conflicts = |class: &Class| !class.commutes(access.class);
            lists.extend(
                (history.steps.iter())
                    .filter(|((_, class), _)| conflicts(class))
                    .map(|(_, steps)| steps.as_slice()),
            );
        }
        lists
    }

    /// Takes the last step of these lists that does not come before the next one.
    fn latest(&self, lists: &mut Vec<&[usize]>, known: &[u32]) -> Option<usize> {
        note_work(lists.len());
        let open = |steps: &&[usize]| steps.last().is_some_and(|&e| !self.events[e].happens_before(known));
        lists.retain(open);
        let latest = lists.iter().filter_map(|steps| steps.last().copied()).max()?;
        for steps in lists {
            // One step may have touched more than one of the objects.
            while let Some((&last, rest)) = steps.split_last()
                && last == latest
            {
                *steps = rest;
            }
        }
        Some(latest)
    }

    /// Whether the next step could run in the history without event `first` and all that happens after it.
    fn reversible(&self, first: usize, next: &Next<'_>) -> bool {
        let without = &self.events[first];
        let stays = |event: usize| !without.happens_before(&self.events[event].clock);
        let remains = |touch: &&Touch| touch.by_timer || stays(touch.event);
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
            let touches = history.map_or(&[][..], |h| h.touches.as_slice());
            // What came before the event stays.
            let from = touches.partition_point(|touch| touch.event < first);
            note_work(touches.len() - from);
            if access.class == Class::Changed {
                let is_own = |t: &Touch| !t.by_timer && self.events[t.event].label.task == next.task;
                // Who waits for any step of another task waits for one that comes after its own last mark.
                let any_step = self.kernel.is_elsewhere(access.object);
                let looks = |t: &Touch| is_own(t) && !(any_step && t.class == Class::Pass);
                let own = touches.iter().rposition(looks);
                let read = match own {
                    _ if any_step => Class::Write,
                    Some(at) => touches[at].class,
                    None => Class::Read,
                };
                let since = own.map_or(0, |at| at + 1);
                let of_others = touches[since..].iter().filter(|touch| !is_own(touch));
                let change = of_others.filter(remains).any(|touch| {
                    let mut gate = touch.before;
                    gate.apply(touch.class);
                    gate.version_for(read) != touch.before.version_for(read)
                });
                *changed.get_or_insert(released) |= change;
                continue;
            }
            let mut gate = match touches.get(from) {
                Some(touch) => touch.before,
                None => history.map_or_else(Gate::default, |h| h.gate),
            };
            for touch in touches[from..].iter().filter(remains) {
                gate.apply(touch.class);
            }
            if !gate.admits(access.class) {
                return false;
            }
        }
        changed.unwrap_or(true)
    }

    /// What is to run in front of event `first`: all that the execution has after it and that does not depend on it, and then
    /// the step that races with it.
    fn plan(&self, first: usize, next: &Next<'_>, past: &[u32]) -> Vec<Event> {
        // What it has done beyond what it has announced it may do there, too.
        let mut accesses = next.announced.clone();
        let unannounced = |access: &&Access| !next.announced.contains(access);
        accesses.extend(next.accesses.iter().filter(unannounced).copied());
        let label = Label {
            task: next.task,
            arm: None,
        };
        let without = &self.events[first];
        note_work(self.events.len() - first);
        let mut plan: Vec<Event> = self.events[first + 1..]
            .iter()
            .filter(|e| !without.happens_before(&e.clock))
            .cloned()
            .collect();
        let mut clock = past.to_vec();
        for event in &plan {
            if !independent(&event.accesses, &accesses) {
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
            accesses,
            extra: next.extra,
            clock: Rc::new(clock),
        });
        plan
    }
}
