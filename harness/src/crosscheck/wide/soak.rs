//! A few programs each time, and as many as one likes.

use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use proptest::test_runner::{Config as ProptestConfig, RngSeed, TestCaseResult, TestError, TestRunner};

use super::generate::{Kind, programs};
use super::judge::judge;
use super::program::Program;
use super::refine::refine;
use crate::crosscheck::threads::config;

/// Looks at so many programs. What differs, made small.
fn look(config: ProptestConfig, kind: Kind, oracle: impl Fn(&Program) -> TestCaseResult) -> Result<(), String> {
    TestRunner::new(config)
        .run(&programs(kind), |program| oracle(&program))
        .map_err(|error| match error {
            TestError::Fail(why, program) => format!("{why}\n{program:?}"),
            TestError::Abort(why) => why.to_string(),
        })
}

/// Looks at so many programs, half of them on another thread: by their names these tests are the last, and they are the longest.
fn look_at_all(cases: u32, kind: Kind, oracle: fn(&Program) -> TestCaseResult) {
    let half = |other: bool| {
        let mut config = config(cases);
        config.cases = config.cases.div_ceil(2);
        if let (RngSeed::Fixed(seed), true) = (&mut config.rng_seed, other) {
            *seed = !*seed;
        }
        look(config, kind, oracle)
    };
    let halves = thread::scope(|scope| {
        let other = scope.spawn(|| half(true));
        [half(false), other.join().expect("what differs is returned")]
    });
    for half in halves {
        if let Err(why) = half {
            panic!("{why}");
        }
    }
}

fn every_outcome_on_real_threads(program: &Program) -> TestCaseResult {
    refine(program, 200)
}

#[test]
fn plain_enumeration_agrees_with_every_search_of_a_random_program() {
    look_at_all(60, Kind::Any, judge);
}

#[test]
fn races_are_found_by_every_search_that_can() {
    look_at_all(40, Kind::Racy, judge);
}

#[test]
fn what_real_threads_show_is_among_the_outcomes() {
    look_at_all(30, Kind::Real, every_outcome_on_real_threads);
}

/// Operation by operation, with the same results. A deadline is met where nothing else can happen, however long that takes.
#[test]
fn a_task_alone_sees_what_it_sees_with_std_and_tokio() {
    look_at_all(150, Kind::Alone, |program| refine(program, 1));
}

/// A program that has not come to its end for so long hangs, perhaps.
const LONG: Duration = Duration::from_secs(60);

/// Since when which program runs, and whether it has been told.
type Running = Mutex<Option<(Instant, String, bool)>>;

/// Tells of a program that takes long, once, as long as anybody is interested.
#[expect(clippy::print_stderr, reason = "it tells while it runs")]
fn watch(running: &Weak<Running>) {
    while let Some(running) = running.upgrade() {
        if let Some((since, program, told)) = running.lock().unwrap().as_mut()
            && !*told
            && since.elapsed() > LONG
        {
            eprintln!("takes more than a minute: {program}\n");
            *told = true;
        }
        drop(running);
        thread::sleep(Duration::from_secs(1));
    }
}

/// For `SELVEDGE_SOAK_MINUTES`, from `SELVEDGE_CROSSCHECK_SEED` on; every seed that differs is told, and the search goes on.
#[test]
#[expect(clippy::print_stderr, reason = "it tells while it runs")]
#[ignore = "takes as long as one likes: just soak MINUTES"]
fn soak() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<f64>().ok();
    let minutes = number("SELVEDGE_SOAK_MINUTES").unwrap_or(1.0);
    let until = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let first = number("SELVEDGE_CROSSCHECK_SEED").unwrap_or(1.0) as u64;
    let (mut seed, mut programs, mut differing) = (first, 0, 0);
    let running: Arc<Running> = Arc::default();
    let watched = Arc::downgrade(&running);
    thread::spawn(move || watch(&watched));
    while Instant::now() < until {
        for (kind, oracle) in [
            (Kind::Any, judge as fn(&Program) -> TestCaseResult),
            (Kind::Racy, judge),
            (Kind::Real, every_outcome_on_real_threads),
            (Kind::Alone, |program| refine(program, 1)),
        ] {
            let cases = if kind == Kind::Any { 20 } else { 5 };
            programs += cases;
            let timed = |program: &Program| {
                *running.lock().unwrap() = Some((Instant::now(), format!("seed {seed}, {kind:?}: {program:?}"), false));
                oracle(program)
            };
            let config = ProptestConfig {
                cases,
                rng_seed: RngSeed::Fixed(seed),
                ..config(cases)
            };
            if let Err(why) = look(config, kind, timed) {
                differing += 1;
                eprintln!("seed {seed}, {kind:?}: {why}\n");
            }
        }
        seed += 1;
    }
    eprintln!(
        "{programs} programs, seeds {first} to {}, {differing} of them differ",
        seed - 1
    );
    assert_eq!(differing, 0);
}
