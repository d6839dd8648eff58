//! Selvedge against its peers, as a Markdown table: what it takes to exhaust a program, how fast each runs
//! one execution, and how much memory a long search needs. `BENCHMARKS.md` keeps its output.
//!
//! ```text
//! cargo run --release -p selvedge --example compare
//! ```
//!
//! The peers run the same programs on their own types: shuttle under its `DfsScheduler`, loom under its
//! model. Each gives up after [`CAP`] executions or [`PATIENCE`].
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

#[macro_use]
#[path = "../benches/programs/mod.rs"]
mod programs;
#[path = "../benches/programs/process.rs"]
mod process;
#[path = "../benches/programs/words.rs"]
mod words;

use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use selvedge::{Check, Strategy};
use words::{count, time};

programs!(ours, selvedge);
programs!(of_shuttle, shuttle);
programs!(of_loom, loom);

/// Executions, and time, after which a peer gives up.
const CAP: usize = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(20);

type Program = fn();

/// One waiter for each of `waiters`, and a worker that completes, on the real `tokio::sync::Notify`.
macro_rules! notify {
    ($name:ident, $engine:ident, $notify:path) => {
        mod $name {
            use std::sync::atomic::Ordering::SeqCst;

            use $engine::future;
            use $engine::sync::Arc;
            use $engine::sync::atomic::AtomicBool;
            use $notify as Notify;

            pub(crate) fn notify(waiters: usize) {
                let job = Arc::new((AtomicBool::new(false), Notify::new()));
                let mut tasks: Vec<_> = (0..waiters)
                    .map(|_| {
                        let job = Arc::clone(&job);
                        future::spawn(async move {
                            loop {
                                let notified = job.1.notified();
                                if job.0.load(SeqCst) {
                                    return;
                                }
                                notified.await;
                            }
                        })
                    })
                    .collect();
                tasks.push(future::spawn(async move {
                    job.0.store(true, SeqCst);
                    job.1.notify_waiters();
                }));
                future::block_on(async move {
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            }
        }
    };
}

notify!(our_notify, selvedge, selvedge::tokio::sync::Notify);
notify!(notify_of_shuttle, shuttle, ::tokio::sync::Notify);

/// A row of the first table.
struct Row {
    name: &'static str,
    /// The number of Mazurkiewicz traces, by a formula.
    traces: u64,
    ours: Program,
    shuttle: Program,
    /// `None` where loom cannot run it: more than five threads with main, or a type that is not its own.
    loom: Option<Program>,
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "lastzero(10)",
            traces: 13 << 8,
            ours: || ours::lastzero(10),
            shuttle: || of_shuttle::lastzero(10),
            loom: None,
        },
        Row {
            name: "indexer(15)",
            traces: 8_u64.pow(4),
            ours: || ours::indexer(15),
            shuttle: || of_shuttle::indexer(15),
            loom: None,
        },
        Row {
            name: "readers(13)",
            traces: 1 << 13,
            ours: || ours::readers(13),
            shuttle: || of_shuttle::readers(13),
            loom: None,
        },
        Row {
            name: "lockers(6)",
            traces: (1..=6).product(),
            ours: || ours::counter(6, 1),
            shuttle: || of_shuttle::counter(6, 1),
            loom: None,
        },
        Row {
            name: "two lockers, 6 times each",
            traces: 924,
            ours: || ours::counter(2, 6),
            shuttle: || of_shuttle::counter(2, 6),
            loom: Some(|| of_loom::counter(2, 6)),
        },
        Row {
            name: "philosophers(5), one deadlock",
            traces: (1 << 5) - 1,
            ours: || ours::philosophers(5),
            shuttle: || of_shuttle::philosophers(5),
            loom: None,
        },
        Row {
            name: "Notify, one waiter",
            traces: 3 + 1,
            ours: || our_notify::notify(1),
            shuttle: || notify_of_shuttle::notify(1),
            loom: None,
        },
        Row {
            name: "Notify, three waiters",
            // Three ways not to wait, and any k of the three that do, in some order.
            traces: 27 + 3 * 9 + 3 * 3 * 2 + 6,
            ours: || our_notify::notify(3),
            shuttle: || notify_of_shuttle::notify(3),
            loom: None,
        },
        Row {
            name: "mutex counter, 3 threads",
            traces: 6,
            ours: || ours::counter(3, 1),
            shuttle: || of_shuttle::counter(3, 1),
            loom: Some(|| of_loom::counter(3, 1)),
        },
        Row {
            name: "lastzero(3)",
            traces: 6 << 1,
            ours: || ours::lastzero(3),
            shuttle: || of_shuttle::lastzero(3),
            loom: Some(|| of_loom::lastzero(3)),
        },
    ]
}

/// How far a search got.
struct Searched {
    executions: u64,
    elapsed: Duration,
    /// It found a failure and cannot go on after it.
    failed: bool,
    capped: bool,
}

impl Searched {
    /// Two cells of a table: executions and time.
    fn cells(&self) -> String {
        let more = if self.capped { ">" } else { "" };
        let failed = if self.failed { ", then fails" } else { "" };
        format!(
            "{more}{}{failed} | {more}{}",
            count(self.executions),
            time(self.elapsed)
        )
    }
}

/// Runs `search`, which counts executions in the counter it is given.
fn searched(search: impl FnOnce(Arc<AtomicU64>) + std::panic::UnwindSafe) -> Searched {
    let executions = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&executions);
    let started = Instant::now();
    // loom looks at its limits before an execution, and so stops one short of the cap.
    let failed = catch_unwind(|| search(counter)).is_err();
    let (executions, elapsed) = (executions.load(SeqCst), started.elapsed());
    Searched {
        executions,
        elapsed,
        failed,
        capped: !failed && (executions + 1 >= CAP as u64 || elapsed >= PATIENCE),
    }
}

fn exhaust(program: Program) -> Searched {
    let report = Check::new("compare")
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(program);
    Searched {
        executions: report.executions,
        elapsed: report.elapsed,
        failed: false,
        capped: !report.complete,
    }
}

fn shuttle_config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.max_time = Some(PATIENCE);
    config
}

fn shuttle_dfs(program: Program) -> Searched {
    searched(move |executions| {
        let scheduler = shuttle::scheduler::DfsScheduler::new(Some(CAP), false);
        shuttle::Runner::new(scheduler, shuttle_config()).run(move || {
            executions.fetch_add(1, SeqCst);
            program();
        });
    })
}

fn loom(program: Program) -> Searched {
    // It ends unfinished threads by panics, and to print each would take most of the time.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let searched = searched(move |executions| {
        let mut model = loom::model::Builder::new();
        model.max_threads = loom::MAX_THREADS;
        model.max_duration = Some(PATIENCE);
        model.max_permutations = Some(CAP);
        // Limits are looked at once in so many executions.
        model.checkpoint_interval = 100;
        model.check(move || {
            executions.fetch_add(1, SeqCst);
            program();
        });
    });
    set_hook(hook);
    searched
}

/// The peak of a search that keeps as much as any: first in the run, so that it is nobody else's.
fn memory() {
    let before = process::kib("VmHWM");
    let searched = exhaust(|| ours::lastzero(15));
    println!("## Memory\n");
    println!("| program | traces | executions | time | peak before | peak after |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    println!(
        "| lastzero(15) | {} | {} | {} KiB | {} KiB |\n",
        count(18 << 13),
        searched.cells(),
        count(before),
        count(process::kib("VmHWM"))
    );
}

fn exhaustion() {
    println!("## Executions and time to exhaust a program\n");
    println!("| program | traces | selvedge | time | shuttle DFS | time | loom | time |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for row in rows() {
        println!(
            "| {} | {} | {} | {} | {} |",
            row.name,
            count(row.traces),
            exhaust(row.ours).cells(),
            shuttle_dfs(row.shuttle).cells(),
            row.loom.map_or("- | -".to_owned(), |program| loom(program).cells()),
        );
    }
    println!(
        "\nPeers gave up after {} executions or {PATIENCE:?}.\n",
        count(CAP as u64)
    );
}

/// Executions per second of a random walk: the medians of 25 runs, ours and theirs by turns.
fn rates() {
    const RUNS: usize = 25;
    let programs: [(&str, u64, Program, Program); 4] = [
        ("2 threads, 2 atomics each", 20_000, ours::atomics, of_shuttle::atomics),
        (
            "2 threads, 2 locks and unlocks each",
            20_000,
            || ours::counter(2, 2),
            || of_shuttle::counter(2, 2),
        ),
        (
            "4 threads, 50 locks and unlocks each",
            1_000,
            || ours::counter(4, 50),
            || of_shuttle::counter(4, 50),
        ),
        (
            "lastzero(15)",
            2_000,
            || ours::lastzero(15),
            || of_shuttle::lastzero(15),
        ),
    ];
    println!("## Executions per second of the same random walk\n");
    println!("| program | selvedge | shuttle | ratio | lowest and highest |");
    println!("| --- | ---: | ---: | ---: | --- |");
    for (name, executions, ours, theirs) in programs {
        let runs: Vec<_> = (0..RUNS)
            .map(|_| {
                let (mine, yours) = (random(executions, ours), shuttle_random(executions, theirs));
                (mine, yours, mine / yours)
            })
            .collect();
        let sorted = |of: fn(&(f64, f64, f64)) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (ours, theirs, ratios) = (sorted(|r| r.0), sorted(|r| r.1), sorted(|r| r.2));
        println!(
            "| {name} | {} | {} | {:.2} | {:.2} to {:.2} |",
            count(ours[RUNS / 2] as u64),
            count(theirs[RUNS / 2] as u64),
            ratios[RUNS / 2],
            ratios[0],
            ratios[RUNS - 1]
        );
    }
    println!();
}

fn random(executions: u64, program: Program) -> f64 {
    let started = Instant::now();
    let report = Check::new("compare")
        .strategy(Strategy::Random)
        .seed(1)
        .max_executions(executions)
        .run(program);
    assert_eq!(report.executions, executions);
    executions as f64 / started.elapsed().as_secs_f64()
}

fn shuttle_random(executions: u64, program: Program) -> f64 {
    let started = Instant::now();
    let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(1, executions as usize);
    shuttle::Runner::new(scheduler, shuttle_config()).run(program);
    executions as f64 / started.elapsed().as_secs_f64()
}

fn main() {
    memory();
    exhaustion();
    rates();
}
