//! A search of execution graphs that is divided: over threads, over machines, over time; and a sample of them.

use selvedge::sync::Arc;
use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::{self, Relaxed, SeqCst};
use selvedge::{Check, Error, FailureKind, MemoryModel, Report, Schedule, SearchState, Strategy, Verdict, thread};

/// `n` tasks that increment a counter, and say what they have found: n! graphs, each with an outcome of its own.
fn counter(n: usize, ordering: Ordering) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        let counter = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..n)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || counter.fetch_add(1, ordering))
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap().to_string()).collect()
    }
}

/// The same, and one of the orders fails.
fn needle(n: usize, order: &'static str) -> impl Fn() + Send + Sync + 'static {
    let counter = counter(n, Relaxed);
    move || assert_ne!(counter(), order)
}

fn graphs() -> Check {
    Check::new("graphs")
        .cause(false)
        .strategy(Strategy::Exhaustive)
        .memory_model(MemoryModel::Rust)
}

/// All that a report says about the program, but for the time it took.
fn told(report: &Report) -> String {
    format!("{report}{:?} {}", report.outcomes, report.executions)
}

/// Each outcome has been found once.
fn is_found_once(reports: &[Report], number: u64) {
    let mut found: Vec<&String> = reports.iter().flat_map(|r| r.outcomes.keys()).collect();
    assert!(reports.iter().all(|r| r.outcomes.values().all(|n| *n == 1)));
    assert_eq!(found.len() as u64, number);
    found.sort();
    found.dedup();
    assert_eq!(found.len() as u64, number);
}

#[test]
fn shards_are_disjoint_and_together_complete() {
    let shards: Vec<Report> = (1..=4).map(|i| graphs().shard(i, 4).run(counter(6, Relaxed))).collect();
    for shard in &shards {
        // No shard does most of the work, and none verifies anything alone.
        assert!((1..360).contains(&shard.executions), "{shard}");
        assert_eq!((shard.verdict, shard.complete), (Verdict::Passed, false));
        assert!(shard.shard.as_ref().is_some_and(|s| s.complete), "{shard}");
        assert_eq!(shard.memory_model, MemoryModel::Rust);
        let (index, executions) = (shard.shard.as_ref().unwrap().index, shard.executions);
        assert_eq!(
            shard.basis,
            format!("shard {index} of 4: all {executions} execution graphs")
        );
    }
    is_found_once(&shards, 720);
    let division = |s: &Report| s.shard.as_ref().and_then(|s| s.division.clone());
    assert!(division(&shards[0]).is_some());
    assert!(shards.iter().all(|s| division(s) == division(&shards[0])));
}

/// Where no ordering is weaker, shards are parts of the search that an undivided one makes.
#[test]
fn shards_of_a_program_without_weak_orderings_have_its_interleavings() {
    let shards: Vec<Report> = (1..=2).map(|i| graphs().shard(i, 2).run(counter(4, SeqCst))).collect();
    is_found_once(&shards, 24);
    assert!(
        shards
            .iter()
            .all(|s| s.memory_model == MemoryModel::SequentiallyConsistent)
    );
    assert!(
        shards.iter().all(|s| s.basis.ends_with(" interleavings")),
        "{}",
        shards[0].basis
    );
}

/// Whether or not the first interleavings show it already.
#[test]
fn a_failure_is_in_one_shard() {
    for order in ["31402", "01243"] {
        let shards: Vec<Report> = (1..=3).map(|i| graphs().shard(i, 3).run(needle(5, order))).collect();
        assert_eq!(
            shards.iter().filter(|s| s.verdict == Verdict::Failed).count(),
            1,
            "{order}"
        );
        let division = |s: &Report| s.shard.as_ref().and_then(|s| s.division.clone());
        assert!(shards.iter().all(|s| division(s) == division(&shards[0])), "{order}");
    }
}

#[test]
fn any_number_of_workers_finds_the_same() {
    // More than an undivided search may take.
    let report = graphs().workers(2).run(counter(8, Relaxed));
    assert_eq!(report.basis, "all 40320 execution graphs");
    is_found_once(&[report], 40_320);
    // In parts from the start.
    let run = |workers| graphs().shard(1, 1).workers(workers).run(counter(6, Relaxed));
    let one = run(1);
    assert_eq!((one.executions, one.complete), (720, true));
    for workers in [2, 3] {
        assert_eq!(told(&run(workers)), told(&one));
    }
}

#[test]
fn any_number_of_workers_reports_the_same_failure() {
    let run = |workers| graphs().shard(1, 1).workers(workers).run(needle(6, "314052"));
    let one = run(1);
    let failure = one.failure.as_ref().expect("an order fails");
    assert_eq!(failure.kind, FailureKind::Panic);
    assert_eq!(told(&run(2)), told(&one));
}

#[test]
fn a_search_that_was_stopped_goes_on_where_it_was() {
    let folder = std::env::temp_dir().join(format!("selvedge-graphs-{}", std::process::id()));
    let file = folder.join("search.json");
    let mut report = graphs().max_executions(100).run(counter(6, Relaxed));
    let mut rounds = 1;
    while let Some(state) = report.state.take() {
        assert!(!report.complete);
        assert_eq!(report.executions, 100 * rounds);
        state.save(&file).unwrap();
        let size = std::fs::metadata(&file).unwrap().len();
        assert!(size < 20_000, "{size} bytes");
        let state = SearchState::load(&file).unwrap();
        assert_eq!(state.executions(), report.executions);
        report = graphs().max_executions(100).resume(state).run(counter(6, Relaxed));
        rounds += 1;
    }
    assert!(report.complete);
    is_found_once(&[report], 720);
    assert_eq!(rounds, 8);
    // Cut to its first half, or with one number changed.
    let state = graphs().max_executions(100).run(counter(6, Relaxed)).state.unwrap();
    state.save(&file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replacen("\"executions\":100", "\"executions\":99", 1);
    assert_ne!(text, changed);
    for (text, words) in [(&text[..text.len() / 2], "cut short"), (&changed, "was changed")] {
        std::fs::write(&file, text).unwrap();
        let error = SearchState::load(&file).unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("search from the start"),
            "{error}"
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_divided_search_goes_on_where_it_was() {
    let shard = || graphs().shard(2, 3);
    let whole = shard().run(counter(6, Relaxed));
    let mut report = shard().max_executions(whole.executions / 3).run(counter(6, Relaxed));
    let mut rounds = 1;
    while let Some(state) = report.state.take() {
        let rest = shard().max_executions(whole.executions / 3).workers(2).resume(*state);
        report = rest.run(counter(6, Relaxed));
        rounds += 1;
    }
    assert!(rounds > 2);
    assert_eq!(told(&report), told(&whole));
    assert_eq!(report.shard, whole.shard);
}

#[test]
fn a_search_that_is_cancelled_can_go_on_too() {
    let cancel = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let report = graphs().cancel_flag(cancel).run(counter(5, Relaxed));
    assert!(report.interrupted);
    let state = report.state.expect("there is something left");
    let rest = graphs().resume(*state).run(counter(5, Relaxed));
    assert_eq!((rest.executions, rest.complete), (120, true));
}

#[test]
fn what_does_not_fit_is_refused() {
    let state = *graphs().max_executions(50).run(counter(5, Relaxed)).state.unwrap();
    let refused = |check: Check| {
        let report = check.run(counter(5, Relaxed));
        assert_eq!(report.executions, 0);
        match report.error {
            Some(Error::Unsupported { message }) => message,
            other => panic!("{other:?}"),
        }
    };
    let sc = graphs().memory_model(MemoryModel::SequentiallyConsistent);
    let words = "is one under MemoryModel::Rust, not under MemoryModel::SequentiallyConsistent";
    assert!(refused(sc.clone().resume(state.clone())).contains(words));
    assert!(refused(graphs().max_steps(50).resume(state.clone())).contains("other settings"));
    assert!(refused(graphs().strategy(Strategy::Graphs).resume(state)).contains("resumed"));
    assert!(refused(sc.strategy(Strategy::Graphs)).contains("ask for MemoryModel::Rust"));
    assert!(refused(graphs().strategy(Strategy::Graphs).preemption_bound(2)).contains("no preemptions"));
}

#[test]
fn a_changed_program_is_noticed_when_a_search_goes_on() {
    let state = *graphs().max_executions(50).run(counter(5, Relaxed)).state.unwrap();
    let rest = graphs().resume(state).run(counter(3, Relaxed));
    let message = rest.error.expect("it takes another course").to_string();
    assert!(message.contains("if the program has changed"), "{message}");
}

#[test]
fn estimates_are_near_the_known_numbers() {
    let estimate = |n| {
        let report = graphs().max_executions(1).estimate(true).run(counter(n, Relaxed));
        report.estimated_executions.expect("it was asked for")
    };
    // Small ones are counted.
    assert_eq!([3, 4, 5].map(estimate), [6, 24, 120]);
    for (n, exact) in [(7, 5_040.0), (9, 362_880.0), (12, 479_001_600.0)] {
        let ratio = estimate(n) as f64 / exact;
        assert!((0.8..1.25).contains(&ratio), "{n}: {ratio}");
    }
}

fn sample(seed: u64, executions: u64) -> Check {
    graphs()
        .strategy(Strategy::Graphs)
        .seed(seed)
        .max_executions(executions)
}

#[test]
fn no_two_samples_are_one_graph() {
    let run = |seed| sample(seed, 100).run(counter(6, Relaxed));
    let report = run(1);
    assert_eq!((report.verdict, report.executions), (Verdict::Passed, 100));
    assert_eq!(report.basis, "a sample of 100 execution graphs, each of them once");
    assert_eq!(told(&run(1)), told(&report));
    assert_ne!(run(2).outcomes, report.outcomes);
    is_found_once(&[report], 100);
    let shards: Vec<Report> = (1..=2)
        .map(|i| sample(1, 101).shard(i, 2).run(counter(6, Relaxed)))
        .collect();
    is_found_once(&shards, 101);
}

#[test]
fn a_sample_of_all_graphs_is_complete() {
    for ordering in [Relaxed, SeqCst] {
        let report = sample(7, 1_000).run(counter(5, ordering));
        assert_eq!(report.verdict, Verdict::Verified);
        assert_eq!(report.basis, "all 120 execution graphs");
        is_found_once(&[report], 120);
    }
}

#[test]
fn what_a_sample_finds_is_replayed() {
    let report = sample(0, 720).run(needle(6, "314052"));
    let failure = report.failure.expect("an order fails");
    assert_eq!(failure.schedule.strategy, "graphs");
    let folder = std::env::temp_dir().join(format!("selvedge-sampled-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    failure.schedule.save(folder.join("needle.json")).unwrap();
    let schedule = Schedule::load(folder.join("needle.json")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let again = Check::new("graphs")
        .strategy(Strategy::Replay(schedule))
        .run(needle(6, "314052"));
    assert_eq!(again.failure.expect("it fails again").to_string(), failure.to_string());
}

#[test]
fn what_a_sample_cannot_follow_is_said() {
    let report = sample(0, 10).run(|| {
        let flag = Arc::new(AtomicUsize::new(0));
        let other = thread::spawn({
            let flag = Arc::clone(&flag);
            move || flag.store(1, Relaxed)
        });
        // No round of a loop, so it marks a step that the kernel cannot see.
        thread::yield_now();
        other.join().unwrap();
        flag.load(Relaxed)
    });
    let Some(Error::Unsupported { message }) = report.error else {
        panic!("{report}")
    };
    assert!(
        message.contains("Strategy::Graphs cannot follow this program"),
        "{message}"
    );
}
