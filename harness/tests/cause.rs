//! The cause of a failure: the orders that decide, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use selvedge::cause::{Cause, Constraint, Operation, Shape};
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use selvedge::sync::{Arc, Condvar, Mutex, OnceLock};
use selvedge::{Check, Failure, Strategy, thread};

fn failure(name: &str, program: impl Fn() + Send + Sync + 'static) -> Failure {
    let report = Check::new(name).strategy(Strategy::Exhaustive).run(program);
    report.failure.expect("it fails")
}

fn cause(failure: &Failure) -> &Cause {
    failure.cause.as_ref().expect("the program is small")
}

fn increments() {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let other = Arc::clone(&counter);
    let thread = thread::Builder::new().name("other");
    let thread = thread.spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
    counter.store(counter.load(SeqCst) + 1, SeqCst);
    thread.unwrap().join().unwrap();
    assert_eq!(counter.load(SeqCst), 2, "one is lost");
}

#[test]
fn somebody_comes_between() {
    let failure = failure("cause/increment", increments);
    assert_eq!(
        cause(&failure).to_string(),
        "cause: fails exactly when
       main's `counter ➜ 0` (1) comes before other's `counter = 1` (3), and
       other's `counter ➜ 0` (2) comes before main's `counter = 1` (5): atomicity violation
       all 2 failing interleavings, none of 2 passing ones; forced in random executions, 100 of 100 fail; prevented, 0 of 200"
    );
    assert!(
        failure
            .to_string()
            .contains(" cause: fails exactly when\n        main's"),
        "{failure}"
    );
    // The nearest execution that passes has one pair the other way round.
    let nearest = failure.nearest.as_ref().unwrap();
    let [Constraint::Before { first, then }] = &nearest.reversed[..] else {
        panic!("{nearest:?}")
    };
    assert_eq!((first.step, then.step), (Some(1), Some(3)));
    let rows: Vec<&str> = nearest.trace.rows.iter().map(|row| row.text.as_str()).collect();
    assert_eq!(
        rows,
        [
            "",
            "counter ➜ 0",
            "counter = 1",
            "exit",
            "counter ➜ 1",
            "counter = 2",
            "counter ➜ 2"
        ]
    );
    assert_eq!(nearest.parts_at, Some(1));
    for (left, right) in &nearest.aligned {
        if let (Some(left), Some(right)) = (left, right) {
            assert_eq!(failure.trace.rows[*left].text, rows[*right]);
        }
    }
}

/// A failure that needs no stale load has a cause under Rust's memory model, too, although its schedule says of no load what it sees.
#[test]
fn weaker_orderings_that_do_not_matter_hide_no_cause() {
    for ordering in [Relaxed, SeqCst] {
        let failure = failure("cause/relaxed", move || {
            let counter = Arc::new(AtomicU32::new(0).named("counter"));
            let other = Arc::clone(&counter);
            let thread = thread::Builder::new().name("other");
            let thread = thread.spawn(move || other.store(other.load(ordering) + 1, ordering));
            counter.store(counter.load(ordering) + 1, ordering);
            thread.unwrap().join().unwrap();
            assert_eq!(counter.load(ordering), 2, "one is lost");
        });
        let text = cause(&failure).to_string();
        let told = text.split("; forced").next().unwrap_or_default();
        assert_eq!(
            told,
            "cause: fails exactly when
       main's `counter ➜ 0` (1) comes before other's `counter = 1` (3), and
       other's `counter ➜ 0` (2) comes before main's `counter = 1` (5): atomicity violation
       all 2 failing interleavings, none of 2 passing ones",
            "{ordering:?}"
        );
    }
}

#[test]
fn both_complete_what_only_one_should() {
    let failure = failure("cause/twice", || {
        let cell = Arc::new(OnceLock::new().named("cell"));
        let other = Arc::clone(&cell);
        let set = |cell: &OnceLock<u32>| {
            if cell.get().is_none() {
                cell.set(1).expect("nobody has set it");
            }
        };
        let thread = thread::Builder::new().name("other").spawn(move || set(&other));
        set(&cell);
        thread.unwrap().join().unwrap();
    });
    assert_eq!(cause(&failure).ways[0].shape, Shape::DoubleCompletion, "{failure}");
}

/// Of all orders of the steps of the passing execution, the one that differs least: whoever has nothing to do with it stays in its place.
#[test]
fn the_nearest_execution_leaves_bystanders_where_they_are() {
    let failure = failure("cause/bystander", || {
        let (counter, aside) = (
            Arc::new(AtomicU32::new(0).named("counter")),
            Arc::new(AtomicU32::new(0).named("aside")),
        );
        let (other, theirs) = (Arc::clone(&counter), Arc::clone(&aside));
        let first = thread::Builder::new()
            .name("adds")
            .spawn(move || other.store(other.load(SeqCst) + 1, SeqCst));
        let second = thread::Builder::new().name("bystander").spawn(move || {
            theirs.store(1, SeqCst);
            theirs.store(2, SeqCst);
        });
        counter.store(counter.load(SeqCst) + 1, SeqCst);
        first.unwrap().join().unwrap();
        second.unwrap().join().unwrap();
        assert_eq!(counter.load(SeqCst), 2, "one is lost");
    });
    let nearest = failure.nearest.as_ref().unwrap();
    let of_bystander = |row: &usize| failure.trace.tasks[failure.trace.rows[*row].task] == "bystander";
    let rows = 0..failure.trace.rows.len();
    let kept = |row: &usize| {
        nearest
            .aligned
            .iter()
            .any(|(left, right)| *left == Some(*row) && right.is_some())
    };
    let all: Vec<usize> = rows.filter(of_bystander).collect();
    assert!(
        all.len() >= 2 && all.iter().all(kept),
        "{failure}\n{}",
        nearest.trace.timeline()
    );
    let beside = |task: &str| {
        nearest
            .trace
            .rows
            .iter()
            .position(|row| nearest.trace.tasks[row.task] == task && !row.text.is_empty())
    };
    let before = |task: &str| {
        failure
            .trace
            .rows
            .iter()
            .position(|row| failure.trace.tasks[row.task] == task && !row.text.is_empty())
    };
    assert_eq!(
        before("bystander") < before("adds"),
        beside("bystander") < beside("adds"),
        "{failure}\n{}",
        nearest.trace.timeline()
    );
}

#[test]
fn it_is_looked_for_only_where_that_is_asked() {
    let check = || Check::new("cause/off").strategy(Strategy::Exhaustive);
    let without = check().cause(false).run(increments).failure.unwrap();
    assert!(without.cause.is_none() && without.nearest.is_none());
    assert!(!without.to_string().contains("cause:"), "{without}");
    // A replay runs one execution.
    let again = Check::new("cause/off")
        .strategy(Strategy::Replay(without.schedule))
        .run(increments);
    assert!(again.failure.unwrap().cause.is_none());
}

#[test]
fn locks_in_two_orders() {
    let failure = failure("cause/locks", || {
        let (a, b) = (Arc::new(Mutex::new(()).named("a")), Arc::new(Mutex::new(()).named("b")));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = thread::spawn(move || {
            let _b = b2.lock().unwrap();
            let _a = a2.lock().unwrap();
        });
        {
            let _a = a.lock().unwrap();
            let _b = b.lock().unwrap();
        }
        thread.join().unwrap();
    });
    let cause = cause(&failure);
    assert_eq!(cause.ways[0].shape, Shape::LockOrderCycle);
    let text = cause.to_string();
    assert!(
        text.contains("main's `lock a` (1) comes before thread-1's `lock a`, which is still to come"),
        "{text}"
    );
    assert!(
        text.contains("thread-1's `lock b` (2) comes before main's `lock b`, which is still to come"),
        "{text}"
    );
}

#[test]
fn a_signal_that_is_missed() {
    let failure = failure("cause/signal", || {
        let pair = Arc::new((Mutex::new(false).named("done"), Condvar::new().named("bell")));
        let theirs = Arc::clone(&pair);
        let thread = thread::Builder::new().name("worker").spawn(move || {
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let done = *pair.0.lock().unwrap();
        if !done {
            let lock = pair.0.lock().unwrap();
            drop(pair.1.wait(lock).unwrap());
        }
        thread.unwrap().join().unwrap();
    });
    let cause = cause(&failure);
    assert!(cause.is_exact());
    assert_eq!((cause.ways.len(), cause.ways[0].shape), (1, Shape::MissedSignal));
    let text = cause.to_string();
    assert!(
        text.contains("worker's `notify_one bell ➜ nobody waits` (5) comes before main's `wait bell` (8)"),
        "{text}"
    );
}

#[test]
fn a_load_that_is_stale() {
    let failure = failure("cause/message", || {
        let shared = Arc::new((AtomicU32::new(0).named("data"), AtomicBool::new(false).named("ready")));
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            theirs.0.store(1, Relaxed);
            theirs.1.store(true, Relaxed);
        });
        if shared.1.load(Acquire) {
            assert_eq!(shared.0.load(Relaxed), 1);
        }
        thread.join().unwrap();
    });
    let cause = cause(&failure);
    assert_eq!(cause.ways[0].shape, Shape::StaleRead);
    let text = cause.to_string();
    assert!(
        text.contains("main's `data ➜ 0, stale: step 1 stored 1` (5) misses thread-1's `data = 1` (1)"),
        "{text}"
    );
}

#[test]
fn what_always_fails_has_no_order_to_blame() {
    let failure = failure("cause/always", || {
        let thread = thread::spawn(|| ());
        thread.join().unwrap();
        panic!("always");
    });
    let cause = cause(&failure);
    assert!(cause.ways.is_empty());
    assert_eq!(
        cause.to_string(),
        "cause: fails in every order, 1 of 1: no order of its steps avoids it"
    );
}

#[test]
fn what_a_program_chooses_is_a_cause_too() {
    let failure = failure("cause/choose", || {
        let flag = Arc::new(AtomicBool::new(false).named("flag"));
        let other = Arc::clone(&flag);
        let thread = thread::spawn(move || other.store(true, SeqCst));
        let set = flag.load(SeqCst);
        assert!(selvedge::choose(3) != 1 || set, "it was too early");
        thread.join().unwrap();
    });
    let cause = cause(&failure);
    assert!(cause.is_exact(), "{cause}");
    let constraints = &cause.ways[0].constraints;
    assert_eq!(constraints.len(), 2, "{cause}");
    assert!(
        constraints.iter().any(|c| matches!(c, Constraint::Arm { arm: 1, .. })),
        "{cause}"
    );
    assert!(
        constraints.iter().any(|c| matches!(c, Constraint::Before { .. })),
        "{cause}"
    );
}

/// Comparing each of its operations with each would take longer than the search.
#[test]
fn what_a_platform_does_for_no_reason_is_told_as_that() {
    let program = || {
        let flag = AtomicU32::new(0).named("flag");
        let exchanged = flag.compare_exchange_weak(0, 1, SeqCst, SeqCst);
        assert!(exchanged.is_ok(), "nobody else is there");
    };
    let check = Check::new("cause/no-reason").strategy(Strategy::Exhaustive);
    let told = cause(&check.spurious_wakeups(1).run(program).failure.unwrap()).to_string();
    assert!(told.contains("main takes `fails for no reason: yes`"), "{told}");

    // The arm of a branch that only another way of failing has.
    let program = || {
        let first = selvedge::choose(2);
        assert_eq!(first, 0, "the first");
        assert_eq!(selvedge::choose(3), 0, "the second");
    };
    let failure = failure("cause/two-branches", program);
    let told = cause(&failure).to_string();
    for branch in [
        "main takes `choose(2) ➜ 1`",
        "main takes `choose(3) ➜ 2` the second time",
    ] {
        assert!(told.contains(branch), "{branch}: {told}");
    }
}

#[test]
fn a_very_long_execution_is_not_explained() {
    let long = |rounds: u32| {
        failure("cause/long", move || {
            let counter = Arc::new(AtomicU32::new(0).named("counter"));
            let other = Arc::clone(&counter);
            let thread = thread::spawn(move || other.load(SeqCst));
            for _ in 0..rounds {
                counter.fetch_add(1, SeqCst);
            }
            assert!(thread.join().unwrap() > 0, "it was too early");
        })
    };
    let (short, long) = (long(100), long(1_000));
    assert!(short.cause.is_some() && short.trace.rows.iter().any(|row| row.standing.is_some()));
    assert!(long.cause.is_none() && long.nearest.is_none());
    assert!(long.trace.rows.iter().all(|row| row.standing.is_none()));
}

/// Of 362,880 orders 20,000 are looked at, and in these the first thread is ahead. What they say is tried at random, and what
/// speaks against it counts as seen.
#[test]
fn what_a_part_of_the_executions_says_is_tried_on_the_others() {
    let failure = failure("cause/part", || {
        let order = Arc::new(Mutex::new(Vec::new()).named("order"));
        let threads = (1..=9).map(|number| {
            let order = Arc::clone(&order);
            let builder = thread::Builder::new().name(format!("thread {number}"));
            builder.spawn(move || order.lock().unwrap().push(number)).unwrap()
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let order = order.lock().unwrap();
        let at = |number| order.iter().position(|one| *one == number).unwrap();
        assert!(at(2) < at(1) || at(7) < at(8), "two pairs the wrong way round");
    });
    let cause = cause(&failure);
    assert!(!cause.complete && !cause.is_exact() && cause.imposed > 0, "{cause}");
    for way in &cause.ways {
        let mut orders: Vec<(String, String)> = Vec::new();
        for constraint in &way.constraints {
            let Constraint::Before { first, then } = constraint else {
                panic!("{cause}")
            };
            orders.push((first.task.clone(), then.task.clone()));
        }
        // Whatever follows from them: no other orders make it fail.
        let holds = |first: &str, then: &str| {
            let mut behind = vec![first.to_owned()];
            for at in 0.. {
                let Some(one) = behind.get(at).cloned() else { break };
                let next: Vec<_> = orders
                    .iter()
                    .filter(|(a, b)| *a == one && !behind.contains(b))
                    .map(|(_, b)| b.clone())
                    .collect();
                behind.extend(next);
            }
            behind.iter().any(|task| task == then)
        };
        assert!(
            holds("thread 1", "thread 2") && holds("thread 8", "thread 7"),
            "{cause}"
        );
    }
}

/// One operation on one of two words.
#[derive(Clone, Copy, Debug)]
enum Do {
    Load,
    Store(u32),
    Add,
}

type Program = Vec<Vec<(usize, Do)>>;

fn programs() -> impl proptest::strategy::Strategy<Value = Program> {
    let does = prop_oneof![Just(Do::Load), Just(Do::Store(1)), Just(Do::Store(2)), Just(Do::Add)];
    let task = proptest::collection::vec((0_usize..2, does), 1..4);
    proptest::collection::vec(task, 2..4)
        .prop_filter("few interleavings", |p| p.iter().map(Vec::len).sum::<usize>() <= 7)
}

/// What the loads and additions of all tasks have seen, in the order of the program.
fn fails(seen: &[Vec<u32>], words: &[u32]) -> bool {
    let sum: u32 = seen.iter().flatten().sum::<u32>() + 3 * words[0] + words[1];
    sum.is_multiple_of(3)
}

/// An operation by its task, its word, and the how-manieth of the task on that word it is.
type Name = (usize, usize, u32);

/// An interleaving: whether it fails, and its operations in their order.
type Seen = (bool, Vec<(Name, Do)>);

/// All interleavings, by an interpreter that knows nothing of the kernel.
fn interpret(program: &Program) -> Vec<Seen> {
    fn go_on(program: &Program, at: &mut Vec<usize>, order: &mut Vec<usize>, all: &mut Vec<Seen>) {
        if order.len() == program.iter().map(Vec::len).sum::<usize>() {
            let (mut words, mut next) = ([0_u32; 2], vec![0; program.len()]);
            let mut seen = vec![Vec::new(); program.len()];
            let mut counts = vec![[0; 2]; program.len()];
            let mut steps = Vec::new();
            for &task in order.iter() {
                let (word, what) = program[task][next[task]];
                next[task] += 1;
                counts[task][word] += 1;
                steps.push(((task, word, counts[task][word]), what));
                match what {
                    Do::Load => seen[task].push(words[word]),
                    Do::Store(value) => words[word] = value,
                    Do::Add => {
                        seen[task].push(words[word]);
                        words[word] += 1;
                    }
                }
            }
            all.push((fails(&seen, &words), steps));
            return;
        }
        for task in 0..program.len() {
            if at[task] < program[task].len() {
                at[task] += 1;
                order.push(task);
                go_on(program, at, order, all);
                order.pop();
                at[task] -= 1;
            }
        }
    }
    let mut all = Vec::new();
    go_on(program, &mut vec![0; program.len()], &mut Vec::new(), &mut all);
    all
}

/// The pairs of operations that cannot be swapped, in the order they have in an interleaving.
fn orders(steps: &[(Name, Do)]) -> BTreeSet<(Name, Name)> {
    let mut orders = BTreeSet::new();
    for (at, (first, one)) in steps.iter().enumerate() {
        for (then, other) in &steps[at + 1..] {
            let both_load = matches!((one, other), (Do::Load, Do::Load));
            if first.0 != then.0 && first.1 == then.1 && !both_load {
                orders.insert((*first, *then));
            }
        }
    }
    orders
}

fn run(program: Program) -> Option<Failure> {
    let report = Check::new("cause/random").strategy(Strategy::Exhaustive).run(move || {
        let words = Arc::new([AtomicU32::new(0).named("word 0"), AtomicU32::new(0).named("word 1")]);
        let tasks = program.clone().into_iter().enumerate().map(|(at, task)| {
            let words = Arc::clone(&words);
            let run = move || {
                let mut seen = Vec::new();
                for (word, what) in task {
                    match what {
                        Do::Load => seen.push(words[word].load(SeqCst)),
                        Do::Store(value) => words[word].store(value, SeqCst),
                        Do::Add => seen.push(words[word].fetch_add(1, SeqCst)),
                    }
                }
                seen
            };
            thread::Builder::new().name(format!("task {at}")).spawn(run).unwrap()
        });
        let tasks: Vec<_> = tasks.collect();
        let seen: Vec<_> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
        let words = Arc::into_inner(words).unwrap().map(AtomicU32::into_inner);
        assert!(!fails(&seen, &words), "{seen:?}");
    });
    report.failure
}

fn name(operation: &Operation) -> Name {
    let number = |text: &str| text.rsplit(' ').next().unwrap().parse().unwrap();
    (number(&operation.task), number(&operation.object), operation.nth)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whoever tries all interleavings by hand comes to the same: they fail exactly when a way holds, and no constraint can be left out.
    #[test]
    fn of_a_random_program_it_is_what_all_interleavings_say(program in programs()) {
        let all = interpret(&program);
        let traces: BTreeSet<(bool, BTreeSet<_>)> = all.iter().map(|(fails, steps)| (*fails, orders(steps))).collect();
        let failing = traces.iter().filter(|(fails, _)| *fails).count();
        let Some(failure) = run(program) else {
            prop_assert_eq!(failing, 0);
            return Ok(());
        };
        let cause = cause(&failure);
        prop_assert_eq!((cause.failing, cause.passing), (failing as u64, (traces.len() - failing) as u64));
        prop_assert!(cause.complete && cause.opposed_failing == 0 || cause.others > 0, "{}", cause);
        let ways: Vec<BTreeSet<(Name, Name)>> = cause.ways.iter().map(|way| {
            way.constraints.iter().map(|constraint| match constraint {
                Constraint::Before { first, then } => (name(first), name(then)),
                other => panic!("{other:?}"),
            }).collect()
        }).collect();
        let mut others = 0;
        for (fails, orders) in &traces {
            let holds = ways.iter().any(|way| way.is_subset(orders));
            others += u64::from(*fails && !holds);
            prop_assert!(*fails || !holds, "{} {:?}", cause, orders);
        }
        prop_assert_eq!(others, cause.others);
        for way in &ways {
            for left_out in way {
                let mut less = way.clone();
                less.remove(left_out);
                let passes = traces.iter().any(|(fails, orders)| !fails && less.is_subset(orders));
                prop_assert!(passes, "{} without {:?}", cause, left_out);
            }
        }
        // One set is enough wherever a set of at most two is.
        if cause.ways.len() > 1 {
            let pairs: Vec<_> = traces.iter().flat_map(|(_, orders)| orders.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
            for (at, one) in pairs.iter().enumerate() {
                for two in &pairs[at..] {
                    let exact = traces.iter().all(|(fails, orders)| *fails == (orders.contains(one) && orders.contains(two)));
                    prop_assert!(!exact, "{} and {:?} {:?}", cause, one, two);
                }
            }
        }
    }
}

/// Each looks once and stores once: a store that has not come is no second one, whatever its task has done to the flag before.
#[test]
fn an_operation_that_has_not_happened_is_counted_among_those_that_do_the_same() {
    let failure = failure("cause/once", || {
        let flag = Arc::new(AtomicU32::new(0).named("flag"));
        let tasks = [(); 2].map(|()| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                let first = flag.load(SeqCst) == 0;
                assert!(!first || flag.swap(1, SeqCst) == 0, "both were the first");
            })
        });
        for task in tasks {
            task.join().unwrap();
        }
    });
    let cause = cause(&failure);
    let text = cause.to_string();
    assert!(!text.contains("second"), "{text}");
    let operations = cause.ways.iter().flat_map(|way| &way.constraints);
    let operations = operations.flat_map(|constraint| match constraint {
        Constraint::Before { first, then } => vec![first, then],
        _ => Vec::new(),
    });
    let numbers: Vec<_> = operations.map(|operation| (operation.nth, operation.alike)).collect();
    assert!(numbers.contains(&(2, 1)), "{numbers:?}: {text}");
}
