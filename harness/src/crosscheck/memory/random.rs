//! Random programs: what the kernel does with them against all graphs by the axioms.

use proptest::prelude::*;

use super::enumerate::enumerate;
use super::graphs::graphs_of;
use super::program::{Program, Token, Value};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_kernel_has_the_graphs_that_the_axioms_allow(program in programs()) {
        let (expected, found) = (enumerate(&program), graphs_of(&program));
        prop_assert_eq!(expected, found);
    }
}
