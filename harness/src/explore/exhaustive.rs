//! Every interleaving, one execution for each Mazurkiewicz trace: optimal dynamic partial-order
//! reduction with wakeup trees.
//!
//! After Abdulla, Aronis, Jonsson and Sagonas, "Optimal Dynamic Partial Order Reduction" (POPL 2014)
//! and "Source Sets" (JACM 2017), on vector clocks computed from the log of each execution:
//!
//! 1. Two steps *race* when they belong to different tasks, do not commute, nothing orders them but
//!    themselves, and the later one could have come first. For a lock that is the earlier *acquisition*,
//!    although a release always stands between; for a token or a queue the [`Gate`](crate::kernel::Gate)s are folded over
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

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::races::Analysis;
use super::wakeup_tree::{Branch, Frame, Label, Sleeper};
use crate::kernel::{Accesses, Choice, End, Entry, Kernel, ObjectId, Pick, Strategy, TaskId, independent};

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
        // What tasks do in turns is no choice.
        let chosen = kernel.fair.map_or(kernel.log.len(), |fair| fair.log);
        let last = kernel.log[..chosen]
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

    fn push(&mut self, label: Label, width: usize, sleep: Vec<Sleeper>, branches: Vec<Branch>, arms: Range<u32>) {
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
            found => {
                let index = choice.kernel.tasks.iter().position(|t| t.id == frame.label.task);
                let task = index.map_or_else(|| "a task".to_owned(), |index| choice.kernel.task_name(index));
                let (before, now) = (frame.width, choice.enabled.len());
                Pick::Diverged(match found {
                    _ if frame.label.arm.is_some() => format!("{task} called choose() before and does not now"),
                    None => format!("{task} could go on before and cannot now"),
                    Some(_) if before != now => format!("{before} tasks could go on before and {now} can now"),
                    Some(_) => format!("{task} was about to do something else before"),
                })
            }
        }
    }

    /// Leaves the frames with nothing left to do; false when that is all of them.
    fn backtrack(&mut self) -> bool {
        self.guide.clear();
        while let Some(frame) = self.frames.last_mut() {
            frame.done += 1;
            frame.took += self.executions - frame.before;
            frame.before = self.executions;
            // The arms of a choice are counted off. To remember each would tell nobody anything: they are steps of one
            // task, and nothing races with them.
            let counted = frame.label.arm.is_some() && frame.branches.is_empty();
            if !std::mem::take(&mut self.dead_end) && !counted {
                frame.sleep.push(Sleeper {
                    label: frame.label,
                    accesses: std::mem::take(&mut frame.accesses),
                });
            }
            let sleep = &frame.sleep;
            frame.branches.retain_mut(|branch| branch.prune(sleep));
            if !frame.branches.is_empty() {
                let branch = frame.branches.remove(0);
                frame.label = branch.label;
                self.guide = branch.children;
                self.changed = self.frames.len() - 1;
                return true;
            }
            if let Some(arm) = frame.arms.next() {
                frame.label.arm = Some(arm);
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
            // The plan expected more of an earlier step than it has done here, so this has been explored.
            let asleep = sleep.iter().any(|s| s.label == branch.label);
            self.push(branch.label, width, sleep, siblings, 0..0);
            return match found {
                Some(candidate) if branch.label.arm.is_none() && !asleep => {
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
        let others = || choice.enabled.iter().filter(|c| !asleep(c.task));
        let next = awake
            .or_else(|| others().find(|c| !choice.yields(c.index)))
            .or_else(|| others().next())
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
                    0..0,
                );
                self.note_announced(choice, candidate.index);
                Pick::Task(candidate.index)
            }
            None => Pick::Redundant,
        }
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.settle(kernel);
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
            self.push(branch.label, arms as usize, sleep, siblings, 0..0);
            return Ok(branch.label.arm.unwrap_or(0));
        }
        self.guide.clear();
        self.push(Label { task, arm: Some(0) }, arms as usize, sleep, Vec::new(), 1..arms);
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
        self.truncated |= match &kernel.ending {
            Some(End::StepLimit | End::Unfair | End::Livelock(_) | End::Diverged(_)) => true,
            ending => ending.as_ref().is_some_and(End::is_race),
        };
        self.executions += 1;
        Analysis::new(kernel).run(&mut self.frames);
        self.done = !self.backtrack();
    }

    fn renumber(&mut self, from: ObjectId, to: ObjectId) -> bool {
        for frame in &mut self.frames {
            frame.renumber(from, to);
        }
        for branch in &mut self.guide {
            branch.renumber(from, to);
        }
        true
    }

    fn restart(&mut self) {
        *self = Exhaustive::new();
    }

    fn complete(&self) -> bool {
        self.done && !self.truncated && !self.cut_short
    }
}
