//! The controlled engine against its peers, in one run: executions per second of the same random walk
//! against stock shuttle on its own types, and what it takes to exhaust a program against shuttle's DFS
//! and loom.
//!
//! ```text
//! cargo bench -p selvedge --bench engine
//! ```
#![expect(
    clippy::print_stdout,
    reason = "the executions to exhaust a program are a result, not a timing"
)]

#[macro_use]
mod programs;

use std::hint::black_box;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use selvedge::{Check, Strategy};

type Program = fn();

/// Executions of one measured run.
const EXECUTIONS: u64 = 2_000;

programs!(ours, selvedge);
programs!(of_shuttle, shuttle);
programs!(of_loom, loom);

fn shuttle_config() -> shuttle::Config {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    config
}

fn shuttle_random(program: fn()) {
    let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(1, EXECUTIONS as usize);
    shuttle::Runner::new(scheduler, shuttle_config()).run(program);
}

fn random(program: fn()) {
    let report = Check::new("bench")
        .strategy(Strategy::Random)
        .seed(1)
        .max_executions(EXECUTIONS)
        .run(program);
    assert!(report.failure.is_none());
}

fn rate(c: &mut Criterion) {
    let cases: [(&str, Program, Program); 2] = [
        ("2x2-atomics", ours::atomics, of_shuttle::atomics),
        ("2x2-locks", || ours::counter(2, 2), || of_shuttle::counter(2, 2)),
    ];
    for (name, ours, theirs) in cases {
        let mut group = c.benchmark_group(format!("random/{name}"));
        group.throughput(Throughput::Elements(EXECUTIONS));
        group.bench_function("selvedge", |b| b.iter(|| random(black_box(ours))));
        group.bench_function("shuttle", |b| b.iter(|| shuttle_random(black_box(theirs))));
        group.finish();
    }
}

fn exhaust(program: fn()) -> u64 {
    let report = Check::new("bench").strategy(Strategy::Exhaustive).run(program);
    assert!(report.complete);
    report.executions
}

/// shuttle's enumeration, at most this many executions.
const CAP: usize = 20_000;

fn shuttle_dfs(program: fn()) -> u64 {
    let scheduler = shuttle::scheduler::DfsScheduler::new(Some(CAP), false);
    shuttle::Runner::new(scheduler, shuttle_config()).run(program) as u64
}

fn loom(program: fn()) -> u64 {
    let executions = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = std::sync::Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.checkpoint_interval = CAP;
    builder.max_permutations = Some(CAP);
    builder.check(move || {
        count.fetch_add(1, SeqCst);
        program();
    });
    executions.load(SeqCst)
}

fn exhaustion(c: &mut Criterion) {
    let cases: [(&str, [Program; 3]); 3] = [
        (
            "mutex-counter-3",
            [
                || ours::counter(3, 1),
                || of_shuttle::counter(3, 1),
                || of_loom::counter(3, 1),
            ],
        ),
        (
            "mutex-counter-3x2",
            [
                || ours::counter(3, 2),
                || of_shuttle::counter(3, 2),
                || of_loom::counter(3, 2),
            ],
        ),
        (
            "message-passing",
            [
                ours::message_passing,
                of_shuttle::message_passing,
                of_loom::message_passing,
            ],
        ),
    ];
    for (name, [ours, theirs, looms]) in cases {
        println!(
            "exhaust/{name}: executions of selvedge {}, of shuttle's DFS {}, of loom {} (capped at {CAP})",
            exhaust(ours),
            shuttle_dfs(theirs),
            loom(looms)
        );
        let mut group = c.benchmark_group(format!("exhaust/{name}"));
        group.sample_size(10);
        group.bench_function("selvedge", |b| b.iter(|| exhaust(black_box(ours))));
        group.bench_function("shuttle-dfs", |b| b.iter(|| shuttle_dfs(black_box(theirs))));
        group.bench_function("loom", |b| b.iter(|| loom(black_box(looms))));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2)).sample_size(20);
    targets = rate, exhaustion
}
criterion_main!(benches);
