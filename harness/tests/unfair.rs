//! An unfair schedule is no failure: an execution that ends as soon as all tasks take turns is cut and counted apart, and nothing
//! is proved by it. What no fair schedule ends is a livelock or beyond the limit of steps.

mod strategies;

use std::time::Duration;

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, hint, thread};
use strategies::EVERY;

fn check(strategy: Strategy) -> Check {
    Check::new("unfair")
        .cause(false)
        .strategy(strategy)
        .max_steps(500)
        .max_executions(60)
        .keep_going(true)
}

/// Waits for a flag without saying so.
fn waits() {
    let flag = Arc::new(AtomicBool::new(false).named("flag"));
    let theirs = Arc::clone(&flag);
    let setter = thread::spawn(move || theirs.store(true, SeqCst));
    while !flag.load(SeqCst) {}
    setter.join().unwrap();
}

#[track_caller]
fn is_cut(report: &Report) {
    assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    assert_eq!(report.failing_executions, 0, "{report}");
    assert!(report.cut_executions > 0, "{report}");
    assert!(!report.complete, "nothing is proved: {report}");
    assert_eq!(report.verdict, Verdict::Passed, "{report}");
    let words = ["cut, because an unfair schedule", "kept a task waiting"];
    assert!(words.iter().all(|words| report.basis.contains(words)), "{report}");
    // They have no outcome, and are among the executions.
    let ended = report.executions - report.blocked_executions - report.cut_executions;
    assert_eq!(report.outcomes.values().sum::<u64>(), ended, "{report}");
}

#[test]
fn a_loop_that_another_task_would_end_is_cut() {
    for strategy in EVERY {
        let report = check(strategy.clone()).run(waits);
        assert!(report.failure.is_none(), "{strategy:?}: {report}");
        if matches!(strategy, Strategy::Auto | Strategy::Exhaustive | Strategy::Dfs) {
            is_cut(&report);
            let words = "main repeats load of `AtomicBool@unfair.rs:";
            assert!(report.basis.contains(words), "{report}");
            assert!(report.basis.contains("(tests/unfair.rs:"), "{report}");
            assert!(report.basis.contains("selvedge::hint::spin_loop"), "{report}");
        }
    }
    // With the hint there is nothing to cut, and it is proved.
    let report = check(Strategy::Exhaustive).run(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let setter = thread::spawn(move || theirs.store(true, SeqCst));
        while !flag.load(SeqCst) {
            hint::spin_loop();
        }
        setter.join().unwrap();
    });
    assert_eq!(
        (report.verdict, report.cut_executions),
        (Verdict::Verified, 0),
        "{report}"
    );
}

/// Even where all other schedules have been seen.
#[test]
fn an_enumeration_with_a_cut_execution_proves_nothing() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        let report = check(strategy.clone()).max_steps(4).run(waits);
        is_cut(&report);
        assert!(
            report.cut_executions < 4 && report.executions < 60,
            "{strategy:?}: {report}"
        );
    }
}

/// The reduction is over then, and has not seen all: what is within the bound is enumerated.
#[test]
fn a_bounded_search_with_a_cut_execution_comes_to_its_end() {
    for bound in 0..3 {
        let report = check(Strategy::Exhaustive)
            .max_steps(4)
            .preemption_bound(bound)
            .run(waits);
        is_cut(&report);
        assert!(report.executions < 60, "within {bound}: {report}");
    }
}

/// A stack whose nodes are numbers, with a loop of `compare_exchange` at each end.
struct Stack {
    top: AtomicUsize,
    next: [AtomicUsize; 5],
}

impl Stack {
    fn push(&self, node: usize) {
        loop {
            let top = self.top.load(SeqCst);
            self.next[node].store(top, SeqCst);
            if self.top.compare_exchange(top, node, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    }

    /// Waits until there is something, without saying so.
    fn pop(&self) -> usize {
        loop {
            let top = self.top.load(SeqCst);
            if top == 0 {
                continue;
            }
            let next = self.next[top].load(SeqCst);
            if self.top.compare_exchange(top, next, SeqCst, SeqCst).is_ok() {
                return top;
            }
        }
    }
}

fn exchanges_nodes() -> usize {
    let stack = Arc::new(Stack {
        top: AtomicUsize::new(0).named("top"),
        next: std::array::from_fn(|_| AtomicUsize::new(0)),
    });
    let pushes = [1, 2].map(|first| {
        let stack = Arc::clone(&stack);
        thread::spawn(move || [first, first + 2].into_iter().for_each(|node| stack.push(node)))
    });
    let theirs = Arc::clone(&stack);
    let pops = thread::spawn(move || theirs.pop() + theirs.pop());
    let mine = stack.pop() + stack.pop();
    for thread in pushes {
        thread.join().unwrap();
    }
    pops.join().unwrap() + mine
}

#[test]
fn a_lock_free_stack_does_not_fail_whatever_the_strategy() {
    for strategy in EVERY {
        for seed in 0..4 {
            let report = check(strategy.clone()).seed(seed).run(exchanges_nodes);
            assert!(report.failure.is_none(), "{strategy:?}: {report}");
            assert!(report.outcomes.keys().all(|sum| sum == "10"), "{report}");
        }
    }
    // Some strategies keep a task waiting for ever, and their executions are not lost among the others.
    is_cut(&check(Strategy::Surw).max_executions(200).run(exchanges_nodes));
}

/// Two loops that wait for each other's turn and keep the third task from giving it.
#[test]
fn loops_that_keep_each_other_busy_are_cut() {
    for strategy in EVERY {
        let report = check(strategy.clone()).run(|| {
            let (turn, done) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
            let loops = [1, 2].map(|mine| {
                let (turn, done) = (Arc::clone(&turn), Arc::clone(&done));
                thread::spawn(move || {
                    while !done.load(SeqCst) {
                        turn.store(mine, SeqCst);
                    }
                })
            });
            done.store(true, SeqCst);
            loops.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert!(report.failure.is_none(), "{strategy:?}: {report}");
        assert!(report.verdict != Verdict::Verified, "{report}");
    }
}

#[test]
fn what_no_fair_schedule_ends_is_beyond_the_limit() {
    let for_ever = || {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(false, SeqCst));
        while !flag.load(SeqCst) {}
        other.join().unwrap();
    };
    // No loop waits for anybody here; there is just more to do than may be done.
    let long = || {
        let number = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&number);
        let other = thread::spawn(move || theirs.store(1, SeqCst));
        other.join().unwrap();
        for _ in 0..700 {
            number.fetch_add(1, SeqCst);
        }
    };
    let programs: [(&str, fn()); 2] = [("for ever", for_ever), ("long", long)];
    for (what, program) in programs {
        for strategy in EVERY {
            let report = check(strategy.clone()).max_executions(10).run(program);
            let failure = report.failure.unwrap_or_else(|| panic!("{what}: {strategy:?} ends it"));
            assert_eq!(failure.kind, FailureKind::StepLimit, "{what}: {failure}");
            assert_eq!(report.cut_executions, 0);
            let again = check(Strategy::Replay(failure.schedule.clone())).run(program);
            assert_eq!(again.failure.map(|f| f.to_string()), Some(failure.to_string()));
        }
    }
}

/// What goes wrong after tasks have begun to take turns went wrong in a schedule like any other.
#[test]
fn a_failure_that_comes_when_tasks_take_turns_is_told() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        let program = || {
            waits();
            panic!("after the loop");
        };
        let report = check(strategy).keep_going(false).run(program);
        let failure = report.failure.expect("it panics");
        assert_eq!(failure.kind, FailureKind::Panic, "{failure}");
        let again = check(Strategy::Replay(failure.schedule.clone())).run(program);
        assert_eq!(again.failure.map(|f| f.to_string()), Some(failure.to_string()));
    }
}

/// The search goes on behind a cut execution: it looks for schedules in which the other one comes earlier.
#[test]
fn a_cut_execution_hides_no_failure_that_comes_sooner() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Random, Strategy::Pos] {
        let report = check(strategy.clone()).max_executions(300).run(|| {
            let (flag, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            let (theirs, count) = (Arc::clone(&flag), Arc::clone(&number));
            let other = thread::spawn(move || {
                let seen = count.load(SeqCst);
                count.store(seen + 1, SeqCst);
                theirs.store(true, SeqCst);
            });
            let seen = number.load(SeqCst);
            number.store(seen + 1, SeqCst);
            while !flag.load(SeqCst) {}
            other.join().unwrap();
            assert_eq!(number.load(SeqCst), 2);
        });
        let failure = report.failure.unwrap_or_else(|| panic!("{strategy:?} finds it"));
        assert_eq!(failure.kind, FailureKind::Panic, "{failure}");
    }
}

/// However many executions are cut, an enumeration comes to its end.
#[test]
fn an_enumeration_does_not_try_every_number_of_rounds() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Auto] {
        let report = Check::new("unfair")
            .strategy(strategy)
            .max_steps(300)
            .max_time(Duration::from_secs(60))
            .run(waits);
        is_cut(&report);
        assert!(report.executions < 5_000, "{report}");
    }
}
