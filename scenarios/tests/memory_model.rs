//! What the two memory models say about the catalog.

use selvedge::{MemoryModel, Strategy, Verdict};
use selvedge_catalog::{Expected, Run, Variant};

/// The searches of the catalog are those under Rust's memory model, and each follows its program to the end.
#[test]
fn what_is_verified_holds_for_every_execution_graph() {
    let (mut followed, mut graphs) = (0, 0);
    for (name, variant) in searched() {
        if variant.expected != Expected::Verified {
            continue;
        }
        let report = variant.run(variant.check(&name, &Strategy::Exhaustive));
        assert!(
            report.error.is_none() && variant.expected.met_by(&report),
            "{name}: {report}"
        );
        if report.memory_model == MemoryModel::Rust {
            followed += 1;
            graphs += report.executions - report.blocked_executions;
        }
    }
    assert!(followed > 50 && graphs > 15_000, "{followed} variants, {graphs} graphs");
}

/// What fails because a load sees a stale value, and in no interleaving.
#[test]
fn some_failures_are_no_interleaving() {
    let mut only_weak = Vec::new();
    for (name, variant) in searched() {
        if variant.expected == Expected::Verified {
            continue;
        }
        let check = variant.check(&name, &Strategy::Exhaustive);
        let report = variant.run(check.memory_model(MemoryModel::SequentiallyConsistent));
        if report.verdict == Verdict::Verified {
            only_weak.push(name);
        }
    }
    assert_eq!(
        only_weak,
        [
            "lost-wakeup/own-with-relaxed-version",
            "waiter-queue/unfenced",
            "store-buffering/acquire-release",
            "message-passing/relaxed-atomic-data",
            "seqlock/acquire-loads-only",
            "notified-wake/look-first",
        ]
    );
}

/// The variants that are searched exhaustively, and can be here.
fn searched() -> Vec<(String, Variant)> {
    let mut searched = Vec::new();
    for scenario in selvedge_scenarios::catalog() {
        for variant in scenario.variants {
            let is_searched = variant
                .runs
                .iter()
                .any(|run: &Run| run.strategy == Strategy::Exhaustive);
            if is_searched && variant.skipped.is_none() && variant.limits.preemption_bound.is_none() {
                searched.push((format!("{}/{}", scenario.name, variant.name), variant));
            }
        }
    }
    searched
}
