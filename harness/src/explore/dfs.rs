//! Plain depth-first enumeration of every schedule, with no reduction at all: the yardstick the
//! reductions are checked against, and, with a preemption bound, the bounded search.
//!
//! A preemption bound limits the switches away from a task that could have gone on (Musuvathi and
//! Qadeer, "Iterative Context Bounding", PLDI 2007). Because nothing is reduced, "complete" means
//! every schedule with at most that many preemptions.

use crate::kernel::{Choice, End, Kernel, ObjectId, Pick, Strategy, TaskId, Ways};

/// What can be tried at one decision, in that order.
#[derive(Debug)]
enum Options {
    Tasks(Vec<u32>),
    /// As many arms of a `choose`, counted instead of listed: there may be very many.
    Arms(u32),
}

impl Options {
    fn get(&self, at: usize) -> Option<u32> {
        match self {
            Options::Tasks(tasks) => tasks.get(at).copied(),
            Options::Arms(arms) => u32::try_from(at).ok().filter(|at| at < arms),
        }
    }
}

/// One decision of the current schedule and what is left to try there.
#[derive(Debug)]
struct Level {
    options: Options,
    at: usize,
    /// How many there were, those beyond the bound included: fewer or more later on, and the program
    /// does not depend on the schedule alone.
    width: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Dfs {
    levels: Vec<Level>,
    depth: usize,
    preemption_bound: Option<usize>,
    preemptions: usize,
    /// As the bound on preemptions, for operations on atomics that do not take the latest store.
    stale_bound: Option<usize>,
    stale: usize,
    started: bool,
    complete: bool,
    /// The last execution was over before its schedule was.
    cut_short: bool,
    /// An execution was given up, so what could follow is unknown.
    truncated: bool,
}

impl Dfs {
    pub(crate) fn new(preemption_bound: Option<usize>) -> Self {
        Dfs {
            preemption_bound,
            ..Dfs::default()
        }
    }

    /// With at most so many preemptions, and so many operations on atomics that do not take the latest store.
    pub(crate) fn within(preemptions: usize, stale: usize) -> Self {
        Dfs {
            preemption_bound: Some(preemptions),
            stale_bound: Some(stale),
            ..Dfs::default()
        }
    }

    /// The option to take at this depth, where there are `width`; `options` is asked for where the tree
    /// is new.
    fn take(&mut self, width: usize, options: impl FnOnce() -> Options) -> Result<u32, String> {
        if self.cut_short {
            return Err("the same schedule led to fewer choices than before".to_owned());
        }
        if self.depth == self.levels.len() {
            self.levels.push(Level {
                options: options(),
                at: 0,
                width,
            });
        }
        let level = &self.levels[self.depth];
        self.depth += 1;
        if level.width != width {
            let (depth, before) = (self.depth, level.width);
            return Err(format!(
                "under the same schedule, choice {depth} had {before} options before and {width} now"
            ));
        }
        Ok(level
            .options
            .get(level.at)
            .expect("a level is left when nothing is left to try"))
    }
}

impl Strategy for Dfs {
    fn begin(&mut self) -> bool {
        self.depth = 0;
        self.preemptions = 0;
        self.stale = 0;
        self.started = true;
        !self.complete
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let current = choice.current().map(|c| c.index);
        let spent = self.preemption_bound.is_some_and(|bound| self.preemptions >= bound);
        let taken = self.take(choice.enabled.len(), || {
            // The current task first: schedules with few switches come first, and read best.
            let mut options: Vec<u32> = choice.enabled.iter().map(|c| c.index as u32).collect();
            // Who gives way last.
            options.sort_by_key(|&i| choice.yields(i as usize));
            if let Some(current) = current {
                options.retain(|&i| i != current as u32);
                options.insert(0, current as u32);
                if spent {
                    options.truncate(1);
                }
            }
            Options::Tasks(options)
        });
        let index = match taken {
            Ok(index) => index as usize,
            Err(why) => return Pick::Diverged(why),
        };
        if !choice.enabled.iter().any(|c| c.index == index) {
            return Pick::Diverged(format!(
                "{} could go on before and cannot now",
                choice.kernel.task_name(index)
            ));
        }
        if current.is_some_and(|c| c != index) {
            self.preemptions += 1;
        }
        Pick::Task(index)
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        self.take(arms as usize, || Options::Arms(arms))
    }

    fn way(&mut self, _kernel: &Kernel, _task: TaskId, _object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        let all = ways.open.len();
        if all == 1 {
            return Ok(Some(0));
        }
        let spent = self.stale_bound.is_some_and(|bound| self.stale >= bound);
        let way = self.take(all, || Options::Arms(if spent { 1 } else { all as u32 }))?;
        self.stale += usize::from(way > 0);
        Ok(Some(way))
    }

    fn end(&mut self, kernel: &Kernel) {
        self.truncated |= kernel.ending == Some(End::Unfair);
        if self.depth < self.levels.len() {
            // Told by the next execution: this one has ended.
            self.complete = self.cut_short;
            self.cut_short = true;
            return;
        }
        while let Some(level) = self.levels.last_mut() {
            level.at += 1;
            if level.options.get(level.at).is_some() {
                return;
            }
            self.levels.pop();
        }
        self.complete = true;
    }

    fn restart(&mut self) {
        self.levels.clear();
        self.cut_short = false;
        self.truncated = false;
    }

    fn complete(&self) -> bool {
        self.complete && !self.cut_short && !self.truncated
    }
}
