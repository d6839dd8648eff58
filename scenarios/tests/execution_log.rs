//! `execution-log`: what is true of the log in memory is true of it on every database, interleaving by interleaving.
//! Where a server is missing, its tests are listed as ignored.

mod lesson;

use lesson::{assert_expectations, assert_lesson, assert_traces, scenario};
use libtest_mimic::{Arguments, Failed, Trial};
use selvedge::{Report, Strategy};
use selvedge_scenarios::catalog::{Scenario, Variant};

const PROGRAMS: [&str; 4] = ["look-then-listen", "listen-then-look", "wait-for-all", "unknown-flow"];

fn main() {
    let mut trials = vec![Trial::test(
        "the_lesson_quotes_the_real_traces_and_the_real_numbers",
        || {
            assert_lesson(&on("memory"), &["memory-look-then-listen"]);
            Ok(())
        },
    )];
    for backend in ["memory", "sqlite", "postgres", "redis"] {
        let of_backend = on(backend);
        assert_eq!(of_backend.variants.len(), PROGRAMS.len(), "variants on {backend}");
        let skipped = of_backend.variants[0].skipped.and_then(|reason| reason()).is_some();
        let test = |name: &str, test: fn(&str)| {
            let trial = Trial::test(format!("{backend}/{name}"), move || {
                test(backend);
                Ok(())
            });
            trial.with_ignored_flag(skipped)
        };
        trials.push(test("every_variant_meets_its_expectation", |backend| {
            assert_expectations(&on(backend));
        }));
        trials.push(test("the_trace_of_what_fails_tells_the_story", |backend| {
            assert_traces(&on(backend));
        }));
        if backend != "memory" {
            for program in PROGRAMS {
                let trial = Trial::test(format!("{backend}/{program}_is_as_on_memory"), move || {
                    as_on_memory(backend, program)
                });
                trials.push(trial.with_ignored_flag(skipped));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// The scenario with the variants of one backend.
fn on(backend: &str) -> Scenario {
    let mut scenario = scenario("execution-log");
    let prefix = format!("{backend}-");
    scenario.variants.retain(|v| v.name.starts_with(&prefix));
    scenario
}

/// The same verdict after the same interleavings, with the same outcomes and the same trace, for the program and for
/// its mutations.
fn as_on_memory(backend: &str, program: &str) -> Result<(), Failed> {
    let variant = |backend: &str| {
        let name = format!("{backend}-{program}");
        let found = on(backend).variants.into_iter().find(|v| v.name == name);
        found.expect("every backend has every program")
    };
    let (memory, other) = (variant("memory"), variant(backend));
    let mut pairs = vec![(run(&memory), run(&other))];
    assert_eq!(memory.mutations.len(), other.mutations.len());
    for (ours, theirs) in memory.mutations.iter().zip(&other.mutations) {
        pairs.push((
            memory.run_mutation("execution-log", ours),
            other.run_mutation("execution-log", theirs),
        ));
    }
    for (memory, other) in pairs {
        let (memory, other) = (told(&memory, "memory"), told(&other, backend));
        if memory != other {
            return Err(format!("on memory:\n{memory}\non {backend}:\n{other}").into());
        }
    }
    Ok(())
}

fn run(variant: &Variant) -> Report {
    variant.run(variant.check("execution-log", &Strategy::Exhaustive).cause(false))
}

/// All that a run says, without the name of the backend.
fn told(report: &Report, backend: &str) -> String {
    let Report {
        verdict,
        complete,
        executions,
        outcomes,
        ..
    } = report;
    let failure = report.failure.as_ref().map(ToString::to_string).unwrap_or_default();
    // A name in a cell is padded to the column's width, and another name is of another length. No cell is cut short by it,
    // because each column has a wider one.
    let widest = "postgres".len();
    let anonymous: String = failure
        .lines()
        .map(|line| {
            let padded = format!("{line}{:widest$}", "");
            let told = padded
                .replace(&format!("{backend}-"), "database-")
                .replace(&format!("{backend:widest$}"), "database");
            format!("{}\n", told.trim_end())
        })
        .collect();
    format!("{verdict:?}, complete: {complete}, {executions} executions, {outcomes:?}\n{anonymous}")
}
