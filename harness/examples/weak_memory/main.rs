//! Every execution graph of Rust's memory model, beside loom's own search for weak behaviour, as Markdown tables: executions, time,
//! and whether the two see the same outcomes; and what an execution graph costs compared to an interleaving. `BENCHMARKS.md` keeps
//! its output.
//!
//! ```text
//! cargo run --release -p selvedge --example weak_memory
//! cargo run --release -p selvedge --example weak_memory loom|rates [word]
//! ```
//!
//! The second line prints one of the tables, with the rows whose name has the word.
//!
//! Litmus programs and lock-free structures are the same text on the types of each; the primitives of this project are on the facade for
//! both. What is allowed is decided by a third judge for the litmus programs: an enumeration by the axioms that the tests of the
//! search use. Each side gives up after [`CAP`] executions or [`PATIENCE`].
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
#![expect(clippy::duplicate_mod, reason = "the same text on the types of two engines")]

#[path = "../../src/crosscheck/memory/enumerate.rs"]
mod enumerate;
mod of_loom;
mod ours;
mod primitives;
#[path = "../../src/crosscheck/memory/program.rs"]
mod program;
mod rows;
#[path = "../../benches/programs/words.rs"]
mod words;

/// What [`enumerate`] gives.
mod graphs {
    use std::collections::BTreeSet;

    #[derive(Default)]
    pub(super) struct Graphs {
        pub(super) full: usize,
        pub(super) outcomes: BTreeSet<Vec<Vec<u32>>>,
    }
}

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rows::{Body, Outcome, Row, Theirs, rows};
use selvedge::{Check, MemoryModel, Report, Strategy};
use words::{count, time};

/// Executions, and time, after which a search gives up.
const CAP: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(20);
/// A search that is over sooner is measured again, and the median counts.
const SHORT: Duration = Duration::from_millis(100);

/// How far a search got.
struct Searched {
    executions: u64,
    /// Those of them that were for nothing.
    useless: u64,
    elapsed: Duration,
    complete: bool,
    outcomes: BTreeSet<String>,
    /// Why there is nothing to say.
    failed: Option<String>,
}

impl Searched {
    /// Two cells of a table: executions and time.
    fn cells(&self) -> String {
        if let Some(failed) = &self.failed {
            return format!("{failed} | -");
        }
        let more = if self.complete { "" } else { ">" };
        let useless = match self.useless {
            0 => String::new(),
            n => format!(" + {}", count(n)),
        };
        let executions = count(self.executions - self.useless);
        format!("{more}{executions}{useless} | {more}{}", time(self.elapsed))
    }
}

fn exhaust(body: &Body, model: MemoryModel, most: u64) -> Report {
    let body = Arc::clone(body);
    Check::new("weak memory")
        .strategy(Strategy::Exhaustive)
        .memory_model(model)
        .keep_going(true)
        .max_executions(most)
        .max_time(PATIENCE)
        .run(move || body())
}

fn of_report(report: Report) -> Searched {
    let failed = match (&report.error, &report.failure) {
        (Some(error), _) => {
            let error = error.to_string();
            let why = error.split_once(": ").map_or(error.as_str(), |(_, why)| why);
            Some(format!("no: {}", why.split(';').next().unwrap_or_default()))
        }
        (None, Some(failure)) => Some(format!("fails: {}", failure.message)),
        (None, None) => None,
    };
    Searched {
        executions: report.executions,
        useless: report.blocked_executions,
        elapsed: report.elapsed,
        complete: report.complete,
        outcomes: report.outcomes.into_keys().collect(),
        failed: failed.map(|text| text.lines().next().unwrap_or_default().to_owned()),
    }
}

fn loom_on_the_facade(body: &Body) -> Searched {
    let body = Arc::clone(body);
    let check = Check::new("weak memory").strategy(Strategy::Loom).keep_going(true);
    of_report(check.max_executions(CAP).max_time(PATIENCE).run(move || body()))
}

fn loom_on_its_own(body: &Body) -> Searched {
    let body = Arc::clone(body);
    let executions = Arc::new(AtomicU64::new(0));
    let outcomes: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (counter, seen) = (Arc::clone(&executions), Arc::clone(&outcomes));
    let mut model = loom::model::Builder::new();
    model.max_threads = loom::MAX_THREADS;
    // As many as a step limit is here.
    model.max_branches = 10_000;
    model.max_duration = Some(PATIENCE);
    model.max_permutations = Some(CAP as usize);
    // Limits are looked at once in so many executions.
    model.checkpoint_interval = 100;
    let started = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| {
        model.check(move || {
            // Ordering: Relaxed; loom has one thread.
            counter.fetch_add(1, Relaxed);
            let Outcome(outcome) = body();
            seen.lock().unwrap().insert(outcome);
        });
    }));
    let (executions, elapsed) = (executions.load(Relaxed), started.elapsed());
    let failed = result.err().map(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("panics");
        format!("fails: {}", text.lines().next().unwrap_or_default())
    });
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    Searched {
        executions,
        useless: 0,
        elapsed,
        // loom looks at its limits before an execution, and so stops one short of the cap.
        complete: executions + 1 < CAP && elapsed < PATIENCE,
        outcomes,
        failed,
    }
}

/// The search, with the median of its times if it is short.
fn measured(search: impl Fn() -> Searched) -> Searched {
    let mut first = search();
    if first.elapsed < SHORT && first.failed.is_none() {
        let mut times = vec![first.elapsed];
        times.extend((0..6).map(|_| search().elapsed));
        times.sort_unstable();
        first.elapsed = times[times.len() / 2];
    }
    first
}

/// So many times as much: two digits that mean something.
fn times(factor: f64) -> String {
    match factor {
        f if f < 10.0 => format!("{f:.1}"),
        f => count(f.round() as u64),
    }
}

/// What only one of the two has shown.
struct Differs {
    program: String,
    outcome: String,
    by: &'static str,
    is: &'static str,
    why: &'static str,
}

fn compare(row: &Row, differences: &mut Vec<Differs>) {
    let ours = measured(|| of_report(exhaust(&row.ours, MemoryModel::Rust, CAP)));
    let theirs = match &row.theirs {
        Theirs::Own(body) => Some(measured(|| loom_on_its_own(body))),
        Theirs::Facade => Some(measured(|| loom_on_the_facade(&row.ours))),
        Theirs::No => None,
    };
    let allowed: Option<BTreeSet<String>> = row.litmus.as_ref().map(|program| {
        let all = enumerate::enumerate(program);
        assert_eq!(all.full as u64, ours.executions, "{}", row.name);
        all.outcomes.iter().map(|found| Outcome::found(found).0).collect()
    });
    if let Some(allowed) = &allowed {
        assert_eq!(*allowed, ours.outcomes, "{}", row.name);
    }
    let (theirs_cells, fewer, faster, same) = match &theirs {
        Some(theirs) => {
            let more = if theirs.complete { "" } else { ">" };
            let comparable = theirs.failed.is_none() && ours.failed.is_none();
            let ratio = |a: f64, b: f64| match comparable {
                true => format!("{more}{}", times(a / b)),
                false => "-".to_owned(),
            };
            let missed = ours.outcomes.difference(&theirs.outcomes);
            let added = theirs.outcomes.difference(&ours.outcomes);
            let (missed, added): (Vec<_>, Vec<_>) = (missed.collect(), added.collect());
            let all = ours.outcomes.len();
            let same = match (missed.len(), added.len()) {
                _ if !comparable => "-".to_owned(),
                (0, 0) => format!("{all}, the same"),
                (missed, 0) if !theirs.complete => format!("{all}, loom {} so far", all - missed),
                (missed, 0) => format!("{all}, loom {}", all - missed),
                (missed, added) => format!("{all}, loom {} and {added} more", all - missed),
            };
            if comparable {
                let missed = missed.into_iter().filter(|_| theirs.complete).map(|o| ("selvedge", o));
                let differing: Vec<_> = missed.chain(added.into_iter().map(|o| ("loom", o))).collect();
                // What the axioms allow, or what an interleaving shows.
                let known = match allowed {
                    None if !differing.is_empty() => {
                        let strong = exhaust(&row.ours, MemoryModel::SequentiallyConsistent, CAP);
                        Some(strong.outcomes.into_keys().collect())
                    }
                    other => other,
                };
                differences.extend(differing.into_iter().map(|(by, outcome)| Differs {
                    program: row.name.clone(),
                    outcome: outcome.clone(),
                    by,
                    is: match (known.as_ref().is_some_and(|known| known.contains(outcome)), &row.litmus) {
                        (true, _) => "allowed",
                        (false, Some(_)) => "forbidden",
                        (false, None) => "?",
                    },
                    why: row.why,
                }));
            }
            (
                theirs.cells(),
                ratio(theirs.executions as f64, ours.executions as f64),
                ratio(theirs.elapsed.as_secs_f64(), ours.elapsed.as_secs_f64()),
                same,
            )
        }
        None => {
            let none = || "-".to_owned();
            ("- | -".to_owned(), none(), none(), format!("{}", ours.outcomes.len()))
        }
    };
    println!(
        "| {} | {} | {} | {theirs_cells} | {fewer} | {faster} | {same} |",
        row.name,
        row.threads,
        ours.cells(),
    );
}

const HEAD: &str = "| program | threads | graphs | time | loom | time | times fewer | times faster | outcomes |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |";

fn against_loom(only: Option<&str>) {
    let named = |row: &Row| only.is_none_or(|word| row.name.contains(word));
    let mut differences = Vec::new();
    println!("## Executions and time for all weak behaviour\n\n{HEAD}");
    rows()
        .iter()
        .filter(|row| named(row))
        .for_each(|row| compare(row, &mut differences));
    println!("\nEach gave up after {} executions or {PATIENCE:?}.\n", count(CAP));
    println!("## Outcomes that only one of the two shows\n");
    println!("| program | outcome | shown by | our axioms | because |");
    println!("| --- | --- | --- | --- | --- |");
    for Differs {
        program,
        outcome,
        by,
        is,
        why,
    } in differences
    {
        println!("| {program} | {outcome} | {by} | {is} | {why} |");
    }
    println!("\n## The same, where main only waits\n\n{HEAD}");
    let main_waits = |waits| {
        // Ordering: Relaxed; nothing runs meanwhile.
        ours::lock_free::MAIN_WAITS.store(waits, Relaxed);
        of_loom::lock_free::MAIN_WAITS.store(waits, Relaxed);
    };
    main_waits(true);
    rows::where_main_waits()
        .iter()
        .filter(|row| named(row))
        .for_each(|row| compare(row, &mut Vec::new()));
    main_waits(false);
    println!();
}

/// Executions, and those in a second, of a graph search and of an interleaving search.
type Pair = ((u64, f64), (u64, f64));

/// Executions per second of the same program under both models, the first ones if there are many: the medians of runs by turns.
fn rates(only: Option<&str>) {
    const RUNS: usize = 25;
    const MOST: u64 = 2_000;
    println!("## Executions per second, a graph and an interleaving\n");
    println!("| program | graphs | per second | interleavings | per second | ratio | lowest and highest |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | --- |");
    for (name, body) in rows::rates()
        .into_iter()
        .filter(|(name, _)| only.is_none_or(|word| name.contains(word)))
    {
        let run = |model| {
            let report = exhaust(&body, model, MOST);
            assert!(
                report.error.is_none() && report.memory_model == model,
                "{name}: {report}"
            );
            (
                report.executions,
                report.executions as f64 / report.elapsed.as_secs_f64(),
            )
        };
        let runs: Vec<_> = (0..RUNS)
            .map(|_| (run(MemoryModel::Rust), run(MemoryModel::SequentiallyConsistent)))
            .collect();
        let sorted = |of: fn(&Pair) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (weak, strong, ratio) = (sorted(|r| r.0.1), sorted(|r| r.1.1), sorted(|r| r.0.1 / r.1.1));
        println!(
            "| {name} | {} | {} | {} | {} | {:.2} | {:.2} to {:.2} |",
            count(runs[0].0.0),
            count(weak[RUNS / 2] as u64),
            count(runs[0].1.0),
            count(strong[RUNS / 2] as u64),
            ratio[RUNS / 2],
            ratio[0],
            ratio[RUNS - 1],
        );
    }
    println!();
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let only = words.get(1).map(String::as_str);
    // loom ends unfinished threads by panics, and to print each would take most of the time.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    match words.first().map(String::as_str) {
        None => {
            against_loom(None);
            rates(None);
        }
        Some("loom") => against_loom(only),
        Some("rates") => rates(only),
        Some(other) => println!("there are the tables loom and rates, and no {other}"),
    }
    set_hook(hook);
}
