//! The litmus tests of the memory-model literature, written once and run on two engines: the controlled one must show exactly
//! the sequentially consistent outcomes under the one memory model, and the weak ones too under the other; loom all that it
//! models.
//!
//! A program returns what its threads read, as a string of digits; the sets are compared as sets.

use std::collections::BTreeSet;

use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicUsize, fence};
use selvedge::{Check, MemoryModel, Strategy, Verdict, thread};

/// Two or three shared variables, all 0.
fn variables<const N: usize>() -> Arc<[AtomicUsize; N]> {
    Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)))
}

/// Runs each closure in a thread and joins what they read.
fn together<const N: usize>(shared: &Arc<[AtomicUsize; N]>, threads: &[fn(&[AtomicUsize; N]) -> String]) -> String {
    let handles: Vec<_> = threads
        .iter()
        .map(|&run| {
            let shared = Arc::clone(shared);
            thread::spawn(move || run(&shared))
        })
        .collect();
    handles.into_iter().map(|handle| handle.join().unwrap()).collect()
}

fn outcomes(strategy: Strategy, model: MemoryModel, program: fn() -> String) -> BTreeSet<String> {
    let name = strategy.name();
    let mut check = Check::new("litmus").strategy(strategy.clone()).memory_model(model);
    if strategy == Strategy::Loom {
        // Unbounded, loom takes a minute for five threads. Every outcome here shows with 2 preemptions.
        check = check.preemption_bound(2);
    }
    let report = check.run(program);
    assert_eq!(
        (report.verdict, report.complete),
        (Verdict::Verified, true),
        "{name}: {report}"
    );
    report
        .outcomes
        .into_keys()
        .map(|k| k.trim_matches('"').to_owned())
        .collect()
}

/// Asserts the outcomes on both engines: the sequentially consistent ones, and what Rust's memory model adds.
#[track_caller]
fn litmus(program: fn() -> String, consistent: &[&str], weak: &[&str]) {
    let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<BTreeSet<_>>();
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let seen = outcomes(strategy.clone(), MemoryModel::SequentiallyConsistent, program);
        assert_eq!(seen, set(consistent), "{}", strategy.name());
    }
    let both: Vec<&str> = consistent.iter().chain(weak).copied().collect();
    for strategy in [Strategy::Dfs, Strategy::Exhaustive, Strategy::Loom] {
        let seen = outcomes(strategy.clone(), MemoryModel::Rust, program);
        assert_eq!(seen, set(&both), "{}", strategy.name());
    }
}

/// Store buffering: each thread stores to one variable and loads the other.
fn store_buffering(store: Ordering, load: Ordering, fenced: bool) -> String {
    let shared = variables::<2>();
    let run = move |mine: usize, shared: &[AtomicUsize; 2]| {
        shared[mine].store(1, store);
        if fenced {
            fence(SeqCst);
        }
        shared[1 - mine].load(load).to_string()
    };
    let other = Arc::clone(&shared);
    let left = thread::spawn(move || run(0, &other));
    let right = run(1, &shared);
    left.join().unwrap() + &right
}

#[test]
fn store_buffering_relaxed() {
    litmus(
        || store_buffering(Relaxed, Relaxed, false),
        &["01", "10", "11"],
        &["00"],
    );
}

#[test]
fn store_buffering_release_acquire() {
    litmus(
        || store_buffering(Release, Acquire, false),
        &["01", "10", "11"],
        &["00"],
    );
}

#[test]
fn store_buffering_with_fences() {
    litmus(|| store_buffering(Relaxed, Relaxed, true), &["01", "10", "11"], &[]);
}

/// Message passing: data, then a flag; the reader looks at the flag first.
fn message_passing(store: Ordering, load: Ordering) -> String {
    let shared = variables::<2>();
    let writer = Arc::clone(&shared);
    let writer = thread::spawn(move || {
        writer[0].store(1, Relaxed);
        writer[1].store(1, store);
    });
    let flag = shared[1].load(load);
    let data = shared[0].load(Relaxed);
    writer.join().unwrap();
    format!("{flag}{data}")
}

#[test]
fn message_passing_relaxed() {
    litmus(|| message_passing(Relaxed, Relaxed), &["00", "01", "11"], &["10"]);
}

#[test]
fn message_passing_needs_both_sides() {
    litmus(|| message_passing(Release, Relaxed), &["00", "01", "11"], &["10"]);
    litmus(|| message_passing(Relaxed, Acquire), &["00", "01", "11"], &["10"]);
}

#[test]
fn message_passing_release_acquire() {
    litmus(|| message_passing(Release, Acquire), &["00", "01", "11"], &[]);
}

/// Load buffering: each thread loads one variable and stores to the other. C11 allows `11` for relaxed
/// accesses; both engines execute loads before the stores that follow them, so they cannot show it.
#[test]
fn load_buffering() {
    fn program() -> String {
        together(
            &variables::<2>(),
            &[
                |v| {
                    let seen = v[0].load(Relaxed);
                    v[1].store(1, Relaxed);
                    seen.to_string()
                },
                |v| {
                    let seen = v[1].load(Relaxed);
                    v[0].store(1, Relaxed);
                    seen.to_string()
                },
            ],
        )
    }
    litmus(program, &["00", "01", "10"], &[]);
}

/// Two threads store to both variables in opposite orders; the digits are the final values.
#[test]
fn two_plus_two_writes() {
    fn program() -> String {
        let shared = variables::<2>();
        let other = Arc::clone(&shared);
        let left = thread::spawn(move || {
            other[0].store(1, Relaxed);
            other[1].store(2, Relaxed);
        });
        shared[1].store(1, Relaxed);
        shared[0].store(2, Relaxed);
        left.join().unwrap();
        format!("{}{}", shared[0].load(Relaxed), shared[1].load(Relaxed))
    }
    litmus(program, &["12", "21", "22"], &["11"]);
}

/// Coherence: two loads of one variable never see its stores in reverse.
#[test]
fn coherence_of_read_read() {
    fn program() -> String {
        let shared = variables::<1>();
        let writer = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            writer[0].store(1, Relaxed);
            writer[0].store(2, Relaxed);
        });
        let seen = format!("{}{}", shared[0].load(Relaxed), shared[0].load(Relaxed));
        writer.join().unwrap();
        seen
    }
    litmus(program, &["00", "01", "02", "11", "12", "22"], &[]);
}

/// Independent reads of independent writes: do two readers agree on the order of two stores?
fn iriw(load: Ordering) -> String {
    let shared = variables::<2>();
    type Body = Box<dyn FnOnce(&[AtomicUsize; 2]) -> String + Send>;
    let spawn = |run: Body| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || run(&shared))
    };
    let writers = [0, 1].map(|n: usize| {
        spawn(Box::new(move |v| {
            v[n].store(1, if load == SeqCst { SeqCst } else { Release });
            String::new()
        }))
    });
    let readers =
        [0, 1].map(|n: usize| spawn(Box::new(move |v| format!("{}{}", v[n].load(load), v[1 - n].load(load)))));
    writers
        .into_iter()
        .chain(readers)
        .map(|handle| handle.join().unwrap())
        .collect()
}

/// All combinations but the one in which the readers disagree.
const AGREE: [&str; 15] = [
    "0000", "0001", "0010", "0011", "0100", "0101", "0110", "0111", "1000", "1001", "1011", "1100", "1101", "1110",
    "1111",
];

#[test]
fn readers_of_independent_writes_may_disagree_under_acquire() {
    litmus(|| iriw(Acquire), &AGREE, &["1010"]);
}

#[test]
fn read_modify_writes_never_miss_each_other() {
    fn program() -> String {
        together(
            &variables::<1>(),
            &[
                |v| v[0].fetch_add(1, Relaxed).to_string(),
                |v| v[0].fetch_add(1, AcqRel).to_string(),
            ],
        )
    }
    litmus(program, &["01", "10"], &[]);
}
