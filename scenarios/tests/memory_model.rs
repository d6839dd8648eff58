//! The catalog under Rust's memory model: what holds must hold there, too, but for what is in the catalog because it does not.

use selvedge::{Error, MemoryModel, Strategy};
use selvedge_catalog::{Expected, Run};

#[test]
fn what_is_verified_holds_for_every_execution_graph() {
    let (mut followed, mut graphs, mut weak) = (0, 0, 0);
    for scenario in selvedge_scenarios::catalog() {
        for variant in &scenario.variants {
            let name = format!("{}/{}", scenario.name, variant.name);
            let proves = |run: &Run| run.strategy == Strategy::Exhaustive && run.expected == Expected::Verified;
            let listed = variant.runs.iter().any(proves);
            if !listed || variant.skipped.is_some() || variant.limits.preemption_bound.is_some() {
                continue;
            }
            let check = variant
                .check(scenario.name, &Strategy::Exhaustive)
                .memory_model(MemoryModel::Rust);
            let report = variant.run(check);
            if matches!(report.error, Some(Error::Unsupported { .. })) {
                continue;
            }
            if report.memory_model == MemoryModel::Rust {
                followed += 1;
                graphs += report.executions - report.blocked_executions;
            }
            // What is true of the program, whatever a sequentially consistent engine can show.
            weak += u32::from(variant.expected != Expected::Verified);
            assert!(variant.expected.met_by(&report), "{name}: {report}");
        }
    }
    assert!(
        followed > 50 && graphs > 20_000 && weak > 5,
        "{followed} variants, {graphs} graphs, {weak} fail"
    );
}
