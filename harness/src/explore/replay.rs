//! Follows a recorded schedule, strictly: on the first step that does not fit, it says which, what was
//! recorded and what was possible.
//!
//! Steps are matched by task name, operation and object name, not by number, so that an edit
//! elsewhere in the program does not break a schedule. A schedule ends where its failure is, so a program that goes on
//! then is another one, or the schedule was cut short: whatever follows was chosen by nobody. Only of an execution that
//! never came back the steps are not known; there the current task goes on as long as it can.

use super::recorded::{ScheduleStep, key, sees};
use crate::kernel::{Choice, Kernel, ObjectId, Pick, Strategy, TaskId, Ways};

pub(crate) struct Replay {
    steps: Vec<ScheduleStep>,
    /// Whether they are all that led to the failure.
    whole: bool,
    /// Whether it was recorded where every load sees the latest store, so that it says of none which.
    latest: bool,
    at: usize,
    done: bool,
}

impl Replay {
    pub(crate) fn new(steps: Vec<ScheduleStep>, whole: bool) -> Self {
        Replay {
            steps,
            whole,
            latest: false,
            at: 0,
            done: false,
        }
    }

    /// A schedule of a sequentially consistent execution, followed where loads may see other stores, too.
    pub(crate) fn sees_the_latest(mut self) -> Self {
        self.latest = true;
        self
    }

    /// What is wrong when somebody asks for a step after the last.
    fn ends_early(&self, next: &str) -> String {
        let steps = self.steps.len();
        format!(
            "the schedule ends after step {steps} and its failure does not come there, {next}: the file was cut short, \
             or the program is another one"
        )
    }
}

/// `waiter lock(queue)`.
fn describe(kernel: &Kernel, index: usize) -> String {
    let (task, op, object) = key(kernel, index);
    if object.is_empty() {
        format!("{task} {op}")
    } else {
        format!("{task} {op}({object})")
    }
}

impl Strategy for Replay {
    fn begin(&mut self) -> bool {
        self.at = 0;
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let step = self.steps.get(self.at);
        self.at += 1;
        let possible = || {
            let all: Vec<String> = choice
                .enabled
                .iter()
                .map(|c| describe(choice.kernel, c.index))
                .collect();
            all.join(" or ")
        };
        match step {
            None if self.whole => Pick::Diverged(self.ends_early(&format!("{} can go on", possible()))),
            None => {
                let next = choice.current().unwrap_or(&choice.enabled[0]);
                Pick::Task(next.index)
            }
            Some(ScheduleStep::Run { task, op, object }) => {
                let fits = choice.enabled.iter().find(|c| {
                    let (t, o, on) = key(choice.kernel, c.index);
                    (&t, o, &on) == (task, op.as_str(), object)
                });
                match fits {
                    Some(candidate) => Pick::Task(candidate.index),
                    None => Pick::Diverged(format!(
                        "schedule diverged at step {}: recorded {task} {op}({object}), only {} can run",
                        self.at,
                        possible()
                    )),
                }
            }
            Some(ScheduleStep::Task { number })
                if let Some(candidate) = choice.enabled.iter().find(|c| c.index == *number as usize) =>
            {
                Pick::Task(candidate.index)
            }
            Some(other) => Pick::Diverged(format!(
                "schedule diverged at step {}: recorded {other}, only {} can run",
                self.at,
                possible()
            )),
        }
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        let step = self.steps.get(self.at);
        self.at += 1;
        match step {
            None if self.whole => Err(self.ends_early(&format!("the program calls choose({arms})"))),
            None => Ok(0),
            Some(ScheduleStep::Choose { choose, of }) if *of == arms => Ok(*choose),
            Some(other) => Err(format!(
                "schedule diverged at step {}: recorded {other}, but the program calls choose({arms})",
                self.at
            )),
        }
    }

    fn way(&mut self, kernel: &Kernel, task: TaskId, object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        if self.latest {
            // It comes first.
            return Ok(Some(0));
        }
        let Some(recorded @ ScheduleStep::Sees { .. }) = self.steps.get(self.at) else {
            // By its number among those that were possible, if it was noted by a process that has ended.
            return match ways.open.len() {
                1 => Ok(Some(0)),
                several => self.arm(kernel, task, several as u32).map(Some),
            };
        };
        let (at, recorded) = (self.at + 1, recorded.clone());
        let names = ways
            .open
            .iter()
            .filter_map(|way| kernel.happens_before.store_name(object, way.store));
        let possible: Vec<ScheduleStep> = names.map(|store| sees(kernel, store)).collect();
        if possible.len() == 1 {
            return Ok(Some(0));
        }
        self.at = at;
        match possible.iter().position(|step| *step == recorded) {
            Some(way) => Ok(Some(way as u32)),
            None => {
                let possible: Vec<String> = possible.iter().map(ScheduleStep::to_string).collect();
                let object = kernel.object_name(object);
                let possible = possible.join(" or ");
                Err(format!(
                    "schedule diverged at step {at}: recorded {recorded} of {object}, of which only {possible} can be seen"
                ))
            }
        }
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.done = true;
    }
}
