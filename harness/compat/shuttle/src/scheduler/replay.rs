//! [`ReplayScheduler`].

use std::fs;
use std::io;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use selvedge::Strategy;

use super::plan::{Plan, Random};
use super::schedule::ScheduleStep;
use crate::current::VectorClock;

use super::{DataSource, RandomDataSource, Schedule, Scheduler, Task, TaskId};

/// One execution again: that of a failure, from its file, or of tasks by their numbers.
#[derive(Debug)]
pub struct ReplayScheduler {
    /// What a failure has saved.
    saved: Option<Box<selvedge::Schedule>>,
    schedule: Schedule,
    at: usize,
    begun: bool,
    allow_incomplete: bool,
    data: RandomDataSource,
}

impl ReplayScheduler {
    /// The execution that a failure has saved: the text of its file, or where that lies.
    ///
    /// # Panics
    /// When it is neither, as what shuttle itself has printed: that is of shuttle's steps, which are others.
    pub fn new_from_encoded(encoded_schedule: &str) -> Self {
        let text = encoded_schedule.trim();
        let saved = if text.starts_with('{') {
            read(text).map_err(|error| error.to_string())
        } else if Path::new(text).is_file() {
            selvedge::Schedule::load(text).map_err(|error| error.to_string())
        } else {
            Err(
                "it is neither the text nor the path of a file that a failing test has saved; a schedule that shuttle \
                 has printed is one of shuttle's own steps, so let the test fail once more, and take the file that its \
                 last line names"
                    .to_owned(),
            )
        };
        match saved {
            Ok(saved) => ReplayScheduler::new(Some(Box::new(saved)), Schedule::default()),
            Err(why) => panic!("invalid schedule: {why}"),
        }
    }

    /// The execution that a failure has saved in this file.
    ///
    /// # Errors
    /// When it cannot be read, or holds something else.
    pub fn new_from_file<P: AsRef<Path>>(path: P) -> Result<Self, io::Error> {
        let saved = selvedge::Schedule::load(path).map_err(io::Error::other)?;
        Ok(ReplayScheduler::new(Some(Box::new(saved)), Schedule::default()))
    }

    /// Tasks by their numbers, a step each. The steps are those of the harness.
    pub fn new_from_schedule(schedule: Schedule) -> Self {
        ReplayScheduler::new(None, schedule)
    }

    fn new(saved: Option<Box<selvedge::Schedule>>, schedule: Schedule) -> Self {
        ReplayScheduler {
            saved,
            data: RandomDataSource::initialize(schedule.seed),
            schedule,
            at: 0,
            begun: false,
            allow_incomplete: false,
        }
    }

    /// The schedule may end before the execution does.
    pub fn set_allow_incomplete(&mut self) {
        self.allow_incomplete = true;
    }

    /// Would leave out what the failure does not depend on.
    ///
    /// # Panics
    /// Always: there are no clocks to be compared. A failure is told with as few preemptions as it needs anyway.
    pub fn set_target_clock(&mut self, _clock: impl Into<VectorClock>) {
        panic!(
            "a replay has no target clock here, as there are no clocks: leave it out; a failure is told with as few \
             preemptions as it needs anyway"
        );
    }
}

/// Reads the text of a file.
fn read(text: &str) -> Result<selvedge::Schedule, selvedge::Error> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Ordering: Relaxed; the number stands for itself.
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("selvedge-shuttle-{}-{next}.json", process::id()));
    let wrong = |source| selvedge::Error::Write {
        path: path.clone(),
        source,
    };
    fs::write(&path, text).map_err(wrong)?;
    let schedule = selvedge::Schedule::load(&path);
    fs::remove_file(&path).map_err(wrong)?;
    schedule
}

impl Scheduler for ReplayScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        assert!(
            self.saved.is_none(),
            "what a failure has saved can be replayed by a Runner, and not by another scheduler"
        );
        let begins = !std::mem::replace(&mut self.begun, true);
        begins.then(|| Schedule::new(self.data.reinitialize()))
    }

    fn next_task(&mut self, runnable: &[&Task], _current: Option<TaskId>, _is_yielding: bool) -> Option<TaskId> {
        let next = match self.schedule.steps.get(self.at) {
            Some(ScheduleStep::Task(next)) => *next,
            Some(ScheduleStep::Random) => panic!("expected context switch but next schedule step is random choice"),
            None => {
                assert!(self.allow_incomplete, "schedule ended early");
                return None;
            }
        };
        if !runnable.iter().any(|task| task.id() == next) {
            assert!(
                self.allow_incomplete,
                "scheduled task is not runnable, expected to run {next:?}, but choices were {runnable:?}"
            );
            return None;
        }
        self.at += 1;
        Some(next)
    }

    fn next_u64(&mut self) -> u64 {
        match self.schedule.steps.get(self.at) {
            Some(ScheduleStep::Random) => {
                self.at += 1;
                self.data.next_u64()
            }
            _ => panic!("expected random choice but next schedule step is context switch"),
        }
    }

    fn __plan(&self) -> Option<Plan> {
        let saved = self.saved.as_ref()?;
        Some(Plan {
            random: match saved.strategy.as_str() {
                "dfs" => Random::Fixed,
                _ => Random::Schedule,
            },
            strategy: Strategy::Replay((**saved).clone()),
            seed: None,
            executions: None,
        })
    }

    fn __again(&mut self) -> bool {
        (self.at, self.begun) = (0, false);
        self.data = RandomDataSource::initialize(self.schedule.seed);
        true
    }
}
