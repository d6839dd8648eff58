//! Random programs: what the kernel does with them against all graphs by the axioms.

use std::sync::Arc;
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use proptest::prelude::*;

use super::enumerate::enumerate;
use super::graphs::{execute, graphs_of};
use super::litmus::exhaustively;
use super::program::{Program, Token, Value};
use crate::crosscheck::divided::{compare, is_sampled};
use crate::crosscheck::threads::{config, limits};
use crate::engine::current::Program as Body;

fn among(orderings: &'static [Ordering]) -> impl proptest::strategy::Strategy<Value = Ordering> {
    proptest::sample::select(orderings)
}

fn token() -> impl proptest::strategy::Strategy<Value = Token> {
    let at = || proptest::sample::select(vec!['x', 'y']);
    let loads = || among(&[Relaxed, Acquire, SeqCst]);
    let stores = among(&[Relaxed, Release, SeqCst]);
    let updates = || among(&[Relaxed, Acquire, Release, AcqRel, SeqCst]);
    let fences = among(&[Acquire, Release, AcqRel, SeqCst]);
    prop_oneof![
        4 => (at(), loads()).prop_map(|(at, ordering)| Token::Load(at, ordering)),
        4 => (at(), 1_u32..3, stores).prop_map(|(at, value, ordering)| Token::Store(at, Value::Number(value), ordering)),
        1 => (at(), updates()).prop_map(|(at, ordering)| Token::Add(at, 1, ordering)),
        1 => (at(), 0_u32..2, updates(), loads()).prop_map(|(at, from, success, failure)| Token::Exchange {
            at, from, to: from + 1, success, failure
        }),
        1 => fences.prop_map(Token::Fence),
        // A store that depends on what was found.
        1 => among(&[Relaxed, Release]).prop_map(|ordering| Token::If {
            is: false,
            value: 0,
            then: vec![Token::Store('z', Value::Found(0), ordering)],
        }),
    ]
}

fn programs() -> impl proptest::strategy::Strategy<Value = Program> {
    let thread = |most| proptest::collection::vec(token(), 1..=most);
    prop_oneof![
        proptest::collection::vec(thread(3), 2..=2),
        proptest::collection::vec(thread(2), 3..=3),
    ]
    .prop_map(Program)
}

/// What is sequentially consistent or relaxed, and fences that are the former, so that most programs have something to be put into one
/// order.
fn in_one_order() -> impl proptest::strategy::Strategy<Value = Program> {
    let at = || proptest::sample::select(vec!['x', 'y', 'z']);
    let orderings = || among(&[Relaxed, SeqCst]);
    let token = prop_oneof![
        4 => (at(), orderings()).prop_map(|(at, ordering)| Token::Load(at, ordering)),
        4 => (at(), 1_u32..3, orderings()).prop_map(|(at, value, ordering)| {
            Token::Store(at, Value::Number(value), ordering)
        }),
        1 => (at(), orderings()).prop_map(|(at, ordering)| Token::Add(at, 1, ordering)),
        3 => Just(Token::Fence(SeqCst)),
    ];
    let thread = move |most| proptest::collection::vec(token.clone(), 2..=most);
    prop_oneof![
        proptest::collection::vec(thread(4), 2..=2),
        proptest::collection::vec(thread(3), 3..=3),
    ]
    .prop_map(Program)
}

/// Threads that do some of it while they hold one of two mutexes, which they may take in the order of others or not.
fn locking() -> impl proptest::strategy::Strategy<Value = Program> {
    let mutex = proptest::sample::select(vec!['m', 'n']);
    let inner = proptest::collection::vec(token(), 0..=1);
    let part = prop_oneof![
        1 => token().prop_map(|token| vec![token]),
        2 => (mutex.clone(), inner).prop_map(|(at, mut inner)| {
            inner.insert(0, Token::Lock(at));
            inner.push(Token::Unlock(at));
            inner
        }),
        1 => Just(['m', 'n'].map(Token::Lock).into_iter().chain(['n', 'm'].map(Token::Unlock)).collect()),
        1 => Just(['n', 'm'].map(Token::Lock).into_iter().chain(['m', 'n'].map(Token::Unlock)).collect()),
    ];
    let thread =
        |most| proptest::collection::vec(part.clone(), 1..=most).prop_map(|parts: Vec<Vec<Token>>| parts.concat());
    prop_oneof![
        proptest::collection::vec(thread(2), 2..=2),
        proptest::collection::vec(thread(1), 3..=3),
    ]
    .prop_map(Program)
}

/// In parts, some of them find the same.
fn divide(program: Program, graphs: u64) -> Result<(), TestCaseError> {
    if is_sampled(graphs) {
        let body: Body = Arc::new(move || format!("{:?}", execute(&program)));
        prop_assert!(compare(&body, &limits(), graphs)?);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn the_kernel_has_the_graphs_that_the_axioms_allow(program in programs()) {
        let (expected, found) = (enumerate(&program), graphs_of(&program));
        prop_assert_eq!(&expected, &found);
        // Each of them once, and none that is not.
        let (graphs, blocked, outcomes) = exhaustively(&program);
        prop_assert_eq!(graphs, expected.full as u64, "{} blocked", blocked);
        let expected = expected.outcomes.into_iter().map(|outcome| format!("{:?}", Some(outcome)));
        prop_assert_eq!(outcomes, expected.collect());
        divide(program, graphs)?;
    }

    #[test]
    fn what_is_sequentially_consistent_has_one_order(program in in_one_order()) {
        let expected = enumerate(&program);
        let (graphs, _, outcomes) = exhaustively(&program);
        prop_assert_eq!(graphs, expected.full as u64);
        let expected = expected.outcomes.into_iter().map(|outcome| format!("{:?}", Some(outcome)));
        prop_assert_eq!(outcomes, expected.collect());
    }

    #[test]
    fn graphs_with_locks_are_found_once(program in locking()) {
        let expected = graphs_of(&program);
        let (graphs, _, outcomes) = exhaustively(&program);
        prop_assert_eq!(graphs, (expected.full + expected.deadlocks) as u64);
        let expected = expected.outcomes.into_iter().map(|outcome| format!("{:?}", Some(outcome)));
        prop_assert_eq!(outcomes, expected.collect());
        divide(program, graphs)?;
    }
}
