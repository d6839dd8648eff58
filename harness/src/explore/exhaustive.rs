//! Every interleaving, one execution for each Mazurkiewicz trace: optimal dynamic partial-order
//! reduction with wakeup trees.
//!
//! After Abdulla, Aronis, Jonsson and Sagonas, "Optimal Dynamic Partial Order Reduction" (POPL 2014)
//! and "Source Sets" (JACM 2017), on vector clocks computed from the log of each execution:
//!
//! 1. Two steps *race* when they belong to different tasks, do not commute, nothing orders them but
//!    themselves, and the later one could have come first. For a lock that is the earlier *acquisition*,
//!    although a release always stands between; for a token or a queue the [`Gate`]s are folded over
//!    the history without the earlier step and whatever depends on it.
//! 2. For a race between `e` and `e'`, the sequence "everything after `e` that does not depend on it,
//!    then `e'`" is inserted into the wakeup tree in front of `e`, unless a task in the sleep set
//!    there, or a branch of the tree, leads to an equivalent execution.
//! 3. The search backtracks to the deepest node with a branch left and follows it. A task whose
//!    branch is done goes to sleep until a step that does not commute with its own wakes it.
//!
//! An operation that is still blocked at the end of an execution, or when the clock moves, takes part
//! in races as if it ran then: it may only be blocked because somebody came first. A `choose(n)`
//! commutes with everything; its arms are different steps of the same task, all of them explored where
//! the search reaches it on its own, and just the recorded one where it follows a branch.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{Choice, Pick, Strategy};
use crate::engine::kernel::{End, Entry, Kernel, Step};
use crate::engine::op::{Access, Accesses, Class, Extra, Gate, ObjectId, TaskId, independent};

/// A step as branches and sleep sets know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Label {
    task: TaskId,
    /// The arm, for a `choose`.
    arm: Option<u32>,
}

/// A branch of a wakeup tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Branch {
    label: Label,
    accesses: Accesses,
    /// What it may touch besides when it runs at this place.
    extra: Extra,
    children: Vec<Branch>,
}

/// A task that need not run here: its step has been explored.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sleeper {
    label: Label,
    accesses: Accesses,
}

/// A node of the current execution and the step taken from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Frame {
    label: Label,
    /// What the step announced, and among how many enabled tasks it was chosen: the same choices must
    /// lead there again.
    announced: Accesses,
    width: usize,
    /// What the step did when it ran last.
    accesses: Accesses,
    sleep: Vec<Sleeper>,
    /// Branches of the wakeup tree that are still to be followed.
    branches: Vec<Branch>,
    /// Arms of a `choose` that are still to be taken.
    arms: Vec<u32>,
    /// How many of the branches and arms are done, and how many executions they took in all.
    done: u64,
    took: u64,
    /// Executions of the whole search before the current one of them was begun.
    before: u64,
}

/// The search between two executions is all that is needed to go on with it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exhaustive {
    frames: Vec<Frame>,
    executions: u64,
    /// How far the current execution has come.
    #[serde(skip)]
    depth: usize,
    /// The frame in which the current execution leaves the one before: later frames are new.
    changed: usize,
    /// The wakeup tree that the current execution follows beyond its frames.
    guide: Vec<Branch>,
    done: bool,
    /// An execution ended earlier than the same schedule did before.
    cut_short: bool,
    /// The last frame is a branch that could not be taken.
    dead_end: bool,
    /// An execution was cut short, so what could follow is unknown.
    truncated: bool,
}

impl Exhaustive {
    pub(crate) fn new() -> Self {
        Exhaustive::default()
    }

    /// Whether nothing is left of it.
    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    /// How many executions the whole search will take, as far as can be told by now.
    ///
    /// The recursive estimator of Kilby, Slaney, Thiébaux and Walsh, "Estimating Search Tree Size" (AAAI
    /// 2006), which goes back to Knuth's: branches that are still to be followed will take as many executions
    /// as those beside them did on average. Branches that races have yet to ask for are not foreseen, so the
    /// estimate tends to be low, and to grow.
    pub(crate) fn estimate(&self) -> u64 {
        if self.done {
            return self.executions;
        }
        let mut below: Option<f64> = None;
        for frame in self.frames.iter().rev() {
            let so_far = (self.executions - frame.before) as f64;
            let average = frame.took as f64 / frame.done.max(1) as f64;
            let current = below.unwrap_or(average).max(so_far);
            let (done, took) = (frame.done as f64 + 1.0, frame.took as f64 + current);
            let left = (frame.branches.len() + frame.arms.len()) as f64;
            below = Some(took + left * took / done);
        }
        // Saturates, which is as good as any number of that size.
        below.unwrap_or(1.0).round() as u64
    }

    /// Whether something has been explored already.
    pub(crate) fn is_begun(&self) -> bool {
        self.done || !self.frames.is_empty()
    }

    /// What the last step turned out to do, now that it has run.
    fn settle(&mut self, kernel: &Kernel) {
        if self.depth == 0 || self.depth <= self.changed {
            return;
        }
        let last = kernel
            .log
            .iter()
            .rev()
            .find(|e| matches!(e, Entry::Step(_) | Entry::Choice { .. }));
        if let Some(Entry::Step(step)) = last {
            self.frames[self.depth - 1].accesses.clone_from(&step.accesses);
        }
    }

    /// The sleep set after the last step.
    fn sleep_here(&self) -> Vec<Sleeper> {
        let Some(parent) = self.depth.checked_sub(1).map(|at| &self.frames[at]) else {
            return Vec::new();
        };
        parent
            .sleep
            .iter()
            .filter(|s| s.label.task != parent.label.task && independent(&s.accesses, &parent.accesses))
            .cloned()
            .collect()
    }

    fn push(&mut self, label: Label, width: usize, sleep: Vec<Sleeper>, branches: Vec<Branch>, arms: Vec<u32>) {
        let (announced, accesses) = (Accesses::new(), Accesses::new());
        self.frames.push(Frame {
            label,
            announced,
            width,
            accesses,
            sleep,
            branches,
            arms,
            done: 0,
            took: 0,
            before: self.executions,
        });
        self.depth += 1;
    }

    fn note_announced(&mut self, choice: &Choice<'_>, index: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.announced.clone_from(&choice.kernel.pending_op(index).accesses);
        }
    }

    /// The next step of a schedule that has run before, up to the frame that changed.
    fn again(&mut self, choice: &Choice<'_>) -> Pick {
        let frame = &mut self.frames[self.depth];
        let changed = self.depth == self.changed;
        self.depth += 1;
        let candidate = choice
            .enabled
            .iter()
            .find(|c| c.task == frame.label.task && frame.label.arm.is_none());
        let announced = candidate.map(|c| &choice.kernel.pending_op(c.index).accesses);
        let same = frame.width == choice.enabled.len() && (changed || announced == Some(&frame.announced));
        match candidate {
            Some(candidate) if same => {
                if changed && let Some(announced) = announced {
                    frame.announced.clone_from(announced);
                }
                Pick::Task(candidate.index)
            }
            // A branch that turns out not to be possible: nothing lies that way.
            None if changed && frame.width == choice.enabled.len() => {
                self.dead_end = true;
                Pick::Redundant
            }
            _ => Pick::Diverged(format!("the same schedule offers other steps at step {}", self.depth)),
        }
    }

    /// Leaves the frames with nothing left to do; false when that is all of them.
    fn backtrack(&mut self) -> bool {
        self.guide.clear();
        while let Some(frame) = self.frames.last_mut() {
            frame.done += 1;
            frame.took += self.executions - frame.before;
            frame.before = self.executions;
            if !std::mem::take(&mut self.dead_end) {
                frame.sleep.push(Sleeper {
                    label: frame.label,
                    accesses: std::mem::take(&mut frame.accesses),
                });
            }
            if !frame.branches.is_empty() {
                let branch = frame.branches.remove(0);
                frame.label = branch.label;
                self.guide = branch.children;
                self.changed = self.frames.len() - 1;
                return true;
            }
            if !frame.arms.is_empty() {
                frame.label.arm = Some(frame.arms.remove(0));
                self.changed = self.frames.len() - 1;
                return true;
            }
            self.frames.pop();
        }
        false
    }
}

impl Strategy for Exhaustive {
    fn begin(&mut self) -> bool {
        self.depth = 0;
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.settle(choice.kernel);
        if self.cut_short {
            return Pick::Diverged("the same schedule ended earlier than before".to_owned());
        }
        if self.depth < self.frames.len() {
            return self.again(choice);
        }
        let width = choice.enabled.len();
        let sleep = self.sleep_here();
        if !self.guide.is_empty() {
            let branch = self.guide.remove(0);
            let siblings = std::mem::replace(&mut self.guide, branch.children);
            let found = choice.enabled.iter().find(|c| c.task == branch.label.task);
            self.push(branch.label, width, sleep, siblings, Vec::new());
            return match found {
                Some(candidate) if branch.label.arm.is_none() => {
                    self.note_announced(choice, candidate.index);
                    Pick::Task(candidate.index)
                }
                _ => {
                    self.dead_end = true;
                    Pick::Redundant
                }
            };
        }
        let asleep = |task: TaskId| sleep.iter().any(|s| s.label.task == task);
        // The current task first: schedules with few switches come first, and read best.
        let awake = choice.current().filter(|c| !asleep(c.task));
        let next = awake
            .or_else(|| choice.enabled.iter().find(|c| !asleep(c.task)))
            .copied();
        match next {
            Some(candidate) => {
                self.push(
                    Label {
                        task: candidate.task,
                        arm: None,
                    },
                    width,
                    sleep,
                    Vec::new(),
                    Vec::new(),
                );
                self.note_announced(choice, candidate.index);
                Pick::Task(candidate.index)
            }
            None => Pick::Redundant,
        }
    }

    fn arm(&mut self, task: TaskId, arms: u32) -> Result<u32, String> {
        crate::engine::with_kernel(|k| self.settle(k));
        if let Some(frame) = self.frames.get(self.depth) {
            self.depth += 1;
            return match frame.label.arm {
                Some(arm) if frame.label.task == task && frame.width == arms as usize => Ok(arm),
                _ => Err(format!(
                    "step {} of the same schedule was no choose({arms})",
                    self.depth
                )),
            };
        }
        let sleep = self.sleep_here();
        if let Some(Branch {
            label: Label {
                task: owner,
                arm: Some(arm),
            },
            ..
        }) = self.guide.first()
            && *owner == task
            && *arm < arms
        {
            let branch = self.guide.remove(0);
            let siblings = std::mem::replace(&mut self.guide, branch.children);
            self.push(branch.label, arms as usize, sleep, siblings, Vec::new());
            return Ok(branch.label.arm.unwrap_or(0));
        }
        self.guide.clear();
        self.push(
            Label { task, arm: Some(0) },
            arms as usize,
            sleep,
            Vec::new(),
            (1..arms).collect(),
        );
        Ok(0)
    }

    fn end(&mut self, kernel: &Kernel) {
        if !self.dead_end {
            self.settle(kernel);
        }
        if self.depth < self.frames.len() {
            // It ended before the step it was to change. This one is over, so the next one tells.
            self.cut_short = true;
            return;
        }
        if let Some(End::StepLimit | End::Livelock(_) | End::DataRace(_) | End::Diverged(_)) = kernel.ending {
            self.truncated = true;
        }
        self.executions += 1;
        Analysis::new(kernel, self.changed).run(&mut self.frames);
        self.done = !self.backtrack();
    }

    fn restart(&mut self) {
        *self = Exhaustive::new();
    }

    fn complete(&self) -> bool {
        self.done && !self.truncated && !self.cut_short
    }
}

/// A vector clock: how many events of each task are in the past.
type Clock = Rc<Vec<u32>>;

fn join(into: &mut Vec<u32>, other: &[u32]) {
    if into.len() < other.len() {
        into.resize(other.len(), 0);
    }
    for (a, b) in into.iter_mut().zip(other) {
        *a = (*a).max(*b);
    }
}

/// One event of an execution: a step, or an arm of a `choose`.
#[derive(Clone)]
struct Event {
    label: Label,
    /// Its number among the events of its task, counting from 1.
    serial: u32,
    accesses: Accesses,
    /// What it may touch besides, when it is planned at a place where it has not run.
    extra: Extra,
    /// Everything that happens before it, itself included.
    clock: Clock,
}

impl Event {
    fn happens_before(&self, clock: &[u32]) -> bool {
        clock
            .get(self.label.task.0 as usize)
            .is_some_and(|known| *known >= self.serial)
    }
}

/// A step whose races are looked for.
struct Next<'a> {
    task: TaskId,
    accesses: &'a [Access],
    announced: &'a Accesses,
    extra: Extra,
    late: Option<u32>,
}

impl<'a> Next<'a> {
    fn of(step: &'a Step, kernel: &Kernel) -> Self {
        let extra = match step.opaque {
            false => Extra::Nothing,
            true if kernel.numbering.nests_anything => Extra::Anything,
            true => Extra::Wakes,
        };
        Next {
            task: step.task,
            accesses: &step.accesses,
            announced: &step.announced,
            extra,
            late: step.late,
        }
    }
}

/// The happens-before order of one execution, and the races in it.
struct Analysis<'a> {
    kernel: &'a Kernel,
    /// Races whose later event comes before this one were found in an earlier execution.
    from: usize,
    events: Vec<Event>,
    /// The clock of each task after its last event.
    tasks: Vec<Vec<u32>>,
    /// The events that touched each object.
    history: Vec<Vec<(usize, Class)>>,
}

impl<'a> Analysis<'a> {
    fn new(kernel: &'a Kernel, from: usize) -> Self {
        Analysis {
            kernel,
            from,
            events: Vec::new(),
            tasks: Vec::new(),
            history: Vec::new(),
        }
    }

    /// Plans the reversal of every race of the execution.
    fn run(mut self, frames: &mut [Frame]) {
        self.walk(&self.kernel.log, Some(frames));
    }

    fn walk(&mut self, log: &[Entry], mut frames: Option<&mut [Frame]>) {
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
                        self.races(&Next::of(step, kernel), frames);
                    }
                    self.add(label, step.accesses.clone());
                }
                Entry::Barrier { blocked } => {
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

    fn history_of(&self, object: ObjectId) -> &[(usize, Class)] {
        self.history.get(object.0 as usize).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, label: Label, accesses: Accesses) {
        let at = label.task.0 as usize;
        let mut clock = std::mem::take(self.clock_of(label.task));
        if clock.len() <= at {
            clock.resize(at + 1, 0);
        }
        clock[at] += 1;
        for access in &accesses {
            for &(event, class) in self.history_of(access.object).iter().rev() {
                if !class.commutes(access.class) {
                    join(&mut clock, &self.events[event].clock);
                    if class.orders_all() {
                        break;
                    }
                }
            }
        }
        let index = self.events.len();
        for access in &accesses {
            let slot = access.object.0 as usize;
            if self.history.len() <= slot {
                self.history.resize_with(slot + 1, Vec::new);
            }
            self.history[slot].push((index, access.class));
        }
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
    fn blocked(&mut self, blocked: &[(TaskId, Accesses)], frames: &mut [Frame]) {
        for (task, accesses) in blocked {
            let next = Next {
                task: *task,
                accesses,
                announced: accesses,
                extra: Extra::Nothing,
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
            for &(event, class) in self.history_of(access.object).iter().rev() {
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
            if !frame
                .sleep
                .iter()
                .any(|s| place.weak_initial(s.label, &s.accesses, Extra::Nothing, &plan))
            {
                place.insert(&mut frame.branches, plan);
            }
        }
    }

    /// Whether the next step could run in the history without event `first` and all that happens after it.
    fn reversible(&self, first: usize, next: &Next<'_>) -> bool {
        let without = &self.events[first];
        let stays = |event: usize| !without.happens_before(&self.events[event].clock);
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
                let own = history
                    .iter()
                    .rposition(|&(e, _)| self.events[e].label.task == next.task);
                let after = &history[own.map_or(0, |at| at + 1)..];
                let writes = |&(event, class): &(usize, Class)| {
                    let (mut gate, before) = (Gate::default(), Gate::default());
                    gate.apply(class);
                    stays(event) && gate.version != before.version
                };
                *changed.get_or_insert(false) |= after.iter().any(writes);
                continue;
            }
            let mut gate = Gate::default();
            for &(event, class) in history {
                if stays(event) {
                    gate.apply(class);
                }
            }
            if !gate.admits(access.class, 0) {
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

/// Where `label` stands in the plan, if it can come first there.
fn initial(label: Label, plan: &[Event]) -> Option<usize> {
    let at = plan.iter().position(|e| e.label.task == label.task)?;
    let comes_first = plan[at].label == label && !plan[..at].iter().any(|e| e.happens_before(&plan[at].clock));
    comes_first.then_some(at)
}

/// A place in a schedule where a plan is to be followed: the events before it, and the branches from there on.
struct Place<'a> {
    past: &'a [Event],
    path: Vec<(TaskId, Accesses)>,
}

impl Place<'_> {
    /// Whether a task has touched one of these objects. If not, its waker is not there: a future of this crate
    /// that is polled with the waker of somebody else is found out by the driver of tasks.
    fn touched(&self, task: TaskId, accesses: &[Access]) -> bool {
        let one_of = |touched: &[Access]| touched.iter().any(|a| accesses.iter().any(|b| a.object == b.object));
        self.past.iter().any(|e| e.label.task == task && one_of(&e.accesses))
            || self.path.iter().any(|(t, touched)| *t == task && one_of(touched))
    }

    /// Whether an execution that starts with this step can be equivalent to one that follows the plan: the
    /// step is part of the plan and can come first, or it commutes with all of it.
    fn weak_initial(&self, label: Label, accesses: &[Access], extra: Extra, plan: &[Event]) -> bool {
        if plan.iter().any(|e| e.label.task == label.task) {
            return initial(label, plan).is_some();
        }
        plan.iter().all(|e| {
            independent(&e.accesses, accesses)
                && e.extra.commutes(accesses, || self.touched(label.task, &e.accesses))
                && extra.commutes(&e.accesses, || {
                    let before = |other: &Event| other.label.task == e.label.task && other.serial < e.serial;
                    self.touched(e.label.task, accesses) || plan.iter().any(before)
                })
        })
    }

    /// Adds a plan to a wakeup tree, unless a branch of it leads to an equivalent execution already.
    fn insert(&mut self, branches: &mut Vec<Branch>, mut plan: Vec<Event>) {
        let found = branches
            .iter_mut()
            .find(|b| self.weak_initial(b.label, &b.accesses, b.extra, &plan));
        if let Some(branch) = found {
            if let Some(at) = initial(branch.label, &plan) {
                plan.remove(at);
            }
            if !branch.children.is_empty() && !plan.is_empty() {
                self.path.push((branch.label.task, branch.accesses.clone()));
                self.insert(&mut branch.children, plan);
            }
            return;
        }
        let chain = plan.into_iter().rev().fold(Vec::new(), |children, event| {
            vec![Branch {
                label: event.label,
                accesses: event.accesses,
                extra: event.extra,
                children,
            }]
        });
        branches.extend(chain);
    }
}

/// The happens-before order of the steps of an execution.
pub(crate) struct TraceOrder(Vec<Event>);

impl TraceOrder {
    /// The order in `log`, which is that of the kernel or differs from it in the accesses of steps.
    pub(crate) fn of(kernel: &Kernel, log: &[Entry]) -> Self {
        let mut analysis = Analysis::new(kernel, usize::MAX);
        analysis.walk(log, None);
        TraceOrder(analysis.events)
    }

    /// Whether the one step, by its number among steps and choices, happens before the other.
    pub(crate) fn orders(&self, before: usize, after: usize) -> bool {
        self.0[before].happens_before(&self.0[after].clock)
    }
}

/// The Mazurkiewicz trace of an execution, as text: each event with everything that happens before it.
/// Two executions have the same text exactly when one can be turned into the other by swapping
/// neighbouring steps that commute.
#[cfg(test)]
pub(crate) fn canonical(kernel: &Kernel) -> String {
    let mut analysis = Analysis::new(kernel, usize::MAX);
    let verbs: Vec<&str> = kernel
        .log
        .iter()
        .filter_map(|e| match e {
            Entry::Step(s) => Some(s.verb),
            Entry::Choice { .. } => Some("choose"),
            _ => None,
        })
        .collect();
    analysis.walk(&kernel.log, None);
    let mut lines: Vec<String> = analysis
        .events
        .iter()
        .zip(verbs)
        .map(|(e, verb)| {
            let mut accesses = e.accesses.to_vec();
            accesses.sort_unstable();
            let mut clock = e.clock.to_vec();
            while clock.last() == Some(&0) {
                clock.pop();
            }
            format!("{:?} {} {verb} {accesses:?} {clock:?}", e.label, e.serial)
        })
        .collect();
    lines.sort_unstable();
    lines.push(match &kernel.ending {
        Some(End::Livelock(_)) => "Livelock".to_owned(),
        other => format!("{other:?}"),
    });
    lines.join("\n")
}
