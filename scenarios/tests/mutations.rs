//! Every repair of the catalog is undone, and each time the search must notice: a test for each mutation, and one
//! that a variant without a mutation fails.

use libtest_mimic::{Arguments, Failed, Trial};
use selvedge_scenarios::catalog::{Expected, Mutation, Variant};

fn main() {
    let mut trials = vec![Trial::test("every_verified_variant_has_a_mutation", coverage)];
    for scenario in selvedge_scenarios::catalog() {
        for variant in &scenario.variants {
            for mutation in &variant.mutations {
                let name = format!("{}/{}/{}", scenario.name, variant.name, mutation.name.replace(' ', "-"));
                let (scenario, variant, mutation) = (scenario.name, variant.clone(), mutation.clone());
                let skipped = variant.skipped.and_then(|reason| reason()).is_some();
                let trial = Trial::test(name, move || caught(scenario, &variant, &mutation));
                trials.push(trial.with_ignored_flag(skipped));
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn caught(scenario: &str, variant: &Variant, mutation: &Mutation) -> Result<(), Failed> {
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        return Err(reason.into());
    }
    let report = variant.run_mutation(scenario, mutation);
    if report.error.is_none() && report.failure.as_ref().is_some_and(|f| f.kind == mutation.fails) {
        return Ok(());
    }
    Err(format!("{} should end as {}, found:\n{report}", mutation.name, mutation.fails).into())
}

fn coverage() -> Result<(), Failed> {
    let lacking = |v: &&Variant| v.expected == Expected::Verified && v.mutations.is_empty();
    let mut problems = String::new();
    for scenario in selvedge_scenarios::catalog() {
        let without: Vec<_> = scenario.variants.iter().filter(lacking).map(|v| v.name).collect();
        if !without.is_empty() {
            problems.push_str(&format!("{}: no mutation for {}\n", scenario.name, without.join(", ")));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.into())
    }
}
