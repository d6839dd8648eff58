//! `backpressure-retry`: every variant is what the catalog says, and the lesson says what the runs say.

use crate::lesson::{assert_expectations, assert_lesson, assert_traces, scenario};

#[test]
fn every_variant_meets_its_expectation_under_every_strategy_it_lists() {
    assert_expectations(&scenario("backpressure-retry"));
}

#[test]
fn the_traces_of_what_fails_tell_the_story() {
    assert_traces(&scenario("backpressure-retry"));
}

#[test]
fn the_lesson_quotes_the_real_traces_and_the_real_numbers() {
    assert_lesson(
        &scenario("backpressure-retry"),
        &[
            "try-then-notified",
            "no-retry-loop",
            "notify-one",
            "relaxed-ring",
            "shutdown-last-drain",
        ],
    );
}
