//! [`Config`] and what it is made of.

use std::path::PathBuf;
use std::time::Duration;

/// How a test is run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Of no effect: tasks have at least 2 MiB of stack.
    pub stack_size: usize,

    /// Where the schedule of a failure goes.
    pub failure_persistence: FailurePersistence,

    /// Steps that an execution may take, and what becomes of one that would take more.
    pub max_steps: MaxSteps,

    /// At most this much time, looked at between executions.
    pub max_time: Option<Duration>,

    /// Of no effect: there are no warnings.
    pub silence_warnings: bool,

    /// Of no effect: there are no spans.
    pub record_steps_in_span: bool,

    /// Of no effect: tasks that are left at the end unwind.
    pub ungraceful_shutdown_config: UngracefulShutdownConfig,
}

impl Config {
    /// The default: a failing schedule is saved, and an execution has 1,000,000 steps.
    pub fn new() -> Self {
        Config {
            stack_size: 0xf000,
            failure_persistence: FailurePersistence::Print,
            max_steps: MaxSteps::FailAfter(1_000_000),
            max_time: None,
            silence_warnings: false,
            record_steps_in_span: false,
            ungraceful_shutdown_config: UngracefulShutdownConfig::new(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

/// Where the schedule of a failure goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePersistence {
    /// Nowhere.
    None,
    /// Into a file below the target folder, and how to run it again into the message.
    Print,
    /// Into a file of this folder, or the current one.
    File(Option<PathBuf>),
}

/// Steps that an execution may take, and what becomes of one that would take more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxSteps {
    /// There is no bound.
    None,
    /// The test fails.
    FailAfter(usize),
    /// The next execution begins.
    ContinueAfter(usize),
}

/// Of no effect: tasks that are left at the end unwind, and what they own is dropped.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub enum ContinuationFunctionBehavior {
    /// Drop.
    Drop,
    /// Leak.
    #[default]
    Leak,
}

impl ContinuationFunctionBehavior {
    /// The default.
    pub const fn new() -> Self {
        ContinuationFunctionBehavior::Leak
    }
}

/// Of no effect: tasks that are left at the end unwind.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct UngracefulShutdownConfig {
    /// Of no effect.
    pub immediately_return_on_panic: bool,
    /// Of no effect.
    pub continuation_function_behavior: ContinuationFunctionBehavior,
}

impl UngracefulShutdownConfig {
    /// The default.
    pub const fn new() -> Self {
        UngracefulShutdownConfig {
            immediately_return_on_panic: false,
            continuation_function_behavior: ContinuationFunctionBehavior::new(),
        }
    }
}
