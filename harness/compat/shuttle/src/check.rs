//! The functions that run a test: each is a [`Runner`] with one of the schedulers.

use std::path::Path;

use crate::scheduler::{
    AnnotationScheduler, DfsScheduler, PctScheduler, RandomScheduler, ReplayScheduler, RoundRobinScheduler, Scheduler,
    UncontrolledNondeterminismCheckScheduler, UrwRandomScheduler,
};
use crate::{Config, Runner};

#[track_caller]
fn run<F, S>(f: F, scheduler: S)
where
    F: Fn() + Send + Sync + 'static,
    S: Scheduler + 'static,
{
    Runner::new(scheduler, Config::default()).run(f);
}

/// Runs `f` once, tasks taking turns.
///
/// # Panics
/// When it fails; so for all that follow.
#[doc(hidden)]
#[track_caller]
pub fn check<F>(f: F)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, RoundRobinScheduler::new(1));
}

/// Runs `f` under so many schedules, drawn uniformly.
#[track_caller]
pub fn check_urw<F>(f: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, UrwRandomScheduler::new(iterations));
}

/// Runs `f` under so many random schedules.
#[track_caller]
pub fn check_random<F>(f: F, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, RandomScheduler::new(iterations));
}

/// [`check_random`] with a seed.
#[track_caller]
pub fn check_random_with_seed<F>(f: F, seed: u64, iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, RandomScheduler::new_from_seed(seed, iterations));
}

/// Runs `f` under so many schedules of probabilistic concurrency testing, for bugs that need `depth` ordering constraints.
#[track_caller]
pub fn check_pct<F>(f: F, iterations: usize, depth: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, PctScheduler::new(depth, iterations));
}

/// Runs `f` under every schedule, or the first so many.
#[track_caller]
pub fn check_dfs<F>(f: F, max_iterations: Option<usize>)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, DfsScheduler::new(max_iterations, false));
}

/// Runs `f` under so many random schedules, each of them twice, and fails if the second execution is not like the first.
#[track_caller]
pub fn check_uncontrolled_nondeterminism<F>(f: F, max_iterations: usize)
where
    F: Fn() + Send + Sync + 'static,
{
    run(
        f,
        UncontrolledNondeterminismCheckScheduler::new(RandomScheduler::new(max_iterations)),
    );
}

/// Runs the execution again that a failure has saved: see [`ReplayScheduler::new_from_encoded`].
#[track_caller]
pub fn replay<F>(f: F, encoded_schedule: &str)
where
    F: Fn() + Send + Sync + 'static,
{
    run(f, ReplayScheduler::new_from_encoded(encoded_schedule));
}

/// Runs the execution again that a failure has saved in this file.
#[track_caller]
pub fn replay_from_file<F, P>(f: F, path: P)
where
    F: Fn() + Send + Sync + 'static,
    P: AsRef<Path>,
{
    let scheduler = ReplayScheduler::new_from_file(path);
    run(f, scheduler.unwrap_or_else(|error| panic!("{error}")));
}

/// [`replay`]: the timeline is the annotated schedule.
#[track_caller]
pub fn annotate_replay<F>(f: F, encoded_schedule: &str)
where
    F: Fn() + Send + Sync + 'static,
{
    run(
        f,
        AnnotationScheduler::new(ReplayScheduler::new_from_encoded(encoded_schedule)),
    );
}
