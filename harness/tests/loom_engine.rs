//! Strategy::Loom: what it counts, what it calls each failure, and that its schedules replay.

use std::time::{Duration, Instant};

use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, Error, FailureKind, Report, Schedule, Strategy, Verdict, thread};

fn loom(name: &str) -> Check {
    Check::new(name).strategy(Strategy::Loom)
}

fn message_passing(publish: std::sync::atomic::Ordering) -> usize {
    let data = Arc::new(AtomicUsize::new(0).named("data"));
    let flag = Arc::new(AtomicUsize::new(0).named("flag"));
    let (d, f) = (Arc::clone(&data), Arc::clone(&flag));
    let writer = thread::Builder::new().name("writer").spawn(move || {
        d.store(42, Relaxed);
        f.store(1, publish);
    });
    let seen = if flag.load(Acquire) == 1 {
        data.load(Relaxed)
    } else {
        42
    };
    writer.unwrap().join().unwrap();
    assert_eq!(seen, 42, "stale data");
    seen
}

fn ab_ba() {
    let a = Arc::new(Mutex::new(()).named("a"));
    let b = Arc::new(Mutex::new(()).named("b"));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::Builder::new().name("other").spawn(move || {
        let _b = b2.lock().unwrap();
        let _a = a2.lock().unwrap();
    });
    {
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
    }
    other.unwrap().join().unwrap();
}

fn kind(report: &Report) -> Option<FailureKind> {
    report.failure.as_ref().map(|f| f.kind)
}

fn replay(report: Report, f: impl Fn() -> usize + Send + Sync + 'static) -> Report {
    let folder = std::env::temp_dir().join(format!("selvedge-loom-test-{}", std::process::id()));
    let path = report.failure.expect("a failure to replay").save(&folder).unwrap();
    let schedule = Schedule::load(&path).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    Check::new("replayed").strategy(Strategy::Replay(schedule)).run(f)
}

#[test]
fn a_release_store_publishes_and_a_relaxed_one_does_not() {
    let fixed = loom("mp/release").run(|| message_passing(Release));
    assert_eq!((fixed.verdict, fixed.complete), (Verdict::Verified, true), "{fixed}");
    assert!(fixed.executions > 1);
    assert_eq!(fixed.outcomes.values().sum::<u64>(), fixed.executions);

    let broken = loom("mp/relaxed").run(|| message_passing(Relaxed));
    assert_eq!(
        (broken.verdict, broken.failing_executions),
        (Verdict::Failed, 1),
        "{broken}"
    );
    assert_eq!(kind(&broken), Some(FailureKind::Panic));
}

#[test]
fn the_timeline_shows_the_stale_load() {
    let report = loom("mp/relaxed").run(|| message_passing(Relaxed));
    let failure = report.failure.unwrap();
    let text = failure.to_string();
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle:?} in\n{text}"));
    assert!(at("data = 42") < at("flag = 1"), "{text}");
    assert!(at("flag = 1") < at("flag ➜ 1"), "{text}");
    assert!(at("flag ➜ 1") < at("data ➜ 0"), "{text}");
    assert!(
        text.contains("main panicked: ") && text.contains("stale data"),
        "{text}"
    );
    assert_eq!(failure.trace.tasks, ["main", "writer"]);
    assert!(
        failure.detailed().contains("tests/loom_engine.rs:"),
        "{}",
        failure.detailed()
    );
}

#[test]
fn a_schedule_of_loom_replays_and_fits_no_other_program() {
    let report = loom("mp/relaxed").run(|| message_passing(Relaxed));
    let first = report.failure.as_ref().unwrap().to_string();
    let again = replay(report, || message_passing(Relaxed));
    assert_eq!(kind(&again), Some(FailureKind::Panic), "{again}");
    assert_eq!(again.executions, 1);
    let timeline = |text: &str| text.split_once("\n\n").map(|(_, rest)| rest.to_owned());
    assert_eq!(timeline(&first), timeline(&again.failure.unwrap().to_string()));

    let report = loom("mp/relaxed").run(|| message_passing(Relaxed));
    let other = replay(report, || {
        let m = Arc::new(Mutex::new(1));
        let m2 = Arc::clone(&m);
        thread::spawn(move || *m2.lock().unwrap() += 1);

        *m.lock().unwrap()
    });
    assert!(
        matches!(other.error, Some(Error::Diverged { .. })) || other.failure.is_none(),
        "{other}"
    );
}

#[test]
fn a_failure_of_the_first_iteration_is_told_and_replays() {
    /// Loom begins with the oldest value a load may see, so both loads miss.
    fn store_buffering() -> usize {
        let shared = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let other = Arc::clone(&shared);
        let left = thread::spawn(move || {
            other[0].store(1, Release);
            other[1].load(Acquire)
        });
        shared[1].store(1, Release);
        let seen = shared[0].load(Acquire) + left.join().unwrap();
        assert_ne!(seen, 0, "both missed");
        seen
    }
    let report = loom("sb").run(store_buffering);
    let failure = report.failure.as_ref().unwrap();
    assert_eq!(
        (failure.kind, failure.interleaving),
        (FailureKind::Panic, 1),
        "{report}"
    );
    assert!(!failure.trace.tasks.is_empty());
    assert_eq!(kind(&replay(report, store_buffering)), Some(FailureKind::Panic));
}

#[test]
fn a_damaged_path_is_refused() {
    let report = loom("mp/relaxed").run(|| message_passing(Relaxed));
    let mut schedule = report.failure.unwrap().schedule;
    schedule.loom = Some("not a path".into());
    let report = Check::new("damaged")
        .strategy(Strategy::Replay(schedule.clone()))
        .run(|| message_passing(Relaxed));
    assert!(matches!(report.error, Some(Error::Diverged { .. })), "{report}");
    schedule.loom = None;
    let report = Check::new("damaged")
        .strategy(Strategy::Replay(schedule))
        .run(|| message_passing(Relaxed));
    assert!(matches!(report.error, Some(Error::Diverged { .. })), "{report}");
}

#[test]
fn a_deadlock_names_who_waits_for_what() {
    let report = loom("ab-ba").run(ab_ba);
    assert_eq!(kind(&report), Some(FailureKind::Deadlock), "{report}");
    let text = report.to_string();
    assert!(
        text.contains("main waits for `b`") && text.contains("other waits for `a`"),
        "{text}"
    );
}

#[test]
fn a_panic_that_is_joined_and_handled_is_no_failure() {
    let handled = loom("joined").run(|| {
        let result = thread::spawn(|| panic!("seen")).join();
        assert!(result.is_err());
    });
    assert_eq!(handled.verdict, Verdict::Verified, "{handled}");
    let unhandled = loom("unjoined").run(|| drop(thread::Builder::new().name("lonely").spawn(|| panic!("not seen"))));
    assert_eq!(kind(&unhandled), Some(FailureKind::Panic), "{unhandled}");
    assert!(
        unhandled.to_string().contains("lonely panicked: not seen"),
        "{unhandled}"
    );
}

#[test]
fn a_scope_that_somebody_guards_reports_its_panic_once() {
    let caught = loom("scope/caught").run(|| {
        let result = std::panic::catch_unwind(|| thread::scope(|s| drop(s.spawn(|| panic!("in scope")))));
        assert!(result.is_err());
    });
    assert_eq!(caught.verdict, Verdict::Verified, "{caught}");
    let raised = loom("scope/raised").run(|| thread::scope(|s| drop(s.spawn(|| panic!("in scope")))));
    assert_eq!(kind(&raised), Some(FailureKind::Panic), "{raised}");
}

#[test]
fn a_loop_that_never_yields_exceeds_the_steps() {
    let report = loom("spin").max_steps(200).run(|| {
        let flag = AtomicUsize::new(0);
        while flag.load(SeqCst) == 0 {}
    });
    assert_eq!(kind(&report), Some(FailureKind::StepLimit), "{report}");
    assert!(report.to_string().contains("200"), "{report}");
}

#[test]
fn what_loom_lacks_is_refused_and_not_called_a_failure() {
    let choice = loom("choice").run(|| selvedge::choose(2));
    assert!(
        matches!(&choice.error, Some(Error::Unsupported { message }) if message.contains("choose")),
        "{choice}"
    );
    assert!(choice.failure.is_none());
    let crowd = loom("crowd").run(|| {
        let threads: Vec<_> = (0..5).map(|_| thread::spawn(|| ())).collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
    });
    assert!(
        matches!(&crowd.error, Some(Error::Unsupported { message }) if message.contains("5 threads")),
        "{crowd}"
    );
}

#[test]
fn four_threads_and_main_are_not_too_many() {
    let report = loom("four").preemption_bound(0).run(|| {
        let sum = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let sum = Arc::clone(&sum);
                thread::spawn(move || sum.fetch_add(1, Relaxed))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        sum.load(Relaxed)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["4"]);
}

#[test]
fn budgets_end_a_search_and_the_report_says_so() {
    let all = loom("mp").run(|| message_passing(Release));
    let some = loom("mp").max_executions(2).run(|| message_passing(Release));
    assert_eq!(
        (some.verdict, some.executions, some.complete),
        (Verdict::Passed, 2, false),
        "{some}"
    );
    let exact = loom("mp")
        .max_executions(all.executions)
        .run(|| message_passing(Release));
    assert_eq!(
        (exact.verdict, exact.executions),
        (Verdict::Verified, all.executions),
        "{exact}"
    );
    let none = loom("mp").max_time(Duration::ZERO).run(|| message_passing(Release));
    assert_eq!((none.verdict, none.complete), (Verdict::Passed, false), "{none}");

    let cancelled = std::sync::Arc::new(true.into());
    let report = loom("mp").cancel_flag(cancelled).run(|| message_passing(Release));
    assert!(report.interrupted && !report.complete, "{report}");
}

#[test]
fn keep_going_counts_every_failing_iteration() {
    let report = loom("mp").keep_going(true).run(|| message_passing(Relaxed));
    assert!(report.complete && report.failing_executions >= 1, "{report}");
    assert_eq!(
        report.outcomes.values().sum::<u64>() + report.failing_executions,
        report.executions
    );
}

#[test]
fn a_preemption_bound_shrinks_the_search() {
    let free = loom("mp").run(|| message_passing(Release));
    let bound = loom("mp").preemption_bound(0).run(|| message_passing(Release));
    assert!(
        bound.executions < free.executions,
        "{} < {}",
        bound.executions,
        free.executions
    );
    assert!(bound.basis.contains("0 preemptions"), "{}", bound.basis);
}

#[test]
fn a_program_with_its_own_randomness_is_told_as_nondeterminism() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let report = loom("random").run(move || {
        let n = calls.fetch_add(1, SeqCst);
        let x = Arc::new(AtomicUsize::new(0));
        let x2 = Arc::clone(&x);
        let t = thread::spawn(move || x2.store(1, SeqCst));
        for _ in 0..=n % 3 {
            x.load(SeqCst);
        }
        t.join().unwrap();
        assert!(n != 3, "the fourth call fails, whatever the schedule");
    });
    assert_eq!(kind(&report), Some(FailureKind::Nondeterminism), "{report}");
}

#[test]
fn a_task_that_leaves_the_facade_is_given_up() {
    let started = Instant::now();
    let report = loom("stalled").stall_timeout(Duration::from_secs(1)).run(|| {
        loop {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(kind(&report), Some(FailureKind::StepLimit), "{report}");
    assert!(started.elapsed() < Duration::from_secs(10));
}
