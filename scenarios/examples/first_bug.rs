//! How many executions each strategy needs until it meets the first failure of each naive variant of the
//! catalog: the median over 20 seeds, as a Markdown table. `BENCHMARKS.md` keeps its output.
//!
//! ```text
//! cargo run --release -p selvedge-scenarios --example first_bug
//! ```
//!
//! The counts depend on nothing but the seeds. Left out are variants that a sequentially consistent engine
//! cannot break, and those whose server is not running.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use selvedge::Strategy;
use selvedge_scenarios::catalog::{Expected, Kind, Variant};

/// Runs of each strategy on each variant; `Exhaustive` has no seed and needs one.
const SEEDS: u64 = 20;

/// Executions after which a run gives up.
const CAP: u64 = 10_000;

fn strategies() -> [Strategy; 8] {
    [
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::ShuttlePct { depth: 3 },
        Strategy::Urw,
        Strategy::Pos,
        Strategy::Surw,
        Strategy::Portfolio,
        Strategy::Exhaustive,
    ]
}

fn variants() -> Vec<(&'static str, Variant)> {
    let fails = |v: &Variant| matches!(v.expected_under(&Strategy::Exhaustive), Expected::Fails(_));
    let runs = |v: &Variant| v.skipped.is_none_or(|reason| reason().is_none());
    selvedge_scenarios::catalog()
        .into_iter()
        .flat_map(|scenario| scenario.variants.into_iter().map(move |v| (scenario.name, v)))
        .filter(|(_, v)| v.kind == Kind::Naive && fails(v) && runs(v))
        .collect()
}

/// The median number of executions until the first failure; `None` above the cap. Of the two in the middle,
/// the larger one.
fn median(scenario: &str, variant: &Variant, strategy: &Strategy) -> Option<u64> {
    let seeds = if *strategy == Strategy::Exhaustive { 1 } else { SEEDS };
    let middle = (seeds / 2) as usize;
    let (mut found, mut missed) = (Vec::new(), 0);
    for seed in 0..seeds {
        let check = variant.check(scenario, strategy).max_executions(CAP).seed(seed);
        let report = variant.run(check);
        assert!(report.error.is_none(), "{report}");
        match report.failure {
            Some(failure) => found.push(failure.interleaving),
            None => missed += 1,
        }
        // The rest cannot change the median.
        if seeds - missed <= middle as u64 {
            return None;
        }
    }
    found.sort_unstable();
    found.get(middle).copied()
}

fn cell(median: Option<u64>) -> String {
    median.map_or_else(|| format!(">{CAP}"), |n| n.to_string())
}

fn main() {
    let (variants, strategies) = (variants(), strategies());
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(vec![Vec::new(); variants.len()]));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((scenario, variant)) = variants.get(at) else {
                        break;
                    };
                    let medians = strategies.iter().map(|s| median(scenario, variant, s)).collect();
                    rows.lock().expect("no row panics")[at] = medians;
                }
            });
        }
    });
    let rows: Vec<Vec<Option<u64>>> = rows.into_inner().expect("no row panics");

    let names: Vec<_> = strategies.iter().map(Strategy::name).collect();
    println!("| variant | {} |", names.join(" | "));
    println!("| --- |{}", " ---: |".repeat(names.len()));
    for ((scenario, variant), medians) in variants.iter().zip(&rows) {
        let cells: Vec<_> = medians.iter().copied().map(cell).collect();
        println!("| {scenario}/{} | {} |", variant.name, cells.join(" | "));
    }
    let summary = |title: &str, of: &dyn Fn(usize) -> String| {
        let cells: Vec<_> = (0..names.len()).map(of).collect();
        println!("| **{title}** | {} |", cells.join(" | "));
    };
    summary(&format!("found, of {}", rows.len()), &|s| {
        rows.iter().filter(|r| r[s].is_some()).count().to_string()
    });
    summary("fewest or as few as any", &|s| {
        let least = |r: &Vec<Option<u64>>| r.iter().flatten().min().copied();
        rows.iter()
            .filter(|r| r[s].is_some() && r[s] == least(r))
            .count()
            .to_string()
    });
    summary("largest", &|s| {
        let largest = rows.iter().map(|r| r[s].unwrap_or(u64::MAX)).max();
        cell(largest.filter(|n| *n != u64::MAX))
    });
}
