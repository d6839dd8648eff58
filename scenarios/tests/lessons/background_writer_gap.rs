//! `background-writer-gap`: every variant is what the catalog says, and the lesson says what the runs say.

use crate::lesson::{assert_expectations, assert_lesson, assert_traces, scenario};

#[test]
fn every_variant_meets_its_expectation_under_every_strategy_it_lists() {
    assert_expectations(&scenario("background-writer-gap"));
}

#[test]
fn the_traces_of_what_fails_tell_the_story() {
    assert_traces(&scenario("background-writer-gap"));
}

#[test]
fn the_lesson_quotes_the_real_traces_and_the_real_numbers() {
    assert_lesson(
        &scenario("background-writer-gap"),
        &[
            "database-then-memory",
            "evict-by-key",
            "mark-skipped-by-error",
            "claim-check-then-insert",
        ],
    );
}
