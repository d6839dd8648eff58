//! What a check is asked to do.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::error::Error;
use super::recorded::Test;
use super::state::{SearchState, Settings};
use super::strategy::Strategy;
use crate::engine::current::Program;
use crate::kernel::{Declared, MemoryModel, ScheduleLimits};

/// Everything a [`Check`](crate::Check) can be told.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_time: Option<Duration>,
    pub(crate) max_steps: usize,
    pub(crate) max_states: usize,
    pub(crate) preemption_bound: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) keep_going: bool,
    pub(crate) horizon: u32,
    pub(crate) spurious_wakeups: u32,
    pub(crate) spurious_polls: u32,
    pub(crate) early_timers: u32,
    pub(crate) fresh_wakers: bool,
    pub(crate) unmarked_yields: bool,
    pub(crate) leaks: bool,
    pub(crate) cause: bool,
    pub(crate) against: Option<Against>,
    pub(crate) memory_model: MemoryModel,
    /// What counts where orderings are declared, if these are not to count.
    pub(crate) declared: Option<Declared>,
    pub(crate) stall_timeout: Duration,
    pub(crate) cancel: Arc<AtomicBool>,
    pub(crate) progress: Arc<AtomicU64>,
    pub(crate) workers: usize,
    /// Parts to divide a search into, at least, if there are that many. Many more than there are workers,
    /// because some are much larger than others.
    pub(crate) parts: usize,
    pub(crate) shard: Option<(u32, u32)>,
    pub(crate) resume: Option<Box<SearchState>>,
    pub(crate) estimate: bool,
    pub(crate) estimate_counter: Arc<AtomicU64>,
    /// Where the searches of this run note that an execution runs.
    pub(crate) noted: Arc<Mutex<Vec<&'static AtomicU32>>>,
    /// The test that runs the check.
    pub(crate) test: Option<Test>,
    /// Whether a line on standard output tells the failing execution, which is run once more, from those before.
    pub(crate) aloud: bool,
    /// Why the check is not run at all.
    pub(crate) refused: Option<Refused>,
}

/// The program that a failing order is tried on.
#[derive(Clone)]
pub(crate) struct Against(pub(crate) Program);

impl fmt::Debug for Against {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Against")
    }
}

/// A variable of the environment that cannot be understood.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) variable: &'static str,
    pub(crate) value: String,
    pub(crate) why: String,
}

impl From<Refused> for Error {
    fn from(Refused { variable, value, why }: Refused) -> Self {
        Error::Variable { variable, value, why }
    }
}

impl Options {
    /// The default strategy and limits.
    pub(crate) fn new(name: String) -> Self {
        Options {
            name,
            strategy: Strategy::Auto,
            max_executions: None,
            max_time: None,
            max_steps: 10_000,
            max_states: 20_000,
            preemption_bound: None,
            seed: 0,
            keep_going: false,
            horizon: 100,
            spurious_wakeups: 0,
            spurious_polls: 0,
            early_timers: 0,
            fresh_wakers: false,
            unmarked_yields: false,
            leaks: false,
            cause: true,
            against: None,
            memory_model: MemoryModel::Rust,
            declared: None,
            stall_timeout: Duration::from_secs(20),
            cancel: Arc::default(),
            progress: Arc::default(),
            workers: 1,
            parts: 256,
            shard: None,
            resume: None,
            estimate: false,
            estimate_counter: Arc::default(),
            noted: Arc::default(),
            test: None,
            aloud: false,
            refused: None,
        }
    }

    pub(crate) fn limits(&self) -> ScheduleLimits {
        ScheduleLimits {
            max_steps: self.max_steps,
            horizon: self.horizon,
            spurious_wakeups: self.spurious_wakeups,
            spurious_polls: self.spurious_polls,
            early_timers: self.early_timers,
            fresh_wakers: self.fresh_wakers,
            unmarked_yields: self.unmarked_yields,
            leaks: self.leaks,
            memory_model: self.memory_model,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            name: self.name.clone(),
            limits: self.limits(),
            keep_going: self.keep_going,
            shard: self.shard,
        }
    }
}
