//! `execution-log`: what is true of the log in memory is true of it on every database, interleaving by interleaving.
//! Where a server is missing, its tests are listed as ignored.

use libtest_mimic::{Arguments, Failed, Trial};
use selvedge::{Report, Strategy};
use selvedge_scenarios::catalog::{Scenario, Variant};

const BACKENDS: [&str; 4] = ["memory", "sqlite", "postgres", "redis"];
const PROGRAMS: [&str; 4] = ["look-then-listen", "listen-then-look", "wait-for-all", "unknown-flow"];

fn main() {
    let mut trials = Vec::new();
    for backend in &BACKENDS[1..] {
        let skipped = variant(backend, PROGRAMS[0]).skipped.and_then(|reason| reason());
        for program in PROGRAMS {
            let trial = Trial::test(format!("{backend}/{program}_is_as_on_memory"), move || {
                as_on_memory(backend, program)
            });
            trials.push(trial.with_ignored_flag(skipped.is_some()));
        }
    }
    trials.push(Trial::test(
        "every_variant_is_one_of_the_programs_on_one_backend",
        || {
            let expected: Vec<String> = BACKENDS
                .iter()
                .flat_map(|backend| PROGRAMS.map(|program| format!("{backend}-{program}")))
                .collect();
            let variants: Vec<String> = scenario().variants.iter().map(|v| v.name.to_owned()).collect();
            assert_eq!(variants, expected);
            Ok(())
        },
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn scenario() -> Scenario {
    let found = selvedge_scenarios::catalog()
        .into_iter()
        .find(|s| s.name == "execution-log");
    found.expect("it is in the catalog")
}

fn variant(backend: &str, program: &str) -> Variant {
    let name = format!("{backend}-{program}");
    let found = scenario().variants.into_iter().find(|v| v.name == name);
    found.expect("every backend has every program")
}

/// The same verdict after the same interleavings, with the same outcomes and the same trace, for the program and for
/// its mutations.
fn as_on_memory(backend: &str, program: &str) -> Result<(), Failed> {
    let (memory, other) = (variant("memory", program), variant(backend, program));
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
