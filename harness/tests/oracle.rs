//! A strategy from outside: what an oracle is asked, and what becomes of its answers.

use std::sync::Arc as StdArc;
use std::sync::Mutex as StdMutex;

use selvedge::oracle::{Oracle, Shared};
use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

/// What an oracle has been asked: the tasks, the last one, and whether it yields.
type Asked = (Vec<usize>, Option<usize>, bool);

#[derive(Default)]
struct Seen {
    begun: u32,
    again: u32,
    asked: Vec<Asked>,
}

/// Answers by a function, in so many executions.
struct Answers<F> {
    executions: u32,
    seen: StdArc<StdMutex<Seen>>,
    answer: F,
}

impl<F: FnMut(&[usize], Option<usize>) -> Option<usize> + Send> Oracle for Answers<F> {
    fn begin(&mut self) -> bool {
        let mut seen = self.seen.lock().unwrap();
        let begins = seen.begun < self.executions;
        if begins {
            seen.begun += 1;
            seen.asked.clear();
        }
        begins
    }

    fn choose(&mut self, tasks: &[usize], last: Option<usize>, yields: bool) -> Option<usize> {
        self.seen.lock().unwrap().asked.push((tasks.to_vec(), last, yields));
        (self.answer)(tasks, last)
    }

    fn arm(&mut self, _arms: u32) -> u32 {
        // What is left after division by 3 is 1.
        7
    }

    fn again(&mut self) {
        let mut seen = self.seen.lock().unwrap();
        seen.begun -= 1;
        seen.again += 1;
    }
}

fn run<R: std::fmt::Debug>(
    executions: u32,
    answer: impl FnMut(&[usize], Option<usize>) -> Option<usize> + Send + 'static,
    program: impl Fn() -> R + Send + Sync + 'static,
) -> (Report, Seen) {
    let seen = StdArc::<StdMutex<Seen>>::default();
    let oracle = Answers {
        executions,
        seen: StdArc::clone(&seen),
        answer,
    };
    let report = Check::new("oracle")
        .memory_model(MemoryModel::SequentiallyConsistent)
        .strategy(Strategy::Oracle(Shared::new(oracle)))
        .run(program);
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (report, seen)
}

/// Whoever has not taken the last step.
fn in_turn(tasks: &[usize], last: Option<usize>) -> Option<usize> {
    tasks
        .iter()
        .copied()
        .find(|&task| Some(task) != last)
        .or(tasks.first().copied())
}

fn lost() -> u32 {
    let counter = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&counter);
    let thread = thread::spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    counter.store(counter.load(SeqCst) + 1, SeqCst);
    thread.join().unwrap();
    counter.load(SeqCst)
}

#[test]
fn it_is_asked_at_each_step() {
    let (report, seen) = run(1, in_turn, lost);
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["1"]);
    let both = vec![0, 1];
    let asked = [
        (both.clone(), None, false),
        (both.clone(), Some(0), false),
        (both.clone(), Some(1), false),
        (vec![1], Some(0), false),
        (vec![0], Some(1), false),
    ];
    assert_eq!(seen.asked, asked);
    // Nobody knows what it has not seen.
    assert_eq!((report.verdict, report.executions), (Verdict::Passed, 1));
    assert_eq!(report.basis, "a sample of 1 interleaving (oracle)");
}

#[test]
fn a_failure_that_it_finds_is_replayed() {
    let program = || assert_eq!(lost(), 2);
    let (report, _) = run(3, in_turn, program);
    let failure = report.failure.expect("an increment is lost");
    assert_eq!((failure.kind, report.executions), (FailureKind::Panic, 1));
    let strategy = Strategy::Replay(failure.schedule);
    let again = Check::new("oracle").strategy(strategy).run(program);
    assert_eq!(
        again.failure.expect("it is replayed").trace.timeline(),
        failure.trace.timeline()
    );
}

#[test]
fn an_execution_that_it_gives_up_says_nothing() {
    let nobody = |_: &[usize], _| None;
    let (report, seen) = run(3, nobody, || {
        lost();
        panic!("nobody gets here");
    });
    assert!(report.failure.is_none());
    assert_eq!((report.executions, report.blocked_executions, seen.begun), (3, 3, 3));
    let (report, _) = run(1, |_: &[usize], _| Some(7), lost);
    assert_eq!(report.blocked_executions, 1, "there is no such task");
}

#[test]
fn an_execution_that_teaches_does_not_count() {
    let (report, seen) = run(3, in_turn, || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || {
            // Whoever looks makes the end of a lock a step.
            let _ = other.try_lock().map(|mut value| *value += 1);
        });
        *lock.lock().unwrap() += 1;
        thread.join().unwrap();
    });
    assert!(report.failure.is_none());
    assert_eq!((report.executions, seen.begun), (3, 3));
    assert!(seen.again > 0);
}

#[test]
fn branches_are_taken_after_division() {
    let (report, _) = run(1, in_turn, || selvedge::choose(3));
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["1"]);
}

#[test]
fn steps_are_counted_in_a_check_alone() {
    assert_eq!(selvedge::steps(), 0);
    let report = Check::new("steps").run(|| {
        let counter = AtomicU32::new(0).named("counter");
        let before = selvedge::steps();
        counter.fetch_add(1, SeqCst);
        counter.fetch_add(1, SeqCst);
        selvedge::steps() - before
    });
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
}

/// What an oracle does is not the harness's own: a panic that it catches is no fault of ours, and one that it does not ends the run.
#[test]
fn an_oracle_that_panics_is_no_fault_of_the_harness() {
    let check = |caught: bool| {
        let panics = move |tasks: &[usize]| {
            let panics = || -> Option<usize> { panic!("of the oracle") };
            match caught {
                true => std::panic::catch_unwind(panics).unwrap_or(Some(tasks[0])),
                false => panics(),
            }
        };
        let answers = Answers {
            executions: 1,
            seen: StdArc::default(),
            answer: move |tasks: &[usize], _| panics(tasks),
        };
        Check::new("panics")
            .strategy(Strategy::Oracle(Shared::new(answers)))
            .run(|| {
                let count = Arc::new(AtomicU32::new(0));
                let other = thread::spawn({
                    let count = Arc::clone(&count);
                    move || count.fetch_add(1, SeqCst)
                });
                count.fetch_add(1, SeqCst);
                other.join().unwrap();
            })
    };
    let report = check(true);
    assert!(report.failure.is_none() && report.error.is_none(), "{report}");
    assert_eq!(report.executions, 1);
    let report = check(false);
    assert!(report.failure.is_none(), "{report}");
    let error = report.error.expect("it was not asked to the end").to_string();
    assert!(error.contains("an oracle that was asked panicked"), "{error}");
}
