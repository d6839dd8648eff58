//! Each randomized strategy against the distribution that its paper promises, on programs small enough to
//! list all their interleavings.
//!
//! Seeds are fixed, so every count below is the same on every machine. Where a whole distribution is
//! promised, it is compared by Pearson's chi-square test: the statistic of a right sampler exceeds the
//! critical value named there for one seed in a thousand, and that of a wrong one grows with the sample.

use std::collections::BTreeMap;
use std::sync::Mutex as StdMutex;

use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{Check, Report, Strategy, thread};

/// A sample: this many executions with each of these seeds.
const EXECUTIONS: u64 = 5_000;
const SEEDS: std::ops::Range<u64> = 0..8;
const SAMPLE: u64 = EXECUTIONS * (SEEDS.end - SEEDS.start);

/// How often each outcome was seen.
type Counts = BTreeMap<String, u64>;

fn enumerate<R: std::fmt::Debug>(strategy: Strategy, program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    let report = Check::new("distribution").strategy(strategy).run(program);
    assert!(report.complete, "{report}");
    report
}

fn sample<R: std::fmt::Debug>(strategy: Strategy, program: impl Fn() -> R + Send + Sync + 'static) -> Counts {
    let program = std::sync::Arc::new(program);
    let mut counts = Counts::new();
    for seed in SEEDS {
        let program = std::sync::Arc::clone(&program);
        let report = Check::new("distribution")
            .strategy(strategy.clone())
            .seed(seed)
            .max_executions(EXECUTIONS)
            .run(move || program());
        assert!(report.failure.is_none() && report.error.is_none(), "{report}");
        for (outcome, n) in report.outcomes {
            *counts.entry(outcome).or_default() += n;
        }
    }
    assert_eq!(counts.values().sum::<u64>(), SAMPLE);
    counts
}

/// How far a count may be from what is expected of it: 3.29 standard deviations, exceeded once in a
/// thousand.
fn tolerance(probability: f64) -> f64 {
    3.29 * (SAMPLE as f64 * probability * (1.0 - probability)).sqrt()
}

/// The order of the steps of one execution, told by the tasks right after each step. Nothing comes
/// between a step and what its task does before it announces the next one.
#[derive(Clone, Default)]
struct Order(std::sync::Arc<StdMutex<String>>);

impl Order {
    fn tell(&self, task: usize) {
        self.0.lock().unwrap().push_str(&task.to_string());
    }

    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A task for each number: it writes that often to one cell. The outcome is the order of the writes.
fn writers(writes: &'static [usize]) -> impl Fn() -> String + Send + Sync {
    move || {
        let (cell, order) = (Arc::new(AtomicUsize::new(0)), Order::default());
        let tasks: Vec<_> = writes
            .iter()
            .enumerate()
            .map(|(task, &writes)| {
                let (cell, order) = (Arc::clone(&cell), order.clone());
                thread::spawn(move || {
                    for _ in 0..writes {
                        cell.store(task, SeqCst);
                        order.tell(task);
                    }
                })
            })
            .collect();
        join_all(tasks);
        order.take()
    }
}

fn join_all(tasks: Vec<thread::JoinHandle<()>>) {
    for task in tasks {
        task.join().unwrap();
    }
}

/// Pearson's statistic of a sample against expected probabilities, which must cover it.
fn chi_square(sample: &Counts, expected: &BTreeMap<String, f64>) -> f64 {
    assert!(sample.keys().all(|outcome| expected.contains_key(outcome)));
    assert!((expected.values().sum::<f64>() - 1.0).abs() < 1e-9);
    let total = SAMPLE as f64;
    expected
        .iter()
        .map(|(outcome, probability)| {
            let seen = sample.get(outcome).copied().unwrap_or(0) as f64;
            (seen - probability * total).powi(2) / (probability * total)
        })
        .sum()
}

/// Every outcome of the enumeration, with one and the same probability.
fn uniform(all: &Report) -> BTreeMap<String, f64> {
    let probability = 1.0 / all.outcomes.len() as f64;
    all.outcomes.keys().map(|o| (o.clone(), probability)).collect()
}

/// The share that the rarest outcome of the enumeration has in a sample.
fn rarest(all: &Report, sample: &Counts) -> f64 {
    let seen = |o| sample.get(o).copied().unwrap_or(0);
    all.outcomes.keys().map(seen).min().unwrap_or(0) as f64 / SAMPLE as f64
}

// Random walk.

/// The product of 1 / (number of enabled tasks) over the steps of each order.
fn walked(all: &Report, writes: &[usize]) -> BTreeMap<String, f64> {
    let probability = |order: &String| {
        let mut left = writes.to_vec();
        let tasks = order.bytes().filter(u8::is_ascii_digit);
        tasks.fold(1.0, |p, task| {
            let enabled = left.iter().filter(|l| **l > 0).count();
            left[usize::from(task - b'0')] -= 1;
            p / enabled as f64
        })
    };
    all.outcomes.keys().map(|o| (o.clone(), probability(o))).collect()
}

#[test]
fn random_takes_each_enabled_task_with_the_same_probability() {
    let all = enumerate(Strategy::Dfs, writers(&[2, 4]));
    assert_eq!(all.outcomes.len(), 15);
    let seen = sample(Strategy::Random, writers(&[2, 4]));
    // 14 degrees of freedom, critical value at 0.001: 36.12.
    let statistic = chi_square(&seen, &walked(&all, &[2, 4]));
    assert!(statistic < 36.12, "{statistic}");
    // And that is far from uniform.
    assert!(chi_square(&seen, &uniform(&all)) > 10_000.0);
}

#[test]
fn random_walks_three_tasks_too() {
    let all = enumerate(Strategy::Dfs, writers(&[1, 2, 3]));
    assert_eq!(all.outcomes.len(), 60);
    let seen = sample(Strategy::Random, writers(&[1, 2, 3]));
    // 59 degrees of freedom, critical value at 0.001: 98.32.
    let statistic = chi_square(&seen, &walked(&all, &[1, 2, 3]));
    assert!(statistic < 98.32, "{statistic}");
}

// Urw: uniform over interleavings.

#[test]
fn urw_is_uniform_over_interleavings() {
    let all = enumerate(Strategy::Dfs, writers(&[2, 4]));
    let seen = sample(Strategy::Urw, writers(&[2, 4]));
    // 14 degrees of freedom, critical value at 0.001: 36.12.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 36.12, "{statistic}");

    let all = enumerate(Strategy::Dfs, writers(&[1, 2, 3]));
    let seen = sample(Strategy::Urw, writers(&[1, 2, 3]));
    // 59 degrees of freedom, critical value at 0.001: 98.32.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 98.32, "{statistic}");
}

/// One task writes, spawns another, and writes on; a third is there from the start.
fn family() -> String {
    let (cell, order) = (Arc::new(AtomicUsize::new(0)), Order::default());
    let write = move |cell: &AtomicUsize, order: &Order, task: usize, times: usize| {
        for _ in 0..times {
            cell.store(task, SeqCst);
            order.tell(task);
        }
    };
    let (c, o) = (Arc::clone(&cell), order.clone());
    let parent = thread::spawn(move || {
        write(&c, &o, 0, 1);
        let (c2, o2) = (Arc::clone(&c), o.clone());
        let child = thread::spawn(move || write(&c2, &o2, 1, 3));
        write(&c, &o, 0, 1);
        child.join().unwrap();
    });
    let (c, o) = (Arc::clone(&cell), order.clone());
    let other = thread::spawn(move || write(&c, &o, 2, 2));
    parent.join().unwrap();
    other.join().unwrap();
    order.take()
}

#[test]
fn urw_is_uniform_when_a_task_is_spawned_late() {
    let all = enumerate(Strategy::Dfs, family);
    // 4 places for the parent's second write among the child's, and 7 over 2 for the other task's two.
    assert_eq!(all.outcomes.len(), 84);
    let seen = sample(Strategy::Urw, family);
    // 83 degrees of freedom, critical value at 0.001: 128.56.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 128.56, "{statistic}");
}

// Surw: uniform over the orders of the interesting steps.

/// Two tasks write to one cell, 2 and 4 times; one of them takes eight steps of its own before that, and a
/// third task only takes steps of its own. The outcome is the order of the writes to the shared cell.
fn noisy() -> String {
    let (cell, order) = (Arc::new(AtomicUsize::new(0)), Order::default());
    let tasks = [(2, 8), (4, 0), (0, 6)].map(|(writes, own)| {
        let (cell, order) = (Arc::clone(&cell), order.clone());
        thread::spawn(move || {
            let mine = AtomicUsize::new(0);
            (0..own).for_each(|i| mine.store(i, SeqCst));
            for _ in 0..writes {
                cell.store(writes, SeqCst);
                order.tell(writes);
            }
        })
    });
    join_all(tasks.into());
    order.take()
}

#[test]
fn surw_is_uniform_over_the_orders_of_the_steps_on_one_object() {
    let all = enumerate(Strategy::Exhaustive, noisy);
    assert_eq!((all.outcomes.len(), all.executions), (15, 15));
    let seen = sample(Strategy::Surw, noisy);
    // 14 degrees of freedom, critical value at 0.001: 36.12.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 36.12, "{statistic}");
    // Uniform over all interleavings is not uniform over these orders.
    let blind = sample(Strategy::Urw, noisy);
    assert!(chi_square(&blind, &uniform(&all)) > 10_000.0);
}

/// The main task takes steps of its own, spawns a task with 2 writes, and writes 4 times itself: whoever
/// was drawn before there was a second task must not be first for that.
fn spawned_behind_own_steps() -> String {
    let (cell, order) = (Arc::new(AtomicUsize::new(0)), Order::default());
    let mine = AtomicUsize::new(0);
    mine.store(1, SeqCst);
    let (c, o) = (Arc::clone(&cell), order.clone());
    let child = thread::spawn(move || {
        for _ in 0..2 {
            c.store(1, SeqCst);
            o.tell(1);
        }
    });
    for _ in 0..4 {
        cell.store(2, SeqCst);
        order.tell(2);
    }
    child.join().unwrap();
    order.take()
}

#[test]
fn surw_is_uniform_when_a_task_is_spawned_behind_other_steps() {
    let all = enumerate(Strategy::Exhaustive, spawned_behind_own_steps);
    assert_eq!((all.outcomes.len(), all.executions), (15, 15));
    let seen = sample(Strategy::Surw, spawned_behind_own_steps);
    // 14 degrees of freedom, critical value at 0.001: 36.12.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 36.12, "{statistic}");
}

// Pos: every partial order has its chance, however long the program is.

/// `pairs` pairs of tasks, each of which writes to the cell of its pair. The outcome says who was last.
fn pairs(pairs: usize) -> impl Fn() -> Vec<usize> + Send + Sync {
    move || {
        let cells: Arc<Vec<_>> = Arc::new((0..pairs).map(|_| AtomicUsize::new(0)).collect());
        let tasks = (0..2 * pairs).map(|task| {
            let cells = Arc::clone(&cells);
            thread::spawn(move || cells[task / 2].store(task % 2, SeqCst))
        });
        join_all(tasks.collect());
        cells.iter().map(|c| c.load(SeqCst)).collect()
    }
}

#[test]
fn pos_gives_n_independent_orderings_2_to_the_minus_n_each() {
    let all = enumerate(Strategy::Exhaustive, pairs(4));
    assert_eq!((all.outcomes.len(), all.executions), (16, 16));
    let seen = sample(Strategy::Pos, pairs(4));
    // 15 degrees of freedom, critical value at 0.001: 37.70.
    let statistic = chi_square(&seen, &uniform(&all));
    assert!(statistic < 37.70, "{statistic}");
}

/// A task writes to a cell after `before` steps of its own, another at once. The outcome says who was
/// last.
fn late(before: usize) -> impl Fn() -> usize + Send + Sync {
    move || {
        let cell = Arc::new(AtomicUsize::new(0));
        let tasks = [before, 0].map(|own| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || {
                let mine = AtomicUsize::new(0);
                (0..own).for_each(|i| mine.store(i, SeqCst));
                cell.store(own, SeqCst);
            })
        });
        join_all(tasks.into());
        cell.load(SeqCst)
    }
}

/// The late task is first if its `before + 1` priorities all exceed the one of the other: 1 in `before + 2`.
/// The random walk must pick it `before + 1` times in a row.
#[test]
fn pos_finds_a_late_write_in_proportion_to_its_distance_and_random_exponentially_rarely() {
    for before in [1, 3, 8] {
        let first = |strategy| {
            let seen = sample(strategy, late(before));
            seen.get("0").copied().unwrap_or(0)
        };
        let near =
            |seen: u64, probability: f64| (seen as f64 - probability * SAMPLE as f64).abs() < tolerance(probability);
        let (pos, random) = (first(Strategy::Pos), first(Strategy::Random));
        assert!(near(pos, 1.0 / (before + 2) as f64), "{before}: {pos}");
        assert!(near(random, 0.5_f64.powi(before as i32 + 1)), "{before}: {random}");
    }
}

/// Two tasks write to the same cells, one from the first to the last, the other back. The outcome says who
/// was last at each cell, which is the partial order.
fn crossing(cells: usize) -> impl Fn() -> Vec<usize> + Send + Sync {
    move || {
        let cells: Arc<Vec<_>> = Arc::new((0..cells).map(|_| AtomicUsize::new(0)).collect());
        let tasks = [false, true].map(|back| {
            let cells = Arc::clone(&cells);
            thread::spawn(move || {
                for i in 0..cells.len() {
                    let at = if back { cells.len() - 1 - i } else { i };
                    cells[at].store(usize::from(back), SeqCst);
                }
            })
        });
        join_all(tasks.into());
        cells.iter().map(|c| c.load(SeqCst)).collect()
    }
}

#[test]
fn pos_spreads_over_partial_orders_where_random_is_skewed() {
    let all = enumerate(Strategy::Exhaustive, crossing(6));
    let pos = sample(Strategy::Pos, crossing(6));
    let random = sample(Strategy::Random, crossing(6));
    assert_eq!((all.outcomes.len(), all.executions), (7, 7));
    let (pos, random) = (rarest(&all, &pos), rarest(&all, &random));
    assert!(pos > 0.9 / 7.0, "{pos}");
    assert!(random < 0.15 / 7.0, "{random}");
}

// Pct: a bug of depth d is found with probability at least 1 / (n k^(d-1)), n tasks, k steps.

/// Asserts that PCT of this depth finds the bug of a program (it returns true) in at least this share of
/// the executions, and gives the share.
#[track_caller]
fn found(depth: usize, share: f64, program: impl Fn() -> bool + Send + Sync + 'static) -> f64 {
    let seen = sample(Strategy::Pct { depth }, program);
    let hits = seen.get("true").copied().unwrap_or(0) as f64;
    assert!(
        hits > share * SAMPLE as f64 - tolerance(share),
        "{hits} of {SAMPLE}, promised {share}"
    );
    hits / SAMPLE as f64
}

/// Depth 1: the first step of one task must come before those of the `tasks - 1` others, which take
/// `steps` each.
fn one_constraint(tasks: usize, steps: usize) -> impl Fn() -> bool + Send + Sync {
    move || {
        let (cell, first) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let threads = (0..tasks).map(|task| {
            let (cell, first) = (Arc::clone(&cell), Arc::clone(&first));
            thread::spawn(move || {
                for step in 0..steps {
                    let before = cell.fetch_add(1, SeqCst);
                    if (task, step, before) == (tasks - 1, 0, 0) {
                        // One step more, of this task alone.
                        first.store(1, SeqCst);
                    }
                }
            })
        });
        join_all(threads.collect());
        first.load(SeqCst) == 1
    }
}

/// Depth 2: a task takes `steps` steps on a cell; the only step of another must come right after the
/// `at`-th of them, and before the next.
fn two_constraints(steps: usize, at: usize) -> impl Fn() -> bool + Send + Sync {
    move || {
        let cell = Arc::new(AtomicUsize::new(0));
        let (a, b) = (Arc::clone(&cell), Arc::clone(&cell));
        let first = thread::spawn(move || (0..steps).for_each(|_| _ = a.fetch_add(1, SeqCst)));
        let second = thread::spawn(move || b.fetch_add(0, SeqCst));
        first.join().unwrap();
        second.join().unwrap() == at
    }
}

/// Depth 3: the only step of a task must find two others in the middle of their `steps` steps, and the
/// second of these must then go on before the first.
fn three_constraints(steps: usize) -> impl Fn() -> bool + Send + Sync {
    move || {
        let order = Order::default();
        let cell = Arc::new(AtomicUsize::new(0));
        let tasks = [steps, steps, 1].into_iter().enumerate().map(|(task, steps)| {
            let (cell, order) = (Arc::clone(&cell), order.clone());
            thread::spawn(move || {
                for _ in 0..steps {
                    cell.store(task, SeqCst);
                    order.tell(task);
                }
            })
        });
        join_all(tasks.collect());
        let order = order.take();
        let (before, after) = order.split_once('2').expect("the third task has taken its step");
        let taken = |task| before.matches(task).count();
        taken('0') == steps / 2 && taken('1') == steps / 2 && after.starts_with('1')
    }
}

#[test]
fn pct_finds_a_bug_of_depth_1_once_in_n_executions() {
    for (tasks, steps) in [(2, 5), (4, 3), (6, 2)] {
        let promised = 1.0 / tasks as f64;
        let share = found(1, promised, one_constraint(tasks, steps));
        // Here the bound is the probability.
        assert!(share * SAMPLE as f64 - promised * SAMPLE as f64 <= tolerance(promised));
    }
}

#[test]
fn pct_finds_a_bug_of_depth_2_once_in_n_k_executions() {
    for (steps, at) in [(4, 1), (4, 3), (10, 5), (20, 17)] {
        let k = steps + 1;
        found(2, 1.0 / (2 * k) as f64, two_constraints(steps, at));
    }
}

#[test]
fn pct_finds_a_bug_of_depth_3_once_in_n_k_squared_executions() {
    for steps in [2, 4, 6] {
        let k = 2 * steps + 1;
        found(3, 1.0 / (3 * k * k) as f64, three_constraints(steps));
    }
}

/// Depth 2: a task waits on a condition variable, and whoever wakes it must go on before it. While it
/// waits there is nothing to choose, and yet it must be able to lose its priority.
fn woken_late() -> bool {
    let shared = Arc::new((Mutex::new(0), Condvar::new()));
    let other = Arc::clone(&shared);
    let waiter = thread::spawn(move || {
        let mut state = other.0.lock().unwrap();
        let waited = *state == 0;
        while *state == 0 {
            state = other.1.wait(state).unwrap();
        }
        waited && *state == 2
    });
    let setter = thread::spawn(move || {
        for state in [1, 2] {
            *shared.0.lock().unwrap() = state;
            shared.1.notify_one();
        }
    });
    setter.join().unwrap();
    waiter.join().unwrap()
}

#[test]
fn pct_lowers_a_task_that_was_woken() {
    // Two tasks, and at most 7 steps: 3 of the waiter, 4 of the setter.
    found(2, 1.0 / (2.0 * 7.0), woken_late);
}

/// Why `pct` is not shuttle's: at the same depth, that never finds this one.
#[test]
fn pct_of_shuttle_never_lowers_a_task_that_was_woken() {
    let seen = sample(Strategy::ShuttlePct { depth: 2 }, woken_late);
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["false"]);
}

/// It refuses programs that leave it no task to choose; whoever only branches is run all the same.
#[test]
fn pct_of_shuttle_takes_a_program_of_one_task() {
    let report = Check::new("distribution/choose")
        .strategy(Strategy::ShuttlePct { depth: 2 })
        .max_executions(50)
        .run(|| selvedge::choose(2));
    assert!(report.error.is_none() && report.failure.is_none(), "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["0", "1"]);
}

/// One ordering constraint too many for the depth.
#[test]
fn pct_never_preempts_at_depth_1() {
    let seen = sample(Strategy::Pct { depth: 1 }, two_constraints(4, 2));
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["false"]);
}
